"""The links that a file holds, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from dualamn.errors import DataError
from dualamn.kernels.arrays import FloatArray, StringArray, strings


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
        n_others: how many statements of the file are no links between the same things.
        are_uris: whether identifiers were written as URIs, see `dualamn.files.iris.to_uri`.
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

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True, eq=False)
class RawLinks:
    """Links as one format reads them, each as often as it stands there.

    Attributes:
        columns: m values each, of left and right at least; left_source and right_source both or
            neither. Identifiers and graphs are strings; score and probability may be numbers or
            their text, and a probability may be missing, "" or None.
        lines: the line of every link, None where the format has no lines.
        n_others, are_uris: as in `LinkFile`.
    """

    columns: Mapping[str, Sequence[Any]]
    lines: Sequence[int] | None = None
    n_others: int = 0
    are_uris: bool = False


def distinct_links(path: Path, raw: RawLinks, *, one_to_one: bool) -> LinkFile:
    """Every link once, the first of those that are the same.

    Raises:
        DataError: a score or probability is none; or `one_to_one`, and an entity has two
            different partners in a graph.
    """
    columns, lines = raw.columns, raw.lines
    nothing = [""] * len(columns["left"])
    ends = list(
        zip(
            columns.get("left_source", nothing),
            columns["left"],
            columns.get("right_source", nothing),
            columns["right"],
            strict=True,
        )
    )
    first_at = {row: i for i, row in reversed(list(enumerate(ends)))}
    kept = sorted(first_at.values())
    if one_to_one:
        kept_lines = None if lines is None else [lines[i] for i in kept]
        _check_one_to_one(path, kept_lines, [ends[i] for i in kept])

    def text(name: str) -> StringArray | None:
        return strings(columns[name][i] for i in kept) if name in columns else None

    def numbers(what: str, must_be: str, fits: Callable[[float], bool]) -> FloatArray | None:
        if what not in columns:
            return None
        read = np.empty(len(ends), dtype=np.float32)
        for i, value in enumerate(columns[what]):
            read[i] = _number(value)
            if not (fits(read[i]) or (what == "probability" and value in ("", None))):
                line = None if lines is None else lines[i]
                raise DataError(f"has the {what} {value!r}, not {must_be}", path=path, line=line)
        return read[kept]

    return LinkFile(
        path,
        strings(columns["left"][i] for i in kept),
        strings(columns["right"][i] for i in kept),
        text("left_source"),
        text("right_source"),
        numbers("score", "a number", isfinite),
        len(ends) - len(kept),
        numbers("probability", "a number from 0 to 1", lambda value: 0 <= value <= 1),
        raw.n_others,
        raw.are_uris,
    )


def _number(value: object) -> float:
    """A number or its text, NaN for anything else."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            return float(value)
    return float("nan")


def _check_one_to_one(
    path: Path, lines: Sequence[int] | None, ends: Sequence[tuple[str, str, str, str]]
) -> None:
    """Each entity may have one partner in each other graph."""
    seen: dict[tuple[str, str, str, bool], tuple[int, str]] = {}
    for row, (left_source, left, right_source, right) in enumerate(ends):
        for entity, partner, key in (
            (left, right, (left_source, left, right_source, False)),
            (right, left, (right_source, right, left_source, True)),
        ):
            first, other = seen.setdefault(key, (row, partner))
            if first == row:
                continue
            elsewhere = "another link has" if lines is None else f"line {lines[first]} links it to"
            raise DataError(
                f"links {entity!r} to {partner!r}, but {elsewhere} {other!r}; "
                "remove one of the two",
                path=path,
                line=None if lines is None else lines[row],
            )
