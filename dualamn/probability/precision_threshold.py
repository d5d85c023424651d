"""The probability from which links are to be kept, so that enough of them are correct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from dualamn.errors import ConfigError
from dualamn.kernels.arrays import FloatArray, Floats, IntArray
from dualamn.probability.calibration import PairCalibration
from dualamn.probability.dangling import N_DRAWS

_POINTS = 2_000  # numbers of links that are looked at

Calibrated = tuple[PairCalibration, FloatArray, FloatArray]
"""Of a pair of graphs the calibration, the (m,) probabilities and (m, f) features of its links."""


@dataclass(frozen=True)
class Threshold:
    """Which links to keep for a precision.

    Attributes:
        probability: links with at least this probability are kept; infinity where even the surest
            do not reach the precision with that confidence.
        precision: what was asked for.
        confidence: with which the precision is reached.
        expected: the share of the kept links that is correct, the mean of their probabilities.
        lower: the share that it reaches with that confidence; both are None if none are kept.
        n_kept, n_dropped: links above and below; together all links.
        expected_lost: how many of the dropped links are correct, the sum of their probabilities.
    """

    probability: float
    precision: float
    confidence: float
    expected: float | None
    lower: float | None
    n_kept: int
    n_dropped: int
    expected_lost: float

    def __str__(self) -> str:
        asked = f"a precision of {self.precision:g} with {self.confidence:.0%} confidence"
        if not self.n_kept:
            return f"no number of links reaches {asked}, so all {self.n_dropped:,} are left out"
        return (
            f"{self.n_kept:,} links have a probability of {self.probability:.3f} or more, which "
            f"makes {asked} ({self.expected:.3f} expected); it costs {self.n_dropped:,} links, "
            f"about {self.expected_lost:,.0f} correct ones among them"
        )


def find_threshold(
    parts: Sequence[Calibrated],
    precision: float,
    confidence: float = 0.95,
) -> Threshold:
    """The lowest probability above which links are correct often enough.

    The calibration's coefficients are only as sure as its labelled links make them. So they are
    drawn many times from their normal approximation, and the share of correct links among the
    surest k is taken at the quantile that the confidence asks for.

    Args:
        parts: one for every pair of graphs.
        precision: share of correct links that is asked for.
        confidence: chance that it is reached.

    Raises:
        ConfigError: a precision or confidence that is not between 0 and 1.
    """
    for name, value in (("precision", precision), ("confidence", confidence)):
        if not 0 < value < 1:
            raise ConfigError(f"a {name} lies between 0 and 1, as .95 does; got {value:g}")
    curve = precision_curve(parts, confidence)
    all_correct = float(sum(p.sum(dtype=np.float64) for _, p, _ in parts))
    reached = np.flatnonzero(curve.lower >= precision)
    if not len(reached):
        return Threshold(inf, precision, confidence, None, None, 0, curve.n_links, all_correct)
    at = reached[-1]
    count, expected = int(curve.kept[at]), float(curve.expected[at])
    return Threshold(
        float(curve.probabilities[at]),
        precision,
        confidence,
        expected,
        float(curve.lower[at]),
        count,
        curve.n_links - count,
        max(all_correct - count * expected, 0.0),
    )


@dataclass(frozen=True, eq=False)
class PrecisionCurve:
    """What share of the surest links is correct, for growing numbers of them.

    Attributes:
        n_links: how many links there are.
        kept: (k,) int64 numbers of links, rising; the last is `n_links`.
        probabilities: (k,) float32 the lowest probability among so many of the surest.
        expected: (k,) float64 share of them that is correct, the mean of their probabilities.
        lower: (k,) float64 share that is reached with the confidence that was asked for.
    """

    n_links: int
    kept: IntArray
    probabilities: FloatArray
    expected: Floats
    lower: Floats


def precision_curve(parts: Sequence[Calibrated], confidence: float = 0.95) -> PrecisionCurve:
    """How precision falls as more links are kept, see `find_threshold`.

    Links of one probability are kept together; of very many steps 2,000 are looked at.
    """
    probabilities = np.concatenate([np.empty(0, np.float32), *(p for _, p, _ in parts)])
    total = len(probabilities)
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    # All links of one probability, or none of them.
    ends = np.flatnonzero(np.append(ranked[1:] < ranked[:-1], True)[:total]) + 1
    if len(ends) > _POINTS:
        ends = ends[np.unique(np.linspace(0, len(ends) - 1, _POINTS).astype(np.int64))]
    lower = np.quantile(_curves(parts, order, ends), 1 - confidence, axis=0)
    expected = np.cumsum(ranked, dtype=np.float64)[ends - 1] / ends
    return PrecisionCurve(total, ends, ranked[ends - 1], expected, lower)


def _curves(
    parts: Sequence[Calibrated],
    order: IntArray,
    ends: IntArray,
) -> Floats:
    """(draws, points) share of correct links among the surest, for coefficients as drawn."""
    step = np.empty(len(order), dtype=np.int64)  # of every link, the first of `ends` that has it
    step[order] = np.searchsorted(ends, np.arange(len(order)), "right")
    drawn, first = [], 0
    for calibration, probabilities, features in parts:
        own = step[first : first + len(probabilities)]
        first += len(probabilities)
        drawn.append((calibration.of(features), own))
    correct = np.zeros((N_DRAWS, len(ends)))
    for number in range(N_DRAWS):
        for of_draw, own in drawn:
            correct[number] += np.bincount(own, of_draw(number), len(ends))
    curves: Floats = np.cumsum(correct, axis=1) / ends
    return curves
