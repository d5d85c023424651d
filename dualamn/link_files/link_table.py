"""The links of a file as strings, as they stand there: what readers of every format give."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from dualamn.errors import DataError
from dualamn.files.rdf import SAME_AS
from dualamn.files.string_tables import StringTable
from dualamn.kernels.arrays import FloatArray, StringArray, strings
from dualamn.link_files.table import TEXT_COLUMNS

SAMENESS = (
    *SAME_AS,
    "http://www.w3.org/2002/07/owl#equivalentClass",
    "http://www.w3.org/2002/07/owl#equivalentProperty",
)
"""The properties whose statements are links: they say that two things are the same."""

DIFFERENCE = ("http://www.w3.org/2002/07/owl#differentFrom",)
"""The properties whose statements say that two things are different."""

FOREIGN = "about something that no two graphs have"
"""Why a statement is no link where `Asked.is_wanted` refuses it."""

ESCAPES = {"\t": r"\t", "\n": r"\n", "\r": r"\r", "\\": r"\\"}
_UNESCAPED = {escape: char for char, escape in ESCAPES.items()}


@dataclass(frozen=True)
class Asked:
    """What a reader may ask about the graphs at hand; without graphs there is no more to know.

    Attributes:
        is_data: whether the first row of a table is a link, though it looks like a header or has
            more fields than left, right and score.
        is_header: whether the first row of a table names columns, as the second one tells.
        is_wanted: whether a statement about these two is to be kept; others are counted alone.
        encoding: that of text which is not UTF-8 and does not say what it is.
        different: whether pairs are wanted that are said to be different, in place of links.
    """

    is_data: Callable[[Sequence[str]], bool] = lambda row: False
    is_header: Callable[[Sequence[str], Sequence[str]], bool] = lambda first, second: False
    is_wanted: Callable[[str, str], bool] = lambda left, right: True
    encoding: str | None = None
    different: bool = False

    def takes(self, property_: str, *, negated: bool = False) -> bool:
        """Whether statements of a property in full, or their negations, are what is wanted."""
        if negated:
            return self.different and property_ in SAMENESS
        return property_ in (DIFFERENCE if self.different else SAMENESS)


@dataclass(frozen=True, eq=False)
class LinkTable:
    """The links of a file, each as often as it stands there.

    Attributes:
        path: the file.
        columns: m values each, of left and right at least; left_source and right_source both or
            neither. Names are strings; score, probability and confidence are numbers or their
            text, a probability may be missing, "" or None.
        lines: (m,) the line or row of every link, from 1, None where the format has no lines; or
            None for all.
        others: how many statements are no links, by the reason.
        is_statements: whether these are statements that two things are the same, in either
            order and not one to one, as in RDF and SSSOM; in tables the order counts.
        is_escaped: whether tabs, line ends and backslashes in names are escaped.
        prefixes: of short names, which are URIs then; None where names stand in full.
        notes: what was taken for granted.
    """

    path: Path
    columns: Mapping[str, Sequence[Any]]
    lines: Sequence[int | None] | None = None
    others: Mapping[str, int] = field(default_factory=dict)
    is_statements: bool = False
    is_escaped: bool = False
    prefixes: Mapping[str, str] | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: StringTable, places: Mapping[str, int], **more: Any) -> LinkTable:
        """The links of a table whose columns have these places, with more of the attributes."""
        columns = {name: table.columns[at] for name, at in places.items()}
        return cls(table.path, columns, table.lines or range(1, len(table) + 1), **more)

    def __len__(self) -> int:
        return len(self.columns["left"])

    def take(self, rows: Sequence[int]) -> LinkTable:
        """The table of some of its links, in the order given."""
        columns = {name: [column[row] for row in rows] for name, column in self.columns.items()}
        lines = None if self.lines is None else [self.lines[row] for row in rows]
        return replace(self, columns=columns, lines=lines)

    def line(self, row: int) -> int | None:
        """The line of a link, None where the format has no lines."""
        return None if self.lines is None else self.lines[row]

    def error(self, what: str, row: int = 0) -> DataError:
        """What is wrong with a link, or with all of them if it is the first."""
        return DataError(what, path=self.path, line=self.line(row))

    def full(self, name: str) -> str:
        """A name in full: its prefix expanded, or its escapes undone; else as it stands."""
        return unescaped(name) if self.is_escaped else expanded(name, self.prefixes or {})


def expanded(name: str, prefixes: Mapping[str, str]) -> str:
    """A name whose prefix is known in full, others as they stand."""
    prefix, colon, rest = name.partition(":")
    return prefixes[prefix] + rest if colon and prefix in prefixes and rest[:2] != "//" else name


def unescaped(name: str) -> str:
    r"""A name whose tabs, line ends and backslashes are written ``\t``, ``\n``, ``\r``, ``\\``."""
    return re.sub(r"\\[tnr\\]", lambda match: _UNESCAPED[match[0]], name) if "\\" in name else name


@dataclass(frozen=True, eq=False)
class DistinctLinks:
    """The different links of a file, with all names in full, as columns of equal length m.

    Attributes:
        path: the file.
        left, right: (m,) identifiers of the entities.
        left_source, right_source: (m,) names of their graphs, None if the file does not say.
        score: (m,) float32, None if the file has none.
        n_repeated: how many lines repeat an earlier link; they are left out.
        probability: (m,) float32 from 0 to 1, NaN for a link without one; None if the file has
            no such column.
        n_others: how many statements of the file are no links between the same things.
        are_uris: whether identifiers were written as URIs, see `dualamn.files.iris.to_uri`.
        notes: what was taken for granted.
    """

    path: Path
    left: StringArray
    right: StringArray
    left_source: StringArray | None
    right_source: StringArray | None
    score: FloatArray | None
    n_repeated: int
    probability: FloatArray | None = None
    n_others: int = 0
    are_uris: bool = False
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.left)


def in_full(table: LinkTable) -> dict[str, Sequence[Any]]:
    """The columns of a table with all names in full.

    Raises:
        DataError: the prefix of a short name is not known.
    """
    columns = dict(table.columns)
    if not table.is_escaped and table.prefixes is None:
        return columns
    for name in TEXT_COLUMNS:
        if name in columns:
            columns[name] = [table.full(value) for value in columns[name]]
    for name in ("left", "right") if table.prefixes is not None else ():
        for row, value in enumerate(columns[name]):
            is_full = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://|urn:", value)
            if not is_full and value == table.columns[name][row]:
                what = f"has {value!r}, whose prefix is not in the curie_map of the header"
                raise table.error(f"{what}; add it there", row)
    return columns


def distinct_links(
    table: LinkTable, columns: Mapping[str, Sequence[Any]], *, one_to_one: bool
) -> DistinctLinks:
    """Every link of a table once, the first of those that are the same.

    Its columns are given with names in full, see `in_full`.

    Raises:
        DataError: a score or probability is none; or `one_to_one`, and an entity has two
            different counterparts in a graph.
    """
    nothing = [""] * len(table)
    ends = list(zip(*(columns.get(name, nothing) for name in TEXT_COLUMNS), strict=True))
    first_at: dict[tuple[Any, ...], int] = {}
    for row, end in enumerate(ends):
        first_at.setdefault(end, row)
    kept = list(first_at.values())
    if one_to_one:
        _check_one_to_one(table, kept, ends)

    def text(name: str) -> StringArray | None:
        return strings(columns[name][i] for i in kept) if name in columns else None

    def numbers(what: str, must_be: str, fits: Callable[[float], bool]) -> FloatArray | None:
        if what not in columns:
            return None
        read = np.empty(len(ends), dtype=np.float32)
        for i, value in enumerate(columns[what]):
            read[i] = number(value)
            if not (fits(read[i]) or (what == "probability" and value in ("", None))):
                raise table.error(f"has the {what} {value!r}, not {must_be}", i)
        return read[kept]

    return DistinctLinks(
        table.path,
        left=strings(columns["left"][i] for i in kept),
        right=strings(columns["right"][i] for i in kept),
        left_source=text("left_source"),
        right_source=text("right_source"),
        score=numbers("score", "a number", isfinite),
        probability=numbers("probability", "a number from 0 to 1", lambda value: 0 <= value <= 1),
        n_repeated=len(ends) - len(kept),
        n_others=sum(table.others.values()),
        are_uris=table.prefixes is not None,
        notes=table.notes,
    )


def number(value: object) -> float:
    """A number or its text, NaN for anything else."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            return float(value)
    return float("nan")


def _check_one_to_one(
    table: LinkTable, rows: Collection[int], ends: Sequence[tuple[Any, ...]]
) -> None:
    """Each entity may have one counterpart in each other graph."""
    seen: dict[tuple[str, str, str, bool], tuple[int, str]] = {}
    for row in rows:
        left_source, left, right_source, right = ends[row]
        for entity, counterpart, key in (
            (left, right, (left_source, left, right_source, False)),
            (right, left, (right_source, right, left_source, True)),
        ):
            first, other = seen.setdefault(key, (row, counterpart))
            if first == row:
                continue
            line = table.line(first)
            elsewhere = "another link has" if line is None else f"line {line} links it to"
            raise table.error(
                f"links {entity!r} to {counterpart!r}, but {elsewhere} {other!r}; "
                "remove one of the two, or allow several counterparts (--many)",
                row,
            )
