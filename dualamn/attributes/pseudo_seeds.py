"""Pseudo-seeds: pairs that names or values make nearly sure, where nobody gave seed links."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import FloatArray, Floats, Int32Array, find, pair_keys

_FEW = 0.2  # of the smaller graph's entities: fewer pairs say little of the others
_LEAST_AGREED = 50  # pairs found by structure, fewer of which say too little of names

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
            chance=np.append(self.chance, np.full(len(new), VALUES_BY_CHANCE, np.float32)),
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
