"""What sharing a value is worth, as sparse rows whose products say it of any two entities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array

from dualamn.attributes.facts import Facts, row_products
from dualamn.attributes.properties import Couples, Floats, belief, match_properties
from dualamn.kernels.arrays import BoolArray, IntArray

_MOST_SHARED = 100  # pairs of entities that a value proposes; what more share tells little
_MOST_PAIRS = 30  # that all values together propose, for every entity


@dataclass(frozen=True, eq=False)
class ValueTable:
    """Values of kinds of properties, and what it is worth to share them or not.

    With b the belief in a kind (`kinds.belief`) and f the share of entities whose value of it
    is v, in the graph where they are more, a pair that shares v is more probable by

        log(1 + b (1 - f) / f)

    and a pair that has other values of this kind by log(1 - b). Being near, in number or year,
    counts like a value of its own, and equal values for no more than they do by themselves.

    Attributes:
        kinds: the properties that say the same, as graph and name, and the belief in each kind
            for values that are equal or near.
        n_keys: how many keys there are.
        columns: (c,) of which kind and key a column is, as kind * n_keys + key, ascending.
        agree: (n, c) rows whose products are what shared values are worth.
        clash: (n, c') the same of what a missing agreement costs; its first columns, as many as
            there are kinds, are those of having a single value.
    """

    kinds: tuple[tuple[tuple[tuple[int, str], ...], float], ...]
    n_keys: int
    columns: IntArray
    agree: csr_array
    clash: csr_array

    @classmethod
    def of(cls, facts: Facts, links: IntArray) -> ValueTable:
        """Learns from (m, 2) linked entities which values count for how much."""
        kind, count = match_properties(facts, links)
        joined = facts.as_kinds(kind, count)
        sure = _beliefs(joined, links, count)
        width = max(len(facts.exact), 1)
        of_prop = np.arange(len(joined.graph)) % max(count, 1)
        often = joined.frequencies().tocoo()
        columns = of_prop[often.coords[0]] * width + often.coords[1]
        known, column, graphs = np.unique(columns, return_inverse=True, return_counts=True)
        frequency = np.zeros(len(known))
        np.maximum.at(frequency, column, np.minimum(often.data, 1))
        own, key = np.divmod(known, width)
        exact = facts.exact[key]
        worth = _worth(np.where(exact, sure[0, own], sure[1, own]), frequency)
        worth[~exact] *= facts.share[key[~exact]]
        for side in (0, 1):
            parent = facts.parents[key, side]
            place = np.searchsorted(known, own * width + parent)
            place[place == len(known)] = 0
            has = (parent >= 0) & exact
            worth[has] -= worth[place[has]]
        worth = np.where(graphs > 1, np.maximum(worth, 0), 0)

        at = np.searchsorted(known, of_prop[joined.prop] * width + joined.key)
        told = worth[at] > 0
        agree = csr_array(
            (np.sqrt(worth[at[told]]).astype(np.float32), (joined.entity[told], at[told])),
            shape=(facts.n_entities, max(len(known), 1)),
        )
        properties: list[list[tuple[int, str]]] = [[] for _ in range(count)]
        for prop in np.flatnonzero(kind >= 0).tolist():
            properties[kind[prop]].append((int(facts.graph[prop]), facts.names[prop]))
        kinds = tuple(
            (tuple(one), float(b)) for one, b in zip(properties, sure[1].tolist(), strict=True)
        )
        return cls(kinds, width, known, agree, _clashes(joined, sure[1], of_prop, at, len(known)))

    def features(self, left: IntArray, right: IntArray) -> tuple[Floats, Floats]:
        """(p,) what shared values are worth, and (p,) what other ones cost, 0 or less."""
        shared = row_products(self.agree, self.agree, left, right)
        return shared, np.minimum(self._clash(left, right), 0)

    def _clash(self, left: IntArray, right: IntArray) -> Floats:
        """Having a value costs, and agreeing gives that back: the signs of the columns."""
        signed = self.clash.copy()
        signed.data = np.where(signed.indices < len(self.kinds), -signed.data, signed.data)
        return row_products(self.clash, signed, left, right)

    def clash_by_kind(self, left: int, right: int) -> Floats:
        """(k,) what other values of every kind cost two entities."""
        count = len(self.kinds)
        both = self.clash[[left]].multiply(self.clash[[right]]).tocoo()
        at = both.coords[1].astype(np.int64)
        is_kind = at < count
        kind = np.where(is_kind, at, 0)
        kind[~is_kind] = self.columns[at[~is_kind] - count] // self.n_keys
        signed = np.where(is_kind, -both.data, both.data)
        cost: Floats = np.bincount(kind, weights=signed, minlength=count).astype(np.float64)
        return cost

    def proposed(self, left: IntArray, right: IntArray) -> tuple[csr_array, int]:
        """Pairs that share a rare value.

        Args:
            left, right: (p,) and (q,) entities.

        Returns:
            (p, q) what their shared rare values are worth, and how many values of both were
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


def _beliefs(joined: Facts, links: IntArray, count: int) -> Floats:
    """(2, count) the belief in every kind, for equal values and for equal or near ones."""
    couples = Couples.of(joined, links)
    same = (couples.left % max(count, 1)) == (couples.right % max(count, 1))
    kind = couples.left[same] % max(count, 1)
    cases: Floats = np.bincount(kind, weights=couples.cases[same], minlength=count).astype(float)
    agree, expected = (
        np.stack([np.bincount(kind, weights=row, minlength=count).astype(float) for row in table])
        for table in (couples.agree[:, same], (couples.cases * couples.chance)[:, same])
    )
    return belief(cases, agree, expected / np.maximum(cases, 1e-9))


def _worth(sure: Floats, frequency: Floats) -> Floats:
    worth: Floats = np.log1p(sure * (1 - frequency) / np.maximum(frequency, 1e-9))
    return worth


def _clashes(
    joined: Facts, sure: Floats, of_prop: IntArray, column: IntArray, width: int
) -> csr_array:
    """Columns of having one value of a kind, then those of what it is or is near to."""
    count = len(sure)
    cost = np.sqrt(-np.log1p(-sure))
    kinds = of_prop[joined.has[:, 1]] if len(joined.has) else np.empty(0, dtype=np.int64)
    single = ~joined.several
    n, q = joined.n_entities, max(len(of_prop), 1)
    alone = joined.has[single, 0] * q + joined.has[single, 1]
    # Being equal says no more here than being near; a value that is near to none must be equal.
    widest = ~joined.exact[joined.key] | (joined.parents[joined.key, 0] < 0)
    kept = widest & np.isin(joined.entity * q + joined.prop, alone)
    share = np.where(joined.exact, 1.0, joined.share)[joined.key[kept]]
    values = np.concatenate(
        [cost[kinds[single]], cost[of_prop[joined.prop[kept]]] * np.sqrt(share)]
    )
    rows = np.concatenate([joined.has[single, 0], joined.entity[kept]])
    columns = np.concatenate([kinds[single], count + column[kept]])
    return csr_array((values.astype(np.float32), (rows, columns)), shape=(n, count + max(width, 1)))
