"""Looks a task over before training: what will make its alignment poor, in figures and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualamn.files.text import counted, short
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, splitmix64

HOPS = 2
"""How far encoders look: through so many triples."""
FEW_SEEDS, FEW_SEEDS_SHARE = 100, 0.01
MANY_ISOLATED, MANY_WITHOUT_SEED, MANY_INDISTINGUISHABLE = 0.05, 0.3, 0.3
MANY_AMBIGUOUS, MANY_BLANK = 0.05, 0.2
FEW_NAMES, LOW_DEGREE, HUB, LARGER = 0.5, 2.0, 0.1, 3.0


@dataclass(frozen=True)
class GraphHealth:
    """What may make a graph hard to align.

    Attributes:
        name: its name.
        entities: how many it has.
        isolated: those without any triple.
        no_seed_within_2_hops: those that no seed link is within two triples of; isolated ones are
            among them.
        indistinguishable: those whose triples are, relation by relation and neighbour by
            neighbour, those of another entity too, so that structure cannot tell them apart.
        named: those with a name.
        ambiguous_name: those whose name another one has too.
        common_name, common_times: the name of most entities, and of how many; "" and 0 without.
        hub, hub_triples: the entity of most triples, and of how many; "" and 0 without triples.
        blank: blank nodes of RDF, which get no links.
        attribute_triples: how many.
    """

    name: str
    entities: int
    isolated: int
    no_seed_within_2_hops: int
    indistinguishable: int
    named: int
    ambiguous_name: int
    common_name: str
    common_times: int
    hub: str
    hub_triples: int
    blank: int
    attribute_triples: int


@dataclass(frozen=True)
class PairHealth:
    """What two graphs have in common as it stands.

    Attributes:
        left, right: their names.
        relations, names, identifiers: how many relation identifiers, names and entity
            identifiers both have.
    """

    left: str
    right: str
    relations: int
    names: int
    identifiers: int


@dataclass(frozen=True)
class Health:
    """How fit a task is.

    Attributes:
        graphs: one entry a graph.
        pairs: one entry for every pair of graphs.
        warnings: what to expect and what to do about it, in words.
    """

    graphs: tuple[GraphHealth, ...]
    pairs: tuple[PairHealth, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dictionaries, lists, strings and numbers."""
        return {
            "graphs": [asdict(graph) for graph in self.graphs],
            "pairs": [asdict(pair) for pair in self.pairs],
            "warnings": list(self.warnings),
        }


def check_health(task: AlignmentTask) -> Health:
    """Looks a task over; test links are not looked at."""
    beyond = _beyond_seeds(task)
    graphs = tuple(
        _graph(kg, beyond[task.source_of == number], task.is_blank[task.source_of == number])
        for number, kg in enumerate(task.kgs)
    )
    pairs = tuple(_pair(task.kgs[left], task.kgs[right]) for left, right in task.kg_pairs)
    warnings = [
        *_about_seeds(task),
        *(text for graph, kg in zip(graphs, task.kgs, strict=True) for text in _about(graph, kg)),
        *_about_names(graphs, pairs),
        *_about_pairs(task, pairs),
    ]
    return Health(graphs, pairs, tuple(warnings))


def _beyond_seeds(task: AlignmentTask) -> BoolArray:
    """(n,) bool: entities with no seed link within two hops."""
    near = np.zeros(task.n_entities, dtype=bool)
    near[task.seed_links] = True
    heads, _, tails = task.triples.T
    for _ in range(HOPS):
        reached = near.copy()
        reached[tails[near[heads]]] = True
        reached[heads[near[tails]]] = True
        near = reached
    return ~near


def _graph(kg: KnowledgeGraph, beyond: BoolArray, blank: BoolArray) -> GraphHealth:
    names: Counter[str] = Counter()
    if kg.entity_names is not None:
        names = Counter(name for name in kg.entity_names if name)
    name, times = names.most_common(1)[0] if names else ("", 0)
    hub = int(kg.degrees.argmax()) if kg.n_triples else -1
    return GraphHealth(
        name=kg.name,
        entities=kg.n_entities,
        isolated=int((kg.degrees == 0).sum()),
        no_seed_within_2_hops=int(beyond.sum()),
        indistinguishable=_count_indistinguishable(kg),
        named=names.total(),
        ambiguous_name=sum(count for count in names.values() if count > 1),
        common_name=name,
        common_times=times,
        hub=str(kg.entities[hub]) if hub >= 0 else "",
        hub_triples=int(kg.degrees[hub]) if hub >= 0 else 0,
        blank=int(blank.sum()),
        attribute_triples=0 if kg.literals is None else len(kg.literals),
    )


def _count_indistinguishable(kg: KnowledgeGraph) -> int:
    """Entities whose set of (relation, direction, neighbour) is that of another one as well.

    Sets are compared by the sum of a 64-bit number for each member.
    """
    heads, relations, tails = kg.triples.T.astype(np.uint64)
    prints = np.zeros(kg.n_entities, dtype=np.uint64)
    np.add.at(prints, kg.triples[:, 0], _mixed(2 * relations, tails))
    np.add.at(prints, kg.triples[:, 2], _mixed(2 * relations + np.uint64(1), heads))
    _, inverse, count = np.unique(prints[kg.degrees > 0], return_inverse=True, return_counts=True)
    return int((count[inverse] > 1).sum())


def _mixed(one: NDArray[np.uint64], two: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A number of 64 well-mixed bits for every pair."""
    return splitmix64((one << np.uint64(32)) ^ two)


def _pair(left: KnowledgeGraph, right: KnowledgeGraph) -> PairHealth:
    def names(kg: KnowledgeGraph) -> set[str]:
        return set() if kg.entity_names is None else {name for name in kg.entity_names if name}

    return PairHealth(
        left.name,
        right.name,
        relations=len({*left.relations} & {*right.relations}),
        names=len(names(left) & names(right)),
        identifiers=sum(not name.startswith("_:") for name in {*left.entities} & {*right.entities}),
    )


def _about_seeds(task: AlignmentTask) -> Iterator[str]:
    if not len(task.seed_links):
        yield (
            "there are no seed links: without some, only names and values can tell what is the "
            "same, where there are any"
        )
        return
    for left, right in task.kg_pairs:
        seeds = len(task.links_between(task.seed_links, left, right))
        smaller = min(task.kgs[left].n_entities, task.kgs[right].n_entities)
        names = f"{task.kgs[left].name} and {task.kgs[right].name}"
        if seeds and (seeds < FEW_SEEDS or seeds < FEW_SEEDS_SHARE * smaller):
            yield (
                f"{counted(seeds, 'seed link')} between {names}, {seeds / smaller:.1%} of the "
                "smaller graph: expect far fewer correct links than published results, which have "
                "30%. More seed links help more than any setting"
            )


def _about(graph: GraphHealth, kg: KnowledgeGraph) -> Iterator[str]:
    n = graph.entities
    if not kg.n_triples:
        yield f"{graph.name} has no triple between two entities: its structure says nothing"
        return
    if graph.isolated > MANY_ISOLATED * n:
        yield (
            f"{_part(graph.isolated, n)} of {graph.name} are in no triple: no more than their "
            "names can link them"
        )
    # Where no seed link is near anything, there is none, which has been said.
    beyond = graph.no_seed_within_2_hops
    if n > beyond > graph.isolated + MANY_WITHOUT_SEED * n:
        yield (
            f"{_part(beyond - graph.isolated, n)} of {graph.name} have no seed link within {HOPS} "
            "hops: little is learned about them. Choose seed links spread "
            "over the graph"
        )
    if (degree := 2 * kg.n_triples / n) < LOW_DEGREE:
        yield f"an entity of {graph.name} is in {degree:.1f} triples on average: that says little"
    if graph.indistinguishable > MANY_INDISTINGUISHABLE * n:
        yield (
            f"{_part(graph.indistinguishable, n)} of {graph.name} are indistinguishable: each has "
            "exactly the neighbours of another one, so that structure cannot tell them apart"
        )
    if graph.hub_triples > max(HUB * kg.n_triples, 100):
        yield (
            f"{short(graph.hub)} is in {graph.hub_triples / kg.n_triples:.0%} of the triples of "
            f"{graph.name}: if it is a class or a constant, leave it out"
        )
    if graph.blank > MANY_BLANK * n:
        yield f"{_part(graph.blank, n)} of {graph.name} are blank nodes, which get no links"


def _about_names(graphs: tuple[GraphHealth, ...], pairs: tuple[PairHealth, ...]) -> Iterator[str]:
    if not any(graph.named for graph in graphs):
        return
    for graph in graphs:
        if graph.named < FEW_NAMES * graph.entities:
            yield (
                f"{graph.named / graph.entities:.0%} of {graph.name} have a name: was a file of "
                "labels forgotten, or is another property the label?"
            )
        if graph.ambiguous_name > MANY_AMBIGUOUS * graph.entities:
            yield (
                f"{_part(graph.ambiguous_name, graph.entities)} of {graph.name} have an ambiguous "
                f"name, {counted(graph.common_times, 'entity', 'entities')} that of "
                f"{short(graph.common_name)}: duplicates, or too short names?"
            )
    for pair in pairs:
        both = all(graph.named for graph in graphs if graph.name in (pair.left, pair.right))
        if both and not pair.names:
            yield (
                f"no name is in both {pair.left} and {pair.right}: are they in different "
                "languages or scripts?"
            )


def _about_pairs(task: AlignmentTask, pairs: tuple[PairHealth, ...]) -> Iterator[str]:
    size = {kg.name: kg.n_entities for kg in task.kgs}
    for pair in pairs:
        if pair.identifiers:
            yield (
                f"{pair.left} and {pair.right} have {counted(pair.identifiers, 'identifier')} of "
                "entities in common: if these mean the same things, give them as links"
            )
        small, large = sorted((pair.left, pair.right), key=lambda name: size[name])
        if size[large] > LARGER * size[small]:
            times = size[large] / max(size[small], 1)
            yield (
                f"{large} has {times:.1f} times the entities of {small}: most of them have no "
                "counterpart there"
            )


def _part(count: int, n: int) -> str:
    return f"{counted(count, 'entity', 'entities')} ({count / n:.0%})"
