"""Links as they are held, by pair of graphs, and as users read them, in columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dualamn.kernels.arrays import BoolArray, FloatArray, Int32Array, StringArray
from dualamn.kernels.topk import TopK

if TYPE_CHECKING:
    from dualamn.matching import Matching
    from dualamn.search import Recall


@dataclass(frozen=True, eq=False)
class PairAlignment:
    """The links between two of the graphs.

    Attributes:
        left, right: positions of the two graphs in the task, left < right.
        links: (m, 2) int32 joint ids.
        scores: (m,) float32, higher is surer; only comparable within one run.
        left_to_right, right_to_left: ranked candidates after matching, None where the matcher
            decides on links without ranking.
        probabilities: (m,) float32 from 0 to 1, the chance that each link is right; None where
            the run was not calibrated.
        features: (m, f) float32 that they were read from, see `probability.features`; None where
            the run was not calibrated.
        recall: what an approximate search found; None where it was exact or there was none.
    """

    left: int
    right: int
    links: Int32Array
    scores: FloatArray
    left_to_right: TopK | None
    right_to_left: TopK | None
    probabilities: FloatArray | None = None
    features: FloatArray | None = None
    recall: Recall | None = None

    @classmethod
    def of(
        cls, left: int, right: int, matching: Matching, recall: Recall | None = None
    ) -> PairAlignment:
        """What a matcher made of the candidates between two graphs."""
        return cls(
            left,
            right,
            matching.links,
            matching.scores,
            matching.left_to_right,
            matching.right_to_left,
            recall=recall,
        )

    def kept(self, chosen: BoolArray) -> PairAlignment:
        """The same with only some of the links, given as (m,) bool. Rankings stay."""
        return replace(
            self,
            links=self.links[chosen],
            scores=self.scores[chosen],
            probabilities=None if self.probabilities is None else self.probabilities[chosen],
            features=None if self.features is None else self.features[chosen],
        )


@dataclass(frozen=True, eq=False)
class LinkColumns:
    """All links of an alignment as columns of equal length m.

    Attributes:
        left_source, right_source: (m,) names of the knowledge graphs.
        left, right: (m,) identifiers of the entities.
        score: (m,) float32.
        probability: (m,) float32, the chance that each link is right, NaN for links between
            graphs that were not calibrated; None where none were.
    """

    left_source: StringArray
    left: StringArray
    right_source: StringArray
    right: StringArray
    score: FloatArray
    probability: FloatArray | None = None
