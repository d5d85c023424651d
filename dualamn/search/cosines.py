"""Cosines of given pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualamn.arrays import FloatArray

_NUMBERS = 1 << 20  # of a block of rows: two of 4 MiB stay in the cache


def pair_cosines(
    embeddings: FloatArray, left: NDArray[np.integer], right: NDArray[np.integer]
) -> FloatArray:
    """The cosine of every pair, without a copy of all their rows.

    Args:
        embeddings: (n, d) float32, L2-normalised rows; of others, inner products come out.
        left, right: (p,) rows of each pair; fast where neighbours in the list share theirs.

    Returns:
        (p,) float32.
    """
    import torch  # slow to load

    rows = torch.from_numpy(embeddings if embeddings.flags.writeable else embeddings.copy())
    both = [torch.from_numpy(np.asarray(ends, dtype=np.int64)) for ends in (left, right)]
    found = torch.empty(len(left))
    step = max(1, _NUMBERS // max(embeddings.shape[1], 1))
    for start in range(0, len(left), step):
        block = slice(start, start + step)
        first, second = (rows.index_select(0, ends[block]) for ends in both)
        torch.sum(first.mul_(second), dim=1, out=found[block])
    result: FloatArray = found.numpy()
    return result
