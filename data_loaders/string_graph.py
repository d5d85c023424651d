"""Builds graphs from files of triples whose entities and relations are any strings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from dualamn.data_loaders.text import StringTable, counted, read_strings
from dualamn.errors import DataError
from dualamn.kg import KnowledgeGraph

TRIPLE_FIELDS = ("head", "relation", "tail")

_SUFFIXES = (".tsv", ".csv", ".txt", ".tab", "")
_OTHER_FORMATS = {
    **dict.fromkeys((".nt", ".nq", ".ttl", ".trig", ".rdf", ".owl", ".jsonld"), "RDF"),
    **dict.fromkeys((".gz", ".bz2", ".xz", ".zip", ".zst", ".7z", ".tar"), "compressed"),
    **dict.fromkeys((".parquet", ".feather", ".xlsx", ".xls", ".json", ".npz", ".pt"), "binary"),
}
_HEADS = {"head", "subject", "s", "h", "source", "head_entity", "head_id"}
_RELATIONS = {"relation", "predicate", "property", "p", "r", "rel", "relation_id"}
_TAILS = {"tail", "object", "o", "t", "target", "tail_entity", "tail_id"}


def read_graph(source: Path, name: str, notes: list[str]) -> KnowledgeGraph:
    """Reads a graph from a file of triples, or from all such files in a folder.

    A first line such as ``head relation tail`` is taken for a header, and noted, if its words
    occur nowhere else in their columns. Repeated triples are merged and counted in `notes`.

    Raises:
        DataError: a file is unusable, or the folder has none.
    """
    files = [source]
    if source.is_dir():
        files = _files_in(source, notes)
    tables = []
    for path in files:
        kind = _OTHER_FORMATS.get(path.suffix.lower())
        if kind is not None:
            raise DataError(
                f"{kind} files are not read; write the triples as text, one a line: head, "
                "relation and tail with tabs between them",
                path=path,
            )
        table = read_strings(path, TRIPLE_FIELDS)
        if _has_header(table):
            notes.append(f"{path.name}: the first line is taken for a header")
            table = table.without_first()
            if not len(table):
                raise DataError("there is nothing but a header; add triples", path=path)
        tables.append(table)
    return graph_of_tables(name, tables, notes)


def graph_of_tables(name: str, tables: Sequence[StringTable], notes: list[str]) -> KnowledgeGraph:
    """Joins tables of head, relation and tail into a graph."""
    heads, relations, tails = (
        list(chain.from_iterable(table.columns[column] for table in tables)) for column in range(3)
    )
    entity_position = _number(heads, tails)
    relation_position = _number(relations)
    columns = [
        np.fromiter(map(positions.__getitem__, fields), dtype=np.int64, count=len(fields))
        for fields, positions in (
            (heads, entity_position),
            (relations, relation_position),
            (tails, entity_position),
        )
    ]
    kg = KnowledgeGraph.from_arrays(
        name, np.stack(columns, axis=1), list(entity_position), list(relation_position)
    )
    repeated = len(heads) - kg.n_triples
    if repeated:
        notes.append(f"{name}: {counted(repeated, 'repeated triple')} merged")
    return kg


def table_files(folder: Path) -> list[Path]:
    """The files of a folder that can be tables by their names, sorted; hidden ones are not."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith(".") and path.suffix.lower() in _SUFFIXES
    )


def _files_in(folder: Path, notes: list[str]) -> list[Path]:
    files = table_files(folder)
    if not files:
        raise DataError(
            "there is no file of triples in this folder (.tsv, .csv, .txt or without an "
            "extension); add one or correct the path",
            path=folder,
        )
    others = [
        path.name
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith(".") and path not in files
    ]
    if others:
        notes.append(f"{folder.name}: not read: {', '.join(others)}")
    return files


def _number(*columns: Iterable[str]) -> dict[str, int]:
    """Distinct strings, numbered as they first occur."""
    distinct: dict[str, None] = {}
    for column in columns:
        distinct.update(dict.fromkeys(column))
    return {field: number for number, field in enumerate(distinct)}


def _has_header(table: StringTable) -> bool:
    if not len(table):
        return False
    head, relation, tail = (column[0].strip().lower() for column in table.columns)
    if head not in _HEADS or relation not in _RELATIONS or tail not in _TAILS:
        return False
    # Were it a triple, its entities would probably have others.
    first_head, first_relation, first_tail = (column[0] for column in table.columns)
    rest = [column[1:] for column in table.columns]
    return (
        first_head not in rest[0]
        and first_head not in rest[2]
        and first_tail not in rest[0]
        and first_tail not in rest[2]
        and first_relation not in rest[1]
    )
