"""Reads files of integer ids, such as published data sets have.

A regular file is parsed with array operations. Only one that is not (a blank line, a padded or
missing field) is read again line by line, which either reads it or names the line at fault.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import DataError
from dualamn.files.text import check_width, decode, empty_file, is_regular, read_bytes, short

_ZERO = 48
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
    data = read_bytes(path)
    rows = _parse_regular_ids(data, len(fields))
    table = _parse_ids(path, data, fields) if rows is None else IdTable(path, rows)
    if not len(table.rows) and not may_be_empty:
        raise empty_file(path, fields)
    return table


def _parse_regular_ids(data: bytes, width: int) -> NDArray[np.int64] | None:
    """(m, width) numbers, or None unless every line is `width` numbers with a tab between."""
    data = data.rstrip(b"\n") + b"\n"
    if data == b"\n":
        return np.empty((0, width), dtype=np.int64)
    text = np.frombuffer(data, dtype=np.uint8)
    # Bytes below "0" wrap around, so one comparison finds the digits.
    ends = np.flatnonzero((text - np.uint8(_ZERO)) > 9)
    if not is_regular(text[ends], width):
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


def _parse_ids(path: Path, data: bytes, fields: Sequence[str]) -> IdTable:
    rows: list[list[int]] = []
    lines: list[int] = []
    for number, line in enumerate(decode(path, data).split("\n"), start=1):
        if not line.strip(" "):  # a line of nothing but tabs has empty fields
            continue
        found = line.split("\t") if "\t" in line else line.split()
        check_width(path, number, found, fields, (len(fields),))
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
