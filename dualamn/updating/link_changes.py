"""What became of the links of before in an update, and what told of those of now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from dualamn.alignment import Alignment
from dualamn.explain.reasons import CommonStatements, compare_values
from dualamn.files.text import short
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array
from dualamn.link_files.changes import (
    MORE,
    NUMBERS,
    TEXTS,
    ChangeKind,
    Changes,
    change_table,
)
from dualamn.result import PairAlignment
from dualamn.updating.alignment_state import AlignmentState

_GONE = "an entity is gone"
_KNOWN = "a seed link now"
_OF_SEED = "another link of its ends is known now"
_REJECTED = "known to be different"


@dataclass(frozen=True)
class _Row:
    """A written link: its ends, its probability and its ids."""

    ends: tuple[str, str]
    joint: tuple[int, int]
    probability: float | None
    link_id: str
    cluster_id: str


_Change = tuple[ChangeKind, _Row | None, _Row | None, str]
"""What became of a link, itself before and now, and why."""


def changes_of(
    before: AlignmentState,
    task_before: AlignmentTask,
    state: AlignmentState,
    written: Alignment,
    new_id: Int32Array,
) -> Changes:
    """What became of the links that were written before.

    Args:
        before: in the joint ids of its task.
        task_before: its task.
        state: of now.
        written: the links of now that are written, with ids.
        new_id: (n,) the joint id now of every joint id of before; -1 for who is gone.
    """
    columns: dict[str, list[Any]] = {name: [] for name in (*TEXTS, *NUMBERS, *MORE, "reason")}
    counts: dict[str, dict[ChangeKind, int]] = {}
    for old, whole, now in zip(before.pairs, state.pairs, written.pairs, strict=True):
        graphs = written.task.kg_names[now.left], written.task.kg_names[now.right]
        of_pair = counts.setdefault("-".join(graphs), {})
        rows_before = _rows(_written(old, before.least_probability), task_before)
        pair = _PairChanges(rows_before, now, whole, written, state, new_id)
        for kind, was, at, reason in pair.all():
            of_pair[kind] = of_pair.get(kind, 0) + 1
            row = at or was
            assert row is not None
            is_elsewhere = was is not None and at is not None and was.ends != at.ends
            ends_before = was.ends if was is not None and is_elsewhere else ("", "")
            values = (
                *(kind, graphs[0], row.ends[0], graphs[1], row.ends[1], *ends_before),
                *(None if one is None else one.probability for one in (was, at)),
                row.link_id,
                *("" if one is None else one.cluster_id for one in (at, was)),
                reason,
            )
            for name, value in zip(columns, values, strict=True):
                columns[name].append(value)
    return Changes(change_table(columns), counts)


def _written(pair: PairAlignment, least: float | None) -> PairAlignment:
    """The links that are as probable as written ones."""
    if pair.probabilities is None or least is None:
        return pair
    probable = pair.probabilities >= np.float32(least)
    return pair.kept(probable if pair.is_given is None else probable | pair.is_given)


def _rows(pair: PairAlignment, task: AlignmentTask) -> dict[str, _Row]:
    """The links of a pair of graphs, by their ids."""
    assert pair.link_ids is not None
    assert pair.cluster_ids is not None
    names, joint = task.identifiers(pair.links).tolist(), pair.links.tolist()
    p = [None] * len(joint) if pair.probabilities is None else pair.probabilities.tolist()
    rows = zip(names, joint, p, pair.link_ids.tolist(), pair.cluster_ids.tolist(), strict=True)
    return {
        own: _Row((left, right), (one, other), probability, own, cluster)
        for (left, right), (one, other), probability, own, cluster in rows
    }


class _PairChanges:
    """What became of the links between two graphs."""

    def __init__(
        self,
        before: dict[str, _Row],
        now: PairAlignment,
        whole: PairAlignment,
        written: Alignment,
        state: AlignmentState,
        new_id: Int32Array,
    ) -> None:
        self._before, self._now = before, _rows(now, written.task)
        self._pair, self._whole, self._written, self._new_id = now, whole, written, new_id
        events = [row for row in state.lineage.tolist() if row[3] == str(state.step)]
        self._joined = {of for _, event, of, _ in events if event == "merged"}
        self._apart = {own for own, event, _, _ in events if event == "split"}

    def all(self) -> Iterator[_Change]:
        """Every link of before and of now."""
        for own, row in self._now.items():
            was = self._before.get(own)
            kind: ChangeKind = "new" if was is None else "kept" if was.ends == row.ends else "moved"
            if kind != "kept" and row.cluster_id in self._joined:
                kind = "merged"
            elif row.cluster_id in self._apart:
                kind = "split"
            yield kind, was, row, "" if kind == "kept" else self._told(row)
        gone = [row for own, row in self._before.items() if own not in self._now]
        yield from self._lost(gone) if gone else ()

    def _lost(self, rows: Sequence[_Row]) -> Iterator[_Change]:
        """The links of before that are not written any more."""
        task = self._written.task
        rejected, seeds = (
            set(map(tuple, pairs.tolist())) for pairs in (task.not_links, task.seed_links)
        )
        taken = [{row.joint[side]: row.ends for row in self._now.values()} for side in (0, 1)]
        p = self._whole.probabilities
        found = {
            pair: None if p is None else float(p[at])
            for at, pair in enumerate(map(tuple, self._whole.links.tolist()))
        }
        known = {end for pair in seeds for end in pair}
        for row in rows:
            now = tuple(self._new_id[list(row.joint)].tolist())
            kind: ChangeKind = "rejected" if now in rejected else "dropped"
            rivals = [
                f"{short(row.ends[side])} is linked to {short(at[now[side]][1 - side])}"
                for side, at in enumerate(taken)
                if now[side] in at
            ]
            if -1 in now:
                reason = _GONE
            elif kind == "rejected":
                reason = _REJECTED
            elif now in seeds:
                reason = _KNOWN
            elif known.intersection(now):
                reason = _OF_SEED
            elif found.get(now) is not None:
                reason = f"probability {found[now]:.3f} now"
            else:
                reason = " and ".join(rivals) or "nothing tells enough of it any more"
            yield kind, row, None, reason

    def _told(self, row: _Row) -> str:
        """What told most of a link: a statement, a name or a value."""
        best, most = "", 0.0
        for shared in self._common.between(*row.joint)[:1]:
            best, most = str(shared), shared.match_weight
        attributes = self._written.attributes
        if attributes is not None and attributes.has_weight:
            for value in compare_values(self._written, *row.joint):
                if (value.match_weight or 0.0) > most:
                    best, most = str(value), value.match_weight or 0.0
        return best

    @cached_property
    def _common(self) -> CommonStatements:
        return CommonStatements(self._written, self._pair)
