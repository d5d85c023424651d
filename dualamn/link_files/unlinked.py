"""Entities that were left without a link, and why."""

from __future__ import annotations

from typing import Literal

import numpy as np

from dualamn.kernels.arrays import BoolArray, Int32Array, StringArray, strings
from dualamn.result import AlignedLinks

Reason = Literal["unlikely", "no candidate", "not chosen"]
"""Why an entity has no link.

- `unlikely`: its link has a lower probability than links were chosen by;
- `no candidate`: nothing in another graph is like it in any way that was looked at;
- `not chosen`: it has candidates, and the matcher linked none of them to it: they have others that
  fit better, or the entity ties with others.
"""
REASONS: tuple[Reason, ...] = ("unlikely", "no candidate", "not chosen")


def unlinked(alignment: AlignedLinks) -> tuple[Int32Array, StringArray]:
    """Who could have a link and has none, nor a seed link, in the graphs that were aligned.

    Returns:
        (u,) int32 joint ids in rising order, and (u,) the `Reason` of each.
    """
    task = alignment.task
    aligned = sorted({kg for pair in alignment.pairs for kg in (pair.left, pair.right)})
    alone = task.is_linkable & np.isin(task.source_of, aligned)
    alone[alignment.links] = False
    alone[task.seed_links] = False
    ids = np.flatnonzero(alone).astype(np.int32)
    reason = np.full(len(ids), REASONS.index("not chosen"))
    reason[_without_candidates(alignment)[ids]] = REASONS.index("no candidate")
    if alignment.chosen_from is not None:
        had = np.zeros(task.n_entities, np.bool_)
        had[alignment.chosen_from.links] = True
        reason[had[ids]] = REASONS.index("unlikely")
    return ids, strings(REASONS)[reason]


def _without_candidates(alignment: AlignedLinks) -> BoolArray:
    """(n,) who was searched for and has not one candidate, as far as the matcher ranks them."""
    searched, found = np.zeros((2, alignment.task.n_entities), np.bool_)
    for pair in alignment.pairs:
        for topk in (pair.left_to_right, pair.right_to_left):
            if topk is not None:
                searched[topk.queries] = True
                found[topk.queries] |= (topk.candidates >= 0).any(axis=1)
    return np.asarray(searched & ~found)
