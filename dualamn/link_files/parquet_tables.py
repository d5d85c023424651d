"""Tables as Parquet, for pandas, Polars, DuckDB, Spark and the like.

Names are strings, scores float32 as they are, not rounded. The format belongs to Apache Arrow,
whose library is the extra `parquet`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dualamn.errors import DataError, needs
from dualamn.files.atomic import atomic_path
from dualamn.files.lines import read_bytes
from dualamn.link_files.link_file import RawLinks
from dualamn.link_files.link_table import ALL_COLUMNS, TEXT_COLUMNS
from dualamn.link_files.table import Table


def arrow_table(table: Table) -> Any:
    """The table as a `pyarrow.Table`.

    Raises:
        DataError: a name holds half of a surrogate pair.
        MissingExtraError: pyarrow is not installed.
    """
    pa = needs("pyarrow", extra="parquet")
    columns = {}
    for name, column in table.columns.items():
        is_text = column.dtype == object
        try:
            columns[name] = pa.array(
                column,
                type=pa.string() if is_text else None,
                mask=None if is_text else column != column,  # NaN becomes null
            )
        except UnicodeEncodeError as error:
            raise DataError(f"column {name} cannot hold {error.object!r}, no text") from None
    return pa.table(columns)


def write_parquet_table(table: Table, path: str | Path) -> None:
    """Writes a table.

    Raises:
        DataError: the file cannot be written.
        MissingExtraError: pyarrow is not installed.
    """
    parquet = needs("pyarrow.parquet", extra="parquet")
    made = arrow_table(table)
    with atomic_path(path) as temporary:
        parquet.write_table(made, temporary, compression="zstd")


def read_parquet(path: Path) -> RawLinks:
    """Reads links: columns left and right, and left_source, right_source, score and probability
    if there.

    Raises:
        DataError: the file is missing or no Parquet, or a column is missing, is not text or has
            gaps.
        MissingExtraError: pyarrow is not installed.
    """
    pa = needs("pyarrow", extra="parquet")
    parquet = needs("pyarrow.parquet", extra="parquet")
    data = pa.BufferReader(read_bytes(path))
    try:
        names = parquet.read_schema(data).names
        _check_names(path, names)
        wanted = [name for name in ALL_COLUMNS if name in names]
        table = parquet.read_table(data, columns=wanted)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"is no Parquet file that can be read ({error})", path=path) from None
    columns = {name: table.column(name).to_pylist() for name in wanted}
    for name in TEXT_COLUMNS:
        _check_text(path, name, columns.get(name, []))
    return RawLinks(columns)


def _check_names(path: Path, names: list[str]) -> None:
    if not {"left", "right"} <= set(names):
        raise DataError(
            f"has the columns {', '.join(names) or 'none'}; links need left and right", path=path
        )
    if ("left_source" in names) != ("right_source" in names):
        raise DataError("has a source column for one side only", path=path)


def _check_text(path: Path, name: str, values: list[Any]) -> None:
    for row, value in enumerate(values, start=1):
        if not isinstance(value, str):
            what = "nothing" if value is None else f"{value!r}, no text,"
            raise DataError(f"has {what} in column {name} of row {row}", path=path)
