"""Tables of strings, from text separated by tabs or commas and from Parquet.

A regular text is cut up as a whole. Only one that is not (a blank line, a missing field) is read
line by line, which either reads it or names the line at fault.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dualamn.errors import DataError, needs
from dualamn.files.opening import COMPRESSED, opened, suffix
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

    def error(self, what: str, row: int = 0) -> DataError:
        """What is wrong with a row, or with the whole table if it is the first."""
        return DataError(what, path=self.path, line=self.line(row) if len(self) else None)

    def take(self, columns: Sequence[int]) -> StringTable:
        """The table of some columns, in their order."""
        return StringTable(self.path, tuple(self.columns[at] for at in columns), self.lines)

    def without_first(self) -> StringTable:
        """The table without its first row, which turned out to be a header."""
        lines = [self.line(row) for row in range(1, len(self))]
        return StringTable(self.path, tuple(column[1:] for column in self.columns), lines)


def read_strings(path: Path, fields: Sequence[str]) -> StringTable:
    """Reads a file of strings: comma-separated with quotes if named ``.csv``, else tabs.

    Its columns hold the given fields: as many as these, which messages name.

    Raises:
        DataError: the file cannot be read, is empty or not UTF-8, or has a line that does not fit.
    """
    return parse_strings(path, read_text(path), fields)


def parse_strings(
    path: Path,
    text: str,
    fields: Sequence[str],
    *,
    more: Sequence[int] = (),
    may_have_gaps: bool = False,
    quotes: str | None = None,
) -> StringTable:
    """The table in the text of a file, see `read_strings`.

    Args:
        path, text, fields: of `read_strings`, and what the file holds.
        more: other numbers of columns that are fine too, if all lines have the same.
        may_have_gaps: whether fields may be empty.
        quotes: what separates fields that may stand in quotes; "" for tabs and no quotes. If
            None, the name of the file says it.
    """
    widths = (len(fields), *more)
    if quotes is None:
        quotes = "," if suffix(path) == ".csv" else ""
    columns = None if quotes else _regular_columns(text, widths)
    if columns:
        return StringTable(path, columns)
    numbered = list(_quoted_rows(path, text, quotes) if quotes else _tab_rows(text))
    if not numbered:
        raise empty_file(path, fields)
    width = len(numbered[0][1])
    for number, row in numbered:
        check_width(path, number, row, fields, widths)
        if len(row) != width:
            raise DataError(
                f"the line has {len(row)} fields, but the lines before have {width}; "
                "give all lines the same fields",
                path=path,
                line=number,
            )
        if "" in row and not may_have_gaps:
            raise DataError(
                f"field {row.index('') + 1} of {short(row)} is empty; name it or remove the line",
                path=path,
                line=number,
            )
    columns = tuple([row[column] for _, row in numbered] for column in range(width))
    return StringTable(path, columns, [number for number, _ in numbered])


def first_row(path: Path, text: str) -> list[str]:
    """The fields of the first line that is not blank; none if there is no such line."""
    line = next((line for line in text.split("\n", 100) if line.strip(" ")), "")
    if suffix(path) != ".csv":
        return line.split("\t") if line else []
    return next(csv.reader(io.StringIO(line, newline="")), [])


def _regular_columns(text: str, widths: Sequence[int]) -> tuple[list[str], ...] | None:
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


def _tab_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Number and fields of every line that is not blank."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip(" "):  # a line of nothing but tabs has empty fields
            yield number, line.split("\t")


def _quoted_rows(path: Path, text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The first line and the fields of every row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begin = 1
    try:
        for row in reader:
            if row:
                yield begin, row
            begin = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"this is not valid CSV ({error}); close every quote, and double the quotes "
            "inside quoted fields",
            path=path,
            line=begin,
        ) from None


def read_parquet(path: Path) -> tuple[list[str], StringTable]:
    """The column names and columns of a Parquet file; numbers are written out.

    A missing value is an empty string. Rows count from 1 in messages.

    Raises:
        DataError: the file cannot be read, or is empty.
        MissingExtraError: pyarrow is not installed.
    """
    table = read_arrow(path)
    if not table.num_rows:
        raise DataError("the file is empty; expected rows", path=path)
    return list(table.column_names), strings_of(path, table)


def read_arrow(path: Path) -> Any:
    """A Parquet file, which may be compressed as a whole too, as a `pyarrow.Table`.

    Raises:
        DataError: the file cannot be read.
        MissingExtraError: pyarrow is not installed.
    """
    pyarrow, parquet = (needs(name, extra="parquet") for name in ("pyarrow", "pyarrow.parquet"))
    try:
        with opened(path) as stream:
            packed = path.suffix.lower() in COMPRESSED
            return parquet.read_table(pyarrow.BufferReader(stream.read()) if packed else stream)
    except pyarrow.ArrowInvalid as error:
        why = str(error).splitlines()[0]
        raise DataError(f"this cannot be read as Parquet ({why})", path=path) from None


def strings_of(path: Path, table: Any) -> StringTable:
    """The columns of a `pyarrow.Table` as strings, see `read_parquet`."""
    is_nested = needs("pyarrow", extra="parquet").types.is_nested

    def text(column: Any) -> list[str]:
        if is_nested(column.type):  # no field of a triple or link, whatever it holds
            return [""] * len(column)
        return ["" if value is None else str(value) for value in column.to_pylist()]

    return StringTable(path, tuple(map(text, table.columns)))
