"""Pseudo-seeds by value: rare values of properties that have more in common than chance gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dualamn.attributes.comparable import Comparable
from dualamn.attributes.facts import Facts, distinct
from dualamn.attributes.pseudo_seeds import VALUES_BY_CHANCE
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, Floats, Int32Array, IntArray, expand, keys_of
from dualamn.matching.pairs import mutual

_LEAST = 10  # values that two properties must have in common
_MOST_PROPERTIES = 10  # that a value may be of: what more have is a word of the language
_CORROBORATED = 2  # values, of properties of their own each, that make a pair whatever chance says
_MOST_DOUBTS = 3  # couples of properties that are told


class FoundByValue(NamedTuple):
    """Pairs of entities that have values in common which nobody else has.

    Attributes:
        links: (m, 2) int32 joint ids, no entity in two pairs of the same two graphs.
        doubts: of couples of properties that make no pairs, why, those of most values first.
    """

    links: Int32Array
    doubts: tuple[str, ...]


def find_seeds_by_value(
    task: AlignmentTask, facts: Facts, comparable: Comparable | None = None
) -> FoundByValue:
    """Pairs of entities with a value that nobody else of their types in a graph has.

    Two properties of entities of some types are compared only if they have more such values in
    common than chance explains, as entities of one graph with equal values show it (birthdays have
    some). Two entities that have several values in common, each of another property in either
    graph, are a pair whatever chance says of each. Where the values of an entity point to several
    others, most values win, and ties are no pairs.

    Args:
        task: its graphs.
        facts: what their attribute triples say.
        comparable: who counts; all who may get links if None.
    """
    comparable = comparable or Comparable.of(task, None)
    columns = _Columns.of(facts, comparable)
    links = [np.empty((0, 2), dtype=np.int32)]
    doubts: list[tuple[int, str]] = []
    for left, right in task.kg_pairs:
        rows, others, doubted = _sharing(facts, columns, left, right)
        keys, votes = np.unique(rows * task.n_entities + others, return_counts=True)
        ends = np.divmod(keys, task.n_entities)
        chosen = mutual(*ends, votes.astype(np.float64))
        links.append(np.stack([end[chosen] for end in ends], axis=1).astype(np.int32))
        doubts += doubted
    doubts.sort(key=lambda doubt: -doubt[0])
    return FoundByValue(np.concatenate(links), tuple(text for _, text in doubts[:_MOST_DOUBTS]))


@dataclass(frozen=True, eq=False)
class _Columns:
    """Properties of entities of some types, each a column of its own.

    Attributes:
        counts: (n,) who counts.
        kind: (n,) types, from 0.
        kinds: how many there are.
        size: (c,) how many entities have the property of every column.
        often: (c,) how probable it is that two of these have one long value in common, as if
            there was one more such couple than there is.
    """

    counts: BoolArray
    kind: IntArray
    kinds: int
    size: Floats
    often: Floats

    @classmethod
    def of(cls, facts: Facts, comparable: Comparable) -> _Columns:
        kind = comparable.kind + 1
        kinds = int(kind.max(initial=0)) + 1
        n_columns = len(facts.graph) * kinds
        has = facts.has[comparable.counts[facts.has[:, 0]]]
        size = np.bincount(has[:, 1] * kinds + kind[has[:, 0]], minlength=n_columns).astype(float)
        rows = facts.repeated[comparable.counts[facts.repeated[:, 0]]]
        width = max(len(facts.exact), 1)
        column = rows[:, 1] * kinds + kind[rows[:, 0]]
        cells, holders = np.unique(column * width + rows[:, 2], return_counts=True)
        couples = holders * (holders - 1.0)
        repeats = np.bincount(cells // width, weights=couples, minlength=n_columns)
        often = (repeats + 1) / np.maximum(size * (size - 1), 1)
        return cls(comparable.counts, kind, kinds, size, often)

    def of_facts(self, entity: IntArray, prop: IntArray) -> IntArray:
        """(m,) the columns of properties of entities."""
        columns: IntArray = prop * self.kinds + self.kind[entity]
        return columns


def _sharing(
    facts: Facts, columns: _Columns, left: int, right: int
) -> tuple[IntArray, IntArray, list[tuple[int, str]]]:
    """Entities that have a rare value of believable properties in common, once for each value.

    With them how many values couples of properties that are not believed share, and a phrase.
    """
    (one, a, key), (other, b, wanted) = (_only_holders(facts, columns, kg) for kg in (left, right))
    first = np.searchsorted(wanted, key)
    owner, place = expand(first, np.searchsorted(wanted, key, side="right") - first)
    width = max(len(columns.size), 1)
    couple, which, count = np.unique(
        a[owner] * width + b[place], return_inverse=True, return_counts=True
    )
    ends = np.divmod(couple, width)
    expected = np.prod([np.sqrt(columns.often[end]) * columns.size[end] for end in ends], axis=0)
    good = (count >= _LEAST) & (expected <= VALUES_BY_CHANCE * count)
    sure = _corroborated(one[owner], other[place], a[owner], b[place], key[owner])
    kept = good[which] | sure
    # A value counts once for a pair, under however many properties.
    rows = distinct(np.stack([one[owner[kept]], other[place[kept]], key[owner[kept]]], axis=1))
    doubts = [
        (int(count[at]), _doubt(facts, columns, ends[0][at], ends[1][at], count[at], expected[at]))
        for at in np.flatnonzero(~good & (count > 1)).tolist()
    ]
    return rows[:, 0], rows[:, 1], doubts


def _corroborated(
    one: IntArray, other: IntArray, a: IntArray, b: IntArray, key: IntArray
) -> BoolArray:
    """(m,) which shared values are of two entities that share several, of several properties.

    Args:
        one, other: (m,) the entities.
        a, b: (m,) the columns that have the value.
        key: (m,) the value.
    """
    pair, which = np.unique(keys_of(one, other), return_inverse=True)
    fewest = np.full(len(pair), np.iinfo(np.int64).max)
    for what in (a, b, key):
        held = distinct(np.stack([which, what], axis=1))
        fewest = np.minimum(fewest, np.bincount(held[:, 0], minlength=len(pair)))
    sure: BoolArray = fewest[which] >= _CORROBORATED
    return sure


def _doubt(
    facts: Facts, columns: _Columns, left: int, right: int, count: int, expected: float
) -> str:
    """Why a couple of columns makes no pairs."""
    ends = " and ".join(facts.names[column // columns.kinds] for column in (left, right))
    if count < _LEAST:
        return f"{ends} have {count:,} rare values in common, fewer than {_LEAST}"
    return (
        f"{ends} have {count:,} rare values in common, of which chance may give {expected:,.0f}: "
        "several entities of one graph have equal ones"
    )


def _only_holders(facts: Facts, columns: _Columns, kg: int) -> tuple[IntArray, IntArray, IntArray]:
    """Entity, column and long value, ascending by value, where nobody else of a graph has it."""
    chosen = (facts.graph[facts.prop] == kg) & facts.long[facts.key]
    chosen &= columns.counts[facts.entity]
    entity, key = facts.entity[chosen], facts.key[chosen]
    column = columns.of_facts(entity, facts.prop[chosen])
    width = max(len(columns.size), 1)
    _, which, count = np.unique(key * width + column, return_inverse=True, return_counts=True)
    properties = np.bincount(
        np.unique(key * len(facts.graph) + facts.prop[chosen]) // max(len(facts.graph), 1)
    )
    alone = (count[which] == 1) & (properties[key] <= _MOST_PROPERTIES) if len(key) else count > 0
    order = np.flatnonzero(alone)
    order = order[np.argsort(key[order], kind="stable")]
    return entity[order], column[order], key[order]
