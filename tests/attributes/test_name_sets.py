"""Several names an entity: the best pair of names counts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualamn.aligner import Aligner
from dualamn.attributes import NameSimilarity
from dualamn.attributes.blocking import alike_by_name
from dualamn.attributes.candidates import look_up_names, search_with_names
from dualamn.attributes.name_sets import NameOwners, best_entities
from dualamn.attributes.names import NameWeights
from dualamn.graphs.knowledge_graph import FurtherNames
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import strings
from tests.attributes.conftest import FAST, hits, named_task, names_in, spoken
from tests.conftest import there


def with_further(first: list[str], more: dict[int, list[str]], n_left: int) -> NameSimilarity:
    entities = [entity for entity, names in more.items() for _ in names]
    texts = strings(name for names in more.values() for name in names)
    further = FurtherNames(np.array(entities, dtype=np.int32), texts)
    sources = np.repeat(np.arange(2, dtype=np.int32), [n_left, len(first) - n_left])
    return NameSimilarity(strings(first), sources, width=256, seed=0, further=further)


words = st.sampled_from(["ana", "ann", "bela", "belo", "chur", "kur", "do", "of", "the", "zug"])
name = st.lists(words, min_size=1, max_size=3).map(" ".join)
entities = st.lists(st.lists(name, min_size=1, max_size=6), min_size=1, max_size=5)


@settings(max_examples=30, deadline=None)
@given(left=entities, right=entities)
def test_two_entities_are_as_alike_as_their_most_similar_names(
    left: list[list[str]], right: list[list[str]]
) -> None:
    both = [*left, *right]
    names = with_further(
        [own[0] for own in both], dict(enumerate(own[1:] for own in both)), len(left)
    )
    rows = names.rows.toarray()
    of = [np.flatnonzero(names.owners.owner == at) for at in range(len(both))]
    one = np.repeat(np.arange(len(left)), len(right))
    other = np.tile(np.arange(len(left), len(both)), len(left))
    true = [min((rows[of[a]] @ rows[of[b]].T).max(), 1) for a, b in zip(one, other, strict=True)]
    found = names.similarities(one, other)
    few = np.array([len(of[a]) * len(of[b]) <= 16 for a, b in zip(one, other, strict=True)])
    np.testing.assert_allclose(found[few], np.array(true)[few], atol=1e-5)
    assert (found <= np.array(true) + 1e-5).all()
    wholes = [{" ".join(sorted(text.split())) for text in own} for own in both]
    same = [bool(wholes[a] & wholes[b]) for a, b in zip(one, other, strict=True)]
    assert names.same(one, other).tolist() == same


def test_a_further_name_that_says_nothing_new_changes_nothing() -> None:
    first = [spoken(number) for number in range(12)]
    bare = NameSimilarity(strings(first), np.repeat([0, 1], 6).astype(np.int32), width=64, seed=0)
    same = with_further(first, {3: [first[3].upper()], 8: ["", "--"]}, 6)
    assert same.owners.single
    np.testing.assert_array_equal(bare.rows.toarray(), same.rows.toarray())


def test_a_word_is_as_rare_as_the_entities_that_have_it() -> None:
    repeated = with_further(["alba longa", "roma", "alba", "ostia"], {0: ["alba nova", "alba"]}, 2)
    alone = repeated.similarities(np.array([0]), np.array([2]))
    assert alone[0] == pytest.approx(1, abs=1e-5)  # its third name


@pytest.mark.parametrize("hidden", [0, 1])
def test_search_and_look_up_find_further_names(hidden: int) -> None:
    n = 60
    first = [spoken(i) for i in range(n)] + [spoken(i + 500) for i in range(n)]
    more = {n + i: [spoken(i + 900), spoken(i), spoken(i + 1300)] for i in range(n)}
    if hidden:
        first[n:] = [""] * n
    names = with_further(first, more, n)
    names.weights = NameWeights(10.0, 1.0)
    left, right = np.arange(n, dtype=np.int32), np.arange(n, 2 * n, dtype=np.int32)
    nothing = np.zeros((2 * n, 4), dtype=np.float32)
    for find in (search_with_names, look_up_names):
        found = find(nothing, names, 0.1, left, right, 5)
        assert found.left_to_right.candidates[:, 0].tolist() == right.tolist()
        assert found.right_to_left.candidates[:, 0].tolist() == left.tolist()
        np.testing.assert_allclose(found.left_to_right.scores[:, 0], 1.1, atol=1e-4)
        for row in found.left_to_right.candidates:
            real = row[row >= 0]
            assert len(np.unique(real)) == len(real)
    near = names.likely(left.astype(np.int64), right.astype(np.int64), 3)
    assert near[:, 0].tolist() == right.tolist()
    # Words that all have are not multiplied; equal names come up all the same.
    common = with_further(["a b"] * 5 + ["c d"] * 5, {7: ["b a"]}, 5)
    best = alike_by_name(common, left[:5], np.arange(5, 10, dtype=np.int32), 3, products=0)
    assert best.left_to_right.candidates.tolist() == [[7, -1, -1]] * 5


def test_whose_names_there_are() -> None:
    owners = NameOwners.of(3, np.array([0, 0, 2]))
    assert not owners.single
    assert owners.counts(np.array([2, 1, 0])).tolist() == [2, 1, 3]
    which, names = owners.names_of(np.array([2, 0]))
    assert which.tolist() == [0, 0, 1, 1, 1]
    assert names.tolist() == [2, 5, 0, 3, 4]
    assert owners.owner[names].tolist() == [2, 2, 0, 0, 0]
    which, one, other = owners.pairs_of_names(np.array([1, 2]), np.array([0, 1]))
    assert list(zip(which.tolist(), one.tolist(), other.tolist(), strict=True)) == [
        (0, 1, 0),
        (0, 1, 3),
        (0, 1, 4),
        (1, 2, 1),
        (1, 5, 1),
    ]


def test_the_best_name_of_an_entity_counts() -> None:
    query, entity_ = np.array([0, 0, 0, 2]), np.array([7, 8, 7, 9])
    scores = np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float32)
    found, best = best_entities(query, entity_, scores, 3, 2)
    assert found.tolist() == [[7, 8], [-1, -1], [9, -1]]
    assert best[0].tolist() == [np.float32(0.3), np.float32(0.2)]


def synonyms(task: AlignmentTask) -> AlignmentTask:
    """The names of the right graph as the second of three names of the left one."""
    left = task.kgs[0]
    at = np.arange(left.n_entities, dtype=np.int32)
    own = there(left.entity_names)
    more = [*(f"first of {entity}" for entity in left.entities), *own]
    further = FurtherNames(np.concatenate([at, at]), strings(more))
    first = strings(f"q{7919 * number}" for number in range(left.n_entities))
    return replace(
        task, kgs=(replace(left, entity_names=first, further_names=further), task.kgs[1])
    )


def test_entities_are_found_by_their_second_name() -> None:
    task = synonyms(named_task(200, mean_degree=3.0, keep_triples=0.6))
    assert hits(Aligner("fast", **FAST).fit(task)) > 0.9
    unseen = replace(task, seed_links=task.seed_links[:0])
    aligner = Aligner("fast", **FAST).fit(unseen)
    assert there(aligner.pseudo_seeds).exact > 100
    assert hits(aligner) > 0.9


def test_translations_are_learned_from_the_most_similar_names() -> None:
    task = synonyms(named_task(60))
    names = names_in(task, further=task.further_names)
    links = task.seed_links
    chosen = names._most_alike(links)
    assert (names.whole[chosen[:, 0]] == names.whole[chosen[:, 1]]).all()
    names.learn(links)
    assert (names.similarities(*links.T.astype(np.int64)) > 0.99).all()


def test_another_script_is_a_further_name() -> None:
    left = ["Москва", "Новосибирск", "Самара"]
    sources = np.repeat(np.arange(2, dtype=np.int32), 3)
    names = NameSimilarity(strings([*left, "Samara", "Moskva", "Riga"]), sources, width=8, seed=0)
    assert names.same(np.array([0, 2, 1]), np.array([4, 3, 5])).tolist() == [True, True, False]
    # Not where both graphs write it.
    names = NameSimilarity(strings([*left, *left]), sources, width=8, seed=0)
    assert names.owners.single
    mixed = ["Riga", "Москва", "Афины"]
    names = NameSimilarity(strings([*mixed, *mixed[::-1]]), sources, width=8, seed=0)
    assert names.owners.single
    kana = NameSimilarity(strings(["東京", "きょうと"] * 3), sources, width=8, seed=0)
    assert kana.owners.single


def test_an_initial_is_like_the_name_it_stands_for() -> None:
    left = [f"{a}. {spoken(i).split()[0]}" for i, a in enumerate("JKLM")] + ["X. Miller"]
    right = ["Miller, Xaver", "Miller, Yvonne", "Miller Zoe", "Ann Other", "B Cee"]
    sources = np.repeat(np.arange(2, dtype=np.int32), 5)
    names = NameSimilarity(strings([*left, *right]), sources, width=8, seed=0)
    alike = names.similarities(np.full(3, 4), np.array([5, 6, 7]))
    assert alike[0] > alike[1:].max() + 0.05


def test_a_code_is_one_word() -> None:
    texts = ["Sony KDL-40V4100 TV", "Sony KDL-32V4100 TV", "sony kdl40v4100", "sony kdl32v4100"]
    sources = np.repeat(np.arange(2, dtype=np.int32), 2)
    names = NameSimilarity(strings(texts), sources, width=8, seed=0)
    alike = names.similarities(np.array([0, 0]), np.array([2, 3]))
    assert alike[0] > alike[1] + 0.2
