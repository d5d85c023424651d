"""What the plots show, as plain data: nothing here needs matplotlib.

A plot is out of date when the data in it are not these any more, so each carries their digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from dualamn.bench.published import Published
from render.lines import PROTOCOLS, Line, Setting, main_reports, percent, preset_order, seed_share
from render.runs import SEED_SHARE, Figure, Report

DRAWING = 2
"""Raised when `draw` changes how plots look, so that the old ones count as out of date."""

PUBLISHED_STYLE = "published"


@dataclass(frozen=True)
class Dot:
    """A value with its bounds in one row of a panel; `style` is a preset or "published"."""

    row: str
    value: float
    low: float
    high: float
    style: str


@dataclass(frozen=True)
class DotPlot:
    """Methods as rows, one panel for every data set, all with the same axis."""

    name: str
    title: str
    axis: str
    rows: tuple[str, ...]
    panels: tuple[tuple[str, tuple[Dot, ...]], ...]


@dataclass(frozen=True)
class Series:
    """A line of points with the bounds of each; `style` is a preset."""

    label: str
    style: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True)
class LogPlot:
    """Panels of lines, both axes logarithmic, all panels with the same ones."""

    name: str
    title: str
    x_axis: str
    y_axis: str
    panels: tuple[tuple[str, tuple[Series, ...]], ...]


@dataclass(frozen=True)
class LinePlot:
    """Lines over one axis; `ticks` are shown as percentages on a logarithmic axis."""

    name: str
    title: str
    x_axis: str
    y_axis: str
    series: tuple[Series, ...]
    ticks: tuple[float, ...] = ()
    square: bool = False


Plot = DotPlot | LinePlot | LogPlot


def digest(plot: Plot) -> str:
    """Tells whether a drawn plot shows these data."""
    content = json.dumps([DRAWING, type(plot).__name__, asdict(plot)], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def plots(
    lines: Mapping[Setting, Sequence[Line]], reports: Sequence[Report], published: Published
) -> list[Plot]:
    """All plots of the page."""
    found: list[Plot] = [
        dot_plot(setting, group, published)
        for setting, group in lines.items()
        if any(line.ours for line in group)
    ]
    if (shares := seed_share_plot(reports, published)) is not None:
        found.append(shares)
    return found + curve_plots(reports, published)


def dot_plot(setting: Setting, lines: Sequence[Line], published: Published) -> DotPlot:
    """Hits@1 of every method on every data set of one setting."""
    panels: dict[str, list[Dot]] = {}
    for line in lines:
        low, high = line.scores["hits@1"].bounds
        style = line.method if line.ours else PUBLISHED_STYLE
        dot = Dot(_row_name(line), line.scores["hits@1"].mean, low, high, style)
        panels.setdefault(published.dataset(line.dataset).title, []).append(dot)
    ours = sorted({line.method for line in lines if line.ours}, key=preset_order)
    named = {line.method: _row_name(line) for line in lines if line.ours}
    theirs: dict[str, list[float]] = {}
    for line in lines:
        if not line.ours:
            theirs.setdefault(_row_name(line), []).append(line.scores["hits@1"].mean)
    worst_first = sorted(theirs, key=lambda name: (min(theirs[name]), name))
    rows = (*worst_first, *(named[method] for method in ours))
    return DotPlot(
        name=setting_name(setting),
        title=f"{setting.family}: {setting.caption()}",
        axis="Hits@1",
        rows=rows,
        panels=tuple((title, tuple(dots)) for title, dots in panels.items()),
    )


def _row_name(line: Line) -> str:
    return f"dualamn {line.method}" if line.ours else line.method


def setting_name(setting: Setting) -> str:
    """A name for files."""
    words = [setting.family, setting.protocol, setting.direction]
    if setting.seed_share is not None:
        words.append(f"{100 * setting.seed_share:.3g}")
    return slug(" ".join(words))


def slug(text: str) -> str:
    """Text as part of a file name."""
    return "_".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


@dataclass(frozen=True, eq=False)
class ShareStudy:
    """Hits@1 by share of seeds, test side only, left to right, for every preset of a data set."""

    dataset: str
    presets: Mapping[str, Mapping[float, Figure]]

    @property
    def shares(self) -> list[float]:
        """All shares that occur, rising."""
        return sorted({share for figures in self.presets.values() for share in figures})


def share_study(reports: Sequence[Report], published: Published) -> list[ShareStudy]:
    """The study of seed shares, by data set."""
    found: dict[str, dict[str, dict[float, Figure]]] = {}
    for report in reports:
        if not report.file.startswith(f"{SEED_SHARE}/"):
            continue
        figure = report.score("test_only", "left_to_right", "hits@1")
        share = seed_share(report, published)
        if figure is not None and share is not None:
            found.setdefault(report.dataset, {}).setdefault(report.preset, {})[share] = figure
    return [
        ShareStudy(
            name, {p: dict(sorted(presets[p].items())) for p in sorted(presets, key=preset_order)}
        )
        for name, presets in sorted(
            found.items(), key=lambda item: published.dataset_order(item[0])
        )
    ]


def seed_share_plot(reports: Sequence[Report], published: Published) -> LinePlot | None:
    """Hits@1 against the share of seeds, on the first data set that was studied."""
    studies = share_study(reports, published)
    if not studies:
        return None
    study = studies[0]
    series = []
    for preset, figures in study.presets.items():
        bounds = [figure.bounds for figure in figures.values()]
        series.append(
            Series(
                label=preset,
                style=preset,
                x=tuple(figures),
                y=tuple(figure.mean for figure in figures.values()),
                low=tuple(low for low, _ in bounds),
                high=tuple(high for _, high in bounds),
            )
        )
    return LinePlot(
        name="seed_share",
        title=f"{title_of(study.dataset, published)}: test side only, left to right",
        x_axis="share of the links given as seeds",
        y_axis="Hits@1",
        series=tuple(series),
        ticks=tuple(study.shares),
    )


def curve_plots(reports: Sequence[Report], published: Published) -> list[LinePlot]:
    """Precision against recall, a plot for every data set, protocol and share of seeds."""
    found: dict[tuple[str, str, float | None], list[Series]] = {}
    ordered = sorted(
        main_reports(reports),
        key=lambda r: (published.dataset_order(r.dataset), preset_order(r.preset), r.file),
    )
    for report in ordered:
        for protocol in link_protocols(report, "curves"):
            curve = report.curve(protocol)
            if curve is None:
                continue
            pairs = zip(curve["recall"], curve["precision"], strict=True)
            points = [(x, y) for x, y in pairs if x is not None and y is not None]
            if points:
                x, y = zip(*points, strict=True)
                key = (report.dataset, protocol, seed_share(report, published))
                series = Series(report.preset, report.preset, tuple(x), tuple(y))
                found.setdefault(key, []).append(series)
    return [
        LinePlot(
            name=slug(" ".join(["curve", dataset, protocol, *share_words(share)])),
            title=f"{title_of(dataset, published)}: links given out, {protocol_words(protocol)}",
            x_axis="recall",
            y_axis="precision",
            series=tuple(series),
            square=True,
        )
        for (dataset, protocol, share), series in found.items()
    ]


def link_protocols(report: Report, key: str) -> list[str]:
    """The protocols of links on the page: those where a query may lack a counterpart.

    Among the entities of the test links every one has a counterpart, so precision says nothing
    that Hits@1 does not say.
    """
    return [name for name in report.protocols_of(key) if name != "test_only"]


def share_words(share: float | None) -> list[str]:
    """The share of seeds, where it is known."""
    return [] if share is None else [percent(share)]


def protocol_words(protocol: str) -> str:
    """A protocol as it is written out."""
    return PROTOCOLS.get(protocol, protocol.replace("_", " "))


def title_of(dataset: str, published: Published) -> str:
    """A data set with its family."""
    known = published.dataset(dataset)
    return known.title if known.family == known.title else f"{known.family} {known.title}"
