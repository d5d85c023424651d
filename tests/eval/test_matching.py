import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.errors import DataError
from dualamn.eval import LinkMetrics, Verdicts, judge, link_metrics

links = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12)


@given(links, links)
def test_counts_equal_set_arithmetic(
    found: list[tuple[int, int]], gold: list[tuple[int, int]]
) -> None:
    lefts, rights = {left for left, _ in gold}, {right for _, right in gold}
    right = set(found) & set(gold)
    wrong = {(a, b) for a, b in set(found) - set(gold) if a in lefts or b in rights}
    metrics = link_metrics(found, gold)
    assert metrics == LinkMetrics(
        len(right), len(wrong), len(set(found) - right - wrong), len(set(gold) - right)
    )
    assert metrics.n_gold == len(set(gold))


def test_a_link_is_incorrect_if_either_end_has_another_counterpart() -> None:
    gold = [(0, 10), (1, 11), (2, 12)]
    metrics = link_metrics([(0, 10), (1, 19), (9, 12), (8, 18)], gold)
    assert metrics == LinkMetrics(correct=1, incorrect=2, unknown=1, missed=2)
    assert metrics.precision == pytest.approx(1 / 3)
    assert metrics.recall == pytest.approx(1 / 3)
    assert metrics.f1 == pytest.approx(1 / 3)
    assert metrics.as_dict()["unknown"] == 1


def test_f1_is_the_harmonic_mean() -> None:
    metrics = LinkMetrics(correct=3, incorrect=1, unknown=0, missed=9)
    assert (metrics.precision, metrics.recall) == (0.75, 0.25)
    assert metrics.f1 == pytest.approx(2 * 0.75 * 0.25 / (0.75 + 0.25))


def test_left_and_right_numbers_are_not_compared() -> None:
    assert link_metrics([(1, 0)], [(0, 1)]) == LinkMetrics(0, 0, 1, 1)


@pytest.mark.parametrize(
    ("found", "gold", "rates"),
    [
        ([], [], (None, None, None)),
        ([], [(0, 1)], (None, 0.0, 0.0)),
        ([(0, 1)], [], (None, None, None)),
        ([(0, 2)], [(0, 1)], (0.0, 0.0, 0.0)),
    ],
)
def test_what_was_not_measured_is_none(
    found: list[tuple[int, int]],
    gold: list[tuple[int, int]],
    rates: tuple[float | None, float | None, float | None],
) -> None:
    metrics = link_metrics(np.array(found, np.int32), gold)
    assert (metrics.precision, metrics.recall, metrics.f1) == rates


def test_large_ids_do_not_overflow() -> None:
    top = 2**31 - 1
    assert link_metrics([(top, top)], [(top, top), (top, 0)]).correct == 1


def test_negative_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="from 0, got -1"):
        link_metrics([(0, -1)], [(0, 1)])


def test_strict_figures_take_unknown_links_for_wrong() -> None:
    metrics = LinkMetrics(correct=6, incorrect=2, unknown=4, missed=3)
    assert (metrics.precision, metrics.strict_precision) == (0.75, 0.5)
    recall = 6 / 9
    assert metrics.recall == pytest.approx(recall)
    assert metrics.f1 == pytest.approx(2 * 0.75 * recall / (0.75 + recall))
    assert metrics.strict_f1 == pytest.approx(2 * 0.5 * recall / (0.5 + recall))
    assert LinkMetrics(0, 0, 2, 0).precision is None
    assert LinkMetrics(0, 0, 2, 0).strict_precision == 0


def test_links_that_were_given_count_only_against_others() -> None:
    given = [(5, 15), (6, 16)]
    found = [(5, 15), (5, 19), (9, 16), (8, 18), (0, 10)]
    metrics = judge(found, [(0, 10)], given=given).metrics
    # given; another counterpart of 5; another counterpart of 16; nobody knows; gold
    assert metrics == LinkMetrics(correct=1, incorrect=2, unknown=1, missed=0)
    # What is asked for is judged, given or not.
    assert judge(found, given, given=given).metrics == LinkMetrics(1, 2, 2, 1)


@given(links, links, links)
def test_given_links_never_change_what_is_right(
    found: list[tuple[int, int]], gold: list[tuple[int, int]], known: list[tuple[int, int]]
) -> None:
    plain, metrics = link_metrics(found, gold), judge(found, gold, given=known).metrics
    assert (metrics.correct, metrics.missed) == (plain.correct, plain.missed)
    assert metrics.unknown <= plain.unknown


@given(links, st.data())
def test_repeated_links_count_once_with_their_highest_score(
    found: list[tuple[int, int]], data: st.DataObject
) -> None:
    scores = data.draw(
        st.lists(st.integers(-3, 3), min_size=len(found), max_size=len(found)), label="scores"
    )
    verdicts = judge(found, found[:1], scores)
    best: dict[tuple[int, int], int] = {}
    for link, score in zip(found, scores, strict=True):
        best[link] = max(score, best.get(link, score))
    assert verdicts.scores is not None
    assert sorted(verdicts.scores.tolist()) == sorted(best.values())
    assert verdicts.scores[verdicts.correct].tolist() == [best[link] for link in found[:1]]


def test_verdicts_of_several_parts_add_up() -> None:
    one, two = judge([(0, 0), (1, 2)], [(0, 0), (1, 1)], [2, 1]), judge([(0, 3)], [(1, 1)], [3])
    merged = Verdicts.merge([one, two])
    assert merged.metrics == LinkMetrics(correct=1, incorrect=1, unknown=1, missed=2)
    assert merged.scores is not None
    assert merged.scores.tolist() == [2, 1, 3]
    assert Verdicts.merge([one, judge([(0, 3)], [])]).scores is None


@pytest.mark.parametrize(
    ("scores", "said"), [([1.0], "as many scores"), ([1.0, np.nan], "nan"), ([np.inf, 0], "inf")]
)
def test_scores_that_order_nothing_are_refused(scores: list[float], said: str) -> None:
    with pytest.raises(DataError, match=said):
        judge([(0, 0), (1, 1)], [(0, 0)], scores)
