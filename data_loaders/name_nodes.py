"""Nodes that stand for a name, such as labels of SKOS-XL: their names are those of their subject.

Such a node has one neighbour, its subject, and says nothing but its text. It leaves the graph, as
otherwise it would be a namesake of every entity of that name. So do blank nodes of one neighbour,
which hold values of their subject together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dualamn.data_loaders.found_names import looks_like_a_name
from dualamn.data_loaders.naming import (
    BACK,
    NODE,
    OTHER,
    STEP,
    is_synonym,
    local_name,
    sounds_like_a_name,
)
from dualamn.data_loaders.schema_terms import OWL
from dualamn.data_loaders.statement_table import StatementTable, by_number
from dualamn.files.text import counted
from dualamn.kernels.arrays import BoolArray, IntArray, expand

ROUNDS = 4
"""So many steps away a value may be, and a name."""
NAMES, VALUES = 1, 2
"""What nodes that fold into their neighbour hold."""
MOSTLY, NEARLY_ALL, HARDLY_REPEATED = 0.5, 0.9, 0.95
SEVERAL_A_SUBJECT = 1.5
"""Names of subjects without any: so many a subject at most, or they are things that it has."""
FEWEST, SOME_EQUAL = 10, 0.1
CLASSIFIES = 0.05
"""A relation to so few different values a triple, of which nothing is said, only classifies."""
_ABOUT = {
    "http://schema.org/about",
    "https://schema.org/about",
    "http://xmlns.com/foaf/0.1/primaryTopic",
    "http://xmlns.com/foaf/0.1/focus",
}
"""Relations from a page or record to what it describes."""


@dataclass(frozen=True, eq=False)
class _Leaves:
    """Nodes with one neighbour: (m,) the nodes, their neighbours, and the relations between.

    Attributes:
        group: twice the relation, plus one where it leads to the neighbour.
        holds: `NAMES` or `VALUES`; 0 where the node is a thing.
    """

    child: IntArray
    parent: IntArray
    group: IntArray
    holds: IntArray

    def chosen(self, which: BoolArray) -> _Leaves:
        columns = (self.child, self.parent, self.group, self.holds)
        return _Leaves(*(column[which] for column in columns))


def fold_name_nodes(
    table: StatementTable, naming: IntArray, labels: Sequence[str], name: str, notes: list[str]
) -> tuple[StatementTable, IntArray]:
    """The table without nodes that stand for a name, and which attribute triples name.

    Args:
        naming: (f,) the place of what names, -1 of other attribute triples.
        labels: what the user calls names, properties and paths.
    """
    folded: dict[str, int] = {}
    for _ in range(ROUNDS):
        by_relation = dict(by_number(table.triples[:, 1]))
        leaves = _leaves(table, by_relation)
        _see_what_they_hold(table, naming, leaves, labels, by_relation)
        leaves = leaves.chosen(leaves.holds > 0)
        # Of two nodes that have each other alone, one stays.
        is_child = np.zeros(len(table.entities), dtype=bool)
        is_child[leaves.child] = True
        leaves = leaves.chosen(~is_child[leaves.parent])
        if not len(leaves.child):
            break
        numbers, count = np.unique(leaves.group, return_counts=True)
        for number, times in zip(numbers.tolist(), count.tolist(), strict=True):
            title = local_name(_called(table, number).removeprefix(BACK))
            folded[title] = folded.get(title, 0) + times
        table, naming = _folded(table, naming, leaves, labels)
    if folded:
        by = ", ".join(sorted(folded, key=lambda title: -folded[title])[:5])
        notes.append(
            f"{name}: {counted(sum(folded.values()), 'node')} that only name or describe a "
            f"neighbour ({by}) read as names and values of it"
        )
    return table, naming


def _leaves(table: StatementTable, by_relation: dict[int, IntArray]) -> _Leaves:
    n = len(table.entities)
    rows = table.triples[~_classifying(table, by_relation)]
    rows = rows[rows[:, 0] != rows[:, 2]]
    lowest, highest = np.full(n, n), np.full(n, -1)
    for node, neighbour in ((rows[:, 0], rows[:, 2]), (rows[:, 2], rows[:, 0])):
        np.minimum.at(lowest, node, neighbour)
        np.maximum.at(highest, node, neighbour)
    is_leaf = lowest == highest
    forward, back = rows[is_leaf[rows[:, 2]]], rows[is_leaf[rows[:, 0]]]
    child = np.concatenate([forward[:, 2], back[:, 0]])
    parent = np.concatenate([forward[:, 0], back[:, 2]])
    group = np.concatenate([2 * forward[:, 1], 2 * back[:, 1] + 1])
    child, first = np.unique(child, return_index=True)
    return _Leaves(child, parent[first], group[first], np.zeros(len(child), dtype=np.int64))


def _classifying(table: StatementTable, by_relation: dict[int, IntArray]) -> BoolArray:
    """(t,) bool: triples of relations to a few values that say nothing themselves."""
    relations, tails = table.triples[:, 1], table.triples[:, 2]
    speaks = np.zeros(len(table.entities), dtype=bool)
    speaks[table.triples[:, 0]] = True
    speaks[table.facts[:, 0]] = True
    count = np.bincount(relations, minlength=len(table.relations))
    speaking = np.bincount(relations[speaks[tails]], minlength=len(table.relations))
    classifies = (count > 1) & (speaking == 0)
    for relation in np.flatnonzero(classifies).tolist():
        different = len(np.unique(tails[by_relation[relation]]))
        classifies[relation] = different <= max(1, CLASSIFIES * count[relation])
    chosen: BoolArray = classifies[relations]
    return chosen


def _see_what_they_hold(
    table: StatementTable,
    naming: IntArray,
    leaves: _Leaves,
    labels: Sequence[str],
    by_relation: dict[int, IntArray],
) -> None:
    """Sets what leaves hold, one relation a time."""
    named = np.zeros(len(table.entities), dtype=bool)
    named[table.facts[naming >= 0, 0]] = True
    speaks = np.zeros(len(table.entities), dtype=bool)
    speaks[table.facts[~table.is_type, 0]] = True
    by_user = {label.split(STEP)[0] for label in labels if STEP in label}
    annotates = set(_annotations(table))
    typed, says = _classes(table)
    facts_of = _FactsOf(table, naming)
    for number, mine in by_number(leaves.group):
        relation = str(table.relations[number // 2])
        about = relation in _ABOUT
        if number % 2 and not about:
            continue
        child, parent = leaves.child[mine], leaves.parent[mine]
        if not number % 2:
            leaves.holds[mine[table.is_blank[child] & speaks[child]]] = VALUES
        ends = table.triples[by_relation[number // 2], 0 if number % 2 else 2]
        private = len(mine) / len(np.unique(ends))
        if private < MOSTLY:
            continue
        # What identifies, as P1_is_identified_by, names by a class that says so.
        identifies = "identif" in local_name(relation).lower()
        called = says[child] & typed[child] if identifies else says[child] | ~typed[child]
        called &= identifies | sounds_like_a_name(relation)
        if number % 2 == 0 and relation in by_user:
            leaves.holds[mine] = NAMES
        elif number % 2 == 0 and called.any() and facts_of.have_text(child[called]):
            leaves.holds[mine[called]] = NAMES
        elif number % 2 == 0 and relation in annotates:
            leaves.holds[mine] = VALUES
        elif (
            len(mine) >= FEWEST
            and (private >= NEARLY_ALL or about)
            and (about or (says[child] | ~typed[child]).mean() > MOSTLY)
            and facts_of.hold_names(child, parent, named, about=about)
        ):
            leaves.holds[mine] = NAMES


def _classes(table: StatementTable) -> tuple[BoolArray, BoolArray]:
    """(n,) bool: who has a class, and (n,) bool: whose class says that it is of names."""
    members, kinds, names = table.classes
    typed, says = (np.zeros(len(table.entities), dtype=bool) for _ in range(2))
    typed[members] = True
    sounding = np.array([sounds_like_a_name(name) for name in names], dtype=bool)
    says[members[sounding[kinds]]] = True
    return typed, says


class _FactsOf:
    """Names and texts of single entities, looked up."""

    def __init__(self, table: StatementTable, naming: IntArray) -> None:
        self._table, self._naming = table, naming
        self._order = np.argsort(table.facts[:, 0], kind="stable")
        self._sorted = table.facts[self._order, 0]

    def _rows(self, entities: IntArray) -> tuple[IntArray, IntArray]:
        start = np.searchsorted(self._sorted, entities)
        end = np.searchsorted(self._sorted, entities, side="right")
        owner, at = expand(start, end - start)
        return owner, self._order[at]

    def names(self, entities: IntArray) -> tuple[list[int], list[str]]:
        """Which of some entities has each name, and the names, in lower case."""
        owner, rows = self._rows(entities)
        kept = self._naming[rows] >= 0
        names = self._table.values[rows[kept]]
        return owner[kept].tolist(), [name.strip().casefold() for name in names]

    def have_text(self, entities: IntArray) -> bool:
        """Whether most of some entities have a name, or a text that looks like one."""
        owner, rows = self._rows(entities)
        fits = [
            place >= 0 or (not is_type and looks_like_a_name(value))
            for place, is_type, value in zip(
                self._naming[rows].tolist(),
                self._table.is_type[rows].tolist(),
                self._table.values[rows],
                strict=True,
            )
        ]
        return len(np.unique(owner[np.array(fits, dtype=bool)])) >= MOSTLY * len(entities)

    def hold_names(
        self, child: IntArray, parent: IntArray, named: BoolArray, *, about: bool
    ) -> bool:
        """Whether nodes name their neighbours, of whom no other name is known, or repeat theirs."""
        has_name = named[child]
        if not has_name.any():
            return False
        if named[parent].mean() <= 1 - NEARLY_ALL:
            one_each = len(child) <= SEVERAL_A_SUBJECT * len(np.unique(parent))
            return one_each and has_name.mean() >= NEARLY_ALL and self.are_unique(child)
        share = self.share_equal(child[has_name], parent[has_name])
        return share >= (SOME_EQUAL if about else MOSTLY)

    def are_unique(self, entities: IntArray) -> bool:
        """Whether nearly no name of some entities is that of another one of them."""
        owner, names = self.names(entities)
        pairs = set(zip(owner, names, strict=True))
        return len({name for _, name in pairs}) >= HARDLY_REPEATED * len(pairs)

    def share_equal(self, one: IntArray, other: IntArray) -> float:
        """The share of some entities that have a name in common with another entity each."""
        pairs = [set(zip(*self.names(entities), strict=True)) for entities in (one, other)]
        return len({owner for owner, _ in pairs[0] & pairs[1]}) / len(one)


def _annotations(table: StatementTable) -> list[str]:
    """Relations that the graph declares to be annotations."""
    members, kinds, classes = table.classes
    declared = [at for at, kind in enumerate(classes) if kind == f"{OWL}AnnotationProperty"]
    return [str(name) for name in table.entities[members[np.isin(kinds, declared)]]]


def _called(table: StatementTable, group: int) -> str:
    return (BACK if group % 2 else "") + str(table.relations[group // 2])


def _folded(
    table: StatementTable, naming: IntArray, leaves: _Leaves, labels: Sequence[str]
) -> tuple[StatementTable, IntArray]:
    """Statements of the leaves become statements of their neighbours."""
    n = len(table.entities)
    parent, group = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    parent[leaves.child], group[leaves.child] = leaves.parent, leaves.group
    holds_names = np.zeros(n, dtype=bool)
    holds_names[leaves.child[leaves.holds == NAMES]] = True
    gone = parent >= 0
    moved = np.flatnonzero(gone[table.facts[:, 0]] & ~table.is_type)
    child = table.facts[moved, 0]
    place, group = naming[moved], group[child]
    is_back = group % 2 == 1
    calls = np.array([sounds_like_a_name(str(name)) for name in table.relations], dtype=bool)
    is_name = (place >= 0) & holds_names[child]
    # A node that names, whose text no property of names holds: all its texts are names.
    has_name = np.zeros(n, dtype=bool)
    has_name[child[is_name]] = True
    unnamed = holds_names[child] & ~has_name[child] & calls[group // 2] & ~is_back
    unnamed = np.flatnonzero(unnamed)
    looks = [looks_like_a_name(value) for value in table.values[moved[unnamed]]]
    is_name[unnamed[np.array(looks, dtype=bool)]] = True
    later = np.array([is_synonym(str(name)) for name in table.relations], dtype=bool)
    by_group = np.where(is_back | later[group // 2], OTHER, NODE)
    # What the user prefers to all stays preferred.
    by_user = (place >= 0) & (place < len(labels))
    place = np.where(by_user, place, np.where(is_name, by_group, -1))
    kept = (place >= 0) | ~is_back
    moved, child, place, group = moved[kept], child[kept], place[kept], group[kept]
    attributes = [
        f"{_called(table, number)}{STEP}{table.attributes[attribute]}"
        for number, attribute in zip(group.tolist(), table.facts[moved, 1].tolist(), strict=True)
    ]
    stays = ~gone[table.facts[:, 0]]
    left = table.keep(~(gone[table.triples[:, 0]] | gone[table.triples[:, 2]]), stays)
    made = left.with_facts(parent[child], attributes, table.values[moved], table.types[moved])
    return made, np.concatenate([naming[stays], place])
