"""The state of an alignment: what an aligner found last, as a saved aligner keeps it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dualamn.kernels.arrays import FloatArray, Int32Array, IntArray, StringArray, find, no_links
from dualamn.probability.calibration import Calibration
from dualamn.result import CandidateProtocol, EarlierLinks, PairAlignment

_MOST_PAST = 8  # states of before that are kept
_PAST_LINKS = 4  # and their links together, as a multiple of those of now


@dataclass(frozen=True, eq=False)
class LastClusters:
    """The clusters of the links that were written.

    Attributes:
        members: (c, g) int32 joint ids, -1 where a cluster has nothing of a graph.
        scores: (c,) float32 how sure each is.
        ids: (c,) see `dualamn.link_files.link_ids`.
        births: (c,) int32 the update in which each came up.
    """

    members: Int32Array
    scores: FloatArray
    ids: StringArray
    births: Int32Array


@dataclass(frozen=True, eq=False)
class AlignmentState:
    """The links of an alignment, in the joint ids of its task, and what an update goes by.

    Attributes:
        step: how many updates there were.
        protocol, matcher, many: how the links were found.
        least_probability: that written links have; None for links without probabilities.
        pairs: all links that were found, with ids and without rankings.
        births: (m,) int32 the update in which each of these links came up, in their order.
        contested: (m,) int32 in how many updates running another link was ahead of it.
        clusters: of the written links.
        calibration: how the links got their probabilities; None where they have none.
        found: what the first model and each of the second ones found before calibration, for
            evidence to begin with.
        lineage: (k, 4) strings: id, event, id of, step; see `dualamn.link_files.link_ids`.
        fingerprint: of the task, see `dualamn.graphs.fingerprint`.
        past: states of before, the last one last; of none of theirs the past.
    """

    step: int
    protocol: CandidateProtocol
    matcher: str
    many: bool
    least_probability: float | None
    pairs: tuple[PairAlignment, ...]
    births: Int32Array
    contested: Int32Array
    clusters: LastClusters
    calibration: Calibration | None
    found: tuple[EarlierLinks, ...]
    lineage: StringArray
    fingerprint: str = ""
    past: tuple[PastState, ...] = ()

    @property
    def links(self) -> Int32Array:
        """(m, 2) int32 joint ids of all links."""
        return np.concatenate([no_links(), *(pair.links for pair in self.pairs)])

    def moved(self, new_id: Int32Array) -> AlignmentState:
        """The state in other joint ids, without the entities that are gone.

        Args:
            new_id: (n,) the joint id now of every joint id of before; -1 for who is gone.
        """
        kept, pairs = [np.empty(0, dtype=np.bool_)], []
        for pair in self.pairs:
            there = np.asarray((new_id[pair.links] >= 0).all(axis=1))
            pairs.append(replace(pair.kept(there), links=new_id[pair.links[there]]))
            kept.append(there)
        stays = np.concatenate(kept)
        old = self.clusters.members
        members = np.where(old >= 0, new_id[old], np.int32(-1))
        whole = (members >= 0).sum(axis=1) > 1
        clusters = LastClusters(
            members[whole],
            self.clusters.scores[whole],
            self.clusters.ids[whole],
            self.clusters.births[whole],
        )
        found = []
        for one in self.found:
            there = np.asarray((new_id[one.links] >= 0).all(axis=1))
            found.append(EarlierLinks(new_id[one.links[there]], one.probabilities[there]))
        return replace(
            self,
            pairs=tuple(pairs),
            births=self.births[stays],
            contested=self.contested[stays],
            clusters=clusters,
            found=tuple(found),
        )

    def after(self, before: AlignmentState, hashes: IntArray) -> AlignmentState:
        """The state that keeps the one before as past.

        Args:
            before: in the joint ids of then.
            hashes: (n,) `entity_hashes` of the task then.
        """
        past = (*before.past, PastState.of(before, hashes))[-_MOST_PAST:]
        while past and sum(len(one.state.links) for one in past) > _PAST_LINKS * len(self.links):
            past = past[1:]
        return replace(self, past=past)

    def again(self, fingerprint: str, hashes: IntArray) -> AlignmentState | None:
        """The state of before of a task that is there again; None where there was none.

        Args:
            fingerprint, hashes: of the task now.
        """
        for number, one in reversed(list(enumerate(self.past))):
            if one.state.fingerprint == fingerprint:
                return replace(one.restored(hashes), step=self.step, past=self.past[:number])
        return None


@dataclass(frozen=True, eq=False)
class PastState:
    """A state of before, whatever the joint ids are by now.

    Attributes:
        entities: (u,) int64 `entity_hashes` of the entities that are in links.
        state: in which joint ids are places in these.
    """

    entities: IntArray
    state: AlignmentState

    @classmethod
    def of(cls, state: AlignmentState, hashes: IntArray) -> PastState:
        """A state in joint ids, and (n,) `entity_hashes` of its task."""
        members = state.clusters.members
        ends = [state.links, members[members >= 0], *(one.links for one in state.found)]
        used = np.unique(np.concatenate([own.ravel() for own in ends]))
        place = np.full(len(hashes), -1, dtype=np.int32)
        place[used] = np.arange(len(used))
        return cls(hashes[used], replace(state.moved(place), past=()))

    def restored(self, hashes: IntArray) -> AlignmentState:
        """The state in the joint ids of a task with (n,) `entity_hashes`."""
        order = np.argsort(hashes, kind="stable")
        place, here = find(hashes[order], self.entities)
        joint = np.where(here, order[place], -1).astype(np.int32)
        return self.state.moved(joint)
