r"""Tables as tab-separated text.

The first line names the columns, then every line is one row; of links:

    left_source   left      right_source   right       score
    en            Germany   fr             Allemagne   0.912345

Where the links have probabilities, a sixth column `probability` holds them, empty for a link
without one.

A tab, line feed, carriage return or backslash within a name is written as ``\t``, ``\n``, ``\r``
or ``\\``; files that have the header are read back the same way.

Files without a header are taken literally, with two columns (left and right) or three (and a
score): the gold files of published data sets look like this.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from dualamn.files.lines import read_text, write_lines
from dualamn.link_files.link_columns import links_of_columns
from dualamn.link_files.link_file import RawLinks
from dualamn.link_files.link_table import link_table
from dualamn.link_files.table import Table
from dualamn.result import AlignedLinks

_ESCAPES = {"\t": r"\t", "\n": r"\n", "\r": r"\r", "\\": r"\\"}
_WRITE_ESCAPES = str.maketrans(_ESCAPES)
_READ_ESCAPES = {escape: char for char, escape in _ESCAPES.items()}


def escaped(name: str) -> str:
    """A name that can stand in one field of a line: tab, line ends and backslash escaped."""
    return name.translate(_WRITE_ESCAPES)


def write_tsv(alignment: AlignedLinks, path: str | Path) -> None:
    """Writes the links of an alignment, with six decimals of each score and probability.

    An existing file is replaced only once the new one is complete.

    Raises:
        DataError: the file cannot be written.
    """
    write_tsv_table(link_table(alignment), path)


def write_tsv_table(table: Table, path: str | Path) -> None:
    """Writes a table; errors as `write_tsv`."""
    header = "\t".join(map(escaped, table.columns)) + "\n"
    rows = ("\t".join(map(escaped, row)) + "\n" for row in table.text())
    write_lines(path, (line for lines in ((header,), rows) for line in lines))


def read_tsv(path: Path) -> RawLinks:
    """Reads links, with or without the header. Empty lines are passed over.

    Raises:
        DataError: the file is missing, not UTF-8 or empty, or a line has too few or too many
            fields.
    """
    numbered = [
        (number, line.removesuffix("\r"))
        for number, line in enumerate(read_text(path).split("\n"), start=1)
        if line.strip(" \r")
    ]
    rows = [line.split("\t") for _, line in numbered]
    return links_of_columns(
        path, rows, [number for number, _ in numbered], fields="tab-separated", unescape=_unescaped
    )


def _unescaped(row: Sequence[str]) -> list[str]:
    return [
        re.sub(r"\\[tnr\\]", lambda match: _READ_ESCAPES[match[0]], field)
        if "\\" in field
        else field
        for field in row
    ]
