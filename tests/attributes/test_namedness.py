"""Entities without a name beside entities that have one."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from dualamn import Aligner, AlignmentTask, KnowledgeGraph
from dualamn.attributes.namedness import one_sided_weights
from dualamn.kernels.arrays import pair_keys, strings

SOURCES = np.array([0, 0, 0, 0, 1, 1, 1, 1], dtype=np.int32)


def test_links_show_whether_counterparts_of_the_named_have_names() -> None:
    named = np.array([1, 1, 0, 0, 1, 1, 1, 1], dtype=np.bool_)
    links = np.array([[0, 4], [1, 5]], dtype=np.int32)
    weights = one_sided_weights(named, SOURCES, links)
    # Half of the left graph has no name, and so no counterpart of two right ones with a name.
    np.testing.assert_allclose(weights[1, 0], np.log((0 + 0.5) / (2 + 1) / 0.5))
    # Nobody in the right graph lacks a name, so nothing can be said of that.
    assert weights[0, 1] == 0


def test_a_name_beside_none_is_never_better_than_two_names() -> None:
    named = np.array([1, 1, 0, 0, 1, 1, 1, 1], dtype=np.bool_)
    links = np.array([[2, 4], [3, 5]], dtype=np.int32)
    assert (one_sided_weights(named, SOURCES, links) == 0).all()
    assert (one_sided_weights(named, SOURCES, links[:0]) == 0).all()


def buildings(count: int) -> AlignmentTask:
    """Buildings with an address in a town; in the right graph they are in the town themselves."""
    towns = count // 3
    rng = np.random.default_rng(0)
    said = ["".join(rng.choice(list("abdegiklmnorstuv"), 8)) for _ in range(count + towns)]
    town = rng.integers(towns, size=count)
    at = np.arange(count)
    left = np.concatenate(
        [
            np.stack([at, np.zeros(count, np.int64), count + at], axis=1),
            np.stack([count + at, np.ones(count, np.int64), 2 * count + town], axis=1),
        ]
    )
    right = np.stack([at, np.zeros(count, np.int64), count + town], axis=1)
    kgs = [
        KnowledgeGraph(
            "a",
            strings(f"a{number}" for number in range(2 * count + towns)),
            strings(["address", "town"]),
            left.astype(np.int32),
            strings([*said[:count], *[""] * count, *said[count:]]),
        ),
        KnowledgeGraph(
            "b",
            strings(f"b{number}" for number in range(count + towns)),
            strings(["place"]),
            right.astype(np.int32),
            strings(said),
        ),
    ]
    return AlignmentTask.from_kgs(kgs, {}, {(0, 1): np.stack([at, at], axis=1)}, seed=0)


def test_seed_links_do_not_give_buildings_to_their_nameless_addresses(tmp_path: Path) -> None:
    task = buildings(90)
    some = replace(task, seed_links=task.test_links[:7], test_links=task.test_links[7:])
    aligner = Aligner("fast", calibrate=False).fit(some)
    found = np.isin(pair_keys(some.test_links), pair_keys(aligner.align().links))
    assert found.mean() > 0.9
    aligner.save(tmp_path / "saved")
    again = Aligner.load(tmp_path / "saved")
    np.testing.assert_array_equal(again.align().links, aligner.align().links)
