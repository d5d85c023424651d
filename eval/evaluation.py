"""The evaluation of an alignment: who was ranked among whom, and how well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dualamn.errors import ConfigError
from dualamn.eval.curve import PrecisionRecallCurve, curve_of
from dualamn.eval.figure import DIRECTIONS, Direction, Figure
from dualamn.eval.ranking import (
    Interval,
    Metrics,
    Ranks,
    bootstrap_intervals,
    rank,
    ranking_metrics,
)
from dualamn.eval.verdicts import (
    LINKS_HEADER,
    Gold,
    LinkMetrics,
    Verdicts,
    count,
    fraction,
    gold_ids,
    judge,
    link_cells,
    text_table,
)
from dualamn.result import AlignedLinks, CandidateProtocol, TopK

PROTOCOL_IN_WORDS: Mapping[CandidateProtocol, str] = {
    "test_only": "queries and candidates are the entities of the test links only",
    "all_entities": "queries are the entities of the gold links, candidates all of the other graph",
    "unaligned": "queries and candidates are the entities without a seed link",
}
"""Whose entities were queries and candidates, as tables say it."""

COUNTS = ("missed", "n", "correct", "incorrect", "unknown")
"""Metrics that add up over pairs of graphs, where all others are averaged."""


@dataclass(frozen=True)
class PairEvaluation:
    """How well two of the graphs were aligned.

    Attributes:
        left, right: names of the two graphs.
        n_gold: gold links between them.
        left_to_right: ranking metrics with left entities as queries and right entities as
            candidates, see `ranking_metrics`, and `candidates`, how many entities were searched
            for each; None if the matcher does not rank.
        right_to_left: the same with the sides changed.
        links: the links against the gold links.
        verdicts: the same for every single link.
        ranks: the rank of every correct entity by direction, where the matcher ranks.
    """

    left: str
    right: str
    n_gold: int
    left_to_right: Metrics | None
    right_to_left: Metrics | None
    links: LinkMetrics
    verdicts: Verdicts = field(compare=False, repr=False)
    ranks: Mapping[Direction, Ranks] = field(compare=False, repr=False)

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
    protocol: CandidateProtocol
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

    def intervals(self) -> dict[Direction, dict[str, Interval] | None]:
        """95% intervals of Hits@1, 5, 10 and MRR over other draws of the gold links.

        None where there is no ranking or no gold link. See `bootstrap_intervals`.
        """
        found: dict[Direction, dict[str, Interval] | None] = {}
        for direction in DIRECTIONS:
            ranks = [p.ranks[direction] for p in self._judged if direction in p.ranks]
            complete = len(ranks) == len(self._judged)
            found[direction] = bootstrap_intervals(ranks) if complete else None
        return found

    def figure(self, metric: str, direction: Direction | None = None) -> Figure:
        """One metric with all that it depends on, to be compared with another run's.

            best.figure("hits@1", "left_to_right") - paper.figure("hits@1", "left_to_right")

        Args:
            metric: a ranking metric, or without a direction a measure of links.
            direction: whose entities were the queries.

        Raises:
            ConfigError: there is no such metric, or it was not measured.
        """
        if direction not in (None, *DIRECTIONS):
            raise ConfigError(f"there is no direction {direction!r}, there are {DIRECTIONS}")
        kind = "links" if direction is None else direction
        metrics: Metrics | None = getattr(self, kind)
        if metrics is None:
            raise ConfigError(
                f"matcher {self.matcher} gives links without a ranking, so there is no {metric} "
                f"{kind.replace('_', ' ')}; without a direction there is precision, recall and f1"
            )
        if metric not in metrics:
            raise ConfigError(f"there is no {metric} of {kind}, there are {', '.join(metrics)}")
        value = metrics[metric]
        if value is None:
            raise ConfigError(f"{metric} of {kind} was not measured: there is nothing to judge")
        if direction is None:
            return Figure(metric, value, self.protocol)
        interval = (self.intervals()[direction] or {}).get(metric)
        return Figure(metric, value, self.protocol, direction, metrics["candidates"], interval)

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
                [
                    "ranking",
                    "Hits@1",
                    "Hits@5",
                    "Hits@10",
                    "MRR",
                    "mean rank",
                    "missed",
                    "of",
                ],
                ranking,
            ),
            "",
            text_table(LINKS_HEADER, linking),
        ]
        if self.n_not_aligned:
            lines += ["", f"{self.n_not_aligned:,} gold links are of graphs that were not aligned"]
        return "\n".join(lines)


def evaluate(alignment: AlignedLinks, gold: Gold) -> Evaluation:
    """Scores an alignment by links that are known to be correct.

    The rankings are scored in both directions with each gold link as a query; the links by
    precision, recall and F1. Whose entities were candidates is the alignment's protocol, which
    the result names.

    The task's seed and valid links count as known when links are judged, even if they are not
    among the gold links: finding one again earns nothing and costs nothing, and another link of
    one of their entities is incorrect.

    Args:
        alignment: what `Aligner.align` gave.
        gold: any subset of links, such as `task.test_links`, or with more than two graphs
            `task.test_links[~task.implied_by_seeds]`. (m, 2) joint ids, in either order; or
            pairs of left and right identifier; or rows of left graph, left identifier, right
            graph, right identifier. Repeated links count once.

    Raises:
        DataError: a gold link that does not fit the task.
        ConfigError: the model was told whose entities the test links join, and the alignment is
            of another protocol than "test_only".
    """
    task = alignment.task
    if alignment.protocol != "test_only" and alignment.saw_test_side:
        raise ConfigError(
            "this model was told which entities the test links join, so it knows who has a "
            f"counterpart and cannot be scored as {alignment.protocol}: align with candidates "
            "test_only, or let it bootstrap on all unaligned entities"
        )
    links = gold_ids(alignment, gold)
    known = np.concatenate([task.seed_links, task.valid_links])
    pairs = []
    for pair in alignment.pairs:
        wanted = task.links_between(links, pair.left, pair.right)
        given = task.links_between(known, pair.left, pair.right)
        verdicts = judge(pair.links, wanted, pair.scores, given)
        left_to_right, right_to_left = pair.left_to_right, pair.right_to_left
        ranks: dict[Direction, Ranks] = {}
        if left_to_right is not None:
            ranks["left_to_right"] = rank(left_to_right, wanted)
        if right_to_left is not None:
            ranks["right_to_left"] = rank(right_to_left, wanted[:, ::-1])
        pairs.append(
            PairEvaluation(
                task.kg_names[pair.left],
                task.kg_names[pair.right],
                len(wanted),
                _metrics(left_to_right, ranks.get("left_to_right")),
                _metrics(right_to_left, ranks.get("right_to_left")),
                verdicts.metrics,
                verdicts,
                ranks,
            )
        )
    outside = len(links) - sum(p.n_gold for p in pairs)
    return Evaluation(task.name, alignment.protocol, alignment.matcher, tuple(pairs), outside)


def _metrics(topk: TopK | None, ranks: Ranks | None) -> Metrics | None:
    if topk is None or ranks is None:
        return None
    return {**ranking_metrics(ranks), "candidates": topk.pool_size}


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
    fractions = [
        fraction(values.get(key))
        for key in (
            "hits@1",
            "hits@5",
            "hits@10",
            "mrr",
        )
    ]
    mean_rank = values.get("mean_rank")
    shown = "-" if mean_rank is None else f"{mean_rank:,.1f}"
    return [name, *fractions, shown, count(values.get("missed")), count(values.get("n"))]
