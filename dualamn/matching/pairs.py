"""Candidates of both directions as one list of pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualamn.kernels.arrays import BoolArray, FloatArray
from dualamn.result import Candidates, TopK

IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CandidatePairs:
    """The distinct candidate pairs of both directions, sorted by left and right entity.

    Attributes:
        rows, columns: (p,) the left and the right entity of every pair, less an offset.
        cosines: (p,) float64 scores that the candidates have.
        entry: (m,) which pair every candidate is: those of the left queries row by row, then
            those of the right queries.
        shape: one more than the largest row and column.
        n_queries: left entities that were searched for.
    """

    rows: IntArray
    columns: IntArray
    cosines: NDArray[np.float64]
    entry: IntArray
    shape: tuple[int, int]
    n_queries: int

    @classmethod
    def of(cls, candidates: Candidates, offsets: tuple[int, int] = (0, 0)) -> CandidatePairs:
        """Joins both directions; offsets are taken from the joint ids of left and right."""
        keys, scores, width, height = _keyed(candidates, offsets)
        distinct, first, entry = np.unique(keys, return_index=True, return_inverse=True)
        rows, columns = np.divmod(distinct, max(width, 1))
        cosines = scores[first].astype(np.float64)
        n_queries = len(candidates.left_to_right.queries)
        return cls(rows, columns, cosines, entry, (height, width), n_queries)

    def mutual(self, values: NDArray[np.float64]) -> BoolArray:
        """(p,) whether a pair has the highest value of both its entities; ties go to none."""
        return mutual(self.rows, self.columns, values)

    def rescored(self, candidates: Candidates, scores: NDArray[np.float64]) -> Candidates:
        """The candidates with these scores, best first; equal ones keep their order."""
        forward, backward = candidates.left_to_right, candidates.right_to_left
        n_forward = int((forward.candidates >= 0).sum())
        single = scores.astype(np.float32)
        return Candidates(
            _reordered(forward, single[self.entry[:n_forward]]),
            _reordered(backward, single[self.entry[n_forward:]]),
        )


def mutual(rows: IntArray, columns: IntArray, values: NDArray[np.float64]) -> BoolArray:
    """(p,) whether a pair has the highest value of both its entities; ties go to none."""
    chosen = np.ones(len(values), dtype=np.bool_)
    for ends in (rows, columns):
        size = int(ends.max(initial=-1)) + 1
        top = np.full(size, -np.inf)
        np.maximum.at(top, ends, values)
        is_top = values >= top[ends]
        chosen &= is_top & (np.bincount(ends[is_top], minlength=size)[ends] == 1)
    return chosen


def best_other(
    ends: IntArray, scores: NDArray[np.float64], size: int, place: IntArray
) -> NDArray[np.float64]:
    """(m,) the best score of the other pairs with the same end; -inf where there is none.

    Args:
        ends: (p,) the left, or the right, entity of every pair.
        scores: (p,) of the pairs.
        size: more than any of the ends.
        place: (m,) the pairs that are asked about.
    """
    order = np.lexsort((-scores, ends))
    ordered = ends[order]
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    best = np.full(size, -1, dtype=np.int64)  # the pair that is the best of each end
    best[ordered[first]] = order[first]
    second = np.full(size, -np.inf)
    after = first + 1
    has = after < len(ordered)
    has[has] = ordered[after[has]] == ordered[first[has]]
    second[ordered[first[has]]] = scores[order[after[has]]]
    own = ends[place]
    other: NDArray[np.float64] = np.where(best[own] == place, second[own], scores[best[own]])
    return other


def _keyed(
    candidates: Candidates, offsets: tuple[int, int]
) -> tuple[IntArray, FloatArray, int, int]:
    """Row * width + column and score of the candidates of both directions, width and height."""
    to_right, to_left = _flat(candidates.left_to_right), _flat(candidates.right_to_left)
    rows = np.concatenate([to_right[0], to_left[1]]) - offsets[0]
    columns = np.concatenate([to_right[1], to_left[0]]) - offsets[1]
    width, height = (int(ends.max(initial=-1)) + 1 for ends in (columns, rows))
    rows *= width
    rows += columns
    return rows, np.concatenate([to_right[2], to_left[2]]), width, height


def _flat(topk: TopK) -> tuple[IntArray, IntArray, FloatArray]:
    """Query, candidate and score of every entry that is no filling."""
    real = topk.candidates >= 0
    queries = np.repeat(topk.queries.astype(np.int64), real.sum(axis=1))
    return queries, topk.candidates[real].astype(np.int64), topk.scores[real]


def _reordered(topk: TopK, scores: FloatArray) -> TopK:
    table = np.full(topk.candidates.shape, -np.inf, dtype=np.float32)
    table[topk.candidates >= 0] = scores
    order = np.argsort(-table, axis=1, kind="stable")
    return TopK(
        topk.queries,
        np.take_along_axis(topk.candidates, order, axis=1),
        np.take_along_axis(table, order, axis=1),
        topk.pool_size,
    )
