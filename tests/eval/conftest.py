from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np
import pytest

from dualamn.alignment import Alignment
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import FloatArray
from dualamn.matching import get_matcher
from dualamn.result import CandidateProtocol, PairAlignment
from dualamn.search import candidate_sets, search_candidates

Align = Callable[..., Alignment]
DiagonalTask = Callable[..., AlignmentTask]

PROTOCOLS: tuple[CandidateProtocol, ...] = get_args(CandidateProtocol)


def aligned(
    task: AlignmentTask,
    embeddings: FloatArray,
    protocol: CandidateProtocol = "test_only",
    matcher: str = "greedy",
    k: int = 100,
    pairs: Sequence[tuple[int, int]] | None = None,
) -> Alignment:
    """Aligns a task by given embeddings, rows in joint ids."""
    found = []
    for left, right in pairs or task.kg_pairs:
        sets = candidate_sets(task, left, right, protocol)
        m = get_matcher(matcher).match(search_candidates(embeddings, *sets, k))
        found.append(
            PairAlignment(left, right, m.links, m.scores, m.left_to_right, m.right_to_left)
        )
    return Alignment(task, tuple(found), protocol, matcher)


def diagonal(
    n_entities: int,
    n_seeds: int = 0,
    *,
    n_links: int | None = None,
    names: Sequence[str] = ("left", "right"),
    seed: int = 0,
) -> AlignmentTask:
    """Graphs whose entity i is the same thing in all: every link lies on the id diagonal.

    The first `n_seeds` are seed links; entities from `n_links` on have no counterpart.
    """
    kgs = [
        KnowledgeGraph.from_arrays(name, [], [f"{name}{i}" for i in range(n_entities)], [])
        for name in names
    ]
    links = np.repeat(np.arange(n_links or n_entities)[:, None], 2, axis=1)
    pairs = [(a, b) for a in range(len(names)) for b in range(a + 1, len(names))]
    return AlignmentTask.from_kgs(
        kgs,
        dict.fromkeys(pairs, links[:n_seeds]),
        dict.fromkeys(pairs, links[n_seeds:]),
        name="diagonal",
        seed=seed,
    )


@pytest.fixture
def align() -> Align:
    return aligned


@pytest.fixture
def diagonal_task() -> DiagonalTask:
    return diagonal
