"""Where the correct entities stand in rankings: Hits@k, MRR, mean rank, their intervals, and single
figures that know what they were measured under."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import ConfigError
from dualamn.kernels.arrays import Floats, Int32Array, IntArray
from dualamn.result import CandidateProtocol, TopK

Metrics = dict[str, float | None]
"""Metric name to value; None where there was nothing to measure."""

Interval = tuple[float, float]
"""The low and the high end."""

Direction = Literal["left_to_right", "right_to_left"]
"""Which side's entities are the queries."""

DIRECTIONS: tuple[Direction, ...] = ("left_to_right", "right_to_left")
HITS_AT = (1, 5, 10)
ROWS_AT_ONCE = 8_192
RESAMPLES = 1_000
LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Ranks:
    """The ranks of the correct entities, one entry for each gold link.

    Attributes:
        rank: (m,) int64, 1 is best; 0 where it is missed, that is not among the candidates.
        worst: (m,) int64 the rank that a miss has at worst: the number of entities searched, or
            one more than the number of candidates if it was not searched at all.
    """

    rank: IntArray
    worst: IntArray

    @property
    def n_missed(self) -> int:
        """How many are not among the candidates."""
        return int(np.count_nonzero(self.rank == 0))


def rank(topk: TopK, gold: Int32Array) -> Ranks:
    """Ranks the correct entity of each gold link among the candidates of its query.

    The rank is 1 + the number of other candidates that score as high or higher: ties count
    against us, so equal scores earn nothing.

    Args:
        topk: ranked candidates.
        gold: (m, 2) int32 joint ids of query and correct entity. A query that `topk` lacks is a
            miss.
    """
    result = Ranks(np.zeros(len(gold), np.int64), np.empty(len(gold), np.int64))
    result.worst[:] = max(topk.pool_size, topk.candidates.shape[1] + 1)
    size = max(int(gold.max(initial=-1)), int(topk.queries.max(initial=-1))) + 1
    row_of = np.full(size, -1, dtype=np.int64)  # by joint id
    row_of[topk.queries] = np.arange(len(topk.queries))
    queries, counterparts = gold.reshape(-1, 2).T
    asked = np.flatnonzero(row_of[queries] >= 0)
    for start in range(0, len(asked), ROWS_AT_ONCE):
        at = asked[start : start + ROWS_AT_ONCE]
        rows = row_of[queries[at]]
        candidates = topk.candidates[rows]  # (b, k)
        scores = topk.scores[rows]  # (b, k)
        is_correct = candidates == counterparts[at, None]  # (b, k)
        correct_score = np.max(scores, axis=1, where=is_correct, initial=-np.inf)  # (b,)
        # "Not lower" and not "at least as high", so that a NaN counts against us as well.
        rivals = ~(scores < correct_score[:, None]) & (candidates >= 0) & ~is_correct
        result.rank[at] = np.where(is_correct.any(axis=1), 1 + rivals.sum(axis=1), 0)
    return result


def ranking_metrics(ranks: Ranks) -> Metrics:
    """Hits@1, 5 and 10, mean reciprocal rank and mean rank, with the number of links and misses.

    A miss is no hit and has the reciprocal rank 0. The mean rank takes a miss at its worst
    possible rank, so it is exact if nothing is missed and an upper bound otherwise.

    Returns:
        The keys `hits@1`, `hits@5`, `hits@10`, `mrr` (fractions) and `mean_rank`, None if there
        are no links, and the counts `missed` and `n`.
    """
    metrics = {name: _mean(values) for name, values in link_scores(ranks.rank).items()}
    metrics["mean_rank"] = _mean(np.where(ranks.rank > 0, ranks.rank, ranks.worst))
    metrics["missed"] = ranks.n_missed
    metrics["n"] = len(ranks.rank)
    return metrics


def link_scores(rank: IntArray) -> dict[str, Floats]:
    """What ranks, (m,) with 0 for a miss, add to `hits@1`, `hits@5`, `hits@10` and `mrr`, each (m,)
    float64: these metrics are means over links."""
    found = rank > 0
    scores = {f"hits@{k}": (found & (rank <= k)).astype(np.float64) for k in HITS_AT}
    scores["mrr"] = np.divide(1, rank, where=found, out=np.zeros(len(rank)))
    return scores


def _mean(values: NDArray[Any]) -> float | None:
    return float(values.mean()) if len(values) else None


def bootstrap_intervals(
    parts: Sequence[Ranks], *, seed: int = 0, resamples: int = RESAMPLES, level: float = LEVEL
) -> dict[str, Interval] | None:
    """Percentile intervals of Hits@1, 5 and 10 and the mean reciprocal rank.

    The test links are drawn anew, as many as there are and with replacement, and the ends of
    the interval hold that share of the resampled metrics between them. With several parts each
    is drawn anew by itself and the metrics are their means, as in tables over pairs of graphs.
    The interval says how much of a figure is the luck of which links are in the test; that of
    training shows in the spread over seeds.

    A metric is a mean over links of a value that depends on the rank alone. So a resample is
    one multinomial draw of how often every rank occurs, not a draw of every link.

    After B. Efron, "Bootstrap methods: another look at the jackknife", 1979.

    Args:
        parts: the ranks of the correct entities, one entry for each pair of graphs.
        seed, resamples: of the draws, and how many; the same seed gives the same interval.
        level: the share of them that lies within, between 0 and 1.

    Returns:
        Metric to interval; None if there are no ranks, or none in some part.

    Raises:
        ConfigError: a level that is no share, or not one resample.
    """
    if not 0 < level < 1:
        raise ConfigError(f"the level of an interval is a share between 0 and 1, not {level}")
    if resamples < 1:
        raise ConfigError(f"an interval needs one resample or more, not {resamples}")
    if not parts or not all(len(part.rank) for part in parts):
        return None
    rng = np.random.default_rng(seed)
    drawn = np.mean([_resampled(part, rng, resamples) for part in parts], axis=0)  # (b, metrics)
    margin = 100 * (1 - level) / 2
    low, high = np.percentile(drawn, [margin, 100 - margin], axis=0)
    names = link_scores(np.empty(0, np.int64))
    return {name: (float(a), float(b)) for name, a, b in zip(names, low, high, strict=True)}


def _resampled(ranks: Ranks, rng: np.random.Generator, resamples: int) -> Floats:
    """(b, 4) the metrics of every resample."""
    values, counts = np.unique(ranks.rank, return_counts=True)  # (u,), (u,)
    n = len(ranks.rank)
    often = rng.multinomial(n, counts / n, size=resamples)  # (b, u)
    scores = np.stack(list(link_scores(values).values()), axis=1)  # (u, 4)
    return np.asarray(often @ scores / n)


@dataclass(frozen=True)
class Figure:
    """One metric's value, with all that it depends on.

    Hits@1 among the test side and among all entities are two different quantities. So figures
    have no order and are no numbers: `a - b` and `mean_figure` work for figures of one kind and
    refuse others.

        >>> str(Figure("hits@1", 0.75, "test_only", "left_to_right", 4))
        'hits@1 0.750, test_only, left to right, 4 candidates'

    Attributes:
        metric: its name, such as "hits@1" or "f1".
        value: the value, for rates a fraction.
        protocol: whose entities were queries and candidates.
        direction: which side's entities were the queries; None for measures of links.
        candidates: how many entities each query was ranked among, the mean over pairs of graphs
            where there are several; None for measures of links.
        interval: as `bootstrap_intervals` gives it; None if it is not known.
    """

    metric: str
    value: float
    protocol: CandidateProtocol
    direction: Direction | None = None
    candidates: float | None = None
    interval: Interval | None = None

    def __sub__(self, other: Figure) -> float:
        """How much higher this figure is.

        Raises:
            ConfigError: the other is of another metric, protocol or direction.
        """
        if not isinstance(other, Figure):
            return NotImplemented
        _check_alike([self, other])
        return self.value - other.value

    def __str__(self) -> str:
        interval = "" if self.interval is None else " [{:.3f}, {:.3f}]".format(*self.interval)
        parts = [f"{self.metric} {self.value:.3f}{interval}", self.protocol]
        if self.direction is not None:
            parts.append(self.direction.replace("_", " "))
        if self.candidates is not None:
            parts.append(f"{self.candidates:,.0f} candidates")
        return ", ".join(parts)


def mean_figure(figures: Sequence[Figure]) -> Figure:
    """The mean over several runs, folds or data sets, without an interval.

    Raises:
        ConfigError: no figures, or some of another metric, protocol or direction.
    """
    if not figures:
        raise ConfigError("there is no mean of no figures")
    _check_alike(figures)
    first = figures[0]
    sizes = [figure.candidates for figure in figures if figure.candidates is not None]
    return Figure(
        first.metric,
        sum(figure.value for figure in figures) / len(figures),
        first.protocol,
        first.direction,
        sum(sizes) / len(sizes) if len(sizes) == len(figures) else None,
    )


def _check_alike(figures: Sequence[Figure]) -> None:
    for name in ("metric", "protocol", "direction"):
        kinds = dict.fromkeys(str(getattr(figure, name)) for figure in figures)
        if len(kinds) > 1:
            raise ConfigError(
                f"figures of different {name} cannot be compared or averaged: {', '.join(kinds)}"
            )
