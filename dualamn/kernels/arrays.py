"""Array types used everywhere."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Int32Array: TypeAlias = NDArray[np.int32]
FloatArray: TypeAlias = NDArray[np.float32]
EmbeddingArray: TypeAlias = NDArray[np.float32] | NDArray[np.float16]
"""Embeddings: float32, or float16 where a plan made them so to save memory."""

BoolArray: TypeAlias = NDArray[np.bool_]
StringArray: TypeAlias = NDArray[Any]
"""One-dimensional array of dtype object that holds Python strings."""

_AT_ONCE = 1 << 15  # rows of half precision to compute with


def normalise(rows: EmbeddingArray) -> None:
    """Brings rows to length one in place; rows of zeros stay."""
    if rows.dtype == np.float16:
        for start in range(0, len(rows), _AT_ONCE):
            single = rows[start : start + _AT_ONCE].astype(np.float32)
            normalise(single)
            rows[start : start + _AT_ONCE] = single
        return
    length = np.sqrt(np.einsum("nd,nd->n", rows, rows))
    rows /= np.maximum(length, 1e-12)[:, None]


def pair_keys(links: NDArray[np.integer]) -> NDArray[np.int64]:
    """(m,) one number for every pair of joint ids."""
    return (links[:, 0].astype(np.int64) << 32) | links[:, 1]


def components(pairs: NDArray[np.integer], n: int) -> NDArray[np.integer]:
    """(n,) a number for each of n entities, equal where pairs join them, over others as well.

    Args:
        pairs: (m, 2) from 0 to n - 1.
        n: how many entities there are.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    joined = coo_array((np.ones(len(pairs), dtype=np.int8), tuple(pairs.T)), shape=(n, n))
    _, component = connected_components(joined, directed=False)
    return np.asarray(component)


def strings(values: Any) -> StringArray:
    """A one-dimensional object array of the given strings."""
    values = list(values)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
