"""Named columns of equal length, what every table format writes; and links as such a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualamn.kernels.arrays import StringArray
from dualamn.result import AlignedLinks

COLUMNS = ("left_source", "left", "right_source", "right", "score")
ALL_COLUMNS = (*COLUMNS, "probability")
TEXT_COLUMNS = COLUMNS[:4]


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of equal length m.

    Attributes:
        columns: (m,) each: strings as objects, numbers or bools with their own dtype.
    """

    columns: Mapping[str, StringArray | NDArray[Any]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def take(self, rows: NDArray[np.int64]) -> Table:
        """Some of the rows, in the order given."""
        return Table({name: column[rows] for name, column in self.columns.items()})

    def text(self) -> Iterator[tuple[str, ...]]:
        """Row by row as text: fractions with six decimals, empty for
        NaN, bools as true and false."""
        return zip(*map(_as_text, self.columns.values()), strict=True)


def six_decimals(values: NDArray[Any]) -> list[str]:
    """Fractions as every text format writes them; there is no minus zero, and NaN is empty."""
    return ["" if value != value else f"{value:z.6f}" for value in values.tolist()]


def _as_text(column: NDArray[Any]) -> list[str]:
    if column.dtype.kind == "f":
        return six_decimals(column)
    if column.dtype.kind == "b":
        return ["true" if value else "false" for value in column.tolist()]
    if column.dtype.kind in "iu":
        return [str(value) for value in column.tolist()]
    strings: list[str] = column.tolist()
    return strings


def table_of_links(alignment: AlignedLinks) -> Table:
    """All links of an alignment, sorted so that the same links give the same file:
    by pair of graphs in the order of the task, then by identifier.

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
