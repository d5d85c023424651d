"""Draws plots with matplotlib, the same bytes for the same data and version of matplotlib."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from dualamn.errors import MissingExtraError
from render.specs import PUBLISHED_STYLE, Dot, DotPlot, LogPlot, Plot, digest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The colours of Okabe and Ito, which people with any colour vision can tell apart, each with a
# marker of its own.
STYLES = {
    "paper": ("#0072B2", "o"),
    "fast": ("#E69F00", "^"),
    "balanced": ("#009E73", "s"),
    "best": ("#D55E00", "D"),
    PUBLISHED_STYLE: ("#555555", "o"),
}
OTHERS = (("#CC79A7", "v"), ("#56B4E9", "P"), ("#000000", "X"))

SETTINGS: Any = {
    "svg.hashsalt": "dualamn",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.8,
    "text.color": "#222222",
    "axes.labelcolor": "#222222",
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.frameon": False,
}


def draw(plot: Plot, kind: str = "svg") -> bytes:
    """A plot as the bytes of an image file, which name the digest of its data.

    Args:
        plot: what to draw.
        kind: svg, or png to look at.

    Raises:
        MissingExtraError: matplotlib is not there.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise MissingExtraError(
            "drawing the plots needs matplotlib: pip install 'dualamn[results]'"
        ) from error
    # The file's own settings only: a user's matplotlibrc must not change what is drawn.
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        figure = _figure(plot)
        out = io.BytesIO()
        described: dict[str, Any] = {"Title": plot.title, "Description": digest(plot)}
        if kind == "svg":
            described["Date"] = None
        figure.savefig(out, format=kind, facecolor="white", dpi=160, metadata=described)
    # matplotlib leaves blanks at the ends of lines of SVG, which no repository likes.
    return out.getvalue() if kind != "svg" else _tidy(out.getvalue())


def _figure(plot: Plot) -> Figure:
    if isinstance(plot, DotPlot):
        return _dots(plot)
    return _logs(plot) if isinstance(plot, LogPlot) else _lines(plot)


def _tidy(svg: bytes) -> bytes:
    return b"\n".join(line.rstrip() for line in svg.splitlines()) + b"\n"


def _style(name: str, order: int = 0) -> tuple[str, str]:
    return STYLES.get(name) or OTHERS[order % len(OTHERS)]


def _dots(plot: DotPlot) -> Figure:
    from matplotlib.figure import Figure

    n_rows, n_panels = len(plot.rows), len(plot.panels)
    # A single panel, or two, would be stretched without these bounds.
    figure = Figure(
        figsize=(2.2 + 2.6 * max(n_panels, 2), 1.35 + 0.36 * n_rows), layout="constrained"
    )
    axes = figure.subplots(1, n_panels, sharex=True, sharey=True, squeeze=False)[0]
    low, high = _range([dot for _, dots in plot.panels for dot in dots])
    for ax, (title, dots) in zip(axes, plot.panels, strict=True):
        ax.set_title(title, fontweight="normal")
        for dot in dots:
            _dot(ax, dot, plot.rows.index(dot.row))
        ax.set_xlim(low, high)
        ax.set_ylim(-0.6, n_rows - 0.4)
        ax.set_yticks(range(n_rows), plot.rows)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.xaxis.set_major_locator(_even_ticks())
        ax.set_xlabel(plot.axis)
    figure.suptitle(plot.title, fontsize=10.5, fontweight="bold")
    return figure


def _dot(ax: Any, dot: Dot, row: int) -> None:
    color, marker = _style(dot.style, row)
    theirs = dot.style == PUBLISHED_STYLE
    if dot.low < dot.high:
        spread = [[max(0.0, dot.value - dot.low)], [max(0.0, dot.high - dot.value)]]
        ax.errorbar(
            *(dot.value, row),
            xerr=spread,
            fmt="none",
            ecolor=color,
            elinewidth=2,
            capsize=4.5,
            capthick=1.6,
            zorder=3,
        )
    ax.plot(
        *(dot.value, row),
        marker=marker,
        color=color,
        markerfacecolor="white" if theirs else color,
        markersize=5 if theirs else 4.5,
        markeredgewidth=1.4 if theirs else 0,
        zorder=4,
    )
    ax.annotate(
        f"{dot.value:.3f}".removeprefix("0"),
        (max(dot.value, dot.high), row),
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
        color="#222222",
        bbox={"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none"},
    )


def _range(dots: list[Dot]) -> tuple[float, float]:
    """An axis that shows the differences, with room for the numbers at the right."""
    low, high = min(dot.low for dot in dots), max(dot.high for dot in dots)
    room = max(high - low, 0.05)
    return low - 0.12 * room, high + 0.32 * room


def _even_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10])


def _lines(plot: Any) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullLocator

    figure = Figure(figsize=(5.2, 4.6) if plot.square else (7.0, 4.2), layout="constrained")
    ax = figure.subplots()
    for order, series in enumerate(plot.series):
        color, marker = _style(series.style, order)
        if series.low:
            errors = [
                [max(0.0, y - end) for y, end in zip(series.y, series.low, strict=True)],
                [max(0.0, end - y) for y, end in zip(series.y, series.high, strict=True)],
            ]
            ax.errorbar(
                series.x,
                series.y,
                yerr=errors,
                color=color,
                marker=marker,
                markersize=6,
                linewidth=1.8,
                capsize=3.5,
                label=series.label,
            )
        else:
            # The mark at the end stands for all links; without colour it tells lines apart.
            ax.plot(
                *(series.x, series.y),
                color=color,
                linewidth=2,
                marker=marker,
                markersize=7,
                markevery=[len(series.x) - 1],
                label=series.label,
            )
    if plot.ticks:
        ax.set_xscale("log")
        ax.set_xticks(plot.ticks)
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g}%"))
    if plot.square:
        ax.set_xlim(0, 1.02)
        ax.set_ylim(min(0.5, *(min(s.y) for s in plot.series)), 1.02)
    else:
        ax.set_ylim(0, 1)
    ax.set_xlabel(plot.x_axis)
    ax.set_ylabel(plot.y_axis)
    ax.set_title(plot.title)
    ax.legend(loc="lower left" if plot.square else "lower right")
    return figure


def _logs(plot: LogPlot) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullFormatter

    n_panels = len(plot.panels)
    figure = Figure(figsize=(2.2 + 2.3 * max(n_panels, 2), 3.6), layout="constrained")
    axes = figure.subplots(1, n_panels, sharex=True, sharey=True, squeeze=False)[0]
    for ax, (title, group) in zip(axes, plot.panels, strict=True):
        for order, series in enumerate(group):
            color, marker = _style(series.style, order)
            ax.plot(
                *(series.x, series.y),
                color=color,
                marker=marker,
                markersize=6,
                linewidth=1.8,
                label=series.label,
            )
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_title(title, fontweight="normal")
        ax.set_xlabel(plot.x_axis)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(FuncFormatter(_plain))
            axis.set_minor_formatter(NullFormatter())
        if not group:
            continue
        # A line of slope one: what a run takes when it grows as its data do.
        xs, low = [x for s in group for x in s.x], min(y for s in group for y in s.y)
        ax.plot(
            *((min(xs), max(xs)), (low, low * max(xs) / min(xs))),
            color="#999999",
            linestyle=":",
            linewidth=1.2,
            label="in proportion",
        )
    axes[0].set_ylabel(plot.y_axis)
    axes[0].legend(loc="upper left")
    figure.suptitle(plot.title, fontsize=10.5, fontweight="bold")
    return figure


def _plain(value: float, _: object) -> str:
    """A power of ten as people write it."""
    for unit, name in ((1e6, " million"), (1e3, ",000")):
        if value >= unit:
            return f"{value / unit:,.0f}{name}"
    return f"{value:g}"
