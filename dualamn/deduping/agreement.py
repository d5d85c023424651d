"""What it means that two entities agree, learned from the pairs of one graph.

The match weights are those of Fellegi and Sunter ("A theory for record linkage", JASA 1969): of
every comparison the log of how much more frequent a level is among duplicates than among others,
found by expectation and maximisation (Winkler, "Using the EM algorithm for weight computation in
the Fellegi-Sunter model of record linkage", 1988). Left to itself that would take the nearest of
a graph's siblings for duplicates. Two things hold it:

- Pairs of which each name has words that the other lacks are taken to be no duplicates while
  weights are learned, unless they are known: the zero assumption (Efron, "Large-scale simultaneous
  hypothesis testing", JASA 2004).
- What the nearest of other entities looks like is not learned from the pairs in question, but from
  the nearest that are left when every entity's best pair is set aside.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualamn.attributes.seeds_by_name import ascending
from dualamn.deduping.comparisons import Comparison
from dualamn.deduping.word_matching import DIFFERENT, SAME
from dualamn.kernels.arrays import BoolArray, Floats, IntArray

_ROUNDS = 500
_SETTLED = 1e-5
_BEGIN = 0.9  # of pairs whose words all fit, before anything is learned
_BEGIN_OTHERS = 0.01
_LEAST = 1e-4  # a share that no level is taken to be sure beyond


def probabilities(
    pairs: IntArray, comparisons: Sequence[Comparison], likeness: Floats, known: Floats
) -> Floats:
    """(p,) how probable it is that the entities of pairs are duplicates.

    Args:
        pairs: (p, 2) entities.
        comparisons: of the pairs, that of names first.
        likeness: (p,) of names, which ranks the pairs of an entity.
        known: (p,) 1 and 0 for pairs that are known, NaN for others.
    """
    best = _mutual(pairs, likeness, np.ones(len(pairs), dtype=np.bool_))
    given = ~np.isnan(known)
    best |= given
    after = np.flatnonzero(_mutual(pairs, likeness, ~best))
    first = np.flatnonzero(best)
    names = comparisons[0].level
    held = given[first] | (names[first] <= DIFFERENT)
    fixed = np.where(given[first], known[first], 0.0)[held]
    p: Floats = np.where(names[first] >= SAME - 1, _BEGIN, _BEGIN_OTHERS)
    p[held] = fixed
    for _ in range(_ROUNDS):
        weights = [_weights(one, first, p, after) for one in comparisons]
        score = _summed(comparisons, weights)
        found = _posterior(score[first], p.mean())
        found[held] = fixed
        settled = np.abs(found - p).max(initial=0) < _SETTLED
        p = found
        if settled:
            break
    whole = np.zeros(len(pairs))
    whole[first] = _posterior(score[first], p.mean())
    rest = np.flatnonzero(~best)
    # Those are nobody's best. If having a second duplicate is as probable as having a first one,
    # n entities with a chance q of one have n q^2 seconds.
    n = len(np.unique(pairs))
    whole[rest] = _posterior(score[rest], (2 * p.sum() / n) ** 2 * n / max(len(rest), 1))
    whole[given] = known[given]
    return whole


def _mutual(pairs: IntArray, likeness: Floats, among: BoolArray) -> BoolArray:
    """(p,) pairs that no other of either entity is ahead of, among some of the pairs."""
    top = np.full(int(pairs.max(initial=0)) + 1, -np.inf)
    for side in range(2):
        np.maximum.at(top, pairs[among, side], likeness[among])
    mutual: BoolArray = among & (likeness >= top[pairs[:, 0]]) & (likeness >= top[pairs[:, 1]])
    return mutual


def _weights(one: Comparison, first: IntArray, p: Floats, after: IntArray) -> Floats:
    """(levels,) match weights, others being as the pairs after the best ones."""
    level, n = one.level, one.n_levels
    every = np.bincount(level[first], minlength=n) + np.bincount(level[after], minlength=n)
    usual = (every + 1e-9) / (every + 1e-9).sum()
    same = np.bincount(level[first], p, n) + usual
    others = np.bincount(level[after], minlength=n) + usual
    same, others = same / same.sum(), others / others.sum()
    share = same / (same + others)
    if one.ascending:
        share = ascending(share, usual)
    share = np.clip(share, _LEAST, 1 - _LEAST)
    weight: Floats = np.log(share / (1 - share))
    return weight


def _summed(comparisons: Sequence[Comparison], weights: Sequence[Floats]) -> Floats:
    total: Floats = np.zeros(len(comparisons[0].level))
    for one, weight in zip(comparisons, weights, strict=True):
        total = total + weight[one.level]
    return total


def _posterior(score: Floats, share: float) -> Floats:
    share = float(np.clip(share, 1e-9, 1 - 1e-9))
    p: Floats = 1 / (1 + np.exp(-np.clip(score + np.log(share / (1 - share)), -50, 50)))
    return p
