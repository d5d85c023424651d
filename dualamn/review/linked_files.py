"""An alignment of the links in a file, so that links of any tool can be reviewed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dualamn.alignment import Alignment
from dualamn.data_loaders.decided import EntityPairs
from dualamn.data_loaders.tables import Source, load_files
from dualamn.errors import DataError
from dualamn.files.text import counted
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import FloatArray, IntArray, StringArray, strings
from dualamn.link_files.formats import read_links
from dualamn.link_files.link_table import DistinctLinks
from dualamn.result import PairAlignment

_LEFT, _RIGHT = "left", "right"


def alignment_of_links(
    path: str | Path, graphs: Sequence[Source] = ()
) -> tuple[Alignment, tuple[str, ...]]:
    """The links of a file as an alignment, which has no ranking and no calibration.

    Args:
        path: links in any format, see docs/output.md.
        graphs: the graphs that they join, for names, values and neighbours. Without graphs only
            the identifiers in the file are known.

    Returns:
        The alignment, and what of the file was skipped, each with its count.

    Raises:
        DataError: a file is unusable, or no link joins entities of the graphs.
    """
    links = read_links(path)
    if not len(links):
        raise DataError("there are no links to review", path=Path(path))
    task = load_files(graphs) if graphs else _task_of(links)
    finder, found, gone = EntityPairs(task), list[tuple[int, int]](), list[int]()
    sources = [
        [""] * len(links) if column is None else column.tolist()
        for column in (links.left_source, links.right_source)
    ]
    if not graphs and links.left_source is None:
        sources = [[_LEFT] * len(links), [_RIGHT] * len(links)]
    for row, ends in enumerate(zip(sources[0], links.left, sources[1], links.right, strict=True)):
        pair = finder.joint(*ends)
        gone += [row] if pair is None else []
        found += [] if pair is None else [pair]
    if not found:
        raise DataError(
            f"none of its {counted(len(links), 'link')} joins {' and '.join(task.kg_names)}; are "
            "the identifiers written as in the graphs?",
            path=Path(path),
        )
    kept = np.delete(np.arange(len(links)), gone)
    pairs = np.array(found, dtype=np.int32)
    notes = [*task.notes, *links.notes]
    if gone:
        notes.append(f"{Path(path).name}: {counted(len(gone), 'link')} of entities in no graph")
    return Alignment(task, _by_graphs(task, pairs, links, kept), "unaligned", "file"), tuple(notes)


def _by_graphs(
    task: AlignmentTask, pairs: np.ndarray, links: DistinctLinks, kept: IntArray
) -> tuple[PairAlignment, ...]:
    score = np.ones(len(pairs), np.float32) if links.score is None else links.score[kept]
    p: FloatArray | None = None if links.probability is None else links.probability[kept]
    if p is not None and np.isnan(p).any():
        p = None
    sides = task.source_of[pairs]
    made = []
    for left, right in task.kg_pairs:
        own = (sides == (left, right)).all(axis=1)
        chosen = None if p is None else p[own]
        own_score = score[own] if links.score is not None or chosen is None else chosen
        if own.any():
            made.append(PairAlignment(left, right, pairs[own], own_score, None, None, chosen))
    return tuple(made)


def _task_of(links: DistinctLinks) -> AlignmentTask:
    """A task of graphs that hold nothing but the entities of the links."""
    entities: dict[str, dict[str, None]] = {}
    for column, source, other in (
        (links.left, links.left_source, _LEFT),
        (links.right, links.right_source, _RIGHT),
    ):
        names = [other] * len(column) if source is None else source.tolist()
        for name, entity in zip(names, column.tolist(), strict=True):
            entities.setdefault(name, {})[entity] = None
    nothing = np.empty((0, 3), np.int32)
    none: StringArray = strings([])
    kgs = [
        KnowledgeGraph.from_arrays(name, nothing, strings(own), none)
        for name, own in entities.items()
    ]
    return AlignmentTask.from_kgs(kgs, {}, name="-".join(entities))
