"""From scores of candidates to probabilities, that of none among them.

The probability that a candidate y is the counterpart of x, and that none of them is:

    P(y | x)    = exp(w . f(x, y)) / Z
    P(none | x) = exp(v . g(x)) / Z
    Z           = exp(v . g(x)) + sum over candidates of exp(w . f(x, y))

a conditional logit model (McFadden, "Conditional logit analysis of qualitative choice behavior",
1974) with one choice more. Its weights are learned from entities that a second model has not seen:
they are looked up in what that model knows, once with their counterpart among the candidates, and
once without it, which is how entities without counterpart look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from dualamn.kernels.arrays import BoolArray, Floats, IntArray
from dualamn.kernels.logistic import fit_logistic, log_odds_of
from dualamn.lookup.scoring import Scored

FEATURES = ("score", "behind", "claim", "evidence", "cosine", "best", "lead")
"""What the choice of a candidate is read from:

- `score`: all that speaks for it, in temperatures, 10 of them counted as one;
- `behind`: how far it is behind the best of them, likewise;
- `claim`: log of the chance that it is free, see `Scored`;
- `evidence`: log(1 + the match weight of statements in common);
- `cosine`: of the embeddings;
- `best`: 1 for the one that score and claim put first, else 0;
- `lead`: how far that one is ahead of the second in both, likewise, 1 at most; 0 for others.
"""

OF_NONE = ("always", "statements")
"""What the choice of none is read from: 1, and log(1 + statements about known neighbours)."""

# Near what seed links that were held out of DBP15K ZH-EN and JA-EN gave.
_PRIOR = np.array([1.0, 1.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0])
_DOUBT = np.array([4.0, 4.0, 4.0, 4.0, 1.0, 1.0, 1.0, 1.0, 1.0])  # how firmly, in entities

_MOST = 30  # candidates of an entity that have a chance
_SCALE = 10.0  # temperatures
_ROUNDS = 200  # of the estimate of a share
_FEWEST = 30  # entities, fewer of which say too little


@dataclass(frozen=True, eq=False)
class Choice:
    """The candidates of an entity as the model sees them.

    Attributes:
        place: (c,) which of the candidates that were scored they are.
        features: (c, f) see `FEATURES`.
        of_none: (h,) see `OF_NONE`.
    """

    place: IntArray
    features: Floats
    of_none: Floats

    @classmethod
    def of(cls, scored: Scored, temperature: float, left_out: int = -1) -> Choice:
        """Of the best candidates, without one of these entities."""
        usable = np.flatnonzero(scored.entities != left_out)
        rough = scored.score[usable] / temperature + scored.claim[usable]
        order = np.argsort(-rough, kind="stable")[:_MOST]
        place, rough = usable[order], rough[order]
        best, lead = np.zeros(len(place)), np.zeros(len(place))
        best[:1] = 1
        if len(place) > 1:
            lead[0] = min((rough[0] - rough[1]) / _SCALE, 1.0)
        score = scored.score[place] / temperature / _SCALE
        columns = (
            score,
            score - score.max(initial=-np.inf),
            scored.claim[place],
            np.log1p(scored.evidence[place]),
            scored.cosine[place],
            best,
            lead,
        )
        told = np.array([1.0, np.log1p(scored.n_known)])
        return cls(place, np.stack(columns, axis=1), told)


@dataclass(frozen=True, eq=False)
class Chances:
    """The model, see above.

    Attributes:
        weights: (f + h,) of candidates and of none.
        share: of entities that have a counterpart.
        n_asked: how many entities it was learned from; 0 if it is what held for other data.
    """

    weights: Floats
    share: float
    n_asked: int

    @classmethod
    def fitted(cls, asked: Sequence[tuple[Choice, int, float]], share: float) -> Chances:
        """Learns from choices, the place of the right one in each (-1 for none), and weights.

        `share` of the entities have a counterpart, as the weights say too.
        """
        n_asked = len(asked)
        if n_asked < _FEWEST:
            return cls(_PRIOR, share, 0)
        width = max(max(len(choice.place) for choice, _, _ in asked), 1)
        features = np.zeros((n_asked, width, len(FEATURES)))
        there = np.zeros((n_asked, width), dtype=np.bool_)
        none = np.stack([choice.of_none for choice, _, _ in asked])
        for row, (choice, _, _) in enumerate(asked):
            features[row, : len(choice.place)] = choice.features
            there[row, : len(choice.place)] = True
        right = np.array([at for _, at, _ in asked])
        weight = np.array([amount for _, _, amount in asked])
        found = minimize(
            _loss, _PRIOR, (features, there, none, right, weight), jac=True, method="L-BFGS-B"
        )
        return cls(np.asarray(found.x), share, n_asked)

    def of(self, choice: Choice) -> tuple[Floats, float]:
        """(c,) the probability of every candidate, and that of none of them."""
        k = len(FEATURES)
        own = choice.features @ self.weights[:k]
        none = float(choice.of_none @ self.weights[k:])
        top = max(float(own.max(initial=-np.inf)), none)
        chance = np.exp(own - top)
        total = float(chance.sum()) + float(np.exp(none - top))
        return chance / total, float(np.exp(none - top)) / total

    def as_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "weights": self.weights.tolist(),
            "share": self.share,
            "n_asked": self.n_asked,
        }

    @classmethod
    def from_dict(cls, known: dict[str, Any]) -> Chances:
        """From what `as_dict` gave."""
        return cls(np.array(known["weights"]), known["share"], known["n_asked"])


def share_with_counterpart(
    found: Sequence[tuple[Choice, int]], missing: Sequence[Choice], others: Sequence[Choice]
) -> float | None:
    """What share of some entities has a counterpart; None if too few were looked up to say.

    Entities with and without counterpart differ by what is found of them, and others are a mixture
    of both, whose share is estimated by maximum likelihood:

        h <- mean of h r / (h r + 1 - h)

    r being how much more probable an entity's look-up is with a counterpart than without one, by
    logistic regression (Saerens, Latinne and Decaestecker, "Adjusting the outputs of a classifier
    to new a priori probabilities", Neural Computation 2002).

    Args:
        found: look-ups of entities with a counterpart, see `LookupTrial`.
        missing: the same without it.
        others: those of which it is asked.
    """
    if min(len(found), len(others)) < _FEWEST:
        return None
    even = [(choice, at, 0.5) for choice, at in found] + [(one, -1, 0.5) for one in missing]
    chances = Chances.fitted(even, 0.5)

    def seen(choices: Sequence[Choice]) -> Floats:
        rows = []
        for choice in choices:
            p, none = chances.of(choice)
            best = float(p.max(initial=0.0))
            odds = np.log(max(none, 1e-9)) - np.log(max(1 - none, 1e-9))
            rows.append((odds, best, *choice.of_none[1:]))
        return np.array(rows)

    rows = np.concatenate([seen([choice for choice, _ in found]), seen(missing)])
    has = np.arange(len(rows)) < len(found)
    k = rows.shape[1] + 1
    ratio = fit_logistic(rows, has, np.ones(len(rows)), np.zeros(k), np.full(k, 0.1))
    # As many of either kind were shown, so that odds are the ratio.
    r = np.exp(np.clip(log_odds_of(seen(others), ratio), -30, 30))
    share = 0.5
    for _ in range(_ROUNDS):
        share = float(np.mean(share * r / (share * r + 1 - share)))
    return share


def _loss(
    at: Floats, features: Floats, there: BoolArray, none: Floats, right: IntArray, weight: Floats
) -> tuple[float, Floats]:
    """The weighted log loss and what the weights were expected to be, and its slope."""
    k = features.shape[2]
    own = np.where(there, features @ at[:k], -np.inf)
    every = np.concatenate([(none @ at[k:])[:, None], own], axis=1)
    top = every.max(axis=1, keepdims=True)
    chance = np.exp(every - top)
    mass = chance.sum(axis=1, keepdims=True)
    chance /= mass
    rows = np.arange(len(right))
    log_loss = np.log(mass[:, 0]) + top[:, 0] - every[rows, right + 1]
    away = at - _PRIOR
    value = float(weight @ log_loss) + float((_DOUBT * away**2).sum()) / 2
    chance[rows, right + 1] -= 1
    chance *= weight[:, None]
    slope = _DOUBT * away
    slope[:k] += np.einsum("nc,ncf->f", chance[:, 1:], features)
    slope[k:] += chance[:, 0] @ none
    return value, slope
