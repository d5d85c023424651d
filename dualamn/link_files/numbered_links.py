"""Links between two graphs: repeats are merged, contradictions refused, and splits drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from dualamn.errors import DataError
from dualamn.files.text import counted
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.kernels.arrays import BoolArray, IntArray, pair_keys

LinkRows: TypeAlias = IntArray
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

    def take(self, positions: IntArray) -> LinkFile:
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
    many: bool = False,
    seeds: Sequence[LinkFile] = (),
    valid: Sequence[LinkFile] = (),
    test: Sequence[LinkFile] = (),
    unsplit: Sequence[LinkFile] = (),
) -> PairLinks:
    """Joins the link files of two graphs; what repeats is dropped and counted in `notes`.

    A link that repeats in another file stays where it came first, in the order of the
    arguments, so that no link is both a seed and a test link.

    Raises:
        DataError: an entity has two different counterparts, and not `many` are allowed.
    """
    uses = (seeds, valid, test, unsplit)
    files = [file for use in uses for file in use]
    sizes = np.array([len(file.rows) for file in files], dtype=np.int64)
    rows = np.concatenate([np.empty((0, 2), dtype=np.int64), *(file.rows for file in files)])
    owner = np.repeat(np.arange(len(files)), sizes)
    kept = np.zeros(len(rows), dtype=np.bool_)
    kept[np.unique(pair_keys(rows), return_index=True)[1]] = True
    for number, file in enumerate(files):
        if count := int((~kept & (owner == number)).sum()):
            notes.append(f"{file.path.name}: {counted(count, 'repeated line')} skipped")
    if not many:
        _refuse_contradictions(kgs, files, rows, owner, kept)
    use_of = np.repeat(np.arange(len(uses)), [len(use) for use in uses])[owner]
    return PairLinks(*(rows[kept & (use_of == number)] for number in range(len(uses))))


def without(links: LinkFile, others: Sequence[LinkFile]) -> LinkFile:
    """The links of a file that none of the other files have."""
    known = [pair_keys(file.rows) for file in others]
    own = pair_keys(links.rows)
    return links.take(np.flatnonzero(~np.isin(own, np.concatenate([own[:0], *known]))))


def _refuse_contradictions(
    kgs: tuple[KnowledgeGraph, KnowledgeGraph],
    files: Sequence[LinkFile],
    rows: LinkRows,
    owner: IntArray,
    kept: BoolArray,
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
        (file_one, line_one), (file_two, line_two) = (
            (files[owner[at]], files[owner[at]].line(int(at - begins[owner[at]])))
            for at in (one, two)
        )
        where = "a statement" if line_one is None else f"line {line_one}"
        if file_one is not file_two:
            where += f" of {file_one.path}"
        names = [kgs[other].entities[rows[at, other]] for at in (one, two)]
        raise DataError(
            f"{kgs[side].entities[rows[one, side]]!r} of {kgs[side].name} is linked to "
            f"{names[1]!r}, but {where} links it to {names[0]!r}; remove one of the two, or "
            "allow several counterparts (--many)",
            path=file_two.path,
            line=line_two,
        )
