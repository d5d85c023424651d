"""Tables as Parquet, for pandas, Polars, DuckDB, Spark and the like.

Names are strings, scores float32 as they are, not rounded. The format belongs to Apache Arrow,
whose library is the extra `parquet`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dualamn.errors import DataError, needs
from dualamn.files.atomic import atomic_path
from dualamn.files.string_tables import read_arrow, strings_of
from dualamn.link_files.delimited_links import named_links, places_of
from dualamn.link_files.link_table import Asked, LinkTable
from dualamn.link_files.table import TEXT_COLUMNS, Table


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


def read_parquet_links(path: Path, asked: Asked) -> LinkTable:
    """Reads links: columns named as in other tables, or two or three of any names.

    Raises:
        DataError: the file is missing or no Parquet, or a name is missing.
        MissingExtraError: pyarrow is not installed.
    """
    table = read_arrow(path)
    links = named_links(strings_of(path, table), table.column_names)
    for name, at in places_of(table.column_names)[0].items():
        if name in TEXT_COLUMNS and table.column(at).null_count:
            row = table.column(at).to_pylist().index(None)
            raise DataError(f"has nothing in column {name}", path=path, line=links.line(row))
    return links
