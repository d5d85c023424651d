"""Embeddings as .npy, with a table of whose they are beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dualamn.files.atomic import atomic_write, atomic_write_bytes, check_writable
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import EmbeddingArray
from dualamn.link_files.tsv import escaped


def entities_path(path: str | Path) -> Path:
    """Where the table of entities belongs: links.npy gets links.entities.tsv."""
    return Path(path).with_suffix(".entities.tsv")


def write_embeddings(task: AlignmentTask, embeddings: EmbeddingArray, path: str | Path) -> Path:
    """Writes an (n, d) matrix and the graph and entity of each of its rows.

    Returns:
        The path of the table: tab-separated, header `source`, `entity`, row i + 1 of the file
        for row i of the matrix, escaped as in links files.

    Raises:
        DataError: a file cannot be written.
    """
    table = check_writable(entities_path(path))
    with atomic_write_bytes(path) as file:
        # Not as one array: what numpy raises on a full disk does not say that it is full.
        about = np.lib.format.header_data_from_array_1_0(embeddings)
        np.lib.format.write_array_header_1_0(file, about)
        file.write(np.ascontiguousarray(embeddings).data)
    with atomic_write(table) as file:
        file.write("source\tentity\n")
        for kg in task.kgs:
            file.writelines(f"{escaped(kg.name)}\t{escaped(entity)}\n" for entity in kg.entities)
    return table
