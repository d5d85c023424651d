"""Gold links as users give them, turned into joint ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from dualamn.errors import DataError
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array
from dualamn.result import AlignedLinks

Gold: TypeAlias = ArrayLike | Iterable[Sequence[str]]
"""Links that are known to be right: (m, 2) joint ids; or pairs of left and right identifier; or
rows of left graph, left identifier, right graph, right identifier."""


def gold_ids(alignment: AlignedLinks, gold: Gold) -> Int32Array:
    """The gold links as distinct rows of joint ids, the earlier graph's entity first.

    Raises:
        DataError: an unknown entity or graph, a link within one graph, rows of another shape,
            or pairs of identifiers where more than one pair of graphs was aligned.
    """
    task = alignment.task
    rows: Any = gold if hasattr(gold, "__array__") else list(gold)  # type: ignore[arg-type]
    if len(rows) == 0:
        return np.empty((0, 2), dtype=np.int32)
    table = np.asarray(rows) if hasattr(rows, "__array__") else _table(rows)
    if table.dtype.kind in "iu" and table.ndim == 2 and table.shape[1] == 2:
        links = _checked(task, table)
    elif table.dtype.kind in "OU" and table.ndim == 2 and table.shape[1] in (2, 4):
        links = _named(alignment, table.astype(object))
    else:
        raise DataError(
            "gold links must be rows of two joint ids, of two identifiers, or of left graph, "
            f"left identifier, right graph and right identifier; got {rows[0]!r}"
        )
    sources = task.source_of[links]
    if (same := sources[:, 0] == sources[:, 1]).any():
        one, two = task.identifiers(links[same][0])
        raise DataError(f"gold links join two graphs, but {one!r} and {two!r} are of one")
    links = np.where((sources[:, 0] > sources[:, 1])[:, None], links[:, ::-1], links)
    return np.unique(links, axis=0).astype(np.int32, copy=False)


def _table(rows: list[Any]) -> Any:
    if any(isinstance(row, str) or len(row) != len(rows[0]) for row in rows):
        raise DataError("every gold link must be a row, and all rows equally long")
    if all(isinstance(value, str) for row in rows for value in row):
        table = np.empty((len(rows), len(rows[0])), dtype=object)
        table[:] = [list(row) for row in rows]
        return table
    return np.asarray(rows)


def _checked(task: AlignmentTask, ids: Any) -> Any:
    if ids.min() < 0 or ids.max() >= task.n_entities:
        wrong = ids.min() if ids.min() < 0 else ids.max()
        raise DataError(
            f"gold links name joint id {wrong}, the task has 0 to {task.n_entities - 1}"
        )
    return ids


def _named(alignment: AlignedLinks, table: Any) -> Int32Array:
    task = alignment.task
    if table.shape[1] == 4:
        sides = ((table[:, 0], table[:, 1]), (table[:, 2], table[:, 3]))
        return np.stack([_ids(task, *side) for side in sides], axis=1)
    if len(alignment.pairs) != 1:
        raise DataError(
            f"{len(alignment.pairs)} pairs of graphs were aligned, so gold links must say whose "
            "entities they join: left graph, left identifier, right graph, right identifier"
        )
    (pair,) = alignment.pairs
    ends = task.ids(pair.left, list(table[:, 0])), task.ids(pair.right, list(table[:, 1]))
    return np.stack(ends, axis=1)


def _ids(task: AlignmentTask, sources: Any, identifiers: Any) -> Int32Array:
    ids = np.empty(len(sources), dtype=np.int32)
    for name in dict.fromkeys(sources):
        if name not in task.kg_names:
            raise DataError(f"there is no graph {name!r}, there are {', '.join(task.kg_names)}")
        rows = sources == name
        ids[rows] = task.ids(task.kg_names.index(name), list(identifiers[rows]))
    return ids
