"""The measurements of `dualamn bench` as tables for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dualamn.commands import console
from dualamn.commands.console import add_row, table
from dualamn.commands.console_tables import LINK_RATES, RANKING, STRICT, fraction, same_name_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

CANDIDATES = {
    "test_only": "test side",
    "all_entities": "all entities",
    "unaligned": "without a seed link",
}
DIRECTIONS = {"left_to_right": "left → right", "right_to_left": "right → left"}


def print_report(report: Mapping[str, Any], to: Console) -> None:
    """Prints scores, seconds and memory, with standard deviations over several runs."""
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
    only = report["runs"][0] if runs == 1 else None
    _print_scores(to, mean, std, only)
    _print_names(to, report)
    for run in report["runs"]:
        for protocol, notes in run.get("notes", {}).items():
            for note in notes:
                console.say(to, f"seed {run['seed']}, among {CANDIDATES[protocol]}: {note}")
    to.print(_links(mean, std))
    if several:
        implied = f"{mean['implied_test_links']:,.0f} test links that follow from seed links"
        console.say(to, f"the same without the {implied} over a third graph")
        _print_scores(to, mean["without_implied"], std and std["without_implied"])
        console.say(to, "Hits@1 of each pair of graphs, in brackets without those test links")
        to.print(_pairs(mean))
    to.print(_costs(mean, std))
    # Published figures are of structure alone.
    if "names_from" not in report["settings"]:
        _print_published(to, report)


def _print_names(to: Console, report: Mapping[str, Any]) -> None:
    """What the same name alone finds, and pseudo-seeds, where names took part."""
    for protocol, hits in report["mean"].get("exact_name_match", {}).items():
        console.say(to, same_name_line(hits, CANDIDATES[protocol]))
    for run in report["runs"]:
        if "own_seeds" in run:
            console.say(to, f"no seed links, seed {run['seed']}: {run['own_seeds']}")


def _print_published(to: Console, report: Mapping[str, Any]) -> None:
    """Published figures of the same data set and candidates, where they are known."""
    from dualamn.bench.published import read_published

    published = read_published()
    share = report["settings"]["train_ratio"]
    shown = table("published, test side", "direction", *RANKING.values(), text_columns=2)
    for figure in published.beside(report["dataset"], "test_only", share):
        direction = DIRECTIONS.get(figure.direction, figure.direction)
        add_row(shown, figure.method, direction, *(fraction(figure.scores.get(k)) for k in RANKING))
    if shown.row_count:
        to.print(shown)


def _print_scores(
    to: Console,
    mean: Mapping[str, Any],
    std: Mapping[str, Any] | None,
    only: Mapping[str, Any] | None = None,
) -> None:
    """The rankings of every protocol; for a single run with intervals over the test links.

    Nothing where the matcher does not rank.
    """
    shown = table("candidates, direction", *RANKING.values())
    for protocol, direction in _ranked(mean):
        at = mean["metrics"][protocol][direction]
        spread = None if std is None else std["metrics"][protocol][direction]
        cells = (_with_spread(at[key], spread and spread[key]) for key in RANKING)
        add_row(shown, f"{CANDIDATES[protocol]}, {DIRECTIONS[direction]}", *cells)
        ends = None if only is None else only["intervals"][protocol][direction]
        if ends is not None:
            between = (f"{low:.3f}-{high:.3f}" for low, high in (ends[key] for key in RANKING))
            add_row(shown, "  95% of test link draws", *between)
    if shown.row_count:
        to.print(shown)


def _ranked(scores: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The protocols and directions that there are rankings of."""
    metrics = scores["metrics"]
    return [
        (protocol, direction)
        for protocol in CANDIDATES
        if protocol in metrics
        for direction in DIRECTIONS
        if metrics[protocol][direction]["mrr"] is not None
    ]


def _links(mean: Mapping[str, Any], std: Mapping[str, Any] | None) -> Table:
    """Precision, recall and F1 of the links; the strict ones count unknown links as incorrect."""
    shown = table("links among", *LINK_RATES.values())
    shown.caption = STRICT
    for protocol, candidates in CANDIDATES.items():
        if protocol in mean["links"]:
            at = mean["links"][protocol]
            spread = None if std is None else std["links"][protocol]
            cells = (_with_spread(at[key], spread and spread[key]) for key in LINK_RATES)
            add_row(shown, candidates, *cells)
    return shown


def _pairs(mean: Mapping[str, Any]) -> Table:
    """Hits@1 of every pair of graphs, and what is left of it without implied links."""
    ran = list(dict.fromkeys(protocol for protocol, _ in _ranked(mean)))
    columns = [f"{CANDIDATES[p]} {arrow}" for p in ran for arrow in ("→", "←")]
    shown = table("pair", *columns)
    for name, metrics in mean["pairs"].items():
        free = mean["without_implied"]["pairs"][name]
        cells = (
            f"{fraction(metrics[p][d]['hits@1'])} ({fraction(free[p][d]['hits@1'])})"
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


def _with_spread(value: float | None, spread: float | None) -> str:
    # As papers write it, so that four of them fit beside each other: 0.741 ±.003
    if spread is None:
        return fraction(value)
    return f"{fraction(value)} ±{spread:.3f}".replace("±0", "±")
