"""Candidates that share values, beside those of the search."""

from __future__ import annotations

import numpy as np

from dualamn.attributes.values import ValueSimilarity
from dualamn.kernels.arrays import IntArray, keys_of
from dualamn.matching.pairs import PairScores, PairTable
from dualamn.result import Candidates


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
        found: from the search; its pools are whose entities may be paired.
        values: what they are worth.
        scale: cosine that a factor of e is worth.
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
    worth = values.worth(table.rows + offsets[0], table.columns + offsets[1])
    return table.ranked(table.scores + scale * worth, pools, offsets, k)
