"""Links by the probability of being counterparts, from a sparse Sinkhorn normalisation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dualamn.errors import ConfigError
from dualamn.matching.matcher import best_links, first_candidates
from dualamn.matching.pairs import candidate_pairs, rescored
from dualamn.matching.transport import sinkhorn
from dualamn.result import Candidates, Matching, TransportPlan

TOLERANCE = 1e-3
"""Mean deviation of the sums from one at which the normalisation of candidates is done."""


@dataclass(frozen=True)
class Sinkhorn:
    """Links every left entity to its most probable counterpart, see `transport.sinkhorn`.

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
    tolerance: float = TOLERANCE

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
        plan = self.transport_plan(candidates)
        ranked = rescored(candidates, plan.pairs, plan.probabilities)
        links, scores = best_links(ranked.left_to_right)
        return Matching(links, scores, ranked.left_to_right, ranked.right_to_left, plan)

    def transport_plan(self, candidates: Candidates) -> TransportPlan:
        """The probability of every pair of candidates."""
        pairs = candidate_pairs(candidates)
        probabilities = sinkhorn(
            pairs.rows,
            pairs.columns,
            pairs.scores / self.temperature,
            pairs.shape,
            rounds=self.rounds,
            tolerance=self.tolerance,
        )
        return TransportPlan(
            candidates, pairs, probabilities, self.temperature, self.rounds, self.tolerance
        )

    def made(self, plan: TransportPlan, candidates: Candidates) -> bool:
        """Whether `transport_plan` would give this plan for these candidates."""
        settings = plan.temperature, plan.rounds, plan.tolerance
        own = self.temperature, self.rounds, self.tolerance
        return plan.candidates is candidates and settings == own


@dataclass(frozen=True)
class Mutual(Sinkhorn):
    """Links two entities if each is the other's most probable counterpart.

    Fewer links than the other matchers find, each on at most one line of both graphs, and more
    of them correct: dangling entities mostly stay without a link.
    """

    def match(self, candidates: Candidates) -> Matching:
        """The pairs that choose each other; scores are probabilities."""
        matching = super().match(candidates)
        forward, backward = matching.left_to_right, matching.right_to_left
        assert forward is not None
        assert backward is not None
        choice = first_candidates(forward)
        size = max(int(choice.max(initial=-1)), int(backward.queries.max(initial=-1))) + 1
        best_of = np.full(size, -1, dtype=np.int32)  # by joint id of the right graph
        best_of[backward.queries] = first_candidates(backward)
        chosen = choice >= 0
        chosen[chosen] = best_of[choice[chosen]] == forward.queries[chosen]
        links, scores = best_links(forward, chosen)
        return replace(matching, links=links, scores=scores)
