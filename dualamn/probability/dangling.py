"""Whether an entity is dangling, and what share of all entities is.

A model links dangling entities too. What such links look like is seen from entities that are
dangling by construction: a trial takes their counterparts out of the graphs before a model is
fitted (`dualamn.probability.holdout`). Links of all other entities are a mixture of those with a
counterpart and those without. Seen from an entity, with x the features of its link,

    density of all others / density of those dangling by construction = c exp(b x) + s,

where s is the share of links that are as good as chance: a positive-unlabelled problem turned
round, in which the known class is the negative one (Elkan and Noto, "Learning classifiers from only
positive and unlabeled data", KDD 2008; the two groups of Efron, "Microarrays, empirical Bayes and
the two-groups model", Statistical Science 2008). A link is no chance with the probability

    c exp(b x) / (c exp(b x) + s).

Where held-out seed links show what links of entities with a counterpart look like, their density
takes the place of c exp(b x), and what is found is the chance to have a counterpart at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from dualamn.kernels.arrays import BoolArray, Floats, IntArray
from dualamn.kernels.logistic import fit_logistic, logistic
from dualamn.probability.link_features import FEATURES

N_DRAWS = 400
"""How many draws say how sure a chance is."""

SIDES = 2
GROUPS = 4
"""Those of entities: of the left or the right graph, without a name or with one."""
_SHARES = np.linspace(0.0025, 0.9975, 200)  # that are dangling, each looked at
_SIZE, _SIZE_DOUBT = -2.0, 0.25  # log c: links of dangling entities have an exp(b x) near one
_FREE = 0.02  # how firmly an intercept is expected to be 0
_UNLIKE = 2.0  # how firmly seeds are expected to have as many triples as others
_MOST_LOG = 20.0
_DEGREE_BINS, _MOST_RATIO = 6, 5.0  # of numbers of triples, and how far a weight may go

# Each slope is what a feature counts for if a unit of match weight, of which much is counted
# twice, tells less than half of what it says.
_SLOPES = {
    "transport": 0.5,
    "lower_margin": 0.2,
    "higher_margin": 0.0,
    "score": 0.3,
    "search_score": 0.7,
    "degree": -0.2,
    "pseudo_seed": 1.0,
    "attributes": 2.0,
}
_DOUBTS = {"attributes": 4.5, "pseudo_seed": 2.0}
_DOUBT = 6.0
_DEGREE = list(_SLOPES).index("degree")
_NAMED = [FEATURES.index(name) for name in ("left_named", "right_named")]

PRIOR_SLOPES: Floats = np.array(list(_SLOPES.values()))
PRIOR_DOUBT: Floats = np.array([_DOUBTS.get(name, _DOUBT) for name in _SLOPES])

# Where the parameters of the mixture lie.
_C, _S, _B = slice(0, GROUPS), slice(GROUPS, 2 * GROUPS), slice(2 * GROUPS, 2 * GROUPS + 8)
_HELD = 2 * GROUPS + 8

# Most links are expected to be as good as chance until they look different from these.
_CHANCE_SHARE, _CHANCE_LINKS, _CHANCE_OF_ALL = 0.95, 8.0, 0.1
_EVEN_SHARE, _EVEN_LINKS = 0.5, 2.0


def seen(features: Floats) -> Floats:
    """(m, 8) of (m, f) `link_features` what a link looks like from either of its entities.

    The margins come by size, whosever they are.
    """
    column = {name: features[:, at].astype(np.float64) for at, name in enumerate(FEATURES)}
    margins = column["left_margin"], column["right_margin"]
    column |= {"lower_margin": np.minimum(*margins), "higher_margin": np.maximum(*margins)}
    return np.stack([column[name] for name in _SLOPES], axis=1)


class EntitySample(NamedTuple):
    """Links of some entities, each entity of one of two graphs.

    Attributes:
        seen: (k, 8) their links, see `seen`.
        group: (k,) 0 for nameless entities of the left graph, 1 for its others, 2 and 3 for those
            of the right graph.
        weights: (k,) how much each counts.
        total: (4,) the same of all of them, those without a link too, by group.
    """

    seen: Floats
    group: IntArray
    weights: Floats
    total: Floats

    @property
    def linked(self) -> Floats:
        """(4,) how much those with a link count, by group."""
        return np.bincount(self.group, self.weights, GROUPS).astype(np.float64)

    def like(self, others: EntitySample) -> EntitySample:
        """The sample with weights by which its links have as many triples as those of others.

        Seed links are of well-known entities more often than not, and few triples make any link
        look improbable.
        """
        if not len(self.seen) or not len(others.seen):
            return self
        cuts = np.linspace(0, 1, _DEGREE_BINS + 1)[1:-1]
        edges = np.unique(np.quantile(others.seen[:, _DEGREE], cuts))
        own, wanted = (np.searchsorted(edges, sample.seen[:, _DEGREE]) for sample in (self, others))
        there, want = (
            np.bincount(place, sample.weights, len(edges) + 1) + 1
            for place, sample in ((own, self), (wanted, others))
        )
        ratio = (want / want.sum()) / (there / there.sum())
        weights = self.weights * np.clip(ratio, 1 / _MOST_RATIO, _MOST_RATIO)[own]
        return self._replace(weights=weights * self.weights.sum() / max(weights.sum(), 1e-9))


@dataclass(frozen=True, eq=False)
class CounterpartChance:
    """The chance that a link is no chance: that its entities have counterparts.

    It is the mean over both entities of logistic(intercept + slopes x), with the intercept of the
    group of the entity.

    Attributes:
        share: (2,) of the entities of either graph that have a link, those that have a counterpart,
            or, without held-out seed links, whose link is correct.
        intercepts: (4,) by group, see `EntitySample`.
        slopes: (8,) see `seen`.
        draws: (N_DRAWS, 12) intercepts and slopes as probable as these, for what is not known of
            them.
    """

    share: Floats
    intercepts: Floats
    slopes: Floats
    draws: Floats

    def predict(self, features: Floats) -> Floats:
        """(m,) the chance of every link, by (m, f) `link_features`."""
        return self.of(features)(None)

    def of(self, features: Floats) -> Callable[[int | None], Floats]:
        """`predict` of the same links by one of the draws after another; None: as it is."""
        rows = seen(features)
        groups = features[:, _NAMED].astype(np.int64) + 2 * np.arange(SIDES)

        def predicted(draw: int | None) -> Floats:
            intercepts, slopes = self.intercepts, self.slopes
            if draw is not None:
                intercepts, slopes = self.draws[draw, :GROUPS], self.draws[draw, GROUPS:]
            logits = rows @ slopes
            return np.asarray(logistic(logits[:, None] + intercepts[groups]).mean(axis=1))

        return predicted


def chance_of_correct(
    others: EntitySample, dangling: EntitySample, correct: Floats
) -> CounterpartChance:
    """The chance that a link is correct, where few or no seed links show what correct ones are.

    It is the most probable c, s and b after the data; see the module.

    Args:
        others: entities of which it is not known whether they are dangling.
        dangling: entities that are, by construction.
        correct: (h, 8) held-out seed links that were found, see `seen`; they tell of b too.
    """
    fit = _Mixture(others, dangling, correct)
    tried = [fit.solve(start) for start in (-1.5, 3.0)]
    best = min(tried, key=lambda found: found[1])[0]
    spread = np.linalg.cholesky(_inverse(fit.curvature(best)))
    rng = np.random.default_rng(0)
    drawn = best + rng.standard_normal((N_DRAWS, len(best))) @ spread.T
    share, intercepts, slopes = fit.parts(best)
    _, drawn_intercepts, drawn_slopes = fit.parts(drawn)
    return CounterpartChance(
        _by_side(1 - share, others.linked),
        intercepts,
        slopes,
        np.concatenate([drawn_intercepts, drawn_slopes], axis=1),
    )


class _Mixture:
    """The loss of log c (4,), log odds of s (4,), b (8,), and, with held-out links, two more.

    The last are the intercept of held-out links and how much more often these have many triples.
    """

    def __init__(self, others: EntitySample, dangling: EntitySample, correct: Floats) -> None:
        self._rows = np.concatenate([others.seen, dangling.seen])
        self._group = np.concatenate([others.group, dangling.group])
        self._weights = np.concatenate([others.weights, dangling.weights])
        self._sign = np.where(np.arange(len(self._rows)) < len(others.seen), 1.0, -1.0)
        least = 1e-9
        self._more = np.log(np.maximum(others.linked, least) / np.maximum(dangling.linked, least))
        self._held = np.concatenate([correct, dangling.seen])
        self._held_sign = np.where(np.arange(len(self._held)) < len(correct), 1.0, -1.0)
        self._held_weights = np.concatenate([np.ones(len(correct)), dangling.weights])
        self._has_held = len(correct) > 0
        self._chance_links = np.minimum(_CHANCE_LINKS, _CHANCE_OF_ALL * others.linked)

    def parts(self, at: Floats) -> tuple[Floats, Floats, Floats]:
        """s, log(c / s) and b."""
        c, odds, slopes = np.split(at[..., :_HELD], [GROUPS, 2 * GROUPS], axis=-1)
        s = logistic(odds)
        return s, c - np.log(s), slopes

    def solve(self, start: float) -> tuple[Floats, float]:
        """The best parameters from one start, and their loss."""
        first = np.concatenate(
            [np.full(GROUPS, _SIZE), np.full(GROUPS, start), PRIOR_SLOPES, np.zeros(2)]
        )
        found = minimize(self.loss, first, jac=True, method="L-BFGS-B", options={"maxiter": 1000})
        return np.asarray(found.x, dtype=np.float64), float(found.fun)

    def loss(self, at: Floats) -> tuple[float, Floats]:
        """Minus the logarithm of the posterior, and its gradient."""
        slope = np.zeros_like(at)
        log_c, odds, b = np.split(at[:_HELD], [GROUPS, 2 * GROUPS])
        s = logistic(odds)
        first = log_c[self._group] + self._rows @ b
        second = np.log(s)[self._group]
        either = np.logaddexp(first, second)
        margin = self._sign * (either + self._more[self._group])
        total = float(self._weights @ np.logaddexp(0, -margin))
        by_either = -self._weights * self._sign * logistic(-margin)
        by_first = by_either * np.exp(first - either)
        by_second = (by_either - by_first) * (1 - s)[self._group]
        slope[_C] = np.bincount(self._group, by_first, GROUPS)
        slope[_S] = np.bincount(self._group, by_second, GROUPS)
        slope[_B] = self._rows.T @ by_first
        away = b - PRIOR_SLOPES
        total += float(PRIOR_DOUBT @ away**2 + _SIZE_DOUBT * ((log_c - _SIZE) ** 2).sum()) / 2
        slope[_B] += PRIOR_DOUBT * away
        slope[_C] += _SIZE_DOUBT * (log_c - _SIZE)
        share, count = _CHANCE_SHARE, self._chance_links
        total -= float(count @ (share * np.log(s) + (1 - share) * np.log1p(-s)))
        slope[_S] -= count * (share - s)
        if self._has_held:
            tilted = self._held[:, _DEGREE]
            margin = self._held_sign * (at[_HELD] + self._held @ b + at[_HELD + 1] * tilted)
            total += float(self._held_weights @ np.logaddexp(0, -margin))
            by_margin = -self._held_weights * self._held_sign * logistic(-margin)
            slope[_B] += self._held.T @ by_margin
            slope[_HELD] += by_margin.sum()
            slope[_HELD + 1] += by_margin @ tilted
        doubt = np.array([_FREE, _UNLIKE])
        total += float(doubt @ at[_HELD:] ** 2) / 2
        slope[_HELD:] += doubt * at[_HELD:]
        return total, slope

    def curvature(self, at: Floats) -> Floats:
        """(p, p) how fast the gradient changes, by differences."""
        step = 1e-4
        sides = [[self.loss(at + by * row)[1] for row in np.eye(len(at))] for by in (step, -step)]
        curved = (np.array(sides[0]) - np.array(sides[1])) / (2 * step)
        return np.asarray((curved + curved.T) / 2, dtype=np.float64)


def chance_of_counterpart(
    others: EntitySample, dangling: EntitySample, having: EntitySample
) -> CounterpartChance:
    """The chance that an entity has a counterpart, where held-out links show how those look.

    The ratio of the densities of both is learned by logistic regression; the share of dangling
    entities among the others with a link is the mean of its posterior. Entities without one tell
    nothing: where the seed links are of well-known entities, most others have none for want of
    triples.

    Args:
        others: entities of which neither is known.
        dangling: entities without counterpart, by construction.
        having: the ends of held-out seed links, which have one.
    """
    dangling, having = dangling.like(others), having.like(others)
    rows = np.concatenate([having.seen, dangling.seen])
    known = np.arange(len(rows)) < len(having.seen)
    n_having, n_dangling = float(having.weights.sum()), float(dangling.weights.sum())
    fewer = min(n_having, n_dangling)
    weights = np.concatenate(
        [
            having.weights * fewer / max(n_having, 1e-9),
            dangling.weights * fewer / max(n_dangling, 1e-9),
        ]
    )
    prior = np.append(-1.0, 0.7 * PRIOR_SLOPES)
    doubt = np.append(0.1, PRIOR_DOUBT)
    best = fit_logistic(rows, known, weights, prior, doubt)
    covariance = _inverse(_logistic_curvature(rows, weights, best, doubt))
    rng = np.random.default_rng(0)
    drawn = best + rng.standard_normal((N_DRAWS, len(best))) @ np.linalg.cholesky(covariance).T
    shares, odds = np.empty(GROUPS), np.empty((GROUPS, N_DRAWS))
    for group in range(GROUPS):
        own = others.group == group
        log_ratio = np.clip(best[0] + others.seen[own] @ best[1:], -_MOST_LOG, _MOST_LOG)
        posterior = _posterior(log_ratio, others.weights[own])
        shares[group] = posterior @ _SHARES
        chosen = rng.choice(_SHARES, N_DRAWS, p=posterior)
        odds[group] = np.log((1 - chosen) / chosen)
    return CounterpartChance(
        _by_side(1 - shares, others.linked),
        best[0] + np.log((1 - shares) / shares),
        best[1:],
        np.concatenate([odds.T + drawn[:, :1], drawn[:, 1:]], axis=1),
    )


def _posterior(log_ratio: Floats, weights: Floats) -> Floats:
    """(200,) how probable each of the shares of dangling entities is."""
    ratio = np.exp(log_ratio)
    log_likelihood = np.array(
        [weights @ np.log((1 - share) * ratio + share) for share in _SHARES.tolist()]
    )
    even = _EVEN_SHARE * np.log(_SHARES) + (1 - _EVEN_SHARE) * np.log1p(-_SHARES)
    log_likelihood += _EVEN_LINKS * even
    posterior = np.exp(log_likelihood - log_likelihood.max())
    return np.asarray(posterior / posterior.sum())


def _logistic_curvature(rows: Floats, weights: Floats, best: Floats, doubt: Floats) -> Floats:
    with_one = np.concatenate([np.ones((len(rows), 1)), rows], axis=1)
    p = logistic(with_one @ best)
    return np.asarray((with_one * (weights * p * (1 - p))[:, None]).T @ with_one + np.diag(doubt))


def _inverse(curvature: Floats) -> Floats:
    """The inverse, of the nearest curvature that is positive in all directions."""
    values, vectors = np.linalg.eigh(curvature)
    return np.asarray((vectors / np.maximum(values, 1e-3)) @ vectors.T)


def is_among(entities: NDArray[np.integer], n: int) -> BoolArray:
    """(n,) bool which of n joint ids are among some."""
    found = np.zeros(n, dtype=np.bool_)
    found[entities] = True
    return found


def _by_side(shares: Floats, linked: Floats) -> Floats:
    """(2,) the share of the entities of either graph with a link, of (4,) those by group."""
    weights = np.maximum(linked, 1e-9).reshape(SIDES, -1)
    found: Floats = (shares.reshape(SIDES, -1) * weights).sum(axis=1) / weights.sum(axis=1)
    return found
