"""The layout of DBP15K, DWY100K, SRPRS and OpenEA's id form: two graphs as integer ids.

``triples_1``, ``triples_2`` hold head, relation and tail ids; ``ref_ent_ids`` the links;
``sup_ent_ids``, if there, the published seeds, so that ``ref_ent_ids`` are the test links;
``ent_ids_1``, ``ent_ids_2``, if there, name the entities; ``721_5fold/K/`` publishes splits,
for which ``ref_ent_ids`` holds all links. Relation ids of both graphs share one id space.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from dualamn.data_loaders.dataset import Dataset, Layout, Request, pair_names
from dualamn.data_loaders.folds import has_folds, read_fold
from dualamn.data_loaders.id_graph import (
    TRIPLE_FIELDS,
    build_graph,
    number_entities,
    read_id_links,
)
from dualamn.data_loaders.id_table import read_ids
from dualamn.files.delimited import read_strings
from dualamn.link_files.numbered_links import merge_links

_TRIPLES = ("triples_1", "triples_2")
_ENTITIES = ("ent_ids_1", "ent_ids_2")


def _fits(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (*_TRIPLES, "ref_ent_ids", "sup_ent_ids"))


def _read(request: Request) -> Dataset:
    folder, notes = request.folder, list[str]()
    graphs = []
    named = any((folder / name).exists() for name in _ENTITIES)
    for number, name in enumerate(pair_names(folder)):
        entities = None
        if named:
            listed = read_strings(folder / _ENTITIES[number], ("entity id", "name"))
            entities = number_entities(listed, notes)
        table = read_ids(folder / _TRIPLES[number], TRIPLE_FIELDS)
        graphs.append(build_graph(name, [table], notes, entities=entities))
        request.step(number + 1, 3)
    left, right = graphs
    kgs = (left.kg, right.kg)
    read = partial(read_id_links, left=left, right=right)
    references = read(folder / "ref_ent_ids")
    supervised = folder / "sup_ent_ids"
    if has_folds(folder):
        links = read_fold(folder, request.fold, kgs, read, references, notes)
    elif supervised.exists():
        seeds = read(supervised)
        links = merge_links(kgs, notes=notes, seeds=[seeds], test=[references])
    else:
        links = merge_links(kgs, notes=notes, unsplit=[references])
    request.step(3, 3)
    return Dataset(kgs, {(0, 1): links}, notes)


ID_TRIPLES = Layout(
    "ids",
    "triples_1, triples_2, ref_ent_ids",
    _fits,
    _read,
    folds=has_folds,
)
