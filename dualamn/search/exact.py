"""Exact nearest neighbours by inner product, with FAISS, and cosines of given pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import DataError
from dualamn.kernels.arrays import EmbeddingArray, FloatArray, Int32Array
from dualamn.kernels.memory import is_mapped, let_go, rows_at_once

QUERY_BLOCK = 16_384  # bounds FAISS's 64-bit result positions to 13 MB at 100 neighbours


def nearest(
    queries: FloatArray, pool: FloatArray, k: int, *, done: Callable[[int], None] | None = None
) -> tuple[FloatArray, Int32Array]:
    """The k rows of a candidate set with the largest inner product with each query, best first.

    Neither array is copied if it is float32 and C-contiguous, and scores of more than a few
    thousand queries and candidates never exist at once.

    Args:
        queries, pool: (q, d) and (p, d); either may be empty.
        k: how many to return, at most p are.
        done: called after every block of queries with the number of queries done so far.

    Returns:
        (q, min(k, p)) float32 scores, descending along a row, and int32 rows of the pool. Which of
        equal scores comes first depends on their positions only, the same for every query.

    Raises:
        DataError: an embedding is NaN or infinite.
        ValueError: k is negative, or the widths differ.
    """
    queries, pool = checked_rows(queries, pool, k)
    count, k = len(queries), min(k, len(pool))
    scores = np.empty((count, k), dtype=np.float32)
    positions = np.empty((count, k), dtype=np.int32)
    if not count or not k:
        return scores, positions

    import faiss  # slow to load

    for start in range(0, count, QUERY_BLOCK):
        rows = slice(start, min(start + QUERY_BLOCK, count))
        # Unlike an index, `knn` searches the pool where it lies.
        scores[rows], positions[rows] = faiss.knn(
            queries[rows], pool, k, metric=faiss.METRIC_INNER_PRODUCT
        )
        if done is not None:
            done(rows.stop)
    return scores, positions


def checked_rows(queries: FloatArray, pool: FloatArray, k: int) -> tuple[FloatArray, FloatArray]:
    """Both arrays as FAISS reads them, without a copy if they are so already.

    Raises:
        DataError: a value is NaN or infinite.
        ValueError: k is negative, or the widths differ.
    """
    if k < 0:
        raise ValueError(f"k must be 0 or more, got {k}")
    if queries.ndim != 2 or pool.ndim != 2 or queries.shape[1] != pool.shape[1]:
        raise ValueError(
            f"both sides must be rows of one width, got the shapes {queries.shape} and {pool.shape}"
        )
    return _finite_float32(queries), _finite_float32(pool)


def _finite_float32(rows: FloatArray) -> FloatArray:
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    # One pass over the memory in the usual case: NaN and infinity survive in a sum.
    with np.errstate(all="ignore"):
        sums = rows @ np.ones(rows.shape[1], dtype=np.float32)
    suspects = np.flatnonzero(~np.isfinite(sums))
    bad = suspects[~np.isfinite(rows[suspects]).all(axis=1)]
    if bad.size:
        raise DataError(
            f"{bad.size:,} of {len(rows):,} embeddings hold NaN or infinite values, "
            f"row {bad[0]} is the first; if they were just trained, lower the learning rate"
        )
    return rows


LEFT_TILE, RIGHT_TILE = 1_024, 4_096  # 16 MiB of scores: large enough for fast products


def nearest_both_ways(
    left: FloatArray, right: FloatArray, k: int, *, done: Callable[[int], None] | None = None
) -> tuple[Found, Found]:
    """`nearest(left, right, k)` and `nearest(right, left, k)`, in less time.

    Nearly all time of a search goes into inner products, and both directions need the same
    ones. So every tile of products is made once and goes into FAISS's heaps of its rows and,
    transposed, into those of its columns. A pair has one score, whichever way it is seen.
    """
    import torch  # slow to load, as is faiss below

    left, right = (writeable(rows) for rows in checked_rows(left, right, k))
    n_left, n_right = len(left), len(right)
    to_right = Heaps(n_left, min(k, n_right))
    to_left = Heaps(n_right, min(k, n_left))
    if not to_right.scores.size:
        return to_right.sorted(), to_left.sorted()
    lefts, rights = torch.from_numpy(left), torch.from_numpy(right)
    size = min(n_left, LEFT_TILE) * min(n_right, RIGHT_TILE)
    buffer, other_buffer = torch.empty(size), torch.empty(size)
    for start in range(0, n_left, LEFT_TILE):
        rows = slice(start, min(start + LEFT_TILE, n_left))
        height = rows.stop - start
        for first in range(0, n_right, RIGHT_TILE):
            columns = slice(first, min(first + RIGHT_TILE, n_right))
            width = columns.stop - first
            tile = buffer[: height * width].view(height, width)
            transposed = other_buffer[: height * width].view(width, height)
            torch.mm(lefts[rows], rights[columns].T, out=tile)
            transposed.copy_(tile.T)
            to_right.add(rows, first, tile.numpy())
            to_left.add(columns, start, transposed.numpy())
        if done is not None:
            done(rows.stop)
    return to_right.sorted(), to_left.sorted()


def writeable(rows: FloatArray) -> FloatArray:
    """PyTorch takes no read-only memory, such as that of a mapped file."""
    return rows if rows.flags.writeable else rows.copy()


Found = tuple[FloatArray, Int32Array]
"""Scores and positions as `nearest` gives them."""


class Heaps:
    """The k best so far of each query, as FAISS heaps over plain arrays."""

    def __init__(self, n_queries: int, k: int) -> None:
        self.scores = np.empty((n_queries, k), dtype=np.float32)
        self.positions = np.empty((n_queries, k), dtype=np.int64)
        if self.scores.size:
            _heaps(self.scores, self.positions).heapify()

    def add(self, queries: slice, first: int, scores: NDArray[np.float32]) -> None:
        """Offers queries the scores of a stretch of positions, (queries, positions)."""
        import faiss  # slow to load

        heaps = _heaps(self.scores[queries], self.positions[queries])
        heaps.addn(scores.shape[1], faiss.swig_ptr(scores), first, 0, len(scores))

    def sorted(self) -> Found:
        """Scores, descending along a row, and positions; the heaps are done with.

        Rows that were offered fewer than k end in positions of -1 with scores of -inf.
        """
        if self.scores.size:
            _heaps(self.scores, self.positions).reorder()
            self.scores[self.positions < 0] = -np.inf
        return self.scores, self.positions.astype(np.int32)


def _heaps(scores: NDArray[np.float32], positions: NDArray[np.int64]) -> Any:
    import faiss

    heaps = faiss.float_minheap_array_t()
    heaps.nh, heaps.k = scores.shape
    heaps.val, heaps.ids = faiss.swig_ptr(scores), faiss.swig_ptr(positions)
    return heaps


_NUMBERS = 1 << 20  # of a block of rows: two of 4 MiB stay in the cache


def pair_cosines(
    embeddings: EmbeddingArray, left: NDArray[np.integer], right: NDArray[np.integer]
) -> FloatArray:
    """(p,) float32: the cosine of every pair, without a copy of all their rows.

    Mapped rows (`dualamn.kernels.memory`) are gone through block by block, pairs of the same two
    blocks together.

    Args:
        embeddings: (n, d) float32 or float16, L2-normalised rows; of others, inner products.
        left, right: (p,) rows of each pair; fast where neighbours in the list share theirs.
    """
    import torch  # slow to load

    rows = torch.from_numpy(embeddings if embeddings.flags.writeable else embeddings.copy())
    result = np.empty(len(left), dtype=np.float32)
    step = max(1, _NUMBERS // max(embeddings.shape[1], 1))
    for near in _of_two_blocks(embeddings, left, right):
        both = [torch.from_numpy(np.asarray(ends[near], dtype=np.int64)) for ends in (left, right)]
        found = torch.empty(len(both[0]))
        for start in range(0, len(found), step):
            block = slice(start, start + step)
            first, second = (rows.index_select(0, ends[block]).float() for ends in both)
            torch.sum(first.mul_(second), dim=1, out=found[block])
        result[near] = found.numpy()
    return result


def _of_two_blocks(
    embeddings: EmbeddingArray, left: NDArray[np.integer], right: NDArray[np.integer]
) -> Iterator[slice | NDArray[np.int64]]:
    """Which pairs to look at together, so that few mapped rows are in memory at a time."""
    if not is_mapped(embeddings):
        yield slice(None)
        return
    size = rows_at_once(embeddings)
    blocks = -(-len(embeddings) // size)
    place = (left // size * blocks + right // size).astype(np.int32)
    order = np.argsort(place, kind="stable")
    for near in np.split(order, np.flatnonzero(np.diff(place[order])) + 1):
        yield near
        let_go(embeddings)
