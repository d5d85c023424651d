"""Text files, line by line."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from dualamn.errors import DataError
from dualamn.files.atomic import atomic_write


def write_lines(path: str | Path, lines: Iterable[str]) -> None:
    """Writes lines, each with its own end, as UTF-8; the file is whole or as it was.

    Raises:
        DataError: the file cannot be written, or a line holds half of a surrogate pair.
    """
    with atomic_write(path) as file:
        for line in lines:
            try:
                file.write(line)
            except UnicodeEncodeError:
                raise DataError(f"cannot hold {short(line)}, which is no text", path=path) from None


def read_text(path: str | Path) -> str:
    """The text of a UTF-8 file, with its line ends as they are and no byte order mark.

    Raises:
        DataError: the file is missing, cannot be read or is not UTF-8.
    """
    data = read_bytes(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError("is not UTF-8 text, convert it first", path=path, line=line) from None


def read_bytes(path: str | Path) -> bytes:
    """What is in a file.

    Raises:
        DataError: it is missing, with the nearest name that is there, or cannot be read.
    """
    path = Path(path)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        names = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        near = get_close_matches(path.name, names, n=1)
        hint = f", did you mean {near[0]}?" if near else ""
        raise DataError(f"there is no such file{hint}", path=path) from None
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", path=path) from error


def short(value: object) -> str:
    """A value for a message, cut where it is too long to read."""
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "…"
