"""Alignments of graphs without triples, given by identifiers."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from dualamn.alignment import Alignment
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import strings
from dualamn.result import PairAlignment

Links = Mapping[tuple[int, int], Sequence[tuple[str, str, float]]]


def alignment_of(
    graphs: Mapping[str, Sequence[str]],
    links: Links,
    seed: int = 0,
    names: Mapping[str, Sequence[str]] | None = None,
) -> Alignment:
    """Links of identifiers, by pair of graphs; `names` are what people call the entities."""
    kgs = [
        KnowledgeGraph(
            name,
            strings(entities),
            strings([]),
            np.empty((0, 3), np.int32),
            strings(names[name]) if names is not None and name in names else None,
        )
        for name, entities in graphs.items()
    ]
    task = AlignmentTask.from_kgs(kgs, {}, seed=seed)
    pairs = []
    for (left, right), rows in links.items():
        ends = [task.ids(left, [r[0] for r in rows]), task.ids(right, [r[1] for r in rows])]
        scores = np.array([r[2] for r in rows], dtype=np.float32)
        pairs.append(PairAlignment(left, right, np.stack(ends, axis=1), scores, None, None))
    return Alignment(task, tuple(pairs), "unaligned", "mutual")


@pytest.fixture(scope="session")
def make_alignment() -> Callable[..., Alignment]:
    return alignment_of
