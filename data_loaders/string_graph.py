"""Graphs from files whose entities and relations are any strings: tables and RDF."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from dualamn.data_loaders.entity_tables import (
    NAMES_IDS,
    EntityTable,
    add_entities,
    read_entities,
)
from dualamn.data_loaders.exchange_tables import exchange_statements
from dualamn.data_loaders.graph_builder import GraphBuilder
from dualamn.data_loaders.rdf_statements import collect, sort_statements
from dualamn.data_loaders.wikidata_json import JSON, wikidata_statements
from dualamn.errors import DataError, did_you_mean
from dualamn.files.opening import COMPRESSED, PARQUET, RDF, TABLES, endpoint_of, suffix
from dualamn.files.rdf import Reading
from dualamn.files.string_tables import (
    StringTable,
    delimiter_of,
    first_row,
    parse_strings,
    read_parquet,
)
from dualamn.files.text import OR_SKIP, BadLines, counted, read_text
from dualamn.graphs.knowledge_graph import KnowledgeGraph

TRIPLE_FIELDS = ("head", "relation", "tail")
MOST_COLUMNS = 1000

READ = (*TABLES, *PARQUET, *RDF)
"""The endings of files that can hold a graph, before any of compression."""

_WITH_TIMES = (4, 5)
"""So many columns has a table of triples with a time, or the begin and end of one."""

_TIME = re.compile(r"[-+\d#/.:,TZ ~\[\]()]*|none|null|na|nan", re.IGNORECASE)
_FEW_ROWS = 10
_MOSTLY_TIMES, _MOSTLY_DISTINCT = 0.95, 0.8

_OTHER_FORMATS = {
    **dict.fromkeys((".hdt", ".trix", ".rj"), "such RDF"),
    **dict.fromkeys((".xz", ".zip", ".7z", ".tar", ".tgz", ".rar"), "such archives"),
    **dict.fromkeys((".feather", ".arrow", ".xlsx", ".xls", ".npz", ".pt"), "such files"),
}

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
    columns = reading.columns
    if suffix(path) in PARQUET:
        names, table = read_parquet(path)
        return choose(table, names, columns)
    text = read_text(path, encoding=reading.encoding)
    form = delimiter_of(path, text, notes, given=reading.separator, width=len(TRIPLE_FIELDS))
    bad = BadLines() if reading.skip_bad_lines else None
    first = first_row(text, form)
    by_words = _by_words(first)
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
        if has_more:
            which = "columns 4 and 5" if len(first) > 4 else "column 4"
            of = counted(len(table), "triple")
            notes.append(f"{path.name}: {which} not read, times or numbers of {of}")
        header = by_words is not None and _is_header(table.take(by_words))
        table = table.take(by_words if header and by_words else range(3))
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
        chosen = _named(path, first, columns)
        by_number = columns is not None and all(column.isdecimal() for column in columns)
        table = table.take(chosen)
        header = _is_header(table) if by_number else True
        others = [word.strip() for at, word in enumerate(first) if at not in chosen]
        if columns is None and others:
            notes.append(f"{path.name}: not read: the columns {', '.join(others[:8])}")
    if bad is not None:
        notes.extend(bad.note(path))
    if header:
        if columns is None:
            notes.append(f"{path.name}: the first line is taken for a header")
        table = table.without_first()
        if not len(table):
            raise DataError("there is nothing but a header; add triples", path=path)
    return _filled(table)


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


def read_graph(
    source: Path | Sequence[Path],
    name: str,
    notes: list[str],
    reading: Reading | None = None,
) -> KnowledgeGraph:
    """Reads a graph from a file, all files of a folder, or several of both.

    The ending of a file's name says whether it is a table of triples or RDF, see
    docs/input.md. Repeated triples are merged, and counted in `notes`.

    Raises:
        DataError: a file is unusable, or a folder has none.
        MissingExtraError: a package that reads a file is not installed.
    """
    reading = reading or Reading()
    files: list[Path] = []
    for path in [source] if isinstance(source, Path) else source:
        files.extend(_files_in(path, notes) if path.is_dir() else [path])
    builder, hubs = GraphBuilder(reading), False
    n_rdf = sum(suffix(path) in RDF or endpoint_of(path) is not None for path in files)
    entities: list[EntityTable] = []
    for number, path in enumerate(files, start=1):
        kind = suffix(path)
        # Blank nodes of two files are never the same.
        scope = f"f{number}." if n_rdf > 1 else ""
        if (address := endpoint_of(path)) is not None:
            # Graphs in files need not wait for what speaks HTTP.
            from dualamn.data_loaders.sparql import endpoint_statements

            hubs = True
            if not sort_statements(endpoint_statements(address, builder, scope), builder):
                raise DataError(f"there is no statement at {address}")
            continue
        if kind in _OTHER_FORMATS:
            raise DataError(
                f"{_OTHER_FORMATS[kind]} are not read; write the triples as RDF ({', '.join(RDF)})"
                ", as Parquet, or as text, one a line: head, relation and tail with tabs between",
                path=path,
            )
        if kind in RDF:
            hubs = True
            collect(path, builder, scope, reading=reading, notes=notes)
        elif kind in JSON:
            hubs = True
            bad = BadLines() if reading.skip_bad_lines else None
            found = wikidata_statements(path, builder, reading.encoding, bad)
            if not sort_statements(found, builder):
                raise DataError("there is no entity in this file", path=path)
            notes.extend([] if bad is None else bad.note(path))
        elif reading.table is not None:
            entities.append(read_entities(path, notes, reading))
        elif kind in TABLES and (rows := exchange_statements(path, notes, reading)) is not None:
            sort_statements(rows, builder)
        else:
            builder.add_table(read_triples(path, notes, reading))
    add_entities(entities, builder, notes, reading)
    return builder.graph(name, notes, hubs=hubs)


def table_files(folder: Path) -> list[Path]:
    """The files of a folder that can be tables by their names, sorted; hidden ones are not."""
    return [path for path in _visible(folder) if suffix(path) in (*TABLES, *PARQUET)]


def graph_files(folder: Path) -> list[Path]:
    """The files of a folder that can hold a graph by their names, sorted; hidden ones are not."""
    return [path for path in _visible(folder) if suffix(path) in READ]


def _visible(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")
    )


def _files_in(folder: Path, notes: list[str]) -> list[Path]:
    files = graph_files(folder)
    if not files:
        raise DataError(
            f"there is no file of triples in this folder ({', '.join(filter(None, READ))} or "
            f"without an extension, perhaps with {', '.join(COMPRESSED)} after it); add one or "
            "correct the path",
            path=folder,
        )
    others = [path.name for path in _visible(folder) if path not in files]
    if others:
        notes.append(f"{folder.name}: not read: {', '.join(others)}")
    return files
