"""What the commands show: notes and progress on stderr, results on stdout."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import click

from dualamn.progress import Progress, ProgressCallback

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import ProgressColumn
    from rich.table import Table

    from dualamn.data_loaders.fetching import FetchCallback, FetchProgress

KEPT = "dualamn.kept"
"""Where commands leave, in `ctx.meta`, what is left behind if Ctrl-C is pressed now."""

SECONDS_BETWEEN_LINES = 10.0
"""How often progress is shown where there is no terminal to draw a bar on."""

RANKING = {"hits@1": "Hits@1", "hits@5": "Hits@5", "hits@10": "Hits@10", "mrr": "MRR"}
"""Measures of a ranking, and what tables call them."""

_WIDTH_OF_FILES = 120

STRICT = "strict: unknown links counted as incorrect"
"""What is said below tables of links."""

Clock = Callable[[], float]
Shows = Callable[[Any], None]


def keeps(kept: object) -> None:
    """Leaves with the command what is said after Ctrl-C or an error: what is kept of the work."""
    click.get_current_context().meta[KEPT] = kept


def note(text: str, *, quiet: bool = False) -> None:
    """Says something on stderr, unless it shall be quiet."""
    if not quiet:
        click.echo(text, err=True)


def results(*, to_stderr: bool = False) -> Console:
    """Where tables of results are printed."""
    from rich.console import Console

    stream = sys.stderr if to_stderr else sys.stdout
    # Where the terminal cannot show a character, a question mark is better than an error.
    if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() not in ("utf-8", "utf8"):
        stream.reconfigure(errors="replace")
    # Files and pipes have no width, and need not break the names of graphs.
    width = None if stream.isatty() or "COLUMNS" in os.environ else _WIDTH_OF_FILES
    return Console(stderr=to_stderr, highlight=False, width=width)


def say(to: Console, text: str = "", *, style: str = "") -> None:
    """Prints a line of plain text, which the terminal may wrap and nothing else does."""
    from rich.text import Text

    to.print(Text(text, style=style), soft_wrap=True)


def same_name_line(hits: float, candidates: str | None = None) -> str:
    """What the same name alone finds, to compare with scores that names took part in."""
    from dualamn.eval.verdicts import fraction

    where = "" if candidates is None else f", {candidates}"
    return f"exact name match{where}, left → right: Hits@1 {fraction(hits)} (ties are incorrect)"


def print_json(content: Mapping[str, Any]) -> None:
    """Prints an object for other programs."""
    click.echo(json.dumps(content, indent=2, ensure_ascii=False))


def table(*columns: str, text_columns: int = 1) -> Table:
    """An empty table; the columns after the first `text_columns` hold figures."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    made.caption_style, made.caption_justify = "dim", "left"
    for number, column in enumerate(columns):
        # Where the terminal is too narrow, names are broken and figures are not.
        if number < text_columns:
            made.add_column(Text(column), overflow="fold", min_width=len(column))
        else:
            made.add_column(Text(column), justify="right", no_wrap=True)
    return made


def add_row(to: Table, *cells: object) -> None:
    """Adds a row of plain text: square brackets in names are not taken for styles.

    Whole numbers have commas, others three decimals, and what was not measured is a dash.
    """
    from rich.text import Text

    from dualamn.eval.verdicts import fraction

    def shown(cell: object) -> Text:
        if isinstance(cell, Text):
            return cell
        if cell is None or isinstance(cell, float):
            return Text(fraction(cell))
        return Text(f"{cell:,}" if isinstance(cell, int) else str(cell))

    to.add_row(*map(shown, cells))


def progress(*, quiet: bool = False) -> AbstractContextManager[ProgressCallback]:
    """A callback that shows how far the library is.

    A bar with stage, loss and time to go on a terminal, a line now and then elsewhere.
    """
    return _shown(_lines, _bar, quiet=quiet)


def fetch_progress(*, quiet: bool) -> AbstractContextManager[FetchCallback]:
    """A callback that shows how far fetching is: bytes and files, a bar or lines as above."""
    return _shown(_fetch_lines, _fetch_bar, quiet=quiet)


@contextmanager
def _shown(
    lines: Callable[[], Shows],
    bar: Callable[[Console], AbstractContextManager[Shows]],
    *,
    quiet: bool,
) -> Iterator[Shows]:
    from rich.console import Console

    if quiet:
        yield lambda at: None
    elif (terminal := Console(stderr=True)).is_terminal:
        with bar(terminal) as shows:
            yield shows
    else:
        yield lines()


def _now_and_then(words: Callable[[Any], str], clock: Clock) -> Shows:
    """Says how far work is, in words if it has some, unless it did so a moment ago."""
    last = clock()

    def show(at: Any) -> None:
        nonlocal last
        if (text := words(at)) and (now := clock()) - last >= SECONDS_BETWEEN_LINES:
            last = now
            click.echo(text, err=True)

    return show


def _lines(clock: Clock = time.monotonic) -> ProgressCallback:
    """At most a line for every stage of every round, so that logs stay short."""
    last, told = clock(), set[tuple[str, str]]()

    def show(at: Progress) -> None:
        nonlocal last
        stage = at.place, at.stage
        if at.step == at.total or stage in told:
            return
        if (now := clock()) - last >= SECONDS_BETWEEN_LINES:
            last = now
            told.add(stage)
            of_total = "" if at.total is None else f" of {at.total:,}"
            place = f"{at.place}, " if at.place else ""
            done = "" if at.share is None else f", {at.share:.0%} of the run"
            click.echo(f"{place}{at.stage}: {at.step:,}{of_total}{done}", err=True)

    return show


def _fetch_lines(clock: Clock = time.monotonic) -> FetchCallback:
    from dualamn.data_loaders.fetching import megabytes

    def words(at: FetchProgress) -> str:
        if at.message:
            click.echo(at.message, err=True)
        if at.message or at.files == at.n_files:
            return ""
        of_total = "" if at.total is None else f" of {megabytes(at.total)}"
        return f"fetch: {megabytes(at.received)}{of_total}, {at.files} of {at.n_files} files"

    return _now_and_then(words, clock)


@contextmanager
def _bar(console: Console) -> Iterator[ProgressCallback]:
    """One bar for a whole run, with where in it the work is; else a bar for every stage."""
    from rich.progress import TextColumn

    bars = _bars(
        console, TextColumn("{task.fields[words]}"), to_go=TextColumn("{task.fields[rest]}")
    )
    shown: str | None = None
    started, furthest = 0.0, 0.0
    bar = None

    def show(at: Progress) -> None:
        nonlocal shown, bar, started, furthest
        share = at.share
        title = at.stage if share is None else "run"
        if share is not None and share < 0.5 < furthest and at.model == 1:
            shown = None  # another run
        if title != shown or bar is None:
            if bar is not None:
                bars.remove_task(bar)
            shown, bar = title, bars.add_task(at.stage, total=at.total, words="", rest="")
            started, furthest = time.monotonic(), 0.0
        loss = "" if at.loss is None else f", loss {at.loss:.3f}"
        done, total = float(at.step), at.total
        words = f"{at.step:,}{'' if at.total is None else f' of {at.total:,}'}{loss}"
        if share is not None:
            furthest = done = max(share, furthest)
            total = 1
            words = f"{at.place}{', ' if at.place else ''}{at.stage}{loss}"
        rest = _rest(time.monotonic() - started, done / total if total else 0.0)
        bars.update(bar, description=title, completed=done, total=total, words=words, rest=rest)

    with bars:
        yield show


def _rest(elapsed: float, share: float) -> str:
    """How long work will take from here, at the speed so far; a dash before that is known."""
    if share < 0.05 or elapsed < 1:
        return "-:--"
    minutes, seconds = divmod(round(elapsed * (1 - share) / share), 60)
    return f"{minutes}:{seconds:02}"


@contextmanager
def _fetch_bar(console: Console) -> Iterator[FetchCallback]:
    from rich.progress import DownloadColumn, TextColumn, TransferSpeedColumn
    from rich.text import Text

    columns = DownloadColumn(), TransferSpeedColumn(), TextColumn("{task.fields[files]} files")
    bars = _bars(console, *columns)
    bar = bars.add_task("fetch", total=None, files="")

    def show(at: FetchProgress) -> None:
        if at.message:
            bars.console.print(Text(at.message), soft_wrap=True)
        files = f"{at.files} of {at.n_files}"
        bars.update(bar, completed=at.received, total=at.total, files=files)

    with bars:
        yield show


def _bars(console: Console, *columns: ProgressColumn, to_go: ProgressColumn | None = None) -> Bars:
    """A bar that goes away when it is done: its stage, these columns, and time.

    `to_go` says how long it will take from here, by the speed of the last seconds if None.
    """
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    return Bars(
        TextColumn("{task.description:<8}"),
        BarColumn(),
        *columns,
        TimeElapsedColumn(),
        TextColumn("elapsed,"),
        to_go or TimeRemainingColumn(compact=True),
        TextColumn("to go"),
        console=console,
        transient=True,
        refresh_per_second=4,
    )
