from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.errors import DataError
from dualamn.graphs.knowledge_graph import FurtherNames, KnowledgeGraph, distinct_rows
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import strings

SMALL = st.integers(0, 3)
LARGE = st.integers(-(2**62), 2**62)


@given(rows=st.lists(st.tuples(*[st.one_of(SMALL, LARGE)] * 3), max_size=20))
def test_distinct_rows_keep_their_order(rows: Any) -> None:
    expected = [list(row) for row in dict.fromkeys(rows)]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    assert distinct_rows(table).tolist() == expected


def test_graph_from_triples() -> None:
    kg = KnowledgeGraph.from_triples(
        "kg", [("a", "r", "b"), ("b", "s", "a"), ("a", "r", "b"), ("c", "r", "c")]
    )
    assert list(kg.entities) == ["a", "b", "c"]
    assert list(kg.relations) == ["r", "s"]
    assert kg.triples.tolist() == [[0, 0, 1], [1, 1, 0], [2, 0, 2]]
    assert kg.triples.dtype == np.int32
    assert kg.degrees.tolist() == [2, 2, 2]
    assert repr(kg) == "KnowledgeGraph('kg': 3 entities, 2 relations, 3 triples)"


def test_graph_from_numbers() -> None:
    kg = KnowledgeGraph.from_arrays("kg", [(0, 1, 2), (0, 1, 2)])
    assert list(kg.entities) == ["0", "1", "2"]
    assert list(kg.relations) == ["0", "1"]
    assert kg.n_triples == 1
    assert kg.degrees.tolist() == [1, 0, 1]


def test_graph_without_triples() -> None:
    kg = KnowledgeGraph.from_arrays("kg", [], ["a", "b"])
    assert (kg.n_entities, kg.n_relations, kg.n_triples) == (2, 0, 0)
    assert kg.degrees.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("triples", "words"),
    [
        ([(0, 0, 3)], "entities of kg are numbered 0 to 2, but a triple names 3"),
        ([(-1, 0, 1)], "but a triple names -1"),
        ([(0, 2, 1)], "relations of kg are numbered 0 to 1, but a triple names 2"),
        ([(0, 0, 2**32)], "names 4294967296"),
        ([(0, 1)], "3 columns, not int64 of shape"),
        ([0, 0, 1], "3 columns, not int64 of shape"),
        ([(0.0, 0.5, 1.0)], "whole numbers in 3 columns, not float64"),
        ([("a", "r", "b")], "whole numbers in 3 columns"),
    ],
)
def test_bad_triples(triples: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        KnowledgeGraph.from_arrays("kg", triples, ["a", "b", "c"], ["r", "s"])


def test_identifiers_must_differ() -> None:
    with pytest.raises(DataError, match="'a' is the identifier of more than one entity of kg"):
        KnowledgeGraph.from_arrays("kg", [(0, 0, 1)], ["a", "a"], ["r"])
    with pytest.raises(DataError, match="'r' is the identifier of more than one relation of kg"):
        KnowledgeGraph.from_arrays("kg", [(0, 0, 1)], ["a", "b"], ["r", "r"])


@pytest.fixture
def kgs() -> Any:
    return [
        KnowledgeGraph.from_triples("a", [("a0", "r", "a1"), ("a1", "s", "a2")]),
        KnowledgeGraph.from_triples("b", [("b0", "t", "b1")]),
        KnowledgeGraph.from_triples("c", [("c0", "s", "c1"), ("c1", "r", "c2")]),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_task_keeps_what_it_joins(kgs: list[KnowledgeGraph], seed: int) -> None:
    task = AlignmentTask.from_kgs(
        kgs,
        {(0, 1): [(0, 1)], (2, 1): [(2, 0)]},
        {(2, 0): [(0, 2)]},
        {(0, 2): [(1, 1)]},
        seed=seed,
        name="three",
        notes=["n"],
    )
    assert task.kg_names == ("a", "b", "c")
    assert task.entity_offsets.tolist() == [0, 3, 5, 8]
    assert task.source_of.tolist() == [0, 0, 0, 1, 1, 2, 2, 2]
    assert (task.n_entities, task.n_relations) == (8, 3)
    heads, relations, tails = task.triples.T
    named = zip(
        task.identifiers(heads), task.relations[relations], task.identifiers(tails), strict=True
    )
    assert set(named) == {
        ("a0", "r", "a1"),
        ("a1", "s", "a2"),
        ("b0", "t", "b1"),
        ("c0", "s", "c1"),
        ("c1", "r", "c2"),
    }
    # The entity of the earlier graph comes first.
    assert {tuple(row) for row in task.identifiers(task.seed_links)} == {("a0", "b1"), ("b0", "c2")}
    assert task.identifiers(task.test_links).tolist() == [["a2", "c0"]]
    assert task.identifiers(task.valid_links).tolist() == [["a1", "c1"]]
    assert task.identifiers(task.links_between(task.seed_links, 2, 1)).tolist() == [["c2", "b0"]]
    assert task.links_between(task.seed_links, 0, 2).shape == (0, 2)
    assert task.ids(2, ["c1", "c0"]).tolist() == [
        int(np.flatnonzero(task.identifiers(np.arange(8)) == name)[0]) for name in ("c1", "c0")
    ]
    assert task.entity_range(1).tolist() == [3, 4]
    assert task.kg_pairs == ((0, 1), (0, 2), (1, 2))
    assert task.notes == ("n",)
    for array in (task.triples, task.seed_links, task.test_links, task.source_of):
        assert array.dtype == np.int32


def test_permutation_differs_between_graphs_and_seeds() -> None:
    names = [str(i) for i in range(50)]
    kgs = [KnowledgeGraph.from_arrays(name, [(0, 0, 49)], names) for name in "ab"]
    first, again, other = (AlignmentTask.from_kgs(kgs, {}, seed=seed) for seed in (1, 1, 2))
    assert list(first.kgs[0].entities) == list(again.kgs[0].entities)
    orders: list[Any] = [first.kgs[0].entities, first.kgs[1].entities, other.kgs[0].entities, names]
    assert len({tuple(order) for order in orders}) == 4
    assert all(sorted(order) == sorted(names) for order in orders)
    # What the caller gave is as it was.
    assert list(kgs[0].entities) == names
    assert kgs[0].triples.tolist() == [[0, 0, 49]]


def test_implied_by_seeds(kgs: list[KnowledgeGraph]) -> None:
    task = AlignmentTask.from_kgs(
        kgs, {(0, 1): [(0, 0)], (1, 2): [(0, 0)]}, {(0, 2): [(0, 0), (1, 1)]}
    )
    implied = dict(zip(task.identifiers(task.test_links)[:, 0], task.implied_by_seeds, strict=True))
    assert implied == {"a0": True, "a1": False}


@pytest.mark.parametrize("names", [("a", "c"), ("c", "a"), ("b", "c"), ("c", "b", "a")])
def test_restriction_to_some_graphs_keeps_everything_between_them(
    kgs: list[KnowledgeGraph], names: tuple[str, ...]
) -> None:
    task = AlignmentTask.from_kgs(
        kgs,
        {(0, 1): [(0, 1)], (0, 2): [(0, 0), (2, 2)], (1, 2): [(0, 2)]},
        {(0, 2): [(1, 1)], (1, 2): [(1, 1)]},
        {(0, 1): [(1, 0)]},
        seed=3,
    )
    part = task.restricted_to(names)
    assert part.kg_names == tuple(sorted(names))
    assert part.n_entities == sum(kg.n_entities for kg in part.kgs)
    for attribute in ("seed_links", "test_links", "valid_links"):
        links = getattr(part, attribute)
        assert links.dtype == np.int32
        wanted = [
            row
            for row in task.identifiers(getattr(task, attribute)).tolist()
            if {row[0][0], row[1][0]} <= set(names)
        ]
        assert part.identifiers(links).tolist() == wanted
    inside = [kg.triples.tolist() for kg in task.kgs if kg.name in names]
    assert [kg.triples.tolist() for kg in part.kgs] == inside
    assert (task.n_entities, len(task.seed_links)) == (8, 4)  # as it was


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a", "x"), "no knowledge graph 'x', the task has a, b, c"),
        (("a", "a"), "two or more knowledge graphs, got 1"),
        ((), "two or more knowledge graphs, got 0"),
    ],
)
def test_restrictions_that_cannot_be(
    kgs: list[KnowledgeGraph], names: tuple[str, ...], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        AlignmentTask.from_kgs(kgs, {}).restricted_to(names)


def test_bad_tasks(kgs: list[KnowledgeGraph]) -> None:
    a, b, _ = kgs
    with pytest.raises(DataError, match="two or more knowledge graphs, got 1"):
        AlignmentTask.from_kgs([a], {})
    with pytest.raises(DataError, match="its own name, got a, a"):
        AlignmentTask.from_kgs([a, a], {})
    with pytest.raises(DataError, match="entity 2 of b, which has 2 entities"):
        AlignmentTask.from_kgs([a, b], {(0, 1): [(0, 2)]})
    with pytest.raises(DataError, match="entity -1 of a"):
        AlignmentTask.from_kgs([a, b], {(0, 1): [(-1, 0)]})
    for pair in ((0, 0), (0, 2), (-1, 1)):
        with pytest.raises(DataError, match="two different graphs"):
            AlignmentTask.from_kgs([a, b], {pair: [(0, 0)]})
    with pytest.raises(DataError, match="links of a and b must be whole numbers in 2 columns"):
        AlignmentTask.from_kgs([a, b], {(0, 1): [(0, 0, 1)]})
    with pytest.raises(DataError, match="the seed is -1"):
        AlignmentTask.from_kgs([a, b], {}, seed=-1)
    with pytest.raises(DataError, match="knowledge graph a has no entity 'x'"):
        AlignmentTask.from_kgs([a, b], {}).ids(0, ["a0", "x"])


def test_task_without_links(kgs: list[KnowledgeGraph]) -> None:
    task = AlignmentTask.from_kgs(kgs, {(0, 1): []})
    assert task.seed_links.shape == task.test_links.shape == (0, 2)
    assert task.implied_by_seeds.shape == (0,)
    assert repr(task) == "AlignmentTask('task': a (3) + b (2) + c (3); 0 seed links, 0 test links)"


def test_further_names_and_who_gets_no_links_move_with_the_entities() -> None:
    left = replace(
        KnowledgeGraph.from_triples("a", [("x", "r", "y"), ("y", "r", "z")]),
        further_names=FurtherNames(np.array([2, 0, 2], np.int32), strings(["Zed", "Ex", "Zett"])),
        unlinkable=np.array([False, True, False]),
    )
    right = KnowledgeGraph.from_triples("b", [("u", "r", "v")])
    task = AlignmentTask.from_kgs((left, right), {}, seed=3)
    further = task.further_names
    assert further is not None
    found = zip(task.identifiers(further.entities), further.names, strict=True)
    assert sorted(found) == [("x", "Ex"), ("z", "Zed"), ("z", "Zett")]
    assert task.identifiers(np.flatnonzero(~task.is_linkable)).tolist() == ["y"]
    again = AlignmentTask.from_pyg(task.to_pyg())
    assert again.further_names is not None
    assert again.further_names.names.tolist() == further.names.tolist()
    assert further.without(further.entities[:1]).names.tolist() != further.names.tolist()
    with pytest.raises(DataError, match="2 further names are of 1 entities"):
        FurtherNames(np.zeros(1, np.int32), strings(["a", "b"]))


def test_the_same_absolute_iri_links_two_graphs() -> None:
    here, there = "http://a.org/", "http://b.org/"
    left = [(f"{here}x", "r", f"{here}y"), (f"{there}z", "r", "_:b1"), ("short", "r", "ex:a")]
    right = [(f"{here}x", "s", f"{here}y"), (f"{there}z", "s", "_:b1"), ("short", "s", "ex:a")]
    kgs = [KnowledgeGraph.from_triples(name, rows) for name, rows in (("a", left), ("b", right))]
    barred = np.char.endswith(kgs[1].entities.astype(str), "z")
    kgs[1] = replace(kgs[1], unlinkable=barred)
    seed = [(int(np.flatnonzero(kgs[0].entities == "short")[0]), 1)]  # with "http://a.org/y"
    task = AlignmentTask.from_kgs(kgs, {}, seed=5)

    def same(task: AlignmentTask) -> list[list[str]]:
        assert task.same_identifiers.dtype == np.int32
        assert (task.source_of[task.same_identifiers] == (0, 1)).all()
        found: list[list[str]] = task.identifiers(task.same_identifiers).tolist()
        return sorted(found)

    # Neither blank nodes, nor short names, nor what gets no links.
    assert same(task) == [[f"{here}x"] * 2, [f"{here}y"] * 2]
    assert same(AlignmentTask.from_kgs(kgs, {(0, 1): seed}, seed=5)) == [[f"{here}x"] * 2]
    distinct = replace(task, distinct_identifiers=True)
    assert same(distinct) == []
    assert AlignmentTask.from_pyg(distinct.to_pyg()).distinct_identifiers
    assert same(AlignmentTask.from_pyg(task.to_pyg())) == same(task)
