"""What evidence is good for, and what it leaves as it was."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from dualamn.bench.synthetic_task import make_task
from dualamn.evidence import Evidence
from dualamn.graphs.task import AlignmentTask
from dualamn.result import Candidates, TopK
from dualamn.search import candidate_sets, search_candidates
from tests.evidence.small_graphs import SETTINGS


def searched(task: AlignmentTask, k: int = 10, width: int = 8) -> Candidates:
    """Candidates by embeddings that tell little: counterparts are a bit nearer than others."""
    rng = np.random.default_rng(0)
    numbers = [
        int(str(name).partition("/")[2])  # "a/7" and "b/7" are the same
        for name in task.identifiers(np.arange(task.n_entities))
    ]
    common = rng.standard_normal((max(numbers) + 1, width))
    rows = common[numbers] + rng.standard_normal((len(numbers), width))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return search_candidates(rows, *candidate_sets(task, 0, 1, "unaligned"), k)


def right_among(links: NDArray[np.int32], task: AlignmentTask) -> int:
    return len({*map(tuple, links.tolist())} & {*map(tuple, task.test_links.tolist())})


def test_evidence_finds_what_the_cosines_miss() -> None:
    task = make_task(300, diagonal=True, keep_triples=0.9)
    near = searched(task)
    without = Evidence(task, 0, 1, replace(SETTINGS, evidence_rounds=0)).judge(near)
    judged = Evidence(task, 0, 1, SETTINGS).judge(near)
    assert right_among(judged.links, task) > 1.2 * right_among(without.links, task)
    assert judged.probability.min() > 0
    assert judged.probability.max() <= 1


def pairs_of(topk: TopK, *, turned: bool = False) -> set[tuple[int, int]]:
    rows, columns = np.nonzero(topk.candidates >= 0)
    ends = topk.queries[rows].tolist(), topk.candidates[rows, columns].tolist()
    return set(zip(*(ends[::-1] if turned else ends), strict=True))


def test_only_pairs_of_the_search_are_judged_and_the_best_come_first() -> None:
    task = make_task(80, diagonal=True)
    near = searched(task, k=5)
    before = near.left_to_right.scores.copy()
    judged = Evidence(task, 0, 1, SETTINGS).judge(near).candidates
    np.testing.assert_array_equal(near.left_to_right.scores, before)
    given = pairs_of(near.left_to_right) | pairs_of(near.right_to_left, turned=True)
    for topk, turned in ((judged.left_to_right, False), (judged.right_to_left, True)):
        assert topk.candidates.shape[1] == 5
        assert pairs_of(topk, turned=turned) <= given
        assert (np.diff(topk.scores) <= 0).all()


@pytest.mark.parametrize("rounds", [0, 2])
def test_without_candidates_or_seed_links_there_is_nothing_to_judge(rounds: int) -> None:
    task = make_task(40)
    alone = replace(task, seed_links=np.empty((0, 2), dtype=np.int32))
    settings = replace(SETTINGS, evidence_rounds=rounds)
    rows = np.eye(task.n_entities, dtype=np.float32)
    empty = search_candidates(rows, np.empty(0, np.int32), task.entity_range(1), 5)
    assert not len(Evidence(alone, 0, 1, settings).judge(empty).links)
    some = search_candidates(rows, *candidate_sets(alone, 0, 1, "all_entities"), 5)
    assert np.isfinite(Evidence(alone, 0, 1, settings).judge(some).probability).all()
