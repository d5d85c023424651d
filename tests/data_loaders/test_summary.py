import json

import numpy as np

from dualamn.data_loaders import GraphSummary, PairSummary, describe
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask


def test_summary() -> None:
    left = KnowledgeGraph.from_arrays(
        "left", [(0, 0, 1), (1, 1, 2), (1, 0, 3)], list("abcde"), ["r", "s"]
    )
    right = KnowledgeGraph.from_triples("right", [("x", "r", "y"), ("x", "r", "y")])
    task = AlignmentTask.from_kgs(
        [left, right], {(0, 1): [(0, 0)]}, {(0, 1): [(1, 1)]}, name="small", notes=["something"]
    )
    summary = describe(task)
    assert summary.graphs == (
        GraphSummary("left", 5, 2, 3, 6 / 5, 1.0, 3, 1, 2),
        GraphSummary("right", 2, 1, 1, 1.0, 1.0, 1, 0, 2),
    )
    assert summary.graphs[0].linked_share == 2 / 5
    assert summary.pairs == (PairSummary("left", "right", 1, 0, 1),)
    assert (summary.relations, summary.shared_relations) == (2, 1)
    assert summary.notes == ("something",)


def test_summary_as_json() -> None:
    kgs = [KnowledgeGraph.from_triples(name, [("x", "r", "y")]) for name in "abc"]
    task = AlignmentTask.from_kgs(kgs, {(2, 0): [(0, 1)]})
    content = json.loads(json.dumps(describe(task).to_dict()))
    assert content["graphs"][0]["linked_share"] == 0.5
    found = [(pair["left"], pair["right"], pair["seed"]) for pair in content["pairs"]]
    assert found == [("a", "b", 0), ("a", "c", 1), ("b", "c", 0)]
    assert content["shared_relations"] == 1


def test_graph_without_entities() -> None:
    empty = KnowledgeGraph.from_arrays("empty", np.empty((0, 3), dtype=int))
    other = KnowledgeGraph.from_triples("other", [("x", "r", "y")])
    summary = describe(AlignmentTask.from_kgs([empty, other], {}))
    assert summary.graphs[0] == GraphSummary("empty", 0, 0, 0, 0.0, 0.0, 0, 0, 0)
    assert summary.graphs[0].linked_share == 0.0
