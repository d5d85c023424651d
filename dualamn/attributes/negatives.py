"""The nearest names of a few entities among many, by projected rows that are made on the way."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dualamn.kernels.arrays import FloatArray
from dualamn.search.exact import nearest

IntArray = NDArray[np.int64]

_ROWS = 1 << 19
"""Rows made at a time, half a GiB with 256 columns; fewer would draw all directions more often."""


def nearest_names(
    vectors: Callable[[IntArray], FloatArray], queries: IntArray, pool: IntArray, k: int
) -> IntArray:
    """The k entities of a pool whose rows have the largest product with each query's.

    Args:
        vectors: makes the (m, d) float32 rows of joint ids, as `NameSimilarity.vectors` does.
        queries: (q,) joint ids.
        pool: (p,) joint ids.
        k: how many, at most p.

    Returns:
        (q, min(k, p)) joint ids, nearest first.
    """
    asked = vectors(queries)
    scores = np.empty((len(queries), 0), dtype=np.float32)
    best = np.empty((len(queries), 0), dtype=np.int64)
    for start in range(0, len(pool), _ROWS):
        block = pool[start : start + _ROWS]
        near, places = nearest(asked, vectors(block), k)
        scores = np.concatenate([scores, near], axis=1)
        best = np.concatenate([best, block[places]], axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        scores = np.take_along_axis(scores, order, axis=1)
        best = np.take_along_axis(best, order, axis=1)
    return best
