"""Weights under which linked entities are told from others with the highest probability."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from dualamn.kernels.arrays import FloatArray

_PRIOR = 0.01  # how far a few links are believed

Asked = tuple[Sequence[NDArray[np.generic]], FloatArray, NDArray[np.floating] | None]
"""(m, k) values of every feature, (m, k) how many entities each stands for, and what speaks for
them beside these features, as a logarithm; the linked entity of every row comes first."""


def fit_logit(asked: Sequence[Asked], most: float, n_features: int) -> list[float]:
    """The weights of a conditional logit model, from 0 to `most`.

    The probability that x is linked to y of all entities is proportional to the exponential of
    the weighted sum of the pair's features. Features that tell nothing get the weight zero.
    """
    shown = [trial for trial in asked if len(trial[1])]
    if not shown:
        return [0.0] * n_features
    links = sum(len(counts) for _, counts, _ in shown)

    def loss(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = _PRIOR * float(at @ at) / 2, _PRIOR * at
        for features, counts, beside in shown:
            logits = at[0] * features[0]
            for weight, values in zip(at[1:], features[1:], strict=True):
                logits = logits + weight * values
            if beside is not None:
                logits = logits + beside
            top = logits.max(axis=1, keepdims=True)
            chance = counts * np.exp(logits - top)
            mass = chance.sum(axis=1, keepdims=True)
            chance /= mass
            total += float((np.log(mass) + top - logits[:, :1]).sum())
            for number, values in enumerate(features):
                slope[number] += float((chance * values).sum() - values[:, 0].sum())
        return total / links, slope / links

    bounds = [(0.0, most)] * n_features
    fitted = minimize(loss, np.zeros(n_features), jac=True, method="L-BFGS-B", bounds=bounds)
    return [float(value) for value in fitted.x]
