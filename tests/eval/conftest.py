from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np
import pytest

from dualamn.alignment import Alignment
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import FloatArray, strings
from dualamn.matching import get_matcher
from dualamn.result import CandidateProtocol, PairAlignment
from dualamn.search import candidate_sets, search_candidates

Align = Callable[..., Alignment]
DiagonalTask = Callable[..., AlignmentTask]

PROTOCOLS: tuple[CandidateProtocol, ...] = get_args(CandidateProtocol)


@pytest.fixture
def align() -> Align:
    """Aligns a task by given embeddings, rows in joint ids."""

    def run(
        task: AlignmentTask,
        embeddings: FloatArray,
        protocol: CandidateProtocol = "test_only",
        matcher: str = "greedy",
        k: int = 100,
        pairs: Sequence[tuple[int, int]] | None = None,
    ) -> Alignment:
        aligned = []
        for left, right in pairs or task.kg_pairs:
            pools = candidate_sets(task, left, right, protocol)
            m = get_matcher(matcher).match(search_candidates(embeddings, *pools, k))
            aligned.append(
                PairAlignment(left, right, m.links, m.scores, m.left_to_right, m.right_to_left)
            )
        return Alignment(task, tuple(aligned), protocol, matcher)

    return run


@pytest.fixture
def diagonal_task() -> DiagonalTask:
    """Graphs whose entity i is the same thing in all: every link lies on the id diagonal.

    The first `n_seeds` are seed links; entities from `n_links` on have no counterpart.
    """

    def make(
        n_entities: int,
        n_seeds: int = 0,
        *,
        n_links: int | None = None,
        names: Sequence[str] = ("left", "right"),
        seed: int = 0,
    ) -> AlignmentTask:
        kgs = [
            KnowledgeGraph.from_arrays(
                name,
                np.empty((0, 3), dtype=np.int32),
                strings(f"{name}{i}" for i in range(n_entities)),
                strings([]),
            )
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

    return make
