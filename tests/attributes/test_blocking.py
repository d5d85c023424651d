"""The most alike names by their rare words and pieces."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualamn.aligner import Aligner
from dualamn.attributes import NameSimilarity, blocking
from dualamn.attributes.blocking import alike_by_name
from dualamn.attributes.candidates import look_up_names, search_with_names
from dualamn.attributes.names import NameWeights
from dualamn.attributes.seeds_by_name import find_seeds_by_name
from dualamn.kernels.arrays import Int32Array, StringArray, strings
from dualamn.kernels.compute import threads
from dualamn.result import Candidates
from dualamn.search import search_candidates
from tests.attributes.conftest import hits, named_task, names_in, spoken

ALL = 10**9


def pools(left: list[str], right: list[str]) -> tuple[NameSimilarity, Int32Array, Int32Array]:
    sources = np.repeat(np.arange(2, dtype=np.int32), [len(left), len(right)])
    names = NameSimilarity(strings([*left, *right]), sources, width=64, seed=0)
    ids = np.arange(len(sources), dtype=np.int32)
    return names, ids[: len(left)], ids[len(left) :]


def likeness(names: NameSimilarity, left: Int32Array, right: Int32Array) -> np.ndarray:
    one, other = left.astype(np.int64), right.astype(np.int64)
    pairs = np.repeat(one, len(other)), np.tile(other, len(one))
    return names.similarities(*pairs).reshape(len(one), len(other))


def nameless_half(texts: StringArray) -> StringArray:
    return strings(text if at % 2 else "" for at, text in enumerate(texts))


def assert_sound(found: Candidates, left: Int32Array, right: Int32Array, k: int) -> None:
    """Rows hold distinct entities of the other pool, best first, the filling last."""
    for topk, own, other in (
        (found.left_to_right, left, right),
        (found.right_to_left, right, left),
    ):
        assert topk.candidates.shape == topk.scores.shape == (len(own), min(k, len(other)))
        assert topk.candidates.dtype == np.int32
        assert topk.scores.dtype == np.float32
        assert topk.pool_size == len(other)
        np.testing.assert_array_equal(topk.queries, own)
        np.testing.assert_array_equal(topk.candidates >= 0, topk.scores > 0)
        np.testing.assert_array_equal(topk.candidates < 0, topk.scores == -np.inf)
        for row, scores in zip(topk.candidates, topk.scores, strict=True):
            real = row[row >= 0]
            assert len(np.unique(real)) == len(real)
            assert np.isin(real, other).all()
            np.testing.assert_array_equal(scores, np.sort(scores)[::-1])


def test_names_find_those_with_a_typo() -> None:
    names, left, right = pools(
        ["Anna Bellinghausen", "Springfield", "qqq", ""],
        ["Springfeld", "bellinghausen, ana", "", "zzz"],
    )
    found = alike_by_name(names, left, right, 2)
    assert_sound(found, left, right, 2)
    assert found.left_to_right.candidates[:, 0].tolist() == [5, 4, -1, -1]
    assert found.right_to_left.candidates[:, 0].tolist() == [1, 0, -1, -1]


words = st.sampled_from(["ana", "ann", "bela", "belo", "chur", "kür", "kur", "do", "of", "the"])
texts = st.lists(st.lists(words, max_size=3).map(" ".join), max_size=12)


@settings(max_examples=40, deadline=None)
@given(left=texts, right=texts, k=st.integers(1, 15))
def test_with_products_for_all_it_is_the_exact_answer(
    left: list[str], right: list[str], k: int
) -> None:
    names, own, other = pools(left, right)
    found = alike_by_name(names, own, other, k, products=ALL)
    assert_sound(found, own, other, k)
    true = likeness(names, own, other)
    for topk, table in ((found.left_to_right, true), (found.right_to_left, true.T)):
        best = -np.sort(-table, axis=1)[:, :k]
        np.testing.assert_allclose(np.maximum(topk.scores, 0), best, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(left=texts, right=texts, k=st.integers(1, 15), products=st.integers(0, 30))
def test_fewer_products_never_find_more(
    left: list[str], right: list[str], k: int, products: int
) -> None:
    names, own, other = pools(left, right)
    found = alike_by_name(names, own, other, k, products=products)
    assert_sound(found, own, other, k)
    true = likeness(names, own, other)
    for topk, table, first in (
        (found.left_to_right, true, len(own)),
        (found.right_to_left, true.T, 0),
    ):
        rows, columns = np.nonzero(topk.candidates >= 0)
        at = topk.candidates[rows, columns].astype(np.int64)
        same = names.same(topk.queries[rows].astype(np.int64), at)
        scores = topk.scores[rows, columns]
        assert (scores[~same] <= table[rows, at - first][~same] + 1e-5).all()
        # Namesakes come up whatever else is left out.
        for row, query in enumerate(topk.queries.tolist()):
            pool = (other if first else own).astype(np.int64)
            namesakes = pool[names.same(np.full(len(pool), query), pool)]
            assert np.isin(namesakes, topk.candidates[row]).sum() == min(k, len(namesakes))


@pytest.mark.parametrize(("left", "right"), [(0, 3), (3, 0), (0, 0), (1, 1)])
def test_small_pools(left: int, right: int) -> None:
    names, own, other = pools(["name"] * left, ["name"] * right)
    found = alike_by_name(names, own, other, 5)
    assert_sound(found, own, other, 5)
    assert (found.left_to_right.candidates >= 0).sum() == left * right


def test_nobody_has_a_name() -> None:
    names, own, other = pools([""] * 3, ["--"] * 4)
    found = alike_by_name(names, own, other, 2)
    assert_sound(found, own, other, 2)
    assert (found.left_to_right.candidates == -1).all()
    assert (found.right_to_left.candidates == -1).all()


def test_equal_names_are_not_multiplied_with_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    # Words that all have meet 400 names each, which a product of all would multiply 400 times.
    names, own, other = pools(["alba longa"] * 400, ["Longa, Alba"] * 400)
    index = blocking._Index.of(names.rows[other], 100)
    assert index.names_with.nnz == 0
    rare, cut = index.rare_of(names.rows[own], 100)
    assert rare.nnz == 0
    assert cut.all()
    monkeypatch.setattr(blocking, "_BLOCK", 64)
    found = alike_by_name(names, own, other, 10, products=100)
    assert_sound(found, own, other, 10)
    assert (found.left_to_right.candidates >= 0).all()
    assert (found.left_to_right.scores == 1).all()


def test_no_name_meets_more_than_it_may() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(spoken(int(n)) for n in rng.integers(30, size=2)) for _ in range(300)]
    names, own, other = pools(texts[:150], texts[150:])
    for products in (0, 5, 50, 500):
        index = blocking._Index.of(names.rows[other], products)
        rare, cut = index.rare_of(names.rows[own], products)
        met = (rare != 0).astype(np.int64) @ (index.names_with != 0).astype(np.int64)
        assert met.sum(axis=1).max() <= products
        everything = np.array([index.used[names.rows[[i]].indices].sum() for i in own])
        np.testing.assert_array_equal(cut, everything > products)


def test_blocks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [spoken(n) for n in range(0, 600, 2)] + [spoken(n) for n in range(300)]
    names, own, other = pools(texts[:300], texts[300:])
    whole = alike_by_name(names, own, other, 5, products=200)
    monkeypatch.setattr(blocking, "_BLOCK", 70)
    told: list[int] = []
    with threads(2):
        parts = alike_by_name(names, own, other, 5, products=200, done=told.append)
    assert told == sorted(told)
    assert told[-1] == 600
    for one, two in (
        (whole.left_to_right, parts.left_to_right),
        (whole.right_to_left, parts.right_to_left),
    ):
        np.testing.assert_array_equal(one.candidates, two.candidates)
        np.testing.assert_array_equal(one.scores, two.scores)


def test_scores_are_those_of_the_search() -> None:
    texts = [spoken(n) for n in range(60)]
    names, own, other = pools(texts, texts[::-1])
    names.weights = NameWeights(6.0, 2.0)
    rows = np.random.default_rng(0).standard_normal((120, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = look_up_names(rows, names, 0.03, own, other, 60)
    exact = search_with_names(rows, names, 0.03, own, other, 60)
    assert found.left_to_right.scores[:, 0].max() == pytest.approx(
        exact.left_to_right.scores[:, 0].max()
    )
    looked_up, searched = (
        {
            (query, candidate): score
            for query, row, scores in zip(
                topk.queries.tolist(), topk.candidates.tolist(), topk.scores.tolist(), strict=True
            )
            for candidate, score in zip(row, scores, strict=True)
            if candidate >= 0
        }
        for topk in (found.left_to_right, exact.left_to_right)
    )
    assert looked_up.keys() < searched.keys()  # of those that have nothing in common, none
    for pair, score in looked_up.items():
        assert score == pytest.approx(searched[pair], abs=1e-5)


def test_pseudo_seeds_are_those_of_the_search() -> None:
    def changed(texts: np.ndarray) -> np.ndarray:
        return strings(t if i % 3 else f"{t[:3]}x{t[3:]}" for i, t in enumerate(texts))

    task = named_task(200, changed)
    names = names_in(task, width=1024, seed=0)
    searched, looked_up = (find_seeds_by_name(task, names, limit) for limit in (1e12, 0))
    assert searched.near > 20
    assert searched.exact == looked_up.exact
    np.testing.assert_array_equal(searched.links, looked_up.links)


def test_those_near_by_structure_come_into_question_as_well() -> None:
    texts = [spoken(n) for n in range(40)]
    names, own, other = pools(texts, texts)
    names.weights = NameWeights(6.0, 2.0)
    rows = np.random.default_rng(0).standard_normal((80, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    everybody = search_candidates(rows, own, other, 40)
    found = look_up_names(rows, names, 0.03, own, other, 15, beside=everybody)
    exact = search_with_names(rows, names, 0.03, own, other, 40).left_to_right
    assert found.left_to_right.candidates.shape == (40, 15)
    for row in found.left_to_right.candidates:
        assert len(np.unique(row)) == 15
    # Nothing is missing from these, so the best of all are found.
    np.testing.assert_allclose(found.left_to_right.scores, exact.scores[:, :15], atol=1e-5)


@pytest.mark.parametrize("evidence", [0, 2])
def test_large_graphs_find_who_is_near_by_structure_alone(evidence: int) -> None:
    task = named_task(240, nameless_half)
    found = []
    for limit in (1e12, 0.0):
        fast: dict[str, Any] = {
            "calibrate": False,
            "label_dim": 64,
            "relation_dim": 16,
            "evidence_rounds": evidence,
        }
        aligner = Aligner("fast", search_limit=limit, evidence_first=False, **fast).fit(task)
        found.append(hits(aligner))
    assert found[1] > found[0] - 0.02
