"""From numbers about a link to the probability that it is correct."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from dualamn.attributes import Attributes
from dualamn.eval.reliability import ReliabilityBin, error_of, reliability_table
from dualamn.kernels.arrays import BoolArray, FloatArray, Floats, Int32Array, pair_keys
from dualamn.kernels.logistic import fit_logistic, log_odds_of, logistic, predict
from dualamn.probability.dangling import CounterpartChance
from dualamn.probability.link_features import FEATURES
from dualamn.result import AlignedLinks

Method = Literal["held-out", "prior", "agreement"]
"""Where probabilities come from.

- `held-out`: links of a second model, labelled by seed links that it did not see;
- `agreement`: without seed links, those of a second model that does not see the names of some
  entities, labelled by the counterparts that these names alone find;
- `prior`: what held for other data, where there are too few of either to hold any out.
"""

FOLDS = 5
"""Parts that labelled links are cut into, each predicted from the others."""

# What held-out links of DBP15K, SRPRS and ContEA had in common, each learned from alone: the
# Sinkhorn probability is near the truth by itself, and too low for entities with many triples.
PRIOR: Floats = np.array([0.1, 2.2, -0.1, 0.15, -0.2, 0.1, 0.8, 0.0])
"""Coefficients expected beforehand, the intercept first."""

DOUBT: Floats = np.array([4.0, 8.0, 5.0, 5.0, 5.0, 5.0, 5.0, 1e4])
"""How firmly: the inverse of how far they varied between data sets, squared.

No labelled link is a pseudo-seed, so nothing is learned of the weight of that."""

_WORTH_A_NOTE = 0.9  # share of entities with a counterpart, below which to say so
_DOUBT_OF_PAIR = 20.0  # how firmly a pair of graphs is expected to be like the others


@dataclass(frozen=True, eq=False)
class LabelledLinks:
    """Links of the second model that held-out links say something about.

    Attributes:
        features: (j, f) float32, see `link_features.FEATURES`.
        is_correct: (j,) bool.
        weights: (j,) float64: 1 for a correct link, and for an incorrect one half for each of its
            ends that has another counterpart among the held-out links.
        n_held_out: how many links were held out.
    """

    features: FloatArray
    is_correct: BoolArray
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
        probabilities: (j,) float64 of the second model's labelled links, each predicted without
            the fifth of the links that it belongs to.
        is_correct: (j,) bool, whether these links are correct.
        weights: (j,) float64, how much each counts, see `LabelledLinks`.
        counterpart_chance: that an entity which names did not find has a counterpart; None where
            links were labelled by seed links, or nothing is known of it. The other numbers here
            are about entities that have one, and about structure alone.
    """

    left: str
    right: str
    method: Method
    n_held_out: int
    coefficients: Floats
    covariance: Floats
    probabilities: Floats
    is_correct: BoolArray
    weights: Floats
    counterpart_chance: CounterpartChance | None = None

    @property
    def name(self) -> str:
        """The names of the two graphs as "left-right"."""
        return f"{self.left}-{self.right}"

    @property
    def n_labelled(self) -> int:
        """How many links of the second model could be labelled."""
        return len(self.is_correct)

    @property
    def precision(self) -> float | None:
        """The share of its labelled links that is correct, by weight; None if there are none."""
        total = float(self.weights.sum())
        return float(self.weights[self.is_correct].sum()) / total if total else None

    @cached_property
    def reliability(self) -> tuple[ReliabilityBin, ...]:
        """Probabilities of the labelled links beside the share that is correct."""
        return reliability_table(self.probabilities, self.is_correct, self.weights)

    @property
    def calibration_error(self) -> float | None:
        """The expected calibration error of the labelled links; None if there are none."""
        return error_of(self.reliability)

    def predict(self, features: FloatArray) -> FloatArray:
        """(m,) float32 probability of every row of features."""
        odds = log_odds_of(features.astype(np.float64), self.coefficients)
        found_by_structure = logistic(odds)
        return self.with_names(features, odds)(found_by_structure).astype(np.float32)

    def with_names(self, features: FloatArray, odds: Floats) -> Callable[[Floats], Floats]:
        """What names say of links beside structure.

        A pair that names found is incorrect only if they found it by chance and structure, which
        agrees with them, is wrong as well; the two are taken to be independent. Any other is
        correct only if its entities have counterparts at all.

        Args:
            features: (m, f) of the links.
            odds: (m,) their log odds to be correct by structure where all have a counterpart.

        Returns:
            Gives the (m,) chances to be correct, of those where all have a counterpart.
        """
        sure = features[:, FEATURES.index("pseudo_seed")].astype(np.float64)
        chance = 1.0 if self.counterpart_chance is None else self.counterpart_chance.predict(odds)
        matched = np.where(sure > 0, 1.0, chance)
        return lambda p: 1 - (1 - p * matched) * (1 - sure)


@dataclass(frozen=True, eq=False)
class Calibration:
    """How the links of an alignment got their probabilities.

    Attributes:
        pairs: one entry for every pair of graphs, in the order of the alignment's.
        seconds: wall-clock seconds that the second model took, with its links.
    """

    pairs: tuple[PairCalibration, ...]
    seconds: float = 0.0

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
            chance = pair.counterpart_chance
            if chance is not None and chance.share < _WORTH_A_NOTE:
                notes.append(
                    f"{pair.name}: estimated share of entities with a counterpart, beyond those "
                    f"that names found: {chance.share:.0%} ± {chance.deviation:.0%}"
                )
            if pair.n_labelled < 100:
                notes.append(
                    f"{pair.name}: only {pair.n_labelled:,} links could be labelled by what was "
                    "held out, so probabilities are rough"
                )
        return tuple(notes)


@dataclass(frozen=True, eq=False, repr=False)
class JudgedLinks(AlignedLinks):
    """Links found between the graphs of a task, and what they were judged by.

    Attributes:
        calibration: how the links got their probabilities; None where they have none.
        attributes: what names and values counted for; None if not known.
    """

    calibration: Calibration | None = None
    attributes: Attributes | None = None


def label_links(
    links: Int32Array, features: FloatArray, held_out: Int32Array, *, many: bool = False
) -> LabelledLinks:
    """Labels the second model's links by held-out ones.

    A link is correct if it is one of them, incorrect if one of its ends has another counterpart
    among them, and left out otherwise. An incorrect link has two ends that can be held out, a
    correct one only itself. So incorrect links count half for every such end, and what is held
    out may be any share of all links.

    Args:
        links: (m, 2) distinct joint ids.
        features: (m, f) of these links.
        held_out: (h, 2) joint ids.
        many: an entity may have several counterparts, so where its held-out link was found, it
            says nothing of other links.
    """
    found = np.isin(pair_keys(held_out), pair_keys(links)) & many
    ends = [np.isin(links[:, side], held_out[~found, side]) for side in (0, 1)]
    correct = np.isin(pair_keys(links), pair_keys(held_out))
    weights = np.where(correct, 1.0, (ends[0].astype(np.float64) + ends[1]) / 2)
    known = weights > 0
    return LabelledLinks(features[known], correct[known], weights[known], len(held_out))


def calibrate(
    names: Sequence[tuple[str, str]],
    labelled: Sequence[LabelledLinks],
    *,
    method: Method = "held-out",
) -> Calibration:
    """Learns the chance to be correct from labelled links, for every pair of graphs.

    A pair of graphs with few labelled links is taken to be like all pairs together, and all
    together, with few, like other data.

    Args:
        names: left and right graph of every pair.
        labelled: the labelled links of every pair.
        method: how they were labelled.
    """
    features, is_correct, weights = (
        np.concatenate([getattr(part, name) for part in labelled])
        for name in ("features", "is_correct", "weights")
    )
    prior, doubt = PRIOR, DOUBT
    if len(labelled) > 1:
        prior = _fit(features, is_correct, weights, prior, doubt)
        doubt = np.maximum(doubt, _DOUBT_OF_PAIR)
    pairs = []
    for (left, right), part in zip(names, labelled, strict=True):
        coefficients = _fit(part.features, part.is_correct, part.weights, prior, doubt)
        pairs.append(
            PairCalibration(
                left,
                right,
                method if len(is_correct) else "prior",
                part.n_held_out,
                coefficients,
                _covariance(part, coefficients, doubt),
                _out_of_fold(part, prior, doubt),
                part.is_correct,
                part.weights,
            )
        )
    return Calibration(tuple(pairs))


def _fit(
    features: FloatArray, is_correct: BoolArray, weights: Floats, prior: Floats, doubt: Floats
) -> Floats:
    return fit_logistic(features.astype(np.float64), is_correct, weights, prior, doubt)


def _covariance(links: LabelledLinks, coefficients: Floats, doubt: Floats) -> Floats:
    """The inverse curvature at the best coefficients (Laplace's approximation)."""
    features = links.features.astype(np.float64)
    p = predict(features, coefficients)
    rows = np.concatenate([np.ones((len(features), 1)), features], axis=1)
    curvature = (rows * (links.weights * p * (1 - p))[:, None]).T @ rows + np.diag(doubt)
    return np.asarray(np.linalg.inv(curvature), dtype=np.float64)


def _out_of_fold(links: LabelledLinks, prior: Floats, doubt: Floats) -> Floats:
    """(j,) the probability of every labelled link, by coefficients that did not see it."""
    features, count = links.features, len(links.is_correct)
    fold = np.random.default_rng(0).permutation(count) % FOLDS
    found = np.empty(count)
    for number in range(FOLDS):
        out, rest = fold == number, fold != number
        coefficients = _fit(
            features[rest], links.is_correct[rest], links.weights[rest], prior, doubt
        )
        found[out] = predict(features[out].astype(np.float64), coefficients)
    return found
