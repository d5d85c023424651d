"""How far triples lead from entities of which something is known."""

from __future__ import annotations

import numpy as np

from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, Int32Array


def in_triples(task: AlignmentTask) -> BoolArray:
    """(n,) bool: the entities that a triple joins to another one."""
    found = np.zeros(task.n_entities, dtype=np.bool_)
    heads, _, tails = task.triples.T
    others = heads != tails
    found[heads[others]] = found[tails[others]] = True
    return found


def within_hops(task: AlignmentTask, entities: Int32Array, hops: int) -> BoolArray:
    """(n,) bool: the entities that at most so many triples lead to, from any of some joint ids."""
    reached = np.zeros(task.n_entities, dtype=np.bool_)
    reached[entities] = True
    heads, _, tails = task.triples.T
    for _ in range(hops):
        before = reached.copy()
        reached[heads[before[tails]]] = True
        reached[tails[before[heads]]] = True
    return reached


def structure_tells(task: AlignmentTask, links: Int32Array) -> bool:
    """Whether triples lead on from both ends of any of (m, 2) known links.

    Else there is nothing that an encoder could learn from: tables, or links of entities that
    only names and values describe.
    """
    return bool(in_triples(task)[links].all(axis=1).any())
