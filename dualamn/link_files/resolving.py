"""Finds the entities that the links of files join: tables as they say, statements as they fit.

A table must be right. Statements of sameness, RDF and SSSOM, are made of many things, not only of
those in the graphs at hand, and not one to one: what does not fit is skipped and counted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np

from dualamn.data_loaders.string_graph import table_files
from dualamn.errors import DataError
from dualamn.files.opening import stem
from dualamn.files.string_tables import read_strings
from dualamn.files.text import counted
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.kernels.arrays import IntArray, pair_keys
from dualamn.link_files.confidence import MIN_CONFIDENCE, checked_confidence, confident
from dualamn.link_files.entity_finder import EntityFinder
from dualamn.link_files.formats import read_table
from dualamn.link_files.link_table import FOREIGN, Asked, LinkTable
from dualamn.link_files.numbered_links import LinkFile, PairLinks, merge_links

PairFiles = dict[tuple[int, int], list[LinkFile]]
"""For every pair of graphs, (left, right) with left < right: the files that hold its links."""


class LinkReader:
    """Reads files of links between some graphs.

    Args:
        kgs: the graphs.
        notes: where headers and what was skipped are noted.
        encoding: that of text which is not UTF-8 and does not say what it is.
        min_confidence: links of which their file says that they are less probable are left out,
            and counted: those with a probability, or the confidence of a mapping set.
        many: whether an entity may have several counterparts in a graph.
        different: whether pairs are read that are known to be different, in place of links.

    Raises:
        ConfigError: `min_confidence` is no probability.
    """

    def __init__(
        self,
        kgs: Sequence[KnowledgeGraph],
        notes: list[str],
        *,
        encoding: str | None = None,
        min_confidence: float = MIN_CONFIDENCE,
        many: bool = False,
        different: bool = False,
    ) -> None:
        self.different = different
        self.kgs = tuple(kgs)
        self.many = many
        self._notes = notes
        self._encoding = encoding
        self._min_confidence = checked_confidence(min_confidence)
        self._finder = EntityFinder(kgs)

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
        if not table.is_statements and not len(table):
            if self.different:
                raise DataError("there is no pair that is no link", path=table.path)
            raise DataError("there is nothing but a header; add links", path=table.path)
        self._notes.extend(table.notes)
        kept = confident(table, self._min_confidence, self._notes)
        found = self._placed(kept) if len(kept) or not len(table) else {}
        self._notes.extend(self._finder.notes(table.path))
        return found

    def _placed(self, table: LinkTable) -> PairFiles:
        if table.is_statements:
            return self._place(table)
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
            known = self._finder.positions
            return row[0] in known[left] and row[1] in known[right]

        def is_header(first: Sequence[str], second: Sequence[str]) -> bool:
            return is_data(second) and not any(map(self._finder.graphs_of, first[:2]))

        def is_wanted(subject: str, object_: str) -> bool:
            ends = self._finder.ends(subject), self._finder.ends(object_)
            return all(ends) and (ends[0].keys() != ends[1].keys() or len(ends[0]) > 1)

        return Asked(is_data, is_header, is_wanted, self._encoding, self.different)

    def _read_folder(self, folder: Path) -> PairFiles:
        pairs: PairFiles = {}
        for path in table_files(folder):
            left, right = self._pair_of(path)
            table = read_table(path, asked=self._asked(left, right))
            self._notes.extend(table.notes)
            table = confident(table, self._min_confidence, self._notes)
            if table.is_statements:
                for pair, files in self._place(table).items():
                    pairs.setdefault(pair, []).extend(files)
            else:
                self._add(pairs, self._between(table, left, right), left, right)
            self._notes.extend(self._finder.notes(path))
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
        names = table.columns[side]
        known = self._finder.positions[kg]
        numbers = [known.get(names[row], -1) for row in rows]
        for at, number in enumerate(numbers):
            if number >= 0:
                continue
            name = names[rows[at]]
            numbers[at] = self._finder.number(name, kg)
            if numbers[at] < 0:
                raise table.error(
                    f"{name!r} is linked as an entity of {self.kgs[kg].name}, but no triple of "
                    f"{self.kgs[kg].name} has it; {self._finder.hint(name, kg, other)}",
                    rows[at],
                )
        return np.array(numbers, dtype=np.int64)

    @cached_property
    def _graph_numbers(self) -> dict[str, int]:
        return {kg.name: number for number, kg in enumerate(self.kgs)}

    def _spelt_here(self, table: LinkTable, side: str) -> Sequence[str]:
        """Names as the graphs spell them: they may know short forms, or IRIs that are no URIs."""
        names: Sequence[str] = table.columns[side]
        if table.prefixes is None:
            return names
        graphs_of, found = self._finder.graphs_of, []
        for name in names:
            full = name if graphs_of(name) else table.full(name)
            found.append(full if graphs_of(full) else self._finder.of_uri(full))
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
            ends: dict[tuple[int, int], tuple[int, int]] = {}
            subjects, objects = self._finder.ends(subject), self._finder.ends(object_)
            for one, two in product(subjects, objects):
                if one < two:
                    ends[one, two] = subjects[one], objects[two]
                elif two < one:
                    ends.setdefault((two, one), (objects[two], subjects[one]))
            foreign += not ends
            for pair, (first, second) in ends.items():
                found.setdefault(pair, []).append((first, second, row))
            for name, known in ((subject, subjects), (object_, objects)) if ends else ():
                for kg, number in known.items():
                    self._finder.used(name, kg, number)
        if not found:
            raise DataError(
                f"none of its {counted(total, 'statement')} that two things are "
                f"{'different' if self.different else 'the same'} joins "
                f"{' and '.join(kg.name for kg in self.kgs)}; are the identifiers written as in "
                "the graphs?",
                path=table.path,
            )
        if foreign:
            skipped[FOREIGN] = foreign
        files: PairFiles = {}
        for pair in sorted(found):
            links, rows = np.split(np.array(found[pair], dtype=np.int64), [2], axis=1)
            kept, several = _one_to_one(links, many=self.many)
            if several:
                kgs = [self.kgs[kg].name for kg in pair]
                skipped[
                    f"that give {counted(several, 'entity', 'entities')} of {' and '.join(kgs)} "
                    "more than one counterpart (--many keeps them)"
                ] = len(links) - len(kept)
            lines = [table.line(row) for row in rows[kept, 0].tolist()]
            files[pair] = [LinkFile(table.path, links[kept], lines.__getitem__)]
        for why, count in skipped.items():
            self._notes.append(f"{table.path.name}: skipped {counted(count, 'statement')} {why}")
        return files


def _one_to_one(rows: IntArray, *, many: bool) -> tuple[IntArray, int]:
    """Positions of distinct links whose ends have one counterpart, and how many ends have more.

    With `many` all distinct links stay.
    """
    first = np.sort(np.unique(pair_keys(rows), return_index=True)[1])
    alone = np.ones(len(first), dtype=bool)
    several = 0
    for column in () if many else rows[first].T:
        _, inverse, count = np.unique(column, return_inverse=True, return_counts=True)
        alone &= count[inverse] == 1
        several += int((count > 1).sum())
    return first[alone], several


def join_links(
    kgs: Sequence[KnowledgeGraph],
    notes: list[str],
    *,
    many: bool = False,
    **uses: Sequence[PairFiles],
) -> dict[tuple[int, int], PairLinks]:
    """Merges what was read by its use and pair of graphs; uses are those of `merge_links`.

    With `many` an entity may have several counterparts.
    """
    pairs = sorted({pair for use in uses.values() for files in use for pair in files})
    return {
        pair: merge_links(
            (kgs[pair[0]], kgs[pair[1]]),
            notes=notes,
            many=many,
            **{
                name: [file for files in use for file in files.get(pair, ())]
                for name, use in uses.items()
            },
        )
        for pair in pairs
    }
