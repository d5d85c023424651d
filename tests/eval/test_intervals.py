"""Bootstrap intervals: against a plain bootstrap over links, and against the normal law."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.errors import ConfigError
from dualamn.eval import Ranks, bootstrap_intervals, ranking_metrics

NAMES = ("hits@1", "hits@5", "hits@10", "mrr")


def ranks(values: list[int]) -> Ranks:
    array = np.array(values, dtype=np.int64)
    return Ranks(array, np.full(len(array), 1000))


def some_ranks(n: int, seed: int) -> Ranks:
    rng = np.random.default_rng(seed)
    return ranks((rng.geometric(0.4, n) * (rng.random(n) > 0.1)).tolist())


def plainly(part: Ranks, resamples: int) -> dict[str, tuple[float, float]]:
    """Links drawn one by one, and every metric computed anew."""
    rng = np.random.default_rng(7)
    drawn = []
    for _ in range(resamples):
        again = rng.integers(len(part.rank), size=len(part.rank))
        metrics = ranking_metrics(Ranks(part.rank[again], part.worst[again]))
        drawn.append([metrics[name] for name in NAMES])
    low, high = np.percentile(np.array(drawn, float), [2.5, 97.5], axis=0)
    return {name: (low[i], high[i]) for i, name in enumerate(NAMES)}


def test_it_agrees_with_drawing_links_one_by_one() -> None:
    part = some_ranks(400, 1)
    found, expected = bootstrap_intervals([part], resamples=4000), plainly(part, 4000)
    assert found is not None
    assert list(found) == list(NAMES)
    for name in NAMES:
        assert found[name] == pytest.approx(expected[name], abs=0.006)


def test_it_has_the_width_of_the_normal_law() -> None:
    hits, n = 700, 1000
    found = bootstrap_intervals([ranks([1] * hits + [0] * (n - hits))], resamples=20_000)
    assert found is not None
    half = 1.96 * np.sqrt(0.7 * 0.3 / n)
    assert found["hits@1"] == pytest.approx((0.7 - half, 0.7 + half), abs=0.002)
    assert found["hits@1"] == found["mrr"] == found["hits@10"]


def test_several_pairs_are_drawn_apart_and_averaged() -> None:
    parts = [some_ranks(900, 1), some_ranks(900, 2)]
    alone = [bootstrap_intervals([part], resamples=8000) for part in parts]
    both = bootstrap_intervals(parts, resamples=8000)
    assert both is not None
    for name in NAMES:
        widths = [one[name][1] - one[name][0] for one in alone if one is not None]
        # The deviation of a mean of two independent figures.
        expected = np.sqrt(np.square(widths).sum()) / 2
        assert both[name][1] - both[name][0] == pytest.approx(expected, rel=0.1)
        middle = np.mean([ranking_metrics(part)[name] for part in parts])
        assert both[name][0] < middle < both[name][1]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_it_holds_fractions_in_order_and_ignores_the_order_of_links(
    values: list[int], random: object
) -> None:
    found = bootstrap_intervals([ranks(values)], resamples=50)
    assert found is not None
    assert all(0 <= low <= high <= 1 for low, high in found.values())
    assert bootstrap_intervals([ranks(sorted(values))], resamples=50) == found
    for end in (0, 1):
        assert found["hits@1"][end] <= found["hits@5"][end] <= found["hits@10"][end]
        assert found["hits@1"][end] <= found["mrr"][end] <= found["hits@10"][end] + 0.1


def test_the_same_seed_gives_the_same_interval_and_another_a_near_one() -> None:
    part = some_ranks(500, 3)
    one, again, other = (bootstrap_intervals([part], seed=seed) for seed in (0, 0, 1))
    assert one == again != other
    assert one is not None
    assert other is not None
    assert one["mrr"] == pytest.approx(other["mrr"], abs=0.01)


def test_a_higher_level_is_wider() -> None:
    part = some_ranks(500, 3)
    narrow, wide = (bootstrap_intervals([part], level=level) for level in (0.5, 0.99))
    assert narrow is not None
    assert wide is not None
    assert wide["mrr"][0] < narrow["mrr"][0] < narrow["mrr"][1] < wide["mrr"][1]


def test_without_links_there_is_no_interval() -> None:
    assert bootstrap_intervals([]) is None
    assert bootstrap_intervals([some_ranks(5, 0), ranks([])]) is None


@pytest.mark.parametrize(
    ("request_", "said"), [({"level": 95}, "not 95"), ({"resamples": 0}, "one resample")]
)
def test_a_wrong_request_is_refused(request_: dict[str, int], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        bootstrap_intervals([some_ranks(5, 0)], **request_)
