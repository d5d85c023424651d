"""How many links are right: precision, recall and F1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dualamn.errors import DataError
from dualamn.kernels.arrays import BoolArray

LINK_COLUMNS = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "right": "right",
    "wrong": "wrong",
    "unknown": "unjudged",
    "missed": "missed",
}
"""What tables call the measures of links, in their order."""


@dataclass(frozen=True)
class LinkMetrics:
    """Links against gold links.

    A link is wrong if either of its ends has another gold partner. Links of two entities that
    the gold links do not know may be right or not: they are counted apart, left out of
    `precision` and `f1`, and taken for wrong by `strict_precision` and `strict_f1`. Where gold
    links are complete, every unknown link is wrong, and the strict figures are the true ones.

    Attributes:
        right: links that are gold links.
        wrong: links of an entity that has another gold partner.
        unknown: links with neither end in the gold links.
        missed: gold links that were not found.
    """

    right: int
    wrong: int
    unknown: int
    missed: int

    @property
    def n_gold(self) -> int:
        """How many gold links there are."""
        return self.right + self.missed

    @property
    def precision(self) -> float | None:
        """The share of judged links that are right; None if no link could be judged."""
        return _share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float | None:
        """The share of gold links that were found; None if there are none."""
        return _share(self.right, self.n_gold)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None if both are undefined."""
        return _share(2 * self.right, 2 * self.right + self.wrong + self.missed)

    @property
    def strict_precision(self) -> float | None:
        """The share of all links that are right; None if there is no link."""
        return _share(self.right, self.right + self.wrong + self.unknown)

    @property
    def strict_f1(self) -> float | None:
        """The harmonic mean of strict precision and recall; None if both are undefined."""
        return _share(2 * self.right, 2 * self.right + self.wrong + self.unknown + self.missed)

    def as_dict(self) -> dict[str, float | int | None]:
        """Rates and counts by name, for a report."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "strict_precision": self.strict_precision,
            "strict_f1": self.strict_f1,
            "right": self.right,
            "wrong": self.wrong,
            "unknown": self.unknown,
            "missed": self.missed,
        }


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What gold links say about each of m distinct links, in no particular order.

    Attributes:
        right: (m,) bool, the link is a gold link.
        wrong: (m,) bool, one of its ends has another partner. Where neither holds, the link is
            unknown.
        scores: (m,) float64, None if the links have none.
        n_gold: how many gold links there are.
    """

    right: BoolArray
    wrong: BoolArray
    scores: NDArray[np.float64] | None
    n_gold: int

    @property
    def metrics(self) -> LinkMetrics:
        """The verdicts counted."""
        right, wrong = int(self.right.sum()), int(self.wrong.sum())
        unknown = len(self.right) - right - wrong
        return LinkMetrics(right, wrong, unknown, self.n_gold - right)

    @classmethod
    def merge(cls, parts: Sequence[Verdicts]) -> Verdicts:
        """The verdicts on links of several pairs of graphs as one; without scores if one is."""
        nothing = np.empty(0, dtype=np.bool_)
        scores = [part.scores for part in parts if part.scores is not None]
        return cls(
            np.concatenate([nothing, *(part.right for part in parts)]),
            np.concatenate([nothing, *(part.wrong for part in parts)]),
            np.concatenate([np.empty(0), *scores]) if len(scores) == len(parts) else None,
            sum(part.n_gold for part in parts),
        )


def link_metrics(links: ArrayLike, gold: ArrayLike) -> LinkMetrics:
    """Judges links by gold links and counts. Repeated rows count once.

    Args:
        links, gold: (m, 2) and (g, 2) integers, 0 or more: left and right entity. Left and
            right numbers are never compared with each other.
    """
    return judge(links, gold).metrics


def judge(
    links: ArrayLike,
    gold: ArrayLike,
    scores: ArrayLike | None = None,
    given: ArrayLike = (),
) -> Verdicts:
    """Judges every link by gold links. Of repeated rows the one with the highest score counts.

    Args:
        links, gold: (m, 2) and (g, 2) integers, 0 or more: left and right entity. Left and
            right numbers are never compared with each other.
        scores: (m,) finite numbers, higher is surer.
        given: (s, 2) links that are right but are not asked for, such as the seeds. A link that
            is among them was not found but given, and gets no verdict; another link of an
            entity of theirs is wrong.

    Raises:
        DataError: scores that are not finite, or not one for every link.
    """
    found, wanted, known = _rows(links), _rows(gold), _rows(given)
    base = 1 + max(int(rows.max(initial=0)) for rows in (found, wanted, known))
    if base > 2**31:
        raise ValueError(f"entities are numbered below 2**31, got {base - 1}")
    keys, best = _distinct(_keys(found, base), None if scores is None else _checked(scores, found))
    wanted_keys = np.unique(_keys(wanted, base))
    right = np.isin(keys, wanted_keys, assume_unique=True)
    kept = right | ~np.isin(keys, _keys(known, base))
    keys, right = keys[kept], right[kept]
    lefts, rights = np.divmod(keys, base)
    partnered = np.concatenate([wanted, known])
    judged = np.isin(lefts, partnered[:, 0]) | np.isin(rights, partnered[:, 1])
    return Verdicts(right, judged & ~right, None if best is None else best[kept], len(wanted_keys))


def _keys(rows: NDArray[np.int64], base: int) -> NDArray[np.int64]:
    return rows[:, 0] * base + rows[:, 1]


def _distinct(
    keys: NDArray[np.int64], scores: NDArray[np.float64] | None
) -> tuple[NDArray[np.int64], NDArray[np.float64] | None]:
    """Each key once, sorted, with its highest score."""
    if scores is None:
        return np.unique(keys), None
    order = np.lexsort((-scores, keys))
    keys, scores = keys[order], scores[order]
    first = np.ones(len(keys), dtype=np.bool_)
    first[1:] = keys[1:] != keys[:-1]
    return keys[first], scores[first]


def _checked(scores: ArrayLike, links: NDArray[np.int64]) -> NDArray[np.float64]:
    values = np.asarray(scores, dtype=np.float64)
    if values.shape != (len(links),):
        raise DataError(f"{len(links):,} links need as many scores, got shape {values.shape}")
    if not np.isfinite(values).all():
        wrong = values[~np.isfinite(values)][0]
        raise DataError(f"links are ordered by their scores, so none may be {wrong}")
    return values


def _rows(links: ArrayLike) -> NDArray[np.int64]:
    rows = np.asarray(links, dtype=np.int64).reshape(-1, 2)
    if rows.size and rows.min() < 0:
        raise ValueError(f"entities are numbered from 0, got {rows.min()}")
    return rows


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
