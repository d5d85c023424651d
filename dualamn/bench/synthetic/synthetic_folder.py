"""Writes made graphs as a data set folder, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate, combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dualamn.bench.synthetic.blueprint import share_of
from dualamn.bench.synthetic.digits import rows_to_text
from dualamn.bench.synthetic.synthetic_graphs import MadeGraphs
from dualamn.bench.synthetic.synthetic_options import MadeOptions
from dualamn.errors import DataError
from dualamn.files.atomic import atomic_folder
from dualamn.progress import Progress, ProgressCallback, silent

_ROWS = 1 << 19
_TENTHS = {"train": 8, "val": 1, "test": 1}


def write_made(
    options: MadeOptions, folder: str | Path, progress: ProgressCallback = silent
) -> MadeGraphs:
    """Makes graphs and writes them as a folder that `load` reads.

    Two graphs are written in the layout ``ids``, that of DBP15K; more in the layout ``dbp5l``.
    What is in memory is one part of a graph, about half a million triples, and four to twelve
    bytes for every entity of two graphs.

    Args:
        options: what to make. The same options give the same bytes.
        folder: where to; not there yet, or empty. It takes its name when all is written.
        progress: called after every part, with stage "make".

    Returns:
        The graphs, whose `plan` has the counts.

    Raises:
        DataError: the options cannot go together, or the folder cannot be written.
    """
    graphs = MadeGraphs(options)
    if options.graphs > 2:
        _check_many(graphs)
    numbers = range(options.graphs)
    total = sum(graphs.n_parts(graph) for graph in numbers) + 1
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        progress(Progress("make", done, total))

    with atomic_folder(folder) as temporary:
        if options.graphs == 2:
            _write_pair(graphs, temporary, step)
        else:
            _write_many(graphs, temporary, step)
        step()
    return graphs


def _write_pair(graphs: MadeGraphs, folder: Path, step: Callable[[], None]) -> None:
    """The layout ids: one id space for the entities of both graphs, and one for relations."""
    plans = graphs.plan.graphs
    entities = [0, plans[0].entities]
    relations = [0, 0 if graphs.options.shared_relations else plans[0].relations]
    for graph, name in enumerate(graphs.names):
        offsets = np.array([entities[graph], relations[graph], entities[graph]])
        with (folder / f"triples_{graph + 1}").open("wb") as file:
            for rows in graphs.triples(graph):
                file.write(rows_to_text(rows + offsets))
                step()
        with (folder / f"ent_ids_{graph + 1}").open("wb") as file:
            for own in _counting(plans[graph].entities):
                named = np.stack([own + entities[graph], own], axis=1)
                file.write(rows_to_text(named, (b"", f"{name}/".encode())))
    links = graphs.links(0, 1)
    seeds = graphs.n_seeds
    if seeds is not None:
        _write_rows(folder / "sup_ent_ids", links[:seeds], entities)
        links = links[seeds:]
    _write_rows(folder / "ref_ent_ids", links, entities)


def _write_many(graphs: MadeGraphs, folder: Path, step: Callable[[], None]) -> None:
    """The layout dbp5l: entities of every graph count from 0, and all relations are listed."""
    plans, names = graphs.plan.graphs, graphs.names
    for inside in ("kg", "entity", "seed_alignlinks"):
        (folder / inside).mkdir()
    shared = graphs.options.shared_relations
    counts = [plan.relations for plan in plans[: 1 if shared else None]]
    first = [0] * len(plans) if shared else list(accumulate([0, *counts[:-1]]))
    with (folder / "relations.txt").open("wb") as file:
        for numbers in _counting(sum(counts)):
            file.write(rows_to_text(numbers[:, None], (b"r",)))
    for graph, name in enumerate(names):
        for rows in graphs.triples(graph):
            _append_split(folder / "kg", name, rows + np.array([0, first[graph], 0]))
            step()
        with (folder / "entity" / f"{name}.tsv").open("wb") as file:
            for numbers in _counting(plans[graph].entities):
                file.write(rows_to_text(numbers[:, None], (f"{name}/".encode(),)))
    for left, right in combinations(range(len(plans)), 2):
        path = folder / "seed_alignlinks" / f"{names[left]}-{names[right]}.tsv"
        _write_rows(path, graphs.links(left, right), [0, 0])


def _append_split(folder: Path, name: str, rows: NDArray[np.int64]) -> None:
    """Adds rows to the three files of a graph, eight in ten to the first."""
    begin = 0
    for part, tenths in _TENTHS.items():
        end = begin + tenths
        some = rows[len(rows) * begin // 10 : len(rows) * end // 10]
        with (folder / f"{name}-{part}.tsv").open("ab") as file:
            file.write(rows_to_text(some))
        begin = end


def _write_rows(path: Path, links: NDArray[np.int32], offsets: list[int]) -> None:
    parts = max(1, -(-len(links) // _ROWS))
    with path.open("wb") as file:
        for part in range(parts):
            rows = share_of(len(links), part, parts)
            file.write(rows_to_text(links[rows.start : rows.stop] + np.array(offsets)))


def _counting(count: int) -> Iterator[NDArray[np.int64]]:
    """The numbers from 0 to below `count`, some at a time."""
    for begin in range(0, count, _ROWS):
        yield np.arange(begin, min(count, begin + _ROWS))


def _check_many(graphs: MadeGraphs) -> None:
    if graphs.options.seeds is not None:
        raise DataError(
            "the layout for more than two graphs publishes no split; leave seeds out, and draw "
            "them when loading, with train_ratio"
        )
    least = min(plan.triples for plan in graphs.plan.graphs)
    if least < 10:
        raise DataError(
            f"the layout for more than two graphs needs 10 triples each, not {least}; ask for more"
        )
