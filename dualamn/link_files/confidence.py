"""Links of which their file says that they are probable enough."""

from __future__ import annotations

from numbers import Real

from dualamn.errors import ConfigError
from dualamn.files.text import counted
from dualamn.link_files.link_table import LinkTable, number

MIN_CONFIDENCE = 0.5
"""Links that are less probable than this are more often incorrect than not."""


def checked_confidence(least: float) -> float:
    """The least confidence of links that a user gave.

    Raises:
        ConfigError: it is no probability.
    """
    if not isinstance(least, Real) or not 0 <= least <= 1:
        raise ConfigError(f"the least confidence of links lies between 0 and 1, got {least!r}")
    return least


def confident(table: LinkTable, least: float, notes: list[str]) -> LinkTable:
    """The links of a table that are probable enough, or of which nothing is said.

    What is said is the confidence of a mapping set or an Alignment, or a probability.

    Args:
        notes: where it is noted how many links were left out.
    """
    said = table.columns.get("confidence", table.columns.get("probability", ()))
    kept = [row for row, chance in enumerate(said) if not number(chance) < least]
    if len(kept) == len(said):
        return table
    notes.append(
        f"{table.path.name}: {counted(len(said) - len(kept), 'link')} with a confidence below "
        f"{least:g} left out (--min-confidence)"
    )
    return table.take(kept)
