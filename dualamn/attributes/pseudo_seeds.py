"""Pseudo-seeds: pairs that names or values make nearly sure, where nobody gave seed links."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, FloatArray, Floats, Int32Array, find, pair_keys

_TRUSTED = 0.2  # chance, above which pairs are not used beside seed links
_FIRM = 10  # seed links whose verdict weighs as much as what chance gave before them

ENOUGH = 50
"""Pairs, fewer of which say too little of names and values."""

VALUES_BY_CHANCE = 0.1
"""The most that chance may explain of the values that two properties have in common."""


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
        shared: how many have the same IRI.
        by_value: (k, 2) int32 pairs that values make, those that names make too among them.
        doubts: of properties whose equal values make no pairs, why, each a phrase.

    The counts are 0 where they are not known, as of a saved aligner.
    """

    links: Int32Array
    chance: FloatArray
    exact: int = 0
    near: int = 0
    valued: int = 0
    refused: int = 0
    shared: int = 0
    by_value: Int32Array = field(default_factory=lambda: np.empty((0, 2), dtype=np.int32))
    doubts: tuple[str, ...] = ()

    @classmethod
    def none(cls) -> PseudoSeeds:
        """No pair at all."""
        return cls(np.empty((0, 2), dtype=np.int32), np.empty(0, dtype=np.float32))

    def __str__(self) -> str:
        how = []
        if self.shared:
            how.append(f"{self.shared:,} by the same IRI")
        if self.exact or self.near or not (self.valued or self.shared):
            how += [f"{self.exact:,} by unique exact name", f"{self.near:,} by mutual nearest name"]
        if self.valued:
            how.append(f"{self.valued:,} by unique value")
        left_out = f" ({self.refused:,} more left out: as many would agree by chance)"
        found = f"{len(self.links):,} pseudo-seeds: {', '.join(how)}"
        return found + left_out if self.refused else found

    def with_values(self, links: Int32Array, doubts: tuple[str, ...] = ()) -> PseudoSeeds:
        """Also (m, 2) pairs found by value, where neither entity is in a pair already."""
        new = links[~np.isin(links, self.links).any(axis=1)]
        return replace(
            self,
            links=np.concatenate([self.links, new]),
            chance=np.append(self.chance, np.full(len(new), VALUES_BY_CHANCE, np.float32)),
            valued=self.valued + len(new),
            by_value=np.concatenate([self.by_value, links]),
            doubts=(*self.doubts, *doubts),
        )

    def with_shared(self, links: Int32Array) -> PseudoSeeds:
        """Also (m, 2) pairs of one IRI, which come first: others of their entities go."""
        kept = self.chosen(np.asarray(~np.isin(self.links, links).any(axis=1)))
        return replace(
            kept,
            links=np.concatenate([links, kept.links]),
            chance=np.append(np.zeros(len(links), dtype=np.float32), kept.chance),
            shared=len(links),
        )

    def beside(self, seeds: Int32Array) -> PseudoSeeds:
        """Also (s, 2) seed links, none of whose entities is in a pair."""
        chance = np.append(np.zeros(len(seeds), dtype=np.float32), self.chance)
        by_value = np.concatenate([seeds, self.by_value])
        links = np.concatenate([seeds, self.links])
        return PseudoSeeds(links, chance, by_value=by_value)

    def judged_by(self, seeds: Int32Array) -> PseudoSeeds:
        """Those without a seed link, with their chance as seed links show it.

        Of (s, 2) seed links, the share of those whose entities are in pairs that are others shows
        how probable it is that a pair means nothing. Pairs that mean too little are left out. A few
        seed links cannot stand in for them: beside these, only pairs that they speak against go.
        """
        touched = np.isin(self.links, seeds).any(axis=1)
        incorrect = touched & ~np.isin(pair_keys(self.links), pair_keys(seeds))
        judged, wrong = int(touched.sum()), int(incorrect.sum())
        chance = (wrong + _FIRM * self.chance) / (judged + _FIRM)
        weighed = replace(self, chance=chance.astype(np.float32))
        trusted = chance <= _TRUSTED
        if len(seeds) < ENOUGH:
            trusted |= chance <= self.chance
        return weighed.chosen(~touched & trusted)

    def chosen(self, kept: BoolArray) -> PseudoSeeds:
        """Some of the pairs, counted by where they came from: in this order."""
        ends = np.cumsum([0, self.shared, self.exact, self.near, self.valued])
        counts = [int(kept[start:end].sum()) for start, end in pairwise(ends.tolist())]
        shared, exact, near, valued = counts
        return replace(
            self,
            links=self.links[kept],
            chance=self.chance[kept],
            shared=shared,
            exact=exact,
            near=near,
            valued=valued,
        )

    def without(self, rejected: Int32Array) -> PseudoSeeds:
        """Less (r, 2) pairs that are known to be different."""
        if not len(rejected):
            return self
        keys = pair_keys(rejected)
        kept = self.chosen(~np.isin(pair_keys(self.links), keys))
        return replace(kept, by_value=self.by_value[~np.isin(pair_keys(self.by_value), keys)])

    def labels(self, found: Int32Array) -> Int32Array:
        """The pairs that match weights of names and values are learned from.

        Pairs found by name would make any names look good. So others count, which structure alone
        finds once it has learned from these.

        Args:
            found: (m, 2) int32 pairs that are sure by structure alone; those with an entity of
                these are left out. Where too few are left, these must do.
        """
        fresh = found[~np.isin(found, self.links).any(axis=1)]
        return fresh if len(fresh) >= ENOUGH else self.links

    def sure(self, links: Int32Array) -> Floats:
        """(m,) how sure it is that links are not by chance: .01 and more; 0 for others."""
        keys = pair_keys(self.links)
        order = np.argsort(keys)
        place, found = find(keys[order], pair_keys(links))
        sure = np.zeros(len(links))
        sure[found] = np.maximum(1.0 - self.chance[order[place[found]]].astype(np.float64), 0.01)
        return sure


def shared_identifiers(task: AlignmentTask) -> Int32Array:
    """(m, 2) int32 pairs of one IRI in two graphs, which calls one thing whoever uses it.

    Identifiers that are no absolute IRIs, such as numbers, mean something in their graph only, and
    so do entities that get no links. Rejected pairs are left out.
    """
    links = [np.empty((0, 2), dtype=np.int32)]
    identifiers = task.identifiers(np.arange(task.n_entities)).tolist()
    able = task.is_linkable.tolist()
    for left, right in task.kg_pairs:
        first, second = (
            {
                identifiers[joint]: joint
                for joint in task.entity_range(kg).tolist()
                if able[joint] and "://" in identifiers[joint]
            }
            for kg in (left, right)
        )
        found = [(joint, second[name]) for name, joint in first.items() if name in second]
        links.append(np.array(found, dtype=np.int32).reshape(-1, 2))
    return task.not_rejected(np.concatenate(links))
