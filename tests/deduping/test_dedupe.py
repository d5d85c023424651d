"""Duplicates within one graph, where they are known."""

from pathlib import Path

import numpy as np
import pytest

import dualamn
from dualamn import DataError, KnowledgeGraph
from dualamn.deduping.comparisons import Features
from dualamn.deduping.grouping import grouped_pairs
from dualamn.deduping.word_matching import WordMatching
from dualamn.graphs.knowledge_graph import Literals
from dualamn.kernels.arrays import strings

People = tuple[KnowledgeGraph, set[frozenset[str]]]
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def found_pairs(duplicates: dualamn.Duplicates) -> set[frozenset[str]]:
    columns = duplicates.likely().columns
    return set(map(frozenset, zip(columns["left"], columns["right"], strict=True)))


def test_duplicates_are_found_and_nothing_else(people: People) -> None:
    graph, pairs = people
    found = dualamn.dedupe(graph)
    assert found_pairs(found) == pairs
    assert len(found) == len(pairs)
    assert {frozenset(own) for own, _ in found.clusters()} == pairs


def test_no_entity_is_paired_with_itself_and_none_twice(people: People) -> None:
    pairs = dualamn.dedupe(people[0]).pairs
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert len(np.unique(pairs, axis=0)) == len(pairs)


def test_without_duplicates_none_are_found(people: People) -> None:
    graph, pairs = people
    again = {name for name in graph.entities.tolist() if name.endswith("/2")}
    ids, words = graph.entities.tolist(), graph.relations.tolist()
    rows = [(ids[h], words[r], ids[t]) for h, r, t in graph.triples.tolist() if ids[h] not in again]
    assert graph.entity_names is not None
    names = {k: str(v) for k, v in zip(ids, graph.entity_names, strict=True) if k not in again}
    assert pairs
    assert not found_pairs(dualamn.dedupe(dualamn.as_graph(rows, "people", entity_names=names)))


def test_the_same_neighbours_alone_make_no_duplicates(people: People) -> None:
    graph, pairs = people
    # Everybody of one family name lives, works and studied at the same place.
    ids, words = graph.entities.tolist(), graph.relations.tolist()
    assert graph.entity_names is not None
    names: dict[str, str] = dict(zip(ids, map(str, graph.entity_names), strict=True))

    def family(person: str) -> str:
        return names[person.partition("/")[0]].split()[-1]

    rows = [
        (ids[h], words[r], f"{words[r]} {family(ids[h])}") for h, r, _ in graph.triples.tolist()
    ]
    names |= {tail: f"Place of {tail}" for _, _, tail in rows}
    ends = {end for head, _, tail in rows for end in (head, tail)}
    siblings = dualamn.as_graph(rows, "people", entity_names={e: names[e] for e in ends})
    found = found_pairs(dualamn.dedupe(siblings))
    assert len(found & pairs) >= 0.9 * len(pairs)
    assert len(found - pairs) <= 0.1 * len(pairs)


def test_known_pairs_are_certain_and_rejected_ones_never_found(people: People) -> None:
    graph, pairs = people
    wrong = tuple(sorted(sorted(map(sorted, pairs))[0]))
    found = dualamn.dedupe(graph, [("p1", "p2")], not_links=[wrong])
    assert found_pairs(found) == pairs - {frozenset(wrong)} | {frozenset(("p1", "p2"))}
    assert {tuple(own) for own, sure in found.clusters() if sure == 1} >= {("p1", "p2")}
    assert not any(set(wrong) <= set(own) for own, _ in found.clusters())


def test_other_types_rule_a_pair_out_if_asked(people: People) -> None:
    graph, pairs = people
    one, two = sorted(sorted(map(sorted, pairs))[0])
    position = {name: at for at, name in enumerate(graph.entities.tolist())}
    at = np.array([position[one], position[two]], dtype=np.int32)
    literals = Literals(
        strings([TYPE]), at, np.zeros(2, np.int32), strings(["x:Man", "x:Ship"]), strings(["", ""])
    )
    typed = KnowledgeGraph(
        graph.name, graph.entities, graph.relations, graph.triples, graph.entity_names, literals
    )
    assert Features.of(typed).other_types(at[:1].astype(np.int64), at[1:].astype(np.int64)).all()
    assert found_pairs(dualamn.dedupe(typed, same_type=True)) == pairs - {frozenset((one, two))}


def test_values_of_single_properties_that_differ_are_seen() -> None:
    entities = strings([f"e{at}" for at in range(12)])
    values = strings([str(1900 + at // 2) for at in range(12)])
    born = Literals(
        strings(["born"]),
        np.arange(12, dtype=np.int32),
        np.zeros(12, np.int32),
        values,
        strings([""] * 12),
    )
    none = np.empty((0, 3), np.int32)
    graph = KnowledgeGraph("g", entities, strings([]), none, entities, born)
    left, right = np.array([0, 0]), np.array([1, 2])
    assert Features.of(graph).compare(left, right)[3].level.tolist() == [1, 3]


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Anna Berg", "Berg, Anna", 9),
        ("Anna Berg", "A. Berg", 8),
        ("Anna Berg", "Anna Begr", 8),
        ("Anna Berg", "Anna Bergs", 8),
        ("Anna Berg", "Anna Maria Berg", 5),
        ("Anna Maria Berg", "Anna Clara Berg", 1),
        ("Anna Berg", "Carl Stein", 0),
        ("Berlin 2010", "Berlin 2012", 0),
        ("Camcorder FS110", "Camcorder FS120", 0),
        ("", "Anna", 0),
    ],
)
def test_names_are_compared_word_by_word(one: str, other: str, level: int) -> None:
    matching = WordMatching([[one], [other], *[["Else"]] * 98])
    assert matching.level(0, 1) == level
    assert matching.level(1, 0) == level


def test_a_chain_on_one_weak_link_is_split() -> None:
    # Two triangles, and one pair between them.
    pairs = np.array([(0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5), (2, 3)])
    sure = np.array([0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.95])
    clusters = grouped_pairs(pairs, sure, np.zeros(7, dtype=np.bool_))
    # The surest pair comes first, and what then fits neither end stays together.
    assert all(len(own) <= 3 for own, _ in clusters)
    sure[-1] = 0.6
    clusters = grouped_pairs(pairs, sure, np.zeros(7, dtype=np.bool_))
    assert [own for own, _ in clusters] == [[0, 1, 2], [3, 4, 5]]
    assert clusters[0][1] == pytest.approx(0.9)


def test_pairs_that_are_different_are_in_no_cluster_together() -> None:
    pairs = np.array([(0, 1), (1, 2), (0, 2)])
    different = np.array([False, False, True])
    clusters = grouped_pairs(pairs, np.array([0.9, 0.8, 0.0]), different)
    assert [own for own, _ in clusters] == [[0, 1]]


def test_a_cluster_of_thousands_is_found() -> None:
    n = 3_000
    pairs = np.array([(0, at) for at in range(1, n)])
    # A star is no cluster: those at its ends have nothing in common.
    star = grouped_pairs(pairs, np.full(n - 1, 0.9), np.zeros(n - 1, dtype=np.bool_))
    assert [len(own) for own, _ in star] == [2]
    n = 300
    one, other = np.triu_indices(n, 1)
    pairs = np.stack([one, other], axis=1)
    whole = grouped_pairs(pairs, np.full(len(pairs), 0.9), np.zeros(len(pairs), dtype=np.bool_))
    assert [len(own) for own, _ in whole] == [n]


def test_what_cannot_be_is_refused(people: People, tmp_path: Path) -> None:
    graph, _ = people
    nameless = KnowledgeGraph("g", graph.entities, graph.relations, graph.triples)
    with pytest.raises(DataError, match="g has no names, and duplicates are found by theirs"):
        dualamn.dedupe(nameless)
    with pytest.raises(DataError, match="there is no entity 'nobody' in people"):
        dualamn.dedupe(graph, [("p1", "nobody")])
    with pytest.raises(DataError, match="'p1' is paired with itself"):
        dualamn.dedupe(graph, [("p1", "p1")])
    with pytest.raises(DataError, match="are a link and a rejected pair"):
        dualamn.dedupe(graph, [("p1", "p2")], not_links=[("p2", "p1")])
    with pytest.raises(dualamn.ConfigError, match="a probability lies between 0 and 1"):
        dualamn.dedupe(graph).links(2)
    (tmp_path / "known.tsv").write_text("left\tright\np1\tp2\np1\tnobody\n")
    with pytest.raises(DataError, match=r"known\.tsv.*line 3"):
        dualamn.dedupe(graph, tmp_path / "known.tsv")
