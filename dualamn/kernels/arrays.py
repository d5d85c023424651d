"""Array types, and small operations on arrays that are used everywhere.

The key of a pair is one int64: the left end in the upper 32 bits, the right one in the lower. Keys
sort as pairs do, by the left end and then the right one.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Int32Array: TypeAlias = NDArray[np.int32]
IntArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.float32]
Floats: TypeAlias = NDArray[np.float64]
"""Numbers to compute with; what is kept for every entity or link is a `FloatArray`."""

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


def no_links() -> Int32Array:
    """(0, 2) joint ids: no pair at all."""
    return np.empty((0, 2), dtype=np.int32)


def pair_keys(links: NDArray[np.integer]) -> IntArray:
    """(m,) the key of every pair of joint ids, given as (m, 2)."""
    return keys_of(links[:, 0], links[:, 1])


def keys_of(left: NDArray[np.integer], right: NDArray[np.integer]) -> IntArray:
    """(m,) the key of every pair, given by its ends: from 0 up to, not including, 2 ** 31."""
    keys: IntArray = left.astype(np.int64, copy=False) << 32
    keys |= right
    return keys


def ends_of(keys: IntArray) -> tuple[IntArray, IntArray]:
    """(m,) left and (m,) right ends of keys of pairs."""
    return keys >> 32, keys & 0xFFFFFFFF


def find(ascending: IntArray, keys: IntArray) -> tuple[IntArray, BoolArray]:
    """(m,) the place of each key among others, and whether it is there: else it means nothing."""
    place: IntArray = np.searchsorted(ascending, keys)
    place[place == len(ascending)] = 0
    here = ascending[place] == keys if len(ascending) else np.zeros(len(keys), dtype=np.bool_)
    return place, here


def splitmix64(bits: NDArray[np.uint64], seed: int = 0) -> NDArray[np.uint64]:
    """(m,) numbers of which every bit depends on every bit given, and on the seed.

    The step from the seed and the finishing of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014,
    https://doi.org/10.1145/2660193.2660195).
    """
    mixed = bits + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def components(pairs: NDArray[np.integer], n: int) -> NDArray[np.integer]:
    """(n,) a number for each of n entities, equal where (m, 2) pairs join them, directly or not."""
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


def expand(starts: IntArray, counts: IntArray) -> tuple[IntArray, IntArray]:
    """The numbers of many ranges, one range after the other.

    Args:
        starts, counts: (n,) the first number of every range, and how many it has.

    Returns:
        (m,) which range every number belongs to, and the (m,) numbers; m is the sum of counts.
    """
    owner = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) + (starts - before)[owner]


def blocks(sizes: IntArray, most: int) -> list[slice]:
    """Cuts a row of things into stretches whose sizes add up to `most`, or of one larger thing."""
    cuts: list[slice] = []
    ends = np.cumsum(sizes)
    start = 0
    while start < len(sizes):
        base = int(ends[start - 1]) if start else 0
        stop = max(int(np.searchsorted(ends, base + most, side="right")), start + 1)
        cuts.append(slice(start, stop))
        start = stop
    return cuts


def largest_of(own: IntArray, values: NDArray[np.floating], most: int) -> tuple[IntArray, IntArray]:
    """Places of the `most` largest of (m,) values of every owner, and their ranks from 0.

    Largest first; of equal ones the earlier comes first.
    """
    order: IntArray = np.lexsort((-values, own))
    rank = ranks(own[order])
    return order[rank < most], rank[rank < most]


def by_value(own: IntArray, values: NDArray[np.floating]) -> IntArray:
    """An order by `own` ascending, and within it by value descending (see `value_keys`).

    Equal ones come in any order, but always the same. One sort of whole numbers, several times
    as fast as `np.lexsort` of two columns.
    """
    return np.argsort(value_keys(own, values))


def value_keys(own: IntArray, values: NDArray[np.floating]) -> IntArray:
    """(m,) whole numbers that ascend with `own`, and within it as values descend.

    Args:
        own: (m,) from 0 up to, not including, 2 ** 31.
        values: (m,) compared as float32.
    """
    bits = values.astype(np.float32).view(np.int32).astype(np.int64)
    # The bits of floats in the order of whole numbers: those of negative ones run backwards.
    rank = np.where(bits < 0, bits ^ 0x7FFFFFFF, bits)
    return np.asarray((own << 32) + ((1 << 31) - 1 - rank))


def grouped(own: IntArray, n: int) -> IntArray:
    """An order by `own`, numbers below n, ascending; equal ones keep theirs.

    A counting sort, several times as fast as `np.argsort`.
    """
    from scipy.sparse import csr_array

    size = len(own)
    dtype = np.int32 if size < 2**31 else np.int64
    places, starts = np.arange(size, dtype=dtype), np.arange(size + 1, dtype=dtype)
    by_own = csr_array((places, own.astype(dtype), starts), shape=(size, max(n, 1))).tocsc()
    return np.asarray(by_own.data, dtype=np.int64)


def ranks(own: IntArray) -> IntArray:
    """(m,) how many entries of the same owner come before each, `own` being sorted."""
    starts = np.flatnonzero(np.diff(own, prepend=-1))
    before: IntArray = np.arange(len(own)) - np.repeat(starts, np.diff(np.append(starts, len(own))))
    return before


def best_of_each(own: IntArray, values: NDArray[np.floating], k: int) -> BoolArray:
    """(m,) which values are among the k highest of their owner; of equal ones the earlier are.

    All are compared with the k-th of their owner: numbers alone are sorted several times as fast as
    numbers that bring their places along. For the arguments see `value_keys`; k is 1 or more.
    """
    kept = np.ones(len(own), dtype=np.bool_)
    count = np.bincount(own)
    crowded = np.flatnonzero(count[own] > k)
    if not len(crowded):
        return kept
    owner = (np.cumsum(count > k) - 1)[own[crowded]]  # numbered anew: those with more than k
    count = count[count > k]
    keys = value_keys(owner, values[crowded])
    ordered = np.sort(keys)
    start = np.cumsum(count) - count
    last = ordered[start + k - 1]
    kept[crowded[keys > last[owner]]] = False
    # As many of those equal to the last one stay as there is room for.
    first, end = (np.searchsorted(ordered, last, side=side) for side in ("left", "right"))
    room = k - (first - start)
    full = end - first > room
    tied = np.flatnonzero((keys == last[owner]) & full[owner])
    tied = tied[grouped(owner[tied], len(count))]
    kept[crowded[tied[ranks(owner[tied]) >= room[owner[tied]]]]] = False
    return kept
