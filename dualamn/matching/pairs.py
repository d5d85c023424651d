"""Pairs of entities that may be the same, with their scores: candidates of both directions as one
sorted list, to which evidence adds others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dualamn.kernels.arrays import (
    BoolArray,
    FloatArray,
    Floats,
    Int32Array,
    IntArray,
    best_of_each,
    by_value,
    ends_of,
    find,
    keys_of,
    pair_keys,
    ranks,
)
from dualamn.kernels.compute import in_order
from dualamn.result import CandidatePairs, Candidates, Recall, TopK

Side = tuple[IntArray, IntArray, Int32Array, Int32Array]
"""Of every pair the entity that asks and its candidate; all that ask, and all candidates."""

PairScores = Callable[[IntArray, IntArray], NDArray[np.floating]]
"""The scores of pairs, given by the local numbers of their left and right entities."""


def candidate_pairs(candidates: Candidates, offsets: tuple[int, int] = (0, 0)) -> CandidatePairs:
    """Joins both directions; offsets are taken from the joint ids of left and right."""
    keys, scores, shape = _keyed(candidates, offsets)
    distinct, first, entry = np.unique(keys, return_index=True, return_inverse=True)
    return CandidatePairs(*ends_of(distinct), scores[first].astype(np.float64), entry, shape)


def rescored(candidates: Candidates, pairs: CandidatePairs, scores: Floats) -> Candidates:
    """The candidates with the (p,) scores of their pairs, best first; equal ones keep their order.

    `pairs` are the candidates', see `candidate_pairs`.
    """
    forward, backward = candidates.left_to_right, candidates.right_to_left
    n_forward = int((forward.candidates >= 0).sum())
    single = scores.astype(np.float32)
    return Candidates(
        _reordered(forward, single[pairs.entry[:n_forward]]),
        _reordered(backward, single[pairs.entry[n_forward:]]),
    )


def mutual(rows: IntArray, columns: IntArray, values: Floats) -> BoolArray:
    """(p,) whether a pair has the highest value of both its entities; ties go to none."""
    chosen = np.ones(len(values), dtype=np.bool_)
    for ends in (rows, columns):
        size = int(ends.max(initial=-1)) + 1
        top = np.full(size, -np.inf)
        np.maximum.at(top, ends, values)
        is_top = values >= top[ends]
        chosen &= is_top & (np.bincount(ends[is_top], minlength=size)[ends] == 1)
    return chosen


def without_pairs(candidates: Candidates, pairs: Int32Array) -> Candidates:
    """The candidates less some pairs, (r, 2) joint ids, as if nobody had found them."""
    if not len(pairs):
        return candidates
    to_right, to_left = candidates.left_to_right, candidates.right_to_left
    return replace(
        candidates,
        left_to_right=_without(to_right, pairs),
        right_to_left=_without(to_left, pairs[:, ::-1]),
    )


def _without(topk: TopK, pairs: Int32Array) -> TopK:
    rows = np.flatnonzero(np.isin(topk.queries, pairs[:, 0]))
    own = np.repeat(topk.queries[rows].astype(np.int64), topk.candidates.shape[1])
    keys = keys_of(own, np.maximum(topk.candidates[rows].ravel(), 0))
    found = topk.candidates[rows]
    gone = np.isin(keys, pair_keys(pairs)).reshape(found.shape) & (found >= 0)
    if not gone.any():
        return topk
    candidates, scores = topk.candidates.copy(), topk.scores.copy()
    # Those that are left keep their order, and what fills a row comes last.
    order = np.argsort(gone, axis=1, kind="stable")
    candidates[rows] = np.take_along_axis(np.where(gone, -1, found), order, axis=1)
    scores[rows] = np.take_along_axis(np.where(gone, -np.inf, topk.scores[rows]), order, axis=1)
    return replace(topk, candidates=candidates, scores=scores)


def best_other(ends: IntArray, scores: Floats, size: int, place: IntArray) -> Floats:
    """(m,) the best score of the other pairs with the same end; -inf where there is none.

    Args:
        ends, scores: (p,) the left, or the right, entity of every pair, and its score.
        size: more than any of the ends.
        place: (m,) the pairs that are asked about.
    """
    best, second = np.full(size, -np.inf), np.full(size, -np.inf)
    np.maximum.at(best, ends, scores)
    is_best = scores == best[ends]
    np.maximum.at(second, ends[~is_best], scores[~is_best])
    alone = np.bincount(ends[is_best], minlength=size) == 1
    own = ends[place]
    other: Floats = np.where(is_best[place] & alone[own], second[own], best[own])
    return other


@dataclass(frozen=True, eq=False)
class PairTable:
    """Distinct pairs of a left and a right entity, sorted by left and then right.

    Attributes:
        keys: (p,) keys of the pairs (`kernels.arrays.keys_of`), ascending, in each graph's own
            numbers.
        scores: (p,) float64: cosines, and what names and values add to them.
        given: (p,) which pairs came from the search; the others were found by evidence.
    """

    keys: IntArray
    scores: Floats
    given: BoolArray

    @classmethod
    def of(cls, candidates: Candidates, offsets: IntArray) -> PairTable:
        """The pairs of both directions; offsets are taken from the joint ids."""
        left, right = offsets.tolist()
        pairs = candidate_pairs(candidates, (left, right))
        keys = keys_of(pairs.rows, pairs.columns)
        return cls(keys, pairs.scores, np.ones(len(keys), dtype=np.bool_))

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def rows(self) -> IntArray:
        """(p,) left entities, ascending."""
        return ends_of(self.keys)[0]

    @cached_property
    def columns(self) -> IntArray:
        """(p,) right entities."""
        return ends_of(self.keys)[1]

    def extended(self, keys: IntArray, scores: PairScores | None) -> PairTable:
        """With more pairs, given by sorted distinct keys; their scores are 0 without `scores`."""
        new = keys[~find(self.keys, keys)[1]]
        if not len(new):
            return self
        value = np.zeros(len(new)) if scores is None else scores(*ends_of(new))
        merged = np.concatenate([self.keys, new])
        order = np.argsort(merged, kind="stable")  # of two sorted runs: one pass
        return PairTable(
            merged[order],
            np.concatenate([self.scores, value])[order],
            np.concatenate([self.given, np.zeros(len(new), dtype=np.bool_)])[order],
        )

    def chosen(self, kept: BoolArray) -> PairTable:
        """The pairs that are kept."""
        return PairTable(self.keys[kept], self.scores[kept], self.given[kept])

    def ranked(
        self, scores: Floats, searched: tuple[Int32Array, Int32Array], offsets: IntArray, k: int
    ) -> Candidates:
        """The k best pairs of every entity by (p,) scores, whichever side they were found from.

        Args:
            searched: joint ids, ascending, of the left and the right entities that were searched.
            offsets: joint id of the first entity of either graph.
        """
        left, right = self.rows + offsets[0], self.columns + offsets[1]
        single = scores.astype(np.float32)

        sides: list[Side] = [(left, right, *searched), (right, left, *searched[::-1])]
        to_right, to_left = in_order(lambda side: _ranked(side, single, k), sides)
        return Candidates(to_right, to_left)

    def best_of_either(self, scores: Floats, among: BoolArray, k: int) -> BoolArray:
        """(p,) which of some pairs are among the k best of their left or of their right entity."""
        chosen = np.flatnonzero(among)
        kept = np.zeros(len(self), dtype=np.bool_)
        if k:
            value = scores[chosen]

            def best(ends: IntArray) -> BoolArray:
                return best_of_each(ends[chosen], value, k)

            left, right = in_order(best, (self.rows, self.columns))
            kept[chosen] = left | right
        return kept


@dataclass(frozen=True, eq=False)
class ScoredCandidates:
    """The candidates between two graphs, and what finding them took.

    Attributes:
        candidates: ranked by score, or by score and evidence.
        pairs: all pairs that were scored, with their scores before evidence.
        offsets: joint id of the first entity of either graph.
        search_seconds: of the nearest-neighbour search.
        evidence_seconds: of the evidence.
        recall: what the search found where it was approximate.
        final: (p,) the scores of all pairs with evidence; None where there was none.
    """

    candidates: Candidates
    pairs: PairTable
    offsets: IntArray
    search_seconds: float
    evidence_seconds: float
    recall: Recall | None = None
    final: Floats | None = None

    def search_scores(self, links: Int32Array) -> FloatArray:
        """(m,) float32 scores of links that were among the candidates, without evidence.

        Raises:
            ValueError: a link that was not.
        """
        return self.pairs.scores[self._place(links)].astype(np.float32)

    def evidence(self, links: Int32Array) -> Floats:
        """(m,) what evidence adds to the scores of links that were among the candidates.

        Raises:
            ValueError: a link that was not.
        """
        if self.final is None:
            return np.zeros(len(links))
        place = self._place(links)
        added: Floats = self.final[place] - self.pairs.scores[place]
        return added

    def _place(self, links: Int32Array) -> IntArray:
        place, here = find(self.pairs.keys, keys_of(*(links.astype(np.int64) - self.offsets).T))
        if not here.all():
            raise ValueError("every link must be among the candidates")
        return place


def _keyed(
    candidates: Candidates, offsets: tuple[int, int]
) -> tuple[IntArray, FloatArray, tuple[int, int]]:
    """Keys and scores of the candidates of both directions, and the shape of the pairs."""
    to_right, to_left = _flat(candidates.left_to_right), _flat(candidates.right_to_left)
    rows = np.concatenate([to_right[0], to_left[1]]) - offsets[0]
    columns = np.concatenate([to_right[1], to_left[0]]) - offsets[1]
    shape = int(rows.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1
    return keys_of(rows, columns), np.concatenate([to_right[2], to_left[2]]), shape


def _flat(topk: TopK) -> tuple[IntArray, IntArray, FloatArray]:
    """Query, candidate and score of every entry that is no filling."""
    real = topk.candidates >= 0
    queries = np.repeat(topk.queries.astype(np.int64), real.sum(axis=1))
    return queries, topk.candidates[real].astype(np.int64), topk.scores[real]


def _reordered(topk: TopK, scores: FloatArray) -> TopK:
    table = np.full(topk.candidates.shape, -np.inf, dtype=np.float32)
    table[topk.candidates >= 0] = scores
    order = np.argsort(-table, axis=1, kind="stable")
    candidates = np.take_along_axis(topk.candidates, order, axis=1)
    return TopK(topk.queries, candidates, np.take_along_axis(table, order, 1), topk.pool_size)


def _ranked(side: Side, scores: FloatArray, k: int) -> TopK:
    own, other, queries, others = side
    order = by_value(own, scores)
    rank = ranks(own[order])
    order, rank = order[rank < k], rank[rank < k]
    width = int(rank.max(initial=-1)) + 1
    candidates = np.full((len(queries), width), -1, dtype=np.int32)
    table = np.full((len(queries), width), -np.inf, dtype=np.float32)
    query = np.searchsorted(queries, own[order])
    candidates[query, rank] = other[order]
    table[query, rank] = scores[order]
    return TopK(queries, candidates, table, len(others))
