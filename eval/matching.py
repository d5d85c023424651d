"""How many links are right: precision, recall and F1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class LinkMetrics:
    """Links against gold links.

    A link is judged if either of its ends has a gold partner: right if it is a gold link and
    wrong if not. Links of two entities that the gold links do not know are left unjudged.

    Attributes:
        right: links that are gold links.
        wrong: links of an entity that has another gold partner.
        unjudged: links with neither end in the gold links.
        missed: gold links that were not found.
    """

    right: int
    wrong: int
    unjudged: int
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

    def as_dict(self) -> dict[str, float | int | None]:
        """Rates and counts by name, for a report."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "right": self.right,
            "wrong": self.wrong,
            "unjudged": self.unjudged,
            "missed": self.missed,
        }


def link_metrics(links: ArrayLike, gold: ArrayLike) -> LinkMetrics:
    """Judges links by gold links. Repeated rows count once.

    Args:
        links, gold: (m, 2) and (g, 2) integers, 0 or more: left and right entity. Left and
            right numbers are never compared with each other.
    """
    found, wanted = _rows(links), _rows(gold)
    base = 1 + max(int(found.max(initial=0)), int(wanted.max(initial=0)))
    if base > 2**31:
        raise ValueError(f"entities are numbered below 2**31, got {base - 1}")
    found_keys = np.unique(found[:, 0] * base + found[:, 1])
    wanted_keys = np.unique(wanted[:, 0] * base + wanted[:, 1])
    is_right = np.isin(found_keys, wanted_keys, assume_unique=True)
    lefts, rights = np.divmod(found_keys, base)
    judged = np.isin(lefts, wanted[:, 0]) | np.isin(rights, wanted[:, 1])
    right = int(is_right.sum())
    return LinkMetrics(
        right=right,
        wrong=int(judged.sum()) - right,
        unjudged=int((~judged).sum()),
        missed=len(wanted_keys) - right,
    )


def _rows(links: ArrayLike) -> NDArray[np.int64]:
    rows = np.asarray(links, dtype=np.int64).reshape(-1, 2)
    if rows.size and rows.min() < 0:
        raise ValueError(f"entities are numbered from 0, got {rows.min()}")
    return rows


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
