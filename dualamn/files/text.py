"""Text files, both ways, and what is said of a line that does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import DataError
from dualamn.files.atomic import atomic_write
from dualamn.files.opening import read_all

TAB, NEWLINE = 9, 10
OR_SKIP = ", or leave out what cannot be read (--skip-bad-lines)"
SAVE_AS_UTF8 = "save the file as UTF-8, or name its encoding, as in --encoding windows-1252"


@dataclass
class BadLines:
    """Lines that could not be read and were left out.

    Attributes:
        count: how many there are.
        first: the first of them, None if there is none.
    """

    count: int = 0
    first: int | None = None
    _last: int | None = field(default=None, repr=False)

    def add(self, line: int | None) -> bool:
        """Counts a line; False if it is the one counted last, so that reading got no further."""
        if line is None or line == self._last:
            return False
        self._last = line
        self.count += 1
        self.first = line if self.first is None else self.first
        return True

    def note(self, path: Path) -> list[str]:
        """One line about them, if there are any."""
        if not self.count:
            return []
        were = "line that cannot be read was", "lines that cannot be read were"
        first = "" if self.count == 1 else "the first is "
        return [f"{path.name}: {counted(self.count, *were)} left out ({first}line {self.first})"]


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


def read_text(path: Path, *, as_written: bool = False, encoding: str | None = None) -> str:
    """The text of a file, with Unix line ends unless `as_written`.

    Text that is not UTF-8 is in the given `encoding`, see `opened`.

    Raises:
        DataError: the file cannot be read, is not UTF-8, or, unless `as_written`, has a zero byte.
    """
    data = read_all(path, encoding) if as_written else read_bytes(path, encoding)
    return decode(path, data, may_have_zeros=as_written)


def unix_lines(text: str) -> str:
    """The text with the line ends of Unix, where it has those of Windows or old Macs."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def read_bytes(path: Path, encoding: str | None = None) -> bytes:
    """The bytes of a file, with Unix line ends; errors as `read_all`."""
    data = read_all(path, encoding)
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def decode(path: Path, data: bytes, *, may_have_zeros: bool = False) -> str:
    """The text of a file's bytes.

    Raises:
        DataError: it is not UTF-8, or has a zero byte where it may not, at this line.
    """
    zero = -1 if may_have_zeros else data.find(b"\0")
    if zero >= 0:
        raise DataError(
            f"a zero byte at offset {zero} means that this is no text file; expected UTF-8 text",
            path=path,
            line=data.count(b"\n", 0, zero) + 1,
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise DataError(
            f"byte 0x{data[error.start]:02x} at byte {column} of the line is not UTF-8; "
            f"{SAVE_AS_UTF8}",
            path=path,
            line=data.count(b"\n", 0, error.start) + 1,
        ) from None


def read_lines(path: Path) -> list[str]:
    """The names of a text file that holds one a line.

    Raises:
        DataError: the file cannot be read, is empty or not UTF-8, or has a blank line inside.
    """
    text = read_text(path).rstrip("\n")
    if not text:
        raise DataError("the file is empty; expected one name a line", path=path)
    lines = text.split("\n")
    if "" in lines:
        raise DataError(
            "the line is blank, but every line counts as a name; fill it",
            path=path,
            line=lines.index("") + 1,
        )
    return lines


def is_regular(separators: NDArray[np.uint8], width: int, separator: int = TAB) -> bool:
    """Whether the separators and line ends of a file say that every line has `width` fields."""
    if len(separators) % width:
        return False
    table = separators.reshape(-1, width)
    return bool((table[:, :-1] == separator).all() and (table[:, -1] == NEWLINE).all())


def check_width(
    path: Path,
    line: int,
    found: Sequence[str],
    fields: Sequence[str],
    widths: Sequence[int],
    separator: str = "\t",
    hint: str = "",
) -> None:
    """Refuses a line, from 1, whose number of fields is none of `widths`.

    What else can be done about it is in `hint`.

    Raises:
        DataError: it names what was found, and the `fields` that there should be.
    """
    if len(found) in widths:
        return
    separator = {",": "commas", "\t": "tabs"}.get(separator, repr(separator))
    raise DataError(
        f"expected {len(fields)} fields separated by {separator} ({', '.join(fields)}), "
        f"found {len(found)}: {short(list(found))}; correct or remove the line{hint}",
        path=path,
        line=line,
    )


def empty_file(path: Path, fields: Sequence[str]) -> DataError:
    """The error of a file without any row."""
    return DataError(f"the file is empty; expected lines of {', '.join(fields)}", path=path)


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 line", "1,200 lines"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def short(value: object) -> str:
    """A value for a message, cut where it is too long to read."""
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "…"
