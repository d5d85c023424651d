"""Links against gold links: which are correct, precision, recall, F1, and tables of these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from dualamn.errors import DataError
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, Floats, Int32Array, IntArray
from dualamn.result import AlignedLinks

LINK_COLUMNS = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "correct": "correct",
    "incorrect": "incorrect",
    "unknown": "unknown",
    "missed": "missed",
}
"""What tables call the measures of links, in their order."""

LINKS_HEADER = ("links", *LINK_COLUMNS.values())
"""The header of a table of links, to rows of a name and `link_cells`."""

Gold: TypeAlias = ArrayLike | Iterable[Sequence[str]]
"""Links that are known to be correct: (m, 2) joint ids; or pairs of left and right identifier; or
rows of left graph, left identifier, right graph, right identifier."""


@dataclass(frozen=True)
class LinkMetrics:
    """Links against gold links.

    A link is incorrect if either of its ends has another gold counterpart. Links of two entities
    that the gold links do not know may be correct or not: they are unknown, left out of
    `precision` and `f1`, and counted as incorrect by `strict_precision` and `strict_f1`. Where
    gold links are complete, every unknown link is incorrect, and the strict figures are the true
    ones.

    Attributes:
        correct: links that are gold links.
        incorrect: links of an entity that has another gold counterpart.
        unknown: links with neither end in the gold links.
        missed: gold links that were not found.
    """

    correct: int
    incorrect: int
    unknown: int
    missed: int

    @property
    def n_gold(self) -> int:
        """How many gold links there are."""
        return self.correct + self.missed

    @property
    def precision(self) -> float | None:
        """The share of judged links that are correct; None if no link could be judged."""
        return _share(self.correct, self.correct + self.incorrect)

    @property
    def recall(self) -> float | None:
        """The share of gold links that were found; None if there are none."""
        return _share(self.correct, self.n_gold)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None if both are undefined."""
        return _share(2 * self.correct, 2 * self.correct + self.incorrect + self.missed)

    @property
    def strict_precision(self) -> float | None:
        """The share of all links that are correct; None if there is no link."""
        return _share(self.correct, self.correct + self.incorrect + self.unknown)

    @property
    def strict_f1(self) -> float | None:
        """The harmonic mean of strict precision and recall; None if both are undefined."""
        return _share(
            2 * self.correct, 2 * self.correct + self.incorrect + self.unknown + self.missed
        )

    def as_dict(self) -> dict[str, float | int | None]:
        """Rates and counts by name, for a report."""
        rates = ("precision", "recall", "f1", "strict_precision", "strict_f1")
        return {name: getattr(self, name) for name in rates} | asdict(self)


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What gold links say about each of m distinct links, in no particular order.

    Attributes:
        correct: (m,) bool, the link is a gold link.
        incorrect: (m,) bool, one of its ends has another counterpart. Where neither holds, the
            link is unknown.
        scores: (m,) float64, None if the links have none.
        n_gold: how many gold links there are.
    """

    correct: BoolArray
    incorrect: BoolArray
    scores: Floats | None
    n_gold: int

    @property
    def metrics(self) -> LinkMetrics:
        """The verdicts counted."""
        correct, incorrect = int(self.correct.sum()), int(self.incorrect.sum())
        unknown = len(self.correct) - correct - incorrect
        return LinkMetrics(correct, incorrect, unknown, self.n_gold - correct)

    @classmethod
    def merge(cls, parts: Sequence[Verdicts]) -> Verdicts:
        """The verdicts on links of several pairs of graphs as one; without scores if one is."""
        nothing = np.empty(0, dtype=np.bool_)
        scores = [part.scores for part in parts if part.scores is not None]
        return cls(
            np.concatenate([nothing, *(part.correct for part in parts)]),
            np.concatenate([nothing, *(part.incorrect for part in parts)]),
            np.concatenate([np.empty(0), *scores]) if len(scores) == len(parts) else None,
            sum(part.n_gold for part in parts),
        )


def link_metrics(links: ArrayLike, gold: ArrayLike) -> LinkMetrics:
    """Judges links by gold links and counts. Repeated rows count once.

    Args:
        links, gold: (m, 2) and (g, 2) integers, 0 or more: left and right entity. Left and
            right numbers are never compared with each other.
    """
    return judge(links, gold).metrics


def judge(
    links: ArrayLike,
    gold: ArrayLike,
    scores: ArrayLike | None = None,
    given: ArrayLike = (),
) -> Verdicts:
    """Judges every link by gold links. Of repeated rows the one with the highest score counts.

    Args:
        links, gold: (m, 2) and (g, 2) integers, 0 or more: left and right entity. Left and
            right numbers are never compared with each other.
        scores: (m,) finite numbers, higher is surer.
        given: (s, 2) links that are correct but are not asked for, such as the seeds. A link that
            is among them was not found but given, and gets no verdict; another link of an
            entity of theirs is incorrect.

    Raises:
        DataError: scores that are not finite, or not one for every link.
    """
    found, wanted, known = _rows(links), _rows(gold), _rows(given)
    base = 1 + max(int(rows.max(initial=0)) for rows in (found, wanted, known))
    if base > 2**31:
        raise ValueError(f"entities are numbered below 2**31, got {base - 1}")
    keys, best = _distinct(_keys(found, base), None if scores is None else _checked(scores, found))
    wanted_keys = np.unique(_keys(wanted, base))
    correct = np.isin(keys, wanted_keys, assume_unique=True)
    kept = correct | ~np.isin(keys, _keys(known, base))
    keys, correct = keys[kept], correct[kept]
    lefts, rights = np.divmod(keys, base)
    linked = np.concatenate([wanted, known])
    judged = np.isin(lefts, linked[:, 0]) | np.isin(rights, linked[:, 1])
    return Verdicts(
        correct, judged & ~correct, None if best is None else best[kept], len(wanted_keys)
    )


def _keys(rows: IntArray, base: int) -> IntArray:
    return rows[:, 0] * base + rows[:, 1]


def _distinct(keys: IntArray, scores: Floats | None) -> tuple[IntArray, Floats | None]:
    """Each key once, sorted, with its highest score."""
    if scores is None:
        return np.unique(keys), None
    order = np.lexsort((-scores, keys))
    keys, scores = keys[order], scores[order]
    first = np.ones(len(keys), dtype=np.bool_)
    first[1:] = keys[1:] != keys[:-1]
    return keys[first], scores[first]


def _checked(scores: ArrayLike, links: IntArray) -> Floats:
    values = np.asarray(scores, dtype=np.float64)
    if values.shape != (len(links),):
        raise DataError(f"{len(links):,} links need as many scores, got shape {values.shape}")
    if not np.isfinite(values).all():
        bad = values[~np.isfinite(values)][0]
        raise DataError(f"links are ordered by their scores, so none may be {bad}")
    return values


def _rows(links: ArrayLike) -> IntArray:
    rows = np.asarray(links, dtype=np.int64).reshape(-1, 2)
    if rows.size and rows.min() < 0:
        raise ValueError(f"entities are numbered from 0, got {rows.min()}")
    return rows


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns in line, the first flush left and the others flush right."""
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def fraction(value: float | None) -> str:
    """Three decimals, or a dash for what was not measured."""
    return "-" if value is None else f"{value:.3f}"


def count(value: float | None) -> str:
    """A whole number with thousands marked, or a dash."""
    return "-" if value is None else f"{value:,.0f}"


def link_cells(metrics: Mapping[str, float | None] | None) -> list[str]:
    """The measures of links as a table shows them; dashes if there are none."""
    values = metrics or {}
    rates = ("precision", "recall", "f1")
    return [(fraction if key in rates else count)(values.get(key)) for key in LINK_COLUMNS]


def gold_ids(alignment: AlignedLinks, gold: Gold) -> Int32Array:
    """The gold links as distinct rows of joint ids, the earlier graph's entity first.

    Raises:
        DataError: an unknown entity or graph, a link within one graph, rows of another shape,
            or pairs of identifiers where more than one pair of graphs was aligned.
    """
    task = alignment.task
    rows: Any = gold if hasattr(gold, "__array__") else list(gold)  # type: ignore[arg-type]
    if len(rows) == 0:
        return np.empty((0, 2), dtype=np.int32)
    table = np.asarray(rows) if hasattr(rows, "__array__") else _table(rows)
    if table.dtype.kind in "iu" and table.ndim == 2 and table.shape[1] == 2:
        links = _in_range(task, table)
    elif table.dtype.kind in "OU" and table.ndim == 2 and table.shape[1] in (2, 4):
        links = _named(alignment, table.astype(object))
    else:
        raise DataError(
            "gold links must be rows of two joint ids, of two identifiers, or of left graph, "
            f"left identifier, right graph and right identifier; got {rows[0]!r}"
        )
    sources = task.source_of[links]
    if (same := sources[:, 0] == sources[:, 1]).any():
        one, two = task.identifiers(links[same][0])
        raise DataError(f"gold links join two graphs, but {one!r} and {two!r} are of one")
    links = np.where((sources[:, 0] > sources[:, 1])[:, None], links[:, ::-1], links)
    return np.unique(links, axis=0).astype(np.int32, copy=False)


def _table(rows: list[Any]) -> Any:
    if any(isinstance(row, str) or len(row) != len(rows[0]) for row in rows):
        raise DataError("every gold link must be a row, and all rows equally long")
    if all(isinstance(value, str) for row in rows for value in row):
        table = np.empty((len(rows), len(rows[0])), dtype=object)
        table[:] = [list(row) for row in rows]
        return table
    return np.asarray(rows)


def _in_range(task: AlignmentTask, ids: Any) -> Any:
    if ids.min() < 0 or ids.max() >= task.n_entities:
        outside = ids.min() if ids.min() < 0 else ids.max()
        raise DataError(
            f"gold links name joint id {outside}, the task has 0 to {task.n_entities - 1}"
        )
    return ids


def _named(alignment: AlignedLinks, table: Any) -> Int32Array:
    task = alignment.task
    if table.shape[1] == 4:
        sides = ((table[:, 0], table[:, 1]), (table[:, 2], table[:, 3]))
        return np.stack([_ids(task, *side) for side in sides], axis=1)
    if len(alignment.pairs) != 1:
        raise DataError(
            f"{len(alignment.pairs)} pairs of graphs were aligned, so gold links must say whose "
            "entities they join: left graph, left identifier, right graph, right identifier"
        )
    (pair,) = alignment.pairs
    ends = task.ids(pair.left, list(table[:, 0])), task.ids(pair.right, list(table[:, 1]))
    return np.stack(ends, axis=1)


def _ids(task: AlignmentTask, sources: Any, identifiers: Any) -> Int32Array:
    ids = np.empty(len(sources), dtype=np.int32)
    for name in dict.fromkeys(sources):
        if name not in task.kg_names:
            raise DataError(f"there is no graph {name!r}, there are {', '.join(task.kg_names)}")
        rows = sources == name
        ids[rows] = task.ids(task.kg_names.index(name), list(identifiers[rows]))
    return ids
