"""Whether an entity is dangling, where nobody gave seed links.

Pseudo-seeds label only links of entities that have a counterpart. In graphs that overlap partly
most are dangling, and are linked all the same. What such links look like is seen from entities
whose counterparts were taken out of the second model's graphs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from dualamn.kernels.arrays import FloatArray, Floats, Int32Array
from dualamn.kernels.logistic import fit_logistic, log_odds_of, logistic

_DOUBT = 0.3  # rows that say that the log odds mean nothing
_LEAST = 0.01  # of the entities: so many have a counterpart, and so many none, whatever is seen
_SHARES = 200  # between 0 and 1 that are looked at
_UNLIKE = 0.03  # mean chance by which entities of one group may differ, whom names found or not


@dataclass(frozen=True, eq=False)
class LinkSample:
    """What the links of some entities look like.

    Attributes:
        features: (k, f) float32 of the surest link of every entity that has one.
        n_unlinked: how many have none.
    """

    features: FloatArray
    n_unlinked: int

    @classmethod
    def of(
        cls, entities: Int32Array, links: Int32Array, features: FloatArray, probability: FloatArray
    ) -> LinkSample:
        """The surest of (m, 2) links of every entity, by their (m,) probability."""
        surest = np.full(max(entities.max(initial=-1), links.max(initial=-1)) + 1, -1)
        order = np.argsort(probability, kind="stable")
        for side in (0, 1):
            surest[links[order, side]] = order  # the last one stays
        own = surest[entities]
        return cls(features[own[own >= 0]], int((own < 0).sum()))

    def chances(self, coefficients: Floats) -> Floats:
        """(k + n_unlinked,) that an entity's link is correct, by these coefficients; 0 without."""
        odds = log_odds_of(self.features.astype(np.float64), coefficients)
        return np.append(logistic(odds), np.zeros(self.n_unlinked))

    @property
    def n_linked(self) -> int:
        """How many entities have a link."""
        return len(self.features)

    @property
    def share_linked(self) -> float:
        """The share of entities with a link, as if one more had half a link."""
        return (self.n_linked + 0.5) / (self.n_linked + self.n_unlinked + 1)


@dataclass(frozen=True)
class CounterpartChance:
    """The chance that the entities of a link have counterparts at all.

    Attributes:
        share: of the entities that names did not find, those that have a counterpart.
        deviation: the standard deviation of that estimate.
        intercept, slope: of the log odds, over those of a correct link where all have one.
    """

    share: float
    deviation: float
    intercept: float
    slope: float

    @classmethod
    def of(
        cls,
        matched: LinkSample,
        dangling: LinkSample,
        asked: LinkSample,
        ordinary: LinkSample,
        *,
        coefficients: Floats,
        pure: float,
        found: float,
        others: tuple[int, int],
    ) -> CounterpartChance | None:
        """Learns it from four groups of entities, the first three of which have no names.

        The third group is a mixture of the first two, so its mean chance of a correct link lies
        between theirs, and where it lies is the share that has a counterpart. How the chance of
        one rises with the log odds of a link is learned by logistic regression from the first two.
        The fourth has the same share, but names make its links look surer.

        Args:
            matched: entities that have a counterpart, as names say.
            dangling: entities that have none.
            asked: some of which neither is known.
            ordinary: all of which neither is known, with their names.
            coefficients: of the log odds of a correct link where all have counterparts.
            pure: the share of the first group that has one indeed, the rest being like the second.
            found: how many pairs names found, without those that are there by chance.
            others: how many entities of either graph they did not find.

        Returns:
            None where one of the groups is empty.
        """
        if not all(group.n_linked for group in (matched, dangling, asked, ordinary)):
            return None
        groups = [group.chances(coefficients) for group in (matched, dangling, asked)]
        share, deviation = _share(*groups, pure=pure, found=found, others=others)
        odds = [
            log_odds_of(group.features.astype(np.float64), coefficients)
            for group in (matched, dangling, ordinary)
        ]
        slope = max(_slope(odds[0], odds[1]), 0.0)
        without = np.log((1 - matched.share_linked) / (1 - dangling.share_linked))
        among_unlinked = logistic(without + np.log(share / (1 - share)))
        wanted = share * (1 + ordinary.n_unlinked / ordinary.n_linked)
        wanted -= float(among_unlinked) * ordinary.n_unlinked / ordinary.n_linked
        return cls(share, deviation, _intercept(slope * odds[2], wanted), slope)

    def predict(self, odds: Floats) -> Floats:
        """(m,) the chance for links, by their log odds to be correct where all have one."""
        return logistic(self.intercept + self.slope * odds)


def _share(
    matched: Floats,
    dangling: Floats,
    asked: Floats,
    *,
    pure: float,
    found: float,
    others: tuple[int, int],
) -> tuple[float, float]:
    """The share of the first group in the third, and its standard deviation, of the posterior.

    Where structure hardly distinguishes the groups, the number of pairs that names found decides:
    if they find a share r of all that have counterparts, r being as likely as it is high (2/3 on
    average), so many are left. Groups are the chances that their links are correct; for the rest
    see `CounterpartChance.of`.
    """
    most = min(others) / (sum(others) / 2)  # have counterparts: not more than the smaller graph has
    share = most * (np.arange(_SHARES) + 0.5) / _SHARES
    # Both ends of a link are entities: half of them say something new.
    spread = [2 * group.var() / len(group) for group in (matched, dangling, asked)]
    # The share of what is seen of the first group, some of which has no counterpart either.
    seen = share / pure
    variance = seen**2 * spread[0] + (1 - seen) ** 2 * spread[1] + spread[2] + _UNLIKE**2
    away = asked.mean() - seen * matched.mean() - (1 - seen) * dangling.mean()
    recall = found / (found + share * sum(others) / 2)
    # The density 2 r of the recall as one of the share, which is proportional to r^3.
    log_posterior = 3 * np.log(recall) - away**2 / (2 * variance) - np.log(variance) / 2
    weight = np.exp(log_posterior - log_posterior.max())
    weight /= weight.sum()
    mean = float(weight @ share)
    deviation = float(np.sqrt(weight @ (share - mean) ** 2))
    return min(max(mean, _LEAST), 1 - _LEAST), deviation


def _slope(one: Floats, other: Floats) -> float:
    """How much likelier a step of log odds makes the first group than the second, as a log."""
    rows = np.concatenate([one, other])[:, None]
    group = np.arange(len(rows)) < len(one)
    fewer = min(len(one), len(other))
    weights = np.where(group, fewer / len(one), fewer / len(other))
    return float(fit_logistic(rows, group, weights, np.zeros(2), np.full(2, _DOUBT))[1])


def _intercept(odds: Floats, mean: float) -> float:
    """What to add to log odds so that their probabilities have a mean."""
    mean = min(max(mean, _LEAST), 1 - _LEAST)
    reach = float(np.abs(odds).max()) + 10.0
    return float(brentq(lambda by: logistic(odds + by).mean() - mean, -reach, reach))
