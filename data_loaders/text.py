"""Reads text files of fields separated by tabs or commas, fast where they are regular.

A regular file is parsed with array operations. Only one that is not (a blank line, a padded or
missing field) is read again line by line, which either reads it or names the line at fault.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dualamn.data_loaders.files import read_all, suffix
from dualamn.errors import DataError

_TAB, _NEWLINE, _ZERO = 9, 10, 48
_INTEGER = re.compile(r"([0-9]{1,18})(?:\.0*)?")
_LARGEST_DIGITS = 18  # any number of 18 digits fits into 64 bits


@dataclass(frozen=True, eq=False)
class IdTable:
    """A file of integer ids.

    Attributes:
        path: the file.
        rows: (m, columns) int64.
        lines: (m,) the line of every row, or None if row i is on line i + 1.
    """

    path: Path
    rows: NDArray[np.int64]
    lines: NDArray[np.int64] | None = None

    def line(self, row: int) -> int:
        """The line, counted from 1, that a row was read from."""
        return int(row + 1 if self.lines is None else self.lines[row])


@dataclass(frozen=True, eq=False)
class StringTable:
    """A file of strings.

    Attributes:
        path: the file.
        columns: one list of m strings for every column.
        lines: the line of every row, or None if row i is on line i + 1.
    """

    path: Path
    columns: tuple[list[str], ...]
    lines: list[int] | None = None

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def line(self, row: int) -> int:
        """The line, counted from 1, that a row was read from."""
        return row + 1 if self.lines is None else self.lines[row]

    def take(self, columns: Sequence[int]) -> StringTable:
        """The table of some columns, in their order."""
        return StringTable(self.path, tuple(self.columns[at] for at in columns), self.lines)

    def without_first(self) -> StringTable:
        """The table without its first row, which turned out to be a header."""
        lines = [self.line(row) for row in range(1, len(self))]
        return StringTable(self.path, tuple(column[1:] for column in self.columns), lines)


def read_ids(path: Path, fields: Sequence[str], *, may_be_empty: bool = False) -> IdTable:
    """Reads a file of integer ids, one row a line, fields separated by tabs.

    Numbers written as floats (``12.0``) and fields separated by spaces are read too.

    Args:
        path: the file.
        fields: what the columns hold, for messages; their number is the number of columns.
        may_be_empty: whether a file without any row is fine.

    Raises:
        DataError: the file cannot be read, is empty, or has a line that does not fit.
    """
    data = _read(path)
    rows = _parse_regular_ids(data, len(fields))
    table = _parse_ids(path, data, fields) if rows is None else IdTable(path, rows)
    if not len(table.rows) and not may_be_empty:
        raise _empty(path, fields)
    return table


def read_strings(
    path: Path,
    fields: Sequence[str],
    *,
    more: Sequence[int] = (),
    may_be_empty: bool = False,
    may_have_gaps: bool = False,
) -> StringTable:
    """Reads a file of strings: comma-separated with quotes if named ``.csv``, else tabs.

    Args:
        path: the file.
        fields: what the columns hold, for messages; their number is the number of columns.
        more: other numbers of columns that are fine too, if all lines have the same.
        may_be_empty: whether a file without any row is fine.
        may_have_gaps: whether fields may be empty.

    Raises:
        DataError: the file cannot be read, is empty or not UTF-8, or has a line that does not fit.
    """
    text = read_text(path)
    return parse_strings(
        path, text, fields, more=more, may_be_empty=may_be_empty, may_have_gaps=may_have_gaps
    )


def parse_strings(
    path: Path,
    text: str,
    fields: Sequence[str],
    *,
    more: Sequence[int] = (),
    may_be_empty: bool = False,
    may_have_gaps: bool = False,
) -> StringTable:
    """The table in the text of a file, see `read_strings`."""
    widths = (len(fields), *more)
    if suffix(path) == ".csv":
        table = _parse_csv(path, text, fields, widths, may_have_gaps)
    else:
        columns = _parse_regular_strings(text, widths)
        if columns:
            table = StringTable(path, columns)
        else:
            table = _parse_tsv(path, text, fields, widths, may_have_gaps)
    if not len(table) and not may_be_empty:
        raise _empty(path, fields)
    return table


def read_text(path: Path) -> str:
    """The text of a file, with Unix line ends; see `read_strings` for errors."""
    return _decode(path, _read(path))


def first_row(path: Path, text: str) -> list[str]:
    """The fields of the first line that is not blank; none if there is no such line."""
    line = next((line for line in text.split("\n", 100) if line.strip(" ")), "")
    if suffix(path) != ".csv":
        return line.split("\t") if line else []
    return next(csv.reader(io.StringIO(line, newline="")), [])


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


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 line", "1,200 lines"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _read(path: Path) -> bytes:
    data = read_all(path)
    # The line ends of Windows and of old Macs.
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data


def _decode(path: Path, data: bytes) -> str:
    zero = data.find(b"\0")
    if zero >= 0:
        raise DataError(
            f"a zero byte at offset {zero} means that this is no text file; expected UTF-8 text",
            path=path,
            line=data.count(b"\n", 0, zero) + 1,
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise DataError(
            f"byte 0x{data[error.start]:02x} at byte {column} of the line is not UTF-8; "
            "save the file as UTF-8",
            path=path,
            line=line,
        ) from None


def _parse_regular_ids(data: bytes, width: int) -> NDArray[np.int64] | None:
    """(m, width) numbers, or None unless every line is `width` numbers with a tab between."""
    data = data.rstrip(b"\n") + b"\n"
    if data == b"\n":
        return np.empty((0, width), dtype=np.int64)
    text = np.frombuffer(data, dtype=np.uint8)
    # Bytes below "0" wrap around, so one comparison finds the digits.
    ends = np.flatnonzero((text - np.uint8(_ZERO)) > 9)
    if not _is_regular(text[ends], width):
        return None
    lengths = np.diff(ends, prepend=-1) - 1
    longest = int(lengths.max())
    if lengths.min() < 1 or longest > _LARGEST_DIGITS:
        return None
    # Digits are added up from the last one of every number to the first.
    values = text[ends - 1].astype(np.int64) - _ZERO
    for place in range(1, longest):
        digits = text[ends - 1 - place].astype(np.int64) - _ZERO
        values += np.where(lengths > place, digits, 0) * 10**place
    return values.reshape(-1, width)


def _is_regular(separators: NDArray[np.uint8], width: int) -> bool:
    """Whether the separators of a file say that every line has `width` fields."""
    if len(separators) % width:
        return False
    table = separators.reshape(-1, width)
    return bool((table[:, :-1] == _TAB).all() and (table[:, -1] == _NEWLINE).all())


def _parse_ids(path: Path, data: bytes, fields: Sequence[str]) -> IdTable:
    rows: list[list[int]] = []
    lines: list[int] = []
    for number, line in enumerate(_decode(path, data).split("\n"), start=1):
        if not line.strip(" "):  # a line of nothing but tabs has empty fields
            continue
        found = line.split("\t") if "\t" in line else line.split()
        _check_width(path, number, found, fields, (len(fields),))
        row = []
        for field, what in zip(found, fields, strict=True):
            match = _INTEGER.fullmatch(field.strip())
            if match is None:
                raise DataError(
                    f"the {what} is {short(field)}, but this layout needs a whole number "
                    f"from 0 to {10**_LARGEST_DIGITS - 1}; correct the line, or load files "
                    "with names as plain tab-separated tables",
                    path=path,
                    line=number,
                )
            row.append(int(match[1]))
        rows.append(row)
        lines.append(number)
    table = np.array(rows, dtype=np.int64).reshape(-1, len(fields))
    return IdTable(path, table, np.array(lines, dtype=np.int64))


def _parse_regular_strings(text: str, widths: Sequence[int]) -> tuple[list[str], ...] | None:
    """The columns, or None unless all lines have the same number of fields, none empty."""
    text = text.rstrip("\n")
    width = text.partition("\n")[0].count("\t") + 1
    if width not in widths or not text:
        return None
    data = np.frombuffer(text.encode() + b"\n", dtype=np.uint8)
    ends = np.flatnonzero((data == _TAB) | (data == _NEWLINE))
    if not _is_regular(data[ends], width) or np.diff(ends, prepend=-1).min() < 2:
        return None
    fields = text.replace("\n", "\t").split("\t")
    return tuple(fields[column::width] for column in range(width))


def _parse_tsv(
    path: Path, text: str, fields: Sequence[str], widths: Sequence[int], gaps: bool
) -> StringTable:
    numbered = [
        (number, line.split("\t"))
        for number, line in enumerate(text.split("\n"), start=1)
        if line.strip(" ")  # a line of nothing but tabs has empty fields
    ]
    return _table(path, numbered, fields, widths, gaps)


def _parse_csv(
    path: Path, text: str, fields: Sequence[str], widths: Sequence[int], gaps: bool
) -> StringTable:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    numbered = []
    begin = 1
    try:
        for row in reader:
            if row:
                numbered.append((begin, row))
            begin = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"this is not valid CSV ({error}); close every quote, and double the quotes "
            "inside quoted fields",
            path=path,
            line=begin,
        ) from None
    return _table(path, numbered, fields, widths, gaps)


def _table(
    path: Path,
    numbered: Sequence[tuple[int, list[str]]],
    fields: Sequence[str],
    widths: Sequence[int],
    gaps: bool,
) -> StringTable:
    width = len(numbered[0][1]) if numbered else widths[0]
    for number, row in numbered:
        _check_width(path, number, row, fields, widths)
        if len(row) != width:
            raise DataError(
                f"the line has {len(row)} fields, but the lines before have {width}; "
                "give all lines the same fields",
                path=path,
                line=number,
            )
        if "" in row and not gaps:
            raise DataError(
                f"field {row.index('') + 1} of {short(row)} is empty; name it or remove the line",
                path=path,
                line=number,
            )
    columns = tuple([row[column] for _, row in numbered] for column in range(width))
    return StringTable(path, columns, [number for number, _ in numbered])


def _check_width(
    path: Path, line: int, found: Sequence[str], fields: Sequence[str], widths: Sequence[int]
) -> None:
    if len(found) in widths:
        return
    separator = "commas" if suffix(path) == ".csv" else "tabs"
    raise DataError(
        f"expected {len(fields)} fields separated by {separator} ({', '.join(fields)}), "
        f"found {len(found)}: {short(list(found))}; correct or remove the line",
        path=path,
        line=line,
    )


def _empty(path: Path, fields: Sequence[str]) -> DataError:
    return DataError(f"the file is empty; expected lines of {', '.join(fields)}", path=path)


def short(value: object) -> str:
    """A value for a message, cut where it is too long to read."""
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "…"
