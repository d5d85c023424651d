"""Texts by their words: descriptions tell who is meant, however long they are."""

from dataclasses import replace

import numpy as np
import pytest

from dualamn.aligner import Aligner
from dualamn.attributes.texts import Texts, text_words
from dualamn.attributes.values import ValueSimilarity, compare
from tests.attributes.conftest import FAST, SYLLABLES, Row, described_task, hits, noise
from tests.conftest import there


def told(side: int, number: int) -> list[Row]:
    """A description of forty words, a third of them of this entity, in another order."""
    rng = np.random.default_rng([number, 1])
    own = ["".join(rng.choice(SYLLABLES, 3)) for _ in range(14)]
    other = np.random.default_rng([number, side, 2])
    common = other.choice(["with", "and", "for", "black", "white", "new", "series", "set"], 26)
    words = other.permutation([*own, *common])
    return [(0, f"about{side}", " ".join(words), "@en")]


def test_descriptions_are_alike_by_their_rare_words() -> None:
    task = described_task(told)
    texts = there(Texts.of(task))
    left, right = task.test_links.T.astype(np.int64)
    assert texts.similarities(left, right).min() > 0.5
    assert texts.similarities(left, np.roll(right, 1)).max() < 0.3
    near = texts.proposed(left, right)
    assert near.shape == (len(left), len(right))
    assert (near.toarray().argmax(axis=1) == np.arange(len(left))).all()


def test_descriptions_are_evidence() -> None:
    task = described_task(told, mean_degree=3.0, keep_triples=0.5)
    values = ValueSimilarity(task, seed=0)
    values.weigh(task.seed_links)
    assert values.has_weight
    assert not values.table.matches
    assert values.weights.text > 0.3
    left, right = task.test_links[0].tolist()
    (found,) = compare(values, task, left, right)
    ends = np.array([left]), np.array([right])
    assert found.weight == pytest.approx(float(values.match_weight(*ends)[0]))
    assert found.closeness == "near"
    without = hits(Aligner("fast", values="off", **FAST).fit(task))
    assert hits(Aligner("fast", **FAST).fit(task)) > max(0.95, without)


def test_words_of_one_graph_alone_and_short_values_count_for_nothing() -> None:
    task = described_task(lambda side, number: [(0, "note", f"{side}a {side}b {side}c", "")])
    assert Texts.of(task) is None
    assert Texts.of(described_task(noise)) is None
    bare = replace(task, kgs=tuple(replace(kg, literals=None) for kg in task.kgs))
    assert Texts.of(bare) is None


def test_random_descriptions_have_no_weight() -> None:
    def random(side: int, number: int) -> list[Row]:
        return told(side, 1_000 * (side + 1) + number)

    def common(side: int, number: int) -> list[Row]:
        return [(0, "about", f"{row[2]} of this world", "@en") for row in random(side, number)]

    values = ValueSimilarity(described_task(common), seed=0)
    values.weigh(described_task(common).seed_links)
    assert values.weights.text < 0.05


def test_texts_are_words_and_codes() -> None:
    text = "Sony's KDL-40V4100, a TV, a Gül"
    assert text_words(text, "@en") == [
        "sony",
        "s",
        "kdl",
        "40v4100",
        "a",
        "tv",
        "gul",
        "kdl40v4100",
    ]
    for value, kind in (
        ("5 March 1998", ""),
        ("one two", ""),
        ("http://example.org/a b c", ""),
        ("a b c d", "http://www.w3.org/2001/XMLSchema#anyURI"),
        ("1 234 567", ""),
    ):
        assert text_words(value, kind) == []


def test_the_weight_of_texts_is_saved() -> None:
    task = described_task(told)
    first, again = (ValueSimilarity(task, seed=0) for _ in range(2))
    first.weigh(task.seed_links)
    again.load_state(first.state())
    assert again.weights == first.weights
