"""Embeddings that tell nothing earn nothing, although the links lie on the id diagonal."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from dualamn.alignment import Alignment
from dualamn.eval import evaluate, link_metrics
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import FloatArray, strings
from dualamn.matching import MATCHERS
from dualamn.result import CandidateProtocol, TopK

Align = Callable[..., Alignment]
DiagonalTask = Callable[..., AlignmentTask]

every_matcher = pytest.mark.parametrize("matcher", sorted(MATCHERS))
every_protocol = pytest.mark.parametrize("protocol", get_args(CandidateProtocol))


def constant(n: int) -> FloatArray:
    """One unit vector for all, whose inner products have no rounding errors."""
    return np.full((n, 4), 0.5, dtype=np.float32)


@every_matcher
@every_protocol
@pytest.mark.parametrize("k", [1, 5, 10, 100])
def test_constant_embeddings_score_at_most_chance(
    matcher: str, protocol: CandidateProtocol, k: int, align: Align, diagonal_task: DiagonalTask
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
    # Links that may share an entity all go to one; others are a permutation by chance, of which
    # one is right on average, and more than five one time in a thousand.
    assert result.pairs[0].links.correct <= (5 if matcher == "one_to_one" else 1)


def twins(task: AlignmentTask) -> FloatArray:
    """Embeddings in which the entities 0 and 1 of a graph are one, 2 and 3, and so on."""
    vectors = np.random.default_rng(0).standard_normal((task.n_entities // 2, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    number = [
        int(name.removeprefix("left").removeprefix("right"))
        for name in task.identifiers(np.arange(task.n_entities))
    ]
    return np.asarray(vectors[np.array(number) // 2], dtype=np.float32)


@every_matcher
def test_tied_pairs_are_told_apart_by_chance_only(
    matcher: str, align: Align, diagonal_task: DiagonalTask
) -> None:
    """Entities come in twins with one embedding: of two answers one is right."""
    task = diagonal_task(800)
    result = evaluate(align(task, twins(task), "test_only", matcher), task.test_links)
    links = result.pairs[0].links
    if links.precision is None:  # a matcher may leave ties alone
        assert links.correct == links.incorrect == 0
    else:
        assert 0.4 < links.precision < 0.6
    if result.left_to_right is not None:
        assert result.left_to_right["hits@1"] == 0
        assert result.left_to_right["hits@5"] == 1


def test_a_decision_by_position_would_be_noticed(align: Align, diagonal_task: DiagonalTask) -> None:
    """Where ids follow the truth, a tie broken by position is always right.

    That is why a task permutes them.
    """
    permuted = diagonal_task(800)
    in_order = np.arange(800, dtype=np.int32)
    diagonal = np.stack([in_order, in_order + np.int32(800)], axis=1)
    kgs = [
        replace(kg, entities=strings(f"{kg.name}{i}" for i in range(800))) for kg in permuted.kgs
    ]
    leaky = replace(permuted, kgs=tuple(kgs), test_links=diagonal)
    precision = {}
    for name, task in (("permuted", permuted), ("leaky", leaky)):
        (pair,) = align(task, twins(task)).pairs
        assert pair.left_to_right is not None
        assert pair.right_to_left is not None
        # Entities that stand first in each other's list, whatever else has the same score.
        first = dict(zip(*ends(pair.left_to_right), strict=True))
        second = dict(zip(*ends(pair.right_to_left), strict=True))
        links = [(a, b) for a, b in first.items() if second[b] == a]
        precision[name] = link_metrics(links, task.test_links).precision
    assert precision["leaky"] == 1
    assert 0.4 < (precision["permuted"] or 0) < 0.6


def ends(topk: TopK) -> tuple[list[int], list[int]]:
    return topk.queries.tolist(), topk.candidates[:, 0].tolist()
