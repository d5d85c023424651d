"""The state of an alignment from its links, with the ids of what was there before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dualamn.alignment import Alignment
from dualamn.data_loaders.growth import Grown
from dualamn.kernels.arrays import (
    FloatArray,
    StringArray,
    find,
    no_links,
    pair_keys,
    strings,
)
from dualamn.link_files.link_ids import EntitySets, Ids, Lineage, follow
from dualamn.result import LIKELY, EarlierLinks, PairAlignment
from dualamn.updating.alignment_state import AlignmentState, LastClusters
from dualamn.updating.stability import contested

_NO_IDS = Ids(strings([]), np.empty(0, dtype=np.int32))


@dataclass(frozen=True, eq=False)
class Found:
    """What an aligner found last.

    Attributes:
        alignment: all links.
        many: whether several links may lead to one entity.
        models: what every model found before calibration, the first one first.
    """

    alignment: Alignment
    many: bool
    models: tuple[EarlierLinks, ...]

    def state(self, written: Alignment | None, before: AlignmentState | None) -> AlignmentState:
        """The state that this leaves; `written` are the links that were chosen of all."""
        chosen = self.alignment if written is None else written
        return state_of(chosen, self.models, many=self.many, before=before)


def state_of(
    alignment: Alignment,
    found: Sequence[EarlierLinks],
    *,
    many: bool = False,
    before: AlignmentState | None = None,
) -> AlignmentState:
    """The state that an alignment leaves.

    Args:
        alignment: links that were chosen among all that were found, or all of them.
        found: what every model found before calibration.
        many: whether several links may lead to one entity.
        before: the state of before, in joint ids of the same task, where there is one. What shares
            entities with something of then has its id.
    """
    whole = alignment if alignment.chosen_from is None else alignment.chosen_from
    step = 0 if before is None else before.step
    pairs, births, lineage = [], [np.empty(0, dtype=np.int32)], list[Lineage]()
    for pair in whole.pairs:
        known, ids = _links_before(before, pair.left, pair.right)
        sets = EntitySets.of_links(pair.links, _sureness(pair))
        found_ids, became = follow("link", alignment.task, known, ids, sets, step)
        alone = replace(pair, left_to_right=None, right_to_left=None, recall=None)
        pairs.append(replace(alone, link_ids=found_ids.ids))
        births.append(found_ids.births)
        lineage += became
    clusters, became = _clusters(alignment, before, step)
    least = alignment.least_probability
    if least is None and alignment.probabilities is not None:
        least = LIKELY
    return AlignmentState(
        step,
        whole.protocol,
        whole.matcher,
        many,
        least,
        _with_clusters(pairs, clusters, alignment.task.n_entities),
        np.concatenate(births),
        np.zeros(sum(map(len, births)), dtype=np.int32),
        clusters,
        alignment.calibration,
        tuple(found),
        _as_table(before, [*lineage, *became]),
    )


def _sureness(pair: PairAlignment) -> FloatArray:
    return pair.scores if pair.probabilities is None else pair.probabilities


def _links_before(before: AlignmentState | None, left: int, right: int) -> tuple[EntitySets, Ids]:
    """The links of before between two graphs, and their ids."""
    first = 0
    for pair in () if before is None else before.pairs:
        last = first + len(pair.links)
        if (pair.left, pair.right) == (left, right):
            assert before is not None
            assert pair.link_ids is not None
            sets = EntitySets.of_links(pair.links, _sureness(pair))
            return sets, Ids(pair.link_ids, before.births[first:last])
        first = last
    return EntitySets.of_links(no_links(), np.empty(0, dtype=np.float32)), _NO_IDS


def _clusters(
    alignment: Alignment, before: AlignmentState | None, step: int
) -> tuple[LastClusters, list[Lineage]]:
    """The clusters of the written links with their ids, and what became of others."""
    made, written = alignment.clusters(), alignment.written()
    links = np.concatenate([alignment.task.seed_links, written.links])
    given = np.full(len(alignment.task.seed_links), np.inf, dtype=np.float32)
    surest = np.concatenate([given, written.sureness])
    sets = EntitySets.of_members(made.members, made.scores, links, surest)
    known, ids = EntitySets.of_links(no_links(), np.empty(0, dtype=np.float32)), _NO_IDS
    if before is not None:
        old = before.clusters
        known = EntitySets.of_members(old.members, old.scores, no_links(), surest[:0])
        ids = Ids(old.ids, old.births)
    found, lineage = follow("cluster", alignment.task, known, ids, sets, step)
    return LastClusters(made.members, made.scores, found.ids, found.births), lineage


def _with_clusters(
    pairs: Sequence[PairAlignment], clusters: LastClusters, n_entities: int
) -> tuple[PairAlignment, ...]:
    """The links with the id of the cluster of both their ends, "" where they are in two or none."""
    of_entity = np.full(n_entities, -1, dtype=np.int64)
    rows, columns = np.nonzero(clusters.members >= 0)
    of_entity[clusters.members[rows, columns]] = rows
    named: StringArray = np.append(clusters.ids, strings([""]))
    found = []
    for pair in pairs:
        ends = of_entity[pair.links]
        inside = np.where(ends[:, 0] == ends[:, 1], ends[:, 0], -1)
        found.append(replace(pair, cluster_ids=named[inside]))
    return tuple(found)


def _as_table(before: AlignmentState | None, lineage: Sequence[Lineage]) -> StringArray:
    """(k, 4) what became of ids, so far and now."""
    rows = [] if before is None else before.lineage.tolist()
    rows += [[one.id, one.event, one.of, str(one.step)] for one in lineage]
    return strings(cell for row in rows for cell in row).reshape(-1, 4)


def next_state(
    alignment: Alignment,
    found: Sequence[EarlierLinks],
    before: AlignmentState,
    known: Grown,
) -> AlignmentState:
    """The state after an update.

    Args:
        alignment: all links of now.
        found: what every model found before calibration.
        before: the state of before in joint ids of now, with the number of this update, the
            fingerprint of the task as it is now, and its past.
        known: what has changed.
    """
    least = before.least_probability
    chosen = alignment if least is None else alignment.confident(least)
    state = state_of(chosen, found, many=before.many, before=before)
    return replace(
        state,
        least_probability=least,
        contested=contested(state, before, known.grown.touched),
        fingerprint=before.fingerprint,
        past=before.past,
    )


def with_ids(
    pairs: Sequence[PairAlignment], named: Sequence[PairAlignment]
) -> tuple[PairAlignment, ...]:
    """Links of a state, or some of them, with the ids that it has of them."""
    found = []
    for pair, own in zip(pairs, named, strict=True):
        assert own.link_ids is not None
        assert own.cluster_ids is not None
        keys = pair_keys(own.links)
        order = np.argsort(keys, kind="stable")
        at = order[find(keys[order], pair_keys(pair.links))[0]] if len(pair.links) else order[:0]
        found.append(replace(pair, link_ids=own.link_ids[at], cluster_ids=own.cluster_ids[at]))
    return tuple(found)


def chosen_anew(state: AlignmentState, alignment: Alignment) -> AlignmentState:
    """The state in which other links are the written ones."""
    clusters, became = _clusters(alignment, state, state.step)
    return replace(
        state,
        least_probability=alignment.least_probability,
        clusters=clusters,
        pairs=_with_clusters(state.pairs, clusters, alignment.task.n_entities),
        lineage=_as_table(state, became),
    )
