from collections.abc import Sequence

import numpy as np
import pytest

from dualamn.errors import ConfigError, DataError
from dualamn.kernels.arrays import FloatArray, Int32Array
from dualamn.progress import Progress
from dualamn.search import search_candidates


def unit_rows(n: int, d: int = 6, seed: int = 0) -> FloatArray:
    rows = np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def ids(*values: int) -> Int32Array:
    return np.array(values, dtype=np.int32)


@pytest.mark.parametrize(
    ("left", "right"),
    [(range(8), range(8, 20)), ((1, 3, 4, 7), (9, 8, 15)), ((5, 4, 3), (12, 13, 14))],
)
def test_candidates_are_joint_ids_with_cosines(left: Sequence[int], right: Sequence[int]) -> None:
    embeddings, left_ids, right_ids = unit_rows(20), ids(*left), ids(*right)
    found = search_candidates(embeddings, left_ids, right_ids, 2)
    for topk, queries, pool in (
        (found.left_to_right, left_ids, right_ids),
        (found.right_to_left, right_ids, left_ids),
    ):
        cosines = embeddings[queries] @ embeddings[pool].T
        order = np.argsort(-cosines, axis=1)[:, :2]
        np.testing.assert_array_equal(topk.queries, queries)
        np.testing.assert_array_equal(topk.candidates, pool[order])
        np.testing.assert_allclose(
            topk.scores, np.take_along_axis(cosines, order, axis=1), atol=1e-6
        )
        assert topk.candidates.dtype == np.int32
        assert topk.pool_size == len(pool)


def test_more_candidates_than_entities_are_all_entities() -> None:
    found = search_candidates(unit_rows(5), ids(0, 1), ids(2, 3, 4), 100)
    assert found.left_to_right.candidates.shape == (2, 3)
    assert found.right_to_left.candidates.shape == (3, 2)


@pytest.mark.parametrize(("left", "right"), [((), (2, 3)), ((0, 1), ()), ((), ())])
def test_empty_pools_have_no_candidates(left: Sequence[int], right: Sequence[int]) -> None:
    found = search_candidates(unit_rows(4), ids(*left), ids(*right), 3)
    assert found.left_to_right.candidates.shape == (len(left), min(3, len(right)))
    assert found.right_to_left.candidates.shape == (len(right), min(3, len(left)))


def test_a_zero_row_is_allowed_and_scores_zero() -> None:
    embeddings = unit_rows(4)
    embeddings[0] = 0
    found = search_candidates(embeddings, ids(0, 1), ids(2, 3), 2)
    assert (found.left_to_right.scores[0] == 0).all()


def test_rows_of_another_length_are_refused() -> None:
    embeddings = unit_rows(4)
    embeddings[3] *= 2
    with pytest.raises(ValueError, match="1 of 2 are not, one has length 2"):
        search_candidates(embeddings, ids(0, 1), ids(2, 3), 2)


def test_nan_is_named_as_such() -> None:
    embeddings = unit_rows(4)
    embeddings[1] = np.nan
    with pytest.raises(DataError, match="NaN"):
        search_candidates(embeddings, ids(0, 1), ids(2, 3), 2)


def test_too_few_rows_are_an_error_and_not_cut() -> None:
    with pytest.raises(IndexError):
        search_candidates(unit_rows(4), ids(0, 1), ids(2, 3, 4), 2)


def test_no_candidates_at_all_is_refused() -> None:
    with pytest.raises(ConfigError, match="1 or more, got 0"):
        search_candidates(unit_rows(4), ids(0, 1), ids(2, 3), 0)


def test_progress_ends_at_the_total() -> None:
    steps: list[Progress] = []
    search_candidates(unit_rows(4), ids(0, 1), ids(2, 3), 2, progress=steps.append)
    assert [(s.stage, s.step, s.total) for s in steps] == [("search", 2, 2)]
