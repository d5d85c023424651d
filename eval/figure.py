"""Single figures that know what they were measured under, so that unlike ones stay apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dualamn.errors import ConfigError
from dualamn.eval.ranking import Interval
from dualamn.result import CandidateProtocol

Direction = Literal["left_to_right", "right_to_left"]

DIRECTIONS: tuple[Direction, ...] = ("left_to_right", "right_to_left")


@dataclass(frozen=True)
class Figure:
    """One metric's value, with all that it depends on.

    Hits@1 among the test side and among all entities are two different quantities. So figures
    have no order and are no numbers: `a - b` and `mean_figure` work for figures of one kind and
    refuse others.

    Attributes:
        metric: its name, such as "hits@1" or "f1".
        value: the value, for rates a fraction.
        protocol: whose entities were queries and candidates.
        direction: which side's entities were the queries; None for measures of links, which
            have no direction.
        candidates: how many entities each query was ranked among, the mean over pairs of graphs
            where there are several; None for measures of links.
        interval: within which the value lies, as `bootstrap_intervals` gives it; None if it is
            not known.
    """

    metric: str
    value: float
    protocol: CandidateProtocol
    direction: Direction | None = None
    candidates: float | None = None
    interval: Interval | None = None

    def __sub__(self, other: Figure) -> float:
        """How much higher this figure is.

        Raises:
            ConfigError: the other is of another metric, protocol or direction.
        """
        if not isinstance(other, Figure):
            return NotImplemented
        _check_alike([self, other])
        return self.value - other.value

    def __str__(self) -> str:
        interval = "" if self.interval is None else " [{:.3f}, {:.3f}]".format(*self.interval)
        parts = [f"{self.metric} {self.value:.3f}{interval}", self.protocol]
        if self.direction is not None:
            parts.append(self.direction.replace("_", " "))
        if self.candidates is not None:
            parts.append(f"{self.candidates:,.0f} candidates")
        return ", ".join(parts)


def mean_figure(figures: Sequence[Figure]) -> Figure:
    """The mean over several runs, folds or data sets, without an interval.

    Raises:
        ConfigError: no figures, or some of another metric, protocol or direction.
    """
    if not figures:
        raise ConfigError("there is no mean of no figures")
    _check_alike(figures)
    first = figures[0]
    sizes = [figure.candidates for figure in figures if figure.candidates is not None]
    return Figure(
        first.metric,
        sum(figure.value for figure in figures) / len(figures),
        first.protocol,
        first.direction,
        sum(sizes) / len(sizes) if len(sizes) == len(figures) else None,
    )


def _check_alike(figures: Sequence[Figure]) -> None:
    for name in ("metric", "protocol", "direction"):
        kinds = dict.fromkeys(str(getattr(figure, name)) for figure in figures)
        if len(kinds) > 1:
            raise ConfigError(
                f"figures of different {name} cannot be compared or averaged: {', '.join(kinds)}"
            )
