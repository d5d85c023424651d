"""Ids of links and clusters that stay while graphs and links change.

The id of a link is a hash of the pair that it first joined; that of a cluster is one of its surest
pair then. Both are sets of entities, and are followed in the same way from one state to the next:

- a set that shares entities with one of before has its id; a link that moves keeps it so;
- where one set becomes several, the part that has most of its entities keeps the id, and of equal
  parts the surer one;
- where several become one, the oldest id stays, before those of sets of which only one entity came;
- all others get new ids.

What became of ids is their lineage, see `Lineage`.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal, NamedTuple

import numpy as np

from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import (
    FloatArray,
    Int32Array,
    IntArray,
    StringArray,
    ends_of,
    expand,
    keys_of,
    strings,
)

Kind = Literal["link", "cluster"]
Event = Literal["merged", "split"]

_PAIR = 2  # entities in common, from which two sets have a link in common
_LENGTH = 12  # characters, of five bits each: of a million ids none are equal but by a rare chance


class Lineage(NamedTuple):
    """What became of an id.

    Attributes:
        id: an id that is new, for one that split off, or that is no more, for one that merged.
        event: what happened.
        of: the id that it was part of, or has become part of.
        step: the update in which that was.
    """

    id: str
    event: Event
    of: str
    step: int


@dataclass(frozen=True, eq=False)
class EntitySets:
    """Links or clusters, as sets of entities of a task.

    Attributes:
        owners: (k,) int64 which set every entry belongs to, ascending.
        entities: (k,) int32 joint ids; an entity may be in several sets.
        sureness: (s,) float32 of every set.
        first_pairs: (s, 2) int32 joint ids of its surest pair.
    """

    owners: IntArray
    entities: Int32Array
    sureness: FloatArray
    first_pairs: Int32Array

    @classmethod
    def of_links(cls, links: Int32Array, sureness: FloatArray) -> EntitySets:
        """Every one of (m, 2) links as a set of its own."""
        owners = np.repeat(np.arange(len(links)), 2)
        return cls(owners, links.ravel(), sureness, links)

    @classmethod
    def of_members(
        cls, members: Int32Array, sureness: FloatArray, links: Int32Array, surest: FloatArray
    ) -> EntitySets:
        """Clusters from their (c, g) members, -1 for none.

        Args:
            members: see `Clusters.members`.
            sureness: (c,) of the clusters.
            links: (m, 2) joint ids that they may be made of.
            surest: (m,) how sure these are; of the surest within a cluster the id is made.
        """
        rows, columns = np.nonzero(members >= 0)
        entities = members[rows, columns]
        size = int(max(entities.max(initial=-1), links.max(initial=-1))) + 1
        row = np.full(size, -1, dtype=np.int64)
        row[entities] = rows
        inside = np.flatnonzero((row[links[:, 0]] == row[links[:, 1]]) & (row[links[:, 0]] >= 0))
        order = inside[np.lexsort((links[inside, 1], links[inside, 0], -surest[inside]))]
        first = members[:, :2].copy()
        of_cluster, place = np.unique(row[links[order, 0]], return_index=True)
        first[of_cluster] = links[order[place]]
        return cls(rows, entities, sureness, first.astype(np.int32))

    def __len__(self) -> int:
        return len(self.sureness)


@dataclass(frozen=True, eq=False)
class Ids:
    """The ids of some sets.

    Attributes:
        ids: (s,) strings.
        births: (s,) int32 the update in which each came up; 0 is the first alignment.
    """

    ids: StringArray
    births: Int32Array


def pair_id(kind: Kind, left: tuple[str, str], right: tuple[str, str], again: int = 0) -> str:
    """The id that a pair gives to what begins with it.

    Args:
        kind: of what; a link and a cluster of the same pair have different ids.
        left, right: graph and identifier of the two entities.
        again: how many times this id is taken already by something that began with this pair.

    >>> pair_id("link", ("en", "Rome"), ("it", "Roma"))
    'l...'
    """
    text = "\0".join([kind, *left, *right, *(str(again) for _ in range(again > 0))])
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return kind[0] + b32encode(digest).decode("ascii").lower()[:_LENGTH]


def follow(
    kind: Kind, task: AlignmentTask, old: EntitySets, known: Ids, new: EntitySets, step: int
) -> tuple[Ids, list[Lineage]]:
    """The ids of new sets, by those of the old ones that they share entities with.

    Args:
        kind: what the sets are.
        task: of the new sets.
        old: the sets of before, in joint ids of the task; entities that are gone are left out.
        known: their ids.
        new: the sets of now.
        step: the number of the update.

    Returns:
        The ids, and what became of those that are no more or split off.
    """
    before, after, shared = _overlap(old, new)
    alone = shared < _PAIR
    # Which part of an old set keeps its id: the one with most of it, then the surer one.
    order = np.lexsort((after, -new.sureness[after], -shared, before))
    is_heir = np.append(True, np.diff(before[order]) != 0)[: len(order)]
    heirs = order[is_heir]
    # Of several ids that one set could have, the oldest of those that share a pair with it.
    text = known.ids[before[heirs]].astype(str) if len(heirs) else np.empty(0, dtype=str)
    keys = text, -shared[heirs], known.births[before[heirs]], alone[heirs], after[heirs]
    heirs = heirs[np.lexsort(keys)]
    is_first = np.append(True, np.diff(after[heirs]) != 0)[: len(heirs)]
    found: list[str] = [""] * len(new)
    births = np.full(len(new), step, dtype=np.int32)
    lineage = list[Lineage]()
    for at, first in zip(heirs.tolist(), is_first.tolist(), strict=True):
        one, other = int(before[at]), int(after[at])
        if first:
            found[other], births[other] = str(known.ids[one]), known.births[one]
        elif not alone[at]:
            lineage.append(Lineage(str(known.ids[one]), "merged", found[other], step))
    parents = {int(after[at]): int(before[at]) for at in order[~is_heir & ~alone[order]].tolist()}
    fresh = [number for number, own in enumerate(found) if not own]
    names = _called(task, new.first_pairs[fresh])
    taken = set(known.ids.tolist())
    for number, (left, right) in zip(fresh, names, strict=True):
        again = 0
        while (own := pair_id(kind, left, right, again)) in taken:
            again += 1
        taken.add(own)
        found[number] = own
        if number in parents:
            lineage.append(Lineage(own, "split", str(known.ids[parents[number]]), step))
    return Ids(strings(found), births), lineage


def _overlap(old: EntitySets, new: EntitySets) -> tuple[IntArray, IntArray, IntArray]:
    """(o,) old and (o,) new sets that share entities, and (o,) how many they share."""
    order = np.argsort(old.entities, kind="stable")
    ascending = old.entities[order]
    start = np.searchsorted(ascending, new.entities)
    count = np.searchsorted(ascending, new.entities, side="right") - start
    entry, place = expand(start, count)
    keys, shared = np.unique(
        keys_of(old.owners[order[place]], new.owners[entry]), return_counts=True
    )
    return *ends_of(keys), shared


def _called(
    task: AlignmentTask, pairs: Int32Array
) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Graph and identifier of both ends of (m, 2) pairs."""
    graphs, names = strings(task.kg_names)[task.source_of[pairs]], task.identifiers(pairs)
    columns = (graphs[:, 0], names[:, 0], graphs[:, 1], names[:, 1])
    for one, left, other, right in zip(*(column.tolist() for column in columns), strict=True):
        yield (one, left), (other, right)
