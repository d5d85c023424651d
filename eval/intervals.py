"""How far metrics would swing with other test links: bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import ConfigError
from dualamn.eval.ranking import Ranks, link_scores

Interval = tuple[float, float]
"""The low and the high end."""

RESAMPLES = 1_000
LEVEL = 0.95


def bootstrap_intervals(
    parts: Sequence[Ranks], *, seed: int = 0, resamples: int = RESAMPLES, level: float = LEVEL
) -> dict[str, Interval] | None:
    """Percentile intervals of Hits@1, 5 and 10 and the mean reciprocal rank.

    The test links are drawn anew, as many as there are and with replacement, and the ends of
    the interval hold that share of the resampled metrics between them. With several parts each
    is drawn anew by itself and the metrics are their means, as in tables over pairs of graphs.
    The interval says how much of a figure is the luck of which links are in the test; what is
    the luck of training shows in the spread over seeds.

    A metric is a mean over links of a value that depends on the rank alone. So a resample is
    one multinomial draw of how often every rank occurs, not a draw of every link.

    After B. Efron, "Bootstrap methods: another look at the jackknife", 1979.

    Args:
        parts: the ranks of the right answers, one entry for each pair of graphs.
        seed: of the draws; the same ranks give the same interval.
        resamples: how many draws.
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


def _resampled(ranks: Ranks, rng: np.random.Generator, resamples: int) -> NDArray[np.float64]:
    """(b, 4) the metrics of every resample."""
    values, counts = np.unique(ranks.rank, return_counts=True)  # (u,), (u,)
    n = len(ranks.rank)
    often = rng.multinomial(n, counts / n, size=resamples)  # (b, u)
    scores = np.stack(list(link_scores(values).values()), axis=1)  # (u, 4)
    return np.asarray(often @ scores / n)
