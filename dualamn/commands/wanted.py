"""Which of the links that were found are written: options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from dualamn.commands import options

if TYPE_CHECKING:
    from dualamn.alignment import Alignment


@dataclass(frozen=True)
class Wanted:
    """How probable links have to be; `thresholds` makes it of options."""

    min_probability: float | None
    precision: float | None
    all_links: bool

    @property
    def asks_for_probabilities(self) -> bool:
        """Whether links need probabilities for this."""
        return self.min_probability is not None or self.precision is not None

    @property
    def is_given(self) -> bool:
        """Whether the user said anything."""
        return self.asks_for_probabilities or self.all_links

    def check(self) -> None:
        """Refuses options that contradict each other."""
        if self.all_links and self.asks_for_probabilities:
            raise click.UsageError(
                "--all writes every link: leave it out, or --min-probability and --precision."
            )

    def chosen(self, found: Alignment) -> tuple[Alignment, list[str]]:
        """The links that are probable enough, and a line on --precision, if given."""
        from dualamn.result import LIKELY

        if found.probabilities is None:
            return found, []
        if self.all_links:
            return found.confident(0), []
        least = self.min_probability
        if self.precision is None:
            return found.confident(LIKELY if least is None else least), []
        threshold = found.threshold(self.precision)
        return found.above(threshold).confident(least or 0), [str(threshold)]

    def notes(self, alignment: Alignment, place: str, *, has_iris: bool) -> list[str]:
        """What to know of links that state as facts what is improbable."""
        if not (self.all_links and has_iris) or alignment.probabilities is None:
            return []
        n_unlikely = len(alignment) - len(alignment.likely())
        return [
            f"{place} states {n_unlikely:,} links that are more likely incorrect, as --all asks for"
        ]


thresholds = options.gathered(
    "wanted",
    Wanted,
    click.option(
        "--min-probability",
        type=click.FloatRange(0, 1),
        metavar="P",
        help="Write links with this probability or more.  [0.5]",
    ),
    click.option(
        "--precision",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        metavar="P",
        help="Write as many links as possible with this share of them correct (95% confidence).",
    ),
    click.option(
        "--all", "all_links", is_flag=True, help="Write every link found, however improbable."
    ),
)
"""Adds the options on which links are written; the command gets `Wanted`, as `wanted`."""
