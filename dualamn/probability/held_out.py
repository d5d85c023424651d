"""Links that a second model does not see, to judge what it finds by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dualamn.arrays import BoolArray, Int32Array
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
    held = _drawn(task, task.seed_links, seed)
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


def hide_names(task: AlignmentTask, own: Int32Array, seed: int) -> tuple[AlignmentTask, Int32Array]:
    """A task in which both entities of a fifth of the pairs found by name have none, and those.

    Their attribute values go too, as these may hold the names once more. A model of it can find
    these pairs by structure alone. Names found them without structure, so that where the two agree,
    neither has it from the other.

    Args:
        task: what the first model learned from, without seed links.
        own: (m, 2) int32 pairs that the first model found by name.
        seed: of the draw.

    Returns:
        The task of the second model, and (h, 2) int32 pairs held out; none if they would be fewer
        than `FEWEST` in all.
    """
    held = _drawn(task, own, seed)
    if held.sum() < FEWEST:
        held[:] = False
    links: Int32Array = own[held]
    return unnamed(task, links), links


def unnamed(task: AlignmentTask, links: Int32Array) -> AlignmentTask:
    """The task without names and attribute values, where names may stand again, of these entities.

    They join the test side, unlabelled.
    """
    kgs = []
    for kg, first, end in zip(
        task.kgs, task.entity_offsets[:-1], task.entity_offsets[1:], strict=True
    ):
        hidden = np.unique(links[(links >= first) & (links < end)]) - first
        names, literals = kg.entity_names, kg.literals
        if names is not None:
            names = names.copy()
            names[hidden] = ""
        if literals is not None:
            kept = ~np.isin(literals.entities, hidden)
            columns = ("entities", "kinds", "values", "types")
            literals = replace(
                literals, **{name: getattr(literals, name)[kept] for name in columns}
            )
        kgs.append(replace(kg, entity_names=names, literals=literals))
    both = np.concatenate([task.test_links, links])
    return replace(task, kgs=tuple(kgs), test_links=np.unique(both, axis=0).astype(np.int32))


def uncontradicted(held_out: Int32Array, links: Int32Array) -> Int32Array:
    """Pairs found by name of which neither entity was linked to another one in the end.

    Names mislead at times. Where all that is known together decides for another partner, the pair
    is no measure of what structure finds.

    Args:
        held_out: (h, 2) joint ids.
        links: (m, 2) of the first model, which saw all names.
    """
    keys, known = (rows[:, 0].astype(np.int64) << 32 | rows[:, 1] for rows in (held_out, links))
    same = np.isin(keys, known)
    linked = np.isin(held_out[:, 0], links[:, 0]) | np.isin(held_out[:, 1], links[:, 1])
    kept: Int32Array = held_out[same | ~linked]
    return kept


def _drawn(task: AlignmentTask, links: Int32Array, seed: int) -> BoolArray:
    """(m,) a fifth of the links of every pair of graphs."""
    rng = np.random.default_rng([seed, _PURPOSE])
    sources = task.source_of[links]
    held = np.zeros(len(links), dtype=np.bool_)
    for left, right in task.kg_pairs:
        between = np.flatnonzero((sources[:, 0] == left) & (sources[:, 1] == right))
        held[rng.permutation(between)[: int(SHARE * len(between))]] = True
    return held
