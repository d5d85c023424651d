"""Names and values at the end of paths, as designation|label, as statements of where they begin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualamn.data_loaders.naming import BACK, STEP
from dualamn.data_loaders.statement_table import StatementTable
from dualamn.kernels.arrays import IntArray, expand


def follow_paths(table: StatementTable, labels: Sequence[str]) -> StatementTable:
    """The table with the values at the end of those of some labels that are paths as attribute
    triples."""
    known = {*table.relations, *(BACK + name for name in table.relations)}
    for label in labels:
        *steps, last = label.split(STEP)
        if not steps or not known.issuperset(steps):
            continue
        every = np.arange(len(table.entities))
        subject, node = every, every
        for step in steps:
            rows = table.triples[table.of([step.removeprefix(BACK)])][:, [0, 2]]
            near, far = (rows[:, ::-1] if step.startswith(BACK) else rows).T
            subject, node = _joined(subject, node, near, far)
        of_last = np.flatnonzero(table.facts_of([last]))
        subject, at = _joined(subject, node, table.facts[of_last, 0], of_last)
        values, types = table.values[at], table.types[at]
        table = table.with_facts(subject, [label] * len(at), values, types)
    return table


def _joined(
    subject: IntArray, node: IntArray, near: IntArray, far: IntArray
) -> tuple[IntArray, IntArray]:
    """Pairs (subject, far) for every two pairs (subject, node) and (near, far) that meet."""
    order = np.argsort(near, kind="stable")
    start = np.searchsorted(near[order], node)
    end = np.searchsorted(near[order], node, side="right")
    owner, at = expand(start, end - start)
    return subject[owner], far[order[at]]
