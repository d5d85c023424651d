"""Linked entities among others, to see how surely names or values tell them apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualamn.kernels.arrays import BoolArray, FloatArray, Int32Array, IntArray
from dualamn.kernels.logistic import Comparisons
from dualamn.search.exact import nearest

_MOST_LINKS = 2_000  # more do not make two weights any surer
_LIKELY = 20  # the most alike others, each looked at
_DRAWN = 30  # others that stand for all the rest

_ROWS = 1 << 19
"""Rows made at a time, half a GiB with 256 columns; fewer would draw all directions more often."""

Likely = Callable[[IntArray, IntArray, int], IntArray]
"""Of queries, a pool and k: (q, k) joint ids of those in the pool that are like each; -1 fills."""

Features = Callable[[IntArray, IntArray], Sequence[NDArray[Any]]]
"""Of left and right joint ids: (p,) numbers of every feature."""


def compared(
    links: Int32Array,
    sources: Int32Array,
    rng: np.random.Generator,
    *,
    likely: Sequence[Likely],
    features: Features,
    beside: Callable[[IntArray, IntArray], NDArray[np.float64]] | None = None,
    among: BoolArray | None = None,
) -> list[Comparisons]:
    """Every linked pair beside the likeliest other candidates and some that stand for the rest.

    Args:
        links: (m, 2) int32 joint ids.
        sources: (n,) int32 the graph of every entity.
        rng: draws.
        likely: find the candidates that are easily taken for the counterpart.
        features: of pairs.
        beside: what speaks for pairs already, as a logarithm.
        among: (n,) who takes part; everybody if None.

    Returns:
        One for every graph that right entities of the links are in.
    """
    if among is None:
        among = np.ones(len(sources), dtype=np.bool_)
    links = links[among[links].all(axis=1)]
    links = links[rng.permutation(len(links))[:_MOST_LINKS]]
    found: list[Comparisons] = []
    for kg in np.unique(sources[links[:, 1]]):
        chosen = links[sources[links[:, 1]] == kg].astype(np.int64)
        pool = np.flatnonzero((sources == kg) & among)
        near = [chosen[:, 1:], *(find(chosen[:, 0], pool, _LIKELY) for find in likely)]
        candidates = np.concatenate(near, axis=1)
        drawn = pool[rng.integers(len(pool), size=(len(chosen), _DRAWN))]
        share = max(len(pool) - candidates.shape[1], 0) / _DRAWN
        counts = np.concatenate([_firsts(candidates), np.full(drawn.shape, share)], axis=1)
        candidates = np.concatenate([candidates, drawn], axis=1)
        # The counterpart counts once, first in its row.
        counts[:, 1:][candidates[:, 1:] == candidates[:, :1]] = 0
        shape = candidates.shape
        pairs = np.repeat(chosen[:, 0], shape[1]), np.maximum(candidates, 0).ravel()
        found.append(
            Comparisons(
                [values.reshape(shape) for values in features(*pairs)],
                counts.astype(np.float32),
                None if beside is None else beside(*pairs).reshape(shape),
            )
        )
    return found


def joined(parts: Sequence[Comparisons]) -> list[Comparisons]:
    """All in one, the shorter rows of smaller pools filled with candidates that count for none."""
    if not parts:
        return []
    width = max(part.counts.shape[1] for part in parts)

    def filled(rows: Sequence[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([np.pad(a, ((0, 0), (0, width - a.shape[1]))) for a in rows])

    features = zip(*(part.features for part in parts), strict=True)
    counts = filled([part.counts for part in parts])
    beside = [part.beside for part in parts if part.beside is not None]
    return [
        Comparisons([filled(one) for one in features], counts, filled(beside) if beside else None)
    ]


def nearest_rows(
    rows: Callable[[IntArray], FloatArray], queries: IntArray, pool: IntArray, k: int
) -> IntArray:
    """The k entities of a pool whose rows have the largest product with each query's.

    Args:
        rows: makes the (m, d) float32 rows of joint ids, as `NameSimilarity.vectors` does.
        queries: (q,) joint ids.
        pool: (p,) joint ids.
        k: how many, at most p.

    Returns:
        (q, min(k, p)) joint ids, nearest first.
    """
    asked = rows(queries)
    scores = np.empty((len(queries), 0), dtype=np.float32)
    best = np.empty((len(queries), 0), dtype=np.int64)
    for start in range(0, len(pool), _ROWS):
        block = pool[start : start + _ROWS]
        near, places = nearest(asked, rows(block), k)
        scores = np.concatenate([scores, near], axis=1)
        best = np.concatenate([best, block[places]], axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        scores = np.take_along_axis(scores, order, axis=1)
        best = np.take_along_axis(best, order, axis=1)
    return best


def _firsts(candidates: IntArray) -> NDArray[np.float64]:
    """1 for every candidate where it comes first in its row, 0 for fillings and repeats."""
    counts = np.ones(candidates.shape)
    order = np.argsort(candidates, axis=1, kind="stable")
    ordered = np.take_along_axis(candidates, order, axis=1)
    again = np.zeros(candidates.shape, dtype=np.bool_)
    again[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    np.put_along_axis(counts, order, np.where(again, 0.0, 1.0), axis=1)
    counts[candidates < 0] = 0
    return counts
