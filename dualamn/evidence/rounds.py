"""Joint decoding: links give evidence for each other, round after round."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualamn.arrays import BoolArray, FloatArray, Int32Array
from dualamn.evidence.edges import Statements
from dualamn.evidence.ranges import IntArray
from dualamn.evidence.relations import align_relations
from dualamn.evidence.shared import shared_statements
from dualamn.matching.pairs import CandidatePairs
from dualamn.matching.plan import sinkhorn
from dualamn.search.candidates import Candidates
from dualamn.task import AlignmentTask

_POSSIBLE = 0.05  # the probability from which a pair counts as evidence for others
_SETTLED = 1e-3  # mean change of a query's probabilities at which the rounds end


@dataclass(frozen=True, kw_only=True)
class EvidenceSettings:
    """How evidence is weighed, see `Evidence`.

    Attributes:
        rounds: how often the evidence is gathered anew.
        weight: cosine that one unit of evidence is worth.
        share_weight: cosine that it is worth if all an entity's evidence is found.
        temperature: of the Sinkhorn normalisation, in units of cosine.
        sinkhorn_rounds: most passes of the Sinkhorn normalisation.
    """

    rounds: int
    weight: float
    share_weight: float
    temperature: float
    sinkhorn_rounds: int


@dataclass(frozen=True, eq=False)
class Judgement:
    """What the last round says of every candidate pair.

    Attributes:
        candidates: the candidates with their last scores, cosine and evidence, best first.
        links: (m, 2) int32 joint ids of pairs that are each other's most probable partner.
        probability: (m,) float32 of each of these links.
    """

    candidates: Candidates
    links: Int32Array
    probability: FloatArray


class Evidence:
    """Symbolic evidence between two graphs of a task, from their triples and seed links.

    In every round the present probabilities say which relations stand for each other
    (`align_relations`), then what any two candidates have in common (`shared_statements`).
    With E(x, y) the sum of it, S(x) what all statements about x would be worth, a and b the
    two weights and T the temperature, the next probabilities are the Sinkhorn normalisation of

        (cos(x, y) + a E(x, y) + b E(x, y) / sqrt(S(x) S(y) + 1)) / T

    The sum a E favours entities of which much is known, the share b E / S those of which
    little is. Seed links count as certain throughout. The combination of embeddings with
    probabilistic reasoning follows NeuSymEA (Chen et al., NeurIPS 2025).

    Args:
        task: gives triples and seed links.
        left, right: positions of the two graphs.
        settings: the weights.
    """

    def __init__(
        self, task: AlignmentTask, left: int, right: int, settings: EvidenceSettings
    ) -> None:
        self.settings = settings
        self.left = Statements.of(task.kgs[left])
        self.right = Statements.of(task.kgs[right])
        self.offsets = task.entity_offsets[[left, right]].astype(np.int64)
        self.seeds = task.links_between(task.seed_links, left, right) - self.offsets

    def judge(self, candidates: Candidates) -> Judgement:
        """Gathers evidence for candidates, and weighs it with their cosines.

        Args:
            candidates: from the search; left unchanged.

        Returns:
            The same candidates in a new order, and the links that agree both ways.
        """
        pairs = CandidatePairs.of(candidates, (int(self.offsets[0]), int(self.offsets[1])))
        scores = pairs.cosines
        plan = self._plan(pairs, scores)
        left = self.left.restricted(_among(pairs.rows, self.left.n_entities))
        right = self.right.restricted(_among(pairs.columns, self.right.n_entities))
        share = np.sqrt(self.left.strength[pairs.rows] * self.right.strength[pairs.columns] + 1)
        for _ in range(self.settings.rounds):
            found = self._gather(pairs, plan, left, right)
            scores = pairs.cosines + found * (
                self.settings.weight + self.settings.share_weight / share
            )
            before, plan = plan, self._plan(pairs, scores)
            if np.abs(plan - before).sum() <= _SETTLED * max(pairs.n_queries, 1):
                break
        best = pairs.mutual(plan) & (plan > 0)
        links = np.stack([pairs.rows[best], pairs.columns[best]], axis=1) + self.offsets
        return Judgement(
            pairs.rescored(candidates, scores),
            links.astype(np.int32),
            plan[best].astype(np.float32),
        )

    def _plan(self, pairs: CandidatePairs, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return sinkhorn(
            pairs.rows,
            pairs.columns,
            scores / self.settings.temperature,
            (self.left.n_entities, self.right.n_entities),
            rounds=self.settings.sinkhorn_rounds,
            tolerance=_SETTLED,
        )

    def _gather(
        self, pairs: CandidatePairs, plan: NDArray[np.float64], left: Statements, right: Statements
    ) -> NDArray[np.float64]:
        """(p,) what the two entities of every candidate pair have in common."""
        partner = np.full(self.left.n_entities, -1, dtype=np.int64)
        sure = np.zeros(self.left.n_entities)
        # An entity with a seed link has no other partner, whoever else is searched for.
        known = _among(self.seeds[:, 0], self.left.n_entities)[pairs.rows]
        known |= _among(self.seeds[:, 1], self.right.n_entities)[pairs.columns]
        possible = (plan > _POSSIBLE) & ~known
        best = pairs.mutual(plan) & possible
        partner[pairs.rows[best]], sure[pairs.rows[best]] = pairs.columns[best], plan[best]
        partner[self.seeds[:, 0]], sure[self.seeds[:, 0]] = self.seeds[:, 1], 1.0
        weights = align_relations(self.left, self.right, partner, sure)

        ends = (
            np.concatenate([pairs.rows[possible], self.seeds[:, 0]]),
            np.concatenate([pairs.columns[possible], self.seeds[:, 1]]),
        )
        probability = np.concatenate([np.minimum(plan[possible], 1), np.ones(len(self.seeds))])
        found = np.zeros(len(pairs.rows))
        for x, y, worth in shared_statements(left, right, weights, ends, probability):
            pairs.add(found, x, y, worth)
        return found


def _among(entities: IntArray, n: int) -> BoolArray:
    kept = np.zeros(n, dtype=np.bool_)
    kept[entities] = True
    return kept
