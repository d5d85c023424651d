"""The links of an alignment as a table, sorted so that the same links give the same file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualamn.link_files.table import Table
from dualamn.result import AlignedLinks

COLUMNS = ("left_source", "left", "right_source", "right", "score")
ALL_COLUMNS = (*COLUMNS, "probability")
TEXT_COLUMNS = COLUMNS[:4]


def link_table(alignment: AlignedLinks) -> Table:
    """All links, sorted by pair of graphs in the order of the task, then by identifier.

    There is a column `probability`, NaN for a link without one, if a link has one.
    """
    columns = alignment.columns()
    table = Table(
        {
            name: getattr(columns, name)
            for name in ALL_COLUMNS
            if name != "probability" or columns.probability is not None
        }
    )
    return table.take(link_order(alignment))


def link_order(alignment: AlignedLinks) -> NDArray[np.int64]:
    """(m,) int64: the positions of the links in the order in which they are written."""
    sources = alignment.task.source_of[alignment.links].tolist()
    left, right = alignment.task.identifiers(alignment.links).T.tolist() if sources else ([], [])
    order = sorted(range(len(sources)), key=lambda row: (sources[row], left[row], right[row]))
    return np.array(order, dtype=np.int64)
