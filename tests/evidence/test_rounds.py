"""Evidence round after round equals the same computed on full matrices, triple by triple."""

from collections import defaultdict
from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dualamn.bench.synthetic_task import make_task
from dualamn.config import AlignerConfig
from dualamn.evidence import Evidence, Judgement
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.compute import threads
from dualamn.matching.pairs import PairScores
from dualamn.matching.sinkhorn import sinkhorn
from dualamn.result import Candidates, TopK
from dualamn.search import candidate_sets, search_candidates
from tests.evidence import small_graphs
from tests.evidence.small_graphs import Known, plain_known_by, plain_overlap, plain_similarity

Floats = NDArray[np.float64]
SETTINGS = replace(small_graphs.SETTINGS, evidence_rounds=4, temperature=0.05, sinkhorn_rounds=15)


def vectors(n: int, seed: int) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).standard_normal((n, 5)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def small_task(seed: int, n: int, r: int, n_triples: int, n_seeds: int) -> AlignmentTask:
    """Two random graphs of n entities, alike to some degree, linked at random."""
    rng = np.random.default_rng(seed)
    first = np.stack([rng.integers(0, size, n_triples) for size in (n, r, n)], axis=1)
    second = first.copy()
    changed = rng.random(n_triples) < 0.3
    second[changed] = np.stack([rng.integers(0, size, changed.sum()) for size in (n, r, n)], axis=1)
    names = [f"e{i}" for i in range(n)], [f"r{i}" for i in range(r)]
    kgs = [KnowledgeGraph.from_arrays(name, t, *names) for name, t in (("a", first), ("b", second))]
    seeds = np.stack([rng.permutation(n)[:n_seeds]] * 2, axis=1)
    return AlignmentTask.from_kgs(kgs, {(0, 1): seeds}, seed=seed)


def plain_sinkhorn(logits: Floats, rounds: int) -> Floats:
    """Of a square table; -inf for what is no candidate."""
    kernel = np.exp(logits - logits.max(axis=1, keepdims=True))
    kernel /= kernel.max(axis=0)
    u = v = np.ones(len(logits))
    for number in range(rounds):
        if number and np.abs(kernel.T @ u * v - 1).mean() <= 1e-3:
            break
        v = 1 / (kernel.T @ u)
        u = 1 / (kernel @ v)
    plan: Floats = u[:, None] * kernel * v
    plan /= np.maximum(plan.sum(axis=1, keepdims=True), 1)
    plan /= np.maximum(plan.sum(axis=0), 1)
    return plan


def sinkhorn_of_any_shape(logits: Floats, rounds: int) -> Floats:
    """By the tested sparse one where sides differ, which has rules of its own for that."""
    if logits.shape[0] == logits.shape[1]:
        return plain_sinkhorn(logits, rounds)
    plan = np.zeros(logits.shape)
    rows, columns = np.nonzero(logits > -np.inf)
    shape = len(plan), len(plan.T)
    plan[rows, columns] = sinkhorn(
        rows, columns, logits[rows, columns], shape, rounds=rounds, tolerance=1e-3
    )
    return plan


def mutual(plan: Floats, at_least: float) -> list[tuple[int, int]]:
    return [
        (x, y)
        for x, y in np.argwhere(plan > at_least).tolist()
        if plan[x, y] == plan[x].max() == plan[:, y].max()
        and (plan[x] == plan[x, y]).sum() == (plan[:, y] == plan[x, y]).sum() == 1
    ]


def plain_weights(
    left: KnowledgeGraph, right: KnowledgeGraph, counterpart: dict[int, int], sure: dict[int, float]
) -> dict[tuple[int, int], float]:
    """Of every two relations, inverses included, that stand for each other."""
    r, r_right = left.n_relations, right.n_relations
    again: dict[tuple[int, int], float] = defaultdict(float)
    of_left, of_right = np.zeros(r), np.zeros(r_right)
    for head, kind, tail in left.triples.tolist():
        if head in counterpart and tail in counterpart:
            of_left[kind] += sure[head] * sure[tail]
            for other_head, other, other_tail in right.triples.tolist():
                if (other_head, other_tail) == (counterpart[head], counterpart[tail]):
                    again[kind, other] += sure[head] * sure[tail]
                if (other_tail, other_head) == (counterpart[head], counterpart[tail]):
                    again[kind, other + r_right] += sure[head] * sure[tail]
    sure_right = {counterpart[x]: p for x, p in sure.items()}
    for head, kind, tail in right.triples.tolist():
        of_right[kind] += sure_right.get(head, 0) * sure_right.get(tail, 0)
    weights = {}
    for (kind, other), mass in again.items():
        weight = min(mass / (sqrt(of_left[kind] * of_right[other % r_right]) + 3), 0.98)
        if weight >= 0.01:
            weights[kind, other] = weight
            weights[kind + r, (other + r_right) % (2 * r_right)] = weight
    return weights


def plain_gather(
    task: AlignmentTask, plan: Floats, seeds: list[tuple[int, int]]
) -> tuple[Floats, Floats]:
    """Of every pair its evidence, and how alike the two are by all their statements."""
    left, right = task.kgs
    settled = [{x for x, _ in seeds}, {y for _, y in seeds}]
    open_pairs = np.argwhere(plan > 0.05).tolist()
    sure = {(x, y): min(plan[x, y], 1.0) for x, y in open_pairs}
    sure = {(x, y): p for (x, y), p in sure.items() if x not in settled[0] and y not in settled[1]}
    best = [pair for pair in mutual(plan, 0.05) if pair in sure]
    sure |= dict.fromkeys(seeds, 1.0)
    counterparts = dict([*best, *seeds])
    # Nothing is known of anybody by itself, so that a pair is one of all entities.
    n = left.n_entities
    speaking = list(sure) if 1 / (1 + n) > 0.05 else seeds
    mute = [np.full(n, True), np.full(n, True)]
    for pair in speaking:
        for side in (0, 1):
            mute[side][pair[side]] = False
    known_by = plain_known_by(left, mute[0]), plain_known_by(right, mute[1])
    private = {(x, y): x in known_by[0] or y in known_by[1] for x, y in sure}
    private |= dict.fromkeys(seeds, False)
    back = {pair: min(p, 1 / (1 + n)) if private[pair] else p for pair, p in sure.items()}
    weights = plain_weights(
        left,
        right,
        counterparts,
        {
            x: max(back[x, y], 0.1 * sure[x, y]) if private[x, y] else sure[x, y]
            for x, y in counterparts.items()
        },
    )
    table = np.zeros((2 * left.n_relations, 2 * right.n_relations))
    for place, weight in weights.items():
        table[place] = weight
    pairs = np.array(list(sure), dtype=np.int64).reshape(-1, 2)
    probability = np.array(list(sure.values()), dtype=np.float64)
    alone = np.array([back[pair] for pair in sure], dtype=np.float64)
    known = Known(left, right, table, (pairs[:, 0], pairs[:, 1]), probability, alone, known_by)
    return plain_overlap(known), plain_similarity(known)


def plain_judge(
    task: AlignmentTask,
    given: Floats,
    cosines: Floats,
    seeds: list[tuple[int, int]],
    settings: AlignerConfig,
    n_queries: int,
) -> tuple[Floats, Floats]:
    """Last scores and probabilities; -inf for what is no candidate.

    `given` has the scores of the search's candidates, `cosines` those of all pairs that may be.
    """
    scores = given

    def plan_of(scores: Floats) -> Floats:
        plan = np.zeros(scores.shape)
        rows, columns = ((scores > -np.inf).any(axis=axis) for axis in (1, 0))
        place = np.ix_(rows, columns)
        logits = scores[place] / settings.temperature
        if logits.size:
            plan[place] = sinkhorn_of_any_shape(logits, settings.sinkhorn_rounds)
        return plan

    plan = plan_of(scores)
    for _ in range(settings.evidence_rounds):
        found, alike = plain_gather(task, plan, seeds)
        known = (given > -np.inf) | ((found > 0) & (settings.evidence_explored > 0))
        scores = np.where(known, cosines, -np.inf)
        scores = scores + found * settings.evidence_weight + alike * settings.evidence_share_weight
        before, plan = plan, plan_of(scores)
        if np.abs(plan - before).sum() <= 1e-3 * n_queries:
            break
    return scores, plan


def table_of(task: AlignmentTask, candidates: Candidates) -> Floats:
    """(n, n') scores of both directions in ids of each graph, -inf for what is no candidate."""
    table = np.full([kg.n_entities for kg in task.kgs], -np.inf)
    offset = task.entity_offsets[1]
    for topk, turned in ((candidates.left_to_right, False), (candidates.right_to_left, True)):
        for query, row, scores in zip(topk.queries, topk.candidates, topk.scores, strict=True):
            for candidate, score in zip(row, scores, strict=True):
                if candidate >= 0:
                    x, y = (candidate, query) if turned else (query, candidate)
                    table[x, y - offset] = score
    return table


def judged(
    task: AlignmentTask,
    candidates: Candidates,
    settings: AlignerConfig = SETTINGS,
    cosines: PairScores | None = None,
) -> Judgement:
    return Evidence(task, 0, 1, settings).judge(candidates, cosines)


def best_of_either(scores: Floats, k: int) -> Floats:
    """-inf for pairs that are not among the k best of their row nor of their column."""
    kept = np.zeros(scores.shape, dtype=bool)
    for axis in (0, 1):
        order = np.argsort(-scores, axis=axis, kind="stable")
        np.put_along_axis(kept, np.take(order, range(min(k, len(order))), axis=axis), True, axis)
    return np.where(kept, scores, -np.inf)


def found_near(task: AlignmentTask, k: int, seed: int, *, all_entities: bool = False) -> Candidates:
    pools = candidate_sets(task, 0, 1, "all_entities" if all_entities else "unaligned")
    return search_candidates(vectors(task.n_entities, seed), *pools, k)


@pytest.mark.parametrize("all_entities", [False, True])
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 9),
    r=st.integers(1, 3),
    n_triples=st.integers(0, 25),
    share=st.floats(0, 0.7),
    k=st.integers(0, 9),
    rounds=st.integers(0, 5),
    explored=st.sampled_from([0, 20]),
)
@example(seed=0, n=1, r=1, n_triples=0, share=0, k=1, rounds=3, explored=0)
@example(seed=0, n=8, r=2, n_triples=20, share=0, k=8, rounds=3, explored=20)
@example(seed=0, n=8, r=1, n_triples=25, share=0.7, k=2, rounds=3, explored=20)
@example(seed=0, n=9, r=2, n_triples=25, share=0.4, k=0, rounds=4, explored=20)
def test_rounds_equal_full_matrices(
    all_entities: bool,
    seed: int,
    n: int,
    r: int,
    n_triples: int,
    share: float,
    k: int,
    rounds: int,
    explored: int,
) -> None:
    task = small_task(seed, n, r, n_triples, int(share * n))
    settings = replace(SETTINGS, evidence_rounds=rounds, evidence_explored=explored)
    pools = candidate_sets(task, 0, 1, "all_entities" if all_entities else "unaligned")
    candidates = search_candidates(rows := vectors(n * 2, seed), *pools, k or 1)
    if not k:
        candidates = Candidates.none(*pools)
    seeds = [(x, y) for x, y in (task.seed_links - task.entity_offsets[:2]).tolist()]
    allowed = np.full((n, n), -np.inf)
    allowed[np.ix_(pools[0], pools[1] - n)] = 0
    given = table_of(task, candidates)
    cosines = (rows[:n] @ rows[n:].T).astype(np.float64)
    scores, plan = plain_judge(
        task, given, cosines + allowed, seeds, settings, len(candidates.left_to_right.queries)
    )
    result = judged(
        task, candidates, settings, lambda x, y: np.einsum("nd,nd->n", rows[x], rows[y + n])
    )
    if not explored:
        width = max(int((t.candidates >= 0).sum(axis=1).max(initial=0)) for t in both(candidates))
        scores = best_of_either(scores, width)
    np.testing.assert_allclose(table_of(task, result.candidates), scores, atol=1e-5)
    links = [tuple(link) for link in (result.links - task.entity_offsets[:2]).tolist()]
    assert links == mutual(plan, 0)
    np.testing.assert_allclose(result.probability, [plan[link] for link in links], atol=1e-5)


def test_blocks_in_threads_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    task = small_task(3, 9, 2, 25, 3)
    candidates, settings = found_near(task, 4, 0), replace(SETTINGS, evidence_explored=3)
    expected = judged(task, candidates, settings)
    for module in ("overlap", "statement_similarity"):
        monkeypatch.setattr(f"dualamn.evidence.{module}._AT_ONCE", 5)
    with threads(3):
        result = judged(task, candidates, settings)
    assert len(expected.links)
    np.testing.assert_array_equal(result.links, expected.links)
    np.testing.assert_array_equal(result.probability, expected.probability)
    np.testing.assert_array_equal(
        table_of(task, result.candidates), table_of(task, expected.candidates)
    )


def both(candidates: Candidates) -> tuple[TopK, TopK]:
    return candidates.left_to_right, candidates.right_to_left


def padded(topk: TopK) -> TopK:
    """With two columns more, filled with what is no candidate."""
    space = len(topk.queries), 2
    return TopK(
        topk.queries,
        np.concatenate([topk.candidates, np.full(space, -1, dtype=np.int32)], axis=1),
        np.concatenate([topk.scores, np.full(space, -np.inf, dtype=np.float32)], axis=1),
        topk.pool_size,
    )


def test_filling_is_no_candidate() -> None:
    task = small_task(0, 9, 2, 25, 3)
    plain = found_near(task, 3, 0)
    filled = Candidates(padded(plain.left_to_right), padded(plain.right_to_left))
    expected, result = judged(task, plain), judged(task, filled)
    np.testing.assert_array_equal(result.links, expected.links)
    np.testing.assert_array_equal(result.probability, expected.probability)
    for mine, theirs in zip(both(result.candidates), both(expected.candidates), strict=True):
        np.testing.assert_array_equal(mine.candidates[:, :3], theirs.candidates)
        np.testing.assert_array_equal(mine.scores[:, :3], theirs.scores)
        assert (mine.candidates[:, 3:] == -1).all()
        assert (mine.scores[:, 3:] == -np.inf).all()


@pytest.mark.parametrize(("left", "right"), [(0, 1), (0, 2), (1, 2)])
def test_two_of_three_graphs_are_judged_as_if_alone(left: int, right: int) -> None:
    task = make_task(40, n_kgs=3)
    pair = task.restricted_to([task.kg_names[left], task.kg_names[right]])
    rows = vectors(task.n_entities, 1)
    both = np.concatenate([task.entity_range(left), task.entity_range(right)])
    near = search_candidates(rows, task.entity_range(left), task.entity_range(right), 6)
    alone = search_candidates(rows[both], pair.entity_range(0), pair.entity_range(1), 6)
    expected = judged(pair, alone)
    result = Evidence(task, left, right, SETTINGS).judge(near)
    assert len(expected.links)
    np.testing.assert_array_equal(result.links, both[expected.links])
    np.testing.assert_array_equal(result.probability, expected.probability)


def test_seed_links_say_the_same_whether_or_not_they_are_searched_among() -> None:
    """Of what is known for certain, there is no more to find out."""
    task = small_task(3, 9, 2, 25, 5)
    free = candidate_sets(task, 0, 1, "unaligned")
    # Everyone has one counterpart that is as near as can be, so that all is sure from the start.
    rows = np.eye(task.n_entities, dtype=np.float32)
    rows[task.seed_links[:, 1]] = rows[task.seed_links[:, 0]]
    rows[free[1]] = rows[free[0]]
    evidence = Evidence(task, 0, 1, replace(SETTINGS, evidence_rounds=1))
    gained = []
    for left, right in (free, candidate_sets(task, 0, 1, "all_entities")):
        near = search_candidates(rows, left, right, 9)
        before, after = (table_of(task, c) for c in (near, evidence.judge(near).candidates))
        here = np.ix_(free[0], free[1] - task.entity_offsets[1])
        gained.append(after[here] - before[here])
    assert (gained[0] > 0.1).any()
    np.testing.assert_allclose(gained[1], gained[0], atol=1e-5)
