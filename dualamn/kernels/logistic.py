"""Two logistic fits: of which of several is chosen, and of what is so, from a prior on.

Both by L-BFGS (Byrd et al., SIAM J. Sci. Comput. 1995) with gradients by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from dualamn.kernels.arrays import BoolArray, FloatArray, Floats

_PRIOR = 0.01  # how far a few links are believed


class Comparisons(NamedTuple):
    """Linked entities, each beside others that could stand in its place.

    Attributes:
        features: (m, k) numbers or truth values of every feature; the linked entity of every row
            comes first.
        counts: (m, k) float32 how many entities each stands for.
        beside: (m, k) what speaks for them beside these features, as a logarithm; None if nothing.
    """

    features: Sequence[NDArray[np.generic]]
    counts: FloatArray
    beside: NDArray[np.floating] | None = None


def fit_logit(asked: Sequence[Comparisons], most: float, n_features: int) -> list[float]:
    """The weights of a conditional logit model, from 0 to `most`.

    The probability that x is linked to y of all entities is proportional to the exponential of
    the weighted sum of the pair's features. Features that say nothing get the weight zero.
    """
    shown = [one for one in asked if len(one.counts)]
    if not shown:
        return [0.0] * n_features
    links = sum(len(one.counts) for one in shown)

    def loss(at: Floats) -> tuple[float, Floats]:
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


def fit_logistic(
    features: Floats, correct: BoolArray, weights: Floats, prior: Floats, doubt: Floats
) -> Floats:
    """(f + 1,) coefficients of the probability to be correct, the most probable after the data.

    They minimise the weighted log loss plus sum(doubt * (coefficients - prior)^2) / 2: without
    data they are the prior, with much data it hardly counts.

    Args:
        features: (m, f).
        correct: (m,) what is to be predicted.
        weights: (m,) how much each row counts.
        prior: (f + 1,) coefficients expected beforehand, the intercept first.
        doubt: (f + 1,) how firmly, in rows of data.
    """
    if not len(features):
        return prior.copy()
    rows = np.concatenate([np.ones((len(features), 1)), features], axis=1)
    sign = np.where(correct, 1.0, -1.0)

    def loss(coefficients: Floats) -> tuple[float, Floats]:
        margin = sign * (rows @ coefficients)
        away = coefficients - prior
        value = weights @ np.logaddexp(0, -margin) + (doubt * away**2).sum() / 2
        slope = -(rows.T @ (weights * sign * logistic(-margin))) + doubt * away
        return float(value), slope

    found = minimize(loss, prior, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return np.asarray(found.x, dtype=np.float64)


def predict(features: Floats, coefficients: Floats) -> Floats:
    """(m,) the probability of every row to be correct, strictly between 0 and 1."""
    return logistic(log_odds_of(features, coefficients))


def log_odds_of(features: Floats, coefficients: Floats) -> Floats:
    """(m,) the log odds of every row to be correct."""
    odds: Floats = features @ coefficients[1:] + coefficients[0]
    return odds


def logistic(values: Floats) -> Floats:
    """1 / (1 + exp(-x)) without overflow."""
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))))
