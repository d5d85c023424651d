"""Links from rows of text, with a header or without."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from dualamn.errors import DataError
from dualamn.link_files.link_file import RawLinks
from dualamn.link_files.link_table import ALL_COLUMNS, COLUMNS

Row = Sequence[str]


def links_of_columns(
    path: Path,
    rows: Sequence[Row],
    lines: Sequence[int],
    *,
    fields: str,
    unescape: Callable[[Row], Row] = lambda row: row,
) -> RawLinks:
    """The links of a text file that is split into fields.

    Args:
        path: the file, for messages.
        rows: the fields of every line that is not empty, the header among them if there is one.
        lines: the line of every row.
        fields: how fields are separated, for messages.
        unescape: gives the fields of a row as they were before they were written; files without
            a header are taken literally.

    Raises:
        DataError: there is no row, or one has too few or too many fields, or an entity without a
            name in a file without a header.
    """
    if not rows:
        raise DataError("holds no links, it is empty", path=path)
    first = [name.strip() for name in rows[0]]
    has_header = {"left", "right"} <= set(first)
    header = first if has_header else _headerless(path, rows[0], lines[0], fields)
    if ("left_source" in header) != ("right_source" in header):
        raise DataError("has a source column for one side only", path=path, line=lines[0])
    rows, lines = rows[has_header:], lines[has_header:]
    table = []
    for row, line in zip(rows, lines, strict=True):
        _check_width(path, row, line, header, fields)
        if has_header:
            row = unescape(row)
        elif not all(row):
            raise DataError(f"has no {header[row.index('')]} entity", path=path, line=line)
        table.append(row)

    columns = {
        name: [row[at] for row in table] for at, name in enumerate(header) if name in ALL_COLUMNS
    }
    return RawLinks(columns, lines)


def _headerless(path: Path, row: Row, line: int, fields: str) -> list[str]:
    if len(row) in (2, 3):
        return ["left", "right", "score"][: len(row)]
    raise DataError(
        f"has {len(row)} {fields} fields; give left and right, and a score if there is one, or "
        f"name the columns in a first line: {', '.join(COLUMNS)}",
        path=path,
        line=line,
    )


def _check_width(path: Path, row: Row, line: int, header: Row, fields: str) -> None:
    if len(row) != len(header):
        raise DataError(
            f"has {len(row)} {fields} fields where {len(header)} are expected "
            f"({', '.join(header)})",
            path=path,
            line=line,
        )
