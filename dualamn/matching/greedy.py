"""Each left entity with its nearest right entity."""

from __future__ import annotations

from dataclasses import dataclass

from dualamn.matching.matcher import best_links
from dualamn.result import Candidates, Matching


@dataclass(frozen=True)
class Greedy:
    """Links every left entity to its nearest right entity by cosine.

    Nothing keeps several left entities from sharing one right entity.
    """

    def match(self, candidates: Candidates) -> Matching:
        """The nearest candidates; scores are cosines."""
        links, scores = best_links(candidates.left_to_right)
        return Matching(links, scores, candidates.left_to_right, candidates.right_to_left)
