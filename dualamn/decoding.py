"""From embeddings to ranked candidates: search, then evidence where the settings ask for it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dualamn.attributes import Attributes, NameSimilarity, ValueSimilarity
from dualamn.attributes.candidates import look_up_names, search_with_names, with_values
from dualamn.config import AlignerConfig
from dualamn.errors import ConfigError
from dualamn.evidence import Evidence, Judgement
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, EmbeddingArray, Floats, Int32Array, IntArray
from dualamn.kernels.memory import return_freed_memory
from dualamn.matching.pairs import (
    PairScores,
    PairTable,
    ScoredCandidates,
    candidate_pairs,
    rescored,
    without_pairs,
)
from dualamn.progress import ProgressCallback, silent
from dualamn.result import CandidateProtocol, Candidates, EarlierLinks
from dualamn.search import candidate_sets, pair_cosines, search_candidates
from dualamn.search.candidate_search import explores, way_to_search

_LEAST_EVIDENCE = 0.01  # temperatures: less than that changes odds by less than one in a hundred
_LEAST_WEIGHT = 1.0  # match weight of names and values that is a reason for a link
_OTHER_TYPES = -3.0  # match weight of types below which a name alone is no reason for a link
_RULED_OUT = -100.0  # the match weight of a pair that is not to be linked


class Decoder:
    """Finds candidates between the graphs of a task, and the pairs that are sure among them.

    Args:
        task: graphs and seed links.
        config: the settings.
        attributes: the match weights of names and attribute values; neither takes part if None.
    """

    def __init__(
        self,
        task: AlignmentTask,
        config: AlignerConfig,
        attributes: Attributes | None = None,
    ) -> None:
        self.task = task
        self.config = config
        self.attributes = attributes or Attributes()
        self._evidence: dict[tuple[int, int], Evidence] = {}
        self.structure_weight = 1.0
        """How far scores by structure are believed beside match weights, above 0 and at most 1."""

    def find(
        self,
        embeddings: EmbeddingArray,
        left: int,
        right: int,
        protocol: CandidateProtocol,
        progress: ProgressCallback = silent,
        *,
        earlier: EarlierLinks | None = None,
    ) -> ScoredCandidates:
        """The ranked candidates between two graphs, given by position in the task.

        Evidence begins with `earlier` links, if given, which are candidates too.
        """
        started = time.perf_counter()
        near = self._search(embeddings, left, right, protocol, progress)
        searched = time.perf_counter()
        offsets = self.task.entity_offsets[[left, right]].astype(np.int64)
        if self.config.evidence_rounds:
            judged = self._judge(near, left, right, embeddings, earlier)
            if protocol != "test_only" and self.attributes.has_weight:
                judged = replace(judged, scores=self._competing(judged))
            candidates, pairs, final = judged.candidates, judged.table, judged.scores
        else:
            candidates, pairs, final = near, PairTable.of(near, offsets), None
        spent = time.perf_counter() - searched
        return ScoredCandidates(
            candidates, pairs, offsets, searched - started, spent, near.recall, final
        )

    def scores_of(self, embeddings: EmbeddingArray, left: int, right: int) -> PairScores:
        """Scores, less the evidence, of any pairs of two graphs, by each graph's own numbers."""
        offsets = self.task.entity_offsets[[left, right]].astype(np.int64)
        scores = self._pair_scores(offsets, embeddings)
        assert scores is not None
        return scores

    def has_reason(
        self, links: Int32Array, found: ScoredCandidates, begun: BoolArray | None = None
    ) -> BoolArray:
        """(m,) whether there is more for a link than that its embeddings are near.

        Some entity is always the nearest, also where the counterpart is missing or nothing is
        known. Common statements are a reason, and so is a name or a value unless types make the
        pair improbable; where evidence takes no part, a cosine above 0 has to do. On DBP15K one to
        five in a hundred links without a reason are correct, by the preset.

        Args:
            links: (m, 2) joint ids, each among the candidates.
            found: the candidates.
            begun: (m,) which are pseudo-seeds: names or values found them; none if None.
        """
        if not self.config.evidence_rounds:
            return np.asarray(found.search_scores(links) > 0)
        return self._has_reason(links, found.evidence(links), begun)

    def ruled_out(self, links: Int32Array) -> BoolArray:
        """(m,) links that the setting `same_type` forbids."""
        types = self.attributes.types
        if types is None or not self.config.same_type:
            return np.zeros(len(links), dtype=np.bool_)
        return types.conflict(*links.T.astype(np.int64))

    def _has_reason(
        self, links: Int32Array, evidence: Floats, begun: BoolArray | None = None
    ) -> BoolArray:
        ends = links.T.astype(np.int64)
        weight = self.attributes.match_weight(*ends, names=1.0, values=1.0, types=0.0)
        described = np.asarray(weight > _LEAST_WEIGHT)
        if begun is not None:
            described = described | begun
        described = described & ~self._of_other_types(*ends)
        return (evidence > _LEAST_EVIDENCE * self.config.temperature) | described

    def _competing(self, judged: Judgement) -> Floats:
        """(p,) the scores of all pairs; a cosine alone is none beside names or values.

        No link is made for it, so it must not take the place of one that there is a reason for.
        """
        scores, least = judged.scores.copy(), _LEAST_EVIDENCE * self.config.temperature
        table = judged.table
        alone = np.flatnonzero(scores - table.scores <= least)
        ends = table.rows[alone] + judged.offsets[0], table.columns[alone] + judged.offsets[1]
        weight = self.attributes.match_weight(*ends, names=1.0, values=1.0, types=0.0)
        alone = alone[np.asarray(weight <= _LEAST_WEIGHT)]
        scores[alone] = np.minimum(scores[alone], 0)
        return scores

    def _of_other_types(self, left: IntArray, right: IntArray) -> BoolArray:
        """(p,) pairs of joint ids whose types make it improbable that they are the same."""
        if not self.attributes.types_have_weight:
            return np.zeros(len(left), dtype=np.bool_)
        return np.asarray(self._type_weight(left, right) < _OTHER_TYPES)

    def sure_links(
        self, embeddings: EmbeddingArray | None, progress: ProgressCallback = silent
    ) -> Int32Array:
        """(m, 2) pairs of any two graphs that are each other's choice and probable enough.

        They are looked for among the entities that `config.bootstrap_candidates` names. Without
        embeddings they are what evidence alone finds, from the seed links on.
        """
        links = [np.empty((0, 2), dtype=np.int32)]
        for left, right in self.task.kg_pairs:
            near = self._search(embeddings, left, right, self.config.bootstrap_candidates, progress)
            judged = self._judge(near, left, right, embeddings)
            sure = judged.probability >= self.config.bootstrap_probability
            if self.config.evidence_rounds:
                sure[sure] = self._has_reason(judged.links[sure], judged.evidence[sure])
            links.append(judged.links[sure])
        return_freed_memory()
        return np.concatenate(links)

    def by_evidence(self, left: int, right: int) -> Judgement:
        """What evidence alone says of all pairs of two graphs, without embeddings or attributes."""
        pools = candidate_sets(self.task, left, right, self.config.bootstrap_candidates)
        return self._judge(Candidates.none(*pools), left, right, None)

    def forget(self) -> None:
        """Lets go of what evidence has prepared; it is made anew where it is needed."""
        self._evidence.clear()

    def _search(
        self,
        embeddings: EmbeddingArray | None,
        left: int,
        right: int,
        protocol: CandidateProtocol,
        progress: ProgressCallback,
    ) -> Candidates:
        return_freed_memory()  # such as making the embeddings has left
        found = self._search_vectors(embeddings, left, right, protocol, progress)
        return_freed_memory()
        values = self._telling_values
        offsets = self.task.entity_offsets[[left, right]].astype(np.int64)
        if values is not None:
            valued = with_values(
                found,
                values,
                self._attribute_scale,
                offsets,
                self.config.candidates,
                self._pair_scores(offsets, embeddings, values=False),
            )
            found = replace(valued, recall=found.recall)
        rejected = self.task.links_between(self.task.not_links, left, right)
        return self._typed(without_pairs(found, rejected))

    def _typed(self, found: Candidates) -> Candidates:
        """The candidates with the match weights of types in their scores."""
        if not self.attributes.types_have_weight:
            return found
        pairs = candidate_pairs(found)
        weight = self._attribute_scale * self._type_weight(pairs.rows, pairs.columns)
        return replace(rescored(found, pairs, pairs.scores + weight), recall=found.recall)

    def _type_weight(self, left: IntArray, right: IntArray) -> Floats:
        """(p,) match weights of types of joint ids; with `same_type` types that are known not to
        match rule a pair out."""
        types = self.attributes.types
        assert types is not None
        weight = types.match_weight(left, right)
        if self.config.same_type:
            weight[types.conflict(left, right)] = _RULED_OUT
        return weight

    def _search_vectors(
        self,
        embeddings: EmbeddingArray | None,
        left: int,
        right: int,
        protocol: CandidateProtocol,
        progress: ProgressCallback,
    ) -> Candidates:
        """Who is near by structure and name."""
        config, names = self.config, self._telling_names
        pools = candidate_sets(self.task, left, right, protocol)
        if embeddings is None or not embeddings.shape[1]:
            if names is None:
                return Candidates.none(*pools)
            embeddings = np.empty((self.task.n_entities, 0), dtype=np.float32)
        width = embeddings.shape[1] or (0 if names is None else names.width)
        rows = [len(pool) for pool in pools]
        if names is not None:
            rows = [int(names.owners.counts(pool.astype(np.int64)).sum()) for pool in pools]
        products = rows[0] * rows[1] * width
        seeds = len(self.task.links_between(self.task.seed_links, left, right)) > 0
        way = way_to_search(products, config, seeds=seeds, names=names is not None)
        if way == "evidence":
            return Candidates.none(*pools)
        found = None
        if names is None or (way == "names" and embeddings.shape[1] and not explores(config)):
            found = search_candidates(
                embeddings,
                *pools,
                config.candidates,
                recall=1.0 if way == "exact" else config.search_recall,
                seed=config.seed,
                progress=progress,
            )
            if names is None:
                return found
        named = embeddings, names, self._attribute_scale, *pools, config.candidates
        if way == "names":
            return look_up_names(*named, beside=found, progress=progress)
        return search_with_names(*named, progress=progress)

    @property
    def _telling_values(self) -> ValueSimilarity | None:
        """The values, where they have match weights."""
        return self.attributes.values if self.attributes.values_have_weight else None

    @property
    def _telling_names(self) -> NameSimilarity | None:
        """The names, where they have match weights."""
        return self.attributes.names if self.attributes.names_have_weight else None

    @property
    def _attribute_scale(self) -> float:
        """What match weights of names, values and types are multiplied with beside cosines."""
        return self.config.temperature / self.structure_weight

    def _judge(
        self,
        candidates: Candidates,
        left: int,
        right: int,
        embeddings: EmbeddingArray | None,
        earlier: EarlierLinks | None = None,
    ) -> Judgement:
        if (left, right) not in self._evidence:
            self._evidence[left, right] = Evidence(self.task, left, right, self.config)
        evidence = self._evidence[left, right]
        others = self._pair_scores(evidence.offsets, embeddings)
        own = self._own_weights(evidence.offsets)
        if earlier is not None:
            earlier = EarlierLinks(
                self.task.links_between(earlier.links, left, right),
                earlier.probabilities[self.task.are_between(earlier.links, left, right)],
            )
        return evidence.judge(candidates, others, own, earlier)

    def _own_weights(self, offsets: IntArray) -> PairScores | None:
        """The match weights of names and values of pairs; None where they have none."""
        if not self.attributes.has_weight:
            return None

        def weights(x: IntArray, y: IntArray) -> NDArray[np.floating]:
            pair = x + offsets[0], y + offsets[1]
            return np.asarray(self.attributes.match_weight(*pair, names=1.0, values=1.0))

        return weights

    def _pair_scores(
        self, offsets: IntArray, embeddings: EmbeddingArray | None, *, values: bool = True
    ) -> PairScores | None:
        """The scores, less the evidence, of pairs that were not searched for.

        With `values` false, less the match weights of values as well.
        """
        attributes = self.attributes
        if embeddings is None and not (
            attributes.has_weight or attributes.types_have_weight
            if values
            else attributes.names_have_weight
        ):
            return None
        scale = self._attribute_scale if values else 0.0

        def scores(x: IntArray, y: IntArray) -> NDArray[np.floating]:
            left, right = x + offsets[0], y + offsets[1]
            near = 0.0 if embeddings is None else pair_cosines(embeddings, left, right)
            weight = attributes.match_weight(
                left, right, names=self._attribute_scale, values=scale, types=0.0
            )
            if values and attributes.types_have_weight:
                weight = weight + scale * self._type_weight(left, right)
            return np.asarray(near + weight)

        return scores


def chosen_pairs(
    task: AlignmentTask, names: Sequence[tuple[str, str]]
) -> tuple[tuple[int, int], ...]:
    """Positions of pairs of graphs that are given by name, each pair once, the earlier graph first.

    Raises:
        ConfigError: no graph of such a name, or a pair of one graph.
    """
    known = task.kg_names
    chosen: dict[tuple[int, int], None] = {}
    for pair in names:
        for name in pair:
            if name not in known:
                raise ConfigError(
                    f"there is no knowledge graph {name!r}, the task has {', '.join(known)}"
                )
        left, right = sorted(known.index(name) for name in pair)
        if left == right:
            raise ConfigError(f"a pair needs two different graphs, got {pair[0]!r} twice")
        chosen[left, right] = None
    return tuple(chosen)
