"""Ids of links and clusters that stay while both change."""

import numpy as np

from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import strings
from dualamn.link_files.link_ids import EntitySets, Ids, Lineage, follow, pair_id

KGS = [
    KnowledgeGraph.from_arrays(name, np.empty((0, 3), int), [f"{name}{i}" for i in range(6)], [])
    for name in "abc"
]
NONE = np.empty((0, 2), dtype=np.int32)
TASK = AlignmentTask("task", tuple(KGS), NONE, NONE, NONE)
A, B, C = 0, 6, 12  # the first joint id of each graph
NO_IDS = Ids(strings([]), np.empty(0, np.int32))
NOTHING = EntitySets.of_links(NONE, np.empty(0, np.float32))


def links(*rows: tuple[int, int, float]) -> EntitySets:
    pairs = np.array([(A + x, B + y) for x, y, _ in rows], np.int32).reshape(-1, 2)
    return EntitySets.of_links(pairs, np.array([p for *_, p in rows], np.float32))


def clusters(*rows: tuple[int, int, int]) -> EntitySets:
    offsets = np.array([A, B, C])
    table = np.array(rows, np.int32)
    members = np.where(table >= 0, table + offsets, -1).astype(np.int32)
    sure = np.linspace(0.9, 0.5, len(rows)).astype(np.float32)
    return EntitySets.of_members(members, sure, NONE, sure[:0])


def begun(kind: str, sets: EntitySets) -> Ids:
    return follow(kind, TASK, NOTHING, NO_IDS, sets, 0)[0]  # type: ignore[arg-type]


def test_an_id_is_a_short_hash_of_the_first_pair() -> None:
    ids = begun("link", links((0, 0, 0.9), (1, 1, 0.8)))
    assert ids.ids.tolist()[0] == pair_id("link", ("a", "a0"), ("b", "b0"))
    assert ids.ids[0] != pair_id("cluster", ("a", "a0"), ("b", "b0"))
    assert all(len(own) == 13 and own.isalnum() and own[0] == "l" for own in ids.ids)
    assert ids.births.tolist() == [0, 0]
    odd = pair_id("link", ("a", "\udcff"), ("b", "\N{GREEK SMALL LETTER ALPHA}"))
    assert odd.isascii()


def test_a_link_that_stays_or_moves_keeps_its_id() -> None:
    old = links((0, 0, 0.9), (1, 1, 0.8), (2, 2, 0.7))
    known = begun("link", old)
    new = links((0, 0, 0.4), (1, 3, 0.9), (4, 2, 0.9), (5, 5, 0.9))
    ids, lineage = follow("link", TASK, old, known, new, 1)
    assert ids.ids[:3].tolist() == known.ids.tolist()
    assert ids.births.tolist() == [0, 0, 0, 1]
    assert lineage == []


def test_of_two_parts_of_a_link_the_surer_keeps_the_id() -> None:
    old = links((0, 0, 0.9))
    known = begun("link", old)
    ids, _ = follow("link", TASK, old, known, links((0, 1, 0.6), (1, 0, 0.8)), 1)
    assert ids.ids[1] == known.ids[0]
    assert ids.ids[0] == pair_id("link", ("a", "a0"), ("b", "b1"))


def test_an_id_that_is_taken_is_not_given_again() -> None:
    old = links((0, 0, 0.9))
    moved, _ = follow("link", TASK, old, begun("link", old), links((0, 1, 0.9)), 1)
    again, _ = follow("link", TASK, links((0, 1, 0.9)), moved, links((0, 1, 0.9), (2, 0, 0.9)), 2)
    assert len(set(again.ids)) == 2
    back = links((0, 1, 0.9), (2, 0, 0.9))
    third, _ = follow("link", TASK, back, again, links((3, 1, 0.9), (0, 0, 0.5), (2, 5, 0.9)), 3)
    assert len(set(third.ids)) == 3


def test_clusters_merge_into_the_oldest_and_split_off_from_the_larger_part() -> None:
    old = clusters((0, 0, -1), (1, 1, 1), (-1, 2, 2))
    known = begun("cluster", old)
    known = Ids(known.ids, np.array([3, 1, 2], np.int32))
    merged, lineage = follow("cluster", TASK, old, known, clusters((0, 0, 2), (1, 1, 1)), 4)
    assert merged.ids.tolist() == [known.ids[0], known.ids[1]]
    joined = EntitySets(
        np.zeros(4, np.int64), np.array([A, B, B + 2, C + 2], np.int32),
        np.ones(1, np.float32), np.array([[A, B]], np.int32),
    )  # fmt: skip
    ids, lineage = follow("cluster", TASK, old, known, joined, 4)
    assert ids.ids[0] == known.ids[2], "the older of two that come together"
    assert lineage == [Lineage(known.ids[0], "merged", known.ids[2], 4)]
    parts = EntitySets(
        np.array([0, 0, 1, 1]), joined.entities, np.array([0.4, 0.6], np.float32),
        np.array([[A, B], [B + 2, C + 2]], np.int32),
    )  # fmt: skip
    apart, lineage = follow("cluster", TASK, joined, ids, parts, 5)
    assert apart.ids[1] == ids.ids[0], "of equal parts the surer one"
    assert lineage == [Lineage(apart.ids[0], "split", ids.ids[0], 5)]


def test_the_id_of_a_cluster_is_made_of_its_surest_pair() -> None:
    members = np.array([[A, B, C]], np.int32)
    pairs = np.array([[A, B], [B, C]], np.int32)
    sets = EntitySets.of_members(
        members, np.ones(1, np.float32), pairs, np.array([0.5, 0.9], np.float32)
    )
    assert begun("cluster", sets).ids[0] == pair_id("cluster", ("b", "b0"), ("c", "c0"))
