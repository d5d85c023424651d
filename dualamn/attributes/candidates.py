"""Candidates that are near by structure and name together, or share values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dualamn.attributes.base import repeated
from dualamn.attributes.blocking import alike_by_name
from dualamn.attributes.name_sets import best_entities
from dualamn.attributes.names import NameSimilarity
from dualamn.attributes.values import ValueSimilarity
from dualamn.kernels.arrays import EmbeddingArray, FloatArray, Int32Array, IntArray, keys_of
from dualamn.matching.pairs import PairScores, PairTable, candidate_pairs, rescored
from dualamn.progress import Progress, ProgressCallback, silent
from dualamn.result import Candidates, TopK
from dualamn.search.exact import nearest_both_ways, pair_cosines


def search_with_names(
    embeddings: EmbeddingArray,
    names: NameSimilarity,
    scale: float,
    left_ids: Int32Array,
    right_ids: Int32Array,
    k: int,
    *,
    progress: ProgressCallback = silent,
) -> Candidates:
    """The k best entities by cosine and names, in both directions.

    One search over rows of embeddings and projected names side by side finds them; the noise of
    the projection is then taken out of their scores.

    Args:
        embeddings: (n, d) float32 or float16, rows in joint ids and L2-normalised (or all zero).
        names: similarities of names and their weights.
        scale: what match weights are multiplied with beside cosines.
        left_ids, right_ids: (q,) and (p,) int32 joint ids of the two pools, without repeats.
        k: candidates of each entity; at most all of the other pool.
        progress: hears of stage "search" in steps of left entities.

    Returns:
        Candidates whose scores are cosine + scale * match weight.
    """
    vectors = names.vectors()
    vectors *= np.float32((scale * names.weights.similarity) ** 0.5)
    if names.meaning is not None and names.weights.meaning:
        meant = names.meaning * np.float32((scale * names.weights.meaning) ** 0.5)
        vectors = np.concatenate([vectors, meant[names.owners.owner]], axis=1)

    def rows(ids: NDArray[np.integer]) -> FloatArray:
        return np.concatenate([embeddings[names.owners.owner[ids]], vectors[ids]], axis=1)

    def done(count: int) -> None:
        progress(Progress("search", count, len(left_ids)))

    if not names.owners.single:
        found = _search_all_names(names, rows, left_ids, right_ids, k, done)
        pairs = candidate_pairs(found)
        cosines = pair_cosines(embeddings, pairs.rows, pairs.columns)
        weights = scale * names.match_weight(pairs.rows, pairs.columns)
        return rescored(found, pairs, cosines + weights)
    to_right, to_left = nearest_both_ways(rows(left_ids), rows(right_ids), k, done=done)
    found = Candidates(
        TopK(left_ids, right_ids[to_right[1]], to_right[0], len(right_ids)),
        TopK(right_ids, left_ids[to_left[1]], to_left[0], len(left_ids)),
    )
    pairs = candidate_pairs(found)
    noisy = pair_cosines(vectors, pairs.rows, pairs.columns)
    scores = pairs.scores - noisy + scale * names.match_weight(pairs.rows, pairs.columns)
    return rescored(found, pairs, scores)


def _search_all_names(
    names: NameSimilarity,
    rows: Callable[[IntArray], FloatArray],
    left_ids: Int32Array,
    right_ids: Int32Array,
    k: int,
    done: Callable[[int], None],
) -> Candidates:
    """Entities found by each of their names; several of one entity may be among the nearest."""
    pools = [ids.astype(np.int64) for ids in (left_ids, right_ids)]
    (left, mine), (right, theirs) = (names.owners.names_of(pool) for pool in pools)

    def searched(count: int) -> None:
        done(int(left[count - 1]) + 1)

    near = nearest_both_ways(rows(mine), rows(theirs), 2 * k, done=searched)
    found: list[TopK] = []
    for (scores, places), own, others, pool, ids in (
        (near[0], left, right, pools[1], left_ids),
        (near[1], right, left, pools[0], right_ids),
    ):
        width = places.shape[1]
        pairs = np.repeat(own, width), others[places.ravel()], scores.ravel()
        best, values = best_entities(*pairs, len(ids), min(k, len(pool)))
        candidates = np.where(best >= 0, pool[best], -1).astype(np.int32)
        found.append(TopK(ids, candidates, values, len(pool)))
    return Candidates(found[0], found[1])


def look_up_names(
    embeddings: EmbeddingArray,
    names: NameSimilarity,
    scale: float,
    left_ids: Int32Array,
    right_ids: Int32Array,
    k: int,
    *,
    beside: Candidates | None = None,
    progress: ProgressCallback = silent,
) -> Candidates:
    """The k best of those alike by name, in both directions, for graphs too large for a search.

    Arguments and scores are those of `search_with_names`; `beside` are candidates of the same
    pools that come into question as well, as by structure. There are fewer than k where fewer
    names are alike.
    """

    def done(count: int) -> None:
        progress(Progress("search", count, len(left_ids) + len(right_ids)))

    found = alike_by_name(names, left_ids, right_ids, k, done=done)
    if beside is not None:
        found = Candidates(
            _joined(found.left_to_right, beside.left_to_right),
            _joined(found.right_to_left, beside.right_to_left),
        )
    pairs = candidate_pairs(found)
    cosines = pair_cosines(embeddings, pairs.rows, pairs.columns)
    weights = scale * names.match_weight(pairs.rows, pairs.columns)
    best = rescored(found, pairs, cosines + weights)
    if beside is None:
        return best
    return Candidates(_first(best.left_to_right, k), _first(best.right_to_left, k), beside.recall)


def with_values(
    found: Candidates,
    values: ValueSimilarity,
    scale: float,
    offsets: IntArray,
    k: int,
    scores: PairScores | None,
) -> Candidates:
    """The k best entities by their scores so far and values, in both directions.

    Args:
        found: from the search; its candidate sets are whose entities may be paired.
        values: give match weights.
        scale: what match weights are multiplied with beside cosines.
        offsets: joint ids of the first entity of either graph.
        k: candidates of each entity.
        scores: those, less those of values, of pairs that were not searched for; 0 if None.
    """
    pools = found.left_to_right.queries, found.right_to_left.queries
    shared = values.proposed(*pools).tocoo()
    rows, columns = (
        pool.astype(np.int64)[at] - offset
        for pool, at, offset in zip(pools, shared.coords, offsets.tolist(), strict=True)
    )
    table = PairTable.of(found, offsets).extended(np.unique(keys_of(rows, columns)), scores)
    weights = values.match_weight(table.rows + offsets[0], table.columns + offsets[1])
    return table.ranked(table.scores + scale * weights, pools, offsets, k)


def _joined(one: TopK, other: TopK) -> TopK:
    """The candidates of both, each once, in no order."""
    candidates = np.concatenate([one.candidates, other.candidates], axis=1)
    again = repeated(candidates)
    candidates[again] = -1
    scores = np.concatenate([one.scores, other.scores], axis=1)
    return TopK(one.queries, candidates, np.where(again, -np.inf, scores), one.pool_size)


def _first(topk: TopK, k: int) -> TopK:
    k = min(k, topk.pool_size)
    return TopK(topk.queries, topk.candidates[:, :k], topk.scores[:, :k], topk.pool_size)
