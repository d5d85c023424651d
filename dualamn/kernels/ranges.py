"""Many short ranges at once, without a loop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

IntArray = NDArray[np.int64]


def expand(starts: IntArray, counts: IntArray) -> tuple[IntArray, IntArray]:
    """The numbers of many ranges, one range after the other.

    Args:
        starts: (n,) the first number of every range.
        counts: (n,) how many numbers it has, 0 or more.

    Returns:
        (m,) which range every number belongs to, and the (m,) numbers; m is the sum of counts.
    """
    owner = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) + (starts - before)[owner]


def blocks(sizes: IntArray, most: int) -> list[slice]:
    """Cuts a row of things into stretches whose sizes add up to `most` or one thing."""
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
    """Places of the largest values of every owner, largest first, and their ranks from 0.

    Args:
        own: (m,) whose each value is.
        values: (m,) of equal ones of an owner the earlier comes first.
        most: of an owner.
    """
    order: IntArray = np.lexsort((-values, own))
    rank = ranks(own[order])
    return order[rank < most], rank[rank < most]


def by_value(own: IntArray, values: NDArray[np.floating]) -> IntArray:
    """An order by `own` ascending, and within it by value descending.

    Equal ones come in any order, but always the same. One sort of whole numbers, several times
    as fast as `np.lexsort` of two columns. Arguments are those of `value_keys`.
    """
    order: IntArray = np.argsort(value_keys(own, values))
    return order


def value_keys(own: IntArray, values: NDArray[np.floating]) -> IntArray:
    """(m,) whole numbers that ascend with `own`, and within it as values descend.

    Args:
        own: (m,) from 0 up to, not including, 2 ** 31.
        values: (m,) compared as float32.
    """
    bits = values.astype(np.float32).view(np.int32).astype(np.int64)
    # The bits of floats in the order of whole numbers: those of negative ones run backwards.
    rank = np.where(bits < 0, bits ^ 0x7FFFFFFF, bits)
    keys: IntArray = (own << 32) + ((1 << 31) - 1 - rank)
    return keys


def grouped(own: IntArray, n: int) -> IntArray:
    """An order by `own`, numbers below n, ascending; equal ones keep theirs.

    A counting sort, several times as fast as `np.argsort`.
    """
    size = len(own)
    kind = np.int32 if size < 2**31 else np.int64
    places, starts = np.arange(size, dtype=kind), np.arange(size + 1, dtype=kind)
    by_own = csr_array((places, own.astype(kind), starts), shape=(size, max(n, 1))).tocsc()
    order: IntArray = by_own.data.astype(np.int64)
    return order


def ranks(own: IntArray) -> IntArray:
    """(m,) how many entries of the same owner come before each, `own` being sorted."""
    starts = np.flatnonzero(np.diff(own, prepend=-1))
    before: IntArray = np.arange(len(own)) - np.repeat(starts, np.diff(np.append(starts, len(own))))
    return before


def best_of_each(own: IntArray, values: NDArray[np.floating], k: int) -> NDArray[np.bool_]:
    """(m,) which values are among the k highest of their owner; of equal ones the earlier are.

    No order is needed for it, but one value of every owner, to which the others are compared:
    numbers alone are sorted several times as fast as numbers that bring their places along.

    Args:
        own: (m,) whose each value is, from 0 up to, not including, 2 ** 31.
        values: (m,) compared as float32.
        k: 1 or more.
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
