import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dualamn.errors import ConfigError
from dualamn.matching import MATCHERS, get_matcher
from dualamn.matching.csls import Csls
from dualamn.result import Candidates, TopK
from dualamn.search import search_candidates
from tests.conftest import there
from tests.matching.conftest import complete, made


def dense_scores(topk: TopK, n_queries: int, n_pool: int, first: int) -> NDArray[np.float64]:
    """(q, p) the scores of a complete search, in the order of the pool's ids from `first` on."""
    dense = np.empty((n_queries, n_pool))
    np.put_along_axis(dense, topk.candidates - first, topk.scores, axis=1)
    return dense


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 15), st.integers(0, 10_000))
def test_csls_is_the_formula_on_dense_scores(n_left: int, n_right: int, k: int, seed: int) -> None:
    rows = np.random.default_rng(seed).standard_normal((n_left + n_right, 5)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    left = np.arange(n_left, dtype=np.int32)
    right = np.arange(n_left, n_left + n_right, dtype=np.int32)
    matching = Csls(k=k).match(search_candidates(rows, left, right, 100))

    cosines = rows[:n_left].astype(float) @ rows[n_left:].T.astype(float)
    r_left = -np.sort(-cosines, axis=1)[:, :k].mean(axis=1)
    r_right = -np.sort(-cosines.T, axis=1)[:, :k].mean(axis=1)
    expected = 2 * cosines - r_left[:, None] - r_right
    forward = dense_scores(there(matching.left_to_right), n_left, n_right, n_left)
    backward = dense_scores(there(matching.right_to_left), n_right, n_left, 0)
    np.testing.assert_allclose(forward, expected, atol=1e-5)
    np.testing.assert_allclose(backward, expected.T, atol=1e-5)
    np.testing.assert_allclose(matching.scores, expected.max(axis=1), atol=1e-5)


def test_csls_takes_the_answer_from_a_hub() -> None:
    """Right entity 3 is nearest to both left entities, but 4 is near to entity 1 alone."""
    forward = complete([0, 1], [[3, 4], [3, 4]], [[0.9, 0.1], [0.8, 0.7]])
    backward = complete([3, 4], [[0, 1], [1, 0]], [[0.9, 0.8], [0.7, 0.1]])
    candidates = Candidates(forward, backward)
    assert get_matcher("greedy").match(candidates).links.tolist() == [[0, 3], [1, 3]]
    assert get_matcher("csls", k=2).match(candidates).links.tolist() == [[0, 3], [1, 4]]


def test_greedy_scores_are_cosines() -> None:
    candidates = made(9, 12, 4)
    matching = get_matcher("greedy").match(candidates)
    np.testing.assert_array_equal(matching.scores, candidates.left_to_right.scores[:, 0])
    np.testing.assert_array_equal(matching.links[:, 1], candidates.left_to_right.candidates[:, 0])


def test_mutual_links_are_the_probable_links_of_both_directions() -> None:
    candidates = made(60, 50, 10)
    matching = get_matcher("sinkhorn").match(candidates)
    forward, backward = matching.left_to_right, matching.right_to_left
    assert forward is not None
    assert backward is not None
    expected = {*zip(forward.queries, forward.candidates[:, 0], strict=True)} & {
        *zip(backward.candidates[:, 0], backward.queries, strict=True)
    }
    mutual = get_matcher("mutual").match(candidates)
    assert 0 < len(expected) < 50
    assert {*map(tuple, mutual.links)} == expected
    assert len(mutual.links) == len(expected)
    score_of = dict(zip(map(tuple, matching.links), matching.scores, strict=True))
    for link, score in zip(mutual.links, mutual.scores, strict=True):
        assert score == score_of[tuple(link)]


def test_candidates_that_are_no_queries_of_the_other_direction_are_refused() -> None:
    whole = made(5, 6)
    full = whole.right_to_left
    few = TopK(full.queries[:3], full.candidates[:3], full.scores[:3], full.pool_size)
    with pytest.raises(ValueError, match="query of the other direction"):
        get_matcher("csls").match(Candidates(whole.left_to_right, few))


def test_settings_reach_the_matcher() -> None:
    assert get_matcher("csls", k=3) == Csls(k=3)
    assert get_matcher("csls") == Csls(k=10)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("cssl", {}, r"no matcher 'cssl', did you mean 'csls'\?"),
        ("zzz", {}, f"no matcher 'zzz'; choose one of {', '.join(MATCHERS)}"),
        ("csls", {"neighbours": 3}, "'csls' has no setting 'neighbours'; it has k"),
        ("greedy", {"k": 3}, "'greedy' has no setting 'k'; it has none"),
        ("csls", {"k": 0}, "1 or more, got 0"),
        ("mutual", {"rounds": -1}, "1 round or more, got -1"),
        ("sinkhorn", {"temperature": 0.0}, "above 0, got 0.0"),
    ],
)
def test_wrong_names_and_settings_say_what_is_there(
    name: str, settings: dict[str, int], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        get_matcher(name, **settings)
