"""Links between two graphs: repeats are merged, contradictions refused, and splits drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import DataError
from dualamn.files.text import counted
from dualamn.graphs.knowledge_graph import KnowledgeGraph, distinct_rows

LinkRows = NDArray[np.int64]
"""(m, 2) entity numbers, local to the left and the right graph."""


@dataclass(frozen=True, eq=False)
class LinkFile:
    """Links as read from a file.

    Attributes:
        path: the file.
        rows: (m, 2) int64 entity numbers, local to the left and the right graph.
        line: the line a row was read from; None where lines mean nothing, as in RDF.
    """

    path: Path
    rows: LinkRows
    line: Callable[[int], int | None]

    def swapped(self) -> LinkFile:
        """The same links seen from the other side."""
        return replace(self, rows=self.rows[:, ::-1])

    def take(self, positions: NDArray[np.int64]) -> LinkFile:
        """Only the links at some positions."""
        return replace(
            self, rows=self.rows[positions], line=lambda row: self.line(int(positions[row]))
        )


@dataclass(frozen=True, eq=False)
class PairLinks:
    """The links of one pair of graphs by their use; all (m, 2) int64 local entity numbers.

    Attributes:
        seeds: for training.
        valid: set aside by a published split.
        test: for evaluation only.
        unsplit: links whose publisher does not say which use they have.
    """

    seeds: LinkRows
    valid: LinkRows
    test: LinkRows
    unsplit: LinkRows

    @property
    def is_unsplit(self) -> bool:
        """Whether a split has to be drawn."""
        return len(self.unsplit) > 0

    def split(self, train_ratio: float, rng: np.random.Generator) -> PairLinks:
        """Pools all links and draws the given share of them as seeds; the rest is for testing.

        At least one link becomes a seed.
        """
        pool = np.concatenate([self.seeds, self.valid, self.test, self.unsplit])
        n_seeds = min(len(pool), max(1, round(train_ratio * len(pool))))
        is_seed = np.zeros(len(pool), dtype=bool)
        is_seed[rng.permutation(len(pool))[:n_seeds]] = True
        none = pool[:0]
        return PairLinks(pool[is_seed], none, pool[~is_seed], none)


def merge_links(
    kgs: tuple[KnowledgeGraph, KnowledgeGraph],
    *,
    notes: list[str],
    seeds: Sequence[LinkFile] = (),
    valid: Sequence[LinkFile] = (),
    test: Sequence[LinkFile] = (),
    unsplit: Sequence[LinkFile] = (),
) -> PairLinks:
    """Joins the link files of two graphs; what repeats is dropped and counted in `notes`.

    A link that repeats in another file stays where it came first, in the order of the
    arguments, so that no link is both a seed and a test link.

    Raises:
        DataError: an entity has two different counterparts.
    """
    uses = (seeds, valid, test, unsplit)
    files = [file for use in uses for file in use]
    if not files:
        none = np.empty((0, 2), dtype=np.int64)
        return PairLinks(none, none, none, none)
    rows = np.concatenate([file.rows for file in files])
    owner = np.repeat(np.arange(len(files)), [len(file.rows) for file in files])
    kept = _first_occurrences(rows)
    _note_repeats(files, owner, kept, notes)
    _refuse_contradictions(kgs, files, rows, owner, kept)
    parts, begin = [], 0
    for use in uses:
        end = begin + len(use)
        parts.append(rows[kept & (owner >= begin) & (owner < end)])
        begin = end
    return PairLinks(*parts)


def without(links: LinkFile, others: Sequence[LinkFile]) -> LinkFile:
    """The links of a file that none of the other files have."""
    columns = 1 + max(int(file.rows.max(initial=0)) for file in (links, *others))
    known = [file.rows[:, 0] * columns + file.rows[:, 1] for file in others]
    own = links.rows[:, 0] * columns + links.rows[:, 1]
    return links.take(np.flatnonzero(~np.isin(own, np.concatenate([own[:0], *known]))))


def _first_occurrences(rows: LinkRows) -> NDArray[np.bool_]:
    """(m,) bool: whether a row is the first of its kind."""
    first = np.ones(len(rows), dtype=bool)
    if len(distinct_rows(rows)) < len(rows):
        _, position = np.unique(rows, axis=0, return_index=True)
        first[:] = False
        first[position] = True
    return first


def _note_repeats(
    files: Sequence[LinkFile],
    owner: NDArray[np.int64],
    kept: NDArray[np.bool_],
    notes: list[str],
) -> None:
    dropped = np.bincount(owner[~kept], minlength=len(files))
    for file, count in zip(files, dropped, strict=True):
        if count:
            notes.append(f"{file.path.name}: {counted(int(count), 'repeated line')} skipped")


def _refuse_contradictions(
    kgs: tuple[KnowledgeGraph, KnowledgeGraph],
    files: Sequence[LinkFile],
    rows: LinkRows,
    owner: NDArray[np.int64],
    kept: NDArray[np.bool_],
) -> None:
    positions = np.flatnonzero(kept)
    begins = np.searchsorted(owner, np.arange(len(files)))
    for side, other in ((0, 1), (1, 0)):
        entities = rows[positions, side]
        _, first, count = np.unique(entities, return_index=True, return_counts=True)
        if (count == 1).all():
            continue
        one = positions[first[count > 1].min()]
        two = positions[np.flatnonzero(entities == rows[one, side])[1]]
        places = [(files[owner[at]], int(at - begins[owner[at]])) for at in (one, two)]
        (file_one, row_one), (file_two, row_two) = places
        line_one = file_one.line(row_one)
        where = "a statement" if line_one is None else f"line {line_one}"
        if file_one is not file_two:
            where += f" of {file_one.path}"
        names = [kgs[other].entities[rows[at, other]] for at in (one, two)]
        raise DataError(
            f"{kgs[side].entities[rows[one, side]]!r} of {kgs[side].name} is linked to "
            f"{names[1]!r}, but {where} links it to {names[0]!r}; remove one of the two",
            path=file_two.path,
            line=file_two.line(row_two),
        )
