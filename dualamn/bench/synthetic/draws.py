"""Random draws on whole arrays, in closed form or by small tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import DataError
from dualamn.kernels.arrays import splitmix64

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Shares = NDArray[np.float64]

_TRIES = 200


def generator(seed: int, *purpose: int) -> np.random.Generator:
    """Independent random numbers for every purpose."""
    return np.random.default_rng([seed, *purpose])


def mixed_bits(seed: int, numbers: Numbers) -> Shares:
    """(m,) numbers from 0 to below 1 that look drawn at random, alike where `numbers` are."""
    bits = splitmix64(numbers.astype(np.uint64), seed)
    chances: Shares = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return chances


def popular_ranks(luck: Shares, widths: Numbers | int, exponent: float) -> Numbers:
    """Ranks from 0 to below `widths`; how often each comes up follows a power law.

    Ranks come up in proportion to about rank^-b with b = 1 / (exponent - 1); how often they do is
    then distributed with the exponent asked for.

    Args:
        luck: (m,) uniform from 0 to below 1.
        widths: how many ranks there are, for each or for all.
        exponent: above 2.
    """
    shape = (exponent - 1) / (exponent - 2)
    ranks: Numbers = np.minimum((luck**shape * widths).astype(np.int64), widths - 1)
    return ranks


def degrees(rng: np.random.Generator, total: int, count: int, exponent: float) -> Numbers:
    """(count,) numbers that add up to `total`: one for each as far as they go, the rest by a
    power law."""
    if total <= count:
        chosen = np.zeros(count, dtype=np.int64)
        chosen[rng.permutation(count)[:total]] = 1
        return chosen
    weights = (1 - rng.random(count)) ** (-1 / (exponent - 1))
    exact = weights * ((total - count) / weights.sum())
    drawn = exact.astype(np.int64)
    # What rounding down left over goes where most was cut off.
    left = total - count - int(drawn.sum())
    drawn[np.argsort(drawn - exact, kind="stable")[:left]] += 1
    each: Numbers = drawn + 1
    return each


def repair(
    keys: Callable[[], Numbers],
    is_loop: Callable[[], Flags],
    may_change: Flags,
    redraw: Callable[[Numbers, int], None],
) -> None:
    """Draws anew what repeats a row, or is no row that may be.

    Args:
        keys: gives a number for every row, alike where rows are.
        is_loop: gives the rows that may not stay.
        may_change: (m,) the rows that can be drawn anew. Of rows that repeat, the first that may
            not change stays, or else the first.
        redraw: draws the rows at some positions anew; is told the how manieth try this is.

    Raises:
        DataError: there is no room for so many distinct rows.
    """
    for attempt in range(_TRIES):
        bad = _repeated(keys(), may_change) | is_loop()
        if not bad.any():
            return
        redraw(np.flatnonzero(bad), attempt)
    raise DataError(
        "there is no room for so many distinct triples; ask for fewer, or for more entities or "
        "relations"
    )


def _repeated(keys: Numbers, may_change: Flags) -> Flags:
    """(m,) bool: the rows to draw anew so that no key is there twice."""
    bad = np.zeros(len(keys), dtype=bool)
    ordered = np.sort(keys)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return bad
    at = np.minimum(np.searchsorted(twice, keys), len(twice) - 1)
    among = np.flatnonzero(twice[at] == keys)
    # Alike rows together; among them, the one that stays comes first.
    among = among[np.lexsort((among, may_change[among], keys[among]))]
    stays = np.ones(len(among), dtype=bool)
    stays[1:] = keys[among[1:]] != keys[among[:-1]]
    bad[among] = ~stays & may_change[among]
    return bad
