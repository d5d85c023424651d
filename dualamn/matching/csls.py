r"""Cross-domain similarity local scaling (CSLS, https://arxiv.org/abs/1710.04087).

An entity in a crowded region is near to many others and would be everyone's counterpart. CSLS
takes from each score how near both entities are to the other graph in general:

    csls(x, y) = 2 s(x, y) - r(x) - r(y)

with s the cosine, or the score that evidence made of it, and r(x) the mean score of x to its k
nearest entities among the candidates of the other graph.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualamn.errors import ConfigError
from dualamn.kernels.arrays import FloatArray
from dualamn.matching.matcher import best_links
from dualamn.result import Candidates, Matching, TopK

ROWS_AT_ONCE = 4_096  # bounds the temporary arrays to a few megabytes


@dataclass(frozen=True)
class Csls:
    """Links every left entity to the candidate with the highest CSLS score.

    Args:
        k: how many nearest entities make up the neighbourhood of an entity.

    Raises:
        ConfigError: k is less than 1.
    """

    k: int = 10

    def __post_init__(self) -> None:
        if self.k < 1:
            raise ConfigError(f"the neighbourhood of CSLS needs k of 1 or more, got {self.k}")

    def match(self, candidates: Candidates) -> Matching:
        """The best candidates by CSLS; scores lie between -4 and 4."""
        scaled = csls_scores(candidates, self.k)
        links, scores = best_links(scaled.left_to_right)
        return Matching(links, scores, scaled.left_to_right, scaled.right_to_left)


def csls_scores(candidates: Candidates, k: int) -> Candidates:
    """The same candidates with CSLS scores in place of theirs, best first.

    If there are fewer than k candidates, all of them are the neighbourhood. Among equal scores
    the order stays as it was.
    """
    forward, backward = candidates.left_to_right, candidates.right_to_left
    left_mean, right_mean = _mean_of_nearest(forward, k), _mean_of_nearest(backward, k)
    return Candidates(
        _scaled(forward, left_mean, backward, right_mean),
        _scaled(backward, right_mean, forward, left_mean),
    )


def _mean_of_nearest(topk: TopK, k: int) -> FloatArray:
    """(q,) r of each query; 0 where there is no candidate."""
    real = topk.candidates[:, :k] >= 0
    total = np.where(real, topk.scores[:, :k], 0).sum(axis=1, dtype=np.float64)
    return np.asarray(total / np.maximum(real.sum(axis=1), 1), dtype=np.float32)


def _scaled(topk: TopK, own: FloatArray, other: TopK, others: FloatArray) -> TopK:
    """Scores a direction, given r of its queries and r of the other direction's queries."""
    if not topk.candidates.size:
        return topk
    size = max(int(topk.candidates.max()), int(other.queries.max(initial=-1))) + 1
    mean_of = np.full(size, np.nan, dtype=np.float32)  # by joint id
    mean_of[other.queries] = others
    candidates, scores = np.empty_like(topk.candidates), np.empty_like(topk.scores)
    for start in range(0, len(scores), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        real = topk.candidates[rows] >= 0
        scaled = 2 * topk.scores[rows] - own[rows, None] - mean_of[topk.candidates[rows]]
        if np.isnan(scaled[real]).any():
            raise ValueError("every candidate must be a query of the other direction")
        scaled[~real] = -np.inf
        order = np.argsort(-scaled, axis=1, kind="stable")
        candidates[rows] = np.take_along_axis(topk.candidates[rows], order, axis=1)
        scores[rows] = np.take_along_axis(scaled, order, axis=1)
    return TopK(topk.queries, candidates, scores, topk.pool_size)
