"""Pairs of entities that may be the same, as one sorted list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dualamn.kernels.arrays import (
    BoolArray,
    FloatArray,
    Int32Array,
    IntArray,
    best_of_each,
    by_value,
    ranks,
)
from dualamn.kernels.compute import in_order
from dualamn.matching.pairs import CandidatePairs
from dualamn.result import Candidates, TopK

Floats = NDArray[np.float64]

Side = tuple[IntArray, IntArray, Int32Array, Int32Array]
"""Of every pair the entity that asks and its candidate; all that ask, and all candidates."""

Cosines = Callable[[IntArray, IntArray], NDArray[np.floating]]
"""The cosines of pairs, given by the local numbers of their left and right entities."""


@dataclass(frozen=True, eq=False)
class PairTable:
    """Distinct pairs of a left and a right entity, sorted by left and then right.

    Attributes:
        keys: (p,) left * width + right, ascending, in each graph's own numbers.
        width: how many entities the right graph has.
        cosines: (p,) float64.
        given: (p,) which pairs came from the search; the others were found by evidence.
    """

    keys: IntArray
    width: int
    cosines: Floats
    given: BoolArray

    @classmethod
    def of(cls, candidates: Candidates, offsets: tuple[int, int], width: int) -> PairTable:
        """The pairs of both directions; offsets are taken from the joint ids."""
        pairs = CandidatePairs.of(candidates, offsets)
        keys = pairs.rows * width + pairs.columns
        return cls(keys, width, pairs.cosines, np.ones(len(keys), dtype=np.bool_))

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def rows(self) -> IntArray:
        """(p,) left entities, ascending."""
        rows: IntArray = self.keys // max(self.width, 1)
        return rows

    @cached_property
    def columns(self) -> IntArray:
        """(p,) right entities."""
        columns: IntArray = self.keys - self.rows * self.width
        return columns

    def find(self, keys: IntArray) -> tuple[IntArray, BoolArray]:
        """(m,) the place of each key, and whether it is here; elsewhere the place means nothing."""
        return find(self.keys, keys)

    def extended(self, keys: IntArray, cosines: Cosines | None) -> PairTable:
        """With more pairs, given by sorted distinct keys; their cosines are 0 without `cosines`."""
        new = keys[~self.find(keys)[1]]
        if not len(new):
            return self
        rows = new // self.width
        value = np.zeros(len(new)) if cosines is None else cosines(rows, new - rows * self.width)
        merged = np.concatenate([self.keys, new])
        order = np.argsort(merged, kind="stable")  # of two sorted runs: one pass
        return PairTable(
            merged[order],
            self.width,
            np.concatenate([self.cosines, value])[order],
            np.concatenate([self.given, np.zeros(len(new), dtype=np.bool_)])[order],
        )

    def chosen(self, kept: BoolArray) -> PairTable:
        """Some of the pairs."""
        return PairTable(self.keys[kept], self.width, self.cosines[kept], self.given[kept])

    def ranked(
        self, scores: Floats, pools: tuple[Int32Array, Int32Array], offsets: IntArray, k: int
    ) -> Candidates:
        """The k best pairs of every entity, whichever side they were found from.

        Args:
            scores: (p,) of the pairs.
            pools: joint ids, ascending, of the left and the right entities that were searched.
            offsets: joint id of the first entity of either graph.
            k: most candidates of an entity.
        """
        left, right = self.rows + offsets[0], self.columns + offsets[1]
        single = scores.astype(np.float32)

        def ranked(side: Side) -> TopK:
            return _ranked(*side, single, k)

        sides: list[Side] = [(left, right, *pools), (right, left, *pools[::-1])]
        to_right, to_left = in_order(ranked, sides)
        return Candidates(to_right, to_left)


def find(ascending: IntArray, keys: IntArray) -> tuple[IntArray, BoolArray]:
    """(m,) the place of each key among others, and whether it is there; see `PairTable.find`."""
    place = np.searchsorted(ascending, keys)
    place[place == len(ascending)] = 0
    here = ascending[place] == keys if len(ascending) else np.zeros(len(keys), dtype=np.bool_)
    return place, here


def best_of_either(table: PairTable, scores: Floats, among: BoolArray, k: int) -> BoolArray:
    """(p,) which of some pairs are among the k best of their left or of their right entity."""
    chosen = np.flatnonzero(among)
    kept = np.zeros(len(table), dtype=np.bool_)
    if k:
        value = scores[chosen]

        def best(ends: IntArray) -> BoolArray:
            return best_of_each(ends[chosen], value, k)

        left, right = in_order(best, (table.rows, table.columns))
        kept[chosen] = left | right
    return kept


def _ranked(
    own: IntArray,
    other: IntArray,
    queries: Int32Array,
    pool: Int32Array,
    scores: FloatArray,
    k: int,
) -> TopK:
    order = by_value(own, scores)
    rank = ranks(own[order])
    order, rank = order[rank < k], rank[rank < k]
    width = int(rank.max(initial=-1)) + 1
    candidates = np.full((len(queries), width), -1, dtype=np.int32)
    table = np.full((len(queries), width), -np.inf, dtype=np.float32)
    query = np.searchsorted(queries, own[order])
    candidates[query, rank] = other[order]
    table[query, rank] = scores[order]
    return TopK(queries, candidates, table, len(pool))
