"""A task before training: its numbers, and in words what will make its alignment poor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

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
class GraphSummary:
    """One graph in numbers.

    Attributes:
        name: its name.
        entities, relations, triples: how many it has; triples are distinct.
        mean_degree, median_degree, max_degree: triples an entity is part of, over all entities.
        isolated: entities without any triple.
        linked: entities with a known link, of any use, to another graph.
    """

    name: str
    entities: int
    relations: int
    triples: int
    mean_degree: float
    median_degree: float
    max_degree: int
    isolated: int
    linked: int

    @property
    def linked_share(self) -> float:
        """The share of entities with a known link; 0 for a graph without entities."""
        return self.linked / self.entities if self.entities else 0.0


@dataclass(frozen=True)
class PairSummary:
    """How many links of each use there are between two graphs, given by their names."""

    left: str
    right: str
    seed: int
    valid: int
    test: int


@dataclass(frozen=True)
class TaskSummary:
    """A task in numbers.

    Attributes:
        name: the task's name.
        graphs, pairs: one entry for every graph and every pair of graphs.
        relations: how many distinct relations all graphs have together.
        shared_relations: how many of them two or more graphs use.
        notes: what loading merged or skipped.
    """

    name: str
    graphs: tuple[GraphSummary, ...]
    pairs: tuple[PairSummary, ...]
    relations: int
    shared_relations: int
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dictionaries, lists, strings and numbers."""
        content = asdict(self)
        for entry, graph in zip(content["graphs"], self.graphs, strict=True):
            entry["linked_share"] = graph.linked_share
        return {key: list(x) if isinstance(x, tuple) else x for key, x in content.items()}


@dataclass(frozen=True)
class GraphHealth:
    """What may make a graph hard to align.

    Attributes:
        entities, attribute_triples: how many it has.
        isolated: entities without any triple.
        no_seed_within_2_hops: those that no seed link is within two triples of; isolated ones are
            among them.
        indistinguishable: those whose triples are, relation by relation and neighbour by
            neighbour, those of another entity too, so that structure cannot tell them apart.
        named: those with a name.
        ambiguous_name: those whose name another one has too.
        common_name, common_times: the name of most entities, and of how many; "" and 0 without.
        hub, hub_triples: the entity of most triples, and of how many; "" and 0 without triples.
        blank: blank nodes of RDF, which get no links.
        unlinkable: who else gets no links, such as terms of a schema.
        further_names: names beside the first ones.
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
    unlinkable: int = 0
    further_names: int = 0


@dataclass(frozen=True)
class PairHealth:
    """How many relations, names and entities, by their identifiers, two graphs both have."""

    left: str
    right: str
    relations: int
    names: int
    identifiers: int


@dataclass(frozen=True)
class Health:
    """How fit a task is.

    Attributes:
        graphs, pairs: one entry for every graph and every pair of graphs.
        warnings: what to expect and what to do about it, in words.
    """

    graphs: tuple[GraphHealth, ...]
    pairs: tuple[PairHealth, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dictionaries, lists, strings and numbers."""
        return {key: list(entries) for key, entries in asdict(self).items()}


def describe(task: AlignmentTask) -> TaskSummary:
    """What is in a task, for people and reports."""
    uses = (task.seed_links, task.valid_links, task.test_links)
    is_linked = np.zeros(task.n_entities, dtype=bool)
    is_linked[np.concatenate(uses)] = True
    graphs = tuple(
        GraphSummary(
            name=kg.name,
            entities=kg.n_entities,
            relations=kg.n_relations,
            triples=kg.n_triples,
            mean_degree=float(kg.degrees.mean()) if kg.n_entities else 0.0,
            median_degree=float(np.median(kg.degrees)) if kg.n_entities else 0.0,
            max_degree=int(kg.degrees.max(initial=0)),
            isolated=int((kg.degrees == 0).sum()),
            linked=int(is_linked[task.source_of == number].sum()),
        )
        for number, kg in enumerate(task.kgs)
    )
    pairs = tuple(
        PairSummary(
            task.kg_names[left],
            task.kg_names[right],
            *(len(task.links_between(links, left, right)) for links in uses),
        )
        for left, right in task.kg_pairs
    )
    users = Counter(relation for kg in task.kgs for relation in kg.relations)
    shared = sum(count > 1 for count in users.values())
    return TaskSummary(task.name, graphs, pairs, len(users), shared, task.notes)


def check_health(task: AlignmentTask) -> Health:
    """Looks a task over; test links are not looked at."""
    beyond = _beyond_seeds(task)
    graphs = tuple(
        _graph(kg, beyond[task.source_of == number], task.is_blank[task.source_of == number])
        for number, kg in enumerate(task.kgs)
    )
    pairs = tuple(_pair(task.kgs[left], task.kgs[right]) for left, right in task.kg_pairs)
    warnings = (
        *_about_seeds(task),
        *(text for graph, kg in zip(graphs, task.kgs, strict=True) for text in _about(graph, kg)),
        *_about_names(graphs, pairs),
        *_about_pairs(task, pairs),
    )
    return Health(graphs, pairs, warnings)


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
    names = _names(kg)
    name, times = names.most_common(1)[0] if names else ("", 0)
    hub = int(kg.degrees.argmax()) if kg.n_triples else None
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
        hub="" if hub is None else str(kg.entities[hub]),
        hub_triples=0 if hub is None else int(kg.degrees[hub]),
        blank=int(blank.sum()),
        attribute_triples=0 if kg.literals is None else len(kg.literals),
        unlinkable=0 if kg.unlinkable is None else int((kg.unlinkable & ~blank).sum()),
        further_names=0 if kg.further_names is None else len(kg.further_names),
    )


def _names(kg: KnowledgeGraph) -> Counter[str]:
    """How many entities have each name."""
    return Counter(name for name in (() if kg.entity_names is None else kg.entity_names) if name)


def _all_names(kg: KnowledgeGraph) -> set[str]:
    """All names of a graph, in lower case."""
    further = () if kg.further_names is None else kg.further_names.names
    return {name.casefold().replace("_", " ") for names in (_names(kg), further) for name in names}


def _count_indistinguishable(kg: KnowledgeGraph) -> int:
    """Entities whose set of (relation, direction, neighbour) is that of another one as well.

    Sets are compared by the sum of a 64-bit number for each member.
    """
    heads, relations, tails = kg.triples.T.astype(np.uint64)
    prints = np.zeros(kg.n_entities, dtype=np.uint64)
    for at, relation, neighbours in ((0, 2 * relations, tails), (2, 2 * relations + 1, heads)):
        # 64 well-mixed bits for every pair of a relation in its direction and a neighbour
        mixed = splitmix64((relation << np.uint64(32)) ^ neighbours)
        np.add.at(prints, kg.triples[:, at], mixed)
    _, inverse, count = np.unique(prints[kg.degrees > 0], return_inverse=True, return_counts=True)
    return int((count[inverse] > 1).sum())


def _pair(left: KnowledgeGraph, right: KnowledgeGraph) -> PairHealth:
    return PairHealth(
        left.name,
        right.name,
        relations=len({*left.relations} & {*right.relations}),
        names=len(_all_names(left) & _all_names(right)),
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
        if seeds and (seeds < FEW_SEEDS or seeds < FEW_SEEDS_SHARE * smaller):
            yield (
                f"{counted(seeds, 'seed link')} between {task.kg_names[left]} and "
                f"{task.kg_names[right]}, {seeds / smaller:.1%} of the smaller graph: expect far "
                "fewer correct links than published results, which have 30%. More seed links help "
                "more than any setting"
            )


def _about(graph: GraphHealth, kg: KnowledgeGraph) -> Iterator[str]:
    n = graph.entities
    if not kg.n_triples:
        yield f"{graph.name} has no triple between two entities: its structure says nothing"
        return
    if graph.isolated > MANY_ISOLATED * n:
        yield (
            f"{_part(graph.isolated, n)} of {graph.name} are in no triple: only names "
            "and values can link them"
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
    named = {graph.name for graph in graphs if graph.named}
    if not named:
        return
    for graph in graphs:
        may_have = graph.entities - graph.unlinkable - graph.blank
        if graph.named < FEW_NAMES * may_have:
            yield (
                f"{graph.named / may_have:.0%} of {graph.name} have a name: was a file of labels "
                "forgotten, or is another property the label (--label)?"
            )
        if graph.ambiguous_name > MANY_AMBIGUOUS * graph.entities:
            yield (
                f"{_part(graph.ambiguous_name, graph.entities)} of {graph.name} have an ambiguous "
                f"name, {counted(graph.common_times, 'entity', 'entities')} that of "
                f"{short(graph.common_name)}: duplicates, or too short names?"
            )
    for pair in pairs:
        if {pair.left, pair.right} <= named and not pair.names:
            yield (
                f"no name is in both {pair.left} and {pair.right}: are they in different "
                "languages or scripts?"
            )


def _about_pairs(task: AlignmentTask, pairs: tuple[PairHealth, ...]) -> Iterator[str]:
    size = {
        kg.name: kg.n_entities - (0 if kg.unlinkable is None else int(kg.unlinkable.sum()))
        for kg in task.kgs
    }
    for pair in pairs:
        sides = task.kg_names.index(pair.left), task.kg_names.index(pair.right)
        same = len(task.links_between(task.same_identifiers, *sides))
        if same:
            yield (
                f"{pair.left} and {pair.right} have {counted(same, 'IRI')} of entities in common, "
                "which are links in themselves; --distinct-identifiers if they mean other things"
            )
        if others := pair.identifiers - same:
            yield (
                f"{pair.left} and {pair.right} have {counted(others, 'identifier')} of entities "
                "in common: if these mean the same things, give them as links"
            )
        small, large = sorted((pair.left, pair.right), key=lambda name: size[name])
        if size[large] > LARGER * size[small]:
            yield (
                f"{large} has {size[large] / max(size[small], 1):.1f} times the entities of "
                f"{small}: most of them have no counterpart there"
            )


def _part(count: int, n: int) -> str:
    return f"{counted(count, 'entity', 'entities')} ({count / n:.0%})"
