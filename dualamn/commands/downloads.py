"""Fetching as the commands show it: what comes from where, a bar, and what is tried again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dualamn.commands import console

if TYPE_CHECKING:
    from rich.console import Console

    from dualamn.data_loaders.fetching.fetch import FetchCallback, FetchProgress

KEPT = "complete files are kept; the same command fetches the others."
"""What is said after Ctrl-C."""


def fetch(
    name: str,
    data: Path | None,
    *,
    base: str | None = None,
    check: bool = False,
    quiet: bool = False,
) -> Path:
    """The path of a data set, fetched if it is known and not here; see `dualamn.fetch`."""
    from dualamn.data_loaders import fetch

    try:
        with _progress(quiet=quiet) as progress:
            return fetch(name, data, base=base, check=check, progress=progress)
    except KeyboardInterrupt:
        click.get_current_context().meta[console.KEPT] = KEPT
        raise


def fetch_missing(paths: Sequence[str], data: Path | None, *, quiet: bool = False) -> float:
    """Fetches a known data set that is not on this machine; seconds that this took.

    Args:
        paths: what the user wants aligned; only a path alone can be the name of a data set.
        data: the data folder.
        quiet: whether to show nothing.

    Raises:
        DataError: there is no such data set.
        DownloadError: it could not be fetched.
    """
    from dualamn.data_loaders.catalog import find

    if len(paths) != 1 or find(paths[0], data) is not None:
        return 0.0
    begin = time.monotonic()
    fetch(paths[0], data, quiet=quiet)
    return time.monotonic() - begin


@contextmanager
def _progress(*, quiet: bool) -> Iterator[FetchCallback]:
    """A callback that shows how far fetching is: a bar on a terminal, else lines."""
    from rich.console import Console

    from dualamn.data_loaders.fetching.fetch import silent

    if quiet:
        yield silent
        return
    to = Console(stderr=True)
    if not to.is_terminal:
        yield _lines()
        return
    with _bar(to) as callback:
        yield callback


def _lines(clock: Callable[[], float] = time.monotonic) -> FetchCallback:
    from dualamn.data_loaders.fetching.fetch import megabytes

    last = clock()

    def tell(at: FetchProgress) -> None:
        nonlocal last
        if at.message:
            click.echo(at.message, err=True)
        now = clock()
        if at.message or now - last < console.SECONDS_BETWEEN_LINES or at.files == at.n_files:
            return
        last = now
        of_total = "" if at.total is None else f" of {megabytes(at.total)}"
        click.echo(
            f"fetch: {megabytes(at.received)}{of_total}, {at.files} of {at.n_files} files", err=True
        )

    return tell


@contextmanager
def _bar(to: Console) -> Iterator[FetchCallback]:
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.text import Text

    bars = Progress(
        TextColumn("{task.description:<8}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("{task.fields[files]} files, left"),
        TimeRemainingColumn(),
        console=to,
        transient=True,
        refresh_per_second=4,
    )
    bar = bars.add_task("fetch", total=None, files="")

    def tell(at: FetchProgress) -> None:
        if at.message:
            bars.console.print(Text(at.message), soft_wrap=True)
        files = f"{at.files} of {at.n_files}"
        bars.update(bar, completed=at.received, total=at.total, files=files)

    with bars:
        yield tell
