"""Whether an entity has a partner at all, where nobody gave seed links.

Pairs found by name judge only links of entities that have a partner. In graphs that overlap partly
most have none, and are linked all the same. What such links look like is seen from entities that
have lost theirs: the second model finds the partners of some pairs taken out of the graph.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from dualamn.arrays import FloatArray, Int32Array
from dualamn.probability.logistic import fit_logistic, log_odds_of, logistic

Floats = NDArray[np.float64]

_DOUBT = 0.3  # rows that say a feature tells nothing
_BEFOREHAND = 0.01  # of the entities: so many have a partner, and so many none, whatever is seen
_PASSES, _SETTLED = 1_000, 1e-6


@dataclass(frozen=True, eq=False)
class Seen:
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
    ) -> Seen:
        """The surest link of every entity.

        Args:
            entities: (e,) joint ids.
            links: (m, 2) joint ids.
            features, probability: (m, f) and (m,) of the links.
        """
        surest = np.full(max(entities.max(initial=-1), links.max(initial=-1)) + 1, -1)
        order = np.argsort(probability, kind="stable")
        for side in (0, 1):
            surest[links[order, side]] = order  # the last one stays
        own = surest[entities]
        return cls(features[own[own >= 0]], int((own < 0).sum()))

    @property
    def n_linked(self) -> int:
        """How many entities have a link."""
        return len(self.features)

    @property
    def share_linked(self) -> float:
        """The share of entities with a link, as if one more had half a link."""
        return (self.n_linked + 0.5) / (self.n_linked + self.n_unlinked + 1)


@dataclass(frozen=True)
class HavingPartner:
    """The chance that the entities of a link have partners at all.

    Attributes:
        share: of the entities that names did not find, those that have a partner.
        intercept, slope: of the log odds, over those of a right link where all have one.
    """

    share: float
    intercept: float
    slope: float

    @classmethod
    def of(
        cls, partnered: Seen, alone: Seen, asked: Seen, ordinary: Seen, *, coefficients: Floats
    ) -> HavingPartner | None:
        """Learns it from four kinds of entities, the first three of which have no names.

        How much likelier a link looks so at an entity that has a partner is learned by logistic
        regression from the first two kinds. The third is a mixture of both, and its share that
        makes what is seen there most likely is found by expectation and maximisation (Saerens et
        al., Neural Computation 14, 2002: known classes in unknown shares). The fourth has the same
        share, whose links look surer as names tell of them.

        Args:
            partnered: entities that have a partner.
            alone: entities that have none.
            asked: some that nothing is known of.
            ordinary: all that nothing is known of, with their names.
            coefficients: of the log odds of a right link where all have partners.

        Returns:
            None where one of the kinds is empty.
        """
        if not all(kind.n_linked for kind in (partnered, alone, asked, ordinary)):
            return None
        without = np.log((1 - partnered.share_linked) / (1 - alone.share_linked))
        share = _share(_log_ratios(partnered, alone, asked, without))
        odds = [
            log_odds_of(kind.features.astype(np.float64), coefficients)
            for kind in (partnered, alone, ordinary)
        ]
        slope = max(float(_log_ratio(odds[0][:, None], odds[1][:, None])[1]), 0.0)
        among_unlinked = logistic(without + np.log(share / (1 - share)))
        wanted = share * (1 + ordinary.n_unlinked / ordinary.n_linked)
        wanted -= float(among_unlinked) * ordinary.n_unlinked / ordinary.n_linked
        return cls(share, _intercept(slope * odds[2], wanted), slope)

    def predict(self, odds: Floats) -> Floats:
        """(m,) the chance for links, by their log odds to be right where all have partners."""
        return logistic(self.intercept + self.slope * odds)


def _log_ratios(partnered: Seen, alone: Seen, asked: Seen, without: float) -> Floats:
    """(e,) of every entity asked, how much likelier it looks so with a partner, as a log."""
    found = _log_ratio(partnered.features, alone.features)
    with_link = np.log(partnered.share_linked / alone.share_linked)
    linked = log_odds_of(asked.features.astype(np.float64), found) + with_link
    return np.append(linked, np.full(asked.n_unlinked, without))


def _log_ratio(one: NDArray[np.floating], other: NDArray[np.floating]) -> Floats:
    """(f + 1,) how much likelier features are for the first kind than for the second, as a log."""
    rows = np.concatenate([one, other]).astype(np.float64)
    kind = np.arange(len(rows)) < len(one)
    fewer = min(len(one), len(other))
    weights = np.where(kind, fewer / len(one), fewer / len(other))
    size = rows.shape[1] + 1
    return fit_logistic(rows, kind, weights, np.zeros(size), np.full(size, _DOUBT))


def _share(log_ratios: Floats) -> float:
    """The share of the first kind in a mixture, by how much likelier each member is of it."""
    ratio = np.exp(np.clip(log_ratios, -30, 30))
    share = 0.5
    for _ in range(_PASSES):
        mean = float((share * ratio / (share * ratio + 1 - share)).mean())
        before, share = share, (mean + _BEFOREHAND) / (1 + 2 * _BEFOREHAND)
        if abs(share - before) <= _SETTLED:
            break
    return share


def _intercept(odds: Floats, mean: float) -> float:
    """What to add to log odds so that their probabilities have a mean."""
    mean = min(max(mean, _BEFOREHAND), 1 - _BEFOREHAND)
    reach = float(np.abs(odds).max()) + 10.0
    return float(brentq(lambda by: logistic(odds + by).mean() - mean, -reach, reach))
