"""Builds graphs and links from files of integer ids, which several layouts share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dualamn.data_loaders.id_table import IdTable, read_ids
from dualamn.errors import DataError
from dualamn.files.delimited import StringTable
from dualamn.files.text import counted
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.link_files.numbered_links import LinkFile

TRIPLE_FIELDS = ("head id", "relation id", "tail id")
LINK_FIELDS = ("left entity id", "right entity id")


@dataclass(frozen=True, eq=False)
class IdIndex:
    """Turns published ids into positions.

    Attributes:
        ids: (n,) int64, the published id of every position.
    """

    ids: NDArray[np.int64]

    def positions(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
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
    def _table(self) -> NDArray[np.int64] | None:
        size = int(self.ids.max()) + 1
        if not _is_dense(size, len(self.ids)):
            return None
        table = np.full(size, -1, dtype=np.int64)
        table[self.ids] = np.arange(len(self.ids))
        return table

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        return np.argsort(self.ids)


@dataclass(frozen=True, eq=False)
class IdGraph:
    """A graph, and the published ids of its entities.

    Attributes:
        kg: the graph.
        index: published entity id -> position in the graph.
        listed_in: the file that lists the entities; None if their triples define them.
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
        name: the graph's name.
        tables: the triples, in published ids.
        notes: where counts are added.
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
    if listed_in is not None and (ends < 0).any():
        _refuse_unknown(tables, triples[:, [0, 2]], ends, "entity", listed_in)
    names = _tell_apart(name, names, index.ids, ends, notes)
    relation_ids = _distinct(triples[:, 1])
    relation_index = IdIndex(relation_ids)
    if relation_names is None:
        relations = [str(number) for number in relation_ids.tolist()]
    else:
        listed, every_name = relation_names
        if (relation_ids >= len(every_name)).any():
            known = np.where(triples[:, 1] < len(every_name), 0, -1)
            _refuse_unknown(tables, triples[:, [1]], known[:, None], "relation", listed)
        relations = [every_name[number] for number in relation_ids.tolist()]
    local = np.stack([ends[:, 0], relation_index.positions(triples[:, 1]), ends[:, 1]], axis=1)
    kg = KnowledgeGraph.from_arrays(name, local, names, relations)
    repeated = len(triples) - kg.n_triples
    if repeated:
        notes.append(f"{name}: {counted(repeated, 'repeated triple')} merged")
    return IdGraph(kg, index, listed_in)


def read_id_links(
    path: Path, left: IdGraph, right: IdGraph, *, may_be_empty: bool = False
) -> LinkFile:
    """Reads a file of links in published ids.

    Raises:
        DataError: the file is unusable, or has an id that the graph does not have.
    """
    table = read_ids(path, LINK_FIELDS, may_be_empty=may_be_empty)
    columns = []
    for side, graph in enumerate((left, right)):
        local = graph.index.positions(table.rows[:, side])
        if (local < 0).any():
            row = int(np.argmax(local < 0))
            number = int(table.rows[row, side])
            lacks = "no triple of" if graph.listed_in is None else f"{graph.listed_in.name} of"
            other = right if side == 0 else left
            hint = "correct or remove the line"
            if other.index.positions(table.rows[[row], side])[0] >= 0:
                hint = f"it is an entity of {other.kg.name}: are the columns swapped?"
            has = "has it" if graph.listed_in is None else "does not list it"
            raise DataError(
                f"entity {number} is linked as one of {graph.kg.name}, but {lacks} "
                f"{graph.kg.name} {has}; {hint}",
                path=path,
                line=table.line(row),
            )
        columns.append(local)
    return LinkFile(path, np.stack(columns, axis=1), table.line)


def number_entities(table: StringTable, notes: list[str]) -> tuple[Path, IdIndex, list[str]]:
    """Reads the table of a file like ``ent_ids_1``: an id and a name a line.

    Raises:
        DataError: an id is no whole number, or has two names.
    """
    names: dict[int, str] = {}
    repeated = 0
    for row, (field, name) in enumerate(zip(*table.columns, strict=True)):
        if not (field.isascii() and field.isdecimal() and len(field) <= 18):
            raise DataError(
                f"the entity id is {field!r}, not a whole number; correct the line",
                path=table.path,
                line=table.line(row),
            )
        repeated += int(field) in names
        known = names.setdefault(int(field), name)
        if known != name:
            raise DataError(
                f"entity {field} is named {name!r}, but an earlier line names it {known!r}; "
                "remove one of the two",
                path=table.path,
                line=table.line(row),
            )
    if repeated:
        notes.append(f"{table.path.name}: {counted(repeated, 'repeated line')} skipped")
    index = IdIndex(np.fromiter(names, dtype=np.int64, count=len(names)))
    return table.path, index, list(names.values())


def _distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The distinct numbers in ascending order."""
    size = int(numbers.max()) + 1 if numbers.size else 0
    if not _is_dense(size, numbers.size):
        return np.unique(numbers)
    seen = np.zeros(size, dtype=bool)
    seen[numbers.ravel()] = True
    return np.flatnonzero(seen)


def _is_dense(size: int, count: int) -> bool:
    """Whether a table over all numbers below `size` is small enough for `count` of them."""
    return size <= 1_000_000 + 8 * count


def _tell_apart(
    kg_name: str,
    names: list[str],
    ids: NDArray[np.int64],
    ends: NDArray[np.int64],
    notes: list[str],
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
        keeper = next((at for at in positions if has_triple[at]), positions[0])
        for at in positions:
            if at == keeper:
                continue
            unique[at] = f"{name} [{ids[at]}]"
            while unique[at] in namesakes:
                unique[at] += "'"
            renamed += 1
    notes.append(
        f"{kg_name}: {counted(renamed, 'entity has', 'entities have')} the name of another one; "
        "the id is added to tell them apart"
    )
    return unique


def _refuse_unknown(
    tables: Sequence[IdTable],
    numbers: NDArray[np.int64],
    positions: NDArray[np.int64],
    what: str,
    listed_in: Path,
) -> None:
    row, column = divmod(int(np.argmax(positions < 0)), positions.shape[1])
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
