"""Reads links between entities that are any strings: tables of two columns or more, RDF, SSSOM."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dualamn.data_loaders.string_graph import table_files
from dualamn.errors import DataError
from dualamn.files.delimited import StringTable, parse_strings, read_strings
from dualamn.files.iris import to_uri
from dualamn.files.opening import PARQUET, RDF, stem, suffix
from dualamn.files.parquet import read_parquet
from dualamn.files.text import read_text
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.link_files.mappings import (
    Sameness,
    is_sssom,
    place,
    rdf_mappings,
    sssom_mappings,
)
from dualamn.link_files.numbered_links import LinkFile, PairLinks, merge_links

LINK_FIELDS = ("left", "right")
COLUMNS = ("left_source", "left", "right_source", "right", "score", "probability")

_LEFT = {"entity1", "entity_1", "ent1", "e1", "id1", "kg1", "source", "left_entity", "left"}
_RIGHT = {"entity2", "entity_2", "ent2", "e2", "id2", "kg2", "target", "right_entity", "right"}
_ESCAPES = {r"\t": "\t", r"\n": "\n", r"\r": "\r", r"\\": "\\"}
_NEAR_POOL = 50_000
"""Among more entities than these no near name is looked for: it would take seconds."""

PairFiles = dict[tuple[int, int], list[LinkFile]]
"""For every pair of graphs, (left, right) with left < right: the files that hold its links."""


class LinkReader:
    """Reads files of links between some graphs.

    Args:
        kgs: the graphs.
        notes: where headers are noted.
    """

    def __init__(self, kgs: Sequence[KnowledgeGraph], notes: list[str]) -> None:
        self.kgs = tuple(kgs)
        self._notes = notes

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
        if suffix(path) in RDF:
            skipped = Counter[str]()
            return self._place(path, rdf_mappings(path, skipped), skipped)
        if suffix(path) in PARQUET:
            return self.read_table(_read_parquet(path))
        if path.suffix.lower() in (".jsonl", ".ndjson"):
            return self.read_table(_of_json_lines(path))
        text = read_text(path)
        if is_sssom(text):
            skipped = Counter[str]()
            mappings = sssom_mappings(path, text, self._knows, skipped)
            return self._place(path, map(self._with_iris, mappings), skipped)
        return self.read_table(parse_strings(path, text, LINK_FIELDS, more=(3, 4, 5, 6)))

    def _place(self, path: Path, mappings: Iterable[Sameness], skipped: Counter[str]) -> PairFiles:
        return place(mappings, path, self.kgs, self._positions, skipped, self._notes)

    def _with_iris(self, mapping: Sameness) -> Sameness:
        """A mapping of URIs as one of the graphs' IRIs: SSSOM's tools take no others."""
        subject, object_ = (
            name if self._knows(name) else self._by_uri.get(name, name)
            for name in (mapping.subject, mapping.object)
        )
        return Sameness(subject, object_, mapping.line)

    @cached_property
    def _by_uri(self) -> dict[str, str]:
        """Identifiers that are not ASCII, by their form as a URI."""
        return {to_uri(name): name for kg in self.kgs for name in kg.entities if not name.isascii()}

    def _knows(self, name: str) -> bool:
        return any(name in positions for positions in self._positions)

    def read_pair(self, path: Path, left: int, right: int) -> LinkFile:
        """Reads a file whose two columns hold entities of two given graphs."""
        table = read_strings(path, LINK_FIELDS)
        return self._resolve(table, LINK_FIELDS, left, right)

    def read_table(self, table: StringTable) -> PairFiles:
        """Finds the entities of a table of links, see `read`."""
        names, table = self._columns(table, 0, 1)
        if "left_source" in names:
            return self._by_source(table, names)
        if len(self.kgs) > 2:
            raise DataError(
                f"these links do not say which of the {len(self.kgs)} graphs they join; add the "
                "columns left_source and right_source with a header, or give a folder with a "
                "file A-B.tsv for every pair of graphs A and B",
                path=table.path,
                line=table.line(0),
            )
        return {(0, 1): [self._resolve(table, names, 0, 1)]}

    def _read_folder(self, folder: Path) -> PairFiles:
        pairs: PairFiles = {}
        for path in table_files(folder):
            left, right = self._pair_of(path)
            table = (
                _read_parquet(path)
                if suffix(path) in PARQUET
                else read_strings(path, LINK_FIELDS, more=(3,))
            )
            names, table = self._columns(table, left, right)
            file = self._resolve(table, names, left, right)
            if left > right:
                left, right, file = right, left, file.swapped()
            pairs.setdefault((left, right), []).append(file)
        if not pairs:
            raise DataError("there are no files of links here; add A-B.tsv", path=folder)
        return pairs

    def _pair_of(self, path: Path) -> tuple[int, int]:
        position = {kg.name: number for number, kg in enumerate(self.kgs)}
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

    def _columns(
        self, table: StringTable, left: int, right: int
    ) -> tuple[tuple[str, ...], StringTable]:
        """What the columns hold, and the table without the header that said so, if any."""
        first = [column[0] for column in table.columns]
        words = [word.strip().lower() for word in first]
        # A header whose words are entities of these very graphs is a link.
        is_link = first[0] in self._positions[left] and first[1] in self._positions[right]
        if set(LINK_FIELDS) <= set(words) <= set(COLUMNS) and not is_link:
            return self._named(table, words), _below_header(table)
        if len(first) == 2 and not is_link and words[0] in _LEFT and words[1] in _RIGHT:
            self._notes.append(f"{table.path.name}: the first line is taken for a header")
            return LINK_FIELDS, _below_header(table)
        if len(first) <= 3:
            return (*LINK_FIELDS, "score")[: len(first)], table
        # Without a header, so many columns are ours if they begin with a graph.
        if {first[0], first[2]} <= {kg.name for kg in self.kgs}:
            return COLUMNS[: len(first)], table
        raise DataError(
            f"found {len(first)} fields; give two, left and right, or name the columns in a "
            f"first line: {', '.join(COLUMNS)}",
            path=table.path,
            line=table.line(0),
        )

    def _named(self, table: StringTable, words: Sequence[str]) -> tuple[str, ...]:
        sources = {"left_source", "right_source"} & set(words)
        if len(sources) == 1 or len(set(words)) < len(words):
            raise DataError(
                f"the header is {', '.join(words)}; give every column its own name, and name "
                "the graph of both sides, left_source and right_source, or of none",
                path=table.path,
                line=table.line(0),
            )
        return tuple(words)

    def _by_source(self, table: StringTable, names: Sequence[str]) -> PairFiles:
        position = {kg.name: number for number, kg in enumerate(self.kgs)}
        sides = []
        for side in ("left_source", "right_source"):
            column = table.columns[names.index(side)]
            unknown = next((name for name in column if name not in position), None)
            if unknown is not None:
                raise DataError(
                    f"there is no graph {unknown!r}; the graphs are {', '.join(position)}",
                    path=table.path,
                    line=table.line(column.index(unknown)),
                )
            sides.append(np.array([position[name] for name in column]))
        same = np.flatnonzero(sides[0] == sides[1])
        if same.size:
            raise DataError(
                f"this links two entities of {self.kgs[sides[0][same[0]]].name}, but links join "
                "different graphs; remove the line",
                path=table.path,
                line=table.line(int(same[0])),
            )
        key = sides[0] * len(self.kgs) + sides[1]
        pairs: PairFiles = {}
        for number in np.unique(key):
            left, right = divmod(int(number), len(self.kgs))
            chosen = np.flatnonzero(key == number)
            part = StringTable(
                table.path,
                tuple([column[row] for row in chosen] for column in table.columns),
                [table.line(int(row)) for row in chosen],
            )
            file = self._resolve(part, names, left, right)
            if left > right:
                left, right, file = right, left, file.swapped()
            pairs.setdefault((left, right), []).append(file)
        return pairs

    def _resolve(self, table: StringTable, names: Sequence[str], left: int, right: int) -> LinkFile:
        columns = [
            self._numbers(table, table.columns[names.index(name)], kg, other)
            for name, kg, other in (("left", left, right), ("right", right, left))
        ]
        return LinkFile(table.path, np.stack(columns, axis=1), table.line)

    def _numbers(
        self, table: StringTable, names: list[str], kg: int, other: int
    ) -> NDArray[np.int64]:
        positions = self._positions[kg]
        numbers = [positions.get(name, -1) for name in names]
        for row, number in enumerate(numbers):
            if number >= 0:
                continue
            # Files that this library wrote escape tabs, line ends and backslashes.
            numbers[row] = positions.get(_unescaped(names[row]), -1)
            if numbers[row] < 0:
                raise DataError(
                    f"{names[row]!r} is linked as an entity of {self.kgs[kg].name}, but no "
                    f"triple of {self.kgs[kg].name} has it; {self._hint(names[row], kg, other)}",
                    path=table.path,
                    line=table.line(row),
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
    def _positions(self) -> tuple[dict[str, int], ...]:
        return tuple({name: at for at, name in enumerate(kg.entities)} for kg in self.kgs)


def table_of(table: StringTable, header: Sequence[str]) -> StringTable:
    """A table for `LinkReader.read_table` of one whose columns have names, or none at all."""
    words = [word.strip().lower() for word in header]
    if len(words) == 2 and words[0] in _RIGHT and words[1] in _LEFT:
        return table.take((1, 0))
    if len(words) <= 2:
        return table
    columns = zip(header, table.columns, strict=True)
    lines = range(len(table) + 1)  # rows count from 1 below the header
    return StringTable(table.path, tuple([name, *column] for name, column in columns), list(lines))


def _read_parquet(path: Path) -> StringTable:
    header, table = read_parquet(path)
    return table_of(table, header)


def _unescaped(name: str) -> str:
    return re.sub(r"\\[tnr\\]", lambda match: _ESCAPES[match[0]], name) if "\\" in name else name


def _of_json_lines(path: Path) -> StringTable:
    """Links as `dualamn align` writes them as JSON Lines."""
    from dualamn.link_files.jsonl import read_jsonl

    raw = read_jsonl(path)
    lines = list(raw.lines or [])
    columns = ([name, *map(str, values)] for name, values in raw.columns.items())
    return StringTable(path, tuple(columns), [1, *lines])


def _below_header(table: StringTable) -> StringTable:
    rest = table.without_first()
    if not len(rest):
        raise DataError("there is nothing but a header; add links", path=table.path)
    return rest


def join_links(
    kgs: Sequence[KnowledgeGraph],
    notes: list[str],
    *,
    seeds: Sequence[PairFiles] = (),
    valid: Sequence[PairFiles] = (),
    test: Sequence[PairFiles] = (),
    unsplit: Sequence[PairFiles] = (),
) -> dict[tuple[int, int], PairLinks]:
    """Merges what was read by its use and pair of graphs, see `merge_links`."""
    uses = {"seeds": seeds, "valid": valid, "test": test, "unsplit": unsplit}
    pairs = sorted({pair for use in uses.values() for files in use for pair in files})
    return {
        (left, right): merge_links(
            (kgs[left], kgs[right]),
            notes=notes,
            **{
                name: [file for files in use for file in files.get((left, right), ())]
                for name, use in uses.items()
            },
        )
        for left, right in pairs
    }
