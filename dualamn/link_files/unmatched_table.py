"""Entities without a link as a table.

    source   entity             name
    en       http://en…/Q1234   Sark

Of the graphs that were aligned, sorted by graph and identifier. Seed links are links.
"""

from __future__ import annotations

import numpy as np

from dualamn.kernels.arrays import strings
from dualamn.link_files.table import Table
from dualamn.result import AlignedLinks


def unmatched_table(alignment: AlignedLinks) -> Table:
    """The entities that have neither a link nor a seed link to another graph.

    Returns:
        Columns source, entity and name, which is "" where the graph has none.
    """
    task = alignment.task
    alone = np.ones(task.n_entities, dtype=np.bool_)
    alone[alignment.links] = False
    alone[task.seed_links] = False
    aligned = sorted({kg for pair in alignment.pairs for kg in (pair.left, pair.right)})
    alone &= np.isin(task.source_of, aligned)
    ids = np.flatnonzero(alone)
    sources, identifiers = task.source_of[ids], task.identifiers(ids)
    names = strings([""] * len(ids)) if task.entity_names is None else task.entity_names[ids]
    keys = list(zip(sources.tolist(), identifiers.tolist(), strict=True))
    order = np.array(sorted(range(len(ids)), key=keys.__getitem__), dtype=np.int64)
    graphs = strings(task.kg_names)
    return Table({"source": graphs[sources], "entity": identifiers, "name": names}).take(order)
