"""The layout of DBP5L: several graphs as integer ids that each count from 0.

A graph L is the union of ``kg/L-train.tsv``, ``kg/L-val.tsv`` and ``kg/L-test.tsv``;
``entity/L.tsv`` names its entities by line, and ``relations.txt`` the relations that all graphs
share. Without lists entities are named by their numbers. ``seed_alignlinks/A-B.tsv`` holds the
links of a pair, with ids written as floats.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dualamn.data_loaders.dataset import Dataset, Layout, Request
from dualamn.data_loaders.id_graph import (
    ID_LINK_FIELDS,
    ID_TRIPLE_FIELDS,
    IdGraph,
    IdIndex,
    IdTable,
    build_graph,
    read_id_links,
    read_ids,
)
from dualamn.errors import DataError
from dualamn.files.text import read_lines
from dualamn.kernels.arrays import IntArray
from dualamn.link_files.numbered_links import LinkFile, merge_links

_PARTS = ("train", "val", "test")
_LINKS = "seed_alignlinks"


def _fits(folder: Path) -> bool:
    return (folder / "kg").is_dir() or (folder / _LINKS).is_dir()


def _read(request: Request) -> Dataset:
    folder, notes = request.folder, list[str]()
    names = _graph_names(folder / "kg")
    relations = folder / "relations.txt"
    relation_names = (relations, read_lines(relations))
    graphs = {}
    are_listed = any(folder.glob("entity/*.tsv"))
    if not are_listed:
        notes.append(
            "there are no lists of entities (entity/L.tsv): they are named by their numbers"
        )
    for number, name in enumerate(names, start=1):
        tables = [
            read_ids(folder / "kg" / f"{name}-{part}.tsv", ID_TRIPLE_FIELDS) for part in _PARTS
        ]
        listed = folder / "entity" / f"{name}.tsv"
        if are_listed:
            labels = read_lines(listed)
            index = IdIndex(np.arange(len(labels)))
        else:
            index = IdIndex(_numbers(name, tables, folder / _LINKS))
            labels = [str(number) for number in index.ids.tolist()]
        graphs[name] = build_graph(
            name,
            tables,
            notes,
            entities=(listed, index, labels),
            relation_names=relation_names,
        )
        request.step(number, len(names) + 1)
    others = sorted({path.stem for path in (folder / "entity").glob("*.tsv")} - set(names))
    notes.extend(f"entity/{name}.tsv belongs to no graph and is not read" for name in others)
    files: dict[tuple[int, int], list[LinkFile]] = {}
    paths = sorted((folder / _LINKS).glob("*.tsv"))
    if not paths:
        raise DataError("there are no links here; add files named A-B.tsv", path=folder / _LINKS)
    for path in paths:
        pair, file = _read_links(path, names, graphs)
        files.setdefault(pair, []).append(file)
    kgs = tuple(graphs[name].kg for name in names)
    links = {
        (left, right): merge_links((kgs[left], kgs[right]), notes=notes, unsplit=files[left, right])
        for left, right in sorted(files)
    }
    request.step(len(names) + 1, len(names) + 1)
    return Dataset(kgs, links, notes)


def _numbers(name: str, tables: Sequence[IdTable], links: Path) -> IntArray:
    """The ids of a graph's entities that triples or links have, ascending."""
    found = [table.rows[:, [0, 2]].ravel() for table in tables]
    for path in sorted(links.glob("*.tsv")):
        ends = path.stem.partition("-")[::2]
        if name in ends:
            found.append(read_ids(path, ID_LINK_FIELDS).rows[:, ends.index(name)])
    return np.unique(np.concatenate(found))


def _graph_names(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise DataError("this folder is missing; it holds the triples", path=folder)
    matches = (re.fullmatch(r"(.+)-(train|val|test)\.tsv", path.name) for path in folder.iterdir())
    names = sorted({match[1] for match in matches if match})
    if len(names) < 2:
        raise DataError(
            f"found {len(names)} graphs, but alignment needs two or more; add the files "
            "L-train.tsv, L-val.tsv and L-test.tsv of every graph L",
            path=folder,
        )
    return names


def _read_links(
    path: Path, names: list[str], graphs: dict[str, IdGraph]
) -> tuple[tuple[int, int], LinkFile]:
    """The links of a file, with the graph that comes earlier on the left."""
    first, _, second = path.stem.partition("-")
    if first not in graphs or second not in graphs or first == second:
        raise DataError(
            f"a file of links is named after the two graphs it joins, of {', '.join(names)}; "
            "rename or remove it",
            path=path,
        )
    file = read_id_links(path, graphs[first], graphs[second])
    left, right = names.index(first), names.index(second)
    return ((left, right), file) if left < right else ((right, left), file.swapped())


DBP5L = Layout(
    "dbp5l",
    "kg/L-train.tsv, kg/L-val.tsv, kg/L-test.tsv, entity/L.tsv for every graph L, "
    "relations.txt, seed_alignlinks/A-B.tsv",
    _fits,
    _read,
)
