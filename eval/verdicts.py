"""Links against gold links: which are correct, precision, recall and F1, by score and in tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from dualamn.errors import DataError
from dualamn.files.atomic import atomic_write
from dualamn.kernels.arrays import BoolArray, Floats, IntArray

RATES = ("precision", "recall", "f1", "strict_precision", "strict_f1")

LINK_COLUMNS = ("precision", "recall", "f1", "correct", "incorrect", "unknown", "missed")
"""The measures of links that tables show, in their order."""

LINKS_HEADER = ("links", *(name.replace("f1", "F1") for name in LINK_COLUMNS))
"""The header of a table of links, to rows of a name and `link_cells`."""

MOST_POINTS = 200
"""Points of a curve in a report: more than a plot can show, and few enough to keep."""

CURVE_COLUMNS = ("threshold", "links", "precision", "recall", "f1", "strict_precision", "strict_f1")


@dataclass(frozen=True)
class LinkMetrics:
    """Links against gold links.

    A link is incorrect if either of its ends has another gold counterpart. Links of two entities
    that the gold links do not know may be correct or not: they are unknown, left out of
    `precision` and `f1`, and counted as incorrect by `strict_precision` and `strict_f1`. Where
    gold links are complete, every unknown link is incorrect, and the strict figures are the true
    ones. Rates are None where there is nothing to divide by.

        >>> metrics = link_metrics([(0, 0), (1, 2), (5, 5)], [(0, 0), (1, 1)])
        >>> metrics
        LinkMetrics(correct=1, incorrect=1, unknown=1, missed=1)
        >>> metrics.precision, metrics.recall
        (0.5, 0.5)

    Attributes:
        correct: links that are gold links.
        incorrect: links of an entity that has another gold counterpart.
        unknown: links with neither end in the gold links.
        missed: gold links that were not found.
    """

    correct: int
    incorrect: int
    unknown: int
    missed: int

    @property
    def n_gold(self) -> int:
        """How many gold links there are."""
        return self.correct + self.missed

    @property
    def precision(self) -> float | None:
        """correct / (correct + incorrect)"""
        return _ratio(self.correct, self.correct + self.incorrect)

    @property
    def recall(self) -> float | None:
        """correct / gold links"""
        return _ratio(self.correct, self.n_gold)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        return _ratio(2 * self.correct, self.correct + self.incorrect + self.n_gold)

    @property
    def strict_precision(self) -> float | None:
        """correct / links"""
        return _ratio(self.correct, self.correct + self.incorrect + self.unknown)

    @property
    def strict_f1(self) -> float | None:
        """The harmonic mean of strict precision and recall."""
        links = self.correct + self.incorrect + self.unknown
        return _ratio(2 * self.correct, links + self.n_gold)

    def as_dict(self) -> dict[str, float | int | None]:
        """Rates and counts by name, for a report."""
        return {name: getattr(self, name) for name in RATES} | asdict(self)


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What gold links say about each of m distinct links, in no particular order.

    Attributes:
        correct: (m,) bool, the link is a gold link.
        incorrect: (m,) bool, one of its ends has another counterpart. Where neither holds, the
            link is unknown.
        scores: (m,) float64, None if the links have none.
        n_gold: how many gold links there are.
    """

    correct: BoolArray
    incorrect: BoolArray
    scores: Floats | None
    n_gold: int

    @property
    def metrics(self) -> LinkMetrics:
        """The verdicts counted."""
        correct, incorrect = int(self.correct.sum()), int(self.incorrect.sum())
        unknown = len(self.correct) - correct - incorrect
        return LinkMetrics(correct, incorrect, unknown, self.n_gold - correct)

    def curve(self) -> PrecisionRecallCurve:
        """Precision and recall of the links with at least a score, for every score.

        Raises:
            DataError: the links have no scores.
        """
        if self.scores is None:
            raise DataError("a curve needs links with scores, and these have none")
        order = np.argsort(-self.scores, kind="stable")
        scores = self.scores[order]
        # The last link of every group of equal scores.
        last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)[: len(scores)])
        return PrecisionRecallCurve(
            threshold=scores[last],
            links=last.astype(np.int64) + 1,
            correct=np.cumsum(self.correct[order], dtype=np.int64)[last],
            incorrect=np.cumsum(self.incorrect[order], dtype=np.int64)[last],
            n_gold=self.n_gold,
        )

    @classmethod
    def merge(cls, parts: Sequence[Verdicts]) -> Verdicts:
        """The verdicts on links of several pairs of graphs as one; without scores if one is."""
        nothing = np.empty(0, dtype=np.bool_)
        scores = [part.scores for part in parts if part.scores is not None]
        return cls(
            np.concatenate([nothing, *(part.correct for part in parts)]),
            np.concatenate([nothing, *(part.incorrect for part in parts)]),
            np.concatenate([np.empty(0), *scores]) if len(scores) == len(parts) else None,
            sum(part.n_gold for part in parts),
        )


@dataclass(frozen=True, eq=False)
class PrecisionRecallCurve:
    """What becomes of links if only those with a score of at least a threshold are kept.

    One point for every score that occurs, so links with equal scores come together. All arrays
    have the length t of points. Rates are as in `LinkMetrics`, (t,) float64, and NaN where there
    is nothing to divide by; recall never falls.

    Attributes:
        threshold: (t,) float64, falling.
        links: (t,) int64, how many links have at least that score; rising.
        correct, incorrect: (t,) int64, how many of them are so; the others are unknown.
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
        """correct / (correct + incorrect)"""
        return _ratios(self.correct, self.correct + self.incorrect)

    @property
    def recall(self) -> Floats:
        """correct / gold links"""
        return _ratios(self.correct, np.full(len(self), self.n_gold))

    @property
    def f1(self) -> Floats:
        """The harmonic mean of precision and recall."""
        return _ratios(2 * self.correct, self.correct + self.incorrect + self.n_gold)

    @property
    def strict_precision(self) -> Floats:
        """correct / links"""
        return _ratios(self.correct, self.links)

    @property
    def strict_f1(self) -> Floats:
        """The harmonic mean of strict precision and recall."""
        return _ratios(2 * self.correct, self.links + self.n_gold)

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

        Six figures of each number are kept; None stands for NaN.
        """
        curve = self.thinned(points)
        return {
            name: [None if np.isnan(x) else float(f"{x:.6g}") for x in getattr(curve, name)]
            for name in ("threshold", "precision", "recall", "strict_precision")
        }

    def to_csv(self, path: str | Path) -> None:
        """Writes every point as a line under a header; a field is empty for NaN.

        Raises:
            DataError: the file cannot be written.
        """
        columns = [getattr(self, name).tolist() for name in CURVE_COLUMNS]
        with atomic_write(path) as file:
            file.write(",".join(CURVE_COLUMNS) + "\n")
            for row in zip(*columns, strict=True):
                file.write(",".join("" if x != x else f"{x:.9g}" for x in row) + "\n")


def link_metrics(links: ArrayLike, gold: ArrayLike) -> LinkMetrics:
    """The verdicts of `judge`, counted."""
    return judge(links, gold).metrics


def precision_recall_curve(
    links: ArrayLike, scores: ArrayLike, gold: ArrayLike
) -> PrecisionRecallCurve:
    """The verdicts of `judge`, by score."""
    return judge(links, gold, scores).curve()


def judge(
    links: ArrayLike,
    gold: ArrayLike,
    scores: ArrayLike | None = None,
    given: ArrayLike = (),
) -> Verdicts:
    """What gold links say of every link. Of repeated rows the one with the highest score counts.

    Args:
        links, gold: (m, 2) and (g, 2) integers, 0 or more: left and right entity. Left and
            right numbers are never compared with each other.
        scores: (m,) finite numbers, higher is surer.
        given: (s, 2) links that are correct but are not asked for, such as the seeds. A link that
            is among them was not found but given, and gets no verdict; another link of an
            entity of theirs is incorrect.

    Raises:
        DataError: scores that are not finite, or not one for every link.
    """
    found, wanted, known = _rows(links), _rows(gold), _rows(given)
    base = 1 + max(int(rows.max(initial=0)) for rows in (found, wanted, known))
    if base > 2**31:
        raise ValueError(f"entities are numbered below 2**31, got {base - 1}")
    found_keys, wanted_keys, known_keys = (
        rows[:, 0] * base + rows[:, 1] for rows in (found, wanted, known)
    )
    surest = np.zeros(len(found)) if scores is None else _checked(scores, len(found))
    order = np.lexsort((-surest, found_keys))
    keys, first = np.unique(found_keys[order], return_index=True)
    surest = surest[order][first]
    wanted_keys = np.unique(wanted_keys)
    correct = np.isin(keys, wanted_keys, assume_unique=True)
    kept = correct | ~np.isin(keys, known_keys)
    keys, correct, surest = keys[kept], correct[kept], surest[kept]
    lefts, rights = np.divmod(keys, base)
    linked = np.concatenate([wanted, known])
    labelled = np.isin(lefts, linked[:, 0]) | np.isin(rights, linked[:, 1])
    return Verdicts(
        correct, labelled & ~correct, None if scores is None else surest, len(wanted_keys)
    )


def _checked(scores: ArrayLike, count: int) -> Floats:
    values = np.asarray(scores, dtype=np.float64)
    if values.shape != (count,):
        raise DataError(f"{count:,} links need as many scores, got shape {values.shape}")
    if not np.isfinite(values).all():
        bad = values[~np.isfinite(values)][0]
        raise DataError(f"links are ordered by their scores, so none may be {bad}")
    return values


def _rows(links: ArrayLike) -> IntArray:
    rows = np.asarray(links, dtype=np.int64).reshape(-1, 2)
    if rows.size and rows.min() < 0:
        raise ValueError(f"entities are numbered from 0, got {rows.min()}")
    return rows


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _ratios(part: IntArray, whole: IntArray) -> Floats:
    ratios = np.full(len(part), np.nan)
    np.divide(part, whole, out=ratios, where=whole > 0)
    return ratios


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns in line, the first flush left and the others flush right."""
    lines = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
        for line in lines
    )


def fraction(value: float | None) -> str:
    """Three decimals, or a dash for what was not measured."""
    return "-" if value is None else f"{value:.3f}"


def count(value: float | None) -> str:
    """A whole number with thousands marked, or a dash."""
    return "-" if value is None else f"{value:,.0f}"


def link_cells(metrics: Mapping[str, float | None] | None) -> list[str]:
    """The measures of links as a table shows them; dashes if there are none."""
    values = metrics or {}
    return [(fraction if key in RATES else count)(values.get(key)) for key in LINK_COLUMNS]
