"""Probabilities of links: how they are learned, and what is done with them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn import Aligner, Alignment, AlignmentTask, ConfigError, KnowledgeGraph
from dualamn.bench.synthetic_task import make_task
from dualamn.eval import expected_calibration_error, judge
from dualamn.kernels.arrays import pair_keys
from dualamn.kernels.logistic import fit_logistic, predict
from dualamn.probability.calibration import (
    DOUBT,
    PRIOR,
    LabelledLinks,
    PairCalibration,
    fitted,
    label_links,
)
from dualamn.probability.dangling import N_DRAWS
from dualamn.probability.holdout import FEWEST, SHARE, Holdout
from dualamn.probability.link_features import FEATURES
from dualamn.probability.precision_threshold import find_threshold, precision_curve
from tests.conftest import there


@pytest.fixture(scope="module")
def task() -> AlignmentTask:
    return make_task(400, keep_triples=0.7, seed=3)


@pytest.fixture(scope="module")
def alignment(task: AlignmentTask) -> Alignment:
    return Aligner("fast", calibrate=True).fit(task).align(matcher="sinkhorn")


def made_labelled(rng: np.random.Generator, count: int, coefficients: Any) -> LabelledLinks:
    """Links whose chance to be right is known."""
    features = rng.normal(size=(count, len(FEATURES))).astype(np.float32)
    features[:, -5:] = 0, 0, 1, 0, 0  # no pseudo-seeds or names, and nobody is like another
    right = rng.random(count) < predict(features.astype(np.float64), coefficients)
    return LabelledLinks(features, right, np.ones(count), count)


def calibration_of(*parts: LabelledLinks) -> list[PairCalibration]:
    """Of pairs of graphs in which every entity has a counterpart."""
    return [
        PairCalibration(
            "l",
            f"r{at}",
            "held-out",
            part.n_held_out,
            coefficients,
            covariance,
            None,
            probabilities,
            part.is_correct,
            part.weights,
        )
        for at, (part, (coefficients, covariance, probabilities)) in enumerate(
            zip(parts, fitted(parts), strict=True)
        )
    ]


def test_probabilities_are_true_on_test_links(alignment: Alignment, task: AlignmentTask) -> None:
    assert alignment.probabilities is not None
    verdicts = judge(alignment.links, task.test_links, alignment.probabilities, task.seed_links)
    known = verdicts.correct | verdicts.incorrect
    assert verdicts.scores is not None
    error = expected_calibration_error(verdicts.scores[known], verdicts.correct[known], bins=5)
    assert error is not None
    assert error < 0.15
    # The wrong ones are the less probable ones.
    assert (
        verdicts.scores[verdicts.correct].mean() > verdicts.scores[verdicts.incorrect].mean() + 0.2
    )


def test_calibration_changes_no_link(alignment: Alignment, task: AlignmentTask) -> None:
    plain = Aligner("fast", calibrate=False).fit(task).align(matcher="sinkhorn")
    np.testing.assert_array_equal(plain.links, alignment.links)
    np.testing.assert_array_equal(plain.scores, alignment.scores)
    assert plain.probabilities is None
    assert plain.calibration is None
    for call in (lambda: plain.confident(0.5), lambda: plain.threshold(0.9)):
        with pytest.raises(ConfigError, match=r"calibrate=True"):
            call()


def test_a_saved_aligner_gives_the_same_probabilities(task: AlignmentTask, tmp_path: Path) -> None:
    aligner = Aligner("fast", calibrate=True).fit(task)
    aligner.save(tmp_path / "aligner")
    one, other = aligner.align(), Aligner.load(tmp_path / "aligner").align()
    np.testing.assert_allclose(there(one.probabilities), there(other.probabilities), atol=1e-6)


def test_the_second_model_trains_with_the_network_too(task: AlignmentTask) -> None:
    small = Aligner("paper", dim=16, epochs=4, calibrate=True).fit(task)
    found = small.align()
    assert there(found.calibration).pairs[0].method == "held-out"
    assert small.seconds["calibrate"] > 0


def test_links_can_be_kept_by_probability(alignment: Alignment) -> None:
    kept = alignment.confident(0.5)
    assert 0 < len(kept) < len(alignment)
    assert there(kept.probabilities).min() >= 0.5
    assert len(kept) == (there(alignment.probabilities) >= 0.5).sum()
    assert len(alignment.confident(0)) == len(alignment)
    threshold = alignment.threshold(0.8, confidence=0.6)
    assert len(alignment.at_precision(0.8, confidence=0.6)) == threshold.n_kept
    assert threshold.n_kept + threshold.n_dropped == len(alignment)
    with pytest.raises(ConfigError, match="between 0 and 1"):
        alignment.confident(1.5)
    with pytest.raises(ConfigError, match="between 0 and 1, got '90%'"):
        alignment.confident("90%")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="a precision lies between 0 and 1"):
        alignment.threshold(95)


def test_the_same_graph_twice_is_sure() -> None:
    left, right = make_task(200, mean_degree=6, keep_triples=1.0, unmatched=0.0, seed=4).kgs
    table = [(i, j) for i, j in zip(*matching_numbers(left, right), strict=True)]
    seeds, rest = table[::4], [row for i, row in enumerate(table) if i % 4]
    task = AlignmentTask.from_kgs([left, right], {(0, 1): seeds}, {(0, 1): rest}, seed=1)
    found = Aligner("fast", calibrate=True).fit(task).align(matcher="mutual")
    verdicts = judge(found.links, task.test_links, None, task.seed_links)
    assert verdicts.metrics.precision == 1
    assert len(found) > 0.9 * len(rest)
    assert np.median(there(found.probabilities)) > 0.97


def matching_numbers(left: KnowledgeGraph, right: KnowledgeGraph) -> tuple[Any, Any]:
    number = {name.split("/")[1]: i for i, name in enumerate(right.entities)}
    both = [(i, number[n]) for i, e in enumerate(left.entities) if (n := e.split("/")[1]) in number]
    return tuple(np.array(both).T)


@pytest.mark.parametrize("seeds", [0.05, 0.3])
def test_unrelated_graphs_have_few_links_and_low_probabilities(seeds: float) -> None:
    left = make_task(300, seed=5).kgs[0]
    right = replace(make_task(300, seed=6).kgs[1], name="other")
    rng = np.random.default_rng(0)
    count = int(seeds * 250)
    links = np.stack([rng.permutation(250)[:count], rng.permutation(250)[:count]], axis=1)
    task = AlignmentTask.from_kgs([left, right], {(0, 1): links}, seed=1)
    found = Aligner("fast", calibrate=True).fit(task).align(matcher="mutual")
    assert len(found) < 200
    assert (there(found.probabilities) >= 0.5).sum() < 0.2 * 250
    assert len(found.at_precision(0.95)) == 0


def test_few_seed_links_fall_back_to_what_held_elsewhere() -> None:
    task = make_task(120, train_ratio=0.1, seed=2)
    assert len(task.seed_links) * SHARE < FEWEST
    found = Aligner("fast", calibrate=True).fit(task).align()
    assert found.calibration is not None
    (pair,) = found.calibration.pairs
    assert pair.method == "taken-out"
    assert pair.coefficients is None
    assert (pair.calibration_error, pair.precision, pair.reliability) == (None, None, ())
    # What held elsewhere does not say how many entities have a counterpart, so no note does.
    (told,) = found.calibration.notes
    assert "few seed links or none" in told
    verdicts = judge(found.links, task.test_links, None, task.seed_links)
    assert abs(there(found.probabilities).mean() - there(verdicts.metrics.precision)) < 0.2


def test_what_follows_from_chains_is_not_held_out() -> None:
    task = make_task(300, n_kgs=3, train_ratio=0.6, seed=1)
    holdout = Holdout.of(task, None, 0)
    held = holdout.held_out
    assert 0 < len(held) < SHARE * len(task.seed_links)
    assert not np.isin(pair_keys(holdout.task.seed_links), pair_keys(held)).any()
    trial = replace(task, seed_links=holdout.task.seed_links, test_links=held)
    assert not trial.implied_by_seeds.any()
    np.testing.assert_array_equal(Holdout.of(task, None, 0).held_out, held)
    assert not np.array_equal(Holdout.of(task, None, 1).held_out, held)
    assert not np.array_equal(Holdout.of(task, None, 0, 1).held_out, held)


def test_every_pair_of_graphs_gets_its_probabilities() -> None:
    task = make_task(200, n_kgs=3, seed=1)
    found = Aligner("fast", calibrate=True).fit(task).align(pairs=[("a", "b"), ("b", "c")])
    assert [pair.name for pair in there(found.calibration).pairs] == ["a-b", "b-c"]
    assert len(there(found.probabilities)) == len(found)


def test_links_are_judged_by_the_ends_of_held_out_ones() -> None:
    links = np.array([[0, 10], [1, 12], [2, 11], [3, 19]], dtype=np.int32)
    held = np.array([[0, 10], [1, 11], [5, 12]], dtype=np.int32)
    labelled = label_links(links, np.arange(4, dtype=np.float32)[:, None], held)
    assert labelled.features[:, 0].tolist() == [0, 1, 2]
    assert labelled.is_correct.tolist() == [True, False, False]
    # Both ends of (1, 12) have other counterparts, only one end of (2, 11).
    assert labelled.weights.tolist() == [1.0, 1.0, 0.5]


def test_any_share_of_held_out_links_finds_the_same_precision() -> None:
    rng = np.random.default_rng(0)
    count = 20_000
    truth = np.stack([np.arange(count), np.arange(count)], axis=1).astype(np.int32)
    links = truth.copy()
    wrong = rng.random(count) < 0.3
    links[wrong, 1] = rng.permutation(links[wrong, 1])
    true_precision = (links == truth).all(axis=1).mean()
    for share in (0.05, 0.5, 1.0):
        held = truth[rng.random(count) < share]
        labelled = label_links(links, np.zeros((count, 1), np.float32), held)
        precision = labelled.weights[labelled.is_correct].sum() / labelled.weights.sum()
        assert abs(precision - true_precision) < 0.03


@given(st.integers(0, 40), st.integers(0, 2**31))
def test_coefficients_stay_near_the_prior_without_data(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    features, right = rng.normal(size=(count, 3)), rng.random(count) < 0.5
    prior = rng.normal(size=4)
    firm = fit_logistic(features, right, np.ones(count), prior, np.full(4, 1e9))
    np.testing.assert_allclose(firm, prior, atol=1e-4)
    found = fit_logistic(features, right, np.ones(count), prior, np.ones(4))
    p = predict(features, found)
    assert ((p > 0) & (p < 1)).all()
    if not count:
        np.testing.assert_array_equal(found, prior)


def test_coefficients_are_found_again() -> None:
    rng = np.random.default_rng(1)
    truth = np.array([0.5, 1.0, -0.5, 0.0, 0.3, 0.8, -1.0, *[0.0] * 5])
    (pair,) = calibration_of(made_labelled(rng, 20_000, truth))
    np.testing.assert_allclose(there(pair.coefficients), truth, atol=0.1)
    assert there(pair.calibration_error) < 0.02


def test_a_pair_with_few_links_is_like_the_others() -> None:
    rng = np.random.default_rng(2)
    truth = PRIOR - np.array([2.0, *[0.0] * len(FEATURES)])
    many, few = made_labelled(rng, 3_000, truth), made_labelled(rng, 4, truth)
    alone = there(calibration_of(few)[0].coefficients)
    beside = there(calibration_of(many, few)[1].coefficients)
    assert abs(beside[0] - truth[0]) < abs(alone[0] - truth[0])


@pytest.mark.parametrize("precision", [0.7, 0.9, 0.95])
def test_a_threshold_reaches_its_precision_as_often_as_it_says(precision: float) -> None:
    reached = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        truth = PRIOR + rng.normal(size=len(PRIOR)) / np.sqrt(DOUBT)
        (made_by,) = calibration_of(made_labelled(rng, 200, truth))
        links = made_labelled(rng, 1_000, truth)
        p = made_by.predict(links.features)
        threshold = find_threshold([(made_by, p, links.features)], precision, 0.9)
        kept = p >= np.float32(threshold.probability)
        assert kept.sum() == threshold.n_kept
        assert threshold.lower is None or threshold.lower >= precision
        true = predict(links.features.astype(np.float64), truth)
        reached += not kept.any() or true[kept].mean() >= precision
    assert reached >= 34


def test_a_precision_out_of_reach_keeps_nothing() -> None:
    rng = np.random.default_rng(0)
    (made_by,) = calibration_of(made_labelled(rng, 500, PRIOR * 0 - 1))
    links = made_labelled(rng, 100, PRIOR)
    p = made_by.predict(links.features)
    threshold = find_threshold([(made_by, p, links.features)], 0.999)
    assert (threshold.n_kept, threshold.n_dropped) == (0, 100)
    assert "no number of links" in str(threshold)
    nothing = find_threshold([(made_by, p[:0], links.features[:0])], 0.9)
    assert (nothing.n_kept, nothing.n_dropped) == (0, 0)


def test_the_precision_curve_is_that_of_a_plain_reference() -> None:
    rng = np.random.default_rng(4)
    pairs = calibration_of(*(made_labelled(rng, n, PRIOR) for n in (60, 90)))
    features = [made_labelled(rng, count, PRIOR).features for count in (300, 500)]
    features[1][:50] = features[1][0]  # ties
    parts = [(made_by, made_by.predict(f), f) for made_by, f in zip(pairs, features, strict=True)]
    curve = precision_curve(parts, 0.9)
    every = np.concatenate([p for _, p, _ in parts])
    assert curve.n_links == curve.kept[-1] == len(every)
    drawn = [
        np.concatenate([by.of(f)(n) for f, by in zip(features, pairs, strict=True)])
        for n in range(N_DRAWS)
    ]
    for at in (0, len(curve.kept) // 3, len(curve.kept) - 1):
        kept = every >= curve.probabilities[at]
        assert kept.sum() == curve.kept[at]
        assert curve.expected[at] == pytest.approx(every[kept].mean(dtype=float))
        shares = [p[kept].mean() for p in drawn]
        assert curve.lower[at] == pytest.approx(np.quantile(shares, 0.1))
