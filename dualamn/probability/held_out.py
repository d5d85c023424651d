"""Seed links that a second model does not see, to judge its links by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dualamn.arrays import Int32Array
from dualamn.task import AlignmentTask

SHARE = 0.2
"""The share of the seed links that is held out."""

FEWEST = 10
"""Held-out links below which a second model is not worth its time."""

_PURPOSE = 0xCA11B  # keeps these draws apart from others of the same seed


def hold_out(task: AlignmentTask, seed: int) -> tuple[AlignmentTask, Int32Array]:
    """A task without a fifth of the seed links of every pair of graphs, and that fifth.

    Links that follow from chains of the seed links that are kept are not held out: a model that
    knows the chain knows the link. The others join the test side of the task, unlabelled, where
    "test_only" looks for candidates.

    Args:
        task: what the first model learned from.
        seed: of the draw.

    Returns:
        The task of the second model, and (h, 2) int32 links held out; none if they would be
        fewer than `FEWEST` in all.
    """
    rng = np.random.default_rng([seed, _PURPOSE])
    sources = task.source_of[task.seed_links]
    held = np.zeros(len(task.seed_links), dtype=np.bool_)
    for left, right in task.kg_pairs:
        between = np.flatnonzero((sources[:, 0] == left) & (sources[:, 1] == right))
        held[rng.permutation(between)[: int(SHARE * len(between))]] = True
    kept = task.seed_links[~held]
    ones = np.ones(len(kept), dtype=np.int8)
    chains = coo_array((ones, (kept[:, 0], kept[:, 1])), shape=(task.n_entities,) * 2)
    _, component = connected_components(chains, directed=False)
    implied = component[task.seed_links[:, 0]] == component[task.seed_links[:, 1]]
    held &= ~implied
    if held.sum() < FEWEST:
        held[:] = False
    links: Int32Array = task.seed_links[held]
    trial = replace(
        task,
        seed_links=task.seed_links[~held],
        test_links=np.concatenate([task.test_links, links]),
    )
    return trial, links
