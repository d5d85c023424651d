"""Tables of triples: which columns are head, relation and tail, whole or block by block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from dualamn.data_loaders.entity_tables import NAMES_IDS
from dualamn.errors import DataError, did_you_mean, needs
from dualamn.files.opening import COMPRESSED, PARQUET, opened, suffix
from dualamn.files.rdf import Reading
from dualamn.files.string_tables import (
    Delimited,
    StringTable,
    delimiter_of,
    first_row,
    parse_strings,
    read_parquet,
    strings_of,
)
from dualamn.files.text import OR_SKIP, BadLines, counted, decode, read_text, unix_lines

TRIPLE_FIELDS = ("head", "relation", "tail")
MOST_COLUMNS = 1000
_BLOCK = 1 << 22  # bytes of text that are read at a time
_ROWS = 1 << 16  # and rows of Parquet

_WITH_TIMES = (4, 5)
"""So many columns has a table of triples with a time, or the begin and end of one."""

_TIME = re.compile(r"[-+\d#/.:,TZ ~\[\]()]*|none|null|na|nan", re.IGNORECASE)
_FEW_ROWS = 10
_MOSTLY_TIMES, _MOSTLY_DISTINCT = 0.95, 0.8

_WORDS = (
    {"head", "subject", "s", "h", "source", "head_entity", "head_id"},
    {"relation", "predicate", "property", "p", "r", "rel", "relation_id"},
    {"tail", "object", "o", "t", "target", "tail_entity", "tail_id"},
)


def read_triples(path: Path, notes: list[str], reading: Reading | None = None) -> StringTable:
    """Reads a table of triples, text or Parquet: its columns head, relation and tail.

    A first line of words such as head, relation and tail says which column is which, if the
    words occur nowhere else in their columns; a table of other than three columns needs one,
    unless its fourth column, and a fifth, hold times or numbers that a triple may have.

    Args:
        notes: where a header in text is noted, and what was left out.
        reading: which three columns to take, and how the text is written.

    Raises:
        DataError: the file is unusable, or has no such columns.
    """
    reading = reading or Reading()
    if suffix(path) in PARQUET:
        names, table = read_parquet(path)
        return choose(table, names, reading.columns)
    text = read_text(path, encoding=reading.encoding)
    bad = BadLines() if reading.skip_bad_lines else None
    table, _, _, more = _triples_in(path, text, reading, notes, bad)
    notes.extend(_passed_over(path, more, len(table)))
    if bad is not None:
        notes.extend(bad.note(path))
    return table


def triple_blocks(path: Path, notes: list[str], reading: Reading) -> Iterator[StringTable]:
    """The same table as of `read_triples` block by block, of which one is held at a time.

    Which columns hold triples, and what stands between fields, is decided by the first block.

    Raises:
        DataError: as of `read_triples`, once the block at fault is reached.
        MissingExtraError: a package that reads the file is not installed.
    """
    if suffix(path) in PARQUET:
        yield from _parquet_blocks(path, reading)
        return
    bad = BadLines() if reading.skip_bad_lines else None
    form: Delimited | None = None
    above = count = n_more = 0  # lines before the block, triples, columns not read
    with opened(path, reading.encoding) as stream:
        rest, is_last = b"", False
        while not is_last:
            data = stream.read(_BLOCK)
            rest, is_last = rest + data, not data
            end = len(rest) if is_last else rest.rfind(b"\n") + 1
            quoted = (Delimited.by_name(path) if form is None else form).quoted
            if not is_last and (not end or (quoted and rest.count(b'"', 0, end) % 2)):
                continue  # a line or a field in quotes goes on
            block, rest = rest[:end], rest[end:]
            if form is not None and not block.strip():
                above += block.count(b"\n")
                continue
            of_block = None if bad is None else BadLines()
            with _lines_below(above):
                text = unix_lines(decode(path, block))
                found = _triples_in(path, text, reading, notes, of_block, form)
            table, places, used, more = found
            count += len(table)
            if form is None:
                n_more = more
                by_number = (str(place + 1) for place in places)
                head, relation, tail = by_number
                reading = replace(reading, columns=(head, relation, tail), separator=used.separator)
                form = used
            if bad is not None and of_block is not None and of_block.first is not None:
                bad.first = above + of_block.first if bad.first is None else bad.first
                bad.count += of_block.count
            above += text.count("\n")
            yield table
    notes.extend(_passed_over(path, n_more, count))
    if bad is not None:
        notes.extend(bad.note(path))


def _passed_over(path: Path, more: int, count: int) -> list[str]:
    """A note on columns with times or numbers, if there are any."""
    if not more:
        return []
    which = "columns 4 and 5" if more > 1 else "column 4"
    return [f"{path.name}: {which} not read, times or numbers of {counted(count, 'triple')}"]


@contextmanager
def _lines_below(above: int) -> Iterator[None]:
    """Counts the lines of errors from so many lines above the text that they are about."""
    try:
        yield
    except DataError as error:
        if error.line is None or not above:
            raise
        raise DataError(error.message, path=error.path, line=error.line + above) from None


def _parquet_blocks(path: Path, reading: Reading) -> Iterator[StringTable]:
    """The triples of a Parquet file; of one that is compressed as a whole, in one block."""
    if path.suffix.lower() in COMPRESSED:
        names, table = read_parquet(path)
        yield choose(table, names, reading.columns)
        return
    pyarrow, parquet = (needs(name, extra="parquet") for name in ("pyarrow", "pyarrow.parquet"))
    try:
        with opened(path) as stream, parquet.ParquetFile(stream) as file:
            if not file.metadata.num_rows:
                raise DataError("the file is empty; expected rows", path=path)
            for batch in file.iter_batches(_ROWS):
                table = strings_of(path, pyarrow.Table.from_batches([batch]))
                yield choose(table, batch.schema.names, reading.columns)
    except pyarrow.ArrowInvalid as error:
        why = str(error).splitlines()[0]
        raise DataError(f"this cannot be read as Parquet ({why})", path=path) from None


def _triples_in(
    path: Path,
    text: str,
    reading: Reading,
    notes: list[str],
    bad: BadLines | None,
    form: Delimited | None = None,
) -> tuple[StringTable, Sequence[int], Delimited, int]:
    """The triples in a text, the places of their columns, and how fields stand apart.

    Last comes how many columns of times or numbers are not read.

    A `form` says that the text goes on where another left off: it has no header.
    """
    columns, goes_on, more = reading.columns, form is not None, 0
    if form is None:
        form = delimiter_of(path, text, notes, given=reading.separator, width=len(TRIPLE_FIELDS))
    first = first_row(text, form)
    by_words = _by_words(first)
    places: Sequence[int] = range(len(TRIPLE_FIELDS))
    if columns is None and (by_words is None or len(first) <= len(TRIPLE_FIELDS)):
        if len(first) == 2 and NAMES_IDS.fullmatch(first[0].strip()):
            raise _no_columns(path, first, None)  # records of an identifier and one property
        has_more = len(first) in _WITH_TIMES
        table = parse_strings(
            path,
            text,
            TRIPLE_FIELDS,
            more=_WITH_TIMES if has_more else (),
            may_have_gaps=has_more,
            form=form,
            bad=bad,
            hint=OR_SKIP,
        )
        if by_words is None and not _are_triples(table):
            raise _no_columns(path, first, None)
        more = len(first) - len(TRIPLE_FIELDS) if has_more else 0
        header = by_words is not None and _is_header(table.take(by_words))
        if header and by_words:
            places = by_words
        table = table.take(places)
    else:
        # Only the columns that are looked for have to be full.
        table = parse_strings(
            path,
            text,
            TRIPLE_FIELDS,
            more=range(1, MOST_COLUMNS),
            may_have_gaps=True,
            form=form,
            bad=bad,
            hint=OR_SKIP,
        )
        places = _named(path, first, columns)
        by_number = columns is not None and all(column.isdecimal() for column in columns)
        table = table.take(places)
        header = not goes_on and (_is_header(table) if by_number else True)
        others = [word.strip() for at, word in enumerate(first) if at not in places]
        if columns is None and others:
            notes.append(f"{path.name}: not read: the columns {', '.join(others[:8])}")
    if header:
        if columns is None:
            notes.append(f"{path.name}: the first line is taken for a header")
        table = table.without_first()
        if not len(table):
            raise DataError("there is nothing but a header; add triples", path=path)
    return _filled(table), places, form, more


def _are_triples(table: StringTable) -> bool:
    """Whether a table without words for its columns can hold triples, with their times perhaps.

    Relations repeat, which names of entities do not, and what comes after a triple is no text.
    """
    rows, more = len(table), table.columns[len(TRIPLE_FIELDS) :]
    if not more and not NAMES_IDS.fullmatch(table.columns[0][0].strip()):
        return True
    if rows >= _FEW_ROWS and len(set(table.columns[1])) > _MOSTLY_DISTINCT * rows:
        return False
    return all(
        sum(_TIME.fullmatch(cell) is not None for cell in column) >= _MOSTLY_TIMES * rows
        for column in more
    )


def choose(
    table: StringTable, header: Sequence[str], columns: tuple[str, str, str] | None
) -> StringTable:
    """The columns head, relation and tail of a table whose columns have names, or none at all.

    Raises:
        DataError: it has no such columns, or a field of theirs is empty.
    """
    if not header:
        header = [str(number) for number in range(1, len(table.columns) + 1)]
    return _filled(table.take(_named(table.path, header, columns)))


def _by_words(header: Sequence[str]) -> Sequence[int] | None:
    """Where the header names head, relation and tail, each once; None if it does not."""
    words = [word.strip().lower() for word in header]
    places = [[at for at, word in enumerate(words) if word in known] for known in _WORDS]
    return [at for at, *_ in places] if all(len(found) == 1 for found in places) else None


def _is_header(table: StringTable) -> bool:
    """Whether the first row names the columns; were it a triple, its entities had others."""
    first = [column[0] for column in table.columns]
    if _by_words(first) != [0, 1, 2]:
        return False
    head, relation, tail = first
    heads, relations, tails = (column[1:] for column in table.columns)
    return relation not in relations and not any(
        word in column for word in (head, tail) for column in (heads, tails)
    )


def _named(
    path: Path, header: Sequence[str], columns: tuple[str, str, str] | None
) -> Sequence[int]:
    """The places of the named or numbered columns, or of those with common names."""
    if columns is None:
        found = _by_words(header)
        if found is None and len(header) != len(TRIPLE_FIELDS):
            raise _no_columns(path, header, None)
        return found or range(len(TRIPLE_FIELDS))
    places = []
    by_number = all(column.isdecimal() for column in columns)
    words = [word.strip().lower() for word in header]
    for column in columns:
        if not by_number:
            if words.count(column.strip().lower()) != 1:
                raise _no_columns(path, header, column)
            places.append(words.index(column.strip().lower()))
        elif 1 <= int(column) <= len(header):
            places.append(int(column) - 1)
        else:
            raise DataError(
                f"column {int(column)} was asked for, but there are {len(header)}; count from 1",
                path=path,
            )
    return places


def _no_columns(path: Path, header: Sequence[str], wanted: str | None) -> DataError:
    seen = ", ".join(repr(word) for word in header[:12]) + (", …" if len(header) > 12 else "")
    if wanted is None:
        ids = next((word for word in header if NAMES_IDS.fullmatch(word.strip())), "ID")
        message = (
            f"which of the columns {seen} are head, relation and tail? Name them so, or say it: "
            "--columns HEAD,RELATION,TAIL, or the argument columns; if every row is an entity, "
            f"name the column of identifiers: --table {ids}, or the argument table"
        )
    else:
        near = did_you_mean(wanted, [word.strip() for word in header])
        message = f"there is not one column named {wanted!r} in {seen}{near}"
    return DataError(message, path=path, line=None if suffix(path) in PARQUET else 1)


def _filled(table: StringTable) -> StringTable:
    for column, what in zip(table.columns, TRIPLE_FIELDS, strict=True):
        if "" in column:
            row = column.index("")
            raise DataError(
                f"the {what} is empty; name it or remove the line",
                path=table.path,
                line=table.line(row),
            )
    return table
