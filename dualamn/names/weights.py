"""What a similarity of names is worth, fitted to linked entities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualamn.arrays import BoolArray, FloatArray
from dualamn.names.logit import fit_logit

_MOST = 100.0  # no similarity is worth more than that, as a logarithm

Trial = tuple[FloatArray, BoolArray, FloatArray]
"""(m, k) similarities, (m, k) same names, (m, k) how many entities each stands for; the linked
entity of every row comes first."""


@dataclass(frozen=True)
class Weights:
    """By what factor a similarity makes a pair more probable, as logarithms.

    Attributes:
        similarity: for a similarity of one.
        same: for names of the same words, beside that.
    """

    similarity: float
    same: float

    @classmethod
    def none(cls) -> Weights:
        """Names are worth nothing."""
        return cls(0.0, 0.0)

    def __bool__(self) -> bool:
        return self.similarity > 0 or self.same > 0

    def worth(self, similarity: FloatArray, same: BoolArray) -> NDArray[np.float64]:
        """(p,) the logarithm of the factor for pairs."""
        total: NDArray[np.float64] = self.similarity * similarity.astype(np.float64)
        total += self.same * same
        return total


def fit_weights(trials: Sequence[Trial]) -> Weights:
    """The weights under which linked entities are told from others with the highest probability.

    A conditional logit model: the probability that x is linked to y of all entities is
    proportional to exp(a similarity(x, y) + b same(x, y)). Names that tell nothing get the
    weight zero; no weight is below that.
    """
    asked = [((similarity, same), counts, None) for similarity, same, counts in trials]
    return Weights(*fit_logit(asked, _MOST, 2))
