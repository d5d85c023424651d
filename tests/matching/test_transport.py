import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from ot import sinkhorn as dense_sinkhorn  # type: ignore[import-untyped]

from dualamn.kernels.compute import threads
from dualamn.matching.sinkhorn import sinkhorn

Float64Array = NDArray[np.float64]


def dense(logits: Float64Array, rounds: int = 2_000, tolerance: float = 1e-12) -> Float64Array:
    """The plan of a complete table; -inf is no pair."""
    rows, columns = np.nonzero(logits > -np.inf)
    plan = np.zeros(logits.shape)
    plan[rows, columns] = sinkhorn(
        rows, columns, logits[rows, columns], logits.shape, rounds=rounds, tolerance=tolerance
    )
    return plan


def plain_transport(left: Float64Array, right: Float64Array, logits: Float64Array) -> Any:
    """The plan of dense transport between these masses, by another package."""
    how = {"method": "sinkhorn_log", "numItermax": 20_000, "stopThr": 1e-12}
    return dense_sinkhorn(left, right, -logits, 1.0, **how)


def made_logits(n_rows: int, n_columns: int, seed: int, scale: float = 3.0) -> Float64Array:
    return np.random.default_rng(seed).normal(0, scale, (n_rows, n_columns))


@given(st.integers(1, 12), st.integers(0, 10_000), st.floats(0.1, 2))
def test_equal_sides_give_the_plan_of_dense_transport(n: int, seed: int, scale: float) -> None:
    logits = made_logits(n, n, seed, scale)
    even = np.full(n, 1 / n)
    expected = n * plain_transport(even, even, logits)
    np.testing.assert_allclose(dense(logits, 20_000), expected, atol=1e-6)


@given(st.integers(1, 8), st.integers(1, 5), st.integers(0, 10_000))
def test_a_surplus_goes_to_one_more_of_the_smaller_side(n: int, surplus: int, seed: int) -> None:
    """The same as dense transport with one more row, of the surplus' mass and no preference."""
    logits = made_logits(n, n + surplus, seed, 2.0)
    extended = np.concatenate([logits, np.zeros((1, n + surplus))])
    mass = np.append(np.ones(n), surplus)
    expected = plain_transport(mass, np.ones(n + surplus), extended)[:n]
    np.testing.assert_allclose(dense(logits, 20_000), expected, atol=1e-6)
    np.testing.assert_allclose(dense(logits.T, 20_000), expected.T, atol=1e-6)


@given(
    st.integers(1, 15),
    st.integers(1, 15),
    st.floats(0.05, 1),
    st.sampled_from([0.1, 10.0, 1e4]),
    st.integers(1, 40),
    st.integers(0, 10_000),
)
def test_no_sum_is_above_one_however_sparse_or_extreme(
    n_rows: int, n_columns: int, share: float, scale: float, rounds: int, seed: int
) -> None:
    logits = made_logits(n_rows, n_columns, seed, scale)
    drawn = np.random.default_rng(seed).random(logits.shape)
    plan = dense(np.where(drawn < share, logits, -np.inf), rounds, 0)
    assert np.isfinite(plan).all()
    assert (plan >= 0).all()
    assert (plan.sum(axis=0) <= 1 + 1e-9).all()
    assert (plan.sum(axis=1) <= 1 + 1e-9).all()
    if (drawn < share).any():
        assert plan.sum() > 0


@given(st.integers(2, 12), st.integers(2, 12), st.integers(0, 10_000))
def test_the_smaller_side_adds_up_to_one(n_rows: int, n_columns: int, seed: int) -> None:
    plan = dense(made_logits(n_rows, n_columns, seed, 1.0))
    np.testing.assert_allclose(plan.sum(axis=0 if n_columns < n_rows else 1), 1, atol=1e-6)


@given(st.integers(1, 10), st.integers(1, 10), st.integers(0, 10_000))
def test_the_order_of_the_pairs_does_not_matter(n_rows: int, n_columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = np.nonzero(rng.random((n_rows, n_columns)) < 0.7)
    logits = rng.normal(0, 3, len(rows))
    order = rng.permutation(len(rows))
    shape = n_rows, n_columns
    plan = sinkhorn(rows, columns, logits, shape, rounds=20, tolerance=0)
    other = sinkhorn(rows[order], columns[order], logits[order], shape, rounds=20, tolerance=0)
    np.testing.assert_allclose(other, plan[order], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("far", [1e3, 1e4, 1e300])
def test_scores_far_apart_neither_over_nor_underflow(far: float) -> None:
    """Both rows want the first column by far, and equally: they share both columns."""
    np.testing.assert_allclose(dense(np.array([[far, -far], [far, -far]])), 0.5)
    np.testing.assert_allclose(dense(np.array([[far, -far], [-far, far]])), np.eye(2))
    np.testing.assert_allclose(dense(np.array([[far, -far, 0.0]])), [[1, 0, 0]], atol=1e-30)


def test_a_row_that_another_outbids_takes_its_second_choice() -> None:
    np.testing.assert_array_equal(dense(np.array([[10.0, 0.0], [9.0, 8.0]])).argmax(axis=1), [0, 1])


def test_of_more_rows_than_columns_the_worst_stays_without() -> None:
    plan = dense(np.array([[9.0, 0.0], [0.0, 9.0], [1.0, 1.0]]))
    assert plan[0, 0] > 0.95
    assert plan[1, 1] > 0.95
    assert plan[2].sum() < 0.1


def test_rows_that_have_one_column_between_them_share_it() -> None:
    plan = dense(np.array([[0.0, -np.inf, -np.inf], [0.0, -np.inf, -np.inf], [-np.inf, 0.0, 0.0]]))
    np.testing.assert_allclose(plan, [[0.5, 0, 0], [0.5, 0, 0], [0, 0.5, 0.5]])


def test_what_cannot_be_has_no_probability_and_no_part() -> None:
    rows, columns = np.array([0, 0, 1, 1, 3]), np.array([0, 1, 0, 4, 2])
    logits = np.array([1.0, 2.0, 0.5, -np.inf, -np.inf])
    plan = sinkhorn(rows, columns, logits, (5, 6), rounds=50, tolerance=0)
    alone = sinkhorn(rows[:3], columns[:3], logits[:3], (2, 2), rounds=50, tolerance=0)
    np.testing.assert_array_equal(plan, [*alone, 0, 0])
    nothing = sinkhorn(rows, columns, np.full(5, -np.inf), (5, 6), rounds=5, tolerance=0)
    np.testing.assert_array_equal(nothing, 0)
    assert sinkhorn([], [], [], (3, 0), rounds=5, tolerance=0).shape == (0,)


def test_it_stops_when_the_sums_no_longer_change() -> None:
    logits = made_logits(8, 8, 0)
    exact = dense(logits, 5_000, 0)
    loose, close = dense(logits, 5_000, 1e-2), dense(logits, 5_000, 1e-6)
    assert 1e-6 < np.abs(loose - exact).max() < 0.1
    assert np.abs(close - exact).max() < 1e-4
    np.testing.assert_array_equal(loose, dense(logits, 5_001, 1e-2))


@pytest.mark.parametrize(
    ("rows", "columns", "logits", "message"),
    [
        ([0, 1], [0, 0], [1.0, np.nan], "NaN"),
        ([0, 1], [0, 0], [1.0, np.inf], "inf"),
        ([0, 0], [1, 1], [1.0, 2.0], "1 of 2 places come twice"),
        ([0, 0], [1, 1], [1.0], "2 rows, 2 columns and 1 logits"),
    ],
)
def test_wrong_input_is_refused(
    rows: list[int], columns: list[int], logits: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        sinkhorn(rows, columns, logits, (2, 2), rounds=3, tolerance=0)


def test_it_holds_little_beside_the_pairs() -> None:
    """A kernel, both ways round as 12 bytes a pair, and what making either takes."""
    places = np.random.default_rng(0).choice(9_000_000, 200_000, replace=False)
    rows, columns = np.divmod(np.sort(places), 3000)
    logits = np.random.default_rng(1).normal(size=len(rows))
    tracemalloc.start()
    sinkhorn(rows, columns, logits, (3000, 3000), rounds=3, tolerance=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 56 * len(rows)


@pytest.mark.parametrize("at_once", [1, 7, 40])
def test_parts_in_threads_give_the_plan_of_the_whole(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits = made_logits(9, 12, 3)
    logits[4] = logits[:, 5] = -np.inf  # a row and a column without pairs
    expected = dense(logits)
    monkeypatch.setattr("dualamn.matching.sinkhorn._AT_ONCE", at_once)
    with threads(3):
        np.testing.assert_array_equal(dense(logits), expected)
