"""From embeddings to ranked candidates: search, then evidence where the settings ask for it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from dualamn.alignment import Protocol
from dualamn.arrays import FloatArray, Int32Array
from dualamn.config import AlignerConfig
from dualamn.evidence import Evidence, EvidenceSettings, Judgement
from dualamn.names import NameSimilarity
from dualamn.names.candidates import search_with_names
from dualamn.progress import ProgressCallback, silent
from dualamn.search import Candidates, candidate_pools, search_candidates
from dualamn.task import AlignmentTask


@dataclass(frozen=True, eq=False)
class Found:
    """The candidates between two graphs, and what finding them took.

    Attributes:
        candidates: ranked by cosine, or by cosine and evidence.
        near: the same, ranked by cosine.
        search_seconds: of the nearest-neighbour search.
        evidence_seconds: of the evidence.
    """

    candidates: Candidates
    near: Candidates
    search_seconds: float
    evidence_seconds: float


class Decoder:
    """Finds candidates between the graphs of a task, and the pairs that are sure among them.

    Args:
        task: graphs and seed links.
        config: the settings.
        names: what the names of entities are worth; None to go by structure alone.
    """

    def __init__(
        self, task: AlignmentTask, config: AlignerConfig, names: NameSimilarity | None = None
    ) -> None:
        self.task = task
        self.config = config
        self.names = names
        self._evidence: dict[tuple[int, int], Evidence] = {}

    def find(
        self,
        embeddings: FloatArray,
        left: int,
        right: int,
        protocol: Protocol,
        progress: ProgressCallback = silent,
    ) -> Found:
        """The ranked candidates between two graphs, given by position in the task."""
        started = time.perf_counter()
        near = self._search(embeddings, left, right, protocol, progress)
        searched = time.perf_counter()
        judged = near
        if self.config.evidence_rounds:
            judged = self._judge(near, left, right).candidates
        return Found(judged, near, searched - started, time.perf_counter() - searched)

    def sure_links(
        self, embeddings: FloatArray, protocol: Protocol, progress: ProgressCallback = silent
    ) -> Int32Array:
        """(m, 2) pairs of any two graphs that are each other's choice and probable enough."""
        links = [np.empty((0, 2), dtype=np.int32)]
        for left, right in self.task.kg_pairs:
            near = self._search(embeddings, left, right, protocol, progress)
            judged = self._judge(near, left, right)
            links.append(judged.links[judged.probability >= self.config.bootstrap_probability])
        return np.concatenate(links)

    def _search(
        self,
        embeddings: FloatArray,
        left: int,
        right: int,
        protocol: Protocol,
        progress: ProgressCallback,
    ) -> Candidates:
        config, names = self.config, self.names
        pools = candidate_pools(self.task, left, right, protocol)
        if names is None or not names.weights:
            return search_candidates(embeddings, *pools, config.candidates, progress=progress)
        return search_with_names(
            embeddings,
            names,
            config.temperature * config.names_weight,
            *pools,
            config.candidates,
            progress=progress,
        )

    def _judge(self, candidates: Candidates, left: int, right: int) -> Judgement:
        if (left, right) not in self._evidence:
            config = self.config
            settings = EvidenceSettings(
                rounds=config.evidence_rounds,
                weight=config.evidence_weight,
                share_weight=config.evidence_share_weight,
                temperature=config.temperature,
                sinkhorn_rounds=config.sinkhorn_rounds,
            )
            self._evidence[left, right] = Evidence(self.task, left, right, settings)
        return self._evidence[left, right].judge(candidates)
