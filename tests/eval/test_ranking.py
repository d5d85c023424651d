from dataclasses import dataclass
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.eval import rank, ranking, ranking_metrics
from dualamn.kernels.arrays import FloatArray, Int32Array
from dualamn.result import TopK


@dataclass(frozen=True)
class Case:
    """Dense scores of queries and a pool, and gold links in any order."""

    queries: Int32Array
    pool: Int32Array
    scores: FloatArray
    gold: Int32Array

    def topk(self, k: int) -> TopK:
        order = np.argsort(-self.scores, axis=1, kind="stable")[:, :k]
        best = np.take_along_axis(self.scores, order, axis=1)
        return TopK(self.queries, self.pool[order], best, len(self.pool))

    def gold_scores(self) -> list[tuple[float, list[float]]]:
        """Of each gold link, its score and those of its query's whole row."""
        row_of = {query: row for row, query in enumerate(self.queries)}
        column_of = {entity: column for column, entity in enumerate(self.pool)}
        rows = [self.scores[row_of[query]].tolist() for query, _ in self.gold]
        return [
            (row[column_of[answer]], row) for (_, answer), row in zip(self.gold, rows, strict=True)
        ]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    n_queries, n_pool = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_levels = draw(st.integers(1, 20))  # few levels make many ties
    scores = rng.integers(0, n_levels, (n_queries, n_pool)).astype(np.float32)
    queries = rng.permutation(40)[:n_queries].astype(np.int32)
    pool = (50 + rng.permutation(40)[:n_pool]).astype(np.int32)
    m = draw(st.integers(0, 15))
    gold = np.stack([rng.choice(queries, m), rng.choice(pool, m)], axis=1).astype(np.int32)
    return Case(queries, pool, scores, gold)


@given(cases())
def test_complete_candidates_give_the_metrics_of_the_dense_scores(case: Case) -> None:
    by_hand = np.array([sum(s >= score for s in row) for score, row in case.gold_scores()])
    metrics = ranking_metrics(rank(case.topk(100), case.gold))
    assert (metrics["missed"], metrics["n"]) == (0, len(case.gold))
    if len(case.gold):
        for k in (1, 5, 10):
            assert metrics[f"hits@{k}"] == pytest.approx((by_hand <= k).mean())
        assert metrics["mrr"] == pytest.approx((1 / by_hand).mean())
        assert metrics["mean_rank"] == pytest.approx(by_hand.mean())


@given(cases(), st.integers(1, 14))
def test_fewer_candidates_only_turn_ranks_into_misses(case: Case, k: int) -> None:
    topk = case.topk(k)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "ROWS_AT_ONCE", 4)
        ranks = rank(topk, case.gold)
    candidates = {query: set(row) for query, row in zip(topk.queries, topk.candidates, strict=True)}
    for found, worst, (query, answer), (score, row) in zip(
        ranks.rank, ranks.worst, case.gold, case.gold_scores(), strict=True
    ):
        if answer in candidates[query]:
            # Rivals with the same score may lie outside the candidates, better ones cannot.
            assert found == min(k, sum(s >= score for s in row))
        else:
            assert found == 0
            assert worst == max(len(case.pool), topk.candidates.shape[1] + 1)


@given(cases(), st.integers(1, 14), st.randoms(use_true_random=False))
def test_the_order_of_queries_and_of_gold_does_not_matter(
    case: Case, k: int, random: Random
) -> None:
    topk = case.topk(k)
    rows, links = list(range(len(topk.queries))), list(range(len(case.gold)))
    random.shuffle(rows)
    random.shuffle(links)
    shuffled = TopK(topk.queries[rows], topk.candidates[rows], topk.scores[rows], topk.pool_size)
    expected = ranking_metrics(rank(topk, case.gold))
    assert ranking_metrics(rank(shuffled, case.gold[links])) == pytest.approx(expected)


@given(cases(), st.lists(st.integers(0, 15), max_size=4))
def test_ranks_merge_over_slices(case: Case, cuts: list[int]) -> None:
    topk = case.topk(4)
    parts = [rank(topk, part) for part in np.split(case.gold, sorted(cuts))]
    at_once = rank(topk, case.gold)
    for name in ("rank", "worst"):
        merged = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(merged, getattr(at_once, name))


def test_known_ranks_and_metrics() -> None:
    topk = TopK(
        queries=np.array([0, 1, 2, 3], np.int32),
        candidates=np.array([[10, 11], [10, 11], [12, 10], [13, -1]], np.int32),
        scores=np.array([[0.9, 0.1], [0.5, 0.5], [0.8, 0.2], [0.3, -np.inf]], np.float32),
        pool_size=20,
    )
    gold = np.array([[0, 10], [1, 10], [2, 11], [3, 13], [9, 10]], np.int32)
    ranks = rank(topk, gold)
    # first; tied with another; not among the candidates; alone; not even a query
    assert ranks.rank.tolist() == [1, 2, 0, 1, 0]
    assert ranks.n_missed == 2
    assert ranking_metrics(ranks) == {
        "hits@1": 0.4,
        "hits@5": 0.6,
        "hits@10": 0.6,
        "mrr": pytest.approx(2.5 / 5),
        "mean_rank": pytest.approx((1 + 2 + 20 + 1 + 20) / 5),
        "missed": 2,
        "n": 5,
    }


def test_scores_that_are_not_a_number_count_against_us() -> None:
    topk = TopK(
        np.array([0, 1], np.int32),
        np.array([[5, 6, 7], [5, 6, 7]], np.int32),
        np.array([[np.nan, 0.5, 0.4], [0.9, np.nan, 0.4]], np.float32),
        3,
    )
    assert rank(topk, np.array([[0, 6], [1, 6]], np.int32)).rank.tolist() == [2, 3]


def test_nothing_to_measure_is_none_and_not_zero() -> None:
    nobody = np.empty(0, np.int32)
    topk = TopK(nobody, nobody.reshape(0, 0), np.empty((0, 0), np.float32), 0)
    metrics = ranking_metrics(rank(topk, np.empty((0, 2), np.int32)))
    assert metrics == {
        "hits@1": None,
        "hits@5": None,
        "hits@10": None,
        "mrr": None,
        "mean_rank": None,
        "missed": 0,
        "n": 0,
    }
    missed = rank(topk, np.array([[0, 1]], np.int32))
    assert (missed.rank.tolist(), missed.worst.tolist()) == ([0], [1])
