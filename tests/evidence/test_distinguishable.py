"""Entities that nothing tells apart, against what is known by construction."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualamn import AlignmentTask, KnowledgeGraph
from dualamn.attributes import Attributes
from dualamn.bench.synthetic_task import make_task
from dualamn.config import AlignerConfig
from dualamn.evidence.distinguishable import Distinguishable
from dualamn.graphs.knowledge_graph import FurtherNames, Literals
from dualamn.kernels.arrays import strings

Triples = list[tuple[int, int, int]]


def task_of(
    triples: Triples, n: int, known: list[int], names: list[str] | None = None
) -> AlignmentTask:
    kgs = []
    for side in "ab":
        kg = KnowledgeGraph.from_arrays(
            side, triples, [f"{side}{i}" for i in range(n)], ["r0", "r1"]
        )
        kgs.append(kg if names is None else replace(kg, entity_names=strings(names)))
    return AlignmentTask.from_kgs(kgs, {(0, 1): [(i, i) for i in known]}, seed=4)


def sizes(task: AlignmentTask, attributes: Attributes | None = None) -> list[int]:
    """Class sizes of the left graph in the order that the entities were made in."""
    found = Distinguishable.of(task, task.seed_links, attributes).class_size
    names = task.identifiers(np.arange(len(task.kgs[0].entities)))
    order = np.argsort([int(name[1:]) for name in names])
    size: list[int] = found[: len(names)][order].tolist()
    return size


def test_loops_and_stars_tell_nobody_apart_but_who_is_linked() -> None:
    assert sizes(task_of([(i, 0, i) for i in range(6)], 6, [0, 1])) == [1, 1, 4, 4, 4, 4]
    assert sizes(task_of([(i, 0, 0) for i in range(1, 6)], 6, [0])) == [1, 5, 5, 5, 5, 5]
    assert sizes(task_of([], 3, [])) == [3, 3, 3]


def test_relations_directions_and_distant_links_tell_entities_apart() -> None:
    assert sizes(task_of([(0, 0, 1), (0, 1, 2), (3, 0, 0)], 4, [])) == [1, 1, 1, 1]
    path = [(i, 0, i + 1) for i in range(11)]
    assert sizes(task_of(path, 12, [0])) == [1] * 12
    ring = [(i, 0, (i + 1) % 6) for i in range(6)]
    assert sizes(task_of(ring, 6, [])) == [6] * 6
    assert sizes(task_of(ring, 6, [2])) == [1] * 6


def test_names_and_values_that_take_part_tell_entities_apart() -> None:
    triples = [(i, 0, 0) for i in range(1, 6)]
    task = task_of(triples, 6, [0], ["", "Ann", "ann", "Bob", "", ""])
    assert sizes(task) == [1, 5, 5, 5, 5, 5]
    config = AlignerConfig(names="auto")
    assert sizes(task, Attributes.of(task, config)) == [1, 2, 2, 1, 2, 2]
    kgs = []
    for kg in task.kgs:
        place = {name[1:]: i for i, name in enumerate(kg.entities.tolist())}
        further = FurtherNames(np.array([place["5"]], dtype=np.int32), strings(["Eve"]))
        literals = Literals(
            strings(["born"]),
            np.array([place["1"], place["2"]], dtype=np.int32),
            np.zeros(2, dtype=np.int32),
            strings(["1950", "1960"]),
            strings(["", ""]),
        )
        kgs.append(replace(kg, further_names=further, literals=literals))
    more = replace(task, kgs=tuple(kgs))
    assert sizes(more, Attributes.of(more, config)) == [1] * 6
    off = AlignerConfig(names="off", values="off")
    assert sizes(more, Attributes.of(more, off)) == [1, 5, 5, 5, 5, 5]


def test_a_link_is_no_surer_than_its_more_ambiguous_end() -> None:
    size = np.array([1, 4, 2, 8], dtype=np.int32)
    links = np.array([[0, 2], [1, 2], [0, 0], [1, 3]], dtype=np.int32)
    bound = Distinguishable(size).most_probable(links)
    np.testing.assert_allclose(bound, [0.5, 0.25, 1, 0.125])
    assert Distinguishable(size).most_probable(links[:0]).shape == (0,)


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_copies_of_an_entity_are_always_found(seed: int) -> None:
    """Three copies of one entity, each with all its statements, in a graph at random."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 12, (20, 3)) % [12, 2, 12]
    triples = [(int(h), int(k), int(t)) for h, k, t in rows if h != t]
    copied = int(rng.integers(12))
    for new in (12, 13):
        triples += [(new, k, t) for h, k, t in triples[:20] if h == copied]
        triples += [(h, k, new) for h, k, t in triples[:20] if t == copied and h < 12]
    known = [i for i in range(12) if i != copied][:3]
    found = sizes(task_of(triples, 14, known))
    assert found[12] == found[13] == found[copied] >= 3


@pytest.mark.parametrize("n_kgs", [2, 3])
def test_entities_of_a_rich_graph_are_told_apart(n_kgs: int) -> None:
    task = make_task(200, n_kgs=n_kgs, seed=1)
    found = Distinguishable.of(task, task.seed_links)
    assert (found.class_size[task.seed_links] == 1).all()
    assert (found.class_size == 1).mean() > 0.9
