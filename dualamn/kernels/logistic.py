"""Logistic regression that starts from what is known beforehand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]


def fit_logistic(
    features: Floats, right: NDArray[np.bool_], weights: Floats, prior: Floats, doubt: Floats
) -> Floats:
    """Coefficients of the chance to be right, the most probable ones after the data.

    They minimise the weighted log loss plus sum(doubt * (coefficients - prior)^2) / 2: without
    data they are the prior, with much data it hardly counts.

    Args:
        features: (m, f).
        right: (m,) what is to be predicted.
        weights: (m,) how much each row counts.
        prior: (f + 1,) coefficients expected beforehand, the intercept first.
        doubt: (f + 1,) how firmly, in rows of data.

    Returns:
        (f + 1,) float64.
    """
    if not len(features):
        return prior.copy()
    rows = _with_intercept(features)
    sign = np.where(right, 1.0, -1.0)

    def loss(coefficients: Floats) -> tuple[float, Floats]:
        margin = sign * (rows @ coefficients)
        away = coefficients - prior
        value = weights @ np.logaddexp(0, -margin) + (doubt * away**2).sum() / 2
        slope = -(rows.T @ (weights * sign * logistic(-margin))) + doubt * away
        return float(value), slope

    found = minimize(loss, prior, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return np.asarray(found.x, dtype=np.float64)


def predict(features: Floats, coefficients: Floats) -> Floats:
    """(m,) the chance of every row to be right, strictly between 0 and 1."""
    return logistic(log_odds_of(features, coefficients))


def log_odds_of(features: Floats, coefficients: Floats) -> Floats:
    """(m,) the log odds of every row to be right."""
    odds: Floats = features @ coefficients[1:] + coefficients[0]
    return odds


def logistic(values: Floats) -> Floats:
    """1 / (1 + exp(-x)) without overflow."""
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))))


def _with_intercept(features: Floats) -> Floats:
    return np.concatenate([np.ones((len(features), 1)), features], axis=1)
