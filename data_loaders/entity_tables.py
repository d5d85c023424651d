"""Tables of one entity a row: a column of identifiers, and others whose cells describe it.

Every other column is a property: its cells are attribute values, or, where they name entities,
triples. An identifier is what stands in its cell, and rows with the same one, also of several
tables of a graph, describe the same entity.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from dualamn.data_loaders.graph_builder import GraphBuilder
from dualamn.errors import ConfigError, DataError, did_you_mean
from dualamn.files.opening import PARQUET, suffix
from dualamn.files.rdf import Reading
from dualamn.files.string_tables import (
    Delimited,
    StringTable,
    delimiter_of,
    parse_strings,
    read_parquet,
)
from dualamn.files.text import OR_SKIP, BadLines, counted, read_text

_MOST_COLUMNS = 10_000
NOTHING = frozenset({"", r"\N", "NULL", "null", "NaN", "nan"})
"""Cells that say that nothing is known, as databases and data frames write it."""

_MOSTLY = 0.95
"""So large a share of a column's cells has to name entities for it to be taken for edges."""

_FRACTION = re.compile(r"-?[0-9]+\.0")

NAMES_IDS = re.compile(
    r"(?:.*[^A-Za-z])?(?i:ids?|refs?|keys?|identifiers?|uris?|iris?)"
    r"|.*[a-z](?:I[dD]s?|Refs?|Keys?|U[rR][iI]s?|I[rR][iI]s?)"
)
"""The name of a column of identifiers, such as id, film_id or filmId."""

_FEW = 3  # fewer cells than these say nothing about a column


def one_for_each(table: str | Sequence[str | None] | None, n_graphs: int) -> list[str | None]:
    """The column of identifiers of every graph, from one for all of them or one for each.

    Raises:
        ConfigError: there are some, but not one for each.
    """
    if table is None or isinstance(table, str):
        return [table] * n_graphs
    if len(table) != n_graphs:
        raise ConfigError(
            f"got {len(table)} columns of identifiers for {n_graphs} graphs; give one for all, or "
            "one for each"
        )
    return list(table)


@dataclass(frozen=True, eq=False)
class EntityTable:
    """A table of one entity a row.

    Attributes:
        table: its rows, without a header.
        header: the names of its columns.
        id_column: which of them holds the identifiers.
    """

    table: StringTable
    header: tuple[str, ...]
    id_column: int

    @property
    def ids(self) -> list[str]:
        """The identifier of every row."""
        return self.table.columns[self.id_column]


def read_entities(path: Path, notes: list[str], reading: Reading) -> EntityTable:
    """Reads a table of entities, text with a header or Parquet.

    Args:
        notes: where it is noted how the text was taken, and what was left out.
        reading: the column of identifiers, and how the text is written.

    Raises:
        DataError: the file is unusable, has no such column, or a row without an identifier.
        MissingExtraError: a package that reads the file is not installed.
    """
    if suffix(path) in PARQUET:
        return entities_of(*read_parquet(path), reading)
    text = read_text(path, encoding=reading.encoding)
    form = delimiter_of(path, text, notes, given=reading.separator, column=reading.table)
    bad = BadLines() if reading.skip_bad_lines else None
    table = parsed_table(path, text, form, notes, bad)
    header = [column[0] for column in table.columns]
    if len(table) == 1:
        raise DataError("there is nothing but a header; add entities", path=path)
    found = entities_of(header, table.without_first(), reading, bad)
    if bad is not None:
        notes.extend(bad.note(path))
    return found


def parsed_table(
    path: Path,
    text: str,
    form: Delimited,
    notes: list[str],
    bad: BadLines | None,
    *,
    may_quote: bool = True,
) -> StringTable:
    """The table with a header in a text; where quotes do not close, they are taken as they stand.

    Args:
        notes: where that is noted.
        bad: where lines that do not fit are counted, and left out. Without it they are errors.
        may_quote: whether quotes may be those of CSV.

    Raises:
        DataError: the text is empty, or a line does not fit.
    """

    def parsed(*, quoted: bool, bad: BadLines | None = None) -> StringTable:
        return parse_strings(
            path,
            text,
            ("identifier", "property"),
            more=range(3, _MOST_COLUMNS),
            may_have_gaps=True,
            form=replace(form, quoted=quoted),
            bad=bad,
            hint=OR_SKIP,
        )

    if not may_quote or '"' not in text:
        return parsed(quoted=False, bad=bad)
    try:
        return parsed(quoted=True)
    except DataError:
        with suppress(DataError):
            table = parsed(quoted=False)
            notes.append(f"{path.name}: quotes do not close, so they are taken as they stand")
            return table
        if bad is None:
            raise
    return parsed(quoted=True, bad=bad)


def entities_of(
    header: Sequence[str],
    table: StringTable,
    reading: Reading,
    bad: BadLines | None = None,
) -> EntityTable:
    """The table of entities whose columns have names.

    Args:
        bad: where rows without an identifier are counted, and left out.

    Raises:
        DataError: it has no such column of identifiers, or a row without an identifier.
    """
    assert reading.table is not None
    header = [word.strip() or f"column {at}" for at, word in enumerate(header, start=1)]
    at = _place(table.path, header, reading.table)
    ids = _whole(table.columns[at])
    if ids is not table.columns[at]:
        table = StringTable(
            table.path, (*table.columns[:at], ids, *table.columns[at + 1 :]), table.lines
        )
    without = [row for row, identifier in enumerate(ids) if identifier.strip() in NOTHING]
    if without and bad is None:
        raise table.error(
            f"the row has no identifier in the column {header[at]!r}; give it one, or leave out "
            "such rows (--skip-bad-lines)",
            without[0],
        )
    if without and bad is not None:
        for row in without:
            bad.add(table.line(row))
        gone = set(without)
        kept = [row for row in range(len(table)) if row not in gone]
        columns = tuple([column[row] for row in kept] for column in table.columns)
        table = StringTable(table.path, columns, [table.line(row) for row in kept])
    return EntityTable(table, tuple(header), at)


def _whole(column: list[str]) -> list[str]:
    """Cells of which data frames made fractions, since some are empty, as whole numbers again."""
    if not all(cell in NOTHING or _FRACTION.fullmatch(cell) for cell in column):
        return column
    return [cell.removesuffix(".0") for cell in column]


def _place(path: Path, header: Sequence[str], wanted: str) -> int:
    """Where a column is, by its name or its number from 1."""
    for words in (header, [word.lower() for word in header]):
        name = wanted.strip() if words is header else wanted.strip().lower()
        if words.count(name) == 1:
            return words.index(name)
    if wanted.strip().isdecimal() and 1 <= int(wanted) <= len(header):
        return int(wanted) - 1
    seen = ", ".join(map(repr, header[:12])) + (", …" if len(header) > 12 else "")
    raise DataError(
        f"there is not one column named {wanted!r} in {seen}{did_you_mean(wanted, header)}; "
        "the first line has to name the columns",
        path=path,
        line=None if suffix(path) in PARQUET else 1,
    )


def add_entities(
    tables: Sequence[EntityTable], to: GraphBuilder, notes: list[str], reading: Reading
) -> None:
    """Adds the entities of all tables of a graph, which may name each other.

    Columns that name entities become triples: those that the user gave, or else those whose
    cells are nearly all identifiers of these tables. Numbers are only taken for identifiers if
    the column is called so, as in `artist_id`, since years and prices are numbers too.

    Args:
        notes: where edges that were found, repeated rows and empty ones are noted.

    Raises:
        DataError: no table has a column that the user gave.
    """
    known = {identifier for table in tables for identifier in table.ids}
    wanted = dict.fromkeys(reading.edges or (), False)
    for made in tables:
        edges = _edges(made, known, reading, wanted)
        if edges and reading.edges is None:
            names = ", ".join(made.header[at] for at in edges)
            notes.append(
                f"{made.table.path.name}: {names} taken for edges, as nearly all cells are "
                "identifiers of entities; name the columns that are to be edges to decide (--edge)"
            )
        _add(made, edges, to, notes)
    for name, found in wanted.items():
        if not found:
            _place(tables[0].table.path, tables[0].header, name)
    if (several := sum(len(table.ids) for table in tables) - len(known)) > 0:
        notes.append(
            f"{tables[0].table.path.name}{' and others' if len(tables) > 1 else ''}: "
            f"{counted(several, 'row')} with an identifier of an earlier one, taken for the same "
            "entity"
        )


def _edges(
    made: EntityTable, known: set[str], reading: Reading, wanted: dict[str, bool]
) -> list[int]:
    """The columns that name entities; those that the user gave are ticked off."""
    places = [at for at in range(len(made.header)) if at != made.id_column]
    if reading.edges is None:
        return [at for at in places if _names_entities(made, at, known)]
    chosen = []
    for name in reading.edges:
        try:
            at = _place(made.table.path, made.header, name)
        except DataError:
            continue  # it may be a column of another table
        wanted[name] = True
        chosen.append(at)
    return chosen


def _names_entities(made: EntityTable, at: int, known: set[str]) -> bool:
    cells = [cell for cell in _whole(made.table.columns[at]) if cell not in NOTHING]
    if len(cells) < _FEW or sum(cell in known for cell in cells) < _MOSTLY * len(cells):
        return False
    if made.table.columns[at] == made.ids:  # the identifier once more
        return False
    return NAMES_IDS.fullmatch(made.header[at]) is not None or not all(
        cell.replace(".", "").isdecimal() for cell in cells
    )


def _add(made: EntityTable, edges: Sequence[int], to: GraphBuilder, notes: list[str]) -> None:
    numbers = [to.entities[identifier] for identifier in made.ids]
    has_any = bytearray(len(numbers))
    for at, (name, column) in enumerate(zip(made.header, made.table.columns, strict=True)):
        if at == made.id_column:
            continue
        is_edge = at in edges
        rows = [row for row, cell in enumerate(column) if cell.strip() not in NOTHING]
        for row in rows:
            has_any[row] = 1
        subjects = [numbers[row] for row in rows]
        if is_edge:
            heads, relations, tails = to.triples
            heads.extend(subjects)
            relations.extend([to.relations[name]] * len(rows))
            cells = _whole(column)
            tails.extend(to.entities[cells[row]] for row in rows)
            continue
        entities, attributes = to.literals
        entities.extend(subjects)
        attributes.extend([to.attributes[name]] * len(rows))
        to.values.extend(column[row] for row in rows)
        to.types.extend([""] * len(rows))
    if empty := has_any.count(0):
        notes.append(
            f"{made.table.path.name}: {counted(empty, 'row')} with nothing but an identifier left "
            "out"
        )
