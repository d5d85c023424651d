"""Cosines of given pairs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dualamn.kernels.arrays import EmbeddingArray, FloatArray
from dualamn.kernels.memory import is_mapped, let_go, rows_at_once

_NUMBERS = 1 << 20  # of a block of rows: two of 4 MiB stay in the cache


def pair_cosines(
    embeddings: EmbeddingArray, left: NDArray[np.integer], right: NDArray[np.integer]
) -> FloatArray:
    """The cosine of every pair, without a copy of all their rows.

    Mapped rows (`dualamn.kernels.memory`) are gone through block by block, pairs of the same two
    blocks together.

    Args:
        embeddings: (n, d) float32 or float16, L2-normalised rows; of others, inner products.
        left, right: (p,) rows of each pair; fast where neighbours in the list share theirs.

    Returns:
        (p,) float32.
    """
    import torch  # slow to load

    rows = torch.from_numpy(embeddings if embeddings.flags.writeable else embeddings.copy())
    result = np.empty(len(left), dtype=np.float32)
    step = max(1, _NUMBERS // max(embeddings.shape[1], 1))
    for near in _of_two_blocks(embeddings, left, right):
        both = [torch.from_numpy(np.asarray(ends[near], dtype=np.int64)) for ends in (left, right)]
        found = torch.empty(len(both[0]))
        for start in range(0, len(found), step):
            block = slice(start, start + step)
            first, second = (rows.index_select(0, ends[block]).float() for ends in both)
            torch.sum(first.mul_(second), dim=1, out=found[block])
        result[near] = found.numpy()
    return result


def _of_two_blocks(
    embeddings: EmbeddingArray, left: NDArray[np.integer], right: NDArray[np.integer]
) -> Iterator[slice | NDArray[np.int64]]:
    """Which pairs to look at together, so that few mapped rows are in memory at a time."""
    if not is_mapped(embeddings):
        yield slice(None)
        return
    size = rows_at_once(embeddings)
    blocks = -(-len(embeddings) // size)
    place = (left // size * blocks + right // size).astype(np.int32)
    order = np.argsort(place, kind="stable")
    for near in np.split(order, np.flatnonzero(np.diff(place[order])) + 1):
        yield near
        let_go(embeddings)
