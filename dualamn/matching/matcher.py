"""What every matcher takes and gives, and the plainest one: each entity with its nearest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dualamn.kernels.arrays import BoolArray, FloatArray, Int32Array
from dualamn.result import Candidates, Matching, TopK


class Matcher(Protocol):
    """Chooses links among the candidates; knows nothing of how they were embedded."""

    def match(self, candidates: Candidates) -> Matching:
        """The links, from candidates in both directions. The candidates are left unchanged."""
        ...


def best_links(topk: TopK, chosen: BoolArray | None = None) -> tuple[Int32Array, FloatArray]:
    """(m, 2) int32 links of queries and their first candidates, and their (m,) float32 scores.

    Of the (q,) chosen queries, or all, that have a candidate.
    """
    first = first_candidates(topk)
    kept = first >= 0 if chosen is None else (first >= 0) & chosen
    links = np.stack([topk.queries[kept], first[kept]], axis=1)
    scores = topk.scores[kept, 0] if topk.scores.shape[1] else np.empty(0, np.float32)
    return links, scores


def first_candidates(topk: TopK) -> Int32Array:
    """(q,) int32: each query's best candidate, -1 where it has none."""
    if not topk.candidates.shape[1]:
        return np.full(len(topk.queries), -1, dtype=np.int32)
    return topk.candidates[:, 0]


@dataclass(frozen=True)
class Greedy:
    """Links every left entity to its nearest right entity by score.

    Nothing keeps several left entities from sharing one right entity.
    """

    def match(self, candidates: Candidates) -> Matching:
        """The first candidates; scores stay as they are."""
        links, scores = best_links(candidates.left_to_right)
        return Matching(links, scores, candidates.left_to_right, candidates.right_to_left)
