"""The layout of OpenEA: two graphs as tab-separated URIs or names.

``rel_triples_1`` and ``rel_triples_2`` hold head, relation and tail, ``ent_links`` all links,
and ``721_5fold/K/`` publishes splits. Attribute triples are not read.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from dualamn.data_loaders.dataset import Dataset, Layout, Request, pair_names
from dualamn.data_loaders.folds import has_folds, read_fold
from dualamn.data_loaders.string_graph import TRIPLE_FIELDS, graph_of_tables
from dualamn.files.delimited import read_strings
from dualamn.link_files.numbered_links import merge_links
from dualamn.link_files.resolving import LinkReader

_TRIPLES = ("rel_triples_1", "rel_triples_2")


def _fits(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (*_TRIPLES, "ent_links"))


def _read(request: Request) -> Dataset:
    folder, notes = request.folder, list[str]()
    graphs = []
    for number, name in enumerate(pair_names(folder)):
        table = read_strings(folder / _TRIPLES[number], TRIPLE_FIELDS)
        graphs.append(graph_of_tables(name, [table], notes))
        request.step(number + 1, 3)
    kgs = (graphs[0], graphs[1])
    read = partial(LinkReader(kgs, notes).read_pair, left=0, right=1)
    links_file = folder / "ent_links"
    if has_folds(folder):
        all_links = read(links_file) if links_file.exists() else None
        links = read_fold(folder, request.fold, kgs, read, all_links, notes)
    else:
        links = merge_links(kgs, notes=notes, unsplit=[read(links_file)])
    request.step(3, 3)
    return Dataset(kgs, {(0, 1): links}, notes)


OPENEA = Layout(
    "openea",
    "rel_triples_1, rel_triples_2, ent_links or 721_5fold/K/train_links, valid_links, test_links",
    _fits,
    _read,
    folds=has_folds,
)
