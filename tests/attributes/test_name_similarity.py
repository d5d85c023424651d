"""How alike names are, what that is worth, and what pairs teach."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dualamn.attributes import NameSimilarity
from dualamn.attributes import names as names_module
from dualamn.attributes.base import AttributeSimilarity, joined
from dualamn.attributes.name_features import NameFeatures
from dualamn.attributes.translation import largest_of_rows, learn_synonyms, learn_translations
from dualamn.errors import CheckpointError
from dualamn.kernels.arrays import IntArray, strings
from dualamn.kernels.logistic import Comparisons, fit_logit
from tests.attributes.conftest import named_task, names_in, shuffled


def similarity(left: list[str], right: list[str], width: int = 64) -> NameSimilarity:
    sources = np.repeat(np.arange(2, dtype=np.int32), [len(left), len(right)])
    return NameSimilarity(strings([*left, *right]), sources, width=width, seed=0)


def test_equal_names_are_one_and_unlike_ones_nothing() -> None:
    names = similarity(
        ["Gül, Abdullah", "Paris", ""], ["gül ABDULLAH", "abdulla gul", "London", ""]
    )
    left = np.array([0, 0, 0, 0, 2, 2])
    right = np.array([3, 4, 5, 6, 6, 3])
    same, near, far, *unnamed = names.similarities(left, right).tolist()
    assert same == pytest.approx(1, abs=1e-3)
    assert 0.3 < near < same
    assert far == 0
    assert unnamed == [0, 0, 0]
    assert names.same(left, right).tolist() == [True, False, False, False, False, False]
    assert names.named.tolist() == [True, True, False, True, True, True, False]


def test_projections_keep_the_similarities() -> None:
    task = named_task()
    names = names_in(task, width=2048, seed=1)
    left, right = np.random.default_rng(0).integers(task.n_entities, size=(2, 300))
    vectors = names.vectors()
    np.testing.assert_allclose(
        np.einsum("pm,pm->p", vectors[left], vectors[right]),
        names.similarities(left, right),
        atol=0.12,
    )


def test_rows_of_some_are_those_of_all() -> None:
    task = named_task()
    meaning = np.random.default_rng(2).normal(size=(task.n_entities, 5)).astype(np.float32)
    names = names_in(task, width=70, seed=1, meaning=meaning)
    ids = np.array([5, 2, 11, 2])
    np.testing.assert_array_equal(names.vectors(ids), names.vectors()[ids])
    joined = np.concatenate([names.vectors(), meaning], axis=1)[ids]
    np.testing.assert_array_equal(names.joined_vectors(ids), joined)
    assert names.joined_vectors(ids).shape == (4, names.width)


@pytest.mark.parametrize("rows", [1, 7, 64, 1000])
def test_nearest_in_blocks_are_the_nearest_of_all_rows_at_once(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = np.random.default_rng(0).normal(size=(200, 12)).astype(np.float32)
    pool, queries = np.arange(199, 99, -1), np.arange(10)
    plain = pool[np.argsort(-(vectors[queries] @ vectors[pool].T), axis=1)]
    monkeypatch.setattr(names_module, "_ROWS", rows)
    for k in (1, 20, 100, 150):
        found, products = names_module.nearest_rows(vectors.__getitem__, queries, pool, k)
        true = np.einsum("qkd,qd->qk", vectors[found], vectors[queries])
        np.testing.assert_allclose(products, true, atol=1e-5)
        np.testing.assert_array_equal(found, plain[:, :k])
    assert names_module.nearest_rows(vectors.__getitem__, queries, pool[:0], 5)[0].shape == (10, 0)


def test_weights_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    task = named_task()
    assert task.entity_names is not None
    found = []
    for rows in (1 << 19, 9):
        monkeypatch.setattr(names_module, "_ROWS", rows)
        names = names_in(task)
        names.weigh(task.seed_links)
        found.append(names.weights)
    assert found[0] == found[1]


def test_translations_are_learned_from_pairs() -> None:
    kinds = [("gare", "station"), ("fleuve", "river"), ("pont", "bridge")]
    places = [f"{chr(97 + i)}{chr(105 + i % 7)}{chr(101 + i % 5)}" for i in range(24)]
    left = [f"{kinds[i % 3][0]} {place}" for i, place in enumerate(places)]
    right = [f"{place} {kinds[i % 3][1]}" for i, place in enumerate(places)]
    names = similarity(left, right)
    one, other = np.array([21, 22, 23]), np.array([45, 46, 47])
    before = names.similarities(one, other)
    links = np.stack([np.arange(21), np.arange(21) + 24], axis=1).astype(np.int32)
    names.learn(links)
    assert (names.similarities(one, other) > before + 0.02).all()
    names.learn(links[:0])
    np.testing.assert_array_equal(names.similarities(one, other), before)


def test_translations_give_each_word_its_own() -> None:
    texts = ["red house", "red car", "blue car", "rot haus", "rot auto", "blau auto"]
    words = NameFeatures.of(strings(texts)).words
    order = {name: at for at, name in enumerate(dict.fromkeys(" ".join(texts).split()))}
    table = learn_translations(words, np.array([[0, 3], [1, 4], [2, 5]], dtype=np.int32)).toarray()
    for word, translation in (("red", "rot"), ("car", "auto"), ("house", "haus")):
        assert table[order[word]].argmax() == order[translation]
    assert (table.sum(axis=1) <= 1).all()


def test_good_names_are_worth_much_and_random_ones_nothing() -> None:
    for left, worth in ((lambda names: names, True), (shuffled, False)):
        task = named_task(300, left)
        names = names_in(task)
        names.weigh(task.seed_links)
        weights = names.weights
        assert (weights.similarity + weights.same > 8) if worth else (weights.similarity < 1)
        at = np.arange(10)
        expected = weights.similarity * names.similarities(at, at + 200).astype(np.float64)
        expected += weights.same * names.same(at, at + 200)
        np.testing.assert_allclose(names.match_weight(at, at + 200), expected)


def test_without_links_names_are_worth_nothing() -> None:
    task = named_task()
    names = names_in(task)
    names.weigh(task.seed_links[:0])
    assert not names.has_weight
    assert not any(names.weights)


def test_the_fit_finds_the_weights_that_made_the_answers() -> None:
    rng = np.random.default_rng(0)
    similar = rng.random((4000, 12)).astype(np.float32)
    same = rng.random(similar.shape) < 0.2
    logits = 5 * similar + 2 * same
    chance = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    answer = (chance.cumsum(axis=1) > rng.random((4000, 1))).argmax(axis=1)[:, None]
    order = np.concatenate([answer, np.argsort(np.arange(12) == answer, axis=1)[:, :-1]], axis=1)
    features = [np.take_along_axis(values, order, axis=1) for values in (similar, same)]
    asked = Comparisons(features, np.ones(similar.shape, dtype=np.float32))
    assert fit_logit([asked], 100, 2) == [pytest.approx(5, abs=0.4), pytest.approx(2, abs=0.2)]


def test_state_goes_round_and_is_checked() -> None:
    task = named_task()
    names = names_in(task)
    names.weigh(task.seed_links)
    again = names_in(task)
    again.load_state(names.state())
    assert again.weights == names.weights
    np.testing.assert_array_equal(again.vectors(), names.vectors())
    state = names.state()
    with pytest.raises(CheckpointError, match="does not fit"):
        again.load_state({"weights": state["weights"]})
    with pytest.raises(CheckpointError, match="does not fit"):
        again.load_state({**state, "links": state["links"] + task.n_entities})


def test_a_common_word_stands_for_few_others() -> None:
    # Sixty names of one word each, which all have the same name on the right.
    rare = 60
    columns = [*range(rare), *[rare] * rare]
    words = csr_array((np.ones(2 * rare), (np.arange(2 * rare), columns)))
    links = np.stack([np.arange(rare), np.arange(rare, 2 * rare)], axis=1).astype(np.int32)
    assert (learn_translations(words, links).toarray()[:rare, rare] > 0.5).all()
    synonyms = learn_synonyms(words, links)
    assert (synonyms.diagonal() == 1).all()
    assert np.diff(synonyms.indptr).tolist() == [2] * rare + [7]


@given(
    arrays(np.float32, (5, 8), elements=st.sampled_from([0.0, 1.0, 2.0, 3.0])), st.integers(1, 5)
)
def test_the_largest_of_every_row_are_kept(dense: NDArray[np.float32], most: int) -> None:
    found = largest_of_rows(csr_array(dense), most).toarray()
    for row, kept in zip(dense, found, strict=True):
        assert ((kept == row) | (kept == 0)).all()
        assert sorted(kept[kept > 0]) == sorted(np.sort(row[row > 0])[::-1][:most])


class FirstOnes(AttributeSimilarity):
    """The first of a pool are like everybody, and a feature says which pair it is of."""

    what = "names"
    weights = (0.0,)
    _n_features = 1

    def features(self, left: IntArray, right: IntArray) -> tuple[IntArray]:
        return (left * 100 + right,)

    def likely(self, queries: IntArray, pool: IntArray, k: int) -> IntArray:
        return np.tile(pool[:k], (len(queries), 1))

    def _learn(self, links: NDArray[np.int32]) -> None:
        pass

    def _set_weights(self, weights: list[float]) -> None:
        pass


def test_linked_entities_stand_beside_as_many_others_as_there_are() -> None:
    sizes = [30, 8, 40]
    sources = np.repeat(np.arange(3, dtype=np.int32), sizes)
    links = np.stack([[*range(8), *range(30)], np.arange(30, 68)], axis=1).astype(np.int32)

    parts = FirstOnes(sources, 0)._compared(links, None, np.random.default_rng(0))
    for part, size in zip(parts, sizes[1:], strict=True):
        assert (part.counts[:, 0] == 1).all()
        total = part.counts.sum(axis=1)
        assert (total <= size + 1e-4).all()  # the counterpart may be drawn, and counts once
        assert total.mean() > 0.9 * size
        seen = {tuple(divmod(pair, 100)) for pair in part.features[0][:, 0].tolist()}
        assert seen <= set(map(tuple, links.tolist()))
    (one,) = joined(parts)
    assert one.counts.shape == (38, max(part.counts.shape[1] for part in parts))
    assert one.counts.sum() == pytest.approx(sum(part.counts.sum() for part in parts))
    assert joined([]) == []


def test_names_that_are_texts_are_compared_by_words_alone() -> None:
    words = [f"{chr(97 + i % 26)}or{i}" for i in range(80)]
    text, other = " ".join(words), " ".join([*words[:60], *[w + "x" for w in words[60:]]])
    found = NameFeatures.of(strings([text, other, "or1 or2"]))
    assert np.diff(found.pieces.indptr).tolist()[:2] == [0, 0]
    assert found.pieces.indptr[-1] > 0
    names = similarity([text, "unlike"], [other, "something else"])
    near, far = names.similarities(np.array([0, 0]), np.array([2, 3])).tolist()
    assert near > 0.4
    assert far == 0
