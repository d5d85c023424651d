"""How far probabilities can be believed: reliability table and expected calibration error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike

from dualamn.errors import DataError
from dualamn.kernels.arrays import Floats

BINS = 15
"""Bins that a calibration error is usually taken over."""

ENOUGH_LABELLED = 50
"""Links, fewer of which make a calibration error that is mostly luck."""


@dataclass(frozen=True)
class ReliabilityBin:
    """Links of about the same probability, and how many of them are correct.

    Attributes:
        lowest, highest, probability: the range of the probabilities that occur in it, their mean.
        correct: the share of the links that is correct; what `probability` should be.
        links: how many links it holds, the sum of their weights.
    """

    lowest: float
    highest: float
    probability: float
    correct: float
    links: float

    @property
    def interval(self) -> tuple[float, float]:
        """Where the share of correct links lies with 95% confidence, see `wilson`."""
        return wilson(self.correct, self.links)

    def as_dict(self) -> dict[str, float]:
        """All of it by name, for a report."""
        return asdict(self)


def wilson(share: float, count: float, z: float = 1.96) -> tuple[float, float]:
    """The interval of a share that was seen in so many cases.

        (s + z^2/2n ± z sqrt(s (1 - s)/n + z^2/4n^2)) / (1 + z^2/n)

    Wilson, Journal of the American Statistical Association 22 (1927).

    >>> [round(end, 2) for end in wilson(1.0, 10)]
    [0.72, 1.0]
    """
    middle, width = share + z * z / (2 * count), share * (1 - share) / count
    half = z * (width + z * z / (4 * count * count)) ** 0.5
    whole = 1 + z * z / count
    return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


def reliability_table(
    probabilities: ArrayLike,
    correct: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    bins: int = BINS,
) -> tuple[ReliabilityBin, ...]:
    """Links in bins of about equal weight, from the least probable to the most.

    Links of equal probability stay together, so the table does not depend on their order; many
    of them can make one bin larger and leave fewer bins than were asked for.

        >>> low, high = reliability_table([0.1, 0.3, 0.8, 1.0], [0, 0, 1, 1], bins=2)
        >>> high
        ReliabilityBin(lowest=0.8, highest=1.0, probability=0.9, correct=1.0, links=2.0)

    Args:
        probabilities: (m,) from 0 to 1.
        correct: (m,) whether each link is correct.
        weights: (m,) above 0, how much each link counts; 1 if None.
        bins: the most bins.

    Returns:
        The bins that hold a link; none for no links.

    Raises:
        DataError: a probability outside 0 to 1, a weight that is not above 0, fewer than one
            bin, or columns of different lengths.
    """
    p, hits, w = _checked(probabilities, correct, weights)
    if bins < 1:
        raise DataError(f"a reliability table needs one bin or more, not {bins}")
    if not len(p):
        return ()
    value, owner = np.unique(p, return_inverse=True)
    mass = np.bincount(owner, w)
    middle = np.cumsum(mass) - mass / 2
    number = np.minimum((middle / mass.sum() * bins).astype(np.int64), bins - 1)
    correct_mass = np.bincount(owner, w * hits)
    table = []
    for at in np.unique(number):
        inside = number == at
        total = float(mass[inside].sum())
        table.append(
            ReliabilityBin(
                float(value[inside][0]),
                float(value[inside][-1]),
                float((value * mass)[inside].sum()) / total,
                float(correct_mass[inside].sum()) / total,
                total,
            )
        )
    return tuple(table)


def expected_calibration_error(
    probabilities: ArrayLike,
    correct: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    bins: int = BINS,
) -> float | None:
    """The mean distance between probability and share of correct links, over bins of equal mass.

    Few links give an error above zero even where all probabilities are true, by the luck of
    each bin: with 15 bins of 40 links around .03. None if there are no links.

    Arguments and errors are those of `reliability_table`.
    """
    return error_of(reliability_table(probabilities, correct, weights, bins=bins))


def error_of(table: Sequence[ReliabilityBin]) -> float | None:
    """sum_b links_b |probability_b - correct_b| / links of a reliability table; None if empty."""
    total = sum(row.links for row in table)
    wrong = sum(row.links * abs(row.probability - row.correct) for row in table)
    return wrong / total if table else None


def calibration_in_words(table: Sequence[ReliabilityBin]) -> str:
    """A reliability table that is not empty as one line."""
    total = sum(row.links for row in table)
    expected = sum(row.links * row.probability for row in table) / total
    correct = sum(row.links * row.correct for row in table) / total
    return (
        f"probabilities: {expected:.3f} of the judged links expected to be correct, "
        f"{correct:.3f} are; calibration error {error_of(table):.3f}"
    )


def _checked(
    probabilities: ArrayLike, correct: ArrayLike, weights: ArrayLike | None
) -> tuple[Floats, Floats, Floats]:
    p = np.asarray(probabilities, dtype=np.float64)
    hits = np.asarray(correct, dtype=np.bool_).astype(np.float64)
    w = np.ones(p.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if p.ndim != 1 or p.shape != hits.shape or p.shape != w.shape:
        raise DataError(
            f"probabilities, verdicts and weights have the shapes {p.shape}, {hits.shape} and "
            f"{w.shape}, and must be as long as each other"
        )
    if not ((p >= 0) & (p <= 1)).all():
        raise DataError(f"{p[~((p >= 0) & (p <= 1))][0]} is no probability from 0 to 1")
    if not ((w > 0) & (w < np.inf)).all():
        raise DataError(f"the weight of a link must be above 0, not {w[~(w > 0)][:1]}")
    return p, hits, w
