"""The evaluation of an alignment: who was ranked among whom, and how well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from dualamn.errors import ConfigError, DataError
from dualamn.eval.ranking import (
    DIRECTIONS,
    Direction,
    Figure,
    Interval,
    Metrics,
    Ranks,
    bootstrap_intervals,
    rank,
    ranking_metrics,
)
from dualamn.eval.verdicts import (
    LINKS_HEADER,
    LinkMetrics,
    PrecisionRecallCurve,
    Verdicts,
    count,
    fraction,
    judge,
    link_cells,
    text_table,
)
from dualamn.kernels.arrays import Int32Array
from dualamn.result import AlignedLinks, CandidateProtocol

Gold: TypeAlias = ArrayLike | Iterable[Sequence[str]]
"""Links that are known to be correct: (m, 2) joint ids, in either order; or pairs of left and right
identifier; or rows of left graph, left identifier, right graph, right identifier."""

PROTOCOL_IN_WORDS: Mapping[CandidateProtocol, str] = {
    "test_only": "queries and candidates are the entities of the test links only",
    "all_entities": "queries are the entities of the gold links, candidates all of the other graph",
    "unaligned": "queries and candidates are the entities without a seed link",
}
"""Whose entities were queries and candidates, as tables say it."""

COUNTS = ("missed", "n", "correct", "incorrect", "unknown")
"""Metrics that add up over pairs of graphs, where all others are averaged."""

FRACTIONS = {"hits@1": "Hits@1", "hits@5": "Hits@5", "hits@10": "Hits@10", "mrr": "MRR"}


@dataclass(frozen=True)
class PairEvaluation:
    """How well two of the graphs were aligned.

    Attributes:
        left, right: names of the two graphs.
        n_gold: gold links between them.
        left_to_right, right_to_left: `ranking_metrics` with left or right entities as queries, and
            `candidates`, how many entities each was ranked among; None if the matcher does not
            rank.
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
        metrics = {"left_to_right": self.left_to_right, "right_to_left": self.right_to_left}
        return {**metrics, "links": self.links.as_dict()}


@dataclass(frozen=True)
class Evaluation:
    """How well an alignment agrees with gold links. Printed, it is a readable table.

    What it says of all pairs are means over those that have gold links; counts are added up.

        >>> from dualamn import Aligner
        >>> from dualamn.bench.synthetic_task import make_task
        >>> task = make_task(50, keep_triples=1, unmatched=0)
        >>> evaluation = evaluate(Aligner("fast").fit(task).align(), task.test_links)
        >>> print(evaluation.figure("hits@1", "left_to_right"))
        hits@1 1.000 [1.000, 1.000], unaligned, left to right, 35 candidates

    Attributes:
        task, matcher: their names.
        protocol: whose entities were queries and candidates.
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
        """Ranking metrics with left entities as queries."""
        return _mean([p.left_to_right for p in self._with_gold])

    @property
    def right_to_left(self) -> Metrics | None:
        """The same with right entities as queries."""
        return _mean([p.right_to_left for p in self._with_gold])

    @property
    def links(self) -> Metrics | None:
        """Precision, recall and F1."""
        return _mean([p.links.as_dict() for p in self._with_gold])

    def intervals(self) -> dict[Direction, dict[str, Interval] | None]:
        """`bootstrap_intervals` of Hits@1, 5, 10 and MRR; None without ranking or gold links."""
        found: dict[Direction, dict[str, Interval] | None] = {}
        for direction in DIRECTIONS:
            complete = all(direction in p.ranks for p in self._with_gold)
            ranks = [p.ranks[direction] for p in self._with_gold] if complete else []
            found[direction] = bootstrap_intervals(ranks)
        return found

    def figure(self, metric: str, direction: Direction | None = None) -> Figure:
        """A ranking metric, or without a direction a measure of links, with all that it depends on,
        to be compared with another run's.

        Raises:
            ConfigError: there is no such metric, or it was not measured.
        """
        if direction not in (None, *DIRECTIONS):
            raise ConfigError(f"there is no direction {direction!r}, there are {DIRECTIONS}")
        kind = direction or "links"
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
            raise ConfigError(f"{metric} of {kind} was not measured: there is nothing to score")
        if direction is None:
            return Figure(metric, value, self.protocol)
        interval = (self.intervals()[direction] or {}).get(metric)
        return Figure(metric, value, self.protocol, direction, metrics["candidates"], interval)

    def curve(self) -> PrecisionRecallCurve:
        """Precision and recall of the links by score, over the pairs with gold links together."""
        return Verdicts.merge([p.verdicts for p in self._with_gold]).curve()

    @property
    def _with_gold(self) -> Sequence[PairEvaluation]:
        return [p for p in self.pairs if p.n_gold] or self.pairs

    def as_dict(self) -> dict[str, Any]:
        """Means and every pair's metrics, for a report."""
        kept = ("protocol", "matcher", *DIRECTIONS, "links")
        means = {name: getattr(self, name) for name in kept}
        return {**means, "pairs": {p.name: p.as_dict() for p in self.pairs}}

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
            text_table(["ranking", *FRACTIONS.values(), "mean rank", "missed", "of"], ranking),
            "",
            text_table(LINKS_HEADER, linking),
        ]
        if self.n_not_aligned:
            lines += ["", f"{self.n_not_aligned:,} gold links are of graphs that were not aligned"]
        return "\n".join(lines)


def evaluate(alignment: AlignedLinks, gold: Gold) -> Evaluation:
    """Scores an alignment by links that are known to be correct.

    Rankings are scored in both directions with each gold link as a query, links by precision,
    recall and F1. Whose entities were candidates is the alignment's protocol.

    The task's seed and valid links count as known even if they are not among the gold links:
    finding one again earns nothing and costs nothing, and another link of one of their entities is
    incorrect.

        >>> from dualamn import Aligner
        >>> from dualamn.bench.synthetic_task import make_task
        >>> task = make_task(50, keep_triples=1, unmatched=0)
        >>> print(evaluate(Aligner("fast").fit(task).align(), [("a/7", "b/7")]))
        synthetic-50, matcher mutual, protocol unaligned:
        ...
        links  precision  recall     F1  correct  incorrect  unknown  missed
        a-b        1.000   1.000  1.000        1          0       34       0

    Args:
        alignment: what `Aligner.align` gave.
        gold: any subset of links, such as `task.test_links`, or with more than two graphs
            `task.test_links[~task.implied_by_seeds]`, see `Gold`. Repeated links count once.

    Raises:
        DataError: a gold link that does not fit the task.
        ConfigError: the model knew whose entities the test links join, and the protocol is not
            "test_only".
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
        ranks: dict[Direction, Ranks] = {}
        metrics: dict[Direction, Metrics] = {}
        sides = (pair.left_to_right, wanted), (pair.right_to_left, wanted[:, ::-1])
        for direction, (topk, asked) in zip(DIRECTIONS, sides, strict=True):
            if topk is not None:
                ranks[direction] = rank(topk, asked)
                found = ranking_metrics(ranks[direction])
                metrics[direction] = {**found, "candidates": topk.pool_size}
        pairs.append(
            PairEvaluation(
                task.kg_names[pair.left],
                task.kg_names[pair.right],
                len(wanted),
                metrics.get("left_to_right"),
                metrics.get("right_to_left"),
                verdicts.metrics,
                verdicts,
                ranks,
            )
        )
    outside = len(links) - sum(p.n_gold for p in pairs)
    return Evaluation(task.name, alignment.protocol, alignment.matcher, tuple(pairs), outside)


def _mean(parts: Sequence[Metrics | None]) -> Metrics | None:
    """Averages over the parts that have a value; None if a part was not measured at all."""
    measured = [part for part in parts if part is not None]
    if len(measured) < max(1, len(parts)):
        return None
    mean: Metrics = {}
    for key in measured[0]:
        values = [value for part in measured if (value := part[key]) is not None]
        total = sum(values)
        mean[key] = total if key in COUNTS else total / len(values) if values else None
    return mean


def _ranking_row(name: str, metrics: Metrics | None) -> list[str]:
    values = metrics or {}
    fractions = [fraction(values.get(key)) for key in FRACTIONS]
    mean = values.get("mean_rank")
    shown = "-" if mean is None else f"{mean:,.1f}"
    return [name, *fractions, shown, count(values.get("missed")), count(values.get("n"))]


def gold_ids(alignment: AlignedLinks, gold: Gold) -> Int32Array:
    """The gold links as distinct rows of joint ids, the earlier graph's entity first.

    Raises:
        DataError: an unknown entity or graph, a link within one graph, rows of another shape,
            or pairs of identifiers where more than one pair of graphs was aligned.
    """
    task = alignment.task
    rows: Any = gold if hasattr(gold, "__array__") else list(gold)  # type: ignore[arg-type]
    if len(rows) == 0:
        return np.empty((0, 2), dtype=np.int32)
    table = np.asarray(rows) if hasattr(rows, "__array__") else _table(rows)
    kind, columns = table.dtype.kind, table.shape[1] if table.ndim == 2 else 0
    if kind in "iu" and columns == 2:
        links = table
        if links.min() < 0 or links.max() >= task.n_entities:
            outside = links.min() if links.min() < 0 else links.max()
            raise DataError(
                f"gold links name joint id {outside}, the task has 0 to {task.n_entities - 1}"
            )
    elif kind in "OU" and columns in (2, 4):
        links = _named(alignment, table.astype(object))
    else:
        raise DataError(
            "gold links must be rows of two joint ids, of two identifiers, or of left graph, "
            f"left identifier, right graph and right identifier; got {rows[0]!r}"
        )
    sources = task.source_of[links]
    if (same := sources[:, 0] == sources[:, 1]).any():
        one, two = task.identifiers(links[same][0])
        raise DataError(f"gold links join two graphs, but {one!r} and {two!r} are of one")
    links = np.where((sources[:, 0] > sources[:, 1])[:, None], links[:, ::-1], links)
    return np.unique(links, axis=0).astype(np.int32, copy=False)


def _table(rows: list[Any]) -> Any:
    if any(isinstance(row, str) or len(row) != len(rows[0]) for row in rows):
        raise DataError("every gold link must be a row, and all rows equally long")
    named = all(isinstance(value, str) for row in rows for value in row)
    return np.asarray(rows, dtype=object if named else None)


def _named(alignment: AlignedLinks, table: Any) -> Int32Array:
    task = alignment.task
    if table.shape[1] == 2:
        if len(alignment.pairs) != 1:
            raise DataError(
                f"{len(alignment.pairs)} pairs of graphs were aligned, so gold links must say "
                "whose entities they join: left graph, left identifier, right graph, right "
                "identifier"
            )
        (pair,) = alignment.pairs
        sides = zip((pair.left, pair.right), table.T, strict=True)
        return np.stack([task.ids(kg, list(names)) for kg, names in sides], axis=1)
    ids = np.empty((len(table), 2), dtype=np.int32)
    for side in (0, 1):
        sources, identifiers = table[:, 2 * side : 2 * side + 2].T
        for name in dict.fromkeys(sources):
            if name not in task.kg_names:
                raise DataError(f"there is no graph {name!r}, there are {', '.join(task.kg_names)}")
            rows = sources == name
            ids[rows, side] = task.ids(task.kg_names.index(name), list(identifiers[rows]))
    return ids
