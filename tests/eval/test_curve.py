"""The precision-recall curve against link metrics of the links above each threshold."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.errors import DataError
from dualamn.eval import PrecisionRecallCurve, judge, link_metrics, precision_recall_curve

scored = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(-4, 4)),
    max_size=30,
    unique_by=lambda row: row[:2],
)
pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12)


def random_curve(n_links: int, n_levels: int = 10**6) -> PrecisionRecallCurve:
    rng = np.random.default_rng(0)
    links = np.stack([np.arange(n_links), np.arange(n_links)], axis=1)
    links[rng.random(n_links) < 0.3, 1] += n_links
    gold = np.arange(0, n_links, 2).repeat(2).reshape(-1, 2)
    return precision_recall_curve(links, rng.integers(0, n_levels, n_links), gold)


@given(scored, pairs)
def test_each_point_is_the_metrics_of_the_links_down_to_its_threshold(
    rows: list[tuple[int, int, int]], gold: list[tuple[int, int]]
) -> None:
    curve = precision_recall_curve([r[:2] for r in rows], [r[2] for r in rows], gold)
    assert curve.threshold.tolist() == sorted({r[2] for r in rows}, reverse=True)
    for at, threshold in enumerate(curve.threshold):
        kept = [r[:2] for r in rows if r[2] >= threshold]
        expected = link_metrics(kept, gold)
        assert curve.links[at] == len(kept)
        for name in ("precision", "recall", "f1", "strict_precision", "strict_f1"):
            value, wanted = getattr(curve, name)[at], getattr(expected, name)
            assert np.isnan(value) if wanted is None else value == pytest.approx(wanted)


def test_a_known_curve() -> None:
    links = [(0, 10), (1, 19), (8, 18), (2, 12)]
    gold = [(0, 10), (1, 11), (2, 12), (3, 13)]
    report = precision_recall_curve(links, [0.9, 0.8, 0.8, 0.1], gold).as_dict()
    assert report == {
        "threshold": [0.9, 0.8, 0.1],
        "precision": [1, 0.5, 0.666667],
        "recall": [0.25, 0.25, 0.5],
        "strict_precision": [1, 0.333333, 0.5],
    }


def test_equal_scores_are_one_point_so_that_order_tells_nothing() -> None:
    links = np.arange(20).repeat(2).reshape(-1, 2)
    curve = precision_recall_curve(links, np.ones(20), links[:5])
    assert (len(curve), curve.links.tolist(), curve.recall.tolist()) == (1, [20], [1])


def test_nothing_to_judge() -> None:
    assert len(precision_recall_curve([], [], [(0, 0)])) == 0
    alone = precision_recall_curve([(0, 0)], [0.5], []).as_dict()
    assert alone == {
        "threshold": [0.5],
        "precision": [None],
        "recall": [None],
        "strict_precision": [0],
    }


@pytest.mark.parametrize("n_levels", [3, 1000, 10**6])
@pytest.mark.parametrize("points", [2, 7, 200])
def test_a_thinned_curve_keeps_its_ends_and_lies_on_the_full_one(
    n_levels: int, points: int
) -> None:
    full = random_curve(5000, n_levels)
    thin = full.thinned(points)
    assert 2 <= len(thin) <= points
    at = np.searchsorted(-full.threshold, -thin.threshold)
    assert (at[0], at[-1]) == (0, len(full) - 1)
    for name in ("threshold", "links", "precision", "recall", "strict_precision"):
        np.testing.assert_array_equal(getattr(thin, name), getattr(full, name)[at])
    if n_levels == 10**6:  # hardly a tie, so the steps are even
        assert np.diff(thin.links).max() <= 1.1 * 5000 / (points - 1)


def test_thinning_needs_two_points() -> None:
    with pytest.raises(DataError, match="not 1"):
        random_curve(10).thinned(1)


def test_the_report_is_thinned_and_the_file_is_not(tmp_path: Path) -> None:
    curve = random_curve(3000)
    report = curve.as_dict()
    assert {len(values) for values in report.values()} == {len(curve.thinned(200))}
    curve.to_csv(tmp_path / "curve.csv")
    table = np.genfromtxt(tmp_path / "curve.csv", delimiter=",", names=True)
    assert len(table) == len(curve) > 200
    np.testing.assert_allclose(table["strict_f1"], curve.strict_f1, rtol=1e-8)
    np.testing.assert_array_equal(table["links"], curve.links)


def test_links_without_scores_have_no_curve() -> None:
    with pytest.raises(DataError, match="have none"):
        judge([(0, 0)], [(0, 0)]).curve()
