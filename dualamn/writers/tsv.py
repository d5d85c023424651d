r"""Links as tab-separated text.

The first line names the columns; then every line is one link:

    left_source   left      right_source   right       score
    en            Germany   fr             Allemagne   0.912345

Where the links have probabilities, a sixth column `probability` holds them, empty for a link
without one.

Lines are sorted by the pair of graphs and then by identifier, so that the same links always
give the same file. A tab, line feed, carriage return or backslash within a name is written as
``\t``, ``\n``, ``\r`` or ``\\``; files that have the header are read back the same way.

Files without a header are taken literally, with two columns (left and right) or three (and a
score): the gold files of published data sets look like this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite, isnan
from pathlib import Path

import numpy as np

from dualamn.alignment import Alignment
from dualamn.arrays import FloatArray, StringArray, strings
from dualamn.errors import DataError
from dualamn.writers.atomic import atomic_write

COLUMNS = ("left_source", "left", "right_source", "right", "score")
PROBABILITY = "probability"

_ESCAPES = {"\t": r"\t", "\n": r"\n", "\r": r"\r", "\\": r"\\"}
_WRITE_ESCAPES = str.maketrans(_ESCAPES)
_READ_ESCAPES = {escape: char for char, escape in _ESCAPES.items()}


@dataclass(frozen=True, eq=False)
class LinkFile:
    """The links that a file holds, as columns of equal length m.

    Attributes:
        path: the file.
        left, right: (m,) identifiers of the entities.
        left_source, right_source: (m,) names of their graphs, None if the file does not say.
        score: (m,) float32, None if the file has none.
        n_repeated: how many lines repeat an earlier link; they are left out.
        probability: (m,) float32 from 0 to 1, NaN for a link without one; None if the file has
            no such column.
    """

    path: Path
    left: StringArray
    right: StringArray
    left_source: StringArray | None
    right_source: StringArray | None
    score: FloatArray | None
    n_repeated: int
    probability: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.left)


def escaped(name: str) -> str:
    """A name that can stand in one field of a line: tab, line ends and backslash escaped."""
    return name.translate(_WRITE_ESCAPES)


def write_tsv(alignment: Alignment, path: str | Path) -> None:
    """Writes the links of an alignment, with six decimals of each score and probability.

    An existing file is replaced only once the new one is complete.

    Raises:
        DataError: the file cannot be written.
    """
    columns = alignment.columns()
    names = (columns.left_source, columns.left, columns.right_source, columns.right)
    position = {name: number for number, name in enumerate(alignment.task.kg_names)}
    numbers = [[f"{score:z.6f}"] for score in columns.score.tolist()]
    header: tuple[str, ...] = COLUMNS
    if columns.probability is not None:
        header = (*COLUMNS, PROBABILITY)
        for row, probability in zip(numbers, columns.probability.tolist(), strict=True):
            row.append("" if isnan(probability) else f"{probability:.6f}")
    rows = sorted(
        (position[left_source], position[right_source], left, right, left_source, right_source, at)
        for at, (left_source, left, right_source, right) in enumerate(zip(*names, strict=True))
    )
    with atomic_write(path) as file:
        file.write("\t".join(header) + "\n")
        for _, _, left, right, left_source, right_source, at in rows:
            fields = [escaped(name) for name in (left_source, left, right_source, right)]
            line = "\t".join([*fields, *numbers[at]]) + "\n"
            try:
                file.write(line)
            except UnicodeEncodeError:
                raise DataError(f"cannot hold {line!r}, which is no text", path=path) from None


def read_links(path: str | Path, *, one_to_one: bool = False) -> LinkFile:
    """Reads a links file, with or without the header.

    Args:
        path: the file. Empty lines are passed over.
        one_to_one: refuse an entity with two different partners, as gold links must.

    Raises:
        DataError: the file is missing, not UTF-8 or empty, or a line has too few or too many
            fields, a score that is no number, a probability that is none, or contradicts
            another.
    """
    path = Path(path)
    lines = [
        (number, line.removesuffix("\r"))
        for number, line in enumerate(_text(path).split("\n"), start=1)
        if line.strip(" \r")
    ]
    if not lines:
        raise DataError("holds no links, it is empty", path=path)
    first = [name.strip() for name in lines[0][1].split("\t")]
    has_header = {"left", "right"} <= set(first)
    header = tuple(first) if has_header else _headerless(path, *lines[0])
    if ("left_source" in header) != ("right_source" in header):
        raise DataError("has a source column for one side only", path=path, line=lines[0][0])
    table = [_fields(path, *line, header, has_header) for line in lines[has_header:]]
    numbers = [number for number, _ in lines[has_header:]]

    def column(name: str) -> list[str] | None:
        return [row[header.index(name)] for row in table] if name in header else None

    left, right = column("left") or [], column("right") or []
    left_source, right_source = column("left_source"), column("right_source")
    score = _numbers(path, numbers, column("score"), "score", "a number", isfinite)
    probability = _numbers(
        path,
        numbers,
        column(PROBABILITY),
        PROBABILITY,
        "a number from 0 to 1",
        lambda value: 0 <= value <= 1,
        may_be_empty=True,
    )
    ends = list(
        zip(
            left_source or [""] * len(left),
            left,
            right_source or [""] * len(right),
            right,
            strict=True,
        )
    )
    first_at = {row: i for i, row in reversed(list(enumerate(ends)))}
    kept = sorted(first_at.values())
    if one_to_one:
        _check_one_to_one(path, [numbers[i] for i in kept], [ends[i] for i in kept])

    def kept_of(values: list[str]) -> StringArray:
        return strings(values[i] for i in kept)

    return LinkFile(
        path,
        kept_of(left),
        kept_of(right),
        None if left_source is None else kept_of(left_source),
        None if right_source is None else kept_of(right_source),
        None if score is None else score[kept],
        len(ends) - len(kept),
        None if probability is None else probability[kept],
    )


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        names = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        near = get_close_matches(path.name, names, n=1)
        hint = f", did you mean {near[0]}?" if near else ""
        raise DataError(f"there is no such file{hint}", path=path) from None
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", path=path) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError("is not UTF-8 text, convert it first", path=path, line=line) from None


def _headerless(path: Path, number: int, line: str) -> tuple[str, ...]:
    count = line.count("\t") + 1
    if count in (2, 3):
        return ("left", "right", "score")[:count]
    raise DataError(
        f"has {count} tab-separated fields; give left and right, and a score if there is one, or "
        f"name the columns in a first line: {', '.join(COLUMNS)}",
        path=path,
        line=number,
    )


def _fields(
    path: Path, number: int, line: str, header: tuple[str, ...], escaped: bool
) -> list[str]:
    fields = line.split("\t")
    if len(fields) != len(header):
        raise DataError(
            f"has {len(fields)} tab-separated fields where {len(header)} are expected "
            f"({', '.join(header)})",
            path=path,
            line=number,
        )
    if escaped:
        return [_unescaped(field) for field in fields] if "\\" in line else fields
    if not all(fields):
        raise DataError(f"has no {header[fields.index('')]} entity", path=path, line=number)
    return fields


def _unescaped(field: str) -> str:
    return re.sub(r"\\[tnr\\]", lambda match: _READ_ESCAPES[match[0]], field)


def _numbers(
    path: Path,
    lines: Sequence[int],
    values: list[str] | None,
    what: str,
    must_be: str,
    fits: Callable[[float], bool],
    *,
    may_be_empty: bool = False,
) -> FloatArray | None:
    """A column of numbers, NaN where it may be empty and is."""
    if values is None:
        return None
    read = np.empty(len(values), dtype=np.float32)
    for i, value in enumerate(values):
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not (fits(number) or (may_be_empty and not value)):
            raise DataError(f"has the {what} {value!r}, not {must_be}", path=path, line=lines[i])
        read[i] = number
    return read


def _check_one_to_one(
    path: Path, numbers: Sequence[int], ends: Sequence[tuple[str, str, str, str]]
) -> None:
    """Each entity may have one partner in each other graph."""
    seen: dict[tuple[str, str, str, bool], tuple[int, str]] = {}
    for number, (left_source, left, right_source, right) in zip(numbers, ends, strict=True):
        for entity, partner, key in (
            (left, right, (left_source, left, right_source, False)),
            (right, left, (right_source, right, left_source, True)),
        ):
            line, other = seen.setdefault(key, (number, partner))
            if line != number:
                raise DataError(
                    f"links {entity!r} to {partner!r}, but line {line} links it to {other!r}; "
                    "remove one of the two",
                    path=path,
                    line=number,
                )
