"""Tables as comma-separated text (RFC 4180), with a header and lines that end in a line feed.

A field with a comma, quote or line end stands in quotes, and quotes in it are doubled; nothing
else is escaped. Links are read back with the header or, of two or three columns, without one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

from dualamn.errors import DataError
from dualamn.files.lines import read_text, write_lines
from dualamn.link_files.link_columns import links_of_columns
from dualamn.link_files.link_file import RawLinks
from dualamn.link_files.table import Table

_NEEDS_QUOTES = re.compile(r'[,"\r\n]')


def write_csv_table(table: Table, path: str | Path) -> None:
    """Writes a table, with six decimals of fractions.

    Raises:
        DataError: the file cannot be written.
    """
    rows = (_line(row) for row in table.text())
    write_lines(path, (line for lines in ((_line(table.columns),), rows) for line in lines))


def _line(fields: Iterable[str]) -> str:
    # The csv module leaves a lone carriage return without quotes, and then does not read it.
    return ",".join(quoted(field) if _NEEDS_QUOTES.search(field) else field for field in fields) + (
        "\n"
    )


def quoted(field: str) -> str:
    """A field in quotes."""
    return '"' + field.replace('"', '""') + '"'


def read_csv(path: Path) -> RawLinks:
    """Reads links.

    Raises:
        DataError: the file is missing, not UTF-8, not CSV or empty, or a row has too few or too
            many fields.
    """
    rows, lines = csv_rows(path, read_text(path), ",")
    return links_of_columns(path, rows, lines, fields="comma-separated")


def csv_rows(
    path: Path, text: str, delimiter: str, *, skipped: int = 0
) -> tuple[list[list[str]], list[int]]:
    """The fields of every row that is not empty, and the line that it begins in.

    Args:
        path: the file, for messages.
        text: what is in it, less some lines.
        delimiter: what separates fields.
        skipped: how many lines stand before the text.

    Raises:
        DataError: a quote is not closed, or followed by more than the end of its field.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, lines, line = [], [], skipped + 1
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(line)
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"is not valid CSV ({error}); close every quote, and double the quotes inside "
            "quoted fields",
            path=path,
            line=line,
        ) from None
    return rows, lines
