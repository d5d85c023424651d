"""Pseudo-seeds by name: names that nobody else has, and names near by far."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dualamn.attributes.blocking import look_up
from dualamn.attributes.comparable import Comparable
from dualamn.attributes.name_sets import best_entities
from dualamn.attributes.names import NameSimilarity
from dualamn.attributes.pseudo_seeds import PseudoSeeds
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import (
    BoolArray,
    FloatArray,
    Floats,
    Int32Array,
    IntArray,
    ends_of,
    expand,
    find,
    keys_of,
    pair_keys,
)
from dualamn.matching.pairs import mutual
from dualamn.search.exact import nearest

_NEAREST = 10  # candidates whose similarity is computed without the noise of the search
_ALIKE = 0.5  # similarity from which names that are each other's nearest make a pair
_AHEAD = 0.2  # by which it must be ahead of the second for either
_BY_CHANCE = 0.5  # pairs that are by chance more probably than this are left out
_ASKED = 2_000  # entities of a graph whose nearest of the same graph is looked for
_IN_A_BIN = 25  # pairs at least whose chance is estimated together
_MOST_BINS = 12
_FEWEST_OF_A_TYPE = 5  # seed links that show what a type goes with
_RARE_MATCH = 0.1  # of a type's pairs with another type: fewer are namesakes of other types


def find_seeds_by_name(
    task: AlignmentTask,
    names: NameSimilarity,
    search_limit: float = math.inf,
    comparable: Comparable | None = None,
) -> PseudoSeeds:
    """Pairs of any two graphs whose names say enough: shared by no others, or near by far.

    Graphs with nothing in common have such pairs too, by chance. Two halves of one graph show how
    many: they have no entity in common. The more words a name has and the rarer they are, the less
    it agrees by chance, so this is estimated for pairs of like names (a local false discovery
    rate: Efron, "Large-scale simultaneous hypothesis testing", JASA 2004), and pairs that are by
    chance more probably than not are refused. It is the most that chance can have given: an entity
    whose counterpart is there is near to that one first.

    Where entities have types, those of types that hardly ever have a name in common are no pairs.

    Args:
        task: graphs; links do not count.
        names: of their entities.
        search_limit: products of numbers that looking for near names may take; beyond it rare
            words and pieces find them (`dualamn.attributes.blocking`).
        comparable: who counts; all who may get links if None.
    """
    comparable = comparable or Comparable.of(task, names)
    search = _NearestNames(names, search_limit)
    told = names.information()
    exact, near = list[_Pairs](), list[_Pairs]()
    refused = 0
    for left, right in task.kg_pairs:
        counted = names.named & comparable.counts
        pools = [np.flatnonzero((task.source_of == kg) & counted) for kg in (left, right)]
        kind = comparable.kind
        namesakes, votes = _only_namesakes(names, pools[0], pools[1], kind)
        match = _TypeMatch.of(kind, _most_voted(namesakes, votes))
        fits = match.fits(namesakes, kind)
        equal = _most_voted(namesakes[fits], votes[fits])
        rest = [np.setdiff1d(pool, equal[:, side]) for side, pool in enumerate(pools)]
        there = search.far_ahead(*rest)
        back = search.far_ahead(*rest[::-1])[:, ::-1]
        alike = there[np.isin(pair_keys(there), pair_keys(back))]
        alike = alike[match.fits(alike, kind)]
        for found, pairs, by_chance in (
            (exact, equal, _equal_by_chance(names, pools, kind)),
            (near, alike, _near_by_chance(search, rest, kind)),
        ):
            said = _said(names, told, pairs)
            within = [_said(names, told, wrong) for wrong in by_chance.pairs]
            chance, seen = local_chance(said, within, by_chance.scales)
            kept = seen <= _BY_CHANCE
            found.append((pairs[kept], chance[kept]))
            refused += int((~kept).sum())
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


def types_fit(seeds: Int32Array, pairs: Int32Array, kind: IntArray) -> BoolArray:
    """(m,) whether seed links join types of (m, 2) pairs, as far as they show whom these go with.

    Args:
        seeds, pairs: (s, 2) and (m, 2) joint ids.
        kind: (n,) see `Comparable`.
    """
    return _TypeMatch.of(kind, seeds.astype(np.int64)).fits(pairs, kind, _FEWEST_OF_A_TYPE)


_Pairs = tuple[IntArray, Floats]
"""(m, 2) pairs, and (m,) how probable it is at most that they are there by chance."""


@dataclass(frozen=True)
class _ByChance:
    """Pairs that two halves of one graph have, and so two graphs with nothing in common would.

    Attributes:
        pairs: of either graph.
        scales: how many pairs of the two graphs one of these stands for.
    """

    pairs: Sequence[IntArray]
    scales: Sequence[float]


def local_chance(
    between: Floats, within: Sequence[Floats], scales: Sequence[float]
) -> tuple[Floats, Floats]:
    """How probable it is of pairs between two graphs that they are there by chance.

    Names that agree by chance agree in both graphs: that x of one has the name of y of the other
    is, by the inequality of Cauchy and Schwarz, no more probable than the geometric mean of how
    probable it is for two entities of either graph.

    Args:
        between: (m,) what the names of the pairs say: they are compared with those that say as
            much. The more, the less probable is chance.
        within: the same of pairs in halves of either graph.
        scales: how many pairs one of those stands for.

    Returns:
        (m,) at most, as half of one more could have been found, and (m,) by what was found.
    """
    chance = np.zeros((2, len(between)))
    if not len(between):
        return chance[0], chance[1]
    count = int(np.clip(len(between) // _IN_A_BIN, 1, _MOST_BINS))
    order = np.argsort(-between, kind="stable")
    bins = np.array_split(order, count)
    # A bin reaches down to where the next one begins.
    edges = np.array([between[lower[0]] for lower in bins[:0:-1]])
    sizes = np.array([len(part) for part in bins], dtype=np.float64)
    expected = np.ones((2, count))
    for found, scale in zip(within, scales, strict=True):
        place = np.searchsorted(edges, found, side="right")
        seen = np.bincount(count - 1 - place, minlength=count)
        expected *= np.sqrt((np.stack([seen + 0.5 / count, seen])) * scale)
    for row, numbers in zip(chance, expected, strict=True):
        rates = np.minimum(ascending(numbers / sizes, sizes), 1)
        for part, rate in zip(bins, rates, strict=True):
            row[part] = rate
    return chance[0], chance[1]


def ascending(values: Floats, weights: Floats) -> Floats:
    """The ascending numbers nearest to these, by pooling adjacent violators."""
    pooled: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        pooled.append((value, weight, 1))
        while len(pooled) > 1 and pooled[-2][0] > pooled[-1][0]:
            (one, a, n), (other, b, m) = pooled[-2:]
            pooled[-2:] = [((one * a + other * b) / (a + b), a + b, n + m)]
    return np.repeat([value for value, _, _ in pooled], [n for _, _, n in pooled])


def _said(names: NameSimilarity, told: Floats, pairs: IntArray) -> Floats:
    """(m,) how much the names of pairs have in common that is rare."""
    ends = pairs[:, 0], pairs[:, 1]
    alike: Floats = names.similarities(*ends).astype(np.float64) * np.minimum(
        told[ends[0]], told[ends[1]]
    )
    return alike


def _equal_by_chance(names: NameSimilarity, pools: Sequence[IntArray], kind: IntArray) -> _ByChance:
    """Of equal names."""
    halves = [_halves(pool) for pool in pools]
    between = len(pools[0]) * len(pools[1])
    pairs = list[IntArray]()
    for both in halves:
        namesakes, votes = _only_namesakes(names, *both, kind)
        fits = _of_one_kind(namesakes, kind)
        pairs.append(_most_voted(namesakes[fits], votes[fits]))
    return _ByChance(
        pairs,
        [between / max(len(half) * len(other), 1) for half, other in halves],
    )


def _near_by_chance(search: _NearestNames, pools: Sequence[IntArray], kind: IntArray) -> _ByChance:
    """Of names nearest to each other by far."""
    pairs, scales = list[IntArray](), list[float]()
    for pool in pools:
        half, other = _halves(pool)
        queries = half[:_ASKED]
        there = search.far_ahead(queries, other)
        back = search.far_ahead(there[:, 1], half)[:, ::-1]
        both = there[np.isin(pair_keys(there), pair_keys(back))]
        pairs.append(both[_of_one_kind(both, kind)])
        scales.append(min(map(len, pools)) / max(len(queries), 1))
    return _ByChance(pairs, scales)


def _of_one_kind(pairs: IntArray, kind: IntArray) -> BoolArray:
    """(m,) whether the ends of pairs are of the same types, or that is not known."""
    one, other = kind[pairs[:, 0]], kind[pairs[:, 1]]
    same: BoolArray = (one == other) | (one < 0) | (other < 0)
    return same


def _halves(pool: IntArray) -> tuple[IntArray, IntArray]:
    """Two halves of some entities, drawn at random, in the order of the draw."""
    drawn = np.random.default_rng(len(pool)).permutation(pool)
    return drawn[::2], drawn[1::2]


def _only_namesakes(
    names: NameSimilarity, left: IntArray, right: IntArray, kind: IntArray
) -> tuple[IntArray, IntArray]:
    """Pairs with a name of the same words that nobody else of the same types in either pool has.

    Returns:
        (m, 2) pairs, of which an entity may have several, and of how many such names each.
    """
    sides = []
    for pool in (left, right):
        which, name = names.owners.names_of(pool)
        entity, whole = pool[which], names.whole[name]
        entity, whole = entity[whole >= 0], whole[whole >= 0]
        cells = np.stack([whole, kind[entity]], axis=1)
        _, place, count = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
        alone = count[place] == 1
        order = np.argsort(whole[alone], kind="stable")
        sides.append((entity[alone][order], whole[alone][order]))
    (one, wanted), (other, offered) = sides
    first = np.searchsorted(offered, wanted)
    owner, at = expand(first, np.searchsorted(offered, wanted, side="right") - first)
    keys, votes = np.unique(keys_of(one[owner], other[at]), return_counts=True)
    return np.stack(ends_of(keys), axis=1), votes


def _most_voted(pairs: IntArray, votes: IntArray) -> IntArray:
    """The pairs of most votes of both their entities; ties are none."""
    return pairs[mutual(pairs[:, 0], pairs[:, 1], votes.astype(np.float64))]


@dataclass(frozen=True, eq=False)
class _TypeMatch:
    """Which types entities of one name have in either graph.

    Attributes:
        keys: pairs of types, ascending.
        count: how many pairs of entities are of each.
        most: for every type of the left and of the right graph, with the type that most of them
            are with.
    """

    keys: IntArray
    count: IntArray
    most: tuple[IntArray, IntArray]

    @classmethod
    def of(cls, kind: IntArray, pairs: IntArray) -> _TypeMatch:
        """Counts (m, 2) pairs of entities."""
        size = int(kind.max(initial=-1)) + 1
        one, other = kind[pairs[:, 0]], kind[pairs[:, 1]]
        known = (one >= 0) & (other >= 0)
        keys, count = np.unique(keys_of(one[known], other[known]), return_counts=True)
        most = []
        for ends in ends_of(keys):
            top = np.zeros(size, dtype=np.int64)
            np.maximum.at(top, ends, count)
            most.append(top)
        return cls(keys, count, (most[0], most[1]))

    def fits(self, pairs: NDArray[np.integer], kind: IntArray, fewest: int = 0) -> BoolArray:
        """(m,) whether the types of pairs go together, or one of them is not known.

        Types of fewer pairs than `fewest` go with all.
        """
        one, other = kind[pairs[:, 0]], kind[pairs[:, 1]]
        known = (one >= 0) & (other >= 0)
        place, found = find(self.keys, keys_of(one[known], other[known]))
        count = np.where(found, self.count[place] if len(self.count) else 0, 0)
        fits = np.ones(len(pairs), dtype=np.bool_)
        most = np.maximum(self.most[0][one[known]], self.most[1][other[known]])
        fits[known] = (count >= most * _RARE_MATCH) | (most < fewest)
        return fits


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

    def _products(self, queries: IntArray, pool: IntArray) -> int:
        counts = self.names.owners.counts
        return int(counts(queries).sum()) * int(counts(pool).sum()) * self.names.width

    def _likely(self, queries: IntArray, pool: IntArray) -> IntArray:
        """(q, k) joint ids of the likely nearest in a pool; -1 fills rows."""
        if self._products(queries, pool) > self.search_limit:
            ids = queries.astype(np.int32), pool.astype(np.int32)
            return look_up(self.names, *ids, _NEAREST).candidates.astype(np.int64)
        (query, asked), (place, offered) = map(self.names.owners.names_of, (queries, pool))
        if self.names.owners.single:
            return pool[nearest(self._vectors[asked], self._vectors[offered], _NEAREST)[1]]
        # Several names of one entity may be among the nearest.
        scores, near = nearest(self._vectors[asked], self._vectors[offered], 2 * _NEAREST)
        found = np.repeat(query, near.shape[1]), place[near.ravel()], scores.ravel()
        best = best_entities(*found, len(queries), min(_NEAREST, len(pool)))[0]
        return np.where(best >= 0, pool[best], -1)
