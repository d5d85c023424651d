import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.eval import LinkMetrics, link_metrics

links = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12)


@given(links, links)
def test_counts_equal_set_arithmetic(
    found: list[tuple[int, int]], gold: list[tuple[int, int]]
) -> None:
    lefts, rights = {left for left, _ in gold}, {right for _, right in gold}
    right = set(found) & set(gold)
    wrong = {(a, b) for a, b in set(found) - set(gold) if a in lefts or b in rights}
    metrics = link_metrics(found, gold)
    assert metrics == LinkMetrics(
        len(right), len(wrong), len(set(found) - right - wrong), len(set(gold) - right)
    )
    assert metrics.n_gold == len(set(gold))


def test_a_link_is_wrong_if_either_end_has_another_partner() -> None:
    gold = [(0, 10), (1, 11), (2, 12)]
    metrics = link_metrics([(0, 10), (1, 19), (9, 12), (8, 18)], gold)
    assert metrics == LinkMetrics(right=1, wrong=2, unjudged=1, missed=2)
    assert metrics.precision == pytest.approx(1 / 3)
    assert metrics.recall == pytest.approx(1 / 3)
    assert metrics.f1 == pytest.approx(1 / 3)
    assert metrics.as_dict()["unjudged"] == 1


def test_f1_is_the_harmonic_mean() -> None:
    metrics = LinkMetrics(right=3, wrong=1, unjudged=0, missed=9)
    assert (metrics.precision, metrics.recall) == (0.75, 0.25)
    assert metrics.f1 == pytest.approx(2 * 0.75 * 0.25 / (0.75 + 0.25))


def test_left_and_right_numbers_are_not_compared() -> None:
    assert link_metrics([(1, 0)], [(0, 1)]) == LinkMetrics(0, 0, 1, 1)


@pytest.mark.parametrize(
    ("found", "gold", "rates"),
    [
        ([], [], (None, None, None)),
        ([], [(0, 1)], (None, 0.0, 0.0)),
        ([(0, 1)], [], (None, None, None)),
        ([(0, 2)], [(0, 1)], (0.0, 0.0, 0.0)),
    ],
)
def test_what_was_not_measured_is_none(
    found: list[tuple[int, int]],
    gold: list[tuple[int, int]],
    rates: tuple[float | None, float | None, float | None],
) -> None:
    metrics = link_metrics(np.array(found, np.int32), gold)
    assert (metrics.precision, metrics.recall, metrics.f1) == rates


def test_large_ids_do_not_overflow() -> None:
    top = 2**31 - 1
    assert link_metrics([(top, top)], [(top, top), (top, 0)]).right == 1


def test_negative_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="from 0, got -1"):
        link_metrics([(0, -1)], [(0, 1)])
