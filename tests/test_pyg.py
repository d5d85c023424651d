from typing import Any

import numpy as np
import pyoxigraph
import pytest

from dualamn.bench.synthetic_task import make_task
from dualamn.data_loaders import as_task
from dualamn.errors import DataError
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.pyg import from_pyg, to_pyg


def assert_same(task: AlignmentTask, other: AlignmentTask) -> None:
    assert task.name == other.name
    assert task.kg_names == other.kg_names
    assert (task.seed, task.notes) == (other.seed, other.notes)
    for kg, again in zip(task.kgs, other.kgs, strict=True):
        assert list(kg.entities) == list(again.entities)
        assert list(kg.relations) == list(again.relations)
        assert np.array_equal(kg.triples, again.triples)
        assert again.triples.dtype == np.int32
    for name in ("seed_links", "test_links", "valid_links", "triples", "source_of"):
        one, two = getattr(task, name), getattr(other, name)
        assert np.array_equal(one, two)
        assert one.dtype == two.dtype
        assert one.shape == two.shape


@pytest.mark.parametrize("n_kgs", [2, 4])
@pytest.mark.parametrize("shared", [False, True])
def test_round_trip(n_kgs: int, shared: bool) -> None:
    made = make_task(50, n_kgs=n_kgs, shared_relations=shared, seed=3)
    task = AlignmentTask(
        made.name,
        made.kgs,
        made.seed_links,
        made.test_links[4:],
        made.test_links[:4],
        made.seed,
        ("something merged",),
    )
    assert_same(task, from_pyg(to_pyg(task)))
    assert_same(task, AlignmentTask.from_pyg(task.to_pyg()))


def test_round_trip_with_unused_parts() -> None:
    """Isolated entities, relations without triples, and a graph without entities."""
    kgs = [
        KnowledgeGraph.from_arrays("a", [(0, 2, 1)], list("xyz"), list("pqr")),
        KnowledgeGraph.from_arrays("b", np.empty((0, 3), dtype=int), [], ["s"]),
        KnowledgeGraph.from_arrays("c", [(0, 0, 0)], ["u"], ["q"]),
        KnowledgeGraph.from_arrays("d", np.empty((0, 3), dtype=int)),
    ]
    task = AlignmentTask.from_kgs(kgs, {(0, 2): [(2, 0)]})
    assert_same(task, from_pyg(to_pyg(task)))


def test_names_and_literals_come_back() -> None:
    text = '<x:a> <x:r> <x:b> .\n<x:a> <http://xmlns.com/foaf/0.1/name> "A" .\n<x:b> <x:n> "1" .\n'
    store = pyoxigraph.Store()
    store.load(text.encode(), pyoxigraph.RdfFormat.N_TRIPLES)
    task = as_task({"one": store, "two": [("a", "r", "b")]}, [("x:a", "a")])
    again = from_pyg(to_pyg(task))
    assert_same(task, again)
    for kg, other in zip(task.kgs, again.kgs, strict=True):
        assert (kg.entity_names is None) == (other.entity_names is None)
        assert (kg.literals is None) == (other.literals is None)
    one, other = task.kgs[0], again.kgs[0]
    assert one.entity_names is not None
    assert other.entity_names is not None
    assert list(one.entity_names) == list(other.entity_names)
    assert one.literals is not None
    assert other.literals is not None
    assert list(one.literals.values) == list(other.literals.values) == ["1"]
    data = to_pyg(task)
    data.literals_of = [None]
    with pytest.raises(DataError, match="literals_of has 1 entries; give 2"):
        from_pyg(data)


def test_data_is_what_pyg_programs_expect() -> None:
    task = make_task(30)
    data = to_pyg(task)
    data.validate()
    assert data.num_nodes == task.n_entities
    assert data.edge_index.shape == (2, len(task.triples))
    assert data.num_edges == len(task.triples)
    assert str(data.edge_index.dtype) == str(data.edge_type.dtype) == "torch.int64"
    assert data.edge_index.T.tolist() == task.triples[:, [0, 2]].tolist()
    assert data.edge_type.tolist() == task.triples[:, 1].tolist()
    assert data.names == list(task.identifiers(np.arange(task.n_entities)))
    assert data.relation_names == list(task.relations)
    # Nothing is shared: what a program does to the data leaves the task alone.
    before = task.seed_links.copy()
    data.seed_links += 1
    data.source_of += 1
    assert (task.seed_links == before).all()
    assert task.source_of[0] == 0


@pytest.fixture
def bare() -> Any:
    """The least that a task can be made of: two graphs of two entities."""
    import torch
    from torch_geometric.data import Data

    def data(**changes: Any) -> Any:
        content = {
            "edge_index": torch.tensor([[0, 2, 3], [1, 3, 2]]),
            "edge_type": torch.tensor([1, 0, 1]),
            "source_of": torch.tensor([0, 0, 1, 1]),
            "seed_links": torch.tensor([[2, 1]]),
        }
        for name, value in changes.items():
            content[name] = torch.tensor(value) if isinstance(value, list) else value
        return Data(**{name: value for name, value in content.items() if value is not None})

    return data


def test_bare_data(bare: Any) -> None:
    task = from_pyg(bare())
    assert task.kg_names == ("0", "1")
    assert [list(kg.entities) for kg in task.kgs] == [["0", "1"], ["2", "3"]]
    assert [list(kg.relations) for kg in task.kgs] == [["1"], ["0", "1"]]
    assert task.triples.tolist() == [[0, 0, 1], [2, 1, 3], [3, 0, 2]]
    assert task.seed_links.tolist() == [[1, 2]]
    assert task.test_links.shape == (0, 2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"edge_index": None}, "no edge_index"),
        ({"edge_type": None}, "no edge_type"),
        ({"source_of": None}, "no source_of"),
        ({"seed_links": None}, "no links; give one of seed_links"),
        ({"edge_type": [0, 1]}, r"edge_type \(2,\)"),
        ({"edge_type": [0.0, 1.0, 1.0]}, "edge_type is float32"),
        ({"edge_type": [0, -1, 1]}, "edge_type holds numbers from -1"),
        ({"edge_index": [[0, 2, 3], [1, 3, 4]]}, "edge_index holds numbers from 0 to 4"),
        ({"edge_index": [[0, 2, 3], [1, 3, 1]]}, "joins two knowledge graphs"),
        ({"source_of": [0, 1, 0, 1]}, "sort the nodes by source_of"),
        ({"source_of": [0, 0, 0, 0]}, "two or more knowledge graphs"),
        ({"source_of": [-1, 0, 0, 0]}, "source_of holds numbers from -1"),
        ({"num_nodes": 5}, "num_nodes is 5, but source_of has 4"),
        ({"seed_links": [[0, 1]]}, "seed_links links two entities of one"),
        ({"seed_links": [[0, 4]]}, "seed_links holds numbers from 0 to 4"),
        ({"seed_links": [[0, 2, 3]]}, r"seed_links has shape \(1, 3\)"),
        ({"names": "abc"}, "names has 3 entries; give 4"),
        ({"relation_names": "a"}, "relation_names has 1 entries; give 2"),
        ({"names": "aabc"}, "'a' is the identifier of more than one entity"),
    ],
)
def test_bad_data(bare: Any, changes: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        from_pyg(bare(**changes))
