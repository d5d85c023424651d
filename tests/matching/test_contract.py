"""What every registered matcher must do."""

from collections.abc import Callable

import numpy as np
import pytest

from dualamn.alignment import TopK
from dualamn.matching import MATCHERS, Matching, get_matcher
from dualamn.search import Candidates, search_candidates

MakeCandidates = Callable[..., Candidates]
every_matcher = pytest.mark.parametrize("name", sorted(MATCHERS))
sizes = pytest.mark.parametrize(
    ("n_left", "n_right", "k"), [(30, 40, 5), (40, 12, 100), (1, 1, 10), (1, 20, 3), (25, 1, 2)]
)


def check_ranking(ranked: TopK | None, asked: TopK) -> None:
    """Sorted, finite, and each query with the candidates that it had."""
    if ranked is None:
        return
    np.testing.assert_array_equal(ranked.queries, asked.queries)
    np.testing.assert_array_equal(
        np.sort(ranked.candidates, axis=1), np.sort(asked.candidates, axis=1)
    )
    assert ranked.pool_size == asked.pool_size
    assert ranked.scores.dtype == np.float32
    real = ranked.candidates >= 0
    assert np.isfinite(ranked.scores[real]).all()
    assert (ranked.scores[~real] == -np.inf).all()
    assert (ranked.scores[:, :-1] >= ranked.scores[:, 1:]).all()


def check_links(matching: Matching, candidates: Candidates) -> None:
    """Within the pools, at most one of each left entity, each with a finite score."""
    links, scores = matching.links, matching.scores
    assert links.shape == (len(scores), 2)
    assert links.dtype == np.int32
    assert scores.dtype == np.float32
    assert np.isin(links[:, 0], candidates.left_to_right.queries).all()
    assert np.isin(links[:, 1], candidates.right_to_left.queries).all()
    assert len(np.unique(links[:, 0])) == len(links)
    assert np.isfinite(scores).all()


@every_matcher
@sizes
def test_links_and_rankings_are_well_formed(
    name: str, n_left: int, n_right: int, k: int, made: MakeCandidates
) -> None:
    candidates = made(n_left, n_right, k)
    matching = get_matcher(name).match(candidates)
    assert len(matching.links) > 0
    check_links(matching, candidates)
    check_ranking(matching.left_to_right, candidates.left_to_right)
    check_ranking(matching.right_to_left, candidates.right_to_left)


@every_matcher
@pytest.mark.parametrize(("n_left", "n_right"), [(0, 5), (5, 0), (0, 0)])
def test_empty_pools_give_empty_results(
    name: str, n_left: int, n_right: int, made: MakeCandidates
) -> None:
    candidates = made(n_left, n_right)
    matching = get_matcher(name).match(candidates)
    check_links(matching, candidates)
    assert len(matching.links) == 0
    for ranked, n_queries in ((matching.left_to_right, n_left), (matching.right_to_left, n_right)):
        assert ranked is None or len(ranked.candidates) == n_queries


@every_matcher
def test_rows_with_fewer_candidates_than_others(name: str, made: MakeCandidates) -> None:
    full = made(6, 7)

    def cut(topk: TopK) -> TopK:
        candidates, scores = topk.candidates.copy(), topk.scores.copy()
        candidates[0], scores[0] = -1, -np.inf  # no candidate at all
        candidates[1:3, 2:], scores[1:3, 2:] = -1, -np.inf
        return TopK(topk.queries, candidates, scores, topk.pool_size)

    candidates = Candidates(cut(full.left_to_right), cut(full.right_to_left))
    matching = get_matcher(name).match(candidates)
    check_links(matching, candidates)
    check_ranking(matching.left_to_right, candidates.left_to_right)
    check_ranking(matching.right_to_left, candidates.right_to_left)
    assert candidates.left_to_right.queries[0] not in matching.links[:, 0]


@every_matcher
def test_candidates_are_left_unchanged_and_the_result_is_the_same_twice(
    name: str, made: MakeCandidates
) -> None:
    candidates, untouched = made(30, 40, 5), made(30, 40, 5)
    first = get_matcher(name).match(candidates)
    for side in ("left_to_right", "right_to_left"):
        for field in ("queries", "candidates", "scores"):
            np.testing.assert_array_equal(
                getattr(getattr(candidates, side), field),
                getattr(getattr(untouched, side), field),
            )
    second = get_matcher(name).match(candidates)
    np.testing.assert_array_equal(first.links, second.links)
    np.testing.assert_array_equal(first.scores, second.scores)


@every_matcher
def test_equal_pools_are_matched_without_a_mistake(name: str) -> None:
    """The same vectors on both sides, in another order: the answer is known."""
    vectors = np.random.default_rng(0).standard_normal((40, 30)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    order = np.random.default_rng(1).permutation(40)
    left, right = np.arange(80, dtype=np.int32).reshape(2, 40)
    candidates = search_candidates(np.concatenate([vectors, vectors[order]]), left, right, 10)
    links = get_matcher(name).match(candidates).links
    assert len(links) == 40
    np.testing.assert_array_equal(links[:, 0], order[links[:, 1] - 40])
