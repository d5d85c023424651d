"""Tables of strings, from text separated by tabs or commas and from Parquet.

A regular text is cut up as a whole. Only one that is not (a blank line, a missing field) is read
line by line, which either reads it or names the line at fault.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from dualamn.errors import ConfigError, DataError, needs
from dualamn.files.opening import COMPRESSED, opened, suffix
from dualamn.files.text import (
    NEWLINE,
    BadLines,
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


SEPARATORS = "\t,;|%"
"""What is tried where the name of a file does not say what stands between fields."""

_SAMPLE = 50  # rows that are looked at to find the separator
_MOSTLY = 0.8  # the share of them that has to have the width of the first


@dataclass(frozen=True)
class Delimited:
    """How the fields of a line stand apart.

    Attributes:
        separator: the character between them.
        quoted: whether fields may stand in quotes, as in CSV.
    """

    separator: str = "\t"
    quoted: bool = False

    @classmethod
    def by_name(cls, path: Path) -> Delimited:
        """That of a file by its name: commas and quotes if it ends in ``.csv``, else tabs."""
        return cls(",", quoted=True) if suffix(path) == ".csv" else cls()


def checked_separator(text: str) -> str:
    """The character that a user gave, or a word for it.

    Raises:
        ConfigError: it is not one character, or one that cannot stand between fields.
    """
    found = {"tab": "\t", r"\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}.get(text, text)
    if len(found) != 1 or found in '"\r\n\0':
        raise ConfigError(
            f"the separator is {text!r}; give the one character between fields, such as ';', or "
            "the word tab"
        )
    return found


def delimiter_of(
    path: Path,
    text: str,
    notes: list[str],
    *,
    given: str | None = None,
    width: int = 2,
    column: str | None = None,
) -> Delimited:
    """What separates the fields of a text: what was given, or its name says, or fits it.

    What the name says counts if the first line has so many fields then. Else the separator is
    taken that cuts this line into the most, and most of the first lines into as many.

    Args:
        notes: where a separator that was found out is noted.
        given: of `checked_separator`.
        width: how many fields there are at least.
        column: a field of the first line, if there is one of this name.
    """
    named = Delimited.by_name(path)
    if given is not None:
        return named if given == named.separator else Delimited(given, quoted=given != "\t")

    def fit(form: Delimited) -> tuple[bool, int]:
        first = first_row(text, form)
        return column in first, len(first)

    best, most = named, fit(named)
    if most[1] >= width and (column is None or most[0]):
        return named
    most = max(most, (False, width - 1))
    lines = [line for line in text.split("\n", _SAMPLE)[:_SAMPLE] if line.strip(" ")]
    for separator in SEPARATORS:
        form = Delimited(separator, quoted=separator != "\t")
        if fit(form) > most and _mostly_fits("\n".join(lines), separator, fit(form)[1]):
            best, most = form, fit(form)
    if best != named:
        shown = {"\t": "tabs"}.get(best.separator, repr(best.separator))
        notes.append(f"{path.name}: the fields are separated by {shown}")
    return best


def _mostly_fits(text: str, separator: str, width: int) -> bool:
    """Whether most rows of a text have so many fields."""
    try:
        widths = [len(row) for row in csv.reader(io.StringIO(text), delimiter=separator)]
    except csv.Error:
        return False
    return widths.count(width) >= _MOSTLY * len(widths)


def read_strings(path: Path, fields: Sequence[str], *, encoding: str | None = None) -> StringTable:
    """Reads a file of strings: comma-separated with quotes if named ``.csv``, else tabs.

    Its columns hold the given fields: as many as these, which messages name.

    Raises:
        DataError: the file cannot be read, is empty or not UTF-8 nor in the given encoding, or
            has a line that does not fit.
    """
    return parse_strings(path, read_text(path, encoding=encoding), fields)


def parse_strings(
    path: Path,
    text: str,
    fields: Sequence[str],
    *,
    more: Sequence[int] = (),
    may_have_gaps: bool = False,
    form: Delimited | None = None,
    bad: BadLines | None = None,
    hint: str = "",
) -> StringTable:
    """The table in the text of a file, see `read_strings`.

    Args:
        path, text, fields: of `read_strings`, and what the file holds.
        more: other numbers of columns that are fine too, if all lines have the same.
        may_have_gaps: whether fields may be empty.
        form: how fields stand apart. If None, the name of the file says it.
        bad: where lines that do not fit are counted, and left out. Without it they are errors.
        hint: what else can be done about such a line, for messages.
    """
    widths = (len(fields), *more)
    form = Delimited.by_name(path) if form is None else form
    columns = None if form.quoted else _regular_columns(text, widths, form.separator)
    if columns:
        return StringTable(path, columns)
    rows = _rows(path, text, form) if bad is None else _readable_rows(text, form, bad)
    numbered: list[tuple[int, list[str]]] = []
    for number, row in rows:
        width = len(numbered[0][1]) if numbered else len(row)
        try:
            check_width(path, number, row, fields, widths, form.separator, hint)
            if len(row) != width:
                raise DataError(
                    f"the line has {len(row)} fields, but the lines before have {width}; "
                    f"give all lines the same fields{hint}",
                    path=path,
                    line=number,
                )
            if "" in row and not may_have_gaps:
                raise DataError(
                    f"field {row.index('') + 1} of {short(row)} is empty; name it or remove the "
                    f"line{hint}",
                    path=path,
                    line=number,
                )
        except DataError:
            if bad is None:
                raise
            bad.add(number)
        else:
            numbered.append((number, row))
    if not numbered:
        raise empty_file(path, fields)
    width = len(numbered[0][1])
    columns = tuple([row[column] for _, row in numbered] for column in range(width))
    return StringTable(path, columns, [number for number, _ in numbered])


def first_row(text: str, form: Delimited) -> list[str]:
    """The fields of the first line that is not blank; none if there is no such line."""
    line = next((line for line in text.split("\n", 100) if line.strip(" ")), "")
    return _fields(line, form) if line else []


def _fields(line: str, form: Delimited) -> list[str]:
    if not form.quoted:
        return line.split(form.separator)
    try:
        return next(csv.reader(io.StringIO(line, newline=""), delimiter=form.separator), [])
    except csv.Error:  # such as a field of more than 131,072 characters
        return [line]


def _regular_columns(
    text: str, widths: Sequence[int], separator: str
) -> tuple[list[str], ...] | None:
    """The columns, or None unless all lines have the same number of fields, none empty."""
    text = text.rstrip("\n")
    width = text.partition("\n")[0].count(separator) + 1
    if width not in widths or not text or not separator.isascii():
        return None
    data = np.frombuffer(text.encode() + b"\n", dtype=np.uint8)
    ends = np.flatnonzero((data == ord(separator)) | (data == NEWLINE))
    regular = is_regular(data[ends], width, ord(separator))
    if not regular or np.diff(ends, prepend=-1).min() < 2:
        return None
    fields = text.replace("\n", separator).split(separator)
    return tuple(fields[column::width] for column in range(width))


def _rows(path: Path, text: str, form: Delimited) -> Iterator[tuple[int, list[str]]]:
    """The first line and the fields of every row that is not blank."""
    if not form.quoted:
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip(" "):  # a line of nothing but tabs has empty fields
                yield number, line.split(form.separator)
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=form.separator, strict=True)
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


def _readable_rows(text: str, form: Delimited, bad: BadLines) -> Iterator[tuple[int, list[str]]]:
    """The rows of `_rows` that can be read, each ending where its own line does.

    Where quotes go wrong a row would swallow the lines below it, so only a row that closes its
    quotes goes on, and only as long as it is one of the width of the first.
    """
    lines = text.split("\n")
    at, width = 0, 0
    while at < len(lines):
        if not form.quoted or '"' not in lines[at]:
            row, size = lines[at].split(form.separator) if lines[at].strip(" ") else [], 1
        else:
            row, size = _quoted_row(lines, at, form, width)
            if not size:
                bad.add(at + 1)
                at += 1
                continue
        if row:
            width = width or len(row)
            yield at + 1, row
        at += size


def _quoted_row(
    lines: Sequence[str], at: int, form: Delimited, width: int
) -> tuple[list[str], int]:
    """The fields of a row, and how many lines it has; none if it has no such end."""
    ahead = (f"{line}\n" for line in islice(lines, at, None))
    reader = csv.reader(ahead, delimiter=form.separator, strict=True)
    try:
        row = next(reader)
    except csv.Error:
        return [], 0
    if reader.line_num > 1 and width not in (0, len(row)):
        return [], 0
    return row, reader.line_num


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
