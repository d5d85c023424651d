"""Tables and paths as they are given in memory: data frames, arrays, lists of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dualamn.errors import DataError
from dualamn.files.opening import check_exists
from dualamn.files.string_tables import StringTable


def paths_of(data: Any) -> list[Path]:
    """The paths, which must exist, if data is one or a sequence of them."""
    if isinstance(data, str | Path):
        data = [data]
    elif not isinstance(data, list | tuple) or not all(isinstance(x, str | Path) for x in data):
        return []
    paths = [Path(path).expanduser() for path in data]
    for path in paths:
        check_exists(path)
    return paths


def columns_of(data: Any, width: int, path: Path) -> tuple[list[str], StringTable]:
    """The names of the columns, none if they have none, and the columns as strings."""
    header: Iterable[Any] = []
    if hasattr(data, "column_names") and hasattr(data, "column"):  # pyarrow
        header, columns = data.column_names, [column.to_pylist() for column in data.columns]
    elif hasattr(data, "get_columns"):  # polars
        header, columns = data.columns, [column.to_list() for column in data.get_columns()]
    elif hasattr(data, "iloc") and hasattr(data, "columns"):  # pandas
        header = data.columns
        columns = [data.iloc[:, at].tolist() for at in range(len(data.columns))]
    else:
        columns = _columns_of_rows(data, width, path)
    header = [str(name) for name in header]
    return header, StringTable(path, tuple([_text(x) for x in column] for column in columns))


def _columns_of_rows(data: Any, width: int, path: Path) -> list[list[Any]]:
    if isinstance(data, np.ndarray):
        data = data.tolist()
    if isinstance(data, str | bytes | Mapping) or not isinstance(data, Iterable):
        raise DataError(
            f"{path} is a {type(data).__name__}, which holds no rows that can be read; give a "
            "table, an array of strings, a sequence of rows, a graph of RDF or a path"
        )
    rows = list(data)
    for number, row in enumerate(rows, start=1):
        if isinstance(row, str | bytes) or not isinstance(row, Sequence) or len(row) != width:
            raise DataError(f"{row!r} is no row of {width} strings", path=path, line=number)
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * width


def _text(value: Any) -> str:
    """A cell as a string; "" where nothing is there, which pandas writes NaN."""
    return "" if value is None or value != value else str(value)
