"""Finds the entities that the links of files join: tables as they say, statements as they fit.

A table must be right. Statements of sameness, RDF and SSSOM, are made of many things, not only of
those in the graphs at hand, and not one to one: what does not fit is skipped and counted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np

from dualamn.data_loaders.string_graph import table_files
from dualamn.errors import DataError
from dualamn.files.iris import to_uri
from dualamn.files.opening import stem
from dualamn.files.string_tables import read_strings
from dualamn.files.text import counted, unix_lines
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.kernels.arrays import IntArray, pair_keys
from dualamn.link_files.formats import read_table
from dualamn.link_files.link_table import FOREIGN, Asked, LinkTable, unescaped
from dualamn.link_files.numbered_links import LinkFile, PairLinks, merge_links

_NEAR_POOL = 50_000
"""Among more entities than these no near name is looked for: it would take seconds."""

PairFiles = dict[tuple[int, int], list[LinkFile]]
"""For every pair of graphs, (left, right) with left < right: the files that hold its links."""


class LinkReader:
    """Reads files of links between some graphs.

    Args:
        kgs: the graphs.
        notes: where headers and what was skipped are noted.
        encoding: that of text which is not UTF-8 and does not say what it is.
    """

    def __init__(
        self, kgs: Sequence[KnowledgeGraph], notes: list[str], *, encoding: str | None = None
    ) -> None:
        self.kgs = tuple(kgs)
        self._notes = notes
        self._encoding = encoding

    def read(self, path: Path) -> PairFiles:
        """Reads a file of links, or a folder of files named ``A-B`` after the graphs they join.

        A file has two columns, the entity of the first graph and that of the second, or names
        its columns in a header: left, right, and with more than two graphs left_source and
        right_source. A score and a probability are passed over. JSON Lines have the same keys.
        Of RDF and SSSOM the statements that two entities are the same are links.

        Raises:
            DataError: a file is unusable, or names an entity or graph that does not exist.
        """
        if path.is_dir():
            return self._read_folder(path)
        return self.resolve(read_table(path, asked=self._asked(0, 1)))

    def read_pair(self, path: Path) -> LinkFile:
        """Reads a file whose two columns hold entities of the first two graphs."""
        table = read_strings(path, ("left", "right"))
        return self._between(LinkTable.of(table, {"left": 0, "right": 1}), 0, 1)

    def resolve(self, table: LinkTable) -> PairFiles:
        """Finds the entities of links, see `read`."""
        self._notes.extend(table.notes)
        if table.is_statements:
            return self._place(table)
        if not len(table):
            raise DataError("there is nothing but a header; add links", path=table.path)
        if "left_source" in table.columns:
            return self._by_source(table)
        if len(self.kgs) > 2:
            raise table.error(
                f"these links do not say which of the {len(self.kgs)} graphs they join; add the "
                "columns left_source and right_source with a header, or give a folder with a "
                "file A-B.tsv for every pair of graphs A and B"
            )
        return {(0, 1): [self._between(table, 0, 1)]}

    def _asked(self, left: int, right: int) -> Asked:
        def is_data(row: Sequence[str]) -> bool:
            if len(row) > 3:
                return {row[0], row[2]} <= set(self._graph_numbers)
            return row[0] in self._positions[left] and row[1] in self._positions[right]

        def is_header(first: Sequence[str], second: Sequence[str]) -> bool:
            return is_data(second) and not any(map(self._graphs_of, first[:2]))

        def is_wanted(subject: str, object_: str) -> bool:
            left, right = self._graphs_of(subject), self._graphs_of(object_)
            return bool(left and right) and (left != right or len(left) > 1)

        return Asked(is_data, is_header, is_wanted, self._encoding)

    def _read_folder(self, folder: Path) -> PairFiles:
        pairs: PairFiles = {}
        for path in table_files(folder):
            left, right = self._pair_of(path)
            table = read_table(path, asked=self._asked(left, right))
            self._notes.extend(table.notes)
            if table.is_statements:
                for pair, files in self._place(table).items():
                    pairs.setdefault(pair, []).extend(files)
            else:
                self._add(pairs, self._between(table, left, right), left, right)
        if not pairs:
            raise DataError("there are no files of links here; add A-B.tsv", path=folder)
        return pairs

    @staticmethod
    def _add(pairs: PairFiles, file: LinkFile, left: int, right: int) -> None:
        if left > right:
            left, right, file = right, left, file.swapped()
        pairs.setdefault((left, right), []).append(file)

    def _pair_of(self, path: Path) -> tuple[int, int]:
        position = self._graph_numbers
        # A graph's name may have a hyphen itself.
        for match in re.finditer("-", stem(path)):
            left, right = stem(path)[: match.start()], stem(path)[match.end() :]
            if left in position and right in position and left != right:
                return position[left], position[right]
        raise DataError(
            f"a file of links in a folder is named A-B after the graphs it joins, "
            f"of {', '.join(position)}; rename it",
            path=path,
        )

    def _by_source(self, table: LinkTable) -> PairFiles:
        position = self._graph_numbers
        sides = []
        for side in ("left_source", "right_source"):
            column = [
                name if name in position else table.full(name) for name in table.columns[side]
            ]
            unknown = next((name for name in column if name not in position), None)
            if unknown is not None:
                what = f"there is no graph {unknown!r}; the graphs are {', '.join(position)}"
                raise table.error(what, column.index(unknown))
            sides.append(np.array([position[name] for name in column]))
        same = np.flatnonzero(sides[0] == sides[1])
        if same.size:
            raise table.error(
                f"this links two entities of {self.kgs[sides[0][same[0]]].name}, but links join "
                "different graphs; remove the line",
                int(same[0]),
            )
        key = sides[0] * len(self.kgs) + sides[1]
        pairs: PairFiles = {}
        for number in np.unique(key):
            left, right = divmod(int(number), len(self.kgs))
            rows = np.flatnonzero(key == number).tolist()
            self._add(pairs, self._between(table, left, right, rows), left, right)
        return pairs

    def _between(
        self, table: LinkTable, left: int, right: int, rows: Sequence[int] | None = None
    ) -> LinkFile:
        """The links of a table, or of some of its rows, as entities of two graphs."""
        rows = range(len(table)) if rows is None else rows
        columns = [
            self._numbers(table, name, rows, kg, other)
            for name, kg, other in (("left", left, right), ("right", right, left))
        ]
        return LinkFile(table.path, np.stack(columns, axis=1), lambda at: table.line(rows[at]))

    def _numbers(
        self, table: LinkTable, side: str, rows: Sequence[int], kg: int, other: int
    ) -> IntArray:
        positions, names = self._positions[kg], table.columns[side]
        numbers = [positions.get(names[row], -1) for row in rows]
        for at, number in enumerate(numbers):
            if number >= 0:
                continue
            name = names[rows[at]]
            # Files that this library wrote escape names; graphs have the line ends of Unix.
            numbers[at] = positions.get(unescaped(name), positions.get(unix_lines(name), -1))
            if numbers[at] < 0:
                raise table.error(
                    f"{name!r} is linked as an entity of {self.kgs[kg].name}, but no "
                    f"triple of {self.kgs[kg].name} has it; {self._hint(name, kg, other)}",
                    rows[at],
                )
        return np.array(numbers, dtype=np.int64)

    def _hint(self, name: str, kg: int, other: int) -> str:
        if name in self._positions[other]:
            return f"it is an entity of {self.kgs[other].name}: are the columns swapped?"
        if len(self._positions[kg]) <= _NEAR_POOL:
            near = get_close_matches(name, self._positions[kg], n=1, cutoff=0.8)
            if near:
                return f"did you mean {near[0]!r}?"
        return "correct or remove the line"

    @cached_property
    def _graph_numbers(self) -> dict[str, int]:
        return {kg.name: number for number, kg in enumerate(self.kgs)}

    @cached_property
    def _positions(self) -> tuple[dict[str, int], ...]:
        return tuple(_positions_of(kg) for kg in self.kgs)

    def _graphs_of(self, name: str) -> list[int]:
        return [at for at, known in enumerate(self._positions) if name in known]

    @cached_property
    def _by_uri(self) -> dict[str, str]:
        """Identifiers that are not ASCII, by their form as a URI."""
        return {to_uri(name): name for kg in self.kgs for name in kg.entities if not name.isascii()}

    def _spelt_here(self, table: LinkTable, side: str) -> Sequence[str]:
        """Names as the graphs spell them: they may know short forms, or IRIs that are no URIs."""
        names: Sequence[str] = table.columns[side]
        if table.prefixes is None:
            return names
        found = []
        for name in names:
            full = name if self._graphs_of(name) else table.full(name)
            found.append(full if self._graphs_of(full) else self._by_uri.get(full, full))
        return found

    def _place(self, table: LinkTable) -> PairFiles:
        """Finds out which graphs the two sides of every statement are from.

        Sameness has no direction: the subject may be of either graph, and is taken to be of the
        earlier one if both have both. An entity with several counterparts in a graph gets none.

        Raises:
            DataError: no statement joins two of the graphs.
        """
        skipped = dict(table.others)
        foreign = skipped.pop(FOREIGN, 0)
        total = len(table) + foreign
        found: dict[tuple[int, int], list[tuple[int, int, int]]] = {}  # ends and row
        for row, (subject, object_) in enumerate(
            zip(*(self._spelt_here(table, side) for side in ("left", "right")), strict=True)
        ):
            ends: dict[tuple[int, int], tuple[str, str]] = {}
            for one, two in product(self._graphs_of(subject), self._graphs_of(object_)):
                if one < two:
                    ends[one, two] = subject, object_
                elif two < one:
                    ends.setdefault((two, one), (object_, subject))
            foreign += not ends
            for (left, right), (first, second) in ends.items():
                link = self._positions[left][first], self._positions[right][second], row
                found.setdefault((left, right), []).append(link)
        if not found:
            raise DataError(
                f"none of its {counted(total, 'statement')} that two things are the same joins "
                f"{' and '.join(kg.name for kg in self.kgs)}; are the identifiers written as in "
                "the graphs?",
                path=table.path,
            )
        if foreign:
            skipped[FOREIGN] = foreign
        files: PairFiles = {}
        for pair in sorted(found):
            links, rows = np.split(np.array(found[pair], dtype=np.int64), [2], axis=1)
            kept, several = _one_to_one(links)
            if several:
                kgs = [self.kgs[kg].name for kg in pair]
                skipped[
                    f"that give {counted(several, 'entity', 'entities')} of {' and '.join(kgs)} "
                    "more than one counterpart"
                ] = len(links) - len(kept)
            lines = [table.line(row) for row in rows[kept, 0].tolist()]
            files[pair] = [LinkFile(table.path, links[kept], lines.__getitem__)]
        for why, count in skipped.items():
            self._notes.append(f"{table.path.name}: skipped {counted(count, 'statement')} {why}")
        return files


def _one_to_one(rows: IntArray) -> tuple[IntArray, int]:
    """Positions of distinct links whose ends have one counterpart, and how many ends have more."""
    first = np.sort(np.unique(pair_keys(rows), return_index=True)[1])
    alone = np.ones(len(first), dtype=bool)
    several = 0
    for column in rows[first].T:
        _, inverse, count = np.unique(column, return_inverse=True, return_counts=True)
        alone &= count[inverse] == 1
        several += int((count > 1).sum())
    return first[alone], several


def join_links(
    kgs: Sequence[KnowledgeGraph], notes: list[str], **uses: Sequence[PairFiles]
) -> dict[tuple[int, int], PairLinks]:
    """Merges what was read by its use and pair of graphs; uses are those of `merge_links`."""
    pairs = sorted({pair for use in uses.values() for files in use for pair in files})
    return {
        pair: merge_links(
            (kgs[pair[0]], kgs[pair[1]]),
            notes=notes,
            **{
                name: [file for files in use for file in files.get(pair, ())]
                for name, use in uses.items()
            },
        )
        for pair in pairs
    }


def _positions_of(kg: KnowledgeGraph) -> dict[str, int]:
    """The place of every identifier; other identifiers of an entity have its place."""
    places = {name: at for at, name in enumerate(kg.entities)}
    known = [(other, places[own]) for other, own in (kg.aliases or {}).items() if own in places]
    return {**dict(known), **places}
