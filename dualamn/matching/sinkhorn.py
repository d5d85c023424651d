"""Links by the probability of partnership, from a sparse Sinkhorn normalisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import ConfigError
from dualamn.matching.matcher import best_links
from dualamn.matching.pairs import CandidatePairs
from dualamn.matching.transport import sinkhorn
from dualamn.result import Candidates, Matching


@dataclass(frozen=True)
class Sinkhorn:
    """Links every left entity to its most probable partner, see `plan.sinkhorn`.

    An entity whose candidates are all taken by others is left with a low probability, where
    CSLS would only see that they are near. Works on CPU arrays, wherever the embeddings were
    made: it takes a fraction of a second for 10,000 entities with 100 candidates each.

    Args:
        temperature: of the normalisation, in units of the candidates' scores.
        rounds: most passes over both sides.
        tolerance: mean deviation of the sums at which to stop before.

    Raises:
        ConfigError: a setting that cannot work.
    """

    temperature: float = 0.02
    rounds: int = 15
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise ConfigError(
                f"Sinkhorn needs a temperature above 0, got {self.temperature} "
                "(0.02 to 0.05 suits cosines)"
            )
        if self.rounds < 1:
            raise ConfigError(f"Sinkhorn needs 1 round or more, got {self.rounds}")
        if not self.tolerance >= 0:
            raise ConfigError(f"Sinkhorn needs a tolerance of 0 or more, got {self.tolerance}")

    def match(self, candidates: Candidates) -> Matching:
        """The most probable candidates; scores are probabilities."""
        ranked = self._ranked(candidates)
        links, scores = best_links(ranked.left_to_right)
        return Matching(links, scores, ranked.left_to_right, ranked.right_to_left)

    def _ranked(self, candidates: Candidates) -> Candidates:
        """The candidates by probability; equal ones keep their order."""
        pairs = CandidatePairs.of(candidates)
        return pairs.rescored(candidates, self._plan(pairs))

    def _plan(self, pairs: CandidatePairs) -> NDArray[np.float64]:
        """(p,) the probability of every pair."""
        return sinkhorn(
            pairs.rows,
            pairs.columns,
            pairs.cosines / self.temperature,
            pairs.shape,
            rounds=self.rounds,
            tolerance=self.tolerance,
        )
