"""Approximate nearest neighbours of two large pools in each other, with FAISS's inverted files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualamn.kernels.arrays import FloatArray, Int32Array
from dualamn.result import Recall
from dualamn.search.exact import QUERY_BLOCK, Found, checked_rows, nearest, nearest_both_ways

AT = 10  # recall is that of so many nearest
_SAMPLED = 500  # queries of a side that choose the number of probes, and as many that test it
_ITERATIONS, _POINTS = 8, 64  # of k-means, which need not converge, and rows a cluster it looks at
_MOST_SHARE = 0.1  # of the other side; beyond it an exact search, with its large tiles, is as fast


def nearest_approximately(
    left: FloatArray,
    right: FloatArray,
    k: int,
    *,
    recall: float,
    seed: int,
    done: Callable[[int], None] | None = None,
) -> tuple[Found, Found, Recall | None]:
    """Like `nearest_both_ways`, but a row is only compared with clusters that are near it.

    Either side has an inverted file (Sivic and Zisserman, ICCV 2003), FAISS's `IndexIVFFlat`. The
    exact neighbours of a sample of rows set how many clusters are looked into, and those of another
    sample measure what was found. Rows without clear clusters are searched exactly, which is faster
    then.

    Args:
        left, right: (p, d) and (q, d) float32, neither empty.
        k: how many to return, 1 or more.
        recall: share of the ten nearest that is to be found.
        seed: of the samples and of k-means.
        done: called now and then with the number of left rows done so far, nearly.

    Returns:
        As `nearest_both_ways`, and the recall, None for an exact search. A row that was compared
        with fewer than k has positions of -1 at the end, with scores of -inf.
    """
    left, right = checked_rows(left, right, k)
    rng = np.random.default_rng([seed, len(left), len(right)])
    centres = _centres(left, right, rng)
    there = _Direction(left, right, centres, recall, rng)
    back = _Direction(right, left, centres, recall, rng)
    share = (there.share + back.share) / 2
    if share > _MOST_SHARE:
        return *nearest_both_ways(left, right, k, done=done), None
    finished = 0

    def add(rows: int) -> None:
        nonlocal finished
        finished += rows
        if done is not None:
            done(finished * len(left) // (len(left) + len(right)))

    to_right, to_left = there.search(k, add), back.search(k, add)
    found = (there.recall(to_right[1]) + back.recall(to_left[1])) / 2
    queries, probes = len(there.testers) + len(back.testers), max(there.probes, back.probes)
    return to_right, to_left, Recall(found, queries, centres.ntotal, probes, share)


def _centres(left: FloatArray, right: FloatArray, rng: np.random.Generator) -> Any:
    """An index of the centres of clusters, by k-means over a sample of the rows of both sides.

    There are as many that to find a row's nearest takes about as long as to look into some.
    """
    import faiss  # slow to load

    count = max(1, round(2 * (len(left) * len(right)) ** 0.25))
    half = _POINTS * count // 2
    samples = [
        side[np.sort(rng.choice(len(side), min(half, len(side)), replace=False))]
        for side in (left, right)
    ]
    kmeans = faiss.Kmeans(
        left.shape[1],
        count,
        niter=_ITERATIONS,
        seed=int(rng.integers(1 << 31)),
        spherical=True,
        min_points_per_centroid=1,  # fewer than it would like are no reason for a warning
        max_points_per_centroid=_POINTS,
    )
    kmeans.train(np.concatenate(samples))
    return kmeans.index


class _Direction:
    """From queries to a pool: its clusters, and how many of them a query looks into."""

    def __init__(
        self,
        queries: FloatArray,
        pool: FloatArray,
        centres: Any,
        recall: float,
        rng: np.random.Generator,
    ) -> None:
        self.queries, self.pool, self.centres = queries, pool, centres
        sampled = rng.permutation(len(queries))[: 2 * _SAMPLED]
        half = len(sampled) // 2
        self.testers, tuners = sampled[half:], queries[sampled[: max(half, 1)]]
        home = centres.search(pool, 1)[1][:, 0]
        near = centres.search(tuners, centres.ntotal)[1]
        wanted = home[nearest(tuners, pool, AT)[1]]
        ranks = (near[:, None, :] == wanted[:, :, None]).argmax(axis=2)
        self.probes = 1 + int(np.quantile(ranks, recall, method="higher"))
        sizes = np.bincount(home, minlength=centres.ntotal)
        self.share = float(sizes[near[:, : self.probes]].sum(axis=1).mean() / len(pool))

    def search(self, k: int, done: Callable[[int], None]) -> Found:
        """Scores and positions of all queries."""
        import faiss

        index = faiss.IndexIVFFlat(
            self.centres, self.pool.shape[1], self.centres.ntotal, faiss.METRIC_INNER_PRODUCT
        )
        index.add(self.pool)
        index.nprobe = self.probes
        shape = len(self.queries), min(k, len(self.pool))
        scores, positions = np.empty(shape, np.float32), np.empty(shape, np.int32)
        # Queries of one cluster after the other look into the same lists, which stay in the cache.
        order = np.argsort(self.centres.search(self.queries, 1)[1][:, 0], kind="stable")
        for start in range(0, len(order), QUERY_BLOCK):
            rows = order[start : start + QUERY_BLOCK]
            scores[rows], positions[rows] = index.search(self.queries[rows], shape[1])
            done(len(rows))
        scores[positions < 0] = -np.inf
        return scores, positions

    def recall(self, positions: Int32Array) -> float:
        """The share of the nearest of the testing sample that was found."""
        exact = nearest(self.queries[self.testers], self.pool, AT)[1]
        found = positions[self.testers]
        return float((exact[:, :, None] == found[:, None, :]).any(axis=2).mean())
