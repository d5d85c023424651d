import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from dualamn.matching import get_matcher
from dualamn.matching.one_to_one import best_assignment
from dualamn.result import Candidates
from tests.conftest import there
from tests.matching.conftest import complete, made

Float64Array = NDArray[np.float64]


def bounded(n_rows: int, n_columns: int, seed: int, sharpness: float) -> Float64Array:
    """Random probabilities, no row or column above one."""
    plan = np.random.default_rng(seed).random((n_rows, n_columns)) ** sharpness
    plan /= max(n_rows, n_columns) ** 0.5
    plan /= np.maximum(plan.sum(axis=1, keepdims=True), 1)
    return np.asarray(plan / np.maximum(plan.sum(axis=0), 1))


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 10**4), st.sampled_from([0.5, 3, 30]))
def test_the_sum_is_that_of_the_dense_solver(
    n_rows: int, n_columns: int, seed: int, sharpness: float
) -> None:
    plan = bounded(n_rows, n_columns, seed, sharpness)
    rows, columns = (places.ravel() for places in np.indices(plan.shape))
    chosen = best_assignment(rows, columns, plan.ravel())
    assert len(np.unique(rows[chosen])) == len(np.unique(columns[chosen])) == chosen.sum()
    best = plan[linear_sum_assignment(plan, maximize=True)].sum()
    np.testing.assert_allclose(plan.ravel()[chosen].sum(), best, rtol=1e-6, atol=1e-6)


@given(st.integers(1, 15), st.integers(1, 15), st.floats(0.1, 0.9), st.integers(0, 10_000))
def test_pairs_that_are_not_there_are_worth_nothing(
    n_rows: int, n_columns: int, share: float, seed: int
) -> None:
    drawn = np.random.default_rng(seed).random((n_rows, n_columns)) < share
    plan = np.where(drawn, bounded(n_rows, n_columns, seed, 3), 0)
    rows, columns = np.nonzero(drawn)
    chosen = best_assignment(rows, columns, plan[drawn])
    assert len(np.unique(rows[chosen])) == len(np.unique(columns[chosen])) == chosen.sum()
    best = plan[linear_sum_assignment(plan, maximize=True)].sum()
    np.testing.assert_allclose(plan[drawn][chosen].sum(), best, rtol=1e-6, atol=1e-6)


def test_the_best_pair_gives_way_to_two_good_ones() -> None:
    """0.5 + 0.05 is less than 0.4 + 0.4: the surest pair of all is not among the best links."""
    chosen = best_assignment(
        np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0.5, 0.4, 0.4, 0.05])
    )
    assert chosen.tolist() == [False, True, True, False]


def test_no_pairs_give_no_links() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert best_assignment(nothing, nothing, np.empty(0)).shape == (0,)
    assert not best_assignment(np.array([0, 1]), np.array([0, 0]), np.zeros(2)).any()


@pytest.mark.parametrize(("n_left", "n_right"), [(40, 40), (25, 40), (40, 25)])
def test_links_are_the_dense_assignment_of_the_probabilities(n_left: int, n_right: int) -> None:
    candidates = made(n_left, n_right)
    ranked = there(get_matcher("sinkhorn").match(candidates).left_to_right)
    plan = np.zeros((n_left, n_right))
    np.put_along_axis(plan, ranked.candidates - (n_left + 3), ranked.scores, axis=1)
    rows, columns = linear_sum_assignment(plan, maximize=True)
    worth = plan[rows, columns] > 1e-9
    matching = get_matcher("one_to_one").match(candidates)
    np.testing.assert_array_equal(
        matching.links, np.stack([rows, columns + n_left + 3], axis=1)[worth]
    )
    np.testing.assert_array_equal(matching.scores, plan[rows, columns][worth].astype(np.float32))
    assert matching.left_to_right is None
    assert matching.right_to_left is None


def test_an_entity_whose_candidates_are_all_taken_stays_without() -> None:
    """Three left entities have two candidates between them."""
    forward = complete([0, 1, 2], [[3, 4], [4, 3], [3, 4]], [[0.9, 0.2], [0.9, 0.2], [0.5, 0.4]])
    backward = complete([3, 4], [[0, 2, 1], [1, 2, 0]], [[0.9, 0.5, 0.2], [0.9, 0.4, 0.2]])
    matching = get_matcher("one_to_one").match(Candidates(forward, backward))
    assert matching.links.tolist() == [[0, 3], [1, 4]]
