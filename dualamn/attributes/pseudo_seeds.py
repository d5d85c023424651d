"""Pairs to begin with where nobody gave seed links: those that names make nearly sure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dualamn.attributes.blocking import alike_by_name
from dualamn.attributes.names import NameSimilarity
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import FloatArray, Int32Array
from dualamn.search.exact import nearest

IntArray = NDArray[np.int64]

_NEAREST = 10  # candidates whose similarity is computed without the noise of the search
_ALIKE = 0.5  # similarity from which names that are each other's nearest make a pair
_AHEAD = 0.2  # by which it must be ahead of the second for either
_BY_CHANCE = 0.5  # the most of the pairs of a kind that chance may explain
_BESIDE = 0.1  # of the near names that were refused: fewer equal ones are refused with them
_ASKED = 2_000  # entities of a graph whose nearest of the same graph is looked for
_FEW = 0.2  # of the smaller graph's entities: fewer pairs tell little of those without counterpart
_LEAST_AGREED = 50  # pairs found by structure, fewer of which say too little of names


@dataclass(frozen=True, eq=False)
class OwnSeeds:
    """Pairs that an aligner found by names and values, to learn from before anything is known.

    Attributes:
        links: (m, 2) int32 joint ids, no entity in two pairs of the same two graphs.
        chance: (m,) float32 how probable it is at most that a pair is there by chance.
        exact: how many have names of the same words, which nobody else in either graph has.
        near: how many have names that are each other's nearest by far.
        valued: how many have attribute values that nobody else has.
        refused: pairs that names gave and that are not among these, as chance gives as many.
    """

    links: Int32Array
    chance: FloatArray
    exact: int
    near: int
    valued: int = 0
    refused: int = 0

    def __str__(self) -> str:
        found, named = f"{len(self.links):,} pairs found", self.exact + self.near
        by_value = f"{self.valued:,} with values that nobody else has"
        if self.valued and not named:
            return f"{found} by value to begin with: {by_value}"
        chance = f"; {self.refused:,} are left out, as chance gives as many" if self.refused else ""
        return (
            f"{found} by name{' and value' if self.valued else ''} to begin with: "
            f"{self.exact:,} with a name that nobody else has, {self.near:,} with names nearest "
            f"to each other by far{f', {by_value}' if self.valued else ''}{chance}"
        )

    def with_values(self, links: Int32Array, chance: float) -> OwnSeeds:
        """Also pairs found by value, where neither entity is in a pair already.

        Args:
            links: (m, 2) int32 joint ids, no entity in two pairs of the same two graphs.
            chance: how probable it is at most that one is there by chance.
        """
        new = links[~np.isin(links, self.links).any(axis=1)]
        return replace(
            self,
            links=np.concatenate([self.links, new]),
            chance=np.concatenate([self.chance, np.full(len(new), chance, np.float32)]),
            valued=self.valued + len(new),
        )

    def notes(self, task: AlignmentTask) -> tuple[str, ...]:
        """What a reader of probabilities should know, a sentence a pair of graphs that it is so of.

        Probabilities are judged by pairs that names found, so by entities that have a counterpart.
        """
        notes = []
        for left, right in task.kg_pairs:
            found = len(task.links_between(self.links, left, right))
            smaller = min(task.kgs[left].n_entities, task.kgs[right].n_entities)
            if found < _FEW * smaller:
                notes.append(
                    f"{task.pair_name(left, right)}: names or values found a partner for "
                    f"{found:,} of {smaller:,} entities; how many others have one can only be "
                    "guessed, so probabilities of their links are rough"
                )
        return tuple(notes)

    def judges(self, found: Int32Array) -> Int32Array:
        """The pairs that say what names and values are worth, see `learn_without_seeds`."""
        fresh = found[~np.isin(found, self.links).any(axis=1)]
        return fresh if len(fresh) >= _LEAST_AGREED else self.links


def learn_without_seeds(names: NameSimilarity, own: OwnSeeds, found: Int32Array) -> None:
    """Learns what names are worth where all known pairs were found by name in the first place.

    Those would make any name look good. So names are judged by other pairs, which structure alone
    finds once it has learned from them: names that agree with these are worth something.

    Args:
        names: learns.
        own: the pairs found by name.
        found: (m, 2) int32 pairs that are sure by structure alone; those with an entity of `own`
            say nothing new and are left out. Where too few are left, `own` itself must do.
    """
    names.weigh(own.judges(found))


def find_own_seeds(
    task: AlignmentTask, names: NameSimilarity, search_limit: float = math.inf
) -> OwnSeeds:
    """Pairs of any two graphs whose names say enough: shared by no others, or near by far.

    Graphs of which nothing is in both have such pairs too, by chance. How many, the graphs show by
    themselves: two halves of one graph have no entity in common, so whatever pairs they have are
    there by chance. Where that would explain more than half of those with equal or with near names,
    these are refused. It is the most that chance can have given: an entity whose partner is there
    is near to that one first.

    Args:
        task: graphs; links do not count.
        names: of their entities.
        search_limit: products of numbers that looking for near names may take; beyond it they are
            found by their rare words and pieces (`dualamn.attributes.blocking`).
    """
    exact, near = [_NO_PAIRS], [_NO_PAIRS]
    nearest_names = _NearestNames(names, search_limit)
    refused = 0
    for left, right in task.kg_pairs:
        pools = [np.flatnonzero((task.source_of == kg) & names.named) for kg in (left, right)]
        equal = _only_namesakes(names, *pools)
        rest = [np.setdiff1d(pool, equal[:, side]) for side, pool in enumerate(pools)]
        to_right, to_left = nearest_names.of(rest[0], rest[1])
        there = _far_ahead(names, rest[0], to_right)
        back = _far_ahead(names, rest[1], to_left)[:, ::-1]
        agreed = np.isin(_keys(there, task.n_entities), _keys(back, task.n_entities))
        alike = there[agreed]
        believed = _believed(
            equal,
            alike,
            _equal_by_chance(names, pools),
            _near_by_chance(names, nearest_names, rest),
        )
        refused += len(equal) + len(alike) - sum(len(kind.links) for kind in believed)
        exact.append(believed[0])
        near.append(believed[1])
    links, chance = (np.concatenate(parts) for parts in zip(*exact, *near, strict=True))
    n_exact = sum(len(kind.links) for kind in exact)
    return OwnSeeds(
        links.astype(np.int32),
        chance.astype(np.float32),
        n_exact,
        len(links) - n_exact,
        refused=refused,
    )


class _Pairs(NamedTuple):
    """(m, 2) int64 pairs, and (m,) how probable it is at most that they are there by chance."""

    links: IntArray
    chance: NDArray[np.float64]


_NO_PAIRS = _Pairs(np.empty((0, 2), dtype=np.int64), np.empty(0))


def _believed(
    equal: IntArray, alike: IntArray, equal_by_chance: _ByChance, near_by_chance: _ByChance
) -> tuple[_Pairs, _Pairs]:
    """The pairs of equal names and those of near ones, none of a kind that chance explains."""
    least = equal_by_chance.least / _BY_CHANCE
    exact = _Pairs(equal, equal_by_chance.of_each(equal))
    near = _Pairs(alike, near_by_chance.of_each(alike))
    if near_by_chance.least > _BY_CHANCE * len(alike):
        least = max(least, _BESIDE * len(alike))
        near = _NO_PAIRS
    if len(equal) < least:
        exact = _NO_PAIRS
    return exact, near


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

    def of_each(self, pairs: IntArray) -> NDArray[np.float64]:
        """(m,) how probable it is at most of each of so many; half of one more could be found."""
        share = (self.found + 0.5) * self.scale / max(len(pairs), 1)
        return np.full(len(pairs), min(share, 1.0))


def _equal_by_chance(names: NameSimilarity, pools: Sequence[IntArray]) -> _ByChance:
    """Of equal names."""
    found, asked = 0, 0
    for pool in pools:
        halves = _halves(pool)
        found += len(_only_namesakes(names, *halves))
        asked += len(halves[0]) * len(halves[1])
    return _ByChance(found, len(pools[0]) * len(pools[1]) / max(asked, 1))


def _near_by_chance(
    names: NameSimilarity, nearest_names: _NearestNames, pools: Sequence[IntArray]
) -> _ByChance:
    """Of names nearest to each other by far."""
    found, asked = 0, 0
    for pool in pools:
        half, other = _halves(pool)
        queries = half[:_ASKED]
        there = _far_ahead(names, queries, nearest_names.of_queries(queries, other))
        back = _far_ahead(names, there[:, 1], nearest_names.of_queries(there[:, 1], half))
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
    """Finds the names that may be nearest.

    Attributes:
        names: of all entities.
        search_limit: see `find_own_seeds`.
    """

    names: NameSimilarity
    search_limit: float

    @cached_property
    def _vectors(self) -> FloatArray:
        return self.names.vectors()

    def of(self, left: IntArray, right: IntArray) -> tuple[IntArray, IntArray]:
        """(p, k) and (q, k) joint ids of the likely nearest of the other side; -1 fills rows."""
        if self._too_many(left, right):
            ids = left.astype(np.int32), right.astype(np.int32)
            found = alike_by_name(self.names, *ids, _NEAREST)
            to_right, to_left = found.left_to_right.candidates, found.right_to_left.candidates
            return to_right.astype(np.int64), to_left.astype(np.int64)
        return self._searched(left, right), self._searched(right, left)

    def of_queries(self, queries: IntArray, pool: IntArray) -> IntArray:
        """(q, k) joint ids of the likely nearest in a pool; -1 fills rows."""
        if self._too_many(queries, pool):
            return self.of(queries, pool)[0]
        return self._searched(queries, pool)

    def _too_many(self, left: IntArray, right: IntArray) -> bool:
        """Whether names are looked up, both ways at once, in place of a search."""
        return len(left) * len(right) * self.names.width > self.search_limit

    def _searched(self, queries: IntArray, pool: IntArray) -> IntArray:
        _, near = nearest(self._vectors[queries], self._vectors[pool], _NEAREST)
        return pool[near]


def _far_ahead(names: NameSimilarity, queries: IntArray, answers: IntArray) -> IntArray:
    """Queries whose nearest name is near, with the second far behind, and whose it is.

    Args:
        queries: (q,) joint ids.
        answers: (q, k) joint ids of those that may be nearest; -1 for none.
    """
    k = answers.shape[1]
    if not answers.size:
        return np.empty((0, 2), dtype=np.int64)
    real = answers >= 0
    alike = np.zeros(answers.shape, dtype=np.float32)
    alike[real] = names.similarities(np.repeat(queries, real.sum(axis=1)), answers[real])
    order = np.argsort(-alike, axis=1, kind="stable")
    alike = np.take_along_axis(alike, order, axis=1)
    second = alike[:, 1] if k > 1 else np.zeros(len(queries), dtype=np.float32)
    sure = (alike[:, 0] >= _ALIKE) & (alike[:, 0] - second >= _AHEAD)
    best = answers[np.arange(len(queries)), order[:, 0]]
    return np.stack([queries[sure], best[sure]], axis=1)


def _keys(pairs: IntArray, n_entities: int) -> IntArray:
    """(m,) one number for every pair."""
    return pairs[:, 0] * n_entities + pairs[:, 1]
