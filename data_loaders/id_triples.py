"""The layout of DBP15K, DWY100K, SRPRS and OpenEA's id form: two graphs as integer ids.

``triples_1``, ``triples_2`` hold head, relation and tail ids; ``ref_ent_ids`` the links;
``sup_ent_ids``, if there, the published seeds, so that ``ref_ent_ids`` are the test links. Some
repositories call them ``ref_pairs`` and ``sup_pairs``, or have the links in ``ent_links`` alone.
``ent_ids_1``, ``ent_ids_2``, if there, name the entities; ``721_5fold/K/`` publishes splits,
for which ``ref_ent_ids`` holds all links. Relation ids of both graphs share one id space.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from dualamn.data_loaders.dataset import Dataset, Layout, Request, pair_names
from dualamn.data_loaders.id_graph import (
    ID_TRIPLE_FIELDS,
    IdIndex,
    build_graph,
    read_id_links,
    read_ids,
)
from dualamn.data_loaders.openea import has_folds, read_fold
from dualamn.errors import DataError
from dualamn.files.string_tables import read_strings
from dualamn.files.text import counted
from dualamn.link_files.numbered_links import LinkFile, merge_links
from dualamn.link_files.resolving import LinkReader

TRIPLES = ("triples_1", "triples_2")
ENTITY_LISTS = ("ent_ids_1", "ent_ids_2")
_SEEDS, _REST = ("sup_ent_ids", "sup_pairs"), ("ref_ent_ids", "ref_pairs")
_ALL = "ent_links"


def _fits(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (*TRIPLES, *_SEEDS, *_REST))


def _present(folder: Path, names: tuple[str, ...]) -> Path:
    """The first of some files that is there; the first of them if none is."""
    return next((folder / name for name in names if (folder / name).exists()), folder / names[0])


def _read(request: Request) -> Dataset:
    folder, notes = request.folder, list[str]()
    graphs = []
    named = any((folder / name).exists() for name in ENTITY_LISTS)
    for number, name in enumerate(pair_names(folder)):
        entities = None
        if named:
            entities = number_entities(folder / ENTITY_LISTS[number], notes)
        table = read_ids(folder / TRIPLES[number], ID_TRIPLE_FIELDS)
        graphs.append(build_graph(name, [table], notes, entities=entities))
        request.step(number + 1, 3)
    left, right = graphs
    kgs = (left.kg, right.kg)
    read: Callable[[Path], LinkFile] = partial(read_id_links, left=left, right=right)
    supervised, rest = _present(folder, _SEEDS), _present(folder, _REST)
    if not rest.exists() and (folder / _ALL).exists():
        rest = folder / _ALL
        if named:  # by name, as OpenEA has them
            read = LinkReader(kgs, notes).read_pair
    if has_folds(folder):
        links = read_fold(folder, request.fold, kgs, read, read(rest), notes)
    elif supervised.exists():
        seeds = [read_id_links(supervised, left, right)]
        links = merge_links(kgs, notes=notes, seeds=seeds, test=[read(rest)])
    else:
        links = merge_links(kgs, notes=notes, unsplit=[read(rest)])
    request.step(3, 3)
    return Dataset(kgs, {(0, 1): links}, notes)


def number_entities(path: Path, notes: list[str]) -> tuple[Path, IdIndex, list[str]]:
    """Reads a file like ``ent_ids_1``: an id and a name a line.

    Raises:
        DataError: an id is no whole number, or has two names.
    """
    table = read_strings(path, ("entity id", "name"))
    names: dict[int, str] = {}
    for row, (field, name) in enumerate(zip(*table.columns, strict=True)):
        if not (field.isascii() and field.isdecimal() and len(field) <= 18):
            raise DataError(
                f"the entity id is {field!r}, not a whole number; correct the line",
                path=path,
                line=table.line(row),
            )
        known = names.setdefault(int(field), name)
        if known != name:
            raise DataError(
                f"entity {field} is named {name!r}, but an earlier line names it {known!r}; "
                "remove one of the two",
                path=path,
                line=table.line(row),
            )
    if repeated := len(table) - len(names):
        notes.append(f"{path.name}: {counted(repeated, 'repeated line')} skipped")
    index = IdIndex(np.fromiter(names, dtype=np.int64, count=len(names)))
    return path, index, list(names.values())


ID_TRIPLES = Layout(
    "ids",
    "triples_1, triples_2, ref_ent_ids or ref_pairs or ent_links",
    _fits,
    _read,
    folds=has_folds,
)
