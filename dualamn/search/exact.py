"""Exact nearest neighbours by inner product, with FAISS."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dualamn.errors import DataError
from dualamn.kernels.arrays import FloatArray, Int32Array

QUERY_BLOCK = 16_384  # bounds FAISS's 64-bit result positions to 13 MB at 100 neighbours


def nearest(
    queries: FloatArray,
    pool: FloatArray,
    k: int,
    *,
    done: Callable[[int], None] | None = None,
) -> tuple[FloatArray, Int32Array]:
    """The k rows of a pool with the largest inner product with each query, best first.

    Exact: no pair is left out. Neither array is copied if it is float32 and C-contiguous, and
    scores of more than a few thousand queries and pool rows never exist at once.

    Args:
        queries: (q, d), q may be 0.
        pool: (p, d), p may be 0.
        k: how many to return, at most p are.
        done: called after every block of queries with the number of queries done so far.

    Returns:
        scores: (q, min(k, p)) float32, descending along a row.
        positions: (q, min(k, p)) int32 rows of the pool. Which of equal scores comes first
            depends on their positions only, the same for every query.

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
