"""The evaluation of an alignment: who was ranked among whom, and how well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dualamn.alignment import Alignment, Protocol, TopK
from dualamn.arrays import Int32Array
from dualamn.eval.curve import PrecisionRecallCurve, curve_of
from dualamn.eval.gold import Gold, gold_ids
from dualamn.eval.matching import LinkMetrics, Verdicts, judge
from dualamn.eval.ranking import Metrics, rank, ranking_metrics
from dualamn.eval.table import LINKS_HEADER, count, fraction, link_cells, text_table

PROTOCOL_IN_WORDS: Mapping[Protocol, str] = {
    "test_only": "queries and candidates are the entities of the test links only",
    "all_entities": "queries are the entities of the gold links, candidates all of the other graph",
    "unaligned": "queries and candidates are the entities without a seed link",
}
"""Whose entities were queries and candidates, as tables say it."""

COUNTS = ("missed", "n", "right", "wrong", "unknown")
"""Metrics that add up over pairs of graphs, where all others are averaged."""


@dataclass(frozen=True)
class PairEvaluation:
    """How well two of the graphs were aligned.

    Attributes:
        left, right: names of the two graphs.
        n_gold: gold links between them.
        left_to_right: ranking metrics with left entities as queries and right entities as
            candidates, see `ranking_metrics`; None if the matcher does not rank.
        right_to_left: the same with the sides changed.
        links: the links against the gold links.
        verdicts: the same for every single link.
    """

    left: str
    right: str
    n_gold: int
    left_to_right: Metrics | None
    right_to_left: Metrics | None
    links: LinkMetrics
    verdicts: Verdicts = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The names of the two graphs as "left-right"."""
        return f"{self.left}-{self.right}"

    def as_dict(self) -> dict[str, Any]:
        """All metrics, for a report."""
        return {
            "left_to_right": self.left_to_right,
            "right_to_left": self.right_to_left,
            "links": self.links.as_dict(),
        }


@dataclass(frozen=True)
class Evaluation:
    """How well an alignment agrees with gold links. Printed, it is a readable table.

    Attributes:
        task: name of the task.
        protocol: whose entities were queries and candidates.
        matcher: name of the matcher.
        pairs: one entry for every pair of graphs that was aligned.
        n_not_aligned: gold links of pairs of graphs that were not aligned; they count nowhere.
    """

    task: str
    protocol: Protocol
    matcher: str
    pairs: tuple[PairEvaluation, ...]
    n_not_aligned: int = 0

    @property
    def left_to_right(self) -> Metrics | None:
        """Ranking metrics averaged over the pairs that have gold links; counts are added up."""
        return _mean([p.left_to_right for p in self._judged])

    @property
    def right_to_left(self) -> Metrics | None:
        """The same with right entities as queries."""
        return _mean([p.right_to_left for p in self._judged])

    @property
    def links(self) -> Metrics | None:
        """Precision, recall and F1 averaged over these pairs; counts are added up."""
        return _mean([p.links.as_dict() for p in self._judged])

    def curve(self) -> PrecisionRecallCurve:
        """Precision and recall of the links by score, over these pairs together."""
        return curve_of(Verdicts.merge([p.verdicts for p in self._judged]))

    @property
    def _judged(self) -> Sequence[PairEvaluation]:
        return [p for p in self.pairs if p.n_gold] or self.pairs

    def as_dict(self) -> dict[str, Any]:
        """Means and every pair's metrics, for a report."""
        return {
            "protocol": self.protocol,
            "matcher": self.matcher,
            "left_to_right": self.left_to_right,
            "right_to_left": self.right_to_left,
            "links": self.links,
            "pairs": {p.name: p.as_dict() for p in self.pairs},
        }

    def __str__(self) -> str:
        ranking, linking = [], []
        for p in self.pairs:
            ranking.append(_ranking_row(f"{p.left} -> {p.right}", p.left_to_right))
            ranking.append(_ranking_row(f"{p.right} -> {p.left}", p.right_to_left))
            linking.append([p.name, *link_cells(p.links.as_dict())])
        if len(self.pairs) > 1:
            ranking.append(_ranking_row("mean, left -> right", self.left_to_right))
            ranking.append(_ranking_row("mean, right -> left", self.right_to_left))
            linking.append(["mean", *link_cells(self.links)])
        lines = [
            f"{self.task}, matcher {self.matcher}, protocol {self.protocol}:",
            PROTOCOL_IN_WORDS[self.protocol],
            "",
            text_table(
                ["ranking", "Hits@1", "Hits@5", "Hits@10", "MRR", "mean rank", "missed", "of"],
                ranking,
            ),
            "",
            text_table(LINKS_HEADER, linking),
        ]
        if self.n_not_aligned:
            lines += ["", f"{self.n_not_aligned:,} gold links are of graphs that were not aligned"]
        return "\n".join(lines)


def evaluate(alignment: Alignment, gold: Gold) -> Evaluation:
    """Scores an alignment by links that are known to be right.

    The rankings are scored in both directions with each gold link as a query; the links by
    precision, recall and F1. Whose entities were candidates is the alignment's protocol, which
    the result names.

    The task's seed and valid links count as known when links are judged, even if they are not
    among the gold links: finding one again earns nothing and costs nothing, and another link of
    one of their entities is wrong.

    Args:
        alignment: what `Aligner.align` gave.
        gold: any subset of links, such as `task.test_links`, or with more than two graphs
            `task.test_links[~task.implied_by_seeds]`. (m, 2) joint ids, in either order; or
            pairs of left and right identifier; or rows of left graph, left identifier, right
            graph, right identifier. Repeated links count once.

    Raises:
        DataError: a gold link that does not fit the task.
    """
    task = alignment.task
    links = gold_ids(alignment, gold)
    known = np.concatenate([task.seed_links, task.valid_links])
    pairs = []
    for pair in alignment.pairs:
        wanted = task.links_between(links, pair.left, pair.right)
        given = task.links_between(known, pair.left, pair.right)
        verdicts = judge(pair.links, wanted, pair.scores, given)
        pairs.append(
            PairEvaluation(
                task.kg_names[pair.left],
                task.kg_names[pair.right],
                len(wanted),
                _ranked(pair.left_to_right, wanted),
                _ranked(pair.right_to_left, wanted[:, ::-1]),
                verdicts.metrics,
                verdicts,
            )
        )
    outside = len(links) - sum(p.n_gold for p in pairs)
    return Evaluation(task.name, alignment.protocol, alignment.matcher, tuple(pairs), outside)


def _ranked(topk: TopK | None, gold: Int32Array) -> Metrics | None:
    return None if topk is None else ranking_metrics(rank(topk, gold))


def _mean(parts: Sequence[Metrics | None]) -> Metrics | None:
    """Averages over the parts that have a value; None if a part was not measured at all."""
    measured = [part for part in parts if part is not None]
    if not measured or len(measured) < len(parts):
        return None
    mean: Metrics = {}
    for key in measured[0]:
        values = [value for part in measured if (value := part[key]) is not None]
        total = sum(values)
        mean[key] = total if key in COUNTS else total / len(values) if values else None
    return mean


def _ranking_row(name: str, metrics: Metrics | None) -> list[str]:
    values = metrics or {}
    fractions = [fraction(values.get(key)) for key in ("hits@1", "hits@5", "hits@10", "mrr")]
    mean_rank = values.get("mean_rank")
    shown = "-" if mean_rank is None else f"{mean_rank:,.1f}"
    return [name, *fractions, shown, count(values.get("missed")), count(values.get("n"))]
