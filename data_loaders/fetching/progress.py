"""How fetching tells its caller how far it is: a callback, never a print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class FetchProgress:
    """How far the fetching of a data set is.

    Attributes:
        dataset: its name.
        files: how many files are done.
        n_files: how many there are to fetch.
        received: bytes that have come, or were here from an earlier try.
        total: how many bytes there will be; None while a file's size is not known.
        message: a line that people should see; empty where only the numbers changed.
    """

    dataset: str
    files: int
    n_files: int
    received: int
    total: int | None
    message: str = ""


FetchCallback = Callable[[FetchProgress], None]


def silent(_: FetchProgress) -> None:
    """The callback that does nothing."""


def megabytes(size: int) -> str:
    """A number of bytes in words."""
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size / 1e3:,.1f} kB"
