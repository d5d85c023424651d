"""The evaluation of a links file by a file of gold links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

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
from dualamn.kernels.arrays import FloatArray
from dualamn.link_files.alike import Ends, Row, file_notes, foreign_sides, in_pairs, spelt_alike
from dualamn.link_files.formats import read_links
from dualamn.link_files.link_table import DistinctLinks


@dataclass(frozen=True)
class LinkFileEvaluation:
    """How well the links of a file agree with gold links. Printed, it is a readable table.

    Attributes:
        total: all pairs of graphs together.
        pairs: each pair of graphs, by "left-right"; empty if neither file names graphs.
        notes: what a reader of the figures should know, such as repeated lines.
        verdicts: what the gold links say about every single link.
        reliability: the probabilities of links that are not unknown, beside the share of them
            that is correct; empty if the links file has no probabilities.

    >>> verdicts = judge(links=[[0, 0], [1, 2]], gold=[[0, 0], [1, 1]])
    >>> print(LinkFileEvaluation(verdicts.metrics, {}, (), verdicts))
    links precision recall F1 correct incorrect unknown missed
    all 0.500 0.500 0.500 1 1 0 1
    """

    total: LinkMetrics
    pairs: Mapping[str, LinkMetrics]
    notes: tuple[str, ...]
    verdicts: Verdicts = field(compare=False, repr=False)
    reliability: tuple[ReliabilityBin, ...] = ()

    @property
    def calibration_error(self) -> float | None:
        """How far probabilities and shares of correct links lie apart; None without either."""
        return error_of(self.reliability)

    def curve(self) -> PrecisionRecallCurve:
        """Precision and recall by probability, or by score where there is none.

        Over all pairs of graphs together.

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
    encoding: str | None = None,
) -> LinkFileEvaluation:
    """Evaluates a links file by a gold file, each in any format of `dualamn.link_files`.

    If both files name graphs, links are compared within their pair of graphs, whichever side is
    left. If only one does, it must hold a single pair.

    Args:
        links_path: the links.
        gold_path: links that are known to be correct.
        base: the IRI under which names that are no IRIs stand in either file, see
            `Alignment.write`.
        many: gold links may give an entity several counterparts, which are all correct, as with
            `Aligner.align(many=True)`.
        encoding: that of text which is not UTF-8, such as "windows-1252".

    Raises:
        DataError: a file cannot be read, the gold links contradict each other, or it is unclear
            which graphs a link is of.
        ConfigError: the base cannot be one, or there is no such encoding.
        MissingExtraError: a format needs a package that is not installed.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     links, gold = Path(folder) / "links.tsv", Path(folder) / "gold.tsv"
    ...     _ = links.write_text("left\\tright\\nRome\\tRoma\\nParis\\tLondra\\n")
    ...     _ = gold.write_text("left\\tright\\nRome\\tRoma\\nParis\\tParigi\\n")
    ...     print(evaluate_files(links, gold))
    links precision recall F1 correct incorrect unknown missed
    all 0.500 0.500 0.500 1 1 0 1
    """
    found = read_links(links_path, base=base, encoding=encoding)
    gold = read_links(gold_path, base=base, one_to_one=not many, encoding=encoding)
    found, gold, respelt = spelt_alike(found, gold)
    verdicts = _verdicts(found, gold, _ranked_by(found))
    named = {f"{left}-{right}": v.metrics for (left, right), v in verdicts.items() if left or right}
    together = Verdicts.merge(list(verdicts.values()))
    notes = (*file_notes(found, gold), *foreign_sides(found, gold), *respelt)
    return LinkFileEvaluation(together.metrics, named, notes, together, _reliability(found, gold))


def _ranked_by(found: DistinctLinks) -> FloatArray | None:
    """What says which links are surer: probabilities, or scores where some have no probability."""
    p = found.probability
    if p is None or (found.score is not None and np.isnan(p).any()):
        return found.score
    return np.nan_to_num(p)


def _reliability(found: DistinctLinks, gold: DistinctLinks) -> tuple[ReliabilityBin, ...]:
    """The table of the links that have a probability and are not unknown."""
    if found.probability is None:
        return ()
    verdicts = Verdicts.merge(list(_verdicts(found, gold, found.probability).values()))
    assert verdicts.scores is not None
    known = verdicts.correct | verdicts.incorrect
    return reliability_table(verdicts.scores[known], verdicts.correct[known])


def _verdicts(
    found: DistinctLinks, gold: DistinctLinks, scores: FloatArray | None
) -> dict[Ends, Verdicts]:
    """The verdicts on the links of every pair of graphs; a link whose score is NaN is left out."""
    links, wanted = in_pairs(found, gold)
    return {
        pair: _judge(links.get(pair, []), wanted.get(pair, []), scores)
        for pair in dict.fromkeys([*wanted, *links])
    }


def _judge(links: list[Row], gold: list[Row], scores: FloatArray | None) -> Verdicts:
    lefts: dict[str, int] = {}
    rights: dict[str, int] = {}
    if scores is not None:
        links = [row for row in links if not np.isnan(scores[row[2]])]

    def numbered(rows: list[Row]) -> list[tuple[int, int]]:
        return [
            (lefts.setdefault(left, len(lefts)), rights.setdefault(right, len(rights)))
            for left, right, _ in rows
        ]

    values = None if scores is None else scores[[row for *_, row in links]].tolist()
    return judge(numbered(links), numbered(gold), values)
