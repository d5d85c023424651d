"""Graphs and links from files of integer ids, such as many published data sets have.

A regular file is parsed with array operations. Only one that is not (a blank line, a padded or
missing field) is read again line by line, which either reads it or names the line at fault.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from dualamn.errors import DataError
from dualamn.files.text import (
    check_width,
    counted,
    decode,
    empty_file,
    is_regular,
    read_bytes,
    short,
)
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.kernels.arrays import BoolArray, IntArray
from dualamn.link_files.numbered_links import LinkFile

ID_TRIPLE_FIELDS = ("head id", "relation id", "tail id")
ID_LINK_FIELDS = ("left entity id", "right entity id")

_INTEGER = re.compile(r"([0-9]{1,18})(?:\.0*)?")
_LARGEST_DIGITS = 18  # any number of 18 digits fits into 64 bits


@dataclass(frozen=True, eq=False)
class IdTable:
    """A file of integer ids: (m, columns) int64, and the (m,) line of every row.

    `lines` is None if row i is on line i + 1.
    """

    path: Path
    rows: IntArray
    lines: IntArray | None = None

    def line(self, row: int) -> int:
        """The line, counted from 1, that a row was read from."""
        return int(row + 1 if self.lines is None else self.lines[row])


def read_ids(path: Path, fields: Sequence[str], *, may_be_empty: bool = False) -> IdTable:
    """Reads a file of integer ids, one row a line, fields separated by tabs.

    Numbers written as floats (``12.0``) and fields separated by spaces are read too. The fields
    say what the columns hold, for messages; their number is the number of columns.

    Raises:
        DataError: the file cannot be read, is empty, or has a line that does not fit.
    """
    data = read_bytes(path)
    rows = _parse_regular_ids(data, len(fields))
    table = _parse_ids(path, data, fields) if rows is None else IdTable(path, rows)
    if not len(table.rows) and not may_be_empty:
        raise empty_file(path, fields)
    return table


def _parse_regular_ids(data: bytes, width: int) -> IntArray | None:
    """(m, width) numbers, or None unless every line is `width` numbers with a tab between."""
    data = data.rstrip(b"\n") + b"\n"
    if data == b"\n":
        return np.empty((0, width), dtype=np.int64)
    text = np.frombuffer(data, dtype=np.uint8)
    # Bytes below "0" wrap around, so one comparison finds what is no digit.
    ends = np.flatnonzero((text - np.uint8(ord("0"))) > 9)
    if not is_regular(text[ends], width):
        return None
    lengths = np.diff(ends, prepend=-1) - 1
    longest = int(lengths.max())
    if lengths.min() < 1 or longest > _LARGEST_DIGITS:
        return None
    # Digits are added up from the last one of every number to the first.
    values = np.zeros(len(ends), dtype=np.int64)
    for place in range(longest):
        digits = text[ends - 1 - place].astype(np.int64) - ord("0")
        values += np.where(lengths > place, digits, 0) * 10**place
    return values.reshape(-1, width)


def _parse_ids(path: Path, data: bytes, fields: Sequence[str]) -> IdTable:
    rows: list[list[int]] = []
    lines: list[int] = []
    for number, line in enumerate(decode(path, data).split("\n"), start=1):
        if not line.strip(" "):  # a line of nothing but tabs has empty fields
            continue
        found = line.split("\t") if "\t" in line else line.split()
        check_width(path, number, found, fields, (len(fields),))
        row = []
        for field, what in zip(found, fields, strict=True):
            match = _INTEGER.fullmatch(field.strip())
            if match is None:
                raise DataError(
                    f"the {what} is {short(field)}, but this layout needs a whole number "
                    f"from 0 to {10**_LARGEST_DIGITS - 1}; correct the line, or load files "
                    "with names as plain tab-separated tables",
                    path=path,
                    line=number,
                )
            row.append(int(match[1]))
        rows.append(row)
        lines.append(number)
    table = np.array(rows, dtype=np.int64).reshape(-1, len(fields))
    return IdTable(path, table, np.array(lines, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class IdIndex:
    """Turns published ids into positions; `ids` is (n,) int64, the id of every position."""

    ids: IntArray

    def positions(self, ids: IntArray) -> IntArray:
        """The position of every id, in the same shape; -1 for those unknown."""
        if not self.ids.size:
            return np.full(ids.shape, -1)
        table = self._table
        if table is not None:
            inside = (ids >= 0) & (ids < len(table))
            return np.where(inside, table[np.where(inside, ids, 0)], -1)
        order = self._order
        at = np.searchsorted(self.ids, ids, sorter=order)
        found = order[np.minimum(at, len(order) - 1)]
        return np.where(self.ids[found] == ids, found, -1)

    @cached_property
    def _table(self) -> IntArray | None:
        size = int(self.ids.max()) + 1
        if not _is_dense(size, len(self.ids)):
            return None
        table = np.full(size, -1, dtype=np.int64)
        table[self.ids] = np.arange(len(self.ids))
        return table

    @cached_property
    def _order(self) -> IntArray:
        return np.argsort(self.ids)


@dataclass(frozen=True, eq=False)
class IdGraph:
    """A graph, the published ids of its entities, and the file that lists them.

    `listed_in` is None if triples define the entities.
    """

    kg: KnowledgeGraph
    index: IdIndex
    listed_in: Path | None


def build_graph(
    name: str,
    tables: Sequence[IdTable],
    notes: list[str],
    *,
    entities: tuple[Path, IdIndex, list[str]] | None = None,
    relation_names: tuple[Path, Sequence[str]] | None = None,
) -> IdGraph:
    """Builds a graph from files of triples; repeated triples are merged and counted in `notes`.

    Args:
        tables: the triples, in published ids.
        entities: the file that lists the entities, their ids and names. Without it the ids that
            occur in triples are the entities, and their numbers the names.
        relation_names: the file that names the relations, and a name for every relation id.
            Without it their numbers are the names.

    Raises:
        DataError: a triple has an id that the lists lack.
    """
    triples = np.concatenate([table.rows for table in tables])
    if entities is None:
        listed_in, index = None, IdIndex(_distinct(triples[:, [0, 2]]))
        names = [str(number) for number in index.ids.tolist()]
    else:
        listed_in, index, names = entities
    ends = index.positions(triples[:, [0, 2]])
    if listed_in is not None:
        _check_known(tables, triples[:, [0, 2]], ends >= 0, "entity", listed_in)
    names = _tell_apart(name, names, index.ids, ends, notes)
    relation_ids = _distinct(triples[:, 1])
    if relation_names is None:
        relations = [str(number) for number in relation_ids.tolist()]
    else:
        listed, every_name = relation_names
        known = triples[:, [1]] < len(every_name)
        _check_known(tables, triples[:, [1]], known, "relation", listed)
        relations = [every_name[number] for number in relation_ids.tolist()]
    types = IdIndex(relation_ids).positions(triples[:, 1])
    local = np.stack([ends[:, 0], types, ends[:, 1]], axis=1)
    kg = KnowledgeGraph.from_arrays(name, local, names, relations)
    if repeated := len(triples) - kg.n_triples:
        notes.append(f"{name}: {counted(repeated, 'repeated triple')} merged")
    return IdGraph(kg, index, listed_in)


def read_id_links(
    path: Path, left: IdGraph, right: IdGraph, *, may_be_empty: bool = False
) -> LinkFile:
    """Reads a file of links in published ids.

    Raises:
        DataError: the file is unusable, or has an id that the graph does not have.
    """
    table = read_ids(path, ID_LINK_FIELDS, may_be_empty=may_be_empty)
    columns = []
    for side, (graph, other) in enumerate(((left, right), (right, left))):
        local = graph.index.positions(table.rows[:, side])
        if (local < 0).any():
            row = int(np.argmax(local < 0))
            number = table.rows[row, side]
            lacks, has = f"no triple of {graph.kg.name}", "has it"
            if graph.listed_in is not None:
                lacks, has = f"{graph.listed_in.name} of {graph.kg.name}", "does not list it"
            hint = "correct or remove the line"
            if other.index.positions(number) >= 0:
                hint = f"it is an entity of {other.kg.name}: are the columns swapped?"
            raise DataError(
                f"entity {number} is linked as one of {graph.kg.name}, but {lacks} {has}; {hint}",
                path=path,
                line=table.line(row),
            )
        columns.append(local)
    return LinkFile(path, np.stack(columns, axis=1), table.line)


def _distinct(numbers: IntArray) -> IntArray:
    """The distinct numbers in ascending order."""
    if not _is_dense(int(numbers.max(initial=-1)) + 1, numbers.size):
        return np.unique(numbers)
    return np.flatnonzero(np.bincount(numbers.ravel()))


def _is_dense(size: int, count: int) -> bool:
    """Whether a table over all numbers below `size` is small enough for `count` of them."""
    return size <= 1_000_000 + 8 * count


def _tell_apart(
    kg_name: str, names: list[str], ids: IntArray, ends: IntArray, notes: list[str]
) -> list[str]:
    """The names, with the published id added where several entities have the same one.

    One of them keeps the bare name: the first that has a triple, or else the first.
    """
    if len(set(names)) == len(names):
        return names
    has_triple = np.zeros(len(names), dtype=bool)
    has_triple[ends] = True
    namesakes: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        namesakes.setdefault(name, []).append(position)
    unique = list(names)
    renamed = 0
    for name, positions in namesakes.items():
        positions.remove(next((at for at in positions if has_triple[at]), positions[0]))
        for at in positions:
            unique[at] = f"{name} [{ids[at]}]"
            while unique[at] in namesakes:
                unique[at] += "'"
        renamed += len(positions)
    notes.append(
        f"{kg_name}: {counted(renamed, 'entity has', 'entities have')} the name of another one; "
        "the id is added to tell them apart"
    )
    return unique


def _check_known(
    tables: Sequence[IdTable], numbers: IntArray, known: BoolArray, what: str, listed_in: Path
) -> None:
    """Refuses the first of some (t, columns) numbers in the rows of tables that no list has."""
    if known.all():
        return
    row, column = divmod(int(np.argmin(known)), known.shape[1])
    number = int(numbers[row, column])
    for table in tables:
        if row < len(table.rows):
            raise DataError(
                f"{what} {number} is not listed in {listed_in.name}; "
                "add it there or remove the triple",
                path=table.path,
                line=table.line(row),
            )
        row -= len(table.rows)
