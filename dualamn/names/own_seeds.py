"""Pairs to begin with where nobody gave seed links: those that names make nearly sure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualamn.arrays import Int32Array
from dualamn.names.similarity import NameSimilarity
from dualamn.search.exact import nearest
from dualamn.task import AlignmentTask

_NEAREST = 10  # candidates whose similarity is computed without the noise of the search
_ALIKE = 0.5  # similarity from which names that are each other's nearest make a pair
_AHEAD = 0.2  # by which it must be ahead of the second for either
_LEAST_AGREED = 50  # pairs found by structure, fewer of which say too little of names


@dataclass(frozen=True, eq=False)
class OwnSeeds:
    """Pairs that an aligner found by names and values, to learn from before anything is known.

    Attributes:
        links: (m, 2) int32 joint ids, no entity in two pairs of the same two graphs.
        exact: how many have names of the same words, which nobody else in either graph has.
        near: how many have names that are each other's nearest by far.
        valued: how many have attribute values that nobody else has.
    """

    links: Int32Array
    exact: int
    near: int
    valued: int = 0

    def __str__(self) -> str:
        found, named = f"{len(self.links):,} pairs found", self.exact + self.near
        by_value = f"{self.valued:,} with values that nobody else has"
        if self.valued and not named:
            return f"{found} by value to begin with: {by_value}"
        return (
            f"{found} by name{' and value' if self.valued else ''} to begin with: "
            f"{self.exact:,} with a name that nobody else has, {self.near:,} with names nearest "
            f"to each other by far{f', {by_value}' if self.valued else ''}"
        )

    def with_values(self, links: Int32Array) -> OwnSeeds:
        """Also pairs found by value, where neither entity is in a pair already.

        Args:
            links: (m, 2) int32 joint ids, no entity in two pairs of the same two graphs.
        """
        new = links[~np.isin(links, self.links).any(axis=1)]
        return OwnSeeds(
            np.concatenate([self.links, new]), self.exact, self.near, self.valued + len(new)
        )

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


def find_own_seeds(task: AlignmentTask, names: NameSimilarity) -> OwnSeeds:
    """Pairs of any two graphs whose names say enough: shared by no others, or near by far."""
    exact, near = [np.empty((0, 2), dtype=np.int64)], [np.empty((0, 2), dtype=np.int64)]
    vectors = names.vectors()
    for left, right in task.kg_pairs:
        pools = [np.flatnonzero((task.source_of == kg) & names.named) for kg in (left, right)]
        equal = _only_namesakes(names, *pools)
        exact.append(equal)
        rest = [np.setdiff1d(pool, equal[:, side]) for side, pool in enumerate(pools)]
        there = _far_ahead(names, vectors, rest[0], rest[1])
        back = _far_ahead(names, vectors, rest[1], rest[0])[:, ::-1]
        agreed = set(map(tuple, back.tolist()))
        kept = [pair for pair in map(tuple, there.tolist()) if pair in agreed]
        near.append(np.array(kept, dtype=np.int64).reshape(-1, 2))
    parts = np.concatenate(exact), np.concatenate(near)
    links = np.concatenate(parts).astype(np.int32)
    return OwnSeeds(links, len(parts[0]), len(parts[1]))


def _only_namesakes(
    names: NameSimilarity, left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Pairs with names of the same words that nobody else in either pool has."""
    unique = []
    for pool in (left, right):
        values, first, count = np.unique(names.whole[pool], return_index=True, return_counts=True)
        unique.append((values[count == 1], pool[first[count == 1]]))
    (one, one_at), (other, other_at) = unique
    _, here, there = np.intersect1d(one, other, assume_unique=True, return_indices=True)
    return np.stack([one_at[here], other_at[there]], axis=1)


def _far_ahead(
    names: NameSimilarity,
    vectors: NDArray[np.float32],
    queries: NDArray[np.int64],
    pool: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Queries whose nearest name is near, with the second far behind, and whose it is."""
    k = min(_NEAREST, len(pool))
    if not k or not len(queries):
        return np.empty((0, 2), dtype=np.int64)
    _, near = nearest(vectors[queries], vectors[pool], k)
    answers = pool[near]
    alike = names.similarities(np.repeat(queries, k), answers.ravel()).reshape(answers.shape)
    order = np.argsort(-alike, axis=1, kind="stable")
    alike = np.take_along_axis(alike, order, axis=1)
    second = alike[:, 1] if k > 1 else np.zeros(len(queries), dtype=np.float32)
    sure = (alike[:, 0] >= _ALIKE) & (alike[:, 0] - second >= _AHEAD)
    best = answers[np.arange(len(queries)), order[:, 0]]
    return np.stack([queries[sure], best[sure]], axis=1)
