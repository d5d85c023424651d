"""Tables as JSON Lines: every line is an object that names its columns.

{"left_source":"en","left":"Germany","right_source":"fr","right":"Allemagne","score":0.912345}
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import DataError
from dualamn.files.text import read_text, short, write_lines
from dualamn.link_files.link_table import Asked, LinkTable
from dualamn.link_files.table import TEXT_COLUMNS, Table


def write_jsonl_table(table: Table, path: str | Path) -> None:
    """Writes a table, with fractions rounded to six decimals; without rows the file is empty.

    Raises:
        DataError: the file cannot be written.
    """
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    names = tuple(table.columns)
    rows = zip(*map(_values, table.columns.values()), strict=True)
    write_lines(path, (encode(dict(zip(names, row, strict=True))) + "\n" for row in rows))


def _values(column: NDArray[Any]) -> list[Any]:
    if column.dtype.kind == "f":
        # A sum with zero has no minus zero; JSON has no NaN.
        column = (np.round(column.astype(np.float64), 6) + 0.0).astype(object)
        column[column != column] = None
    values: list[Any] = column.tolist()
    return values


def read_jsonl(path: Path, asked: Asked) -> LinkTable:
    """Reads links. Empty lines are passed over, and so are keys that are no columns of links.

    Raises:
        DataError: the file is missing or not UTF-8, or a line is no JSON object or lacks a key.
    """
    rows, lines = [], []
    for number, line in enumerate(read_text(path, as_written=True).split("\n"), start=1):
        if line.strip(" \r\t"):
            rows.append(_object(path, number, line))
            lines.append(number)
    first = rows[0] if rows else {}
    sources = [key for key in ("left_source", "right_source") if key in first]
    if len(sources) == 1:
        raise DataError(
            f"has {sources[0]} but not that of the other side", path=path, line=lines[0]
        )
    keys = ["left", "right", *sources, *(key for key in ("score", "probability") if key in first)]
    for row, number in zip(rows, lines, strict=True):
        _check(path, number, row, keys)
    return LinkTable(path, {key: [row[key] for row in rows] for key in keys}, lines)


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise DataError(f"is not JSON ({error})", path=path, line=number) from None
    except RecursionError:
        raise DataError("is nested too deep for a link", path=path, line=number) from None
    if not isinstance(value, dict):
        raise DataError(
            f"is {short(value)}, not an object with left and right", path=path, line=number
        )
    return value


def _check(path: Path, number: int, row: dict[str, Any], keys: list[str]) -> None:
    for key in keys:
        if key not in row:
            raise DataError(
                f'has no "{key}"; every line needs the same keys, left and right at least',
                path=path,
                line=number,
            )
        if key in TEXT_COLUMNS and not isinstance(row[key], str):
            raise DataError(
                f'has {short(row[key])} as "{key}", not a string', path=path, line=number
            )
