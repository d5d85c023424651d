"""Reads tables of strings, separated by tabs or commas, fast where they are regular.

A regular file is cut up as a whole. Only one that is not (a blank line, a missing field) is read
line by line, which either reads it or names the line at fault.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dualamn.errors import DataError
from dualamn.files.opening import suffix
from dualamn.files.text import (
    NEWLINE,
    TAB,
    check_width,
    empty_file,
    is_regular,
    read_text,
    short,
)


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
    quotes: str | None = None,
) -> StringTable:
    """The table in the text of a file, see `read_strings`.

    Args:
        path, text, fields, more, may_be_empty, may_have_gaps: as in `read_strings`.
        quotes: what separates fields that may stand in quotes; "" for tabs and no quotes. If
            None, the name of the file says it.
    """
    widths = (len(fields), *more)
    if quotes is None:
        quotes = "," if suffix(path) == ".csv" else ""
    if quotes:
        table = _parse_quoted(path, text, fields, widths, may_have_gaps, quotes)
    else:
        columns = _parse_regular_strings(text, widths)
        if columns:
            table = StringTable(path, columns)
        else:
            table = _parse_tsv(path, text, fields, widths, may_have_gaps)
    if not len(table) and not may_be_empty:
        raise empty_file(path, fields)
    return table


def first_row(path: Path, text: str) -> list[str]:
    """The fields of the first line that is not blank; none if there is no such line."""
    line = next((line for line in text.split("\n", 100) if line.strip(" ")), "")
    if suffix(path) != ".csv":
        return line.split("\t") if line else []
    return next(csv.reader(io.StringIO(line, newline="")), [])


def _parse_regular_strings(text: str, widths: Sequence[int]) -> tuple[list[str], ...] | None:
    """The columns, or None unless all lines have the same number of fields, none empty."""
    text = text.rstrip("\n")
    width = text.partition("\n")[0].count("\t") + 1
    if width not in widths or not text:
        return None
    data = np.frombuffer(text.encode() + b"\n", dtype=np.uint8)
    ends = np.flatnonzero((data == TAB) | (data == NEWLINE))
    if not is_regular(data[ends], width) or np.diff(ends, prepend=-1).min() < 2:
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


def _parse_quoted(
    path: Path,
    text: str,
    fields: Sequence[str],
    widths: Sequence[int],
    gaps: bool,
    separator: str,
) -> StringTable:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
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
        check_width(path, number, row, fields, widths)
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
