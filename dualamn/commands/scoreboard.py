"""A benchmark's report as tables for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dualamn.commands import console
from dualamn.commands.console import add_row, table
from dualamn.commands.tables import RANKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

CANDIDATES = {"test_only": "test side", "all_entities": "all entities"}
DIRECTIONS = {"left_to_right": "left → right", "right_to_left": "right → left"}


def print_report(report: Mapping[str, Any], to: Console) -> None:
    """Prints scores, seconds and memory, with deviations where there were several runs."""
    mean, std = report["mean"], report["std"]
    runs = len(report["runs"])
    title = (
        f"{report['dataset']}, preset {report['preset']}, matcher {report['settings']['matcher']}"
    )
    if runs > 1:
        title += f", mean ± deviation of {runs} runs"
    several = "pairs" in mean
    console.say(to, title, style="bold")
    if several:
        console.say(to, "mean over the pairs of graphs, all test links")
    to.print(_scores(mean, std))
    if several:
        implied = f"{mean['implied_test_links']:,.0f} test links that follow from seed links"
        console.say(to, f"the same without the {implied} over a third graph")
        to.print(_scores(mean["without_implied"], std and std["without_implied"]))
        console.say(to, "Hits@1 of each pair of graphs, in brackets without those test links")
        to.print(_pairs(mean))
    to.print(_costs(mean, std))


def _scores(mean: Mapping[str, Any], std: Mapping[str, Any] | None) -> Table:
    shown = table("candidates, direction", *RANKING.values())
    for protocol, candidates in CANDIDATES.items():
        for direction, arrow in DIRECTIONS.items():
            at = mean["metrics"][protocol][direction]
            spread = None if std is None else std["metrics"][protocol][direction]
            if at["mrr"] is not None:
                cells = (_with_spread(at[key], spread and spread[key]) for key in RANKING)
                add_row(shown, f"{candidates}, {arrow}", *cells)
    return shown


def _pairs(mean: Mapping[str, Any]) -> Table:
    """Hits@1 of every pair of graphs, and what is left of it without implied links."""
    ran = [p for p in CANDIDATES if mean["metrics"][p]["left_to_right"]["mrr"] is not None]
    columns = [f"{CANDIDATES[p]} {arrow}" for p in ran for arrow in ("→", "←")]
    shown = table("pair", *columns)
    for name, metrics in mean["pairs"].items():
        free = mean["without_implied"]["pairs"][name]
        cells = (
            f"{_three(metrics[p][d]['hits@1'])} ({_three(free[p][d]['hits@1'])})"
            for p in ran
            for d in DIRECTIONS
        )
        add_row(shown, name, *cells)
    return shown


def _costs(mean: Mapping[str, Any], std: Mapping[str, Any] | None) -> Table:
    shown = table(*(f"{name} s" for name in mean["seconds"]), "peak GiB", text_columns=0)
    spread = std["seconds"] if std is not None else {}
    cells = []
    for name, value in mean["seconds"].items():
        cells.append(f"{value:.1f} ±{spread[name]:.1f}" if spread else f"{value:.1f}")
    add_row(shown, *cells, f"{mean['peak_memory_bytes'] / 2**30:.2f}")
    return shown


def _with_spread(value: float, spread: float | None) -> str:
    # As papers write it, so that four of them fit beside each other: 0.741 ±.003
    return f"{value:.3f}" if spread is None else f"{value:.3f} ±{spread:.3f}".replace("±0", "±")


def _three(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
