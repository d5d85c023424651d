"""Probabilities of links, from what a second model finds of links that were held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dualamn.probability.calibration import (
    Calibration,
    Method,
    PairCalibration,
    calibrate,
    label_links,
)
from dualamn.probability.dangling import CounterpartChance, LinkSample
from dualamn.probability.holdout import Holdout, uncontradicted
from dualamn.result import PairAlignment


def with_probabilities(
    pairs: Sequence[PairAlignment],
    of_second: Sequence[PairAlignment],
    holdout: Holdout,
    *,
    many: bool = False,
) -> tuple[tuple[PairAlignment, ...], Calibration]:
    """Links with probabilities, and how they got them.

    Args:
        pairs: links of the first model, with features.
        of_second: those of a second one, which did not see what is held out; the first's where
            nothing could be.
        holdout: what is held out.
        many: an entity may have several counterparts.
    """
    task = holdout.task
    names = [(task.kg_names[pair.left], task.kg_names[pair.right]) for pair in pairs]
    labelled = []
    for own, pair in zip(pairs, of_second, strict=True):
        assert pair.features is not None
        between = task.links_between(holdout.held_out, pair.left, pair.right)
        if not holdout.of_seeds:
            between = uncontradicted(between, own.links)
        labelled.append(label_links(pair.links, pair.features, between, many=many))
    method: Method = "held-out" if holdout.of_seeds else "agreement"
    calibration = calibrate(names, labelled, method=method)
    found, made = [], []
    for own, pair, fitted in zip(pairs, of_second, calibration.pairs, strict=True):
        assert own.features is not None
        chance = _counterpart_chance(holdout, own, pair, fitted)
        made.append(replace(fitted, counterpart_chance=chance))
        found.append(replace(own, probabilities=made[-1].predict(own.features)))
    return tuple(found), replace(calibration, pairs=tuple(made))


def _counterpart_chance(
    holdout: Holdout, pair: PairAlignment, tried: PairAlignment, fitted: PairCalibration
) -> CounterpartChance | None:
    """The chance that entities have a counterpart, where names found only some.

    Args:
        holdout: what is held out.
        pair, tried: the links of the first model and of the second.
        fitted: gives the probability of links of entities that have one.
    """
    if holdout.pseudo_seeds is None or not len(holdout.alone):
        return None
    held, own = (
        holdout.task.links_between(links, pair.left, pair.right)
        for links in (holdout.held_out, holdout.pseudo_seeds.links)
    )
    here = np.flatnonzero(np.isin(holdout.task.source_of, (pair.left, pair.right)))
    others = np.setdiff1d(here, holdout.pseudo_seeds.links)
    on_left = int((holdout.task.source_of[others] == pair.left).sum())
    groups = (
        (held.ravel(), tried),
        (np.intersect1d(holdout.alone, own), tried),
        (np.intersect1d(holdout.asked, here), tried),
        (others, pair),
    )
    samples = []
    for entities, links in groups:
        assert links.features is not None
        p = fitted.predict(links.features)
        samples.append(LinkSample.of(entities.astype(np.int32), links.links, links.features, p))
    return CounterpartChance.of(
        *samples,
        coefficients=fitted.coefficients,
        pure=float(holdout.pseudo_seeds.sure(held).mean()) if len(held) else 1.0,
        found=float(holdout.pseudo_seeds.sure(own).sum()),
        others=(on_left, len(others) - on_left),
    )
