"""Builds graphs from files whose entities and relations are any strings: tables and RDF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dualamn.data_loaders.columns import TRIPLE_FIELDS, read_triples
from dualamn.data_loaders.graph_builder import GraphBuilder
from dualamn.errors import DataError
from dualamn.files.delimited import StringTable
from dualamn.files.opening import COMPRESSED, PARQUET, RDF, TABLES, suffix
from dualamn.files.rdf import Reading
from dualamn.graphs.knowledge_graph import KnowledgeGraph

__all__ = ["READ", "TRIPLE_FIELDS", "graph_files", "graph_of_tables", "read_graph", "table_files"]

READ = (*TABLES, *PARQUET, *RDF)
"""The endings of files that can hold a graph, before any of compression."""

_OTHER_FORMATS = {
    **dict.fromkeys((".jsonld", ".n3", ".hdt", ".trix", ".rj"), "such RDF"),
    **dict.fromkeys((".xz", ".zip", ".7z", ".tar", ".tgz", ".rar"), "such archives"),
    **dict.fromkeys((".feather", ".arrow", ".xlsx", ".xls", ".json", ".npz", ".pt"), "such files"),
}


def read_graph(
    source: Path | Sequence[Path],
    name: str,
    notes: list[str],
    reading: Reading | None = None,
) -> KnowledgeGraph:
    """Reads a graph from a file, several files, or all files of a folder.

    The ending of a file's name says whether it is a table of triples or RDF, see
    docs/input.md. Repeated triples are merged, and counted in `notes`.

    Args:
        source: a file, a folder, or several of them that make one graph.
        name: the graph's name.
        notes: where counts are added.
        reading: how to read; as it comes if None.

    Raises:
        DataError: a file is unusable, or a folder has none.
        MissingExtraError: a package that reads a file is not installed.
    """
    reading = reading or Reading()
    files: list[Path] = []
    for path in [source] if isinstance(source, Path) else source:
        files.extend(_files_in(path, notes) if path.is_dir() else [path])
    builder, hubs = GraphBuilder(reading), False
    n_rdf = sum(suffix(path) in RDF for path in files)
    for path in files:
        kind = suffix(path)
        if kind in _OTHER_FORMATS:
            raise DataError(
                f"{_OTHER_FORMATS[kind]} are not read; write the triples as RDF ({', '.join(RDF)})"
                ", as Parquet, or as text, one a line: head, relation and tail with tabs between",
                path=path,
            )
        if kind in RDF:
            from dualamn.data_loaders.rdf_files import collect

            hubs = True
            # Blank nodes of two files are never the same.
            collect(path, builder, f"f{files.index(path) + 1}." if n_rdf > 1 else "")
        else:
            builder.add_table(read_triples(path, notes, reading.columns))
    return builder.graph(name, notes, hubs=hubs)


def graph_of_tables(name: str, tables: Sequence[StringTable], notes: list[str]) -> KnowledgeGraph:
    """Joins tables of head, relation and tail into a graph."""
    builder = GraphBuilder(Reading())
    for table in tables:
        builder.add_table(table)
    return builder.graph(name, notes, hubs=False)


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
