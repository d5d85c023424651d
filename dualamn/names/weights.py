"""What a similarity of names is worth, fitted to linked entities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from dualamn.arrays import BoolArray, FloatArray

_MOST = 100.0  # no similarity is worth more than that, as a logarithm
_PRIOR = 0.01  # of the fit: how far a few links are believed

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
    shown = [trial for trial in trials if len(trial[0])]
    if not shown:
        return Weights.none()
    links = sum(len(similarity) for similarity, _, _ in shown)

    def loss(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = _PRIOR * float(at @ at) / 2, _PRIOR * at
        for similarity, same, counts in shown:
            logits = at[0] * similarity + at[1] * same
            top = logits.max(axis=1, keepdims=True)
            chance = counts * np.exp(logits - top)
            mass = chance.sum(axis=1, keepdims=True)
            chance /= mass
            total += float((np.log(mass) + top - logits[:, :1]).sum())
            for number, values in enumerate((similarity, same)):
                slope[number] += float((chance * values).sum() - values[:, 0].sum())
        return total / links, slope / links

    fitted = minimize(
        loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(0.0, _MOST), (0.0, _MOST)]
    )
    return Weights(*(float(value) for value in fitted.x))
