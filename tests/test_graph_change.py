"""Graphs that change: what comes, what goes, and what is left."""

from typing import Any

import numpy as np
import pytest

from dualamn.bench.synthetic_task import make_task
from dualamn.data_loaders import as_graph
from dualamn.graphs.graph_change import GraphChange, grow, grow_task
from dualamn.graphs.knowledge_graph import FurtherNames, KnowledgeGraph, Literals
from dualamn.kernels.arrays import strings


def graph(triples: Any, values: Any = (), names: Any = ()) -> KnowledgeGraph:
    """A graph of triples, attribute triples (entity, attribute, value) and (entity, name)."""
    whose = [head for head, *_ in values] + [entity for entity, _ in names]
    ends = [end for head, _, tail in triples for end in (head, tail)]
    entities = list(dict.fromkeys([*ends, *whose]))
    relations = list(dict.fromkeys(relation for _, relation, _ in triples))
    kinds = list(dict.fromkeys(kind for _, kind, _ in values))
    rows = [(entities.index(h), relations.index(r), entities.index(t)) for h, r, t in triples]
    first = dict(reversed(list(names)))
    further = [(entities.index(e), n) for e, n in names if first[e] != n]
    return KnowledgeGraph(
        "g",
        strings(entities),
        strings(relations),
        np.array(rows, np.int32).reshape(-1, 3),
        strings([first.get(e, "") for e in entities]) if names else None,
        Literals(
            strings(kinds),
            np.array([entities.index(e) for e, *_ in values], np.int32),
            np.array([kinds.index(k) for _, k, _ in values], np.int32),
            strings([v for *_, v in values]),
            strings([""] * len(values)),
        )
        if values
        else None,
        FurtherNames(np.array([e for e, _ in further], np.int32), strings([n for _, n in further]))
        if further
        else None,
    )


def facts(kg: KnowledgeGraph) -> tuple[Any, ...]:
    """All that a graph says, whatever its numbers."""
    h, r, t = kg.triples.T
    triples = set(zip(kg.entities[h], kg.relations[r], kg.entities[t], strict=True))
    values: set[Any] = set()
    if kg.literals is not None:
        own = kg.literals
        kinds = own.attributes[own.kinds]
        values = set(zip(kg.entities[own.entities], kinds, own.values, own.types, strict=True))
    names = {} if kg.entity_names is None else dict(zip(kg.entities, kg.entity_names, strict=True))
    further: set[Any] = set()
    if kg.further_names is not None:
        more = kg.further_names
        further = set(zip(kg.entities[more.entities], more.names, strict=True))
    return set(kg.entities), triples, values, {e: n for e, n in names.items() if n}, further


def same(one: KnowledgeGraph, other: KnowledgeGraph) -> bool:
    """Whether two graphs are the same down to the order of everything."""
    arrays = []
    for kg in (one, other):
        names, literals, further = kg.entity_names, kg.literals, kg.further_names
        own = None if literals is None else [a.tolist() for a in vars(literals).values()]
        more = None if further is None else [further.entities.tolist(), further.names.tolist()]
        called = None if names is None else names.tolist()
        numbers = kg.entities.tolist(), kg.relations.tolist(), kg.triples.tolist()
        arrays.append((*numbers, own, more, called))
    return bool(arrays[0] == arrays[1])


OLD = graph(
    [("a", "r", "b"), ("b", "r", "c"), ("c", "s", "a")],
    [("a", "born", "1900"), ("b", "born", "1901")],
    [("a", "Anna"), ("a", "Ann"), ("b", "Ben")],
)
MORE = graph(
    [("a", "new", "d"), ("d", "r", "e"), ("a", "r", "b")],
    [("d", "died", "1950"), ("a", "born", "1900"), ("a", "born", "1899")],
    [("d", "Dora"), ("b", "Benjamin"), ("c", "Cleo")],
)


def test_what_is_added_comes_after_what_was_there() -> None:
    grown = grow(OLD, GraphChange(added=MORE))
    kg = grown.kg
    assert kg.entities[:3].tolist() == OLD.entities.tolist()
    assert set(kg.entities[3:]) == {"d", "e"}
    assert grown.new_id.tolist() == [0, 1, 2]
    _, triples, values, names, further = facts(kg)
    old = facts(OLD)
    assert triples == old[1] | facts(MORE)[1]
    assert values == old[2] | facts(MORE)[2]
    assert names == {"a": "Anna", "b": "Ben", "c": "Cleo", "d": "Dora"}
    assert further == {("a", "Ann"), ("b", "Benjamin")}
    assert grown.n_added == 2 + 2 + 3, "what was there already is not counted"
    assert dict(zip(kg.entities, grown.touched.tolist(), strict=True)) == {
        **dict.fromkeys("abcde", True)
    }


def test_what_is_added_and_taken_away_leaves_no_trace() -> None:
    there = grow(OLD, GraphChange(added=MORE)).kg
    only = graph(
        [("a", "new", "d"), ("d", "r", "e")],
        [("d", "died", "1950"), ("a", "born", "1899")],
        [("d", "Dora"), ("b", "Benjamin"), ("c", "Cleo")],
    )
    back = grow(there, GraphChange(gone=only))
    assert same(back.kg, OLD)
    assert back.new_id.tolist() == [0, 1, 2, -1, -1]
    assert not back.notes


def test_an_entity_of_which_nothing_is_left_is_gone() -> None:
    grown = grow(OLD, GraphChange(gone=graph([("b", "r", "c"), ("c", "s", "a")])))
    assert grown.kg.entities.tolist() == ["a", "b"]
    assert grown.kg.relations.tolist() == ["r"]
    assert grown.new_id.tolist() == [0, 1, -1]
    assert grown.touched.tolist() == [True, True]
    value = grow(OLD, GraphChange(gone=graph([("a", "r", "b"), ("b", "r", "c")], [], [])))
    assert "b" in value.kg.entities.tolist(), "a value and a name are left of it"


def test_an_entity_that_never_had_statements_stays() -> None:
    lone = KnowledgeGraph.from_arrays("g", [(0, 0, 1)], ["a", "b", "lone"], ["r"])
    grown = grow(lone, GraphChange(gone=as_graph([("a", "r", "b")], "g")))
    assert grown.kg.entities.tolist() == ["lone"]


def test_what_is_added_and_gone_at_once_stays() -> None:
    part = graph([("a", "r", "b")], [("a", "born", "1900")], [("a", "Anna")])
    grown = grow(OLD, GraphChange(added=part, gone=part))
    assert same(grown.kg, OLD)
    assert (grown.n_added, grown.n_gone) == (0, 0)
    assert not grown.touched.any()


def test_what_is_not_there_cannot_go_and_is_counted() -> None:
    part = graph([("a", "r", "c"), ("x", "r", "y")], [("a", "born", "1800")], [("c", "Cleo")])
    grown = grow(OLD, GraphChange(gone=part))
    assert same(grown.kg, OLD)
    assert grown.notes == ("g: 4 statements to be taken away not there",)


def test_when_a_name_goes_the_next_takes_its_place() -> None:
    grown = grow(OLD, GraphChange(gone=graph([], [], [("a", "Anna"), ("b", "Ben")])))
    assert facts(grown.kg)[3] == {"a": "Ann"}
    assert grown.kg.further_names is None


def test_a_task_keeps_its_links_but_for_those_of_entities_that_are_gone() -> None:
    task = make_task(60, seed=2)
    left = task.kgs[0]
    link = task.seed_links[0]
    mine = (left.triples[:, [0, 2]] == link[0]).any(axis=1)
    h, r, t = left.triples[mine].T
    lost = list(zip(left.entities[h], left.relations[r], left.entities[t], strict=True))
    grown = grow_task(task, [GraphChange(gone=as_graph(lost, "a")), GraphChange()])
    assert grown.new_id[link[0]] == -1
    now, before = grown.task, task
    names = before.identifiers(before.seed_links).tolist()
    gone = set(before.identifiers(np.flatnonzero(grown.new_id < 0)).tolist())
    assert now.identifiers(now.seed_links).tolist() == [
        pair for pair in names if not set(pair) & gone
    ]
    assert grown.moved(task.seed_links).tolist() == now.seed_links.tolist()
    assert not grown.is_new.any()


@pytest.mark.parametrize("seed", range(3))
def test_parts_in_any_order_give_the_same_graph(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [(f"e{a}", f"r{b}", f"e{c}") for a, b, c in rng.integers(12, size=(40, 3)).tolist()]
    rows = list(dict.fromkeys(rows))
    whole = as_graph(rows[:10], "g")
    for start in range(10, len(rows), 7):
        whole = grow(whole, GraphChange(added=as_graph(rows[start : start + 7], "g"))).kg
    gone = [rows[at] for at in rng.permutation(len(rows))[: len(rows) // 2].tolist()]
    left = grow(whole, GraphChange(gone=as_graph(gone, "g"))).kg
    assert facts(left)[1] == set(rows) - set(gone)
    assert facts(left)[0] == {end for h, _, t in set(rows) - set(gone) for end in (h, t)}
