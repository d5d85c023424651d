"""Ranked candidates: what a search finds, what a matcher orders anew, what evaluation ranks by."""

from __future__ import annotations

from dataclasses import dataclass

from dualamn.kernels.arrays import FloatArray, Int32Array


@dataclass(frozen=True, eq=False)
class TopK:
    """The best candidates of every query, best first.

    Attributes:
        queries: (q,) int32 joint ids.
        candidates: (q, k) int32 joint ids; -1 fills rows with fewer candidates than k.
        scores: (q, k) float32, descending along a row; -inf where the candidate is -1.
        pool_size: how many entities were searched, so a rank outside k can be bounded.
    """

    queries: Int32Array
    candidates: Int32Array
    scores: FloatArray
    pool_size: int
