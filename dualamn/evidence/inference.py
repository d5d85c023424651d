"""Joint decoding: links give evidence for each other, round after round."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dualamn.evidence.overlap import match_statements, overlap_evidence, summed
from dualamn.evidence.relations import align_relations
from dualamn.evidence.statement_similarity import StatementSimilarity
from dualamn.evidence.statements import Statements
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import (
    BoolArray,
    FloatArray,
    Floats,
    Int32Array,
    IntArray,
    find,
    grouped,
)
from dualamn.matching.pairs import PairScores, PairTable, mutual
from dualamn.matching.sinkhorn import sinkhorn
from dualamn.result import Candidates

_POSSIBLE = 0.05  # the probability from which a pair counts as evidence for others
_SETTLED = 1e-3  # mean change of a query's probabilities at which the rounds end


Searched = tuple[Int32Array, Int32Array]
"""Joint ids, ascending, of the left and the right entities that may be paired."""


@dataclass(frozen=True, kw_only=True)
class EvidenceSettings:
    """How evidence is weighed, see `Evidence`.

    Attributes:
        rounds: how often the evidence is gathered anew.
        weight: what one unit of evidence adds to the score.
        share_weight: what it adds if two entities have all in common that is stated of them, see
            `StatementSimilarity`.
        temperature: of the Sinkhorn normalisation, in units of the score.
        sinkhorn_rounds: most passes of the Sinkhorn normalisation.
        explored: how many pairs an entity may have that only evidence found; 0 for none, so
            that the candidates of the search stay the only ones.
    """

    rounds: int
    weight: float
    share_weight: float
    temperature: float
    sinkhorn_rounds: int
    explored: int = 0


@dataclass(frozen=True, eq=False)
class Judgement:
    """What the last round says of every candidate pair.

    Attributes:
        table, scores: the pairs judged, and (p,) their last scores, evidence included.
        searched: whose entities were paired.
        offsets: joint id of the first entity of either graph.
        most: how many candidates an entity has at most.
        links: (m, 2) int32 joint ids of pairs that are each other's most probable counterpart.
        probability: (m,) float32 of each of these links.
    """

    table: PairTable
    scores: Floats
    searched: Searched
    offsets: IntArray
    most: int
    links: Int32Array
    probability: FloatArray

    @cached_property
    def candidates(self) -> Candidates:
        """The pairs as candidates of both directions, best first."""
        return self.table.ranked(self.scores, self.searched, self.offsets, self.most)


class Overlap(NamedTuple):
    """What entities have in common.

    Attributes:
        keys, weights: of all pairs that have any evidence in common, ascending, and the sums of
            its match weights.
        similarity: compares pairs by all their statements; None where that has no weight.
    """

    keys: IntArray
    weights: Floats
    similarity: StatementSimilarity | None


class RankedPairs(NamedTuple):
    """Pairs, (p,) their scores and (p,) their probabilities: the transport plan."""

    table: PairTable
    scores: Floats
    plan: Floats


class Evidence:
    """Symbolic evidence between two graphs of a task, from their triples and seed links.

    Pairs to judge are the candidates of a search. Evidence finds pairs of its own as well: all
    that share a statement about neighbours who may be the same. There are few of them, about
    linearly many in the triples, so that large graphs can do without a search.

    In every round the present probabilities say which relations stand for each other
    (`align_relations`), then what any two candidates have in common. With s(x, y) the score of the
    search, E(x, y) the sum of their match weights (`overlap_evidence`), L(x, y) their similarity by
    all that is stated of them (`StatementSimilarity`), a and b the two weights and T the
    temperature, the next probabilities are the Sinkhorn normalisation of

        (s(x, y) + a E(x, y) + b L(x, y)) / T

    E is about what few entities have in common, and favours entities of which much is known; L
    about common statements as well, and those that only one of the two has. Pairs that only
    evidence found are judged if s + a E makes them one of the best few of either entity. Seed
    links count as certain throughout. The combination of embeddings with probabilistic
    reasoning follows NeuSymEA (Chen et al., NeurIPS 2025).

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

    def judge(self, candidates: Candidates, others: PairScores | None = None) -> Judgement:
        """Gathers evidence for pairs of entities, and adds it to their scores.

        Args:
            candidates: from the search, and whose entities may be paired: those searched for.
            others: gives the scores of other pairs that evidence is found for, see
                `EvidenceSettings.explored`; 0 if None, as where there are no embeddings yet.

        Returns:
            The candidates in a new order, those that evidence found among them, and the links
            that agree both ways.
        """
        searched = candidates.left_to_right.queries, candidates.right_to_left.queries
        table, scores, plan = self._rounds(PairTable.of(candidates, self.offsets), searched, others)
        best = mutual(table.rows, table.columns, plan) & (plan > 0)
        links = np.stack([table.rows[best], table.columns[best]], axis=1) + self.offsets
        return Judgement(
            table,
            scores,
            searched,
            self.offsets,
            max(_width(candidates), self.settings.explored),
            links.astype(np.int32),
            plan[best].astype(np.float32),
        )

    def _rounds(
        self, known: PairTable, searched: Searched, others: PairScores | None
    ) -> RankedPairs:
        """Gathers evidence, from the probabilities by search alone on, until they settle."""
        left = self.left.restricted(_among(searched[0] - self.offsets[0], self.left.n_entities))
        right = self.right.restricted(_among(searched[1] - self.offsets[1], self.right.n_entities))
        table, scores = known, known.scores
        plan = self._transport_plan(table, scores)
        for _ in range(self.settings.rounds):
            overlap = self._gather(table, plan, left, right)
            before = table.keys, plan
            del table, scores  # a third of what a round holds
            known, table, scores = self._scored(known, overlap, others)
            del overlap
            plan = self._transport_plan(table, scores)
            if _change(*before, table.keys, plan) <= _SETTLED * max(len(searched[0]), 1):
                break
        return RankedPairs(table, scores, plan)

    def _scored(
        self, known: PairTable, overlap: Overlap, others: PairScores | None
    ) -> tuple[PairTable, PairTable, Floats]:
        """All pairs known by now, and those that are judged next with their scores.

        Args:
            known: the pairs known before.
            overlap: from `_gather`.
            others: see `judge`.
        """
        most = self.settings.explored
        if most:
            known = known.extended(overlap.keys, others)
        place, here = find(known.keys, overlap.keys)
        evidence = np.zeros(len(known))
        evidence[place[here]] = overlap.weights[here]
        scores = known.scores + evidence * self.settings.weight
        kept = known.given | known.best_of_either(scores, (evidence > 0) & ~known.given, most)
        table, scores = known.chosen(kept), scores[kept]
        if overlap.similarity is not None:
            scores += overlap.similarity.between(table) * self.settings.share_weight
        # A copy is without rows and columns, which take as much as all else.
        return replace(known), table, scores

    def _transport_plan(self, table: PairTable, scores: Floats) -> Floats:
        return sinkhorn(
            table.rows,
            table.columns,
            scores / self.settings.temperature,
            (self.left.n_entities, self.right.n_entities),
            rounds=self.settings.sinkhorn_rounds,
            tolerance=_SETTLED,
        )

    def _gather(
        self, table: PairTable, plan: Floats, left: Statements, right: Statements
    ) -> Overlap:
        """What entities have in common if the pairs of a table are as probable as planned."""
        counterpart = np.full(self.left.n_entities, -1, dtype=np.int64)
        sure = np.zeros(self.left.n_entities)
        rows, columns = table.rows, table.columns
        # An entity with a seed link has no other counterpart, whoever else is searched for.
        settled = _among(self.seeds[:, 0], self.left.n_entities)[rows]
        settled |= _among(self.seeds[:, 1], self.right.n_entities)[columns]
        possible = (plan > _POSSIBLE) & ~settled
        best = mutual(rows, columns, plan) & possible
        counterpart[rows[best]], sure[rows[best]] = columns[best], plan[best]
        counterpart[self.seeds[:, 0]], sure[self.seeds[:, 0]] = self.seeds[:, 1], 1.0
        relations = align_relations(self.left, self.right, counterpart, sure)

        ends = (
            np.concatenate([rows[possible], self.seeds[:, 0]]),
            np.concatenate([columns[possible], self.seeds[:, 1]]),
        )
        probability = np.concatenate([np.minimum(plan[possible], 1), np.ones(len(self.seeds))])
        # By right entity, so that what is looked up of it lies together in memory.
        order = grouped(ends[1], self.right.n_entities)
        ends, probability = (ends[0][order], ends[1][order]), probability[order]
        matched = match_statements(left, right, relations, ends, probability)
        shape = self.left.n_entities, self.right.n_entities
        keys, weights = summed(overlap_evidence(left, right, matched), shape)
        similarity = (
            StatementSimilarity.of(left, right, matched) if self.settings.share_weight else None
        )
        return Overlap(keys, weights, similarity)


def _width(candidates: Candidates) -> int:
    """The most candidates that any entity has."""
    both = candidates.left_to_right, candidates.right_to_left
    return max(int((topk.candidates >= 0).sum(axis=1).max(initial=0)) for topk in both)


def _change(old_keys: IntArray, old: Floats, new_keys: IntArray, new: Floats) -> float:
    """The sum of all changes from one table of probabilities to the next."""
    place, here = find(old_keys, new_keys)
    same = np.minimum(old[place[here]], new[here]).sum()
    return float(old.sum() + new.sum() - 2 * same)


def _among(entities: NDArray[np.integer], n: int) -> BoolArray:
    kept = np.zeros(n, dtype=np.bool_)
    kept[entities] = True
    return kept
