"""Reads RDF files into graphs."""

from __future__ import annotations

from pathlib import Path

from dualamn.data_loaders.graph_builder import GraphBuilder
from dualamn.data_loaders.rdf_statements import plain, sort_statements
from dualamn.errors import DataError
from dualamn.files.opening import RDF, suffix
from dualamn.files.rdf import statements


def collect(path: Path, to: GraphBuilder, scope: str = "") -> None:
    """Adds the statements of a file to a graph; which named graph they are in does not count.

    Args:
        path: the file.
        to: the graph.
        scope: what tells the blank nodes of this file from those of others.

    Raises:
        DataError: the file cannot be read, is empty, or has a mistake.
        MissingExtraError: a package is not installed.
    """
    kind = RDF[suffix(path)]
    keeps_labels = kind in ("N-Triples", "N-Quads")
    quads = statements(path)
    if not sort_statements(plain(quads, to, scope, keeps_labels=keeps_labels), to):
        raise DataError(f"there is no statement in this file; expected {kind}", path=path)
