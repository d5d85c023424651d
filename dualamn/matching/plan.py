r"""Sinkhorn normalisation of sparse scores: from scores to probabilities of partnership.

exp(logit), multiplied by one number a row and one a column so that no row and no column adds up
to more than one, is the assignment that fits the scores best among those as undecided
(Cuturi, NeurIPS 2013, https://arxiv.org/abs/1306.0895; for alignment: Mena et al., ICLR 2018).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

_TINY = 1e-30  # what a row or column without any mass is divided by


def sinkhorn(
    rows: ArrayLike,
    columns: ArrayLike,
    logits: ArrayLike,
    shape: tuple[int, int],
    *,
    rounds: int,
    tolerance: float,
) -> NDArray[np.float64]:
    """Probabilities that every row and column has one partner, from scores of some pairs.

    Rows and columns are normalised in turn, rows last. Where the sides differ in size, the
    larger one cannot add up to one everywhere: rows are then less sure if there are more of
    them than columns.

    Args:
        rows, columns: (p,) places of the pairs, each place at most once, in any order.
        logits: (p,) scores; -inf for what cannot be.
        shape: how many rows and columns there are; either may be without pairs.
        rounds: most passes over rows and columns.
        tolerance: mean deviation of the columns' sums, between two passes, at which to stop.

    Returns:
        (p,) from 0 to 1. They add up to one at most along a row.
    """
    rows, columns = np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64)
    logits = np.asarray(logits, dtype=np.float64)
    if not len(logits):
        return np.empty(0)
    # The best of every row becomes exp(0): nothing overflows, and only what is far behind in
    # its own row vanishes.
    top = np.full(shape[0], -np.inf)
    np.maximum.at(top, rows, logits)
    top[~np.isfinite(top)] = 0
    kernel = np.exp(logits - top[rows])
    numbers = np.arange(len(rows))
    by_row = csr_array((numbers, (rows, columns)), shape=shape)
    order = by_row.data
    forward = csr_array((kernel[order], by_row.indices, by_row.indptr), shape=shape)
    backward = forward.T.tocsr()
    u, v = np.ones(shape[0]), np.ones(shape[1])
    for number in range(rounds):
        sums = backward @ u
        if number and np.abs(sums * v - 1)[sums > _TINY].mean() <= tolerance:
            break
        v = 1 / np.maximum(sums, _TINY)
        u = 1 / np.maximum(forward @ v, _TINY)
    probabilities: NDArray[np.float64] = u[rows] * kernel * v[columns]
    return probabilities
