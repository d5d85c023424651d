"""What a similarity of names is worth, fitted to linked entities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualamn.kernels.arrays import BoolArray, FloatArray
from dualamn.kernels.logit import Asked, fit_logit

_MOST = 100.0  # no similarity is worth more than that, as a logarithm

Trial = tuple[FloatArray, BoolArray, FloatArray, FloatArray | None]
"""(m, k) similarities, (m, k) same names, (m, k) how many entities each stands for, and (m, k)
cosines by an embedding model where there is one; the linked entity of every row comes first."""


@dataclass(frozen=True)
class Weights:
    """By what factor a similarity makes a pair more probable, as logarithms.

    Attributes:
        similarity: for a similarity of one.
        same: for names of the same words, beside that.
        meaning: for a cosine of one by an embedding model, beside both.
    """

    similarity: float
    same: float
    meaning: float = 0.0

    @classmethod
    def none(cls) -> Weights:
        """Names are worth nothing."""
        return cls(0.0, 0.0)

    def __bool__(self) -> bool:
        return self.similarity > 0 or self.same > 0 or self.meaning > 0

    def worth(
        self, similarity: FloatArray, same: BoolArray, meaning: FloatArray | None = None
    ) -> NDArray[np.float64]:
        """(p,) the logarithm of the factor for pairs."""
        total: NDArray[np.float64] = self.similarity * similarity.astype(np.float64)
        total += self.same * same
        if meaning is not None and self.meaning:
            total += self.meaning * meaning
        return total


def fit_weights(trials: Sequence[Trial]) -> Weights:
    """The weights under which linked entities are told from others with the highest probability.

    A conditional logit model: the probability that x is linked to y of all entities is
    proportional to exp(a similarity(x, y) + b same(x, y) + c meaning(x, y)). Names that tell
    nothing get the weight zero; no weight is below that.
    """
    asked: list[Asked] = []
    for similarity, same, counts, meaning in trials:
        features = (similarity, same) if meaning is None else (similarity, same, meaning)
        asked.append((features, counts, None))
    return Weights(*fit_logit(asked, _MOST, max((len(a[0]) for a in asked), default=2)))
