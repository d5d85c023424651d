"""Joint decoding: links give evidence for each other, round after round."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dualamn.config import AlignerConfig
from dualamn.evidence.overlap import Back, match_statements, overlap_evidence, summed
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
    keys_of,
    pair_keys,
)
from dualamn.matching.pairs import PairScores, PairTable, mutual
from dualamn.matching.sinkhorn import sinkhorn
from dualamn.result import Candidates, EarlierLinks

POSSIBLE = 0.05
"""The probability from which a pair counts as evidence for others."""

MUTE = 0.5
"""Share of its probability with which a private pair speaks of which names and values say nothing.

That both entities have such a neighbour at all does say something: without it up to a point is lost
on the sparse SRPRS. Held-out links of it left .2 to 1 open; .5 was taken as .2 lost half a point on
its test side too, which was looked at."""

_MOST_WEIGHT = 100.0  # of names and values: as an exponent it is still a number
_SETTLED = 1e-3  # mean change of a query's probabilities at which the rounds end

Searched = tuple[Int32Array, Int32Array]
"""Joint ids, ascending, of the left and the right entities that may be paired."""

Overlap = tuple[IntArray, Floats, StatementSimilarity | None]
"""(p,) keys, ascending, of all pairs that have any evidence in common; (p,) the sums of its match
weights; and what compares pairs by all their statements, None where that has no weight."""


class Messages(NamedTuple):
    """What pairs of entities say to the entities that they are known by.

    Attributes:
        back: (p,) how probable each pair is without what came from there.
        is_private: (p,) which pairs have an entity that is known by a single other one.
        known_by: (n,) and (n',) that other one, see `Statements.known_by`.
    """

    back: Floats
    is_private: BoolArray
    known_by: tuple[IntArray, IntArray]


@dataclass(frozen=True, eq=False)
class Judgement:
    """What the last round says of every candidate pair.

    Attributes:
        table, scores: the pairs, and (p,) their last scores, evidence included.
        searched: whose entities were paired.
        offsets: joint id of the first entity of either graph.
        most: how many candidates an entity has at most.
        links: (m, 2) int32 joint ids of pairs that are each other's most probable counterpart.
        probability: (m,) float32 of each of these links.
        evidence: (m,) what evidence adds to the score of each.
    """

    table: PairTable
    scores: Floats
    searched: Searched
    offsets: IntArray
    most: int
    links: Int32Array
    probability: FloatArray
    evidence: Floats

    @cached_property
    def candidates(self) -> Candidates:
        """The pairs as candidates of both directions, best first."""
        return self.table.ranked(self.scores, self.searched, self.offsets, self.most)


class Evidence:
    """Symbolic evidence between two graphs of a task, from their triples and seed links.

    Pairs are the candidates of a search, and those that evidence finds itself: all that share a
    statement about neighbours who may be the same. There are about linearly many of these in the
    triples, so that large graphs can do without a search.

    In every round the present probabilities say which relations stand for each other
    (`align_relations`), then what any two candidates have in common. With s(x, y) the score of the
    search, E(x, y) the sum of their match weights (`overlap_evidence`), L(x, y) the similarity of
    their statements (`StatementSimilarity`), a and b the two weights and T the temperature, the
    next probabilities are the Sinkhorn normalisation of

        (s(x, y) + a E(x, y) + b L(x, y)) / T

    E is about what few entities have in common, and favours entities of which much is known; L
    about common statements as well, and those that only one of the two has. Pairs that only
    evidence found are kept if s + a E makes them one of the best few of either entity. Seed
    links count as certain throughout, and a rejected pair is never one of the pairs. The
    combination of embeddings with probabilistic reasoning follows NeuSymEA (Chen et al., NeurIPS
    2025).

    Args:
        task: gives triples and seed links.
        left, right: positions of the two graphs.
        config: its `EvidenceSettings`, and the temperature and rounds of Sinkhorn's normalisation.
    """

    def __init__(self, task: AlignmentTask, left: int, right: int, config: AlignerConfig) -> None:
        self.config = config
        self.left = Statements.of(task.kgs[left])
        self.right = Statements.of(task.kgs[right])
        self.offsets = task.entity_offsets[[left, right]].astype(np.int64)
        self.seeds = task.links_between(task.seed_links, left, right) - self.offsets
        rejected = task.links_between(task.not_links, left, right) - self.offsets
        self.rejected = np.sort(pair_keys(rejected))

    def judge(
        self,
        candidates: Candidates,
        others: PairScores | None = None,
        own: PairScores | None = None,
        earlier: EarlierLinks | None = None,
    ) -> Judgement:
        """Adds evidence to the scores of pairs, round after round until probabilities settle.

        Args:
            candidates: from the search, and whose entities may be paired: those searched for.
            others: gives the scores of other pairs that evidence is found for, see the setting
                `evidence_explored`; 0 if None, as where there are no embeddings yet.
            own: gives the match weights of names and values of pairs; 0 if None.
            earlier: links between the two graphs as they were before, whose probabilities are
                believed in the first round; they are candidates as well.
        """
        searched = candidates.left_to_right.queries, candidates.right_to_left.queries
        left, right = (
            graph.restricted(_among(entities - offset, graph.n_entities))
            for graph, entities, offset in zip(
                (self.left, self.right), searched, self.offsets, strict=True
            )
        )
        known = table = PairTable.of(candidates, self.offsets)
        if earlier is not None:
            known = table = self._with_earlier(known, earlier, searched, others)
        scores = known.scores
        plan = self._transport_plan(table, scores)
        if earlier is not None:
            plan = self._believing(earlier, table, plan)
        for _ in range(self.config.evidence_rounds):
            overlap = self._overlap(table, plan, own, left, right)
            before = table.keys, plan
            del table, scores  # a third of what a round holds
            known, table, scores = self._scored(known, overlap, others)
            del overlap
            plan = self._transport_plan(table, scores)
            if _change(*before, table.keys, plan) <= _SETTLED * max(len(searched[0]), 1):
                break
        best = mutual(table.rows, table.columns, plan) & (plan > 0)
        links = np.stack([table.rows[best], table.columns[best]], axis=1) + self.offsets
        return Judgement(
            table,
            scores,
            searched,
            self.offsets,
            max(_width(candidates), self.config.evidence_explored),
            links.astype(np.int32),
            plan[best].astype(np.float32),
            scores[best] - table.scores[best],
        )

    def _with_earlier(
        self,
        known: PairTable,
        earlier: EarlierLinks,
        searched: Searched,
        others: PairScores | None,
    ) -> PairTable:
        """The pairs of a search and those of earlier links, of entities that are searched for."""
        asked = np.isin(earlier.links[:, 0], searched[0]) & np.isin(
            earlier.links[:, 1], searched[1]
        )
        keys = np.unique(pair_keys(earlier.links[asked] - self.offsets))
        wider = known.extended(keys, others)
        given = wider.given.copy()
        given[find(wider.keys, keys)[0]] = True
        return replace(wider, given=given)

    def _believing(self, earlier: EarlierLinks, table: PairTable, plan: Floats) -> Floats:
        """(p,) the probabilities of pairs where those of earlier links are believed.

        What these leave is shared out among the other pairs of their entities.
        """
        ends = (earlier.links - self.offsets).T.astype(np.int64)
        p = np.clip(earlier.probabilities.astype(np.float64), 0, 1)
        place, here = find(table.keys, keys_of(*ends))
        rest = np.ones(self.left.n_entities), np.ones(self.right.n_entities)
        for left, own in zip(rest, ends, strict=True):
            np.minimum.at(left, own[here], 1 - p[here])
        believed = plan * np.minimum(rest[0][table.rows], rest[1][table.columns])
        believed[place[here]] = p[here]
        return believed

    def _scored(
        self, known: PairTable, overlap: Overlap, others: PairScores | None
    ) -> tuple[PairTable, PairTable, Floats]:
        """All pairs known by now, and those of the next round with their scores."""
        keys, weights, similarity = overlap
        most = self.config.evidence_explored
        if most:
            known = known.extended(keys, others)
        place, here = find(known.keys, keys)
        evidence = np.zeros(len(known))
        evidence[place[here]] = weights[here]
        scores = known.scores + evidence * self.config.evidence_weight
        kept = known.given | known.best_of_either(scores, (evidence > 0) & ~known.given, most)
        table, scores = known.chosen(kept), scores[kept]
        if similarity is not None:
            scores += similarity.between(table) * self.config.evidence_share_weight
        # A copy is without rows and columns, which take as much as all else.
        return replace(known), table, scores

    def _transport_plan(self, table: PairTable, scores: Floats) -> Floats:
        """(p,) the probability of every pair."""
        return sinkhorn(
            table.rows,
            table.columns,
            scores / self.config.temperature,
            (self.left.n_entities, self.right.n_entities),
            rounds=self.config.sinkhorn_rounds,
            tolerance=_SETTLED,
        )

    def _overlap(
        self,
        table: PairTable,
        plan: Floats,
        own: PairScores | None,
        left: Statements,
        right: Statements,
    ) -> Overlap:
        """What entities have in common if the pairs of a table are as probable as planned."""
        n_left, n_right = self.left.n_entities, self.right.n_entities
        counterpart, sure = np.full(n_left, -1, dtype=np.int64), np.zeros(n_left)
        rows, columns = table.rows, table.columns
        seeds, seed_counterparts = self.seeds.T
        # An entity with a seed link has no other counterpart, whoever else is searched for.
        settled = _among(seeds, n_left)[rows] | _among(seed_counterparts, n_right)[columns]
        possible = (plan > POSSIBLE) & ~settled
        best = (mutual(rows, columns, plan) & possible)[possible]
        rows, columns = rows[possible], columns[possible]
        probability = np.minimum(plan[possible], 1)
        messages = self._messages(rows, columns, probability, own)
        counterpart[rows[best]] = columns[best]
        sure[rows[best]] = np.where(
            messages.is_private, np.maximum(messages.back, MUTE * probability), probability
        )[best]
        counterpart[seeds], sure[seeds] = seed_counterparts, 1.0
        relations = align_relations(self.left, self.right, counterpart, sure)

        ends = np.concatenate([rows, seeds]), np.concatenate([columns, seed_counterparts])
        ones = np.ones(len(seeds))
        probability, alone = (np.append(p, ones) for p in (probability, messages.back))
        # By right entity, so that what is looked up of it lies together in memory.
        order = grouped(ends[1], n_right)
        matched = match_statements(
            left,
            right,
            relations,
            (ends[0][order], ends[1][order]),
            probability[order],
            Back(
                left.only_for(messages.known_by[0]),
                right.only_for(messages.known_by[1]),
                alone[order],
            ),
        )
        keys, weights = summed(overlap_evidence(left, right, matched), (n_left, n_right))
        if len(self.rejected):
            possible = ~find(self.rejected, keys)[1]
            keys, weights = keys[possible], weights[possible]
        by_share = self.config.evidence_share_weight
        similarity = StatementSimilarity.of(left, right, matched) if by_share else None
        return keys, weights, similarity

    def _messages(
        self, rows: IntArray, columns: IntArray, probability: Floats, own: PairScores | None
    ) -> Messages:
        """What pairs say to those that they are known by.

        A private entity would tell its neighbour what it has from it. In belief propagation a
        message leaves out what came from whom it goes to (Pearl, "Probabilistic reasoning in
        intelligent systems", 1988); what is left here is what names and values say, and a small
        share of the probability where they say nothing.
        """
        weight: Floats = np.zeros(len(rows))
        if own is not None:
            weight = weight + own(rows, columns)
        back, is_private = probability, np.zeros(len(rows), dtype=np.bool_)
        known_by = []
        for graph, other, ends, seeds in zip(
            (self.left, self.right),
            (self.right, self.left),
            (rows, columns),
            self.seeds.T,
            strict=True,
        ):
            alone = by_itself(weight, other.n_entities)
            speaking = np.append(ends[alone > POSSIBLE], seeds)
            known_by.append(graph.known_by(~_among(speaking, graph.n_entities)))
            private = known_by[-1][ends] >= 0
            said = np.where(weight == 0, np.maximum(alone, MUTE * probability), alone)
            back = np.where(private, np.minimum(back, said), back)
            is_private |= private
        return Messages(back, is_private, (known_by[0], known_by[1]))


def by_itself(weight: Floats, n: int) -> Floats:
    """(p,) how probable pairs are by names and values, each beside n others:

        1 / (1 + n exp(-w))

    w being their (p,) match weights.
    """
    probability: Floats = 1 / (1 + n * np.exp(-np.minimum(weight, _MOST_WEIGHT)))
    return probability


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
