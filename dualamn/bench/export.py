"""Writes tasks as data set folders that `load` reads back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from dualamn.errors import DataError
from dualamn.files.atomic import atomic_write
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array

NAME = re.compile(r"\w[\w.-]*")
LINK_FILES = ("links", "seed_links", "valid_links", "test_links")


def write_task(task: AlignmentTask, folder: str | Path, layout: str = "tables") -> None:
    """Writes a task as a folder, made if it is not there.

    Args:
        task: what to write.
        folder: where to.
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
        names = task.identifiers(links)
        sources = [[task.kg_names[number] for number in row] for row in task.source_of[links]]
        rows = (
            (left_source, left, right_source, right)
            for (left_source, right_source), (left, right) in zip(sources, names, strict=True)
        )
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
