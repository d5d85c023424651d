"""Embeddings that tell nothing earn nothing, although the links lie on the id diagonal."""

from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest

from dualamn.alignment import Alignment, Protocol
from dualamn.arrays import FloatArray
from dualamn.eval import evaluate
from dualamn.kg import AlignmentTask
from dualamn.matching import MATCHERS

Align = Callable[..., Alignment]
DiagonalTask = Callable[..., AlignmentTask]

every_matcher = pytest.mark.parametrize("matcher", sorted(MATCHERS))
every_protocol = pytest.mark.parametrize("protocol", get_args(Protocol))


def constant(n: int) -> FloatArray:
    """One unit vector for all, whose inner products have no rounding errors."""
    return np.full((n, 4), 0.5, dtype=np.float32)


@every_matcher
@every_protocol
@pytest.mark.parametrize("k", [1, 5, 10, 100])
def test_constant_embeddings_score_at_most_chance(
    matcher: str, protocol: Protocol, k: int, align: Align, diagonal_task: DiagonalTask
) -> None:
    task = diagonal_task(60, 18)
    alignment = align(task, constant(task.n_entities), protocol, matcher, k)
    result = evaluate(alignment, task.test_links)
    for metrics in (result.left_to_right, result.right_to_left):
        if metrics is None:  # a matcher without rankings
            continue
        assert metrics["n"] == 42
        for at in (1, 5, 10):
            hits = metrics[f"hits@{at}"]
            assert hits is not None
            # All queries have the same k candidates, so no more than k answers are among them.
            assert hits <= (at / 42 if k <= at else 0)
    assert result.pairs[0].links.right <= 1


@every_matcher
def test_tied_pairs_are_told_apart_by_chance_only(
    matcher: str, align: Align, diagonal_task: DiagonalTask
) -> None:
    """Entities come in twins with one embedding: of two answers one is right.

    Where ids follow the truth, a tie broken by position is always right. That is why a task
    permutes them; the same task with its ids in order shows that the test would notice.
    """
    n_twins = 400
    vectors = np.random.default_rng(0).standard_normal((n_twins, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    task = diagonal_task(2 * n_twins)
    number = [
        int(name.removeprefix("left").removeprefix("right"))
        for name in task.identifiers(np.arange(task.n_entities))
    ]
    twins = vectors[np.array(number) // 2]
    result = evaluate(align(task, twins, "test_only", matcher), task.test_links)
    precision = result.pairs[0].links.precision
    assert precision is not None
    assert 0.4 < precision < 0.6
    if result.left_to_right is not None:
        assert result.left_to_right["hits@1"] == 0
        assert result.left_to_right["hits@5"] == 1

    in_order = np.arange(2 * n_twins, dtype=np.int32)
    links = np.stack([in_order, in_order + np.int32(2 * n_twins)], axis=1)
    leaky = AlignmentTask("leaky", task.kgs, task.seed_links, links, task.valid_links)
    rows = np.concatenate([vectors.repeat(2, axis=0)] * 2)
    leaked = evaluate(align(leaky, rows, "test_only", "mutual"), links).pairs[0].links.precision
    assert leaked == 1
