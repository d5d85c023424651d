"""What is looked over before training, on graphs whose faults are known."""

import json

import numpy as np
import pytest

import dualamn
from dualamn.data_loaders import check_health
from dualamn.data_loaders.summary import GraphHealth, PairHealth

RING = [(f"e{i}", "next", f"e{(i + 1) % 300}") for i in range(300)]
OTHER = [(f"f{i}", "suivant", f"f{(i + 1) % 300}") for i in range(300)]
STAR = [("hub", "r", f"x{i}") for i in range(200)]
SEEDS = [(f"e{i}", f"f{i}") for i in range(0, 300, 2)]


def test_a_healthy_task() -> None:
    found = check_health(dualamn.as_task({"a": RING, "b": OTHER}, SEEDS))
    assert found.warnings == ()
    assert found.graphs[0] == GraphHealth("a", 300, 0, 0, 0, 0, 0, "", 0, *hub(found), 0, 0)
    assert found.pairs == (PairHealth("a", "b", 0, 0, 0),)
    assert json.loads(json.dumps(found.to_dict()))["graphs"][1]["entities"] == 300


def hub(found: dualamn.data_loaders.Health) -> tuple[str, int]:
    graph = found.graphs[0]
    assert graph.hub.startswith("e")
    return graph.hub, 2


def test_small_graph_by_hand() -> None:
    triples = [("hub", "r", leaf) for leaf in "abc"] + [("d", "r", "hub"), ("c", "r", "e")]
    triples += [("e", "r", "f"), ("f", "r", "g")]
    names = {"a": "A", "b": "A", "c": "C", "hub": "H"}
    left = dualamn.as_graph([*triples, ("_:x", "r", "hub")], "left", entity_names=names)
    right = dualamn.as_graph([("a", "r", "z")], "right", entity_names={"z": "C"})
    found = check_health(dualamn.as_task([left, right], [("hub", "a")]))
    graph = found.graphs[0]
    # d and _:x lead to the hub, a and b come from it.
    assert graph.indistinguishable == 4
    assert graph.no_seed_within_2_hops == 2  # f and g
    assert (graph.named, graph.ambiguous_name) == (4, 2)
    assert (graph.common_name, graph.common_times) == ("A", 2)
    assert (graph.hub, graph.hub_triples, graph.blank) == ("hub", 5, 1)
    assert found.pairs == (PairHealth("left", "right", 1, 1, 1),)


IRIS = [(f"http://n/{i}", "r", f"http://n/{i}") for i in range(9)]


@pytest.mark.parametrize(
    ("graphs", "seeds", "words"),
    [
        ({"a": RING, "b": OTHER}, [], "there are no seed links"),
        ({"a": RING, "b": OTHER}, SEEDS[:3], "3 seed links between a and b, 1.0% of the smaller"),
        ({"a": RING, "b": OTHER}, SEEDS[:3], "(97%) of a have no seed link within 2 hops"),
        ({"a": RING, "b": RING}, [], "a and b have 300 identifiers of entities in common"),
        ({"a": IRIS, "b": IRIS}, [], "a and b have 9 IRIs of entities in common, which are links"),
        ({"a": RING, "b": OTHER[:50]}, [], "a has 5.9 times the entities of b"),
        ({"a": RING, "b": OTHER[::2]}, [], "an entity of b is in 1.0 triples on average"),
        ({"a": RING, "b": STAR}, [], "200 entities (100%) of b are indistinguishable"),
        ({"a": RING, "b": STAR}, [], "'hub' is in 100% of the triples of b"),
        ({"a": RING, "b": [(f"_:{i}", "r", "x") for i in range(9)]}, [], "b are blank nodes"),
    ],
)
def test_warnings(
    graphs: dict[str, list[tuple[str, str, str]]], seeds: list[tuple[str, str]], words: str
) -> None:
    warnings = check_health(dualamn.as_task(graphs, seeds)).warnings
    assert any(words in text for text in warnings), warnings


def test_warnings_about_names() -> None:
    def named(prefix: str, names: list[str]) -> dualamn.KnowledgeGraph:
        rows = [(f"{prefix}{i}", "r", f"{prefix}{(i + 1) % 300}") for i in range(300)]
        known = {f"{prefix}{i}": name for i, name in enumerate(names)}
        return dualamn.as_graph(rows, prefix, entity_names=known)

    left = named("a", [f"name {i}" for i in range(300)])
    warnings = check_health(dualamn.as_task([left, named("b", ["Springfield"] * 30)], [])).warnings
    assert any("10% of b have a name" in text for text in warnings)
    assert any("30 entities that of 'Springfield'" in text for text in warnings)
    assert any("no name is in both a and b" in text for text in warnings)
    assert not any("of a have a name" in text for text in warnings)


def test_isolated_entities_and_graphs_without_any() -> None:
    none = np.empty((0, 3), dtype=int)
    kgs = [
        dualamn.KnowledgeGraph.from_arrays("a", none, ["x", "y"]),
        dualamn.KnowledgeGraph.from_arrays("b", none),
        dualamn.KnowledgeGraph.from_arrays("c", [(0, 0, 1), (1, 0, 0)], list("pqr")),
    ]
    found = check_health(dualamn.AlignmentTask.from_kgs(kgs, {(0, 2): [(0, 0)]}))
    assert [graph.isolated for graph in found.graphs] == [2, 0, 1]
    assert "a has no triple between two entities: its structure says nothing" in found.warnings
    assert any("1 entity (33%) of c are in no triple" in text for text in found.warnings)
