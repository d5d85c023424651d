"""Evidence against the same definitions written as plain loops over triples."""

from dataclasses import replace
from itertools import product
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dualamn.data_loaders.synthetic import make_task
from dualamn.evidence import Evidence, EvidenceSettings
from dualamn.evidence.edges import Statements
from dualamn.evidence.ranges import blocks, expand
from dualamn.evidence.relations import align_relations
from dualamn.evidence.shared import shared_statements
from dualamn.kg import AlignmentTask, KnowledgeGraph
from dualamn.search import Candidates, candidate_pools, search_candidates

SETTINGS = EvidenceSettings(
    rounds=3, weight=0.12, share_weight=0.6, temperature=0.03, sinkhorn_rounds=50
)
Edge = tuple[int, int, int]


def graph(seed: int, n: int, relations: int, triples: int) -> KnowledgeGraph:
    rng = np.random.default_rng(seed)
    rows = np.stack(
        [
            rng.integers(0, n, triples),
            rng.integers(0, relations, triples),
            rng.integers(0, n, triples),
        ],
        axis=1,
    )
    return KnowledgeGraph.from_arrays(
        f"g{seed}", rows, [str(i) for i in range(n)], [str(i) for i in range(relations)]
    )


def both_ways(kg: KnowledgeGraph) -> list[Edge]:
    """(entity, relation, neighbour), the inverse of relation k being k + r."""
    edges = [(int(h), int(k), int(t)) for h, k, t in kg.triples]
    return edges + [(t, k + kg.n_relations, h) for h, k, t in edges]


def holders(kg: KnowledgeGraph) -> dict[tuple[int, int], int]:
    """How many entities have a (relation, neighbour)."""
    count: dict[tuple[int, int], int] = {}
    for _, k, y in both_ways(kg):
        count[k, y] = count.get((k, y), 0) + 1
    return count


def plain_weights(
    left: KnowledgeGraph, right: KnowledgeGraph, partner: list[int], sure: list[float]
) -> NDArray[np.float64]:
    weights = np.zeros((2 * left.n_relations, 2 * right.n_relations))
    back = {j: sure[i] for i, j in enumerate(partner) if j >= 0}
    mass, mass_right = np.zeros(len(weights)), np.zeros(weights.shape[1])
    shared = np.zeros_like(weights)
    for x, k, y in both_ways(left):
        if partner[x] < 0 or partner[y] < 0:
            continue
        mass[k] += sure[x] * sure[y]
        for x2, k2, y2 in both_ways(right):
            if (x2, y2) == (partner[x], partner[y]):
                shared[k, k2] += sure[x] * sure[y]
    for x2, k2, y2 in both_ways(right):
        mass_right[k2] += back.get(x2, 0) * back.get(y2, 0)
    for k, k2 in product(range(len(weights)), range(weights.shape[1])):
        weight = min(shared[k, k2] / (sqrt(mass[k] * mass_right[k2]) + 3), 0.98)
        weights[k, k2] = weight if weight >= 0.01 else 0
    return weights


graphs = st.tuples(st.integers(0, 10_000), st.integers(1, 7), st.integers(1, 3), st.integers(0, 25))


@given(graphs, graphs)
def test_relations_are_aligned_as_by_hand(
    one: tuple[int, int, int, int], two: tuple[int, int, int, int]
) -> None:
    left, right = graph(*one), graph(*two)
    rng = np.random.default_rng(one[0] + two[0])
    partner = np.full(left.n_entities, -1, dtype=np.int64)
    size = min(left.n_entities, right.n_entities)
    partner[:size] = rng.permutation(right.n_entities)[:size]
    partner[rng.random(left.n_entities) < 0.3] = -1
    sure = rng.random(left.n_entities)
    found = align_relations(Statements.of(left), Statements.of(right), partner, sure)
    expected = plain_weights(left, right, partner.tolist(), sure.tolist())
    np.testing.assert_allclose(found.toarray(), expected, atol=1e-12)


@given(graphs, graphs)
def test_shared_statements_are_those_of_a_loop_over_edges(
    one: tuple[int, int, int, int], two: tuple[int, int, int, int]
) -> None:
    left, right = graph(*one), graph(*two)
    rng = np.random.default_rng(one[0] + two[0])
    weights = rng.random((2 * left.n_relations, 2 * right.n_relations))
    weights[weights < 0.4] = 0
    plan = rng.random((left.n_entities, right.n_entities))
    plan[plan < 0.5] = 0
    expected = np.zeros_like(plan)
    count, count_right = holders(left), holders(right)
    for (x, k, y), (x2, k2, y2) in product(both_ways(left), both_ways(right)):
        shared = sqrt(count[k, y] * count_right[k2, y2])
        worth = weights[k, k2] * plan[y, y2] / shared
        if worth > 0.01:
            expected[x, x2] -= log(1 - min(worth, 0.99))

    from scipy.sparse import csr_array

    found = np.zeros_like(plan)
    y_left, y_right = np.nonzero(plan)
    of_left, of_right = Statements.of(left), Statements.of(right)
    for rows, columns, evidence in shared_statements(
        of_left, of_right, csr_array(weights), (y_left, y_right), plan[y_left, y_right]
    ):
        np.add.at(found, (rows, columns), evidence)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 6)), max_size=30))
def test_ranges_are_expanded_in_order(ranges: list[tuple[int, int]]) -> None:
    starts, counts = (np.array([pair[i] for pair in ranges], dtype=np.int64) for i in (0, 1))
    owner, numbers = expand(starts, counts)
    expected = [(i, start + j) for i, (start, n) in enumerate(ranges) for j in range(n)]
    assert list(zip(owner.tolist(), numbers.tolist(), strict=True)) == expected


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(1, 12))
def test_blocks_cover_everything_once_and_are_small(sizes: list[int], most: int) -> None:
    cuts = blocks(np.array(sizes, dtype=np.int64), most)
    assert [i for cut in cuts for i in range(cut.start, cut.stop)] == list(range(len(sizes)))
    assert all(sum(sizes[cut]) <= most or cut.stop - cut.start == 1 for cut in cuts)


def searched(task: AlignmentTask, k: int = 10, width: int = 8) -> Candidates:
    """Candidates by embeddings that tell little: partners are a bit nearer than others."""
    rng = np.random.default_rng(0)
    numbers = [
        int(str(name).partition("/")[2])  # "a/7" and "b/7" are the same
        for name in task.identifiers(np.arange(task.n_entities))
    ]
    common = rng.standard_normal((max(numbers) + 1, width))
    rows = common[numbers] + rng.standard_normal((len(numbers), width))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return search_candidates(rows, *candidate_pools(task, 0, 1, "unaligned"), k)


def right_among(links: NDArray[np.int32], task: AlignmentTask) -> int:
    return len({*map(tuple, links.tolist())} & {*map(tuple, task.test_links.tolist())})


def test_evidence_finds_what_the_cosines_miss() -> None:
    task = make_task(300, diagonal=True, keep_triples=0.9)
    near = searched(task)
    without = Evidence(task, 0, 1, replace(SETTINGS, rounds=0)).judge(near)
    judged = Evidence(task, 0, 1, SETTINGS).judge(near)
    assert right_among(judged.links, task) > 1.2 * right_among(without.links, task)
    assert judged.probability.min() > 0
    assert judged.probability.max() <= 1


def test_the_candidates_stay_the_same_ones_and_are_sorted() -> None:
    task = make_task(80, diagonal=True)
    near = searched(task, k=5)
    before = near.left_to_right.scores.copy()
    judged = Evidence(task, 0, 1, SETTINGS).judge(near).candidates
    np.testing.assert_array_equal(near.left_to_right.scores, before)
    for old, new in (
        (near.left_to_right, judged.left_to_right),
        (near.right_to_left, judged.right_to_left),
    ):
        np.testing.assert_array_equal(np.sort(old.candidates), np.sort(new.candidates))
        assert (np.diff(new.scores) <= 0).all()


@pytest.mark.parametrize("rounds", [0, 2])
def test_without_candidates_or_seed_links_there_is_nothing_to_judge(rounds: int) -> None:
    task = make_task(40)
    none = np.empty((0, 2), dtype=np.int32)
    alone = replace(task, seed_links=none)
    settings = replace(SETTINGS, rounds=rounds)
    rows = np.eye(task.n_entities, dtype=np.float32)
    empty = search_candidates(rows, np.empty(0, np.int32), task.entity_range(1), 5)
    assert not len(Evidence(alone, 0, 1, settings).judge(empty).links)
    some = search_candidates(rows, *candidate_pools(alone, 0, 1, "all_entities"), 5)
    judged = Evidence(alone, 0, 1, settings).judge(some)
    assert np.isfinite(judged.probability).all()


def test_a_graph_without_triples_has_no_statements() -> None:
    kg = KnowledgeGraph.from_arrays("bare", np.empty((0, 3), int), ["a", "b"], [])
    statements = Statements.of(kg)
    assert statements.strength.tolist() == [0, 0]
    assert len(statements.members) == len(statements.group_keys) == 0
