"""Candidates with their scores, as decoding hands them on to matching and calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualamn.kernels.arrays import FloatArray, Int32Array, IntArray
from dualamn.matching.pair_table import PairTable
from dualamn.result import Candidates, Recall


@dataclass(frozen=True, eq=False)
class ScoredCandidates:
    """The candidates between two graphs, and what finding them took.

    Attributes:
        candidates: ranked by cosine, or by cosine and evidence.
        pairs: all pairs that were judged, with their cosines.
        offsets: joint id of the first entity of either graph.
        search_seconds: of the nearest-neighbour search.
        evidence_seconds: of the evidence.
        recall: what the search found where it was approximate.
    """

    candidates: Candidates
    pairs: PairTable
    offsets: IntArray
    search_seconds: float
    evidence_seconds: float
    recall: Recall | None = None

    def cosines(self, links: Int32Array) -> FloatArray:
        """(m,) float32 cosines of links that were among the candidates.

        Raises:
            ValueError: a link that was not.
        """
        left, right = (links.astype(np.int64) - self.offsets).T
        place, here = self.pairs.find(left * self.pairs.width + right)
        if not here.all():
            raise ValueError("every link must be among the candidates")
        return self.pairs.cosines[place].astype(np.float32)
