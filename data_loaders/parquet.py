"""Reads tables of strings from Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dualamn.data_loaders.text import StringTable
from dualamn.errors import DataError, MissingExtraError


def read_parquet(path: Path) -> tuple[list[str], StringTable]:
    """The column names and columns of a Parquet file; numbers are written out.

    A missing value is an empty string. Rows count from 1 in messages.

    Raises:
        DataError: the file cannot be read, or is empty.
        MissingExtraError: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError(
            f"{path}: Parquet is read with a package that is not installed: "
            "pip install 'dualamn[parquet]'"
        ) from None
    try:
        with path.open("rb") as file:
            table = parquet.read_table(file)
    except FileNotFoundError:
        raise DataError("this file is missing; add it or correct the path", path=path) from None
    except pyarrow.ArrowInvalid as error:
        why = str(error).splitlines()[0]
        raise DataError(f"this cannot be read as Parquet ({why})", path=path) from None
    except OSError as error:
        why = error.strerror or str(error).splitlines()[0]
        raise DataError(f"cannot read this file: {why}", path=path) from None
    if not table.num_rows:
        raise DataError("the file is empty; expected rows", path=path)
    columns = tuple(
        _strings(path, name, column)
        for name, column in zip(table.column_names, table.columns, strict=True)
    )
    return list(table.column_names), StringTable(path, columns)


def _strings(path: Path, name: str, column: Any) -> list[str]:
    import pyarrow

    if pyarrow.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not _is_plain(pyarrow, column.type):
        # Other columns of a wide table are no concern, unless they are chosen.
        return [""] * len(column)
    return ["" if value is None else str(value) for value in column.to_pylist()]


def _is_plain(pyarrow: Any, kind: Any) -> bool:
    types = pyarrow.types
    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_string_view(kind)
        or types.is_integer(kind)
    )
