"""Entities without counterpart: what their links look like, and how many there are."""

import numpy as np
import pytest

from dualamn.kernels.arrays import Floats
from dualamn.kernels.logistic import logistic
from dualamn.probability.dangling import (
    GROUPS,
    N_DRAWS,
    PRIOR_SLOPES,
    EntitySample,
    _Mixture,
    chance_of_correct,
    chance_of_counterpart,
    seen,
)
from dualamn.probability.link_features import FEATURES

WIDTH = len(PRIOR_SLOPES)
SHIFT = np.array([1.0, 1.0, 0.5, 1.0, 2.0, 0.0, 0.0, 1.0])
"""By how much links of entities with a counterpart differ from others."""


def sample(count: int, has: float, seed: int, linked: float = 0.8) -> tuple[EntitySample, Floats]:
    """Links of so many entities a side, and which of them are of entities with a counterpart."""
    rng = np.random.default_rng(seed)
    n = int(2 * count * linked)
    good = rng.random(n) < has
    rows = rng.normal(size=(n, WIDTH)) + np.where(good[:, None], SHIFT, 0)
    total = np.array([count, 0.0, count, 0.0])
    return EntitySample(rows, 2 * (np.arange(n) % 2), np.ones(n), total), good.astype(np.float64)


@pytest.mark.parametrize("has", [0.05, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("n_dangling", [300, 1_000])
def test_links_that_are_no_chance_are_told_without_any_label(has: float, n_dangling: int) -> None:
    others, good = sample(3_000, has, 1)
    dangling, _ = sample(n_dangling, 0.0, 2)
    found = chance_of_correct(others, dangling, np.empty((0, WIDTH)))
    p = logistic(others.seen @ found.slopes + found.intercepts[others.group])
    assert abs(p.mean() - good.mean()) < 0.08
    for low, high in ((0.0, 0.2), (0.8, 1.0)):
        inside = (p >= low) & (p <= high)
        if inside.sum() > 50:
            assert abs(p[inside].mean() - good[inside].mean()) < 0.1


def test_where_nothing_tells_links_apart_none_is_believed() -> None:
    others, _ = sample(2_000, 0.0, 1)
    dangling, _ = sample(200, 0.0, 2)
    found = chance_of_correct(others, dangling, np.empty((0, WIDTH)))
    p = logistic(others.seen @ found.slopes + found.intercepts[others.group])
    assert np.quantile(p, 0.95) < 0.5


def test_few_examples_say_little() -> None:
    others, good = sample(60, 0.5, 1)
    few, _ = sample(4, 0.0, 2)
    many, _ = sample(400, 0.0, 3)
    spreads = [
        chance_of_correct(others, dangling, np.empty((0, WIDTH))).draws[:, 0].std()
        for dangling in (few, many)
    ]
    assert spreads[0] > spreads[1]
    assert 0 < good.mean() < 1


@pytest.mark.parametrize("has", [0.1, 0.5, 0.9])
def test_held_out_links_tell_the_share_with_a_counterpart(has: float) -> None:
    others, good = sample(2_000, has, 1)
    dangling, _ = sample(300, 0.0, 2)
    having, _ = sample(200, 1.0, 3)
    found = chance_of_counterpart(others, dangling, having)
    np.testing.assert_allclose(found.share, has, atol=0.08)
    p = logistic(others.seen @ found.slopes + found.intercepts[others.group])
    assert abs(p.mean() - good.mean()) < 0.05
    assert found.draws.shape == (N_DRAWS, GROUPS + WIDTH)


def test_seed_links_of_well_known_entities_do_not_mislead() -> None:
    def drawn(count: int, has: float, seed: int, triples: float, linked: float) -> EntitySample:
        """With fewer triples links look worse, and more entities have none."""
        made, good = sample(count, has, seed, linked)
        rows = made.seen - np.where(good[:, None] > 0, SHIFT, 0)
        rows[:, 5] += triples
        more = logistic(2 * rows[:, 5:6])
        return made._replace(seen=rows + np.where(good[:, None] > 0, 2 * SHIFT * more, 0))

    others = drawn(4_000, 0.5, 1, -0.7, 0.3)
    dangling, having = drawn(500, 0.0, 2, 0.7, 0.8), drawn(500, 1.0, 3, 0.7, 0.8)
    np.testing.assert_allclose(
        chance_of_counterpart(others, dangling, having).share, 0.5, atol=0.12
    )
    alike = having.like(others)
    assert alike.weights.sum() == pytest.approx(having.weights.sum())
    degree = [
        float(np.average(each.seen[:, 5], weights=each.weights)) for each in (having, alike, others)
    ]
    assert abs(degree[1] - degree[2]) < 0.4 * abs(degree[0] - degree[2])


def test_weights_count_as_repeated_entities_do() -> None:
    others, _ = sample(300, 0.4, 1)
    one, _ = sample(50, 0.0, 2)
    twice = EntitySample(one.seen, one.group, 2 * one.weights, 2 * one.total)
    rows, group, weights = (np.concatenate([part, part]) for part in one[:3])
    repeated = EntitySample(rows, group, weights, 2 * one.total)
    none = np.empty((0, WIDTH))
    a, b = (chance_of_correct(others, each, none) for each in (twice, repeated))
    np.testing.assert_allclose(a.slopes, b.slopes, atol=1e-3)
    np.testing.assert_allclose(a.intercepts, b.intercepts, atol=1e-3)


def test_the_gradient_is_that_of_the_loss() -> None:
    others, _ = sample(100, 0.5, 1)
    dangling, _ = sample(30, 0.0, 2)
    correct = np.random.default_rng(0).normal(size=(20, WIDTH)) + SHIFT
    for held in (correct, correct[:0]):
        mixture = _Mixture(others, dangling, held)
        at = np.random.default_rng(3).normal(size=2 * GROUPS + WIDTH + 2) * 0.3
        _, gradient = mixture.loss(at)
        for number in range(len(at)):
            step = np.zeros(len(at))
            step[number] = 1e-5
            difference = (mixture.loss(at + step)[0] - mixture.loss(at - step)[0]) / 2e-5
            assert gradient[number] == pytest.approx(difference, rel=1e-4, abs=1e-4)


def test_margins_are_seen_by_size() -> None:
    features = np.zeros((2, len(FEATURES)))
    features[0, 1:3] = 3, 1
    features[1, 1:3] = 1, 3
    one, other = seen(features)
    np.testing.assert_array_equal(one, other)
    assert one[1:3].tolist() == [1, 3]
