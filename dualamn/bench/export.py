"""Writes data set folders that `load` reads: of a task, and of synthetic graphs part by part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import accumulate, combinations, count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dualamn.bench.synthetic_graphs import SyntheticGraphs
from dualamn.bench.synthetic_growth import SyntheticGrowth
from dualamn.bench.synthetic_options import SyntheticOptions
from dualamn.errors import DataError
from dualamn.files.atomic import atomic_folder, atomic_write
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array, IntArray
from dualamn.progress import Progress, ProgressCallback, silent

NAME = re.compile(r"\w[\w.-]*")
LINK_FILES = ("links", "seed_links", "valid_links", "test_links")

_ROWS = 1 << 19
_TENTHS = {"train": (0, 8), "val": (8, 9), "test": (9, 10)}

_LARGEST = 10**16 - 1


def write_task(task: AlignmentTask, folder: str | Path, layout: str = "tables") -> None:
    """Writes a task as a folder, made if it is not there.

    Args:
        task, folder: what to write, and where to.
        layout: "tables" for plain tab-separated tables, a file ``NAME.tsv`` for each graph;
            "ids" for two graphs as integer ids, which are the joint ids, with their names.

    Raises:
        DataError: the layout cannot hold this task, or a file cannot be written.
    """
    writers = {"tables": _write_tables, "ids": _write_ids}
    if layout not in writers:
        raise DataError(f"tasks are written as {' or '.join(writers)}, not as {layout!r}")
    _check_identifiers(task)
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make this folder: {error.strerror}", path=folder) from None
    writers[layout](task, folder)


def _write_tables(task: AlignmentTask, folder: Path) -> None:
    for kg in task.kgs:
        if kg.name in LINK_FILES or not NAME.fullmatch(kg.name):
            raise DataError(
                f"{kg.name!r} cannot be the name of a file of triples; rename the graph"
            )
        if (kg.degrees == 0).any():
            raise DataError(
                f"{kg.name} has entities without triples, which tables cannot hold; "
                "use the layout ids"
            )
        heads, relations, tails = kg.triples.T
        _write_rows(
            folder / f"{kg.name}.tsv",
            zip(kg.entities[heads], kg.relations[relations], kg.entities[tails], strict=True),
        )
    header = ("left_source", "left", "right_source", "right")
    for use in LINK_FILES[1:]:
        links: Int32Array = getattr(task, use)
        if not len(links):
            continue
        sources = np.array(task.kg_names)[task.source_of[links]]
        names = task.identifiers(links)
        rows = np.stack([sources[:, 0], names[:, 0], sources[:, 1], names[:, 1]], axis=1)
        _write_rows(folder / f"{use}.tsv", [header, *rows])


def _write_ids(task: AlignmentTask, folder: Path) -> None:
    if len(task.kgs) != 2:
        raise DataError(f"the layout ids holds two graphs, not {len(task.kgs)}; use tables")
    if len(task.valid_links):
        raise DataError("the layout ids holds no validation links; use tables")
    for number, kg in enumerate(task.kgs, start=1):
        ids = task.entity_range(number - 1)
        mine = task.triples[task.source_of[task.triples[:, 0]] == number - 1]
        _write_rows(folder / f"ent_ids_{number}", zip(ids.tolist(), kg.entities, strict=True))
        _write_rows(folder / f"triples_{number}", mine.tolist())
    if len(task.seed_links) and len(task.test_links):
        _write_rows(folder / "sup_ent_ids", task.seed_links.tolist())
        _write_rows(folder / "ref_ent_ids", task.test_links.tolist())
    else:
        links = [*task.seed_links.tolist(), *task.test_links.tolist()]
        _write_rows(folder / "ref_ent_ids", links)


def _write_rows(path: Path, rows: Iterable[Iterable[object]]) -> None:
    with atomic_write(path) as file:
        file.writelines("\t".join(map(str, row)) + "\n" for row in rows)


def _check_identifiers(task: AlignmentTask) -> None:
    for kg in task.kgs:
        for identifier in (*kg.entities, *kg.relations):
            if not identifier or any(mark in identifier for mark in "\t\n\r\0"):
                raise DataError(
                    f"{identifier!r} of {kg.name} is empty or has a tab or line end, "
                    "which these layouts cannot hold; rename it"
                )


def write_synthetic(
    options: SyntheticOptions,
    folder: str | Path,
    progress: ProgressCallback = silent,
    *,
    grow: int = 0,
) -> SyntheticGraphs:
    """Generates graphs and writes them as a folder that `load` reads.

    Two graphs are written in the layout ``ids``, that of DBP15K, or with `grow` in the layout
    ``contea``; more in the layout ``dbp5l``.
    What is in memory is one part of a graph, about half a million triples, and four to twelve
    bytes for every entity of two graphs. The same options give the same bytes.

    Args:
        options: what to make.
        folder: where to; not there yet, or empty. It takes its name when all is written.
        progress: called after every part, with stage "make".
        grow: how many batches two graphs grow by, see `dualamn.bench.synthetic_growth`.

    Raises:
        DataError: the options cannot go together, or the folder cannot be written.
    """
    graphs = SyntheticGraphs(options)
    if options.graphs > 2:
        _check_many(graphs)
    passes = 2 if grow else 1
    total = passes * sum(graphs.n_parts(graph) for graph in range(options.graphs)) + 1
    done = count(1)

    def step() -> None:
        progress(Progress("make", next(done), total))

    with atomic_folder(folder) as temporary:
        if grow:
            _write_growing(graphs, temporary, step, grow)
        else:
            (_write_pair if options.graphs == 2 else _write_many)(graphs, temporary, step)
        step()
    return graphs


def _write_pair(graphs: SyntheticGraphs, folder: Path, step: Callable[[], None]) -> None:
    """The layout ids: one id space for the entities of both graphs, and one for relations."""
    counts = graphs.counts.graphs
    entities = [0, counts[0].entities]
    relations = [0, 0 if graphs.options.shared_relations else counts[0].relations]
    for graph, name in enumerate(graphs.names):
        offsets = np.array([entities[graph], relations[graph], entities[graph]])
        with (folder / f"triples_{graph + 1}").open("wb") as file:
            for rows in graphs.triples(graph):
                file.write(rows_to_text(rows + offsets))
                step()
        with (folder / f"ent_ids_{graph + 1}").open("wb") as file:
            for own in _counting(counts[graph].entities):
                named = np.stack([own + entities[graph], own], axis=1)
                file.write(rows_to_text(named, (b"", f"{name}/".encode())))
    links = graphs.links(0, 1)
    seeds = graphs.n_seeds
    if seeds is not None:
        _write_links(folder / "sup_ent_ids", links[:seeds], entities)
        links = links[seeds:]
    _write_links(folder / "ref_ent_ids", links, entities)


def _write_growing(
    graphs: SyntheticGraphs, folder: Path, step: Callable[[], None], batches: int
) -> None:
    """The layout contea: the graphs as they are at first, and what every batch adds."""
    counts = graphs.counts.graphs
    entities = [0, counts[0].entities]
    relations = [0, 0 if graphs.options.shared_relations else counts[0].relations]
    growth = SyntheticGrowth(graphs, batches, step)
    places = [folder / "base", *(folder / f"batch{number}" for number in range(1, batches + 1))]
    for place in places:
        place.mkdir()
    for graph in range(len(counts)):
        offsets = np.array([entities[graph], relations[graph], entities[graph]])
        names = [f"triples_{graph + 1}", *[f"new_triples_{graph + 1}"] * batches]
        with ExitStack() as stack:
            files = [
                stack.enter_context((place / name).open("wb"))
                for place, name in zip(places, names, strict=True)
            ]
            for rows in graphs.triples(graph):
                arrived = growth.arrival(graph, rows)
                for number, file in enumerate(files):
                    file.write(rows_to_text(rows[arrived == number] + offsets))
                step()
    train, valid, *test = growth.links()
    for name, links in (("train_links", train), ("valid_links", valid), ("test_links", test[0])):
        _write_links(folder / "base" / name, links, entities)
    for number, place in enumerate(places[1:], start=1):
        _write_links(place / "new_test_links", test[number], entities)
        _write_links(place / "all_test_links", np.concatenate(test[: number + 1]), entities)


def _write_many(graphs: SyntheticGraphs, folder: Path, step: Callable[[], None]) -> None:
    """The layout dbp5l: entities of every graph count from 0, and all relations are listed."""
    counts, names = graphs.counts.graphs, graphs.names
    for inside in ("kg", "entity", "seed_alignlinks"):
        (folder / inside).mkdir()
    shared = graphs.options.shared_relations
    relations = [own.relations for own in counts[: 1 if shared else None]]
    first = [0] * len(counts) if shared else list(accumulate([0, *relations[:-1]]))
    with (folder / "relations.txt").open("wb") as file:
        for numbers in _counting(sum(relations)):
            file.write(rows_to_text(numbers[:, None], (b"r",)))
    for graph, name in enumerate(names):
        for rows in graphs.triples(graph):
            _append_split(folder / "kg", name, rows + np.array([0, first[graph], 0]))
            step()
        with (folder / "entity" / f"{name}.tsv").open("wb") as file:
            for numbers in _counting(counts[graph].entities):
                file.write(rows_to_text(numbers[:, None], (f"{name}/".encode(),)))
    for left, right in combinations(range(len(counts)), 2):
        path = folder / "seed_alignlinks" / f"{names[left]}-{names[right]}.tsv"
        _write_links(path, graphs.links(left, right), [0, 0])


def _append_split(folder: Path, name: str, rows: IntArray) -> None:
    """Adds rows to the three files of a graph, eight in ten to the first."""
    for part, (begin, end) in _TENTHS.items():
        some = rows[len(rows) * begin // 10 : len(rows) * end // 10]
        with (folder / f"{name}-{part}.tsv").open("ab") as file:
            file.write(rows_to_text(some))


def _write_links(path: Path, links: Int32Array, offsets: list[int]) -> None:
    with path.open("wb") as file:
        for begin in range(0, len(links), _ROWS):
            file.write(rows_to_text(links[begin : begin + _ROWS] + np.array(offsets)))


def _counting(end: int) -> Iterator[IntArray]:
    """The numbers from 0 to below `end`, some at a time."""
    for begin in range(0, end, _ROWS):
        yield np.arange(begin, min(end, begin + _ROWS))


def _check_many(graphs: SyntheticGraphs) -> None:
    if graphs.options.seeds is not None:
        raise DataError(
            "the layout for more than two graphs publishes no split; leave seeds out, and draw "
            "them when loading, with train_ratio"
        )
    least = min(counts.triples for counts in graphs.counts.graphs)
    if least < 10:
        raise DataError(
            f"the layout for more than two graphs needs 10 triples each, not {least}; ask for more"
        )


def rows_to_text(rows: NDArray[np.integer], prefixes: tuple[bytes, ...] = ()) -> bytes:
    """The lines of a table, with tabs between its columns and a line end behind every row.

    Numbers are written into fields of one width, with zero bytes in place of leading zeros; these
    are taken out of all the text at once in the end.

    Args:
        rows: (m, k) whole numbers from 0 to 10^16 - 1.
        prefixes: what stands before the number in each of the k columns, free of zero bytes;
            nothing if not given.

    Raises:
        DataError: a number is out of range.
    """
    if not rows.size:
        return b""
    low, high = int(rows.min()), int(rows.max())
    if low < 0 or high > _LARGEST:
        raise DataError(f"{low if low < 0 else high} cannot be written; use 0 to {_LARGEST}")
    if high < 2**32:
        rows = rows.astype(np.uint32)  # divides several times as fast
    columns = []
    for rest, prefix in zip(rows.T, prefixes or (b"",) * rows.shape[1], strict=True):
        width = len(str(int(rest.max())))
        text = np.empty((len(rest), len(prefix) + width + 1), dtype=np.uint8)
        text[:, : len(prefix)] = np.frombuffer(prefix, dtype=np.uint8)
        for at in range(len(prefix) + width - 1, len(prefix) - 1, -1):
            above = rest // 10
            text[:, at] = rest - above * 10 + ord("0")
            if at < len(prefix) + width - 1:  # a lone 0 stays
                text[rest == 0, at] = 0
            rest = above
        text[:, -1] = ord("\t")
        columns.append(text)
    columns[-1][:, -1] = ord("\n")
    return np.concatenate(columns, axis=1).tobytes().translate(None, b"\0")
