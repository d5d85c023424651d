"""Pseudo-seeds: pairs that names or values make nearly sure, where nobody gave seed links."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from dualamn.attributes.blocking import look_up
from dualamn.attributes.facts import Facts, distinct
from dualamn.attributes.names import NameSimilarity
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import FloatArray, Floats, Int32Array, IntArray, expand, find, pair_keys
from dualamn.matching.pairs import mutual
from dualamn.search.exact import nearest

_NEAREST = 10  # candidates whose similarity is computed without the noise of the search
_ALIKE = 0.5  # similarity from which names that are each other's nearest make a pair
_AHEAD = 0.2  # by which it must be ahead of the second for either
_BY_CHANCE = 0.5  # the most of the pairs of equal, or of near, names that chance may explain
_BESIDE = 0.1  # of the near names that were refused: fewer equal ones are refused with them
_ASKED = 2_000  # entities of a graph whose nearest of the same graph is looked for
_FEW = 0.2  # of the smaller graph's entities: fewer pairs say little of the others
_LEAST_AGREED = 50  # pairs found by structure, fewer of which say too little of names

_LEAST = 10  # values that two properties must have in common
_VALUES_BY_CHANCE = 0.1  # the most that chance may explain of these
_MOST_PROPERTIES = 10  # that a value may be of: what more have is a word of the language


@dataclass(frozen=True, eq=False)
class PseudoSeeds:
    """Pairs that names and values found, to learn from before anything is known.

    Attributes:
        links: (m, 2) int32 joint ids, no entity in two pairs of the same two graphs.
        chance: (m,) float32 how probable it is at most that a pair is there by chance.
        exact: how many have names of the same words, which nobody else in either graph has.
        near: how many have names that are each other's nearest by far.
        valued: how many have attribute values that nobody else has.
        refused: pairs that names gave and that are left out, as chance gives as many.

    The counts are 0 where they are not known, as of a saved aligner.
    """

    links: Int32Array
    chance: FloatArray
    exact: int = 0
    near: int = 0
    valued: int = 0
    refused: int = 0

    def __str__(self) -> str:
        how = []
        if self.exact or self.near or not self.valued:
            how += [f"{self.exact:,} by unique exact name", f"{self.near:,} by mutual nearest name"]
        if self.valued:
            how.append(f"{self.valued:,} by unique value")
        left_out = f" ({self.refused:,} more left out: as many would agree by chance)"
        found = f"{len(self.links):,} pseudo-seeds: {', '.join(how)}"
        return found + left_out if self.refused else found

    def with_values(self, links: Int32Array) -> PseudoSeeds:
        """Also (m, 2) pairs found by value, where neither entity is in a pair already."""
        new = links[~np.isin(links, self.links).any(axis=1)]
        return replace(
            self,
            links=np.concatenate([self.links, new]),
            chance=np.append(self.chance, np.full(len(new), _VALUES_BY_CHANCE, np.float32)),
            valued=self.valued + len(new),
        )

    def notes(self, task: AlignmentTask) -> tuple[str, ...]:
        """A note on every two graphs of which names or values found few counterparts."""
        notes = []
        for left, right in task.kg_pairs:
            found = len(task.links_between(self.links, left, right))
            smaller = min(task.kgs[left].n_entities, task.kgs[right].n_entities)
            if found < _FEW * smaller:
                notes.append(
                    f"{task.pair_name(left, right)}: names or values found a counterpart for "
                    f"{found:,} of {smaller:,} entities; how many others have one can only be "
                    "guessed, so probabilities of their links are rough"
                )
        return tuple(notes)

    def labels(self, found: Int32Array) -> Int32Array:
        """The pairs that match weights of names and values are learned from.

        Pairs found by name would make any names look good. So others count, which structure alone
        finds once it has learned from these.

        Args:
            found: (m, 2) int32 pairs that are sure by structure alone; those with an entity of
                these are left out. Where too few are left, these must do.
        """
        fresh = found[~np.isin(found, self.links).any(axis=1)]
        return fresh if len(fresh) >= _LEAST_AGREED else self.links

    def sure(self, links: Int32Array) -> Floats:
        """(m,) how sure it is that links are not by chance: .01 and more; 0 for others."""
        keys = pair_keys(self.links)
        order = np.argsort(keys)
        place, found = find(keys[order], pair_keys(links))
        sure = np.zeros(len(links))
        sure[found] = np.maximum(1.0 - self.chance[order[place[found]]].astype(np.float64), 0.01)
        return sure


def find_seeds_by_name(
    task: AlignmentTask, names: NameSimilarity, search_limit: float = math.inf
) -> PseudoSeeds:
    """Pairs of any two graphs whose names say enough: shared by no others, or near by far.

    Graphs with nothing in common have such pairs too, by chance. Two halves of one graph show how
    many: they have no entity in common. Where that would explain more than half of those with equal
    or with near names, these are refused. It is the most that chance can have given: an entity
    whose counterpart is there is near to that one first.

    Args:
        task: graphs; links do not count.
        names: of their entities.
        search_limit: products of numbers that looking for near names may take; beyond it rare
            words and pieces find them (`dualamn.attributes.blocking`).
    """
    nearest_names = _NearestNames(names, search_limit)
    exact, near = list[_Pairs](), list[_Pairs]()
    refused = 0
    for left, right in task.kg_pairs:
        pools = [np.flatnonzero((task.source_of == kg) & names.named) for kg in (left, right)]
        equal = _only_namesakes(names, *pools)
        rest = [np.setdiff1d(pool, equal[:, side]) for side, pool in enumerate(pools)]
        there = nearest_names.far_ahead(*rest)
        back = nearest_names.far_ahead(*rest[::-1])[:, ::-1]
        alike = there[np.isin(pair_keys(there), pair_keys(back))]
        by_chance = _equal_by_chance(names, pools), _near_by_chance(nearest_names, rest)
        believed = _believed(equal, alike, *by_chance)
        for found, pairs, chance, kept in zip(
            (exact, near), (equal, alike), by_chance, believed, strict=True
        ):
            if kept:
                found.append((pairs, chance.of_each(pairs)))
            else:
                refused += len(pairs)
    none = np.empty((0, 2), dtype=np.int64), np.empty(0)
    links, chances = (np.concatenate(parts) for parts in zip(none, *exact, *near, strict=True))
    n_exact = sum(len(pairs) for pairs, _ in exact)
    return PseudoSeeds(
        links.astype(np.int32),
        chances.astype(np.float32),
        n_exact,
        len(links) - n_exact,
        refused=refused,
    )


_Pairs = tuple[IntArray, Floats]
"""(m, 2) pairs, and (m,) how probable it is at most that they are there by chance."""


def _believed(
    equal: IntArray, alike: IntArray, equal_by_chance: _ByChance, near_by_chance: _ByChance
) -> tuple[bool, bool]:
    """Whether pairs of equal names, and whether those of near ones, are more than chance gives."""
    least = equal_by_chance.least / _BY_CHANCE
    near = near_by_chance.least <= _BY_CHANCE * len(alike)
    if not near:
        least = max(least, _BESIDE * len(alike))
    return len(equal) >= least, near


class _ByChance(NamedTuple):
    """How many pairs two graphs with nothing in common would have.

    Attributes:
        found: in halves of one graph.
        scale: how many pairs of the two graphs one of these stands for.
    """

    found: int
    scale: float

    @property
    def least(self) -> float:
        """With two standard deviations of what was found taken off."""
        return max(self.found - 2 * math.sqrt(self.found), 0.0) * self.scale

    def of_each(self, pairs: IntArray) -> Floats:
        """(m,) how probable it is at most of each of so many; half of one more could be found."""
        share = (self.found + 0.5) * self.scale / max(len(pairs), 1)
        return np.full(len(pairs), min(share, 1.0))


def _equal_by_chance(names: NameSimilarity, pools: Sequence[IntArray]) -> _ByChance:
    """Of equal names."""
    halves = [_halves(pool) for pool in pools]
    found = sum(len(_only_namesakes(names, *both)) for both in halves)
    asked = sum(len(half) * len(other) for half, other in halves)
    return _ByChance(found, len(pools[0]) * len(pools[1]) / max(asked, 1))


def _near_by_chance(nearest_names: _NearestNames, pools: Sequence[IntArray]) -> _ByChance:
    """Of names nearest to each other by far."""
    found, asked = 0, 0
    for pool in pools:
        half, other = _halves(pool)
        queries = half[:_ASKED]
        there = nearest_names.far_ahead(queries, other)
        back = nearest_names.far_ahead(there[:, 1], half)
        found += int(np.isin(there[:, 0], back[:, 1]).sum())
        asked += len(queries)
    return _ByChance(found, min(map(len, pools)) / max(asked, 1))


def _halves(pool: IntArray) -> tuple[IntArray, IntArray]:
    """Two halves of some entities, drawn at random, in the order of the draw."""
    drawn = np.random.default_rng(len(pool)).permutation(pool)
    return drawn[::2], drawn[1::2]


def _only_namesakes(names: NameSimilarity, left: IntArray, right: IntArray) -> IntArray:
    """Pairs with names of the same words that nobody else in either pool has."""
    unique = []
    for pool in (left, right):
        values, first, count = np.unique(names.whole[pool], return_index=True, return_counts=True)
        unique.append((values[count == 1], pool[first[count == 1]]))
    (one, one_at), (other, other_at) = unique
    _, here, there = np.intersect1d(one, other, assume_unique=True, return_indices=True)
    return np.stack([one_at[here], other_at[there]], axis=1)


@dataclass(frozen=True, eq=False)
class _NearestNames:
    """Finds the names that are nearest; for its attributes see `find_seeds_by_name`."""

    names: NameSimilarity
    search_limit: float

    @cached_property
    def _vectors(self) -> FloatArray:
        return self.names.vectors()

    def far_ahead(self, queries: IntArray, pool: IntArray) -> IntArray:
        """(m, 2) of (q,) queries whose nearest name in a pool is near by far, and whose it is."""
        near = self._likely(queries, pool)
        if not near.size:
            return np.empty((0, 2), dtype=np.int64)
        real = near >= 0
        alike = np.zeros(near.shape, dtype=np.float32)
        alike[real] = self.names.similarities(np.repeat(queries, real.sum(axis=1)), near[real])
        order = np.argsort(-alike, axis=1, kind="stable")
        alike = np.take_along_axis(alike, order, axis=1)
        second = alike[:, 1] if near.shape[1] > 1 else np.zeros(len(queries), dtype=np.float32)
        sure = (alike[:, 0] >= _ALIKE) & (alike[:, 0] - second >= _AHEAD)
        best = near[np.arange(len(queries)), order[:, 0]]
        return np.stack([queries[sure], best[sure]], axis=1)

    def _likely(self, queries: IntArray, pool: IntArray) -> IntArray:
        """(q, k) joint ids of the likely nearest in a pool; -1 fills rows."""
        if len(queries) * len(pool) * self.names.width > self.search_limit:
            ids = queries.astype(np.int32), pool.astype(np.int32)
            return look_up(self.names, *ids, _NEAREST).candidates.astype(np.int64)
        _, near = nearest(self._vectors[queries], self._vectors[pool], _NEAREST)
        return pool[near]


def find_seeds_by_value(task: AlignmentTask, facts: Facts) -> Int32Array:
    """Pairs of entities with a value that nobody else in either graph has of that property.

    Two properties are compared only if they have more such values in common than chance explains,
    as entities of one graph with equal values show it (birthdays have some). Where the values of
    an entity point to several others, most values win, and ties are no pairs.

    Returns:
        (m, 2) int32 joint ids, no entity in two pairs of the same two graphs.
    """
    links = [np.empty((0, 2), dtype=np.int32)]
    for left, right in task.kg_pairs:
        rows, columns = _sharing(facts, left, right)
        keys, votes = np.unique(rows * task.n_entities + columns, return_counts=True)
        ends = np.divmod(keys, task.n_entities)
        chosen = mutual(*ends, votes.astype(np.float64))
        links.append(np.stack([end[chosen] for end in ends], axis=1).astype(np.int32))
    return np.concatenate(links)


def _sharing(facts: Facts, left: int, right: int) -> tuple[IntArray, IntArray]:
    """Entities that have a rare value of believable properties in common, once for each value."""
    (one, a, key), (other, b, wanted) = (_only_holders(facts, kg) for kg in (left, right))
    first = np.searchsorted(wanted, key)
    owner, place = expand(first, np.searchsorted(wanted, key, side="right") - first)
    q = len(facts.graph)
    couple, which, count = np.unique(
        a[owner] * q + b[place], return_inverse=True, return_counts=True
    )
    size = np.bincount(facts.has[:, 1], minlength=q).astype(np.float64)
    # One repeat more than seen: none at all proves little of a property that few have.
    often = (facts.repeats + 1) / np.maximum(size * (size - 1), 1)
    ends = np.divmod(couple, max(q, 1))
    expected = np.prod([np.sqrt(often[end]) * size[end] for end in ends], axis=0)
    good = (count >= _LEAST) & (expected <= _VALUES_BY_CHANCE * count)
    kept = good[which]
    # A value counts once for a pair, under however many properties.
    rows = distinct(np.stack([one[owner[kept]], other[place[kept]], key[owner[kept]]], axis=1))
    return rows[:, 0], rows[:, 1]


def _only_holders(facts: Facts, kg: int) -> tuple[IntArray, IntArray, IntArray]:
    """Entity, property and long value, ascending by value, where nobody else of a graph has it."""
    chosen = (facts.graph[facts.prop] == kg) & facts.long[facts.key]
    entity, prop, key = facts.entity[chosen], facts.prop[chosen], facts.key[chosen]
    q = max(len(facts.graph), 1)
    cells, which, count = np.unique(key * q + prop, return_inverse=True, return_counts=True)
    properties = np.bincount(cells // q)
    alone = (count[which] == 1) & (properties[key] <= _MOST_PROPERTIES) if len(key) else count > 0
    order = np.flatnonzero(alone)
    order = order[np.argsort(key[order], kind="stable")]
    return entity[order], prop[order], key[order]
