"""Which properties of different graphs say the same, learned from linked entities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dualamn.attributes.facts import Facts, row_products
from dualamn.kernels.arrays import BoolArray, IntArray, components, expand

_SIGMAS = 3.0  # agreement that chance gives as often as that is none
_DOUBT = 1.5  # agreeing links that count for nothing
_CASES = 3.0  # disagreeing links that count beside those seen
_MOST = 0.98
_SHARE = 0.3  # of its partner's best match that a match must be as good as

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Couples:
    """How often linked entities agree in one property of either, and how often by chance.

    Attributes:
        left, right: (c,) properties; couples that no link agrees in are left out.
        cases: (c,) links whose entities have both.
        agree: (2, c) how many of them have equal values, and equal or near ones.
        chance: (2, c) how probable that is for two entities that have them.
    """

    left: IntArray
    right: IntArray
    cases: Floats
    agree: Floats
    chance: Floats

    @classmethod
    def of(cls, facts: Facts, links: IntArray) -> Couples:
        """Counts the (m, 2) links that agree."""
        sides = [facts.of_entities(links[:, side]) for side in (0, 1)]
        width = max(len(facts.exact), 1)
        (one, here), (other, there) = sides
        wanted, offered = (
            which * width + facts.key[place] for which, place in ((one, here), (other, there))
        )
        order = np.argsort(offered, kind="stable")
        offered, there = offered[order], there[order]
        first = np.searchsorted(offered, wanted)
        owner, place = expand(first, np.searchsorted(offered, wanted, side="right") - first)
        at, beside = here[owner], there[place]
        q = len(facts.graph)
        couple = facts.prop[at] * q + facts.prop[beside]
        keys, couple = np.unique(couple, return_inverse=True)
        left, right = np.divmod(keys, max(q, 1))
        exact = facts.exact[facts.key[at]]
        share = np.where(exact, 1.0, facts.share[facts.key[at]])
        # An entity may have several values; a link agrees once.
        shape = max(len(links), 1), max(len(keys), 1)
        cells = [
            csr_array((share[chosen], (one[owner][chosen], couple[chosen])), shape=shape)
            for chosen in (exact, ~exact)
        ]
        for part in cells:
            part.sum_duplicates()
            part.data = np.minimum(part.data, 1)
        wide = cells[0].maximum(cells[1])
        agree = np.stack([np.asarray(part.sum(axis=0)) for part in (cells[0], wide)])
        has = [facts.having(links[:, side]) for side in (0, 1)]
        cases = row_products(has[0], has[1], left, right)
        chance = _chance(facts, left, right)
        return cls(left, right, cases, agree[:, : len(keys)], chance)

    def belief(self) -> Floats:
        """(2, c) the share of linked entities that agree for being linked; 0 if too few do."""
        return belief(self.cases, self.agree, self.chance)


def belief(cases: Floats, agree: Floats, chance: Floats) -> Floats:
    """How much more often than by chance links agree, carefully estimated.

    Linked entities agree with the probability b + (1 - b) u, u being chance. What b is left when
    three standard deviations of chance and a few cases of doubt are taken off.
    """
    expected = cases * chance
    spread = np.sqrt(expected * (1 - chance))
    sure = agree - expected - _SIGMAS * spread - _DOUBT
    found: Floats = np.clip(sure / ((cases + _CASES) * np.maximum(1 - chance, 1e-9)), 0, _MOST)
    return found


def match_properties(facts: Facts, links: IntArray) -> tuple[IntArray, int]:
    """Properties that say the same, as far as links show it.

    Every property goes with that of the other graph which tells most of the linked entities,
    unless it is a much worse match to that one than others are.

    Returns:
        (q,) the kind of every property, -1 for none, and how many kinds there are.
    """
    couples = Couples.of(facts, links)
    told = (couples.belief() * -np.log(np.clip(couples.chance, 1e-9, 1))).max(axis=0, initial=0)
    good = told > 0
    left, right, told = couples.left[good], couples.right[good], told[good]
    q = len(facts.graph)
    kept = _is_best(left, facts.graph[right], told) | _is_best(right, facts.graph[left], told)
    best = np.zeros(q)
    np.maximum.at(best, left, told)
    np.maximum.at(best, right, told)
    kept &= told >= _SHARE * np.maximum(best[left], best[right])
    left, right = left[kept], right[kept]
    part = components(np.stack([left, right], axis=1), q)
    matched = np.zeros(q, dtype=np.bool_)
    matched[left] = matched[right] = True
    kind = np.full(q, -1, dtype=np.int64)
    parts, kind[matched] = np.unique(part[matched], return_inverse=True)
    return kind, len(parts)


def _is_best(own: IntArray, graph: IntArray, value: Floats) -> BoolArray:
    """(c,) whether an entry has the highest value of its property in its other graph."""
    group = own * (int(graph.max(initial=0)) + 1) + graph
    top = np.zeros(int(group.max(initial=-1)) + 1)
    np.maximum.at(top, group, value)
    best: BoolArray = value >= top[group]
    return best


def _chance(facts: Facts, left: IntArray, right: IntArray) -> Floats:
    """(2, c) how probably two entities agree by chance in a property of either."""
    often = facts.frequencies()
    exact = csr_array(often * facts.exact[None, : often.shape[1]])
    near = csr_array(often * np.where(facts.exact, 0, facts.share)[None, : often.shape[1]])
    equal = row_products(exact, often, left, right)
    close = row_products(near, often, left, right)
    chance: Floats = np.minimum(np.stack([equal, np.maximum(equal, close)]), 1)
    return chance
