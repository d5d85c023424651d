import math
from collections import Counter
from dataclasses import replace
from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dualamn
from dualamn.alignment import Alignment
from dualamn.bench.synthetic_task import make_task
from dualamn.errors import ConfigError
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import strings
from dualamn.matching.entity_clusters import Clusters
from dualamn.result import PairAlignment

Row = tuple[str, str, float]


def alignment_of(
    *rows: Row, seeds: tuple[tuple[str, str], ...] = (), graphs: str = "abc", seed: int = 0
) -> Alignment:
    """Links such as ("a1", "b2", 0.5) between graphs of five entities, a0 to a4 and so on."""
    names = [[f"{graph}{i}" for i in range(5)] for graph in graphs]
    nothing = np.empty((0, 3), np.int32)
    kgs = [
        KnowledgeGraph.from_arrays(graph, nothing, strings(own), strings([]))
        for graph, own in zip(graphs, names, strict=True)
    ]
    given: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for left, right in seeds:
        pair = graphs.index(left[0]), graphs.index(right[0])
        given.setdefault(pair, []).append((int(left[1:]), int(right[1:])))
    task = AlignmentTask.from_kgs(kgs, given, name="small", seed=seed)
    pairs = []
    for one, two in task.kg_pairs:
        own_rows = [row for row in rows if (row[0][0], row[1][0]) == (graphs[one], graphs[two])]
        ends = [task.ids(one, [r[0] for r in own_rows]), task.ids(two, [r[1] for r in own_rows])]
        scores = np.array([row[2] for row in own_rows], dtype=np.float32)
        pairs.append(PairAlignment(one, two, np.stack(ends, axis=1), scores, None, None))
    return Alignment(task, tuple(pairs), "unaligned", "mutual")


def sets(clusters: Clusters[Alignment]) -> dict[str, float]:
    """The members' identifiers, with a blank between, to each cluster's score."""
    named = [
        " ".join(clusters.task.identifiers(row[row >= 0]).tolist()) for row in clusters.members
    ]
    return dict(zip(named, np.round(clusters.scores, 4).tolist(), strict=True))


def test_links_that_agree_make_one_cluster() -> None:
    clusters = alignment_of(("a1", "b1", 0.9), ("a1", "c1", 0.7), ("b1", "c1", 0.8)).clusters()
    # b1 and c1 hold on to it by 0.8: the link of 0.7 is not needed.
    assert sets(clusters) == {"a1 b1 c1": pytest.approx(0.8)}
    assert (clusters.n_kept, clusters.n_dropped, clusters.n_implied) == (3, 0, 0)


def test_a_chain_implies_the_pair_of_its_ends() -> None:
    clusters = alignment_of(("a1", "b1", 0.9), ("b1", "c1", 0.4)).clusters()
    assert sets(clusters) == {"a1 b1 c1": pytest.approx(0.4)}
    assert (clusters.n_kept, clusters.n_dropped, clusters.n_implied) == (2, 0, 1)


def test_a_weak_link_does_not_chain_to_an_entity_with_a_surer_counterpart() -> None:
    clusters = alignment_of(("a1", "b1", 0.9), ("b1", "c2", 0.4), ("a1", "c1", 0.8)).clusters()
    assert sets(clusters) == {"a1 b1 c1": pytest.approx(0.8)}
    assert (clusters.n_kept, clusters.n_dropped, clusters.n_implied) == (2, 1, 1)


def test_two_counterparts_in_one_graph_are_a_conflict() -> None:
    clusters = alignment_of(("a1", "b1", 0.3), ("a1", "b2", 0.6), graphs="ab").clusters()
    assert sets(clusters) == {"a1 b2": pytest.approx(0.6)}
    assert clusters.n_dropped == 1


def test_probabilities_say_which_link_is_surer() -> None:
    alignment = alignment_of(("a1", "b1", 0.9), ("a1", "b2", 0.6), ("a2", "b3", 1.0), graphs="ab")
    (pair,) = alignment.pairs
    p = np.array([0.75, 0.95, 0.25], np.float32)
    alignment = replace(alignment, pairs=(replace(pair, probabilities=p),))
    # a2 and b3 are likely not the same.
    assert sets(alignment.clusters()) == {"a1 b2": pytest.approx(0.95)}
    assert len(alignment.confident(0).clusters()) == 2


def test_scores_below_zero_are_ordered_like_others() -> None:
    clusters = alignment_of(("a1", "b1", -0.3), ("a1", "b2", -0.6), graphs="ab").clusters()
    assert sets(clusters) == {"a1 b1": pytest.approx(-0.3)}


def test_seed_links_are_certain() -> None:
    seeds = (("a1", "b1"), ("a2", "c2"))
    clusters = alignment_of(("b1", "c1", 0.5), ("a1", "b3", 7.0), seeds=seeds).clusters()
    assert sets(clusters) == {"a1 b1 c1": 0.5, "a2 c2": 1.0}
    assert (clusters.n_kept, clusters.n_dropped, clusters.n_implied) == (1, 1, 1)
    assert clusters.n_seeds_dropped == 0


def test_a_link_that_is_also_a_seed_link_is_kept() -> None:
    clusters = alignment_of(("a1", "b1", 0.5), seeds=(("a1", "b1"),)).clusters()
    assert sets(clusters) == {"a1 b1": 1.0}
    assert (clusters.n_kept, clusters.n_implied) == (1, 0)
    assert len(clusters.to_alignment()) == 0


@pytest.mark.parametrize(
    "seeds",
    [
        (("a1", "b1"), ("b1", "c1"), ("a2", "c1")),  # a chain between two entities of one graph
        (("a1", "b1"), ("a1", "b2")),  # two counterparts
    ],
)
def test_seed_links_that_contradict_each_other_are_counted(
    seeds: tuple[tuple[str, str], ...],
) -> None:
    clusters = alignment_of(("a3", "b3", 0.5), seeds=seeds).clusters()
    assert clusters.n_seeds_dropped == 1
    assert "a3 b3" in sets(clusters)
    assert "seed links dropped as contradictions: 1" in str(clusters)


def test_no_links_and_one_link() -> None:
    nothing = alignment_of().clusters()
    assert len(nothing) == 0
    assert nothing.members.shape == (0, 3)
    assert nothing.by_size == {}
    assert len(nothing.to_alignment()) == 0
    assert str(nothing).startswith("small: 0 clusters with 0 entities\n")
    one = alignment_of(("a1", "c1", 0.5)).clusters()
    assert sets(one) == {"a1 c1": 0.5}
    assert one.by_size == {2: 1}
    assert Alignment(one.task, (), "unaligned", "mutual").clusters().n_kept == 0


def test_links_below_the_lowest_score_are_left_out_and_counted() -> None:
    alignment = alignment_of(("a1", "b1", 0.9), ("b1", "c1", 0.4), ("a2", "b2", 0.3))
    clusters = alignment.clusters(min_score=0.4)
    assert sets(clusters) == {"a1 b1 c1": pytest.approx(0.4)}
    assert clusters.n_below == 1
    assert "2 kept, 0 dropped as conflicts, 1 below the lowest score" in str(clusters)
    assert len(alignment.clusters(min_score=math.inf)) == 0
    with pytest.raises(ConfigError, match="min_score is not a number"):
        alignment.clusters(min_score=math.nan)


def test_counts_are_told_in_words_and_as_a_report() -> None:
    seeds = (("a4", "b4"),)
    clusters = alignment_of(
        ("a1", "b1", 0.9), ("b1", "c1", 0.8), ("a1", "c2", 0.5), seeds=seeds
    ).clusters()
    assert str(clusters).splitlines() == [
        "small: 2 clusters with 5 entities: 1 of 2, 1 of 3",
        "links: 2 kept, 1 dropped as conflicts",
        "pairs implied without a link: 1",
    ]
    assert repr(clusters) == "Clusters('small': 2 with 5 entities, 2 links kept, 1 dropped)"
    assert clusters.summary() == {
        "clusters": 2,
        "by_size": {2: 1, 3: 1},
        "links_kept": 2,
        "links_dropped": 1,
        "links_below": 0,
        "pairs_implied": 1,
        "seed_links_dropped": 0,
    }


def test_cluster_of_leads_from_an_entity_to_its_row() -> None:
    clusters = alignment_of(("a1", "b1", 0.9), ("a2", "c2", 0.8)).clusters()
    task = clusters.task
    a2, c2, b3 = task.ids(0, ["a2"])[0], task.ids(2, ["c2"])[0], task.ids(1, ["b3"])[0]
    assert clusters.cluster_of[a2] == clusters.cluster_of[c2]
    assert a2 in clusters.members[clusters.cluster_of[a2]]
    assert clusters.cluster_of[b3] == -1


def test_the_pairs_in_clusters_are_an_alignment() -> None:
    alignment = alignment_of(
        ("a1", "b1", 0.9), ("b1", "c1", 0.4), ("b2", "c2", 0.7), seeds=(("a2", "b2"),)
    )
    implied = alignment.clusters().to_alignment()
    columns = implied.columns()
    found = dict(zip(zip(columns.left, columns.right, strict=True), columns.score, strict=True))
    # The seed link is given; a1-c1 and a2-c2 have their clusters' scores.
    assert found == {
        ("a1", "b1"): np.float32(0.9),
        ("b1", "c1"): np.float32(0.4),
        ("a1", "c1"): np.float32(0.4),
        ("b2", "c2"): np.float32(0.7),
        ("a2", "c2"): np.float32(0.7),
    }
    assert (implied.matcher, implied.protocol) == ("mutual, clustered", "unaligned")


@pytest.mark.parametrize("n_kgs", [2, 3, 5])
def test_true_links_give_back_what_the_graphs_were_made_of(n_kgs: int) -> None:
    task = make_task(60, n_kgs=n_kgs, seed=n_kgs)
    pairs = []
    for left, right in task.kg_pairs:
        links = task.links_between(task.test_links, left, right)
        pairs.append(PairAlignment(left, right, links, np.full(len(links), 0.5), None, None))
    clusters = Alignment(task, tuple(pairs), "unaligned", "gold").clusters()
    # ``a/7`` and ``b/7`` are one entity of the hidden graph.
    hidden = Counter(name.partition("/")[2] for kg in task.kgs for name in kg.entities)
    assert clusters.by_size == Counter(size for size in sorted(hidden.values()) if size > 1)
    for row in clusters.members:
        assert len({name[2:] for name in task.identifiers(row[row >= 0])}) == 1
    evaluation = dualamn.evaluate(clusters.to_alignment(), task.test_links)
    assert evaluation.links is not None
    assert (evaluation.links["f1"], evaluation.links["unknown"]) == (1, 0)


def test_clusters_find_links_that_no_pair_found_alone() -> None:
    task = make_task(300, n_kgs=4, train_ratio=0.1, seed=2)
    rng = np.random.default_rng(0)
    pairs = []
    for left, right in task.kg_pairs:
        true = task.links_between(task.test_links, left, right)
        right_ones = rng.random(len(true)) < 0.7
        ends = np.where(right_ones, true[:, 1], rng.permutation(true[:, 1]))
        scores = np.where(right_ones, rng.beta(4, 2, len(true)), rng.beta(2, 4, len(true)))
        links = np.stack([true[:, 0], ends], axis=1).astype(np.int32)
        pairs.append(PairAlignment(left, right, links, scores.astype(np.float32), None, None))
    alignment = Alignment(task, tuple(pairs), "unaligned", "made")
    hard = task.test_links[~task.implied_by_seeds]
    before = dualamn.evaluate(alignment, hard).links
    after = dualamn.evaluate(alignment.clusters().to_alignment(), hard).links
    assert before is not None
    assert after is not None
    for measure in ("precision", "recall"):
        gain = (after[measure] or 0) - (before[measure] or 0)
        assert gain > 0.05


def test_equal_scores_are_not_ordered_by_entity_number() -> None:
    # The k-th entity of one graph is the k-th of the other, and competes with the next for it.
    task = make_task(800, diagonal=True, unmatched=0, keep_triples=1, train_ratio=0, seed=1)
    true = task.test_links
    links = np.concatenate([true, np.stack([true[:, 0], np.roll(true[:, 1], 1)], axis=1)])
    pair = PairAlignment(0, 1, links, np.full(len(links), 0.5, dtype=np.float32), None, None)
    found = Alignment(task, (pair,), "unaligned", "made").clusters().members
    assert len(found) > 500
    assert 0.4 < (found[:, 1] - len(task.kgs[0].entities) == found[:, 0]).mean() < 0.6


def test_without_ties_the_numbering_of_entities_does_not_show() -> None:
    rows = [
        (f"{left}{i}", f"{right}{(i * k) % 5}", 0.01 * (7 * i + 40 * k + 3))
        for k, (left, right) in enumerate(combinations("abc", 2), start=1)
        for i in range(5)
    ]
    found = [sets(alignment_of(*rows, seed=seed).clusters()) for seed in range(4)]
    assert all(other == found[0] for other in found)
    assert found[0]


# Small graphs with many conflicts and ties.
ends = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
links_of = st.dictionaries(
    ends.filter(lambda row: row[0] < row[2]).map(
        lambda r: (f"{'abcd'[r[0]]}{r[1]}", f"{'abcd'[r[2]]}{r[3]}")
    ),
    st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9]),
    max_size=25,
)


def made(links: dict[tuple[str, str], float], n_seeds: int) -> Alignment:
    """The first links become seed links."""
    rows = [(left, right, score) for (left, right), score in links.items()]
    seeds = tuple((left, right) for left, right, _ in rows[:n_seeds])
    return alignment_of(*rows[n_seeds:], seeds=seeds, graphs="abcd")


@given(links_of, st.integers(0, 5))
def test_clusters_are_disjoint_and_counts_add_up(
    links: dict[tuple[str, str], float], n_seeds: int
) -> None:
    alignment = made(links, n_seeds)
    task, clusters = alignment.task, alignment.clusters()
    rows, columns = np.nonzero(clusters.members >= 0)
    members = clusters.members[rows, columns]
    assert len(set(members.tolist())) == len(members)
    assert (task.source_of[members] == columns).all()
    assert (clusters.sizes >= 2).all()
    assert sum(clusters.by_size.values()) == len(clusters)

    cluster_of = clusters.cluster_of
    every = np.concatenate([task.seed_links, alignment.links])
    at = cluster_of[every]
    together = (at[:, 0] == at[:, 1]) & (at[:, 0] >= 0)
    kept = together[len(task.seed_links) :]
    assert (clusters.n_kept, clusters.n_dropped) == (kept.sum(), (~kept).sum())
    assert clusters.n_seeds_dropped == (~together[: len(task.seed_links)]).sum()
    # Whoever is in a cluster has a link that was kept, and the other way round.
    assert set(every[together].ravel().tolist()) == set(members.tolist())
    n_pairs = sum(math.comb(size, 2) for size in clusters.sizes.tolist())
    assert clusters.n_implied == n_pairs - together.sum()

    def graphs(entity: int) -> set[int]:
        row = clusters.members[cluster_of[entity]] if cluster_of[entity] >= 0 else [entity]
        return set(task.source_of[[member for member in row if member >= 0]].tolist())

    # Whatever was dropped would have brought two entities of one graph together.
    assert all(graphs(left) & graphs(right) for left, right in every[~together].tolist())


@given(links_of, st.integers(0, 5), st.randoms())
def test_the_order_of_links_does_not_matter(
    links: dict[tuple[str, str], float], n_seeds: int, random: Random
) -> None:
    rows = list(links.items())
    seeds, others = rows[:n_seeds], rows[n_seeds:]
    random.shuffle(seeds)
    random.shuffle(others)
    shuffled = made(dict([*seeds, *others]), n_seeds)
    pairs = list(shuffled.pairs)
    random.shuffle(pairs)
    shuffled = Alignment(shuffled.task, tuple(pairs), "unaligned", "mutual")
    one, two = made(links, n_seeds).clusters(), shuffled.clusters()
    np.testing.assert_array_equal(one.members, two.members)
    np.testing.assert_array_equal(one.scores, two.scores)
    assert one.summary() == two.summary()


@given(links_of, st.integers(0, 5))
def test_a_cluster_holds_without_the_links_below_its_score(
    links: dict[tuple[str, str], float], n_seeds: int
) -> None:
    alignment = made(links, n_seeds)
    clusters = sets(alignment.clusters())
    for score in set(clusters.values()):
        surer = sets(alignment.clusters(min_score=float(np.float32(score))))
        assert {name for name, own in clusters.items() if own >= score} <= set(surer)
        assert all(own >= score for own in surer.values())


@given(links_of, st.integers(0, 5))
def test_the_pairs_in_clusters_cluster_to_the_same(
    links: dict[tuple[str, str], float], n_seeds: int
) -> None:
    clusters = made(links, n_seeds).clusters()
    again = clusters.to_alignment().clusters()
    np.testing.assert_array_equal(again.members, clusters.members)
    assert (again.n_dropped, again.n_implied) == (0, 0)


@given(links_of)
def test_the_same_as_sets_of_sets(links: dict[tuple[str, str], float]) -> None:
    rows = [(*ends, 0.01 * place) for place, ends in enumerate(sorted(links))]  # no ties
    groups: set[frozenset[str]] = set()
    for left, right, _ in sorted(rows, key=lambda row: -row[2]):
        one, two = (
            next((group for group in groups if end in group), frozenset({end}))
            for end in (left, right)
        )
        if not {end[0] for end in one} & {end[0] for end in two}:
            groups = (groups - {one, two}) | {one | two}
    found = sets(alignment_of(*rows, graphs="abcd").clusters())
    assert set(found) == {" ".join(sorted(group)) for group in groups}
    for group in groups:
        inside = [pair for pair in combinations(sorted(group), 2) if pair in links]
        assert len(inside) >= len(group) - 1
