import numpy as np
import pytest

from dualamn.errors import ConfigError
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array
from dualamn.search import candidate_sets


@pytest.fixture
def task() -> AlignmentTask:
    """Three graphs a, b and c of 5, 4 and 3 entities named a0, a1, ..."""
    kgs = [
        KnowledgeGraph.from_triples(
            name, [(f"{name}{i}", "next", f"{name}{(i + 1) % n}") for i in range(n)]
        )
        for name, n in (("a", 5), ("b", 4), ("c", 3))
    ]
    return AlignmentTask.from_kgs(
        kgs,
        {(0, 1): [[0, 0]], (0, 2): [[1, 1]]},
        {(0, 1): [[2, 3], [3, 1]], (1, 2): [[3, 2]]},
        seed=4,
    )


def named(task: AlignmentTask, pools: tuple[Int32Array, Int32Array]) -> list[set[str]]:
    for pool in pools:
        assert pool.dtype == np.int32
        assert (np.diff(pool) > 0).all()
    return [set(task.identifiers(pool)) for pool in pools]


def test_test_only_holds_the_ends_of_that_pairs_test_links(task: AlignmentTask) -> None:
    assert named(task, candidate_sets(task, 0, 1, "test_only")) == [{"a2", "a3"}, {"b3", "b1"}]
    assert named(task, candidate_sets(task, 2, 1, "test_only")) == [{"c2"}, {"b3"}]
    assert named(task, candidate_sets(task, 0, 2, "test_only")) == [set(), set()]


def test_all_entities_holds_both_graphs(task: AlignmentTask) -> None:
    left, right = named(task, candidate_sets(task, 0, 2, "all_entities"))
    assert left == {f"a{i}" for i in range(5)}
    assert right == {f"c{i}" for i in range(3)}


def test_unaligned_leaves_out_seeds_of_this_pair_only(task: AlignmentTask) -> None:
    left, right = named(task, candidate_sets(task, 0, 1, "unaligned"))
    assert left == {"a1", "a2", "a3", "a4"}
    assert right == {"b1", "b2", "b3"}
    left, right = named(task, candidate_sets(task, 1, 2, "unaligned"))
    assert left == {f"b{i}" for i in range(4)}
    assert right == {f"c{i}" for i in range(3)}


def test_unaligned_leaves_out_the_same_identifiers_of_this_pair_only() -> None:
    names = {"a": "xyz", "b": "xuv", "c": "uvw"}
    kgs = [
        KnowledgeGraph.from_triples(name, [(f"http://n/{e}", "r", f"http://n/{e}") for e in of])
        for name, of in names.items()
    ]
    task = AlignmentTask.from_kgs(kgs, {})
    left, right = named(task, candidate_sets(task, 0, 1, "unaligned"))
    assert left == {"http://n/y", "http://n/z"}
    assert right == {"http://n/u", "http://n/v"}
    assert len(named(task, candidate_sets(task, 0, 2, "unaligned"))[0]) == 3


def test_an_unknown_protocol_is_refused(task: AlignmentTask) -> None:
    with pytest.raises(ConfigError, match=r"'all'.*test_only, all_entities, unaligned"):
        candidate_sets(task, 0, 1, "all")  # type: ignore[arg-type]


def test_unaligned_leaves_blank_nodes_out() -> None:
    kgs = [
        KnowledgeGraph.from_triples(name, [(f"{name}0", "r", "_:x"), ("_:x", "r", f"{name}1")])
        for name in "ab"
    ]
    task = AlignmentTask.from_kgs(kgs, {})
    assert task.is_blank.sum() == 2
    assert named(task, candidate_sets(task, 0, 1, "unaligned")) == [{"a0", "a1"}, {"b0", "b1"}]
    assert [len(pool) for pool in candidate_sets(task, 0, 1, "all_entities")] == [3, 3]
