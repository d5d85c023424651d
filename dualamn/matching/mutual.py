"""Pairs that choose each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualamn.matching.matcher import best_links, first_candidates
from dualamn.matching.sinkhorn import Sinkhorn
from dualamn.result import Candidates, Matching


@dataclass(frozen=True)
class Mutual(Sinkhorn):
    """Links two entities if each is the other's most probable partner.

    Fewer links than the other matchers find, each on at most one line of both graphs, and more
    of them right: entities without a counterpart mostly stay without a link.
    """

    def match(self, candidates: Candidates) -> Matching:
        """The pairs that choose each other; scores are probabilities."""
        ranked = self._ranked(candidates)
        forward, backward = ranked.left_to_right, ranked.right_to_left
        answer = first_candidates(forward)
        size = max(int(answer.max(initial=-1)), int(backward.queries.max(initial=-1))) + 1
        best_of = np.full(size, -1, dtype=np.int32)  # by joint id of the right graph
        best_of[backward.queries] = first_candidates(backward)
        chosen = answer >= 0
        chosen[chosen] = best_of[answer[chosen]] == forward.queries[chosen]
        links, scores = best_links(forward, chosen)
        return Matching(links, scores, forward, backward)
