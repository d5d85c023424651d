"""Many short ranges at once, without a loop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
    owner = own[order]
    rank: IntArray = np.arange(len(owner)) - np.searchsorted(owner, owner)
    return order[rank < most], rank[rank < most]


def by_value(own: IntArray, values: NDArray[np.floating]) -> IntArray:
    """An order by `own` ascending, and within it by value descending.

    Equal ones come in any order, but always the same. One sort of whole numbers, several times
    as fast as `np.lexsort` of two columns.

    Args:
        own: (m,) from 0 up to, not including, 2 ** 31.
        values: (m,) compared as float32.
    """
    bits = values.astype(np.float32).view(np.int32).astype(np.int64)
    # The bits of floats in the order of whole numbers: those of negative ones run backwards.
    rank = np.where(bits < 0, bits ^ 0x7FFFFFFF, bits)
    order: IntArray = np.argsort((own << 32) + (1 << 31) - 1 - rank)
    return order
