from collections.abc import Callable
from typing import Any

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dualamn.errors import DataError
from dualamn.kernels.arrays import FloatArray, Int32Array
from dualamn.search import exact
from dualamn.search.exact import nearest, nearest_both_ways

Search = Callable[[FloatArray, FloatArray, int], Any]

# Small whole numbers: inner products are exact in float32, and ties are many.
whole = st.integers(-2, 2).map(float)


@st.composite
def two_pools(draw: st.DrawFn) -> tuple[FloatArray, FloatArray]:
    width = draw(st.integers(1, 4))
    left, right = (
        draw(arrays(np.float32, (draw(st.integers(0, 9)), width), elements=whole)) for _ in range(2)
    )
    return left, right


def check_is_top_k(
    scores: FloatArray, positions: Int32Array, queries: FloatArray, pool: FloatArray, k: int
) -> None:
    dense = queries @ pool.T
    assert scores.shape == positions.shape == (len(queries), min(k, len(pool)))
    assert scores.dtype == np.float32
    assert positions.dtype == np.int32
    best = -np.sort(-dense, axis=1)[:, :k]
    np.testing.assert_array_equal(scores, best)
    np.testing.assert_array_equal(np.take_along_axis(dense, positions, axis=1), best)
    for row in positions:
        assert len(set(row)) == len(row)


@given(two_pools(), st.integers(0, 12))
def test_nearest_is_the_top_of_dense_products(pools: tuple[FloatArray, FloatArray], k: int) -> None:
    queries, pool = pools
    check_is_top_k(*nearest(queries, pool, k), queries, pool, k)


@given(two_pools(), st.integers(0, 12))
def test_both_ways_is_the_top_of_the_dense_products_in_small_tiles(
    pools: tuple[FloatArray, FloatArray], k: int
) -> None:
    left, right = pools
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "LEFT_TILE", 3)
        patch.setattr(exact, "RIGHT_TILE", 4)
        to_right, to_left = nearest_both_ways(left, right, k)
    check_is_top_k(*to_right, left, right, k)
    check_is_top_k(*to_left, right, left, k)


def test_both_ways_agrees_with_two_searches_at_full_tile_size() -> None:
    rng = np.random.default_rng(0)
    left = rng.standard_normal((1_500, 8), dtype=np.float32)
    right = rng.standard_normal((4_500, 8), dtype=np.float32)
    to_right, to_left = nearest_both_ways(left, right, 7)
    for found, expected in (
        (to_right, nearest(left, right, 7)),
        (to_left, nearest(right, left, 7)),
    ):
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-5)
        assert np.mean(found[1] == expected[1]) > 0.999


def test_a_pair_has_one_score_in_both_directions() -> None:
    left, right = np.random.default_rng(1).standard_normal((2, 40, 16), dtype=np.float32)
    to_right, to_left = nearest_both_ways(left, right, 40)
    forward, backward = np.empty((40, 40)), np.empty((40, 40))
    np.put_along_axis(forward, to_right[1], to_right[0], axis=1)
    np.put_along_axis(backward, to_left[1], to_left[0], axis=1)
    np.testing.assert_array_equal(forward, backward.T)


def test_query_blocks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    queries, pool = np.random.default_rng(2).standard_normal((2, 50, 6), dtype=np.float32)
    whole_run = nearest(queries, pool, 5)
    monkeypatch.setattr(exact, "QUERY_BLOCK", 7)
    steps: list[int] = []
    in_blocks = nearest(queries, pool, 5, done=steps.append)
    np.testing.assert_allclose(in_blocks[0], whole_run[0], rtol=1e-5)
    np.testing.assert_array_equal(in_blocks[1], whole_run[1])
    assert steps == [7, 14, 21, 28, 35, 42, 49, 50]


@pytest.mark.parametrize("search", [nearest, nearest_both_ways])
def test_inputs_stay_as_they_are_and_may_be_read_only(search: Search) -> None:
    rows = np.random.default_rng(3).standard_normal((20, 4), dtype=np.float32)
    before = rows.copy()
    rows.flags.writeable = False
    search(rows, rows, 3)
    np.testing.assert_array_equal(rows, before)


def test_strided_and_double_precision_rows_are_converted() -> None:
    rows = np.random.default_rng(4).standard_normal((20, 4), dtype=np.float32)
    strided = np.asfortranarray(rows)
    np.testing.assert_array_equal(
        nearest(strided, rows.astype(float), 3)[1], nearest(rows, rows, 3)[1]
    )


def test_equal_queries_get_equal_answers_whatever_ties_there_are() -> None:
    ones = np.ones((300, 3), dtype=np.float32)
    for positions in (nearest(ones, ones, 5)[1], nearest_both_ways(ones, ones, 5)[0][1]):
        assert (positions == positions[0]).all()


@pytest.mark.parametrize("search", [nearest, nearest_both_ways])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("side", [0, 1])
def test_values_that_are_not_finite_are_refused(search: Search, bad: float, side: int) -> None:
    pools = np.ones((2, 9, 3), dtype=np.float32)
    pools[side, 4, 1] = bad
    with pytest.raises(DataError, match="1 of 9 embeddings hold NaN or infinite values, row 4"):
        search(pools[0], pools[1], 2)


def test_large_finite_values_are_not_refused() -> None:
    rows = np.full((2, 4), 3e38, dtype=np.float32)
    rows[1] = 0
    scores, positions = nearest(np.eye(1, 4, dtype=np.float32), rows, 1)
    assert scores[0, 0] == np.float32(3e38)
    assert positions[0, 0] == 0


def test_wrong_shapes_and_counts_are_refused() -> None:
    three, four = np.ones((2, 3), dtype=np.float32), np.ones((2, 4), dtype=np.float32)
    with pytest.raises(ValueError, match=r"got the shapes \(2, 3\) and \(2, 4\)"):
        nearest(three, four, 1)
    with pytest.raises(ValueError, match=r"got the shapes \(2, 3\) and \(2, 4\)"):
        nearest_both_ways(three, four, 1)
    with pytest.raises(ValueError, match="k must be 0 or more, got -1"):
        nearest(three, three, -1)


def test_the_number_of_faiss_threads_is_left_alone() -> None:
    before = faiss.omp_get_max_threads()
    rows = np.ones((50, 3), dtype=np.float32)
    nearest(rows, rows, 2)
    nearest_both_ways(rows, rows, 2)
    assert faiss.omp_get_max_threads() == before
