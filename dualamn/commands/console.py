"""What the commands show: notes and progress on stderr, results on stdout."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from dualamn.progress import Progress, ProgressCallback, silent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

KEPT = "dualamn.kept"
"""Where commands leave, in `ctx.meta`, what is left behind if Ctrl-C is pressed now."""

SECONDS_BETWEEN_LINES = 10.0
"""How often progress is told where there is no terminal to draw a bar on."""


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
    return Console(stderr=to_stderr, highlight=False)


def say(to: Console, text: str = "", *, style: str = "") -> None:
    """Prints a line of plain text, which the terminal may wrap and nothing else does."""
    from rich.text import Text

    to.print(Text(text, style=style), soft_wrap=True)


def table(*columns: str, text_columns: int = 1) -> Table:
    """An empty table; the columns after the first `text_columns` hold figures."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for number, column in enumerate(columns):
        # Where the terminal is too narrow, names are broken and figures are not.
        if number < text_columns:
            made.add_column(Text(column), overflow="fold", min_width=len(column))
        else:
            made.add_column(Text(column), justify="right", no_wrap=True)
    return made


def add_row(to: Table, *cells: object) -> None:
    """Adds a row of plain text: square brackets in names are not taken for styles."""
    from rich.text import Text

    to.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in cells))


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[ProgressCallback]:
    """A callback that shows how far the library is.

    A bar with stage, loss and time left on a terminal, a line now and then elsewhere.
    """
    if quiet:
        yield silent
        return
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines()
        return
    with _bars(console) as callback:
        yield callback


def _lines(clock: Callable[[], float] = time.monotonic) -> ProgressCallback:
    last = clock()

    def tell(at: Progress) -> None:
        nonlocal last
        now = clock()
        if now - last < SECONDS_BETWEEN_LINES or at.step == at.total:
            return
        last = now
        of_total = "" if at.total is None else f" of {at.total}"
        loss = "" if at.loss is None else f", loss {at.loss:.3f}"
        click.echo(f"{at.stage}: {at.step}{of_total}{loss}", err=True)

    return tell


@contextmanager
def _bars(console: Console) -> Iterator[ProgressCallback]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description:<8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[loss]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        refresh_per_second=4,
    )
    stage: str | None = None
    bar = None

    def tell(at: Progress) -> None:
        nonlocal stage, bar
        if at.stage != stage or bar is None:
            if bar is not None:
                bars.remove_task(bar)
            stage, bar = at.stage, bars.add_task(at.stage, total=at.total, loss="")
        loss = "" if at.loss is None else f"loss {at.loss:.3f}"
        bars.update(bar, completed=at.step, total=at.total, loss=loss)

    with bars:
        yield tell
