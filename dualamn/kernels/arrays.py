"""Array types used everywhere."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Int32Array: TypeAlias = NDArray[np.int32]
IntArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.float32]
Floats: TypeAlias = NDArray[np.float64]
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


def pair_keys(links: Int32Array) -> NDArray[np.int64]:
    """(m,) one number for every pair of joint ids."""
    return (links[:, 0].astype(np.int64) << 32) | links[:, 1]


def split_mix(numbers: NDArray[np.integer], seed: int = 0) -> NDArray[np.uint64]:
    """(m,) 64 bits for every number that look drawn at random, alike where numbers are.

    The finishing steps of SplitMix64 (Steele, Lea and Flood, 2014): every bit of the result
    depends on every bit given.
    """
    step = (seed + 1) * 0x9E3779B97F4A7C15 % 2**64
    bits = numbers.astype(np.uint64) + np.uint64(step)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = bits ^ (bits >> np.uint64(31))
    return mixed


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
