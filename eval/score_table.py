"""Small tables of plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dualamn.eval.verdicts import LINK_COLUMNS

LINKS_HEADER = ("links", *LINK_COLUMNS.values())
"""The header of a table of links, to rows of a name and `link_cells`."""


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns in line, the first flush left and the others flush right."""
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
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
    rates = ("precision", "recall", "f1")
    return [(fraction if key in rates else count)(values.get(key)) for key in LINK_COLUMNS]
