from typing import Any

import numpy as np
import pytest

from dualamn import Aligner, evaluate
from dualamn.bench.synthetic_task import make_task
from dualamn.errors import ConfigError, DataError
from dualamn.kernels.arrays import FloatArray, Int32Array
from dualamn.result import Recall
from dualamn.search import search_candidates
from dualamn.search.approximate import AT, nearest_approximately
from dualamn.search.exact import nearest_both_ways

K = 20


def flocks(n_left: int, n_right: int, *, n_flocks: int = 60, seed: int = 0) -> list[FloatArray]:
    """Rows around some centres, the same for both sides, at length one."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((n_flocks, 16))
    sides = []
    for n in (n_left, n_right):
        rows = centres[rng.integers(n_flocks, size=n)] + 0.4 * rng.standard_normal((n, 16))
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        sides.append(rows.astype(np.float32))
    return sides


def searched(
    left: FloatArray, right: FloatArray, recall: float = 0.95, k: int = K
) -> tuple[tuple[FloatArray, Int32Array], tuple[FloatArray, Int32Array], Recall]:
    to_right, to_left, found = nearest_approximately(left, right, k, recall=recall, seed=0)
    assert found is not None
    return to_right, to_left, found


def share_found(found: Int32Array, exact: Int32Array) -> float:
    pairs = zip(found[:400], exact[:400, :AT], strict=True)
    return float(np.mean([np.isin(own, mine).mean() for mine, own in pairs]))


@pytest.mark.parametrize("recall", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("sizes", [(3_000, 2_000), (1_500, 4_000)])
def test_what_it_says_it_found_is_what_it_found(sizes: tuple[int, int], recall: float) -> None:
    left, right = flocks(*sizes)
    *directions, said = searched(left, right, recall)
    exact = nearest_both_ways(left, right, AT)
    shares = [share_found(f[1], e[1]) for f, e in zip(directions, exact, strict=True)]
    assert said.queries == 1_000
    assert said.at_10 == pytest.approx(np.mean(shares), abs=0.03)
    assert min(shares) >= recall - 0.04
    assert said.share < 0.1


def test_less_is_compared_where_less_must_be_found() -> None:
    left, right = flocks(3_000, 3_000)
    shares = [searched(left, right, recall)[2].share for recall in (0.5, 0.9, 0.99)]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1] / 2


def test_scores_are_exact_and_no_neighbour_comes_twice() -> None:
    left, right = flocks(2_000, 3_000)
    to_right, to_left, _ = searched(left, right)
    for (scores, places), queries, pool in ((to_right, left, right), (to_left, right, left)):
        real = places >= 0
        rows = np.repeat(np.arange(len(queries)), real.sum(axis=1))
        products = np.einsum("nd,nd->n", queries[rows], pool[places[real]])
        np.testing.assert_allclose(scores[real], products, atol=1e-5)
        assert (np.diff(scores[real.all(axis=1)]) <= 0).all()
        for own, filled in zip(places[:400], real[:400], strict=True):
            assert len(set(own[filled].tolist())) == filled.sum()


def test_rows_that_met_too_few_end_in_nothing() -> None:
    left, right = flocks(1_000, 1_000, n_flocks=200)
    (scores, places), _, _ = searched(left, right, 0.5, k=400)
    empty = places < 0
    assert empty.any()
    assert np.isneginf(scores[empty]).all()
    assert np.isfinite(scores[~empty]).all()
    # Nothing is between the neighbours.
    assert (np.diff(empty.astype(int), axis=1) >= 0).all()


def test_rows_without_clusters_are_searched_exactly() -> None:
    rng = np.random.default_rng(0)
    left, right = (rng.standard_normal((n, 200)).astype(np.float32) for n in (600, 500))
    to_right, to_left, found = nearest_approximately(left, right, K, recall=0.99, seed=0)
    assert found is None
    for made, exact in zip((to_right, to_left), nearest_both_ways(left, right, K), strict=True):
        np.testing.assert_array_equal(made[1], exact[1])


@pytest.mark.parametrize("sizes", [(1, 1), (1, 5), (4, 1), (3, 40)])
def test_a_handful_of_rows(
    sizes: tuple[int, int], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("dualamn.search.approximate._MOST_SHARE", 1.0)
    left, right = flocks(*sizes)
    to_right, to_left, _ = nearest_approximately(left, right, K, recall=0.9, seed=0)
    assert to_right[1].shape == (sizes[0], min(K, sizes[1]))
    assert to_left[1].shape == (sizes[1], min(K, sizes[0]))
    assert capfd.readouterr() == ("", "")


def test_equal_rows_are_all_found() -> None:
    left, right = (np.full((n, 4), 0.5, dtype=np.float32) for n in (300, 200))
    to_right, _, _ = nearest_approximately(left, right, K, recall=0.9, seed=0)
    assert (to_right[0] == 1).all()


def test_the_same_seed_finds_the_same() -> None:
    left, right = flocks(1_000, 1_200)
    first, second = (searched(left, right) for _ in range(2))
    for one, other in zip(first[:2], second[:2], strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
    assert first[2] == second[2]


def test_progress_ends_at_all_left_rows() -> None:
    left, right = flocks(1_000, 1_500)
    steps: list[int] = []
    nearest_approximately(left, right, K, recall=0.9, seed=0, done=steps.append)
    assert steps == sorted(steps)
    assert steps[-1] == 1_000


def test_nan_is_named_as_such() -> None:
    left, right = flocks(100, 100)
    left[3] = np.nan
    with pytest.raises(DataError, match="NaN"):
        nearest_approximately(left, right, K, recall=0.9, seed=0)


def test_candidates_are_joint_ids_and_say_how_they_were_found() -> None:
    left, right = flocks(1_000, 1_000, n_flocks=200)
    ids = np.arange(2_000, dtype=np.int32)
    embeddings = np.concatenate([left, right])
    found = search_candidates(embeddings, ids[:1_000], ids[1_000:], 400, recall=0.5)
    assert found.recall is not None
    assert found.left_to_right.candidates.min() == -1
    real = found.left_to_right.candidates >= 0
    assert found.left_to_right.candidates[real].min() >= 1_000
    assert found.right_to_left.candidates.max() < 1_000


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0), (0, 0)])
def test_empty_pools_have_no_candidates(sizes: tuple[int, int]) -> None:
    rows, ids = np.eye(6, dtype=np.float32), np.arange(6, dtype=np.int32)
    found = search_candidates(rows, ids[: sizes[0]], ids[3 : 3 + sizes[1]], 2, recall=0.9)
    assert found.recall is None
    assert found.left_to_right.candidates.shape == (sizes[0], min(2, sizes[1]))


def test_an_aligner_beyond_its_limit_searches_approximately_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dualamn.search.approximate._MOST_SHARE", 1.0)
    task = make_task(400, seed=1)
    settings: dict[str, Any] = {"dim": 16, "epochs": 3, "negatives": 8}
    exact = Aligner("paper", **settings).fit(task).align(candidates="all_entities")
    rough = Aligner("paper", search_limit=0.0, search_recall=0.9, **settings).fit(task)
    found = rough.align(candidates="all_entities")
    assert exact.notes == ()
    assert len(found.notes) == 1
    assert "approximate search" in found.notes[0]
    hits = [
        (evaluate(alignment, task.test_links).left_to_right or {})["hits@1"]
        for alignment in (exact, found)
    ]
    assert hits[1] == pytest.approx(hits[0], abs=0.05)
    complete = Aligner("paper", search_limit=0.0, search_recall=1.0, **settings).fit(task)
    assert complete.align(candidates="all_entities").notes == ()


@pytest.mark.parametrize("recall", [0.0, -0.1, 1.1])
def test_a_recall_that_makes_no_sense_is_refused(recall: float) -> None:
    with pytest.raises(ConfigError, match="search_recall"):
        Aligner(search_recall=recall)
