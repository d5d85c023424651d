"""What every registered matcher must do."""

import numpy as np
import pytest

from dualamn.matching import MATCHERS, above, get_matcher
from dualamn.result import Candidates, Matching, TopK
from dualamn.search import search_candidates
from tests.matching.conftest import made

every_matcher = pytest.mark.parametrize("name", sorted(MATCHERS))
sizes = pytest.mark.parametrize(
    ("n_left", "n_right", "k"), [(30, 40, 5), (40, 12, 100), (1, 1, 10), (1, 20, 3), (25, 1, 2)]
)


def check_ranking(ranked: TopK | None, asked: TopK) -> None:
    """Sorted, finite, and each query with the candidates that it had."""
    if ranked is None:
        return
    np.testing.assert_array_equal(ranked.queries, asked.queries)
    np.testing.assert_array_equal(np.sort(ranked.candidates), np.sort(asked.candidates))
    assert ranked.pool_size == asked.pool_size
    assert ranked.scores.dtype == np.float32
    real = ranked.candidates >= 0
    assert np.isfinite(ranked.scores[real]).all()
    assert (ranked.scores[~real] == -np.inf).all()
    assert (ranked.scores[:, :-1] >= ranked.scores[:, 1:]).all()


def check(matching: Matching, candidates: Candidates) -> None:
    """Links within the pools, at most one of each left entity, each with a finite score."""
    check_ranking(matching.left_to_right, candidates.left_to_right)
    check_ranking(matching.right_to_left, candidates.right_to_left)
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
def test_links_and_rankings_are_well_formed(name: str, n_left: int, n_right: int, k: int) -> None:
    candidates = made(n_left, n_right, k)
    matching = get_matcher(name).match(candidates)
    assert len(matching.links) > 0
    check(matching, candidates)


@every_matcher
@pytest.mark.parametrize(("n_left", "n_right"), [(0, 5), (5, 0), (0, 0)])
def test_empty_pools_give_empty_results(name: str, n_left: int, n_right: int) -> None:
    candidates = made(n_left, n_right)
    matching = get_matcher(name).match(candidates)
    check(matching, candidates)
    assert len(matching.links) == 0
    for ranked, n_queries in ((matching.left_to_right, n_left), (matching.right_to_left, n_right)):
        assert ranked is None or len(ranked.candidates) == n_queries


@every_matcher
def test_rows_with_fewer_candidates_than_others(name: str) -> None:
    full = made(6, 7)

    def cut(topk: TopK) -> TopK:
        candidates, scores = topk.candidates.copy(), topk.scores.copy()
        candidates[0], scores[0] = -1, -np.inf  # no candidate at all
        candidates[1:3, 2:], scores[1:3, 2:] = -1, -np.inf
        gone = candidates == full.left_to_right.queries[0]  # and nobody's candidate either
        scores[gone], candidates[gone] = -np.inf, -1
        order = np.argsort(-scores, axis=1, kind="stable")
        candidates = np.take_along_axis(candidates, order, axis=1)
        scores = np.take_along_axis(scores, order, axis=1)
        return TopK(topk.queries, candidates, scores, topk.pool_size)

    candidates = Candidates(cut(full.left_to_right), cut(full.right_to_left))
    matching = get_matcher(name).match(candidates)
    check(matching, candidates)
    assert candidates.left_to_right.queries[0] not in matching.links[:, 0]


@every_matcher
def test_candidates_are_left_unchanged_and_the_result_is_the_same_twice(name: str) -> None:
    candidates, untouched = made(30, 40, 5), made(30, 40, 5)
    first = get_matcher(name).match(candidates)
    for side in ("left_to_right", "right_to_left"):
        for field in ("queries", "candidates", "scores"):
            np.testing.assert_array_equal(
                getattr(getattr(candidates, side), field), getattr(getattr(untouched, side), field)
            )
    second = get_matcher(name).match(candidates)
    np.testing.assert_array_equal(first.links, second.links)
    np.testing.assert_array_equal(first.scores, second.scores)


@every_matcher
@sizes
def test_equal_scores_give_links_all_the_same(name: str, n_left: int, n_right: int, k: int) -> None:
    """Embeddings that tell nothing: any link is as good, and none may be given twice."""
    embeddings = np.full((n_left + n_right, 4), 0.5, dtype=np.float32)
    left, right = np.split(np.arange(n_left + n_right, dtype=np.int32), [n_left])
    candidates = search_candidates(embeddings, left, right, k)
    matching = get_matcher(name).match(candidates)
    check(matching, candidates)
    assert len(matching.links) > 0


@every_matcher
def test_a_threshold_drops_the_links_that_score_less(name: str) -> None:
    matching = get_matcher(name).match(made(30, 40, 5))
    middle = float(np.median(matching.scores))
    kept = above(matching, middle)
    np.testing.assert_array_equal(kept.links, matching.links[matching.scores >= middle])
    np.testing.assert_array_equal(kept.scores, matching.scores[matching.scores >= middle])
    assert 0 < len(kept.links) < len(matching.links)
    assert kept.left_to_right is matching.left_to_right
    assert kept.right_to_left is matching.right_to_left
    assert len(above(matching, -np.inf).links) == len(matching.links)
    nothing = above(matching, np.inf)
    check(nothing, made(30, 40, 5))
    assert len(nothing.links) == 0


@pytest.mark.parametrize("name", ["mutual", "one_to_one"])
@sizes
def test_no_right_entity_has_two_links(name: str, n_left: int, n_right: int, k: int) -> None:
    links = get_matcher(name).match(made(n_left, n_right, k)).links
    assert len(np.unique(links[:, 1])) == len(links)


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
