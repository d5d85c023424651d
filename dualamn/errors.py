"""The errors that this package raises on purpose: what was seen, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any


class DualamnError(Exception):
    """Base of every error that a caller may want to catch."""


class DataError(DualamnError):
    """The input data cannot be used as it is.

    Args:
        message: what was seen and what to do about it, without the place.
        path: the file or folder at fault, if there is one.
        line: its line, counted from 1.
    """

    def __init__(
        self, message: str, *, path: str | Path | None = None, line: int | None = None
    ) -> None:
        self.path = None if path is None else Path(path)
        self.line = line
        self.message = message
        place = "" if path is None else f"{path}: " if line is None else f"{path}, line {line}: "
        super().__init__(place + message)


class ConfigError(DualamnError):
    """A setting has a value that cannot work."""


class TrainingError(DualamnError):
    """Training cannot go on: the loss is not finite, or it exploded."""


class CheckpointError(DualamnError):
    """A saved model or checkpoint is damaged or does not belong to this task."""


class DownloadError(DualamnError):
    """A data set could not be fetched; the message says what to place where instead."""


class MissingExtraError(DualamnError):
    """An optional dependency is needed and not installed; the message names its pip line."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """ ", did you mean 'paper'?" for a misspelt name that is near a known one, else ""."""
    close = get_close_matches(name, list(known), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def needs(module: str, *, extra: str) -> Any:
    """The module of an optional dependency.

    Args:
        module: what to import, such as "pyarrow.parquet".
        extra: the extra of setup.cfg that brings it.

    Raises:
        MissingExtraError: it is not installed; the message names its pip line.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise MissingExtraError(
            f"this needs {package}, which is not installed: pip install 'dualamn[{extra}]'"
        ) from None
