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
from dualamn.kernels.logistic import fit_logistic, predict
from dualamn.probability.dangling import N_DRAWS, CounterpartChance
from dualamn.probability.link_features import FEATURES
from dualamn.result import AlignedLinks

Method = Literal["held-out", "taken-out", "prior"]
"""Where probabilities come from.

- `held-out`: links of second models, labelled by seed links that these did not see, and what their
  links of entities look like whose counterparts were taken out of the graphs;
- `taken-out`: the latter alone, as there are few seed links or none;
- `prior`: what held for other data, as graphs are too small for either.
"""

FOLDS = 5
"""Parts that labelled links are cut into, each predicted from the others."""

# What held-out links of DBP15K, SRPRS and ContEA had in common, each learned from alone: the
# Sinkhorn probability is near the truth by itself, and too low for entities with many triples.
PRIOR: Floats = np.array([0.1, 2.2, -0.1, 0.15, -0.2, 0.1, 0.8, 0.0, 0.0, 0.0, 0.0, 0.0])
"""Coefficients expected beforehand, the intercept first."""

DOUBT: Floats = np.array([4.0, 8.0, 5.0, 5.0, 5.0, 5.0, 5.0, *[1e4] * 5])
"""How firmly: the inverse of how far they varied between data sets, squared.

No held-out link is a pseudo-seed, and what attributes say is in the scores."""

_WORTH_A_NOTE = 0.9  # share of entities with a counterpart, below which to say so
_DOUBT_OF_PAIR = 20.0  # how firmly a pair of graphs is expected to be like the others
JUDGED_DRAWS = 40
"""Draws whose spread is the doubt of a probability, and in small graphs whose mean it is."""


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

    @classmethod
    def joined(cls, parts: Sequence[LabelledLinks]) -> LabelledLinks:
        """Those of several second models."""
        return cls(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.is_correct for part in parts]),
            np.concatenate([part.weights for part in parts]),
            sum(part.n_held_out for part in parts),
        )


@dataclass(frozen=True, eq=False)
class PairCalibration:
    """How the links between two graphs get their probabilities.

    A link is correct if its entities have counterparts, and if it joins them:

        P(correct) = P(has a counterpart) P(it is this one | it has one).

    Where no seed links are held out, the first factor stands for both.

    Attributes:
        left, right: names of the graphs.
        method: where the probabilities come from.
        n_held_out: seed links that were held out.
        coefficients: (f + 1,) of the logistic regression that the second factor is, the intercept
            first; None where it is 1.
        covariance: (f + 1, f + 1) how unsure they are; None where there are no coefficients.
        chance: the first factor, or, without coefficients, both; None where it is 1, as where all
            are known to have a counterpart.
        probabilities: (j,) float64 of the second model's labelled links, each predicted without
            the fifth of the links that it belongs to.
        is_correct: (j,) bool, whether these links are correct.
        weights: (j,) float64, how much each counts. Those of entities without counterpart count
            as much as their share of all entities.
    """

    left: str
    right: str
    method: Method
    n_held_out: int
    coefficients: Floats | None
    covariance: Floats | None
    chance: CounterpartChance | None
    probabilities: Floats
    is_correct: BoolArray
    weights: Floats

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
        """(m,) float32 probability of every row of features, by the most probable parameters.

        Where data say next to nothing of these, the mean over all that are probable, so that no
        link is sure.
        """
        drawn = self.of(features)
        if self.method != "prior":
            return drawn(None).astype(np.float32)
        total = sum((drawn(draw) for draw in range(JUDGED_DRAWS)), np.zeros(len(features)))
        return (total / JUDGED_DRAWS).astype(np.float32)

    def of(self, features: FloatArray) -> Callable[[int | None], Floats]:
        """(m,) probabilities of the links by one after another of the N_DRAWS as probable
        parameters; None: the most probable ones."""
        rows = features.astype(np.float64)
        chance = None if self.chance is None else self.chance.of(rows)

        def drawn(draw: int | None) -> Floats:
            found = np.ones(len(features))
            if self.coefficients is not None:
                found *= predict(rows, self.coefficients if draw is None else self._draws[draw])
            if chance is not None:
                found *= chance(draw)
            # Of entities that nothing tells apart each may be the counterpart, if there is one.
            return np.asarray(found * features[:, FEATURES.index("most_probable")])

        return drawn

    @cached_property
    def _draws(self) -> Floats:
        """(N_DRAWS, f + 1) coefficients, from their normal approximation."""
        assert self.coefficients is not None
        assert self.covariance is not None
        noise = np.random.default_rng(1).standard_normal((N_DRAWS, len(self.coefficients)))
        drawn: Floats = self.coefficients + noise @ np.linalg.cholesky(self.covariance).T
        return drawn


@dataclass(frozen=True, eq=False)
class Calibration:
    """How the links of an alignment got their probabilities.

    Attributes:
        pairs: one entry for every pair of graphs, in the order of the alignment's.
        seconds: wall-clock seconds that the second models took, with their links.
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
                    f"{pair.name}: too few entities to hold any out, so probabilities are what "
                    "held for other data"
                )
            elif pair.method == "taken-out":
                notes.append(
                    f"{pair.name}: few seed links or none, so probabilities rest on what links "
                    "look like of entities whose counterparts were taken out of the graphs"
                )
            elif pair.n_labelled < 100:
                notes.append(
                    f"{pair.name}: only {pair.n_labelled:,} links could be labelled by what was "
                    "held out, so probabilities are rough"
                )
            if pair.chance is not None and pair.coefficients is not None:
                notes += _note_on_share(pair, pair.chance)
        return tuple(notes)


def _note_on_share(pair: PairCalibration, chance: CounterpartChance) -> list[str]:
    left, right = chance.share.tolist()
    if min(left, right) >= _WORTH_A_NOTE:
        return []
    return [
        f"{pair.name}: about {left:.0%} of the entities of {pair.left} that have a link, and "
        f"{right:.0%} of those of {pair.right}, have a counterpart, by estimate; others are best "
        "left without one"
    ]


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
    links: Int32Array,
    features: FloatArray,
    held_out: Int32Array,
    *,
    many: bool = False,
    rejected: Int32Array | None = None,
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
        rejected: (r, 2) joint ids known to be different; links of them are incorrect.
    """
    found = np.isin(pair_keys(held_out), pair_keys(links)) & many
    ends = [np.isin(links[:, side], held_out[~found, side]) for side in (0, 1)]
    correct = np.isin(pair_keys(links), pair_keys(held_out))
    weights = np.where(correct, 1.0, (ends[0].astype(np.float64) + ends[1]) / 2)
    if rejected is not None:
        weights[np.isin(pair_keys(links), pair_keys(rejected))] = 1.0
    known = weights > 0
    return LabelledLinks(features[known], correct[known], weights[known], len(held_out))


def fitted(labelled: Sequence[LabelledLinks]) -> list[tuple[Floats, Floats, Floats]]:
    """Learns the chance that a link of an entity with a counterpart is correct.

    A pair of graphs with few labelled links is taken to be like all pairs together, and all
    together, with few, like other data.

    Args:
        labelled: the labelled links of every pair of graphs.

    Returns:
        For every pair (f + 1,) coefficients, their (f + 1, f + 1) covariance, and (j,) the
        probability of every labelled link by coefficients that did not see it.
    """
    prior, doubt = PRIOR, DOUBT
    if len(labelled) > 1:
        prior = _fit(LabelledLinks.joined(labelled), prior, doubt)
        doubt = np.maximum(doubt, _DOUBT_OF_PAIR)
    found = []
    for part in labelled:
        coefficients = _fit(part, prior, doubt)
        covariance = _covariance(part, coefficients, doubt)
        found.append((coefficients, covariance, _out_of_fold(part, prior, doubt)))
    return found


def _fit(links: LabelledLinks, prior: Floats, doubt: Floats) -> Floats:
    features = links.features.astype(np.float64)
    return fit_logistic(features, links.is_correct, links.weights, prior, doubt)


def _covariance(links: LabelledLinks, coefficients: Floats, doubt: Floats) -> Floats:
    """The inverse curvature at the best coefficients (Laplace's approximation)."""
    features = links.features.astype(np.float64)
    p = predict(features, coefficients)
    rows = np.concatenate([np.ones((len(features), 1)), features], axis=1)
    curvature = (rows * (links.weights * p * (1 - p))[:, None]).T @ rows + np.diag(doubt)
    return np.asarray(np.linalg.inv(curvature), dtype=np.float64)


def _out_of_fold(links: LabelledLinks, prior: Floats, doubt: Floats) -> Floats:
    """(j,) the probability of every labelled link, by coefficients that did not see it."""
    count = len(links.is_correct)
    fold = np.random.default_rng(0).permutation(count) % FOLDS
    found = np.empty(count)
    for number in range(FOLDS):
        out, rest = fold == number, fold != number
        kept = LabelledLinks(links.features[rest], links.is_correct[rest], links.weights[rest], 0)
        found[out] = predict(links.features[out].astype(np.float64), _fit(kept, prior, doubt))
    return found
