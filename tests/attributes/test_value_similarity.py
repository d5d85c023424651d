"""Which properties go together, what agreeing in them is worth, and what pairs they propose."""

from dataclasses import replace

import numpy as np
import pytest

from dualamn.attributes import ValueSimilarity
from dualamn.attributes.facts import Facts, row_products
from dualamn.attributes.properties import belief
from dualamn.errors import CheckpointError
from tests.attributes.conftest import Row, described_task, noise


def names_of(values: ValueSimilarity) -> set[frozenset[str]]:
    return {frozenset(name for _, name in match.properties) for match in values.table.matches}


def test_properties_that_say_the_same_find_each_other() -> None:
    task = described_task()
    values = ValueSimilarity(task, seed=0)
    assert not values.has_weight
    values.weigh(task.test_links)
    assert names_of(values) == {
        frozenset({"born", "naissance"}),
        frozenset({"height", "taille"}),
        frozenset({"from@en", "pays@en"}),
    }
    assert values.has_weight
    assert all(match.belief > 0.5 for match in values.table.matches)


def test_linked_entities_are_worth_more_than_others() -> None:
    task = described_task()
    values = ValueSimilarity(task, seed=0)
    values.weigh(task.seed_links)
    left, right = task.test_links.astype(np.int64).T
    worth = values.match_weight(left, right)
    rest = values.match_weight(left, np.roll(right, 1))
    assert np.median(worth) > 4
    assert np.median(rest) < 0
    agree, clash = values.table.features(left, right)
    assert (agree >= 0).all()
    assert (clash <= 0).all()


def test_values_at_random_are_worth_nothing() -> None:
    for seed in range(5):
        task = described_task(noise, seed=seed)
        values = ValueSimilarity(task, seed=0)
        values.weigh(task.seed_links)
        values.learn(task.test_links)
        left, right = task.test_links.astype(np.int64).T
        assert np.abs(values.match_weight(left, np.roll(right, 1))).max(initial=0) < 0.5


def test_a_rare_value_says_more_than_a_common_one() -> None:
    def rows(side: int, number: int) -> list[Row]:
        return [(0, f"place{side}", "Paris" if number < 100 else f"Village {number}", "")]

    task = described_task(rows)
    values = ValueSimilarity(task, seed=0)
    values.weigh(task.seed_links)
    links = task.test_links.astype(np.int64)
    rare = np.array([int(task.identifiers([left])[0].split("/")[1]) >= 100 for left in links[:, 0]])
    worth = values.table.features(*links.T)[0]
    assert worth[rare].min() > 3
    assert 0 < worth[~rare].max() < 1.5
    shared, left_out = values.table.proposed(links[:, 0], links[:, 1])
    assert left_out == 1  # Paris, which thousands of pairs share
    assert shared.nnz == rare.sum()


def test_near_numbers_count_for_less_than_equal_ones() -> None:
    def rows(side: int, number: int) -> list[Row]:
        area = 1.21**number * 10
        return [(0, f"area{side}", str(area if number % 2 else area * (1 + side / 80)), "")]

    task = described_task(rows, n_entities=100)
    values = ValueSimilarity(task, seed=0)
    values.weigh(task.test_links)
    links = task.test_links.astype(np.int64)
    equal = np.array([int(name.split("/")[1]) % 2 for name in task.identifiers(links[:, 0])]) == 1
    worth = values.table.features(*links.T)[0]
    assert worth[equal].min() >= worth[~equal].max() - 1e-6 > 0


def test_few_links_prove_little() -> None:
    cases = np.array([1.0, 2.0, 3.0, 10.0, 10.0, 1000.0])
    agree = np.array([[1.0, 2.0, 3.0, 9.0, 3.0, 900.0]])
    chance = np.array([[0.001, 0.001, 0.001, 0.001, 0.2, 0.001]])
    found = belief(cases, agree, chance)[0]
    assert found[0] == found[4] == 0
    assert 0 < found[1] < found[2] < 0.3 < found[3] < found[5] < 0.9


def test_graphs_without_shared_values() -> None:
    def nothing(side: int, number: int) -> list[Row]:
        return [(0, "note", f"{side} {number}", "")] if number else []

    def empty(side: int, number: int) -> list[Row]:
        return []

    for rows in (nothing, empty):
        task = described_task(rows)
        values = ValueSimilarity(task, seed=0)
        values.weigh(task.seed_links)
        assert not values.has_weight
        left, right = task.test_links[:10].T
        assert not values.match_weight(left.astype(np.int64), right.astype(np.int64)).any()
        assert values.proposed(left, right).nnz == 0


def test_facts_hold_what_two_graphs_know() -> None:
    def rows(side: int, number: int) -> list[Row]:
        return [(0, "tag", f"{tag} {number}", "@EN") for tag in ("a", ("b", "c")[side])]

    facts = Facts.of(described_task(rows, n_entities=50))
    assert facts.names == ("tag@en", "tag@en")
    assert len(facts) == len(np.unique(facts.entity))
    assert facts.several.all()
    mute = Facts.of(described_task(lambda side, number: [(0, "text", "?!", "")]))
    assert len(mute) == 0
    assert mute.unread == mute.n_entities
    # Long texts are compared by their words.
    long = Facts.of(described_task(lambda side, number: [(0, "text", "x" * 500, "")]))
    assert len(long) == long.unread == 0


def test_row_products_are_inner_products() -> None:
    from scipy.sparse import random_array

    rng = np.random.default_rng(0)
    one, other = (random_array((20, 30), density=0.2, rng=rng, format="csr") for _ in "ab")
    left, right = rng.integers(20, size=(2, 50))
    expected = (one.toarray() @ other.toarray().T)[left, right]
    np.testing.assert_allclose(row_products(one, other, left, right), expected)


def test_state_of_values_goes_round_and_is_checked() -> None:
    task = described_task()
    values, again = (ValueSimilarity(task, seed=0) for _ in "ab")
    values.weigh(task.seed_links)
    again.load_state(values.state())
    assert again.weights == values.weights
    left, right = task.test_links.astype(np.int64).T
    np.testing.assert_array_equal(again.match_weight(left, right), values.match_weight(left, right))
    state = values.state()
    with pytest.raises(CheckpointError, match="does not fit"):
        again.load_state({"weights": state["weights"]})
    with pytest.raises(CheckpointError, match="does not fit"):
        again.load_state({**state, "links": state["links"] + task.n_entities})


def test_one_side_without_attributes() -> None:
    task = described_task()
    bare = replace(task, kgs=(task.kgs[0], replace(task.kgs[1], literals=None)))
    values = ValueSimilarity(bare, seed=0)
    values.weigh(bare.seed_links)
    assert not values.has_weight
