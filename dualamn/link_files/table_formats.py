r"""Tables in files, and links read from them: TSV, CSV, JSON Lines and Parquet.

The first line of text names the columns, then every line is one row; of links:

    left_source   left      right_source   right       probability
    en            Germany   fr             Allemagne   0.912345

Where links have no probabilities, the column `score` says what they are ranked by. Others may
follow, see `dualamn.link_files.table.table_of_links`.

In TSV a tab, line feed, carriage return or backslash within a name is written as ``\t``, ``\n``,
``\r`` or ``\\``. CSV follows RFC 4180, with lines that end in a line feed: a field with a comma,
quote or line end stands in quotes, quotes in it are doubled, and nothing else is escaped.

Read back, the first line is a header if it names left and right, or calls them by other words of
a list that occur nowhere else in their columns. Without one, files are taken literally, with two
columns (left and right) or three (and a score): gold files of published data look like this.

In JSON Lines every line is an object that names its columns:

    {"left_source":"en","left":"Germany","right_source":"fr","right":"Allemagne","probability":0.912345}

In Parquet names are strings and fractions float32 as they are, not rounded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import DataError, needs
from dualamn.files.atomic import atomic_path
from dualamn.files.string_tables import (
    Delimited,
    StringTable,
    delimiter_of,
    parse_strings,
    read_arrow,
    strings_of,
)
from dualamn.files.text import counted, read_text, short, unix_lines, write_lines
from dualamn.link_files.link_table import ESCAPES, Asked, LinkTable
from dualamn.link_files.table import ALL_COLUMNS, COLUMNS, TEXT_COLUMNS, Table

MOST_COLUMNS = 1000

_LEFT = {
    *("entity1", "entity_1", "ent1", "e1", "id1", "id_1", "kg1", "d1", "source", "left"),
    *("left_entity", "left_id", "id_left", "ltable_id", "lid", "subject"),
}
_RIGHT = {
    *("entity2", "entity_2", "ent2", "e2", "id2", "id_2", "kg2", "d2", "target", "right"),
    *("right_entity", "right_id", "id_right", "rtable_id", "rid", "object"),
}
_IDS = re.compile(r"id[A-Z_][A-Za-z_]*|[A-Za-z_]*(?:_id|Id|ID)")
"""What names a column of identifiers, and is hardly one itself."""

_VERDICT = {"label", "match", "is_match", "ismatch", "matching", "gold", "duplicate"}
_YES, _NO = {"1", "1.0", "true", "yes"}, {"0", "0.0", "false", "no"}
_ESCAPED = str.maketrans(ESCAPES)
_NEEDS_QUOTES = re.compile(r'[,"\r\n]')


def _tsv_line(fields: Iterable[str]) -> str:
    return "\t".join(field.translate(_ESCAPED) for field in fields) + "\n"


def csv_line(fields: Iterable[str]) -> str:
    """A line of CSV."""
    # The csv module leaves a lone carriage return without quotes, and then does not read it.
    cells = (quoted(field) if _NEEDS_QUOTES.search(field) else field for field in fields)
    return ",".join(cells) + "\n"


def quoted(field: str) -> str:
    """A field in quotes."""
    return '"' + field.replace('"', '""') + '"'


def write_rows(
    path: str | Path,
    header: Iterable[str],
    rows: Iterable[Iterable[str]],
    line: Callable[[Iterable[str]], str] = _tsv_line,
) -> None:
    """Writes a header and rows of text, as TSV if `line` does not make something else of a row.

    Raises:
        DataError: the file cannot be written.
    """
    write_lines(path, map(line, chain([header], rows)))


def write_tsv(table: Table, path: str | Path) -> None:
    """Writes a table as TSV, with six decimals of fractions; errors as `write_rows`."""
    write_rows(path, table.columns, table.text())


def write_csv(table: Table, path: str | Path) -> None:
    """Writes a table as CSV, with six decimals of fractions; errors as `write_rows`."""
    write_rows(path, table.columns, table.text(), csv_line)


def write_jsonl(table: Table, path: str | Path) -> None:
    """Writes a table as JSON Lines, with fractions rounded to six decimals.

    Without rows the file is empty. Errors as `write_rows`.
    """
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    names = tuple(table.columns)
    rows = zip(*map(_json_values, table.columns.values()), strict=True)
    write_lines(path, (encode(dict(zip(names, row, strict=True))) + "\n" for row in rows))


def _json_values(column: NDArray[Any]) -> list[Any]:
    if column.dtype.kind == "f":
        # A sum with zero has no minus zero; JSON has no NaN.
        column = (np.round(column.astype(np.float64), 6) + 0.0).astype(object)
        column[column != column] = None
    values: list[Any] = column.tolist()
    return values


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


def write_parquet(table: Table, path: str | Path) -> None:
    """Writes a table as Parquet; errors as `arrow_table` and `write_rows`."""
    parquet = needs("pyarrow.parquet", extra="parquet")
    made = arrow_table(table)
    with atomic_path(path) as temporary:
        parquet.write_table(made, temporary, compression="zstd")


def read_tsv(path: Path, asked: Asked) -> LinkTable:
    """Reads links from TSV, with or without the header. Empty lines are passed over."""
    text = read_text(path, as_written=True, encoding=asked.encoding)
    return parse_links(path, text, asked, form=Delimited())


def read_csv(path: Path, asked: Asked) -> LinkTable:
    """Reads links from CSV, like `read_tsv`."""
    text = read_text(path, as_written=True, encoding=asked.encoding)
    return parse_links(path, text, asked, form=Delimited(",", quoted=True))


def parse_links(path: Path, text: str, asked: Asked, *, form: Delimited | None = None) -> LinkTable:
    """The links in the text of a file, with its line ends.

    Args:
        form: how fields stand apart. If None, the name of the file says it, or the first line.
    """
    found: list[str] = []
    form = form or delimiter_of(path, text, found)
    table = parse_strings(
        path,
        text if form.quoted else unix_lines(text),
        COLUMNS[1::2],
        more=range(3, MOST_COLUMNS),
        may_have_gaps=True,
        form=form,
    )
    first = [column[0] for column in table.columns]
    places, is_ours = places_of(first)
    if places and not asked.is_data(first) and (is_ours or _is_header(table, places)):
        if is_ours:
            _check_header(table, first)
            links = _meant(table.without_first(), first, found, asked.different)
            return LinkTable.of(links, places, is_escaped=not form.quoted, notes=tuple(found))
        links = _meant(table.without_first(), first, found, asked.different)
        found.append(f"{path.name}: the first line is taken for a header")
    elif not places and _is_header_of_two(table, asked):
        links, places = table.without_first(), _positions(table, False)
        found.append(f"{path.name}: the first line is taken for a header")
    else:
        links = table
        places = _positions(table, asked.is_data(first))
    for name in ("left", "right"):
        if "" in links.columns[places[name]]:
            row = links.columns[places[name]].index("")
            fields = [column[row] for column in links.columns]
            what = f"field {places[name] + 1} of {short(fields)} is empty"
            raise links.error(f"{what}; name it or remove the line", row)
    return LinkTable.of(links, places, notes=tuple(found))


def named_links(table: StringTable, header: Sequence[str], *, different: bool = False) -> LinkTable:
    """The links of a table whose columns have names, or none at all.

    With `different` its pairs are not links, but known to be none.

    Raises:
        DataError: the columns do not say what they hold.
    """
    places, is_ours = places_of(header)
    if is_ours:
        _check_header(table, header)
    found: list[str] = []
    table = _meant(table, header, found, different)
    return LinkTable.of(table, places or _positions(table, False), notes=tuple(found))


def _meant(
    table: StringTable, header: Sequence[str], notes: list[str], different: bool
) -> StringTable:
    """The rows of a table of pairs that are links, or with `different` those that are none.

    Sets for training matchers hold both, and say in a column which is which.
    """
    wanted = _NO if different else _YES
    for word, column in zip(header, table.columns, strict=False):
        if word.strip().lower() not in _VERDICT or not {*map(str.lower, column)} <= _YES | _NO:
            continue
        rows = [row for row, cell in enumerate(column) if cell.lower() in wanted]
        if len(rows) == len(table):
            return table
        notes.append(
            f"{table.path.name}: {counted(len(table) - len(rows), 'pair')} that {word.strip()} "
            f"says to be {'a' if different else 'no'} link left out"
        )
        columns = tuple([cells[row] for row in rows] for cells in table.columns)
        return StringTable(table.path, columns, [table.line(row) for row in rows])
    return table


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
    if "probability" not in places and words.count("confidence") == 1:
        places["probability"] = words.index("confidence")
    if not {"left_source", "right_source"} <= set(places):
        places = {name: at for name, at in places.items() if not name.endswith("_source")}
    return places, is_ours


def _is_header(table: StringTable, places: dict[str, int]) -> bool:
    """Whether the words for left and right occur nowhere else in their columns."""
    sides = (table.columns[places[name]] for name in ("left", "right"))
    return all(column[0] not in column[1:] for column in sides)


def _is_header_of_two(table: StringTable, asked: Asked) -> bool:
    """Whether the first row of a table of links, of unknown words, names its columns.

    It does if no graph has these, but the links of the second row; if they speak of identifiers,
    such as idAbt and idBuy; or if all others of the two columns are numbers.
    """
    if len(table.columns) not in (2, 3) or len(table) < 2:
        return False
    first, second = ([column[row] for column in table.columns] for row in (0, 1))
    if asked.is_data(first):
        return False
    if asked.is_header(first, second) or all(_IDS.fullmatch(word.strip()) for word in first[:2]):
        return True
    return all(
        not column[0].strip().isdecimal() and all(cell.strip().isdecimal() for cell in column[1:])
        for column in table.columns[:2]
    )


def _check_header(table: StringTable, header: Sequence[str]) -> None:
    words = [word.strip().lower() for word in header]
    known = [word for word in words if word in ALL_COLUMNS]
    sources = {"left_source", "right_source"} & set(words)
    if len(sources) == 1 or len(set(known)) < len(known):
        raise table.error(
            f"the header is {', '.join(words)}; give every column its own name, and name "
            "the graph of both sides, left_source and right_source, or of none"
        )


def _positions(table: StringTable, is_data: bool) -> dict[str, int]:
    """The columns of a table without a header; as many as ours are ours, if the graphs say so."""
    width = len(table.columns)
    if (not is_data and width not in (2, 3)) or width > len(ALL_COLUMNS):
        raise table.error(
            f"found {width} fields; give two, left and right, or name the columns in a "
            f"first line: {', '.join(ALL_COLUMNS)}"
        )
    names = ("left", "right", "score") if width <= 3 else ALL_COLUMNS
    return {name: at for at, name in enumerate(names[:width])}


def read_parquet(path: Path, asked: Asked) -> LinkTable:
    """Reads links: columns named as in other tables, or two or three of any names."""
    table = read_arrow(path)
    links = named_links(strings_of(path, table), table.column_names, different=asked.different)
    for name, at in places_of(table.column_names)[0].items():
        if name in TEXT_COLUMNS and table.column(at).null_count:
            row = table.column(at).to_pylist().index(None)
            raise links.error(f"has nothing in column {name}", row)
    return links


def read_jsonl(path: Path, asked: Asked) -> LinkTable:
    """Reads links. Empty lines are passed over, and so are keys that are no columns of links."""
    rows, lines = [], []
    text = read_text(path, as_written=True, encoding=asked.encoding)
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip(" \r\t"):
            rows.append(_json_object(path, number, line))
            lines.append(number)
    first = rows[0] if rows else {}
    sources = [key for key in ("left_source", "right_source") if key in first]
    if len(sources) == 1:
        raise DataError(
            f"has {sources[0]} but not that of the other side", path=path, line=lines[0]
        )
    keys = ["left", "right", *sources, *(key for key in ("score", "probability") if key in first)]
    for row, number in zip(rows, lines, strict=True):
        for key in keys:
            if key not in row:
                what = f'has no "{key}"; every line needs the same keys, left and right at least'
                raise DataError(what, path=path, line=number)
            if key in TEXT_COLUMNS and not isinstance(row[key], str):
                what = f'has {short(row[key])} as "{key}", not a string'
                raise DataError(what, path=path, line=number)
    return LinkTable(path, {key: [row[key] for row in rows] for key in keys}, lines)


def _json_object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise DataError(f"is not JSON ({error})", path=path, line=number) from None
    except RecursionError:
        raise DataError("is nested too deep for a link", path=path, line=number) from None
    if not isinstance(value, dict):
        what = f"is {short(value)}, not an object with left and right"
        raise DataError(what, path=path, line=number)
    return value
