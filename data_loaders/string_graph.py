"""Graphs from files whose entities and relations are any strings: tables and RDF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dualamn.data_loaders.entity_tables import (
    EntityTable,
    add_entities,
    read_entities,
)
from dualamn.data_loaders.exchange_tables import exchange_statements
from dualamn.data_loaders.graph_builder import GraphBuilder
from dualamn.data_loaders.rdf_statements import collect, sort_statements
from dualamn.data_loaders.triple_tables import read_triples
from dualamn.data_loaders.wikidata_json import JSON, wikidata_statements
from dualamn.errors import DataError
from dualamn.files.opening import COMPRESSED, PARQUET, RDF, TABLES, endpoint_of, suffix
from dualamn.files.rdf import Reading
from dualamn.files.text import BadLines
from dualamn.graphs.knowledge_graph import KnowledgeGraph

READ = (*TABLES, *PARQUET, *RDF)
"""The endings of files that can hold a graph, before any of compression."""

_OTHER_FORMATS = {
    **dict.fromkeys((".hdt", ".trix", ".rj"), "such RDF"),
    **dict.fromkeys((".xz", ".zip", ".7z", ".tar", ".tgz", ".rar"), "such archives"),
    **dict.fromkeys((".feather", ".arrow", ".xlsx", ".xls", ".npz", ".pt"), "such files"),
}


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
    files = files_of_graph(source, notes)
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
        check_can_be_read(path)
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


def check_can_be_read(path: Path) -> None:
    """Refuses files of known formats that are not read.

    Raises:
        DataError: it is one.
    """
    if (kind := suffix(path)) in _OTHER_FORMATS:
        raise DataError(
            f"{_OTHER_FORMATS[kind]} are not read; write the triples as RDF ({', '.join(RDF)})"
            ", as Parquet, or as text, one a line: head, relation and tail with tabs between",
            path=path,
        )


def files_of_graph(source: Path | Sequence[Path], notes: list[str]) -> list[Path]:
    """The files of a graph that is a file, a folder whose files are joined, or several of both.

    Raises:
        DataError: a folder has no file of triples.
    """
    files: list[Path] = []
    for path in [source] if isinstance(source, Path) else source:
        files.extend(_files_in(path, notes) if path.is_dir() else [path])
    return files


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
