"""From numbers about a link to the chance that it is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dualamn.eval.reliability import ReliabilityBin, error_of, reliability_table
from dualamn.kernels.arrays import BoolArray, FloatArray, Int32Array, pair_keys
from dualamn.kernels.logistic import fit_logistic, log_odds_of, logistic, predict
from dualamn.probability.dangling import HavingPartner
from dualamn.probability.link_features import FEATURES

Floats = NDArray[np.float64]

Method = Literal["held-out", "prior", "agreement"]
"""Where probabilities come from.

- `held-out`: links of a second model, judged by seed links that it did not see;
- `agreement`: links of a second model that does not see the names of some entities, judged by
  whom these names alone find for them, where there are no seed links;
- `prior`: what held for other data, where there are too few of either to hold any out.
"""

FOLDS = 5
"""Parts that judged links are cut into, each predicted from the others."""

# What held-out links of DBP15K, SRPRS and ContEA had in common, each learned from alone: the
# Sinkhorn probability is near the truth by itself, and too low for entities with many triples.
PRIOR: Floats = np.array([0.1, 2.2, -0.1, 0.15, -0.2, 0.1, 0.8, 0.0])
"""Coefficients expected beforehand, the intercept first."""

DOUBT: Floats = np.array([4.0, 8.0, 5.0, 5.0, 5.0, 5.0, 5.0, 1e4])
"""How firmly: the inverse of how far they varied between data sets, squared.

No judged link is a pseudo-seed, so nothing is learned of what that is worth."""

_WORTH_A_NOTE = 0.9  # share of entities with a partner, below which probabilities are lower by much
_DOUBT_OF_PAIR = 20.0  # how firmly a pair of graphs is expected to be like the others


@dataclass(frozen=True, eq=False)
class Judged:
    """Links of the second model that held-out links say something about.

    Attributes:
        features: (j, f) float32, see `features.FEATURES`.
        right: (j,) bool.
        weights: (j,) float64: 1 for a right link, and for a wrong one half for each of its ends
            that has another partner among the held-out links.
        n_held_out: how many links were held out.
    """

    features: FloatArray
    right: BoolArray
    weights: Floats
    n_held_out: int


@dataclass(frozen=True, eq=False)
class PairCalibration:
    """How the links between two graphs get their probabilities.

    Attributes:
        left, right: names of the graphs.
        method: where the probabilities come from.
        n_held_out: seed links that were held out.
        coefficients: (f + 1,) of the logistic regression, the intercept first.
        covariance: (f + 1, f + 1) how unsure they are.
        probabilities: (j,) float64 of the second model's judged links, each predicted without
            the fifth of the links that it belongs to.
        is_right: (j,) bool, whether these links are right.
        weights: (j,) float64, how much each counts, see `Judged`.
        having_partner: the chance that an entity which names did not find has a partner at all;
            None where links were judged by seed links, or nothing is known of it. The other numbers
            here are about entities that have one, and about structure alone.
    """

    left: str
    right: str
    method: Method
    n_held_out: int
    coefficients: Floats
    covariance: Floats
    probabilities: Floats
    is_right: BoolArray
    weights: Floats
    having_partner: HavingPartner | None = None

    @property
    def name(self) -> str:
        """The names of the two graphs as "left-right"."""
        return f"{self.left}-{self.right}"

    @property
    def n_judged(self) -> int:
        """How many links of the second model could be judged."""
        return len(self.is_right)

    @property
    def n_found(self) -> int:
        """How many of the held-out links the second model found."""
        return int(self.is_right.sum())

    @property
    def precision(self) -> float | None:
        """The share of its judged links that is right, by weight; None if there are none."""
        total = float(self.weights.sum())
        return float(self.weights[self.is_right].sum()) / total if total else None

    @cached_property
    def reliability(self) -> tuple[ReliabilityBin, ...]:
        """Probabilities of the judged links beside the share that is right."""
        return reliability_table(self.probabilities, self.is_right, self.weights)

    @property
    def error(self) -> float | None:
        """The expected calibration error of the judged links; None if there are none."""
        return error_of(self.reliability)

    def predict(self, features: FloatArray) -> FloatArray:
        """(m,) float32 probability of every row of features."""
        odds = log_odds_of(features.astype(np.float64), self.coefficients)
        found_by_structure = logistic(odds)
        return self.with_names(features, odds)(found_by_structure).astype(np.float32)

    def with_names(self, features: FloatArray, odds: Floats) -> Callable[[Floats], Floats]:
        """What names say of links beside structure.

        A pair that names found is wrong only if they found it by chance and structure is wrong as
        well, which agrees with them; the two are taken to be independent. Any other is right only
        if its entities have partners at all.

        Args:
            features: (m, f) of the links.
            odds: (m,) their log odds to be right by structure where all have a partner.

        Returns:
            Gives the (m,) chances to be right, of those by structure where all have a partner.
        """
        sure = features[:, FEATURES.index("begun_with")].astype(np.float64)
        having = 1.0 if self.having_partner is None else self.having_partner.predict(odds)
        partnered = np.where(sure > 0, 1.0, having)
        return lambda p: 1 - (1 - p * partnered) * (1 - sure)

    def as_dict(self) -> dict[str, Any]:
        """Counts, error and reliability table, for a report."""
        return {
            "method": self.method,
            "held_out": self.n_held_out,
            "found": self.n_found,
            "judged": self.n_judged,
            "precision": self.precision,
            "error": self.error,
            "share_with_partner": self.having_partner and self.having_partner.share,
            "reliability": [row.as_dict() for row in self.reliability],
        }


@dataclass(frozen=True, eq=False)
class Calibration:
    """How the links of an alignment got their probabilities.

    Attributes:
        pairs: one entry for every pair of graphs, in the order of the alignment's.
        seconds: wall-clock seconds that the second model took, with its links.
    """

    pairs: tuple[PairCalibration, ...]
    seconds: float

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the probabilities should know."""
        notes = []
        for pair in self.pairs:
            if pair.method == "prior":
                notes.append(
                    f"{pair.name}: too few seed links or pairs found by name to hold some out, so "
                    "probabilities are what held for other data"
                )
                continue
            if pair.method == "agreement":
                notes.append(
                    f"{pair.name}: no seed links, so probabilities rest on how often structure "
                    "alone finds whom names find, and how often names find pairs by chance"
                )
            having = pair.having_partner
            if having is not None and having.share < _WORTH_A_NOTE:
                notes.append(
                    f"{pair.name}: estimated share of entities with a counterpart, beyond those "
                    f"that names found: {having.share:.0%} ± {having.deviation:.0%}"
                )
            if pair.n_judged < 100:
                notes.append(
                    f"{pair.name}: only {pair.n_judged:,} links could be judged by what was held "
                    "out, so probabilities are rough"
                )
        return tuple(notes)

    def as_dict(self) -> dict[str, Any]:
        """Everything by pair of graphs, for a report."""
        return {
            "seconds": self.seconds,
            "notes": list(self.notes),
            "pairs": {pair.name: pair.as_dict() for pair in self.pairs},
        }


def judge_by(
    links: Int32Array, features: FloatArray, held_out: Int32Array, *, many: bool = False
) -> Judged:
    """Judges the second model's links by held-out ones.

    A link is right if it is one of them, wrong if one of its ends has another partner among
    them, and left out otherwise. A wrong link of two entities with partners has two chances to
    be found out, and a right one only one: that of its one held-out link. So wrong links count
    half for every end that finds them out, and what is held out may be any share of all links.

    Args:
        links: (m, 2) distinct joint ids.
        features: (m, f) of these links.
        held_out: (h, 2) joint ids.
        many: an entity may have several partners, so a link beside the right one of the same entity
            may be right too, and that end says nothing of it.
    """
    found = np.isin(pair_keys(held_out), pair_keys(links)) & many
    ends = [np.isin(links[:, side], held_out[~found, side]) for side in (0, 1)]
    right = np.isin(pair_keys(links), pair_keys(held_out))
    weights = np.where(right, 1.0, (ends[0].astype(np.float64) + ends[1]) / 2)
    known = weights > 0
    return Judged(features[known], right[known], weights[known], len(held_out))


def calibrate(
    names: Sequence[tuple[str, str]],
    judged: Sequence[Judged],
    *,
    method: Method = "held-out",
    seconds: float = 0.0,
) -> Calibration:
    """Learns the chance to be right from judged links, for every pair of graphs.

    A pair of graphs with few judged links is taken to be like all pairs together, and all
    together, with few, like other data.

    Args:
        names: left and right graph of every pair.
        judged: the judged links of every pair.
        method: how they were judged.
        seconds: that it took to get them.
    """
    together = Judged(
        np.concatenate([part.features for part in judged]),
        np.concatenate([part.right for part in judged]),
        np.concatenate([part.weights for part in judged]),
        sum(part.n_held_out for part in judged),
    )
    prior, doubt = PRIOR, DOUBT
    if len(judged) > 1:
        prior = _fit(together, prior, doubt)
        doubt = np.maximum(doubt, _DOUBT_OF_PAIR)
    pairs = []
    for (left, right), part in zip(names, judged, strict=True):
        coefficients = _fit(part, prior, doubt)
        pairs.append(
            PairCalibration(
                left,
                right,
                method if len(together.right) else "prior",
                part.n_held_out,
                coefficients,
                _covariance(part, coefficients, doubt),
                _out_of_fold(part, prior, doubt),
                part.right,
                part.weights,
            )
        )
    return Calibration(tuple(pairs), seconds)


def _fit(judged: Judged, prior: Floats, doubt: Floats) -> Floats:
    features = judged.features.astype(np.float64)
    return fit_logistic(features, judged.right, judged.weights, prior, doubt)


def _covariance(judged: Judged, coefficients: Floats, doubt: Floats) -> Floats:
    """The inverse curvature at the best coefficients (Laplace's approximation)."""
    features = judged.features.astype(np.float64)
    p = predict(features, coefficients)
    rows = np.concatenate([np.ones((len(features), 1)), features], axis=1)
    curvature = (rows * (judged.weights * p * (1 - p))[:, None]).T @ rows + np.diag(doubt)
    return np.asarray(np.linalg.inv(curvature), dtype=np.float64)


def _out_of_fold(judged: Judged, prior: Floats, doubt: Floats) -> Floats:
    """(j,) the probability of every judged link, by coefficients that did not see it."""
    count = len(judged.right)
    fold = np.random.default_rng(0).permutation(count) % FOLDS
    found = np.empty(count)
    for number in range(FOLDS):
        out = fold == number
        rest = Judged(
            judged.features[~out], judged.right[~out], judged.weights[~out], judged.n_held_out
        )
        found[out] = predict(judged.features[out].astype(np.float64), _fit(rest, prior, doubt))
    return found
