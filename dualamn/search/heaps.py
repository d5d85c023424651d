"""The best of what was seen so far, for many queries at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualamn.kernels.arrays import FloatArray, Int32Array

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
