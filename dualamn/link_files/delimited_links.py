r"""Links, and any table, as tab-separated and comma-separated text.

The first line names the columns, then every line is one row; of links:

    left_source   left      right_source   right       score
    en            Germany   fr             Allemagne   0.912345

Where the links have probabilities, a sixth column `probability` holds them, empty for a link
without one.

In TSV a tab, line feed, carriage return or backslash within a name is written as ``\t``, ``\n``,
``\r`` or ``\\``. CSV follows RFC 4180, with lines that end in a line feed: a field with a comma,
quote or line end stands in quotes, quotes in it are doubled, and nothing else is escaped.

Read back, the first line is a header if it names left and right, or calls them by other words of
a list that occur nowhere else in their columns. Without one, files are taken literally, with two
columns (left and right) or three (and a score): gold files of published data look like this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from dualamn.errors import DataError
from dualamn.files.opening import suffix
from dualamn.files.string_tables import StringTable, parse_strings
from dualamn.files.text import read_text, short, write_lines
from dualamn.link_files.link_table import ESCAPES, Asked, LinkTable
from dualamn.link_files.table import ALL_COLUMNS, COLUMNS, Table

MOST_COLUMNS = 1000

_LEFT = {"entity1", "entity_1", "ent1", "e1", "id1", "kg1", "source", "left_entity", "left"}
_RIGHT = {"entity2", "entity_2", "ent2", "e2", "id2", "kg2", "target", "right_entity", "right"}
_ESCAPED = str.maketrans(ESCAPES)
_NEEDS_QUOTES = re.compile(r'[,"\r\n]')


def escaped(name: str) -> str:
    """A name that can stand in one field of a line: tab, line ends and backslash escaped."""
    return name.translate(_ESCAPED)


def write_tsv_table(table: Table, path: str | Path) -> None:
    """Writes a table as TSV, with six decimals of fractions.

    Raises:
        DataError: the file cannot be written.
    """
    header = "\t".join(map(escaped, table.columns)) + "\n"
    rows = ("\t".join(map(escaped, row)) + "\n" for row in table.text())
    write_lines(path, (line for lines in ((header,), rows) for line in lines))


def write_csv_table(table: Table, path: str | Path) -> None:
    """Writes a table as CSV; errors as `write_tsv_table`."""
    rows = (_csv_line(row) for row in table.text())
    write_lines(path, (line for lines in ((_csv_line(table.columns),), rows) for line in lines))


def _csv_line(fields: Iterable[str]) -> str:
    # The csv module leaves a lone carriage return without quotes, and then does not read it.
    return ",".join(quoted(field) if _NEEDS_QUOTES.search(field) else field for field in fields) + (
        "\n"
    )


def quoted(field: str) -> str:
    """A field in quotes."""
    return '"' + field.replace('"', '""') + '"'


def read_tsv(path: Path, asked: Asked) -> LinkTable:
    """Reads links from TSV, with or without the header. Empty lines are passed over.

    Raises:
        DataError: the file is missing, not UTF-8 or empty, or a line has too few or too many
            fields, or an empty one.
    """
    return parse_links(path, read_text(path, as_written=True), asked, quotes="")


def read_csv(path: Path, asked: Asked) -> LinkTable:
    """Reads links from CSV, like `read_tsv`; a quote that is not closed is an error too."""
    return parse_links(path, read_text(path, as_written=True), asked, quotes=",")


def parse_links(path: Path, text: str, asked: Asked, *, quotes: str | None = None) -> LinkTable:
    """The links in the text of a file, with its line ends; arguments as of `parse_strings`."""
    if quotes is None:
        quotes = "," if suffix(path) == ".csv" else ""
    if not quotes:
        text = unix_lines(text)
    table = parse_strings(
        path,
        text,
        COLUMNS[1::2],
        more=range(3, MOST_COLUMNS),
        may_have_gaps=True,
        quotes=quotes,
    )
    first = [column[0] for column in table.columns]
    places, is_ours = places_of(first)
    if places and not asked.is_data(first) and (is_ours or _is_header(table, places)):
        if is_ours:
            _check_header(table, first)
        links = table.without_first()
        notes = () if is_ours else (f"{path.name}: the first line is taken for a header",)
        escapes = is_ours and not quotes
    else:
        links, notes, is_ours, escapes = table, (), False, False
        places = _positions(table, asked.is_data(first))
    columns = {name: links.columns[at] for name, at in places.items()}
    for name in () if is_ours else ("left", "right"):
        if "" in columns[name]:
            row = columns[name].index("")
            fields = [column[row] for column in links.columns]
            raise DataError(
                f"field {places[name] + 1} of {short(fields)} is empty; name it or remove the line",
                path=path,
                line=links.line(row),
            )
    lines = range(1, len(links) + 1) if links.lines is None else links.lines
    return LinkTable(path, columns, lines, is_escaped=escapes, notes=notes)


def unix_lines(text: str) -> str:
    """The text with the line ends of Unix, where it has those of Windows or old Macs."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def named_links(table: StringTable, header: Sequence[str]) -> LinkTable:
    """The links of a table whose columns have names, or none at all.

    Raises:
        DataError: the columns do not say what they hold.
    """
    places, is_ours = places_of(header)
    if is_ours:
        _check_header(table, header)
    places = places or _positions(table, False)
    columns = {name: table.columns[at] for name, at in places.items()}
    return LinkTable(table.path, columns, range(1, len(table) + 1))


def places_of(header: Sequence[str]) -> tuple[dict[str, int], bool]:
    """Where the columns of links are, and whether the header says left and right itself.

    There are no places if the header does not name both sides, each once.
    """
    words = [word.strip().lower() for word in header]
    is_ours = {"left", "right"} <= set(words)
    places = {name: words.index(name) for name in ALL_COLUMNS if name in words}
    if not is_ours:
        for name, known in (("left", _LEFT), ("right", _RIGHT)):
            found = [at for at, word in enumerate(words) if word in known]
            if len(found) != 1:
                return {}, False
            places[name] = found[0]
    if not {"left_source", "right_source"} <= set(places):
        places = {name: at for name, at in places.items() if not name.endswith("_source")}
    return places, is_ours


def _is_header(table: StringTable, places: dict[str, int]) -> bool:
    """Whether the words for left and right occur nowhere else in their columns."""
    sides = (table.columns[places[name]] for name in ("left", "right"))
    return all(column[0] not in column[1:] for column in sides)


def _check_header(table: StringTable, header: Sequence[str]) -> None:
    words = [word.strip().lower() for word in header]
    known = [word for word in words if word in ALL_COLUMNS]
    sources = {"left_source", "right_source"} & set(words)
    if len(sources) == 1 or len(set(known)) < len(known):
        raise DataError(
            f"the header is {', '.join(words)}; give every column its own name, and name "
            "the graph of both sides, left_source and right_source, or of none",
            path=table.path,
            line=table.line(0) if len(table) else None,
        )


def _positions(table: StringTable, is_data: bool) -> dict[str, int]:
    """The columns of a table without a header; as many as ours are ours, if the graphs say so."""
    width = len(table.columns)
    if (not is_data and width not in (2, 3)) or width > len(ALL_COLUMNS):
        raise DataError(
            f"found {width} fields; give two, left and right, or name the columns in a "
            f"first line: {', '.join(ALL_COLUMNS)}",
            path=table.path,
            line=table.line(0) if len(table) else None,
        )
    names = ("left", "right", "score") if width <= 3 else ALL_COLUMNS
    return {name: at for at, name in enumerate(names[:width])}
