"""What evidence and matching hold for each candidate, which the plan of memory counts on."""

import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dualamn.bench.synthetic_task import make_task
from dualamn.evidence import Evidence
from dualamn.matching.sinkhorn import Sinkhorn
from dualamn.result import Candidates, TopK
from dualamn.search import candidate_sets
from tests.evidence import small_graphs

TASK = make_task(600)
SETTINGS = replace(small_graphs.SETTINGS, sinkhorn_rounds=15, evidence_explored=20)


def candidates(k: int) -> Candidates:
    """So many for every entity, the same pairs from both sides: each is held once."""
    queries, pool = candidate_sets(TASK, 0, 1, "all_entities")
    n = min(len(queries), len(pool))
    queries, pool = queries[:n], pool[:n]
    scores = -np.sort(-np.random.default_rng(0).random((n, k)), axis=1).astype(np.float32)
    steps = (np.arange(n)[:, None] + np.arange(k)) % n
    back = (np.arange(n)[:, None] - np.arange(k)) % n
    return Candidates(TopK(queries, pool[steps], scores, n), TopK(pool, queries[back], scores, n))


def bytes_a_pair(use: Callable[[Candidates], object]) -> float:
    """Of the most that it holds beside the candidates, what a pair more adds."""
    use(candidates(1))  # what is imported and kept at the first use counts for nothing
    pairs, most = [], []
    for k in (200, 400):
        given = candidates(k)
        tracemalloc.start()
        use(given)
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        pairs.append(given.left_to_right.candidates.size)
    return (most[1] - most[0]) / (pairs[1] - pairs[0])


def test_rounds_of_evidence() -> None:
    assert 60 < bytes_a_pair(Evidence(TASK, 0, 1, SETTINGS).judge) < 135


def test_matching() -> None:
    assert 60 < bytes_a_pair(Sinkhorn().match) < 135
