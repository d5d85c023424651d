"""From shares to correspondences: which terms are equivalent, and which are part of another.

What is found again of a term k is covered by k' to a share s, of which m(k, k') out of F(k)
statements tell (`Shares`). By Bayes' rule it exceeds t with the probability

    P(s > t) = 1 - I_t(m + 1/2, F - m + 3/2),

where I is the distribution function of the beta distribution: Jeffreys' prior, and one statement
more that speaks against it, since terms that have nothing to do with each other may agree once.

Two terms are equivalent if each covers most of the other, and neither has a better counterpart. A
rival k'' covers d = m(k, k') - m(k, k'') statements less, and only one of the two covers at most
a = 2 F(k) - m(k, k') - m(k, k''). It is a rival with the probability q that k covers most of it,
and then better with about Phi(-d / sqrt(a + 1)), Phi being the normal distribution. With s', q'
and Phi' of the other direction,

    P(k = k') = P(s > 1/2) P(s' > 1/2) (1 - q Phi) (1 - q' Phi').

A term without an equivalent one is part of k' if k' covers nearly
all of it, which has the probability P(s > 4/5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, ndtr

from dualamn.kernels.arrays import Floats, IntArray
from dualamn.schema.shares import Shares

MOST, NEARLY_ALL = 0.5, 0.8
"""Shares that equivalent terms cover of each other at least, and a term of what is part of it."""

LIKELY = 0.5
"""The probability above which a correspondence is listed."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Correspondences among the entries of `Shares`.

    Attributes:
        entry: (m,) which entries; equivalent terms first, then parts.
        order: (m,) 0 where both are equivalent, -1 where the left one is part of the right one,
            and 1 where the right one is part of the left one.
        probability: (m,) that this is so.
    """

    entry: IntArray
    order: IntArray
    probability: Floats

    @classmethod
    def of(cls, shares: Shares) -> Judged:
        """The likely ones: every term has one equivalent at most, or else is part of one."""
        both = shares.both
        left, right = shares.left_found[shares.left], shares.right_found[shares.right]
        alike = both / (left + right - both + 1)
        mostly = covers(both, left, MOST), covers(both, right, MOST)
        probability = mostly[0] * mostly[1]
        for own, other, found, qualifies in (
            (shares.left, shares.right, left, mostly[1]),
            (shares.right, shares.left, right, mostly[0]),
        ):
            best = _best_of_each(own, alike)
            second = _second_of_each(own, other, alike, best)
            is_best = np.zeros(len(both), dtype=np.bool_)
            is_best[best] = True
            probability[~is_best] = 0
            one, rival = best[second >= 0], second[second >= 0]
            difference = both[one] - both[rival]
            apart = np.maximum(2 * found[one] - both[one] - both[rival], np.abs(difference)) + 1
            probability[one] *= 1 - qualifies[rival] * ndtr(-difference / np.sqrt(apart))
        equivalent = np.flatnonzero(probability > LIKELY)
        entries, orders = [equivalent], [np.zeros(len(equivalent), dtype=np.int64)]
        chances = [probability[equivalent]]
        for order, own, found, whole in (
            (-1, shares.left, left, right),
            (1, shares.right, right, left),
        ):
            chance = covers(both, found, NEARLY_ALL)
            parts = np.flatnonzero((chance > LIKELY) & ~np.isin(own, own[equivalent]))
            # Of several, the one that says most, as most of it is this.
            parts = parts[_best_of_each(own[parts], (both / whole)[parts])]
            entries.append(parts)
            orders.append(np.full(len(parts), order, dtype=np.int64))
            chances.append(chance[parts])
        return cls(np.concatenate(entries), np.concatenate(orders), np.concatenate(chances))


def covers(both: Floats, found: Floats, share: float) -> Floats:
    """(c,) how probable it is that terms cover more than a share, see the module."""
    rest = np.maximum(found - both, 0)
    chance: Floats = 1 - betainc(both + 0.5, rest + 1.5, share)
    return chance


def _best_of_each(own: IntArray, value: Floats) -> IntArray:
    """The entry of the highest value of every term, ascending by term; of equals the first."""
    order = np.lexsort((-value, own))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = np.diff(own[order]) != 0
    best: IntArray = order[first]
    return best


def _second_of_each(own: IntArray, other: IntArray, value: Floats, best: IntArray) -> IntArray:
    """The best entry of every term with another counterpart than that of `best`, -1 for none."""
    at = np.full(int(own.max(initial=-1)) + 1, -1, dtype=np.int64)
    at[own[best]] = other[best]
    others = np.flatnonzero(other != at[own])
    second = others[_best_of_each(own[others], value[others])]
    at[:] = -1
    at[own[second]] = second
    found: IntArray = at[own[best]]
    return found
