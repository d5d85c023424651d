"""The layout of ContEA: two graphs that grow, as integer ids.

``base/`` holds ``triples_1``, ``triples_2``, ``train_links``, ``valid_links`` and
``test_links``; ``batchK/`` adds ``new_triples_1``, ``new_triples_2`` and ``new_test_links``.
Batches repeat triples of earlier ones. Snapshot K is the base with the batches 1 to K;
``all_test_links`` of a batch only sums up its own and the earlier test links, and is not read.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from dualamn.data_loaders.dataset import Dataset, Layout, Request, pair_names
from dualamn.data_loaders.id_graph import ID_TRIPLE_FIELDS, build_graph, read_id_links, read_ids
from dualamn.errors import DataError
from dualamn.link_files.numbered_links import merge_links


def _fits(folder: Path) -> bool:
    return (folder / "base").is_dir() or (folder / "batch1").is_dir()


def _read(request: Request) -> Dataset:
    folder, notes = request.folder, list[str]()
    base, batches = folder / "base", _batches(request)
    graphs = []
    for number, name in enumerate(pair_names(folder), start=1):
        tables = [read_ids(base / f"triples_{number}", ID_TRIPLE_FIELDS)]
        tables += [
            read_ids(batch / f"new_triples_{number}", ID_TRIPLE_FIELDS, may_be_empty=True)
            for batch in batches
        ]
        graphs.append(build_graph(name, tables, notes))
        request.step(number, 3)
    left, right = graphs
    read = partial(read_id_links, left=left, right=right)
    new = [read(batch / "new_test_links", may_be_empty=True) for batch in batches]
    links = merge_links(
        (left.kg, right.kg),
        notes=notes,
        seeds=[read(base / "train_links")],
        valid=[read(base / "valid_links", may_be_empty=True)],
        test=[read(base / "test_links"), *new],
    )
    request.step(3, 3)
    return Dataset((left.kg, right.kg), {(0, 1): links}, notes)


def _batches(request: Request) -> list[Path]:
    """The folders of the batches that the snapshot is made of."""
    batches: list[Path] = []
    for number in range(1, (request.snapshot or 0) + 1):
        batches.append(request.folder / f"batch{number}")
        if not batches[-1].exists():
            last = f"use @0 to @{number - 1}" if number > 1 else "leave out @K to use the base"
            raise DataError(
                f"there is no folder batch{number}, which @{request.snapshot} needs; {last}",
                path=request.folder,
            )
    return batches


CONTEA = Layout(
    "contea",
    "base/triples_1, base/triples_2, base/train_links, base/valid_links, base/test_links, "
    "and for every batch batchK/new_triples_1, new_triples_2, new_test_links",
    _fits,
    _read,
    grows=True,
)
