"""The evaluation of a links file by a file of gold links."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from dualamn.errors import DataError
from dualamn.eval.reliability import (
    ReliabilityBin,
    calibration_in_words,
    error_of,
    reliability_table,
)
from dualamn.eval.verdicts import (
    LINKS_HEADER,
    LinkMetrics,
    PrecisionRecallCurve,
    Verdicts,
    judge,
    link_cells,
    text_table,
)
from dualamn.files.iris import to_uri
from dualamn.kernels.arrays import strings
from dualamn.link_files.formats import read_links
from dualamn.link_files.link_table import DistinctLinks

Ends = tuple[str, str]
Link = tuple[str, str, float]
NO_NAMES = ("", "")


@dataclass(frozen=True)
class LinkFileEvaluation:
    """How well the links of a file agree with gold links. Printed, it is a readable table.

    Attributes:
        total: all pairs of graphs together.
        pairs: each pair of graphs, by "left-right"; empty if neither file names graphs.
        notes: what a reader of the figures should know, such as repeated lines.
        verdicts: what the gold links say about every single link.
        reliability: the probabilities of judged links beside the share that is right; empty if
            the links file has no probabilities.
    """

    total: LinkMetrics
    pairs: Mapping[str, LinkMetrics]
    notes: tuple[str, ...]
    verdicts: Verdicts = field(compare=False, repr=False)
    reliability: tuple[ReliabilityBin, ...] = ()

    @property
    def calibration_error(self) -> float | None:
        """How far probabilities and shares of right links lie apart; None without either."""
        return error_of(self.reliability)

    def curve(self) -> PrecisionRecallCurve:
        """Precision and recall by score, over all pairs of graphs together.

        Raises:
            DataError: the links file has no scores.
        """
        return self.verdicts.curve()

    def as_dict(self) -> dict[str, Any]:
        """All figures, for a report."""
        return {
            **self.total.as_dict(),
            "pairs": {name: metrics.as_dict() for name, metrics in self.pairs.items()},
            "calibration_error": self.calibration_error,
            "reliability": [row.as_dict() for row in self.reliability],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        rows = [[name, *link_cells(m.as_dict())] for name, m in self.pairs.items()]
        if len(rows) != 1:
            rows.append(["all", *link_cells(self.total.as_dict())])
        lines = [text_table(LINKS_HEADER, rows)]
        if self.reliability:
            lines.append(calibration_in_words(self.reliability))
        return "\n".join([*lines, *self.notes])


def evaluate_files(
    links_path: str | Path,
    gold_path: str | Path,
    *,
    base: str | None = None,
    many: bool = False,
) -> LinkFileEvaluation:
    """Judges a links file by a gold file, each in any format of `dualamn.link_files`.

    If both files name graphs, links are compared within their pair of graphs, whichever side is
    left. If only one does, it must hold a single pair.

    Args:
        links_path: the links.
        gold_path: links that are known to be right.
        base: the IRI under which names that are no IRIs stand in either file, see
            `Alignment.write`.
        many: gold links may give an entity several counterparts, which are all right, as with
            `Aligner.align(many=True)`.

    Raises:
        DataError: a file cannot be read, the gold links contradict each other, or it is unclear
            which graphs a link is of.
        ConfigError: the base cannot be one.
        MissingExtraError: a format needs a package that is not installed.
    """
    found = read_links(links_path, base=base)
    gold = read_links(gold_path, base=base, one_to_one=not many)
    if found.are_uris or gold.are_uris:
        found, gold = _as_uris(found), _as_uris(gold)
    verdicts = _verdicts(found, gold)
    named = {f"{left}-{right}": v.metrics for (left, right), v in verdicts.items() if left or right}
    together = Verdicts.merge(list(verdicts.values()))
    total = together.metrics
    return LinkFileEvaluation(
        total, named, _notes(found, gold, total), together, _reliability(found, gold)
    )


def _reliability(found: DistinctLinks, gold: DistinctLinks) -> tuple[ReliabilityBin, ...]:
    """The table of the links that have a probability and were judged."""
    if found.probability is None:
        return ()
    has = np.isfinite(found.probability)
    sources = found.left_source, found.right_source
    probable = replace(
        found,
        left=found.left[has],
        right=found.right[has],
        left_source=None if sources[0] is None else sources[0][has],
        right_source=None if sources[1] is None else sources[1][has],
        score=found.probability[has],
        probability=None,
    )
    verdicts = Verdicts.merge(list(_verdicts(probable, gold).values()))
    assert verdicts.scores is not None
    known = verdicts.correct | verdicts.incorrect
    return reliability_table(verdicts.scores[known], verdicts.correct[known])


def _verdicts(found: DistinctLinks, gold: DistinctLinks) -> dict[Ends, Verdicts]:
    """The verdicts on the links of every pair of graphs."""
    wanted = _by_pair(gold, known=())
    links = _by_pair(found, known=wanted)
    if found.left_source is None or gold.left_source is None:
        _check_single_pair(found, gold, len(wanted))
        _check_single_pair(gold, found, len(links))
        name = next((pair for pair in (*wanted, *links) if any(pair)), NO_NAMES)
        return {name: _judge(_all(links), _all(wanted), found)}
    return {
        pair: _judge(links.get(pair, []), wanted.get(pair, []), found)
        for pair in dict.fromkeys([*wanted, *links])
    }


def _check_single_pair(silent: DistinctLinks, other: DistinctLinks, n_pairs: int) -> None:
    """A file that names no graphs fits only to a single pair of them."""
    if silent.left_source is None and n_pairs > 1:
        raise DataError(
            f"does not say which graphs its links are of, and {other.path} holds {n_pairs} pairs "
            "of graphs; add the columns left_source and right_source",
            path=silent.path,
        )


def _as_uris(table: DistinctLinks) -> DistinctLinks:
    """The links with URIs in place of IRIs, as one of the files can only hold these."""
    left, right = (strings(map(to_uri, side)) for side in (table.left, table.right))
    return replace(table, left=left, right=right)


def _by_pair(table: DistinctLinks, known: Collection[Ends]) -> dict[Ends, list[Link]]:
    """The links of each pair of graphs, all turned the same way: that of `known` if it is there."""
    scores = [0.0] * len(table) if table.score is None else table.score.tolist()
    links = zip(table.left, table.right, scores, strict=True)
    if table.left_source is None or table.right_source is None:
        return {NO_NAMES: list(links)}
    pairs: dict[Ends, list[Link]] = {}
    for (a, b), (left, right, score) in zip(
        zip(table.left_source, table.right_source, strict=True), links, strict=True
    ):
        if a != b and ((b, a) in known or ((b, a) in pairs and (a, b) not in known)):
            pairs.setdefault((b, a), []).append((right, left, score))
        else:
            pairs.setdefault((a, b), []).append((left, right, score))
    return pairs


def _all(pairs: Mapping[Ends, list[Link]]) -> list[Link]:
    return [row for rows in pairs.values() for row in rows]


def _judge(links: list[Link], gold: list[Link], found: DistinctLinks) -> Verdicts:
    lefts: dict[str, int] = {}
    rights: dict[str, int] = {}

    def numbered(rows: list[Link]) -> list[tuple[int, int]]:
        return [
            (lefts.setdefault(left, len(lefts)), rights.setdefault(right, len(rights)))
            for left, right, _ in rows
        ]

    scores = None if found.score is None else [score for *_, score in links]
    return judge(numbered(links), numbered(gold), scores)


def _notes(found: DistinctLinks, gold: DistinctLinks, total: LinkMetrics) -> tuple[str, ...]:
    notes = [f"{table.path.parent / note}" for table in (found, gold) for note in table.notes]
    notes += [
        f"{table.path}: {table.n_repeated:,} repeated lines were counted once"
        for table in (found, gold)
        if table.n_repeated
    ]
    notes += [
        f"{table.path}: {table.n_others:,} statements do not say that two entities are the same "
        "and were passed over"
        for table in (found, gold)
        if table.n_others
    ]
    if len(found) and len(gold) and not total.correct + total.incorrect:
        notes.append(
            "no link shares an entity with the gold links: are both files of the same graphs, "
            "under the same names, with the left graph's entities in the same column?"
        )
    return tuple(notes)
