"""The state of an alignment from its links, with the ids of what was there before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dualamn.alignment import Alignment
from dualamn.graphs.alignment_state import AlignmentState, LastClusters, without_rankings
from dualamn.kernels.arrays import FloatArray, Int32Array, StringArray, strings
from dualamn.link_files.link_ids import EntitySets, Ids, Lineage, follow
from dualamn.matching import BY_PROBABILITY
from dualamn.result import LIKELY, EarlierLinks, PairAlignment

_NO_IDS = Ids(strings([]), np.empty(0, dtype=np.int32))
_NO_LINKS = np.empty((0, 2), dtype=np.int32)


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


def found_by(pairs: Sequence[PairAlignment], matcher: str) -> EarlierLinks:
    """The links of one model, with the matcher's probabilities; none of one that has none."""
    if matcher not in BY_PROBABILITY:
        return EarlierLinks(_NO_LINKS, np.empty(0, dtype=np.float32))
    return EarlierLinks(
        np.concatenate([_NO_LINKS, *(pair.links for pair in pairs)]),
        np.concatenate([np.empty(0, dtype=np.float32), *(pair.scores for pair in pairs)]),
    )


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
        pairs.append(replace(without_rankings(pair), link_ids=found_ids.ids))
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
    return EntitySets.of_links(_NO_LINKS, np.empty(0, dtype=np.float32)), _NO_IDS


def _clusters(
    alignment: Alignment, before: AlignmentState | None, step: int
) -> tuple[LastClusters, list[Lineage]]:
    """The clusters of the written links with their ids, and what became of others."""
    made, written = alignment.clusters(), alignment.written()
    links = np.concatenate([alignment.task.seed_links, written.links])
    given = np.full(len(alignment.task.seed_links), np.inf, dtype=np.float32)
    surest = np.concatenate([given, written.sureness])
    sets = EntitySets.of_members(made.members, made.scores, links, surest)
    known, ids = EntitySets.of_links(_NO_LINKS, np.empty(0, dtype=np.float32)), _NO_IDS
    if before is not None:
        old = before.clusters
        known = EntitySets.of_members(old.members, old.scores, _NO_LINKS, surest[:0])
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


def _as_table(before: AlignmentState | None, lineage: Sequence[Lineage]) -> StringArray | None:
    """(k, 4) what became of ids, so far and now; None for nothing."""
    known = None if before is None else before.lineage
    rows = [strings([one.id, one.event, one.of, str(one.step)]) for one in lineage]
    tables = [] if known is None else [known]
    if rows:
        tables.append(np.stack(rows))
    return np.concatenate(tables) if tables else None


def moved(state: AlignmentState, new_id: Int32Array) -> AlignmentState:
    """The state in the joint ids of a task that has changed, without the entities that are gone.

    Args:
        state: in the joint ids of before.
        new_id: (n,) the joint id now of every joint id of before; -1 for who is gone.
    """
    kept, pairs = [np.empty(0, dtype=np.bool_)], []
    for pair in state.pairs:
        there = np.asarray((new_id[pair.links] >= 0).all(axis=1))
        pairs.append(replace(pair.kept(there), links=new_id[pair.links[there]]))
        kept.append(there)
    stays = np.concatenate(kept)
    old = state.clusters.members
    members = np.where(old >= 0, new_id[old], np.int32(-1))
    whole = (members >= 0).sum(axis=1) > 1
    clusters = LastClusters(
        members[whole],
        state.clusters.scores[whole],
        state.clusters.ids[whole],
        state.clusters.births[whole],
    )
    found = []
    for one in state.found:
        there = np.asarray((new_id[one.links] >= 0).all(axis=1))
        found.append(EarlierLinks(new_id[one.links[there]], one.probabilities[there]))
    return replace(
        state,
        pairs=tuple(pairs),
        births=state.births[stays],
        contested=state.contested[stays],
        clusters=clusters,
        found=tuple(found),
    )
