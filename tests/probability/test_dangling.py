"""Whether entities have a counterpart at all, where there are no seed links."""

from dataclasses import replace

import numpy as np
import pytest

from dualamn.probability.calibration import LabelledLinks, calibrate
from dualamn.probability.dangling import CounterpartChance, LinkSample
from dualamn.probability.holdout import hide_others, take_out
from dualamn.probability.link_features import FEATURES
from dualamn.probability.precision_threshold import find_threshold
from tests.conftest import there
from tests.probability.test_without_seeds import forgetting

RNG = np.random.default_rng()
WIDTH = len(FEATURES)
COEFFICIENTS = np.array([0.0, 2.0, *[0.0] * (WIDTH - 1)])  # as of a right link


@pytest.fixture(autouse=True)
def same_draws() -> None:
    """Every test draws the same numbers, whichever ran before it."""
    global RNG
    RNG = np.random.default_rng(0)


def entities(count: int, middle: float, linked: float) -> LinkSample:
    """Entities of which a share is linked, with features around a middle."""
    features = RNG.normal(size=(round(count * linked), WIDTH)).astype(np.float32)
    features[:, -1] = 0
    features[:, 0] += middle
    return LinkSample(features, count - len(features))


def both(one: LinkSample, other: LinkSample) -> LinkSample:
    """All entities of two kinds."""
    features = np.concatenate([one.features, other.features])
    return LinkSample(features, one.n_unlinked + other.n_unlinked)


def having(
    *kinds: LinkSample, found: int, others: tuple[int, int] | None = None
) -> CounterpartChance | None:
    """What is learned from four kinds of entities, half of the last in either graph."""
    half = (kinds[3].n_linked + kinds[3].n_unlinked) // 2
    return CounterpartChance.of(
        *kinds, coefficients=COEFFICIENTS, pure=1.0, found=found, others=others or (half, half)
    )


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_the_share_of_entities_with_a_counterpart_is_found(share: float) -> None:
    def mixed(count: int, names: float) -> tuple[LinkSample, LinkSample]:
        some = entities(round(count * share), 1.0 + names, 0.9)
        return some, entities(round(count * (1 - share)), -1.0 + names, 0.5)

    matched, alone = entities(4_000, 1.0, 0.9), entities(1_000, -1.0, 0.5)
    # With their names all links look surer, of whichever kind.
    some, others = mixed(20_000, 1.5)
    ordinary, asked = both(some, others), both(*mixed(4_000, 0.0))
    # Names found half of those that have a counterpart.
    found = there(having(matched, alone, asked, ordinary, found=round(10_000 * share)))
    assert found.share == pytest.approx(share, abs=0.07)
    assert found.deviation < 0.07
    # The chance of a link is that of its entity's kind, in every region.
    p = found.predict(ordinary.features.astype(np.float64) @ COEFFICIENTS[1:])
    kind = np.arange(len(p)) < some.n_linked
    assert p.mean() == pytest.approx(kind.mean(), abs=0.05)
    for band in np.array_split(np.argsort(p), 10):
        assert p[band].mean() == pytest.approx(kind[band].mean(), abs=0.2)


def test_where_structure_tells_nothing_it_is_what_names_leave_over() -> None:
    alike = [entities(500, 0.0, 0.8) for _ in range(4)]
    for pairs in (250, 50, 5):
        found = there(having(*alike, found=pairs))
        assert found.slope < 0.3
        # With c the share of a graph's entities that names found, c / (1 + c) on average.
        named = pairs / (pairs + 250)
        assert found.share == pytest.approx(max(named / (1 + named), 0.01), abs=0.06)
        assert found.deviation > found.share / 2


def test_no_more_have_a_counterpart_than_the_smaller_graph_has_entities() -> None:
    kinds = entities(400, 2.0, 0.9), entities(400, -2.0, 0.5), entities(400, 2.0, 0.9)
    ordinary = entities(1_000, 2.0, 0.9)
    shares = []
    for others in ((500, 500), (100, 900)):
        found = there(having(*kinds, ordinary, found=500, others=others))
        shares.append(found.share)
    assert shares[0] > 0.9
    assert 0.1 < shares[1] < 0.2


def test_nothing_is_said_where_a_kind_is_missing() -> None:
    nobody = LinkSample(np.empty((0, WIDTH), np.float32), 7)
    for missing in range(4):
        kinds = [entities(100, 0.0, 0.5) for _ in range(4)]
        kinds[missing] = nobody
        assert having(*kinds, found=50) is None


def test_an_entity_is_seen_by_its_surest_link() -> None:
    links = np.array([[0, 5], [0, 6], [2, 6]], dtype=np.int32)
    features = np.arange(3, dtype=np.float32)[:, None]
    asked = np.array([0, 1, 6, 9], dtype=np.int32)
    seen = LinkSample.of(asked, links, features, np.array([0.4, 0.7, 0.2], dtype=np.float32))
    assert seen.features.ravel().tolist() == [1, 1]
    assert (seen.n_linked, seen.n_unlinked, seen.share_linked) == (2, 2, 0.5)
    nobody = LinkSample.of(asked[:0], links[:0], features[:0], features[:0, 0])
    assert (nobody.n_linked, nobody.n_unlinked) == (0, 0)


def test_counterparts_are_taken_out_of_the_graphs() -> None:
    task = forgetting(0.0)
    own = task.test_links[:100]
    trial, gone, alone = take_out(task, own, 0)
    assert len(gone) == len(alone) == 2 * 20
    counterpart = dict(own.tolist()) | dict(own[:, ::-1].tolist())
    assert [counterpart[entity] for entity in alone.tolist()] == gone.tolist()
    assert not np.isin(alone, gone).any()
    assert np.bincount(task.source_of[gone]).tolist() == [20, 20]
    assert trial.entity_names is not None
    assert task.entity_names is not None
    assert (trial.entity_names[gone] == "").all()
    assert (trial.entity_names[alone] == "").all()
    ends = [triples[:, [0, 2]] for triples in (task.triples, trial.triples)]
    assert not np.isin(ends[1], gone).any()
    assert len(ends[1]) == (~np.isin(ends[0], gone).any(axis=1)).sum()
    np.testing.assert_array_equal(take_out(task, own, 0)[1], gone)


def test_some_that_names_did_not_find_lose_theirs() -> None:
    task = forgetting(0.0)
    own = task.test_links[:50]
    trial, asked = hide_others(task, own, 0)
    assert not np.isin(asked, own).any()
    assert trial.entity_names is not None
    assert (trial.entity_names[asked] == "").all()
    others = np.setdiff1d(np.arange(task.n_entities), asked)
    assert (trial.entity_names[others] == there(task.entity_names)[others]).all()
    free = [kg.n_entities - len(own) for kg in task.kgs]
    counts = np.bincount(task.source_of[asked]).tolist()
    assert counts == [max(int(0.2 * n), min(200, n // 2)) for n in free]
    np.testing.assert_array_equal(hide_others(task, own, 0)[1], asked)


def test_names_speak_for_the_pairs_they_found_and_counterparts_are_in_doubt_for_others() -> None:
    features = RNG.normal(size=(400, WIDTH)).astype(np.float32)
    features[:, -1] = 0
    labelled = LabelledLinks(features, RNG.random(400) < 0.5, np.ones(400), 400)
    (before,) = calibrate([("l", "r")], [labelled], method="agreement").pairs
    after = replace(before, counterpart_chance=CounterpartChance(0.5, 0.1, 0.0, 0.0))
    asked = features.copy()
    asked[::2, -1] = 0.6
    p, told = before.predict(features), after.predict(asked)
    # Wrong only if names found it by chance, and structure is wrong as well.
    np.testing.assert_allclose(1 - told[::2], 0.4 * (1 - p[::2]), rtol=2e-3)
    np.testing.assert_allclose(told[1::2], p[1::2] / 2, rtol=1e-6)
    # So does what a threshold expects of the links.
    kept = find_threshold([(after, told, asked)], 0.05)
    assert told.mean() - 0.1 < there(kept.lower) < told.mean()
