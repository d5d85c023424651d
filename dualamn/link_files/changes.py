"""How links changed: the table of changes, and the difference of two sets of links.

    change   left_source   left      right_source   right       left_before   right_before   ...
    moved    en            Germany   fr             Allemagne   Germany       Prusse
    kept     en            Paris     fr             Paris

Every link of before and of now has one row. A link that moved is one of now in the place of one of
before that had one of its ends: both stand in its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dualamn.data_loaders.given_links import link_table
from dualamn.errors import needs
from dualamn.eval.verdicts import text_table
from dualamn.files.text import short
from dualamn.kernels.arrays import strings
from dualamn.link_files.alike import Ends, Row, file_notes, foreign_sides, in_pairs, spelt_alike
from dualamn.link_files.formats import links_in_full, table_writer
from dualamn.link_files.link_table import DistinctLinks
from dualamn.link_files.table import Table

if TYPE_CHECKING:
    import pandas

ChangeKind = Literal["moved", "merged", "split", "dropped", "rejected", "new", "kept"]
"""What became of a link.

- `kept`: it was there before, and is there now;
- `new`: it is there now, and both ends had no other link that is gone;
- `moved`: it is there now, in place of another link of one of its ends, which is gone;
- `dropped`: it was there before, and no link of now is in its place;
- `rejected`: it was dropped because the pair is known to be different;
- `merged`: it joins clusters that were two;
- `split`: it is there now, in a cluster that was part of a larger one.
"""
CHANGES: tuple[ChangeKind, ...] = (
    *("moved", "merged", "split", "dropped", "rejected"),
    *("new", "kept"),
)
"""In the order of the table: first what needs a look."""

TEXTS = (
    *("change", "left_source", "left", "right_source", "right"),
    *("left_before", "right_before"),
)
NUMBERS = ("probability_before", "probability")
MORE = ("link_id", "cluster_id", "cluster_before")
"""Columns that are there only where links have ids."""


def change_table(columns: Mapping[str, Sequence[Any]]) -> Table:
    """The table of changes, sorted: what needs a look first, then by graphs and identifiers.

    Args:
        columns: values of equal length m of `TEXTS`, `NUMBERS` and "reason", and of `MORE` where
            links have ids. Texts are "" and numbers NaN or None where there is nothing to say;
            left and right are the ends now, or, of what is gone, those of before.

    >>> row = {"change": "new", "left_source": "en", "left": "Rome", "right_source": "it",
    ...        "right": "Roma", "left_before": "", "right_before": "", "probability_before": None,
    ...        "probability": 0.9, "reason": ""}
    >>> list(change_table({name: [value] for name, value in row.items()}).text())
    [('new', 'en', 'Rome', 'it', 'Roma', '', '', '', '0.900000', '')]
    """
    made: dict[str, Any] = {}
    for name in (*TEXTS, *NUMBERS, *MORE, "reason"):
        if name in NUMBERS:
            made[name] = np.array(
                [np.nan if value is None else value for value in columns[name]], dtype=np.float32
            )
        elif name not in MORE or name in columns:
            made[name] = strings(columns[name])
    rank = {change: place for place, change in enumerate(CHANGES)}
    keys = zip(*(made[name].tolist() for name in TEXTS), strict=True)
    order = sorted((rank[change], *rest, at) for at, (change, *rest) in enumerate(keys))
    return Table(made).take(np.array([at for *_, at in order], dtype=np.int64))


@dataclass(frozen=True)
class Changes:
    """What became of links, from before to now.

        >>> import dualamn
        >>> before = [("Rome", "Roma"), ("Bern", "Berna"), ("Po", "Adda")]
        >>> changes = dualamn.diff(before, [("Rome", "Roma"), ("Po", "Po"), ("Ebro", "Ebro")])
        >>> print(changes)
        links  before  now  kept  moved  new  dropped
        all         3    3     1      1    1        1

    Attributes:
        table: a row for every link of before and of now, see `change_table`.
        counts: how many rows of each kind, by pair of graphs as "left-right"; all together under
            "all" where no graphs are named.
        notes: what a reader should know, such as identifiers in another spelling.
    """

    table: Table = field(repr=False)
    counts: Mapping[str, Mapping[ChangeKind, int]]
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> dict[ChangeKind, int]:
        """How many rows of each kind, those that there are none of left out."""
        totals = {kind: sum(at.get(kind, 0) for at in self.counts.values()) for kind in CHANGES}
        return {kind: count for kind, count in totals.items() if count}

    @property
    def is_empty(self) -> bool:
        """Whether the links are the same; their probabilities may differ."""
        return set(self.total) <= {"kept"}

    def __len__(self) -> int:
        return len(self.table)

    def rows(self) -> Iterator[tuple[str, list[int]]]:
        """A name and the figures of `HEADER` for every pair of graphs, and for all if several."""
        named = {**self.counts}
        if len(named) != 1:
            named["all"] = self.total
        for name, at in named.items():
            kept, moved = at.get("kept", 0), at.get("moved", 0)
            new, dropped = at.get("new", 0), at.get("dropped", 0)
            yield name, [kept + moved + dropped, kept + moved + new, kept, moved, new, dropped]

    def as_dict(self) -> dict[str, Any]:
        """All counts, for a report."""
        kinds = ("before", "now", "kept", "moved", "new", "dropped")
        rows = {name: dict(zip(kinds, figures, strict=True)) for name, figures in self.rows()}
        return {**next(reversed(rows.values())), "pairs": rows, "notes": list(self.notes)}

    def write(self, path: str | Path, format: str | None = None) -> None:  # noqa: A002
        """Writes the table in the format of the file's name, or the one named here.

        Args:
            path: the file, replaced only once the new one is complete.
            format: "tsv", "csv", "jsonl" or "parquet".

        Raises:
            ConfigError: the format does not fit.
            DataError: the file cannot be written.
            MissingExtraError: the format needs a package that is not installed.
        """
        table_writer(path, format)(self.table, Path(path))

    def to_pandas(self) -> pandas.DataFrame:
        """The table as a `pandas.DataFrame`; MissingExtraError if pandas is not installed."""
        return needs("pandas", extra="pandas").DataFrame(dict(self.table.columns))

    def __str__(self) -> str:
        rows = [[name, *(f"{figure:,}" for figure in figures)] for name, figures in self.rows()]
        return "\n".join([text_table(HEADER, rows), *self.notes])


HEADER = ("links", "before", "now", "kept", "moved", "new", "dropped")
"""The columns of the counts of two sets of links."""


def diff(old: Any, new: Any, *, base: str | None = None, encoding: str | None = None) -> Changes:
    """What became of links: kept, new, moved to another counterpart, or dropped.

    If both sides name graphs, links are compared within their pair of graphs, whichever side is
    left. If only one does, it must hold a single pair.

        >>> import dualamn
        >>> changes = dualamn.diff([("Po", "Adda")], [("Po", "Po")])
        >>> list(changes.table.text())
        [('moved', '', 'Po', '', 'Po', 'Po', 'Adda', '', '', '')]

    Args:
        old: the links of before: a path in any format of links; an `Alignment`, of which the links
            are taken that files have; or pairs of identifiers, as a sequence, an array of strings
            or a table.
        new: the links of now, as `old`.
        base: the IRI under which names that are no IRIs stand in either file, see
            `Alignment.write`.
        encoding: that of text which is not UTF-8, such as "windows-1252".

    Raises:
        DataError: one cannot be read, or it is unclear which graphs a link is of.
        ConfigError: the base cannot be one, or there is no such encoding.
        MissingExtraError: a format needs a package that is not installed.
    """
    before, now = (
        links_in_full(link_table(data, encoding=encoding, name=Path(name)), base=base)
        for data, name in ((old, "old"), (new, "new"))
    )
    now, before, respelt = spelt_alike(now, before)
    notes = (*file_notes(before, now), *foreign_sides(now, before), *respelt)
    columns: dict[str, list[Any]] = {name: [] for name in (*TEXTS, *NUMBERS, "reason")}
    counts: dict[str, dict[ChangeKind, int]] = {}
    rows_now, rows_before = in_pairs(now, before)
    for pair in sorted({*rows_before, *rows_now}):
        changed = _changed(rows_before.get(pair, []), rows_now.get(pair, []))
        of_pair = counts.setdefault("-".join(pair) if any(pair) else "all", {})
        for kind, was, at, reason in changed:
            of_pair[kind] = of_pair.get(kind, 0) + 1
            _add(columns, (kind, was, at, reason), pair, (before, now))
    return Changes(change_table(columns), counts, notes)


Change = tuple[ChangeKind, Row | None, Row | None, str]
"""What became of a link, itself before and now, and why."""


def _add(
    columns: dict[str, list[Any]],
    change: Change,
    pair: Ends,
    files: tuple[DistinctLinks, DistinctLinks],
) -> None:
    kind, was, at, reason = change
    ends = at or was
    assert ends is not None
    moved = was if kind == "moved" and was is not None else ("", "")
    values = (kind, pair[0], ends[0], pair[1], ends[1], moved[0], moved[1])
    for name, value in zip(TEXTS, values, strict=True):
        columns[name].append(value)
    for name, row, file in zip(NUMBERS, (was, at), files, strict=True):
        known = file.probability
        columns[name].append(None if row is None or known is None else known[row[2]])
    columns["reason"].append(reason)


def _changed(before: Sequence[Row], now: Sequence[Row]) -> Iterator[Change]:
    """What became of the links of a pair of graphs.

    Every link of before that is gone makes way for one new link at most, one of its left end if
    there is any, else one of its right end.
    """
    old = {row[:2]: row for row in before}
    new = {row[:2]: row for row in now}
    gone = {ends: row for ends, row in old.items() if ends not in new}
    came = {ends: row for ends, row in new.items() if ends not in old}
    yield from (("kept", old[ends], row, "") for ends, row in new.items() if ends in old)
    for side in (0, 1):
        free: dict[str, list[Ends]] = {}
        for ends in sorted(gone, reverse=True):
            free.setdefault(ends[side], []).append(ends)
        for ends in sorted(came):
            if waiting := free.get(ends[side]):
                yield "moved", gone.pop(waiting.pop()), came.pop(ends), ""
    yield from (("new", None, row, "") for row in came.values())
    taken = _counterparts(now) if gone else []
    yield from (("dropped", row, None, _why(row, taken)) for row in gone.values())


def _counterparts(rows: Sequence[Row]) -> list[dict[str, str]]:
    """A counterpart of every left and of every right entity."""
    return [{left: right for left, right, _ in rows}, {right: left for left, right, _ in rows}]


def _why(row: Row, taken: list[dict[str, str]]) -> str:
    """What is known about the ends of a link that is gone."""
    others = [(end, at.get(end)) for end, at in zip(row[:2], taken, strict=True)]
    said = [f"{short(end)} is linked to {short(other)}" for end, other in others if other]
    return " and ".join(said) or "both ends have no link now"
