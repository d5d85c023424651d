"""What has changed since graphs were aligned: statements, links and decisions that came or went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dualamn.data_loaders.decided import with_decisions
from dualamn.data_loaders.given_links import read_given
from dualamn.data_loaders.given_tables import columns_of
from dualamn.data_loaders.in_memory import as_graph
from dualamn.data_loaders.statement_table import IRI_TYPE
from dualamn.errors import DataError
from dualamn.files.text import counted
from dualamn.graphs.graph_change import GraphChange, GrownTask, grow, grow_task
from dualamn.graphs.knowledge_graph import KnowledgeGraph, Literals, Numbers
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array, no_links, pair_keys, strings
from dualamn.link_files.confidence import MIN_CONFIDENCE
from dualamn.link_files.decisions import Decision
from dualamn.link_files.resolving import LinkReader, join_links

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, eq=False)
class Growth:
    """What has changed in graphs, and in what is known of links, since they were aligned.

    >>> import dualamn
    >>> growth = Growth({"en": [("Rhine", "passes", "Basel")]}, links=[("Basel", "Basel (Stadt)")])
    >>> growth.is_empty
    False

    Attributes:
        added: by the name of a graph what it has from now on: whatever `as_graph` takes.
        gone: the same of what it has no longer; an entity of which nothing is left is gone.
        links: links that are known now: pairs of identifiers, a table, a path, or a list of these.
        not_links: pairs that are known to be different, given as links are.
        decisions: what people decided about pairs, see `with_decisions`: all of it up to now.
        names: by the name of a graph what people call entities, by identifier.
        literals: by the name of a graph attribute triples: (entity, attribute, value), as a
            sequence or a table.

    A statement that is both added and gone stays. Where links contradict what was known before, the
    later knowledge counts, and a note says so.
    """

    added: Mapping[str, Any] = field(default_factory=dict)
    gone: Mapping[str, Any] = field(default_factory=dict)
    links: Any = None
    not_links: Any = None
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    literals: Mapping[str, Any] = field(default_factory=dict)
    decisions: str | Path | Iterable[Decision] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was given; what was given may still say nothing new."""
        known = self.links, self.not_links, self.decisions
        graphs = self.added, self.gone, self.names, self.literals
        return not any(graphs) and all(given is None for given in known)


class Grown(NamedTuple):
    """A task after a growth.

    Attributes:
        grown: the graphs and links, and how the ids of before became those of now.
        is_same: nothing is other than before.
        notes: what of the growth said nothing new or contradicted what was known.
    """

    grown: GrownTask
    is_same: bool
    notes: tuple[str, ...]


def grown_by(task: AlignmentTask, growth: Growth, *, many: bool = False) -> Grown:
    """The task with what has changed.

    Args:
        task: as it was.
        growth: what has changed.
        many: whether an entity may have several counterparts.

    Raises:
        DataError: a graph that the task does not have, data that is unusable, links to entities
            that do not exist, or that contradict each other.
    """
    notes: list[str] = []
    fields = growth.added, growth.gone, growth.names, growth.literals
    for name in dict.fromkeys(name for own in fields for name in own):
        if name not in task.kg_names:
            raise DataError(
                f"there is no knowledge graph {name!r} to change, the task has "
                f"{', '.join(task.kg_names)}"
            )
    changes = [_change(kg, growth, notes) for kg in task.kgs]
    grown = grow_task(task, changes)
    notes += grown.notes
    same = _given_pairs(grown.task, growth.links, notes, many=many)
    different = _given_pairs(grown.task, growth.not_links, notes, many=True, different=True)
    both = same[np.isin(pair_keys(same), pair_keys(different))]
    if len(both):
        first = " and ".join(map(repr, grown.task.identifiers(both[0])))
        raise DataError(
            f"{first} are given as a link and as a pair that is different; remove one of the two"
        )
    known = _with_not_links(_with_links(grown.task, same, many, notes), different, notes)
    if growth.decisions is not None:
        known = with_decisions(known, growth.decisions, many=many)
        notes += known.notes[len(task.notes) :]
        known = replace(known, notes=task.notes)
    is_same = not grown.n_added and not grown.n_gone
    for name in ("seed_links", "not_links", "accepted_links"):
        old, new = (np.sort(pair_keys(getattr(one, name))) for one in (grown.task, known))
        is_same = is_same and np.array_equal(old, new)
    return Grown(replace(grown, task=known), is_same, tuple(notes))


def _change(kg: KnowledgeGraph, growth: Growth, notes: list[str]) -> GraphChange:
    """What comes to one graph and what goes."""
    added = [_as_it_is_there(kg, part) for part in _parts(kg.name, growth, notes)]
    gone = growth.gone.get(kg.name)
    return GraphChange(
        _joined(kg.name, added) if added else None,
        None if gone is None else _as_it_is_there(kg, as_graph(gone, kg.name, notes=notes)),
    )


def _parts(name: str, growth: Growth, notes: list[str]) -> list[KnowledgeGraph]:
    parts = []
    if growth.added.get(name) is not None:
        parts.append(as_graph(growth.added[name], name, notes=notes))
    if names := growth.names.get(name):
        nothing = np.empty((0, 3), dtype=np.int32)
        parts.append(
            KnowledgeGraph(name, strings(names), strings([]), nothing, strings(names.values()))
        )
    if growth.literals.get(name) is not None:
        _, table = columns_of(growth.literals[name], 3, Path(name))
        whose, kinds, values = table.columns
        entities, attributes = Numbers(), Numbers()
        literals = [(entities[e], attributes[a]) for e, a in zip(whose, kinds, strict=True)]
        numbers = np.array(literals, dtype=np.int32).reshape(-1, 2)
        parts.append(
            KnowledgeGraph(
                name,
                strings(entities),
                strings([]),
                np.empty((0, 3), dtype=np.int32),
                None,
                Literals(
                    strings(attributes),
                    numbers[:, 0],
                    numbers[:, 1],
                    strings(values),
                    strings([""] * len(values)),
                ),
            )
        )
    return parts


def _joined(name: str, parts: Sequence[KnowledgeGraph]) -> KnowledgeGraph:
    """Several parts of one graph as one."""
    whole, *others = parts
    if not others:
        return whole
    for part in others:
        whole = grow(whole, GraphChange(added=part)).kg
    return whole


def _as_it_is_there(kg: KnowledgeGraph, part: KnowledgeGraph) -> KnowledgeGraph:
    """A part of a graph in which values and neighbours are told apart as in the whole.

    Whether an object without statements only classifies, and is a value, shows in the whole graph
    alone: a statement whose object is known as a value has a value, and one whose object is an
    entity there leads to a neighbour.
    """
    known = set(kg.entities.tolist())
    values = _classifying(kg)
    relations, entities = part.relations.tolist(), part.entities.tolist()
    rows, moved = list[tuple[int, int, int]](), list[tuple[int, int, int]]()
    for head, relation, tail in part.triples.tolist():
        statement = relations[relation], entities[tail]
        is_value = statement in values and entities[tail] not in known
        (moved if is_value else rows).append((head, relation, tail))
    facts: list[tuple[int, str, str, str]] = [
        (head, relations[relation], entities[tail], IRI_TYPE) for head, relation, tail in moved
    ]
    stays: list[tuple[int, str, str, str]] = []
    names, led = Numbers(), set(kg.relations.tolist())
    for name in entities:
        _ = names[name]
    kinds = Numbers()
    for name in relations:
        _ = kinds[name]
    if part.literals is not None:
        own = part.literals
        for entity, kind, value, form in zip(
            own.entities.tolist(), own.kinds.tolist(), own.values, own.types, strict=True
        ):
            relation = own.attributes[kind]
            if form == IRI_TYPE and value in known and relation in led:
                rows.append((entity, kinds[relation], names[value]))
            else:
                stays.append((entity, relation, value, form))
    if not moved and len(rows) == len(part.triples):
        return part
    facts = stays + facts
    attributes = Numbers()
    literals = [(entity, attributes[relation]) for entity, relation, _, _ in facts]
    numbers = np.array(literals, dtype=np.int32).reshape(-1, 2)
    called, barred, more = part.entity_names, part.unlinkable, len(names) - part.n_entities
    return replace(
        part,
        entities=strings(names),
        relations=strings(kinds),
        triples=np.array(rows, dtype=np.int32).reshape(-1, 3),
        entity_names=None if called is None else np.append(called, strings([""] * more)),
        literals=Literals(
            strings(attributes),
            numbers[:, 0],
            numbers[:, 1],
            strings(value for _, _, value, _ in facts),
            strings(form for *_, form in facts),
        )
        if facts
        else None,
        unlinkable=None if barred is None else np.append(barred, np.zeros(more, np.bool_)),
    )


def _classifying(kg: KnowledgeGraph) -> set[tuple[str, str]]:
    """Attributes and values that were statements about another thing in the files of a graph."""
    if kg.literals is None:
        return set()
    own = kg.literals
    at = np.flatnonzero(own.types == IRI_TYPE)
    kinds = own.attributes[own.kinds[at]]
    return set(zip(kinds.tolist(), own.values[at].tolist(), strict=True))


def _given_pairs(
    task: AlignmentTask, given: Any, notes: list[str], *, many: bool, different: bool = False
) -> Int32Array:
    """(m, 2) joint ids of the pairs that are given: links, or pairs known to be different."""
    if given is None:
        return no_links()
    least = 0 if different else MIN_CONFIDENCE
    reader = LinkReader(task.kgs, notes, min_confidence=least, many=many, different=different)
    joined = join_links(task.kgs, notes, many=many, seeds=read_given(reader, given))
    pairs = [task.entity_offsets[list(pair)] + found.seeds for pair, found in joined.items()]
    return np.concatenate([no_links(), *pairs]).astype(np.int32)


def _with_links(
    task: AlignmentTask, every: Int32Array, many: bool, notes: list[str]
) -> AlignmentTask:
    """The task that knows more links, (m, 2) joint ids."""
    new = every[~np.isin(pair_keys(every), pair_keys(task.seed_links))]
    seeds = task.seed_links
    lost = np.zeros(len(seeds), dtype=np.bool_)
    for left, right in () if many else task.kg_pairs:
        own = task.links_between(new, left, right)
        there = task.are_between(seeds, left, right)
        lost |= there & np.isin(seeds, own).any(axis=1)
    if lost.any():
        first = " and ".join(map(repr, task.identifiers(seeds[lost][0])))
        notes.append(
            f"{counted(int(lost.sum()), 'seed link')} of before, such as {first}, given up for "
            "links that contradict them"
        )
    again = np.isin(pair_keys(task.not_links), pair_keys(new))
    if again.any():
        notes.append(
            f"{counted(int(again.sum()), 'pair')} known to be different until now are links"
        )
    gone = task.seed_links[lost]
    free = ~np.isin(pair_keys(task.accepted_links), pair_keys(gone))
    return replace(
        task,
        seed_links=np.concatenate([seeds[~lost], new]),
        not_links=task.not_links[~again],
        accepted_links=task.accepted_links[free],
    )


def _with_not_links(task: AlignmentTask, every: Int32Array, notes: list[str]) -> AlignmentTask:
    """The task that knows more pairs to be different, (m, 2) joint ids."""
    new = every[~np.isin(pair_keys(every), pair_keys(task.not_links))]
    lost = np.isin(pair_keys(task.seed_links), pair_keys(new))
    if lost.any():
        first = " and ".join(map(repr, task.identifiers(task.seed_links[lost][0])))
        notes.append(
            f"{counted(int(lost.sum()), 'seed link')} of before, such as {first}, given up, since "
            "they are known to be different now"
        )
    gone = task.seed_links[lost]
    free = ~np.isin(pair_keys(task.accepted_links), pair_keys(gone))
    changed = replace(
        task, seed_links=task.seed_links[~lost], accepted_links=task.accepted_links[free]
    )
    return changed.with_not_links(new)
