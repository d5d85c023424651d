from typing import Any

import numpy as np
import pytest

from dualamn.bench.synthetic_task import make_task
from dualamn.data_loaders import describe
from dualamn.errors import DataError
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask


def counterparts(task: AlignmentTask, links: Any) -> Any:
    return [tuple(name.split("/")[1] for name in row) for row in task.identifiers(links)]


@pytest.mark.parametrize("n_kgs", [2, 3, 5])
@pytest.mark.parametrize("diagonal", [False, True])
def test_links_are_exactly_the_common_entities(n_kgs: int, diagonal: bool) -> None:
    task = make_task(60, n_kgs=n_kgs, diagonal=diagonal, seed=4)
    assert len(task.kgs) == n_kgs
    for left, right in task.kg_pairs:
        seeds = counterparts(task, task.links_between(task.seed_links, left, right))
        test = counterparts(task, task.links_between(task.test_links, left, right))
        assert all(a == b for a, b in seeds + test)
        hidden = [{name.split("/")[1] for name in task.kgs[kg].entities} for kg in (left, right)]
        assert {a for a, _ in seeds + test} == hidden[0] & hidden[1]
        assert len(seeds) == round(0.3 * len(seeds + test))
        assert not set(seeds) & set(test)
    assert not len(task.valid_links)


def test_graphs_are_as_asked_for() -> None:
    task = make_task(1000, keep_triples=0.7, unmatched=0.2, n_relations=9, mean_degree=10)
    summary = describe(task)
    for graph in summary.graphs:
        assert 700 < graph.entities <= 800
        assert graph.relations == 9
        assert graph.isolated == 0
        assert 0.7 < graph.linked_share < 0.9
        # A power law: the largest degree is far above the mean.
        assert graph.max_degree > 5 * graph.mean_degree
    assert summary.shared_relations == 0
    left, right = (named(kg) for kg in task.kgs)
    common = {name for name, _ in counterparts(task, task.test_links)}
    pairs = [{(h, t) for h, t in edges if h in common and t in common} for edges in (left, right)]
    # Each side has 70% of the hidden triples, so about 70% of one side's are in the other.
    assert 0.6 < len(pairs[0] & pairs[1]) / len(pairs[0]) < 0.8


def named(kg: KnowledgeGraph) -> Any:
    ends = [[name.split("/")[1] for name in kg.entities[kg.triples[:, side]]] for side in (0, 2)]
    return set(zip(*ends, strict=True))


def test_shared_relations() -> None:
    task = make_task(100, shared_relations=True)
    assert describe(task).shared_relations == task.n_relations
    assert make_task(100).n_relations == 24


def test_nothing_lost() -> None:
    task = make_task(50, keep_triples=1, unmatched=0, shared_relations=True)
    assert task.kgs[0].n_triples == task.kgs[1].n_triples
    assert describe(task).graphs[0].linked_share == 1


def test_diagonal() -> None:
    task = make_task(80, diagonal=True, seed=1)
    links = np.concatenate([task.seed_links, task.test_links])
    assert (links[:, 1] - links[:, 0] == task.entity_offsets[1]).all()
    links = make_task(80, seed=1).test_links
    assert (links[:, 1] - links[:, 0] == task.entity_offsets[1]).mean() < 0.2


def test_seed_decides() -> None:
    first, again, other = (make_task(40, seed=seed) for seed in (1, 1, 2))
    assert (first.triples == again.triples).all()
    assert (first.seed_links == again.seed_links).all()
    assert list(first.identifiers(first.seed_links[:, 0])) != list(
        other.identifiers(other.seed_links[:, 0])
    )


def test_smallest() -> None:
    task = make_task(2, n_relations=1, mean_degree=0, unmatched=1)
    assert [kg.n_triples for kg in task.kgs] == [1, 1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_entities", 1),
        ("n_kgs", 1),
        ("n_kgs", 27),
        ("n_relations", 0),
        ("mean_degree", -1),
        ("keep_triples", 1.1),
        ("unmatched", float("nan")),
        ("train_ratio", -0.1),
    ],
)
def test_bad_arguments(name: str, value: Any) -> None:
    with pytest.raises(DataError, match=f"{name} is {value}; use a number from"):
        make_task(**{name: value})
