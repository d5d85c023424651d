"""Precision and recall of the surest links, for every number of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dualamn.errors import DataError
from dualamn.eval.verdicts import Verdicts, judge
from dualamn.files.atomic import atomic_write
from dualamn.kernels.arrays import Floats, IntArray

MOST_POINTS = 200
"""Points of a curve in a report: more than a plot can show, and few enough to keep."""

COLUMNS = ("threshold", "links", "precision", "recall", "f1", "strict_precision", "strict_f1")


@dataclass(frozen=True, eq=False)
class PrecisionRecallCurve:
    """What becomes of links if only those with a score of at least a threshold are kept.

    One point for every score that occurs, so links with equal scores come together. All arrays
    have the length t of points. Rates are NaN where nothing could be judged.

    Attributes:
        threshold: (t,) float64, falling.
        links: (t,) int64, how many links have at least that score; rising.
        correct, incorrect: (t,) int64, how many of them are so, see `LinkMetrics`; the others are
            unknown.
        n_gold: how many gold links there are.
    """

    threshold: Floats
    links: IntArray
    correct: IntArray
    incorrect: IntArray
    n_gold: int

    def __len__(self) -> int:
        return len(self.threshold)

    @property
    def precision(self) -> Floats:
        """(t,) the share of judged links that are correct."""
        return _share(self.correct, self.correct + self.incorrect)

    @property
    def recall(self) -> Floats:
        """(t,) the share of gold links that are found; never falling."""
        return _share(self.correct, np.full(len(self), self.n_gold))

    @property
    def f1(self) -> Floats:
        """(t,) the harmonic mean of precision and recall."""
        return _share(2 * self.correct, self.correct + self.incorrect + self.n_gold)

    @property
    def strict_precision(self) -> Floats:
        """(t,) the share of all links that are correct: unknown ones count as incorrect."""
        return _share(self.correct, self.links)

    @property
    def strict_f1(self) -> Floats:
        """(t,) the harmonic mean of strict precision and recall."""
        return _share(2 * self.correct, self.links + self.n_gold)

    def thinned(self, points: int = MOST_POINTS) -> PrecisionRecallCurve:
        """At most so many of its points, evenly over the links, the first and last among them.

        Raises:
            DataError: fewer than two points are asked for.
        """
        if points < 2:
            raise DataError(f"a curve needs two points or more, not {points}")
        if len(self) <= points:
            return self
        # Points at even steps in the number of links: many links may share one score.
        steps = np.linspace(self.links[0], self.links[-1], points)
        at = np.unique(np.searchsorted(self.links, np.floor(steps)))
        return PrecisionRecallCurve(
            self.threshold[at], self.links[at], self.correct[at], self.incorrect[at], self.n_gold
        )

    def as_dict(self, points: int = MOST_POINTS) -> dict[str, list[float | None]]:
        """Threshold, precision, recall and strict precision as lists, thinned, for a report.

        Six figures of each number are kept; None stands for what could not be judged.
        """
        curve = self.thinned(points)
        names = ("threshold", "precision", "recall", "strict_precision")
        return {name: [_short(value) for value in getattr(curve, name)] for name in names}

    def to_csv(self, path: str | Path) -> None:
        """Writes every point as a line under a header, empty where nothing could be judged.

        Raises:
            DataError: the file cannot be written.
        """
        columns: list[Any] = [getattr(self, name).tolist() for name in COLUMNS]
        with atomic_write(path) as file:
            file.write(",".join(COLUMNS) + "\n")
            for row in zip(*columns, strict=True):
                file.write(",".join(_field(value) for value in row) + "\n")


def precision_recall_curve(
    links: ArrayLike, scores: ArrayLike, gold: ArrayLike
) -> PrecisionRecallCurve:
    """Precision and recall of links with at least a score, for every score.

    Args:
        links, gold: (m, 2) and (g, 2) integers, 0 or more: left and right entity.
        scores: (m,) finite numbers, higher is surer. Of repeated links the highest counts.

    Raises:
        DataError: scores that are not finite, or not one for every link.
    """
    return curve_of(judge(links, gold, scores))


def curve_of(verdicts: Verdicts) -> PrecisionRecallCurve:
    """The curve of links that were judged.

    Raises:
        DataError: the links have no scores.
    """
    if verdicts.scores is None:
        raise DataError("a curve needs links with scores, and these have none")
    order = np.argsort(-verdicts.scores, kind="stable")
    scores = verdicts.scores[order]
    # The last link of every group of equal scores.
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)[: len(scores)])
    return PrecisionRecallCurve(
        threshold=scores[last],
        links=last.astype(np.int64) + 1,
        correct=np.cumsum(verdicts.correct[order], dtype=np.int64)[last],
        incorrect=np.cumsum(verdicts.incorrect[order], dtype=np.int64)[last],
        n_gold=verdicts.n_gold,
    )


def _share(part: IntArray, whole: IntArray) -> Floats:
    shares = np.full(len(part), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares


def _short(value: float) -> float | None:
    return None if np.isnan(value) else float(f"{value:.6g}")


def _field(value: float) -> str:
    return "" if value != value else f"{value:.9g}"
