"""What is written: named columns of equal length; links as such a table, and the IRIs of theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import ConfigError
from dualamn.files.iris import Base, entity_iri
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import StringArray, strings
from dualamn.result import AlignedLinks

COLUMNS = ("left_source", "left", "right_source", "right", "score")
ALL_COLUMNS = (*COLUMNS, "probability")
TEXT_COLUMNS = COLUMNS[:4]
_MORE = ("left_name", "right_name", "origin")

Slots = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of equal length m.

    Attributes:
        columns: (m,) each: strings as objects, numbers or bools with their own dtype.

    >>> table = Table({"entity": np.array(["Rome"], dtype=object), "score": np.array([0.5])})
    >>> list(table.text())
    [('Rome', '0.500000')]
    """

    columns: Mapping[str, StringArray | NDArray[Any]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def take(self, rows: NDArray[np.int64]) -> Table:
        """Some of the rows, in the order given."""
        return Table({name: column[rows] for name, column in self.columns.items()})

    def text(self) -> Iterator[tuple[str, ...]]:
        """Row by row as text: six decimals of fractions, "" for NaN, bools as true and false."""
        return zip(*map(_as_text, self.columns.values()), strict=True)


def six_decimals(values: NDArray[Any]) -> list[str]:
    """Fractions as every text format writes them; there is no minus zero, and NaN is empty."""
    return ["" if value != value else f"{value:z.6f}" for value in values.tolist()]


def _as_text(column: NDArray[Any]) -> list[str]:
    if column.dtype.kind == "f":
        return six_decimals(column)
    if column.dtype.kind == "b":
        return ["true" if value else "false" for value in column.tolist()]
    return [str(value) for value in column.tolist()]


def table_of_links(alignment: AlignedLinks, *, ids: bool = False) -> Table:
    """The links of an alignment in the order in which they are written, see `link_order`.

    Columns are left_source, left, right_source, right and probability, or score where links have no
    probability: what they are ranked by. After them come left_name and right_name if a graph has
    names, origin if some links were not found, see `LinkColumns`, and with `ids` link_id and
    cluster_id, see `dualamn.link_files.link_ids`.

    Raises:
        ConfigError: ids of links that have none.
    """
    columns = alignment.columns()
    p = columns.probability
    scored = ("score",) if p is None or np.isnan(p).any() else ()
    order = (*TEXT_COLUMNS, *scored, "probability", *_MORE)
    named = {name: getattr(columns, name) for name in order}
    found = {name: column for name, column in named.items() if column is not None}
    table = Table(found | _ids(alignment) if ids else found)
    return table.take(link_order(alignment))


def _ids(alignment: AlignedLinks) -> dict[str, StringArray]:
    """The ids of the links of an alignment, and those of the clusters that they are in."""
    columns: dict[str, StringArray] = {}
    for name in ("link_id", "cluster_id"):
        parts = [getattr(pair, f"{name}s") for pair in alignment.pairs]
        if any(part is None for part in parts):
            raise ConfigError(
                "these links have no ids: take those of Aligner.with_ids(alignment), or of an "
                "update"
            )
        columns[name] = np.concatenate([strings([]), *parts])
    return columns


def link_order(alignment: AlignedLinks) -> NDArray[np.int64]:
    """(m,) int64: the positions of the links in the order in which they are written.

    The most probable comes first; of those whose six decimals are the same, and where there are no
    probabilities, they go by pair of graphs in the order of the task, then by identifier, so that
    the same links give the same file.
    """
    sources = alignment.task.source_of[alignment.links].tolist()
    left, right = alignment.task.identifiers(alignment.links).T.tolist() if sources else ([], [])
    p = alignment.probabilities
    doubt = np.zeros(len(sources)) if p is None else -np.nan_to_num(p.astype(np.float64), nan=-1.0)
    keys = zip(np.round(doubt, 6).tolist(), sources, left, right, range(len(sources)), strict=True)
    return np.array([at for *_, at in sorted(keys)], dtype=np.int64)


@dataclass(frozen=True)
class WriteOptions:
    """What can be set about the files of links that hold IRIs.

    Attributes:
        base: an IRI under which entities whose identifiers are no IRIs get one.
        sssom: slots of the SSSOM mapping set, see `dualamn.link_files.mapping_set`.
        ids: tables have columns link_id and cluster_id.

    Raises:
        ConfigError: `base` cannot be one.
    """

    base: str | None = None
    sssom: Slots = field(default_factory=dict)
    ids: bool = False

    def __post_init__(self) -> None:
        _ = self.iris

    @cached_property
    def iris(self) -> Base | None:
        """The base, ready to make IRIs."""
        return None if self.base is None else Base(self.base)


def link_iris(table: Table, base: Base | None, path: Path) -> tuple[list[str], list[str]]:
    """The IRIs of the left and the right entities of links; errors as `entity_iri`."""
    left, right = (
        [
            entity_iri(graph, identifier, base, path)
            for graph, identifier in zip(
                table.columns[f"{side}_source"], table.columns[side], strict=True
            )
        ]
        for side in ("left", "right")
    )
    return left, right


def check_iris(task: AlignmentTask, base: Base | None) -> None:
    """Looks through all entities of a task, before long work; blank nodes get no links.

    Raises:
        DataError: one that cannot get an IRI, see `entity_iri`.
    """
    for kg in task.kgs:
        for identifier in kg.entities.tolist():
            if not identifier.startswith("_:"):
                entity_iri(kg.name, identifier, base)
