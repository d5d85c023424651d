"""Which properties of two graphs match, and the match weights of their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import csc_array, csr_array

from dualamn.attributes.facts import Facts, row_products
from dualamn.kernels.arrays import BoolArray, Floats, IntArray, components, expand

_SIGMAS = 3.0  # agreement that chance gives as often as that is none
_DOUBT = 1.5  # agreeing links that count for nothing
_CASES = 3.0  # disagreeing links that count beside those seen
_MOST = 0.98
_SHARE = 0.3  # of its counterpart's best match that a match must be as good as

_MOST_SHARED = 100  # pairs of entities that a value proposes; what more share means little
_MOST_PAIRS = 30  # that all values together propose, for every entity


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
        (one, here), (other, there) = (facts.of_entities(links[:, side]) for side in (0, 1))
        width = max(len(facts.exact), 1)
        wanted, offered = one * width + facts.key[here], other * width + facts.key[there]
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
        return cls(left, right, cases, agree[:, : len(keys)], _chance(facts, left, right))


def belief(cases: Floats, agree: Floats, chance: Floats) -> Floats:
    """b, how much more often than by chance links agree: with the probability b + (1 - b) chance.

    Three standard deviations of chance and a few cases of doubt are taken off.
    """
    expected = cases * chance
    spread = np.sqrt(expected * (1 - chance))
    sure = agree - expected - _SIGMAS * spread - _DOUBT
    found: Floats = np.clip(sure / ((cases + _CASES) * np.maximum(1 - chance, 1e-9)), 0, _MOST)
    return found


def match_properties(facts: Facts, links: IntArray) -> tuple[IntArray, int]:
    """Property matches: properties that carry the same values, as far as links show it.

    Every property goes with that of the other graph which has the highest match weight for linked
    entities, unless others are much better matches to that one.

    Returns:
        (q,) the match that every property is in, -1 for none, and how many matches there are.
    """
    couples = Couples.of(facts, links)
    sure = belief(couples.cases, couples.agree, couples.chance)
    weight = (sure * -np.log(np.clip(couples.chance, 1e-9, 1))).max(axis=0, initial=0)
    good = weight > 0
    left, right, weight = couples.left[good], couples.right[good], weight[good]
    q = len(facts.graph)
    kept = _is_best(left, facts.graph[right], weight) | _is_best(right, facts.graph[left], weight)
    best = np.zeros(q)
    np.maximum.at(best, left, weight)
    np.maximum.at(best, right, weight)
    kept &= weight >= _SHARE * np.maximum(best[left], best[right])
    left, right = left[kept], right[kept]
    part = components(np.stack([left, right], axis=1), q)
    matched = np.zeros(q, dtype=np.bool_)
    matched[left] = matched[right] = True
    match_of = np.full(q, -1, dtype=np.int64)
    parts, match_of[matched] = np.unique(part[matched], return_inverse=True)
    return match_of, len(parts)


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


class PropertyMatch(NamedTuple):
    """Properties that carry the same values.

    Attributes:
        properties: graph and name of each.
        belief: how much more often than by chance linked entities have equal or near values.
        equal: the same of equal ones.
    """

    properties: tuple[tuple[int, str], ...]
    belief: float
    equal: float


@dataclass(frozen=True, eq=False)
class ValueTable:
    """Values of matched properties, and their match weights.

    With b the belief in a property match (`belief`) and f the share of entities whose value of it
    is v, in the graph where they are more, a pair that shares v has the match weight

        log(1 + b (1 - f) / f)

    and a pair that has other values of these properties log(1 - b). Being near, in number or year,
    counts like a value of its own, and equal values for no more than they do by themselves.

    Attributes:
        matches: the property matches.
        n_keys: how many keys there are.
        columns: (c,) of which match and key a column is, as match * n_keys + key, ascending.
        agree: (n, c) rows whose products are the match weights of shared values.
        clash: (n, c') the same of what a missing agreement costs; its first columns, as many as
            there are matches, are those of having a single value.
    """

    matches: tuple[PropertyMatch, ...]
    n_keys: int
    columns: IntArray
    agree: csr_array
    clash: csr_array

    @classmethod
    def of(cls, facts: Facts, links: IntArray) -> ValueTable:
        """Learns from (m, 2) linked entities which values count for how much."""
        match_of, count = match_properties(facts, links)
        merged = facts.merged(match_of, count)
        sure = _beliefs(merged, links, count)
        width = max(len(facts.exact), 1)
        of_prop = np.arange(len(merged.graph)) % max(count, 1)
        often = merged.frequencies().tocoo()
        columns = of_prop[often.coords[0]] * width + often.coords[1]
        known, column, graphs = np.unique(columns, return_inverse=True, return_counts=True)
        frequency = np.zeros(len(known))
        np.maximum.at(frequency, column, np.minimum(often.data, 1))
        own, key = np.divmod(known, width)
        exact = facts.exact[key]
        b = np.where(exact, sure[0, own], sure[1, own])
        weight = np.log1p(b * (1 - frequency) / np.maximum(frequency, 1e-9))
        weight[~exact] *= facts.share[key[~exact]]
        for side in (0, 1):
            parent = facts.parents[key, side]
            place = np.searchsorted(known, own * width + parent)
            place[place == len(known)] = 0
            has = (parent >= 0) & exact
            weight[has] -= weight[place[has]]
        weight = np.where(graphs > 1, np.maximum(weight, 0), 0)

        at = np.searchsorted(known, of_prop[merged.prop] * width + merged.key)
        counts = weight[at] > 0
        agree = csr_array(
            (np.sqrt(weight[at[counts]]).astype(np.float32), (merged.entity[counts], at[counts])),
            shape=(facts.n_entities, max(len(known), 1)),
        )
        properties: list[list[tuple[int, str]]] = [[] for _ in range(count)]
        for prop in np.flatnonzero(match_of >= 0).tolist():
            properties[match_of[prop]].append((int(facts.graph[prop]), facts.names[prop]))
        matches = tuple(
            PropertyMatch(tuple(one), float(b), float(equal))
            for one, equal, b in zip(properties, *sure.tolist(), strict=True)
        )
        clash = _clashes(merged, sure[1], of_prop, at, len(known))
        return cls(matches, width, known, agree, clash)

    def features(self, left: IntArray, right: IntArray) -> tuple[Floats, Floats]:
        """(p,) match weights of shared values, and (p,) of other ones, 0 or less."""
        shared = row_products(self.agree, self.agree, left, right)
        # Having a value costs, and agreeing gives that back: the signs of the columns.
        signed = self.clash.copy()
        signed.data = np.where(signed.indices < len(self.matches), -signed.data, signed.data)
        return shared, np.minimum(row_products(self.clash, signed, left, right), 0)

    def clash_by_match(self, left: int, right: int) -> Floats:
        """What other values of every property match cost two entities."""
        count = len(self.matches)
        both = self.clash[[left]].multiply(self.clash[[right]]).tocoo()
        at = both.coords[1].astype(np.int64)
        is_match = at < count
        match = np.where(is_match, at, 0)
        match[~is_match] = self.columns[at[~is_match] - count] // self.n_keys
        signed = np.where(is_match, -both.data, both.data)
        cost: Floats = np.bincount(match, weights=signed, minlength=count).astype(np.float64)
        return cost

    def proposed(self, left: IntArray, right: IntArray) -> tuple[csr_array, int]:
        """Pairs of (p,) and (q,) entities that share a rare value.

        Returns:
            (p, q) match weights of their shared rare values, and how many values of both were
            left out because too many pairs share them.
        """
        first, second = (csc_array(self.agree[side]) for side in (left, right))
        pairs = np.diff(first.indptr).astype(np.int64) * np.diff(second.indptr)
        order = np.argsort(pairs, kind="stable")
        fits = np.cumsum(pairs[order]) <= _MOST_PAIRS * (len(left) + len(right))
        rare: BoolArray = np.zeros(len(pairs), dtype=np.bool_)
        rare[order[fits]] = True
        rare &= (pairs > 0) & (pairs <= _MOST_SHARED)
        columns = np.flatnonzero(rare)
        found = first[:, columns].tocsr() @ second[:, columns].tocsr().T
        return csr_array(found), int((pairs > 0).sum() - len(columns))


def _beliefs(merged: Facts, links: IntArray, count: int) -> Floats:
    """(2, count) the belief in every match, for equal values and for equal or near ones."""
    couples = Couples.of(merged, links)
    same = (couples.left % max(count, 1)) == (couples.right % max(count, 1))
    match = couples.left[same] % max(count, 1)
    cases: Floats = np.bincount(match, weights=couples.cases[same], minlength=count).astype(float)
    agree, expected = (
        np.stack([np.bincount(match, weights=row, minlength=count).astype(float) for row in table])
        for table in (couples.agree[:, same], (couples.cases * couples.chance)[:, same])
    )
    return belief(cases, agree, expected / np.maximum(cases, 1e-9))


def _clashes(
    merged: Facts, sure: Floats, of_prop: IntArray, column: IntArray, width: int
) -> csr_array:
    """Columns of having one value of a property match, then those of what it is or is near to."""
    count = len(sure)
    cost = np.sqrt(-np.log1p(-sure))
    match = of_prop[merged.has[:, 1]] if len(merged.has) else np.empty(0, dtype=np.int64)
    single = ~merged.several
    n, q = merged.n_entities, max(len(of_prop), 1)
    alone = merged.has[single, 0] * q + merged.has[single, 1]
    # Being equal says no more here than being near; a value that is near to none must be equal.
    widest = ~merged.exact[merged.key] | (merged.parents[merged.key, 0] < 0)
    kept = widest & np.isin(merged.entity * q + merged.prop, alone)
    share = np.where(merged.exact, 1.0, merged.share)[merged.key[kept]]
    values = np.concatenate(
        [cost[match[single]], cost[of_prop[merged.prop[kept]]] * np.sqrt(share)]
    )
    rows = np.concatenate([merged.has[single, 0], merged.entity[kept]])
    columns = np.concatenate([match[single], count + column[kept]])
    return csr_array((values.astype(np.float32), (rows, columns)), shape=(n, count + max(width, 1)))
