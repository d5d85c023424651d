"""Reliability tables and calibration errors."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.errors import DataError
from dualamn.eval.reliability import error_of, expected_calibration_error, reliability_table

probability = st.sampled_from([0.0, 0.25, 1 / 3, 0.5, 1.0]) | st.floats(0, 1)
weight = st.sampled_from([0.5, 1.0, 1.0, 2.0])
links = st.lists(st.tuples(probability, st.booleans(), weight), max_size=60)


def columns(rows: list[tuple[float, bool, float]]) -> tuple[Any, Any, Any]:
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return table[:, 0], table[:, 1] > 0, table[:, 2]


@given(links, st.integers(1, 20), st.randoms(use_true_random=False))
def test_the_order_of_links_does_not_matter(
    rows: list[tuple[float, bool, float]], bins: int, random: Any
) -> None:
    table = reliability_table(*columns(rows), bins=bins)
    random.shuffle(rows)
    for one, other in zip(table, reliability_table(*columns(rows), bins=bins), strict=True):
        assert one.as_dict() == pytest.approx(other.as_dict())


@given(links, st.integers(1, 20))
def test_every_link_is_in_one_bin_and_bins_are_in_order(
    rows: list[tuple[float, bool, float]], bins: int
) -> None:
    table = reliability_table(*columns(rows), bins=bins)
    assert len(table) <= bins
    assert sum(row.links for row in table) == pytest.approx(sum(w for *_, w in rows))
    assert sum(row.links * row.correct for row in table) == pytest.approx(
        sum(w for _, right, w in rows if right)
    )
    for row in table:
        assert row.lowest <= row.probability + 1e-12
        assert row.probability <= row.highest + 1e-12
    for below, above in itertools.pairwise(table):
        assert below.highest < above.lowest


@given(links, st.integers(1, 20))
def test_the_error_is_a_share_and_at_least_the_bias(
    rows: list[tuple[float, bool, float]], bins: int
) -> None:
    p, right, w = columns(rows)
    error = expected_calibration_error(p, right, w, bins=bins)
    if not rows:
        assert error is None
        return
    assert error is not None
    assert abs((w * (p - right)).sum()) / w.sum() - 1e-9 <= error <= 1 + 1e-9
    one = expected_calibration_error(p, right, w, bins=1)
    assert one == pytest.approx(abs((w * (p - right)).sum()) / w.sum(), abs=1e-9)


@given(links, st.integers(1, 20))
def test_a_weight_of_two_is_the_link_twice(
    rows: list[tuple[float, bool, float]], bins: int
) -> None:
    p, right, _ = columns(rows)
    doubled = expected_calibration_error(p, right, np.full(len(p), 2.0), bins=bins)
    twice = expected_calibration_error(np.tile(p, 2), np.tile(right, 2), bins=bins)
    assert doubled == (None if twice is None else pytest.approx(twice))


def test_sure_and_right_or_sure_and_wrong() -> None:
    assert expected_calibration_error([1, 1, 0], [True, True, False]) == 0
    assert expected_calibration_error([1, 1, 0], [False, False, True]) == 1


def test_a_known_table() -> None:
    low, high = reliability_table([0.1, 0.3, 0.8, 1.0], [False, True, True, True], bins=2)
    assert low.as_dict() == pytest.approx(
        {"lowest": 0.1, "highest": 0.3, "probability": 0.2, "correct": 0.5, "links": 2}
    )
    assert (high.lowest, high.highest, high.correct, high.links) == (0.8, 1.0, 1.0, 2.0)
    assert error_of((low, high)) == pytest.approx(0.5 * 0.3 + 0.5 * 0.1)


def test_true_probabilities_have_a_small_error() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(40_000)
    error = expected_calibration_error(p, rng.random(len(p)) < p)
    assert error is not None
    assert error < 0.02
    skewed = expected_calibration_error(p, rng.random(len(p)) < p**2)
    assert skewed is not None
    assert skewed > 0.1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.5], [True]), "1.5 is no probability"),
        (([np.nan], [True]), "nan is no probability"),
        (([0.5, 0.5], [True]), "as long as each other"),
        (([0.5], [True], [0.0]), "must be above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        expected_calibration_error(*arguments)
    with pytest.raises(DataError, match="one bin or more"):
        reliability_table([0.5], [True], bins=0)
