import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.errors import DataError
from dualamn.matching import above, learn_threshold
from dualamn.result import Matching

held_out = st.lists(
    st.tuples(st.sampled_from([-np.inf, -1.5, 0.0, 0.1, 0.2, 0.5, 0.9]), st.booleans()),
    min_size=1,
    max_size=30,
)


def f1(links: list[tuple[float, bool]], threshold: float, gold: int) -> float:
    given = [right for score, right in links if score >= threshold and score > -np.inf]
    return 2 * sum(given) / (len(given) + gold)


@given(held_out, st.integers(0, 5))
def test_no_threshold_has_a_better_f1_and_no_higher_one_as_good(
    links: list[tuple[float, bool]], unfound: int
) -> None:
    scores, right = zip(*links, strict=True)
    gold = len(links) + unfound
    learned = learn_threshold(scores, right, gold=gold)
    best = f1(links, learned, gold)
    for threshold in {*scores, np.inf} - {-np.inf}:
        other = f1(links, threshold, gold)
        assert other < best if threshold > learned else other <= best


@given(held_out, st.integers(0, 1_000))
def test_the_order_of_the_links_does_not_matter(links: list[tuple[float, bool]], seed: int) -> None:
    scores, right = zip(*links, strict=True)
    order = np.random.default_rng(seed).permutation(len(links))
    turned = learn_threshold(np.array(scores)[order], np.array(right)[order])
    assert turned == learn_threshold(scores, right)


def test_the_first_wrong_links_are_cut_off() -> None:
    scores = np.array([0.9, 0.8, 0.3, 0.7, 0.2, 0.1], np.float32)
    right = np.array([True, True, False, True, False, False])
    assert learn_threshold(scores, right) == np.float32(0.7)


def test_a_wrong_link_above_many_right_ones_is_accepted() -> None:
    assert learn_threshold([0.9, 0.8, 0.7, 0.6], [False, True, True, True]) == 0.6


def test_links_of_one_score_are_kept_or_dropped_together() -> None:
    """Of the four links at 0.5 three are wrong: the right one cannot be had alone."""
    scores, right = [0.9, 0.5, 0.5, 0.5, 0.5], [True, True, False, False, False]
    assert learn_threshold(scores, right, gold=2) == 0.9


def test_queries_without_a_counterpart_raise_the_threshold() -> None:
    scores, right = [0.9, 0.8, 0.7, 0.6], [True, False, False, True]
    assert learn_threshold(scores, right) == 0.6
    scores, right = [*scores, 0.65, 0.64, 0.63], [*right, False, False, False]
    assert learn_threshold(scores, right, gold=2) == 0.9


def test_nothing_right_means_no_link_at_all() -> None:
    assert learn_threshold([0.3, 0.9], [False, False]) == np.inf
    assert learn_threshold([-np.inf], [True]) == np.inf


def test_the_threshold_of_float32_scores_keeps_the_link_it_came_from() -> None:
    scores = np.array([0.1, 0.7], np.float32)
    threshold = learn_threshold(scores, [False, True])
    kept = above(Matching(np.array([[0, 2], [1, 3]], np.int32), scores, None, None), threshold)
    assert kept.links.tolist() == [[1, 3]]
    assert kept.links.dtype == np.int32
    assert kept.scores.dtype == np.float32


def test_wrong_input_is_refused() -> None:
    with pytest.raises(DataError, match="held-out links, and there are none"):
        learn_threshold([], [])
    with pytest.raises(ValueError, match="NaN"):
        learn_threshold([np.nan], [True])
    with pytest.raises(ValueError, match=r"shape \(2,\), and correct \(1,\)"):
        learn_threshold([0.1, 0.2], [True])
    with pytest.raises(ValueError, match="2 links are correct, of 1 gold"):
        learn_threshold([0.1, 0.2], [True, True], gold=1)
    nothing = Matching(np.empty((0, 2), np.int32), np.empty(0, np.float32), None, None)
    with pytest.raises(ValueError, match="NaN"):
        above(nothing, np.nan)
