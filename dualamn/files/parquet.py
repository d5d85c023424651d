"""Reads tables of strings from Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dualamn.errors import DataError, needs
from dualamn.files.delimited import StringTable
from dualamn.files.opening import COMPRESSED, read_all


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
        if path.suffix.lower() in COMPRESSED:
            return parquet.read_table(pyarrow.BufferReader(read_all(path)))
        with path.open("rb") as file:
            return parquet.read_table(file)
    except FileNotFoundError:
        raise DataError("this file is missing; add it or correct the path", path=path) from None
    except pyarrow.ArrowInvalid as error:
        why = str(error).splitlines()[0]
        raise DataError(f"this cannot be read as Parquet ({why})", path=path) from None
    except OSError as error:
        why = error.strerror or str(error).splitlines()[0]
        raise DataError(f"cannot read this file: {why}", path=path) from None


def strings_of(path: Path, table: Any) -> StringTable:
    """The columns of a `pyarrow.Table` as strings, see `read_parquet`."""
    nested = needs("pyarrow", extra="parquet").types.is_nested
    columns = tuple(_strings(column, nested=nested(column.type)) for column in table.columns)
    return StringTable(path, columns)


def _strings(column: Any, *, nested: bool) -> list[str]:
    if nested:  # no field of a triple or link, whatever it holds
        return [""] * len(column)
    return ["" if value is None else str(value) for value in column.to_pylist()]
