"""The part of a task that is about some of its entities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dualamn.graphs.knowledge_graph import FurtherNames, KnowledgeGraph, Literals
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, Int32Array

_LINKS = ("seed_links", "test_links", "valid_links", "not_links", "accepted_links")


def restricted(
    task: AlignmentTask, kept: BoolArray, told: BoolArray
) -> tuple[AlignmentTask, Int32Array]:
    """The task of some of its entities, in their order.

    Args:
        task: the whole.
        kept: (n,) which entities stay.
        told: (n,) of which entities all is kept that is said of them; of others only their
            identifiers, names, and the statements with these.

    Returns:
        The task, whose links are those between entities that stay, and (n,) int32 the new joint id
        of every entity, -1 for those that do not stay.
    """
    new_id = np.full(task.n_entities, -1, dtype=np.int32)
    new_id[kept] = np.arange(int(kept.sum()), dtype=np.int32)
    kgs = []
    for kg, first in zip(task.kgs, task.entity_offsets.tolist(), strict=False):
        own = slice(first, first + kg.n_entities)
        kgs.append(_graph(kg, kept[own], told[own]))
    links = {
        name: new_id[every[kept[every].all(axis=1)]].reshape(-1, 2)
        for name in _LINKS
        for every in [getattr(task, name)]
    }
    return replace(task, kgs=tuple(kgs), **links), new_id


def _graph(kg: KnowledgeGraph, kept: BoolArray, told: BoolArray) -> KnowledgeGraph:
    local = np.full(kg.n_entities, -1, dtype=np.int32)
    local[kept] = np.arange(int(kept.sum()), dtype=np.int32)
    ends = kg.triples[:, [0, 2]]
    triples = kg.triples[kept[ends].all(axis=1) & told[ends].any(axis=1)]
    used, relation = np.unique(triples[:, 1], return_inverse=True)
    columns = local[triples[:, 0]], relation.astype(np.int32), local[triples[:, 2]]
    further = kg.further_names
    if further is not None:
        own = kept[further.entities]
        further = FurtherNames(local[further.entities[own]], further.names[own])
    return KnowledgeGraph(
        kg.name,
        kg.entities[kept],
        kg.relations[used],
        np.stack(columns, axis=1).astype(np.int32),
        None if kg.entity_names is None else kg.entity_names[kept],
        None if kg.literals is None else _literals(kg.literals, local, kept & told),
        further,
        None if kg.unlinkable is None else kg.unlinkable[kept],
    )


def _literals(literals: Literals, local: Int32Array, told: BoolArray) -> Literals:
    own = told[literals.entities]
    used, kind = np.unique(literals.kinds[own], return_inverse=True)
    return Literals(
        literals.attributes[used],
        local[literals.entities[own]],
        kind.astype(np.int32),
        literals.values[own],
        literals.types[own],
    )
