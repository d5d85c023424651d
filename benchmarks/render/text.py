"""How numbers and tables look in Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from render.runs import Figure, Report

GENERATED = "written by `make results` from the run files; do not edit"


def fraction(value: float) -> str:
    """A score with three digits and no zero in front, as papers print them."""
    return f"{value:.3f}".removeprefix("0")


def score(figure: Figure | None) -> str:
    """Mean and deviation of a score."""
    if figure is None:
        return ""
    return fraction(figure.mean) + ("" if figure.std is None else f" ± {fraction(figure.std)}")


def interval(figure: Figure | None) -> str:
    """The bounds from a bootstrap over test links, empty where there are none."""
    if figure is None or figure.interval is None:
        return ""
    low, high = figure.interval
    return f"{fraction(low)} to {fraction(high)}"


def seconds(value: float) -> str:
    """Whole seconds, with a digit behind the point below ten."""
    return f"{value:,.1f}" if value < 10 else f"{value:,.0f}"


def machine(described: Mapping[str, Any], threads: int | None = None) -> str:
    """A machine in a few words: its GPU, else cores, of which so many were used, and processor."""
    if described.get("gpu"):
        return str(described["gpu"])
    cores, processor = described.get("cores"), processor_of(described)
    if not cores or not processor:
        return "not recorded"
    fewer = "" if threads in (None, cores) else f"{threads} of "
    return f"{fewer}{cores} cores, {processor}, no GPU"


def processor_of(described: Mapping[str, Any]) -> str | None:
    """A machine's processor, and its vector instructions where they were recorded."""
    name, wide = described.get("processor"), described.get("instructions")
    return f"{name} with {wide}" if name and wide else name


def versions(report: Report) -> str:
    """The versions that change figures."""
    names = {"dualamn": "dualamn", "torch": "PyTorch", "faiss-cpu": "FAISS", "python": "Python"}
    return ", ".join(
        f"{shown} {report.versions[name]}"
        for name, shown in names.items()
        if name in report.versions
    )


def paragraph(words: str) -> str:
    """Text in lines of a hundred characters."""
    return textwrap.fill(words, width=100, break_long_words=False, break_on_hyphens=False)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 2) -> list[str]:
    """Lines of a Markdown table; columns after the first few are numbers, set to the right.

    Columns in which every row is empty are left out.
    """
    kept = [i for i in range(len(head)) if any(row[i] for row in rows)]
    rule = ["---" if i < left else "---:" for i in kept]
    return [
        _row([head[i] for i in kept]),
        _row(rule),
        *(_row([row[i] for i in kept]) for row in rows),
    ]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
