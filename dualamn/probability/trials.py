"""What the links of second models say of those of the first: their probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, FloatArray, Floats, Int32Array
from dualamn.kernels.logistic import predict
from dualamn.probability.calibration import (
    JUDGED_DRAWS,
    Calibration,
    LabelledLinks,
    Method,
    PairCalibration,
    fitted,
    label_links,
)
from dualamn.probability.dangling import (
    GROUPS,
    PRIOR_SLOPES,
    SIDES,
    CounterpartChance,
    EntitySample,
    chance_of_correct,
    chance_of_counterpart,
    is_among,
    seen,
)
from dualamn.probability.holdout import FEWEST, Holdout
from dualamn.probability.link_features import FEATURES
from dualamn.result import PairAlignment

_ROUNDS = 3  # in which the links of the first model get surer or less sure
_MOST_OTHERS = 10_000  # links of entities of which nothing is known; more say nothing new
_LEAST_SHARE = 0.02  # of entities with a counterpart, in weights of labelled links
_FEW_DANGLING = 10.0  # dangling entities by construction, fewer of which say too little


@dataclass(frozen=True, eq=False)
class Trial:
    """Links of a second model between two graphs.

    Attributes:
        holdout: what it did not see.
        pair: its links, with features.
    """

    holdout: Holdout
    pair: PairAlignment

    @property
    def features(self) -> FloatArray:
        """(m, f) of its links."""
        assert self.pair.features is not None
        return self.pair.features

    @property
    def held_out(self) -> Int32Array:
        """(h, 2) the held-out links between the two graphs."""
        return self.holdout.task.links_between(
            self.holdout.held_out, self.pair.left, self.pair.right
        )


def with_probabilities(
    pairs: Sequence[PairAlignment],
    trials: Sequence[Sequence[PairAlignment]],
    holdouts: Sequence[Holdout],
    task: AlignmentTask,
    *,
    all_have_counterparts: bool = False,
    many: bool = False,
) -> tuple[tuple[PairAlignment, ...], Calibration]:
    """Links with probabilities, and how they got them.

    Args:
        pairs: links of the first model, with features.
        trials: for every second model its links between the same graphs, with features.
        holdouts: for every second model what it did not see.
        task: of the first model.
        all_have_counterparts: links were looked for only among entities that have one.
        many: an entity may have several counterparts.
    """
    by_pair = [
        [Trial(holdout, found[at]) for holdout, found in zip(holdouts, trials, strict=True)]
        for at in range(len(pairs))
    ]
    labelled = [_labelled(own, many=many) for own in by_pair]
    factors = fitted(labelled)
    found, made = [], []
    for pair, own, labels, fit in zip(pairs, by_pair, labelled, factors, strict=True):
        ways = _ways(pair, own, labels, fit, task, all_have_counterparts=all_have_counterparts)
        assert pair.features is not None
        # Asking for the doubt takes as long as the probabilities do.
        one = ways[0] if len(ways) == 1 else min(ways, key=lambda way: _doubt(way, pair.features))
        made.append(one)
        found.append(replace(pair, probabilities=one.predict(pair.features)))
    return tuple(found), Calibration(tuple(made))


def _ways(
    pair: PairAlignment,
    trials: Sequence[Trial],
    labels: LabelledLinks,
    fit: tuple[Floats, Floats, Floats],
    task: AlignmentTask,
    *,
    all_have_counterparts: bool,
) -> list[PairCalibration]:
    """How the links of two graphs can get their probabilities: by held-out links, or without."""
    coefficients, covariance, of_labels = fit
    left, right = task.kg_names[pair.left], task.kg_names[pair.right]
    n_held = labels.n_held_out
    is_held = n_held >= FEWEST
    if all_have_counterparts:
        method: Method = "held-out" if is_held else "prior"
        judged = _judged(trials, labels, of_labels, None, coefficients)
        return [
            PairCalibration(left, right, method, n_held, coefficients, covariance, None, *judged)
        ]
    samples = [_Entities(pair, trial, task) for trial in trials]
    others = _joined([sample.others() for sample in samples])
    alone, dangling = _correct(pair, samples, others, labels)
    few = dangling.total.sum() < _FEW_DANGLING
    method = "held-out" if is_held else "prior" if few else "taken-out"
    judged = _judged(trials, labels, np.ones(len(labels.is_correct)), alone, None)
    ways = [PairCalibration(left, right, method, n_held, None, None, alone, *judged)]
    if is_held:
        having = _joined([sample.having() for sample in samples])
        chance = chance_of_counterpart(others, dangling, having)
        judged = _judged(trials, labels, of_labels, chance, coefficients)
        ways.append(
            PairCalibration(
                left, right, "held-out", n_held, coefficients, covariance, chance, *judged
            )
        )
    return ways


def _doubt(way: PairCalibration, features: FloatArray | None) -> float:
    """The mean standard deviation of the probabilities of (m, f) links, by what is not known."""
    if features is None or not len(features):
        return 0.0
    drawn = way.of(features)
    return float(np.stack([drawn(draw) for draw in range(JUDGED_DRAWS)]).std(axis=0).mean())


def _labelled(trials: Sequence[Trial], *, many: bool) -> LabelledLinks:
    none = LabelledLinks(
        np.empty((0, len(FEATURES)), np.float32), np.empty(0, np.bool_), np.empty(0), 0
    )
    found = (
        label_links(t.pair.links, t.features, t.held_out, many=many, rejected=t.holdout.rejected)
        for t in trials
    )
    return LabelledLinks.joined([none, *found])


def _correct(
    pair: PairAlignment,
    samples: Sequence[_Entities],
    others: EntitySample,
    labels: LabelledLinks,
) -> tuple[CounterpartChance, EntitySample]:
    """The chance that links are correct, and the entities that are dangling by construction."""
    correct = seen(labels.features[labels.is_correct].astype(np.float64))
    sure = np.ones(len(pair.links))
    assert pair.features is not None
    features = pair.features.astype(np.float64)
    for _ in range(_ROUNDS):
        dangling = _joined([sample.dangling(sure) for sample in samples])
        chance = chance_of_correct(others, dangling, correct)
        sure = chance.predict(features)
    return chance, _joined([sample.dangling(sure) for sample in samples])


class _Entities:
    """The entities of two graphs as one trial sees them: others, dangling ones, and those held out.

    Args:
        pair: links of the first model.
        trial: links of the second.
        task: of the first model.
    """

    def __init__(self, pair: PairAlignment, trial: Trial, task: AlignmentTask) -> None:
        n, holdout = task.n_entities, trial.holdout
        self._links, self._first = trial.pair.links, pair.links
        self._seen = seen(trial.features.astype(np.float64))
        # An entity is seen by its surest link, where matchers give it several.
        order = np.argsort(-self._seen[:, 0], kind="stable")
        self._surest = [
            order[np.unique(self._links[order, side], return_index=True)[1]]
            for side in range(SIDES)
        ]
        names = task.entity_names
        named = np.zeros(n, dtype=np.int64) if names is None else (names != "").astype(np.int64)
        self._groups = [named, 2 + named]
        self._sides = [task.source_of == kg for kg in (pair.left, pair.right)]
        self._gone = is_among(holdout.gone, n)
        seeds = task.links_between(task.seed_links, pair.left, pair.right)
        self._held = is_among(trial.held_out.ravel(), n) & ~self._gone
        parted = task.links_between(holdout.parted, pair.left, pair.right)
        self._parted = is_among(parted.ravel(), n) & ~self._gone
        # Who lost the other end of the link that the first model gives.
        lost = self._gone[pair.links]
        self._lost = is_among(pair.links[lost[:, ::-1] & ~lost], n) & ~self._parted
        known = is_among(seeds.ravel(), n)
        self._lost &= ~known
        self._other = task.is_linkable & ~(self._gone | self._parted | self._lost | known)

    def others(self) -> EntitySample:
        """Entities of which it is not known whether they are dangling."""
        return self._sample(self._other.astype(np.float64))

    def having(self) -> EntitySample:
        """The ends of held-out links."""
        return self._sample(self._held.astype(np.float64))

    def dangling(self, sure: Floats) -> EntitySample:
        """Entities whose counterparts were taken out, as surely as (m,) the first links are so."""
        weights = self._parted.astype(np.float64)
        for side in range(SIDES):
            ends = self._first[:, side]
            lost = self._lost[ends]
            weights[ends[lost]] = sure[lost]
        return self._sample(weights)

    def _sample(self, weights: Floats) -> EntitySample:
        rows, groups, counts, total = [], [], [], np.zeros(GROUPS)
        for side in range(SIDES):
            surest = self._surest[side]
            own = weights[self._links[surest, side]]
            chosen = surest[own > 0]
            own = own[own > 0]
            rows.append(chosen)
            groups.append(self._groups[side][self._links[chosen, side]])
            counts.append(own)
            there = self._sides[side]
            total += np.bincount(self._groups[side][there], weights[there], GROUPS)
        at = np.concatenate(rows)
        return EntitySample(self._seen[at], np.concatenate(groups), np.concatenate(counts), total)


def _joined(samples: Sequence[EntitySample]) -> EntitySample:
    """Those of all trials; of very many some stand for the rest."""
    none = EntitySample(
        np.empty((0, len(PRIOR_SLOPES))), np.empty(0, np.int64), np.empty(0), np.zeros(GROUPS)
    )
    rows, group, weights = (
        np.concatenate([getattr(sample, name) for sample in (none, *samples)])
        for name in ("seen", "group", "weights")
    )
    total = np.sum([sample.total for sample in (none, *samples)], axis=0)
    if len(rows) > _MOST_OTHERS:
        chosen = np.random.default_rng(len(rows)).permutation(len(rows))[:_MOST_OTHERS]
        scale = len(rows) / _MOST_OTHERS
        rows, group, weights = rows[chosen], group[chosen], weights[chosen] * scale
    return EntitySample(rows, group, weights, total)


def _judged(
    trials: Sequence[Trial],
    labels: LabelledLinks,
    of_labels: Floats,
    chance: CounterpartChance | None,
    coefficients: Floats | None,
) -> tuple[Floats, BoolArray, Floats]:
    """Probabilities, labels and weights of labelled links, by held-out seed links.

    With a chance to be dangling, links of entities that are so by construction are incorrect, and
    count as much as the share of dangling entities does beside that of others.
    """
    if labels.n_held_out < FEWEST:
        none = np.empty(0)
        return none, np.empty(0, dtype=np.bool_), none
    if chance is None:
        return of_labels, labels.is_correct, labels.weights
    features, ends = [np.empty((0, labels.features.shape[1]), np.float32)], 0
    for trial in trials:
        pair, holdout = trial.pair, trial.holdout
        parted = holdout.task.links_between(holdout.parted, pair.left, pair.right)
        left_over = np.setdiff1d(parted, holdout.gone)
        ends += len(left_over)
        features += [trial.features[np.isin(pair.links[:, side], left_over)] for side in (0, 1)]
    incorrect = np.concatenate(features).astype(np.float64)
    has = float(np.clip(chance.share.mean(), _LEAST_SHARE, 1))
    weight = labels.n_held_out * (1 - has) / has / max(ends, 1)
    p = of_labels * chance.predict(labels.features.astype(np.float64))
    p_incorrect = chance.predict(incorrect)
    if coefficients is not None:
        p_incorrect = p_incorrect * predict(incorrect, coefficients)
    return (
        np.append(p, p_incorrect),
        np.append(labels.is_correct, np.zeros(len(incorrect), dtype=np.bool_)),
        np.append(labels.weights, np.full(len(incorrect), weight)),
    )
