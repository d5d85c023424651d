"""Pairs of entities that may be the same, as one sorted list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dualamn.arrays import BoolArray, FloatArray, Int32Array
from dualamn.evidence.ranges import IntArray, by_value
from dualamn.matching.pairs import CandidatePairs
from dualamn.search.candidates import Candidates
from dualamn.topk import TopK

Floats = NDArray[np.float64]

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
        return Candidates(
            _ranked(left, right, single, pools, k), _ranked(right, left, single, pools[::-1], k)
        )


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
    for ends in (table.rows, table.columns):
        kept[chosen[_best(ends[chosen], scores[chosen], k)]] = True
    return kept


def _best(own: IntArray, scores: Floats, k: int) -> BoolArray:
    """(p,) whether a pair is among the k best of its entity `own`."""
    kept = np.ones(len(own), dtype=np.bool_)
    crowded = np.flatnonzero(np.bincount(own)[own] > k) if len(own) else np.empty(0, np.int64)
    order = crowded[by_value(own[crowded], scores[crowded])]
    kept[order[_ranks(own[order]) >= k]] = False
    return kept


def _ranks(own: IntArray) -> IntArray:
    """(p,) how many entries of the same entity come before each, `own` being sorted."""
    starts = np.flatnonzero(np.diff(own, prepend=-1))
    ranks: IntArray = np.arange(len(own)) - np.repeat(starts, np.diff(np.append(starts, len(own))))
    return ranks


def _ranked(
    own: IntArray,
    other: IntArray,
    scores: FloatArray,
    pools: tuple[Int32Array, Int32Array],
    k: int,
) -> TopK:
    queries, pool = pools
    order = by_value(own, scores)
    rank = _ranks(own[order])
    order, rank = order[rank < k], rank[rank < k]
    width = int(rank.max(initial=-1)) + 1
    candidates = np.full((len(queries), width), -1, dtype=np.int32)
    table = np.full((len(queries), width), -np.inf, dtype=np.float32)
    query = np.searchsorted(queries, own[order])
    candidates[query, rank] = other[order]
    table[query, rank] = scores[order]
    return TopK(queries, candidates, table, len(pool))
