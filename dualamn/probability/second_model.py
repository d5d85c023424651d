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
    judge_by,
)
from dualamn.probability.dangling import HavingPartner, Seen
from dualamn.probability.holdout import Holdout, uncontradicted
from dualamn.result import PairAlignment


def with_probabilities(
    pairs: Sequence[PairAlignment],
    seconds_pairs: Sequence[PairAlignment],
    holdout: Holdout,
    *,
    many: bool = False,
) -> tuple[tuple[PairAlignment, ...], Calibration]:
    """Links with probabilities, and how they got them.

    Args:
        pairs: links of the first model, with features.
        seconds_pairs: those of a second one, which did not see what is held out; the first's where
            nothing could be.
        holdout: what is held out.
        many: an entity may have several counterparts.
    """
    task = holdout.task
    names = [(task.kg_names[pair.left], task.kg_names[pair.right]) for pair in pairs]
    judged = []
    for own, pair in zip(pairs, seconds_pairs, strict=True):
        assert pair.features is not None
        between = task.links_between(holdout.held_out, pair.left, pair.right)
        if not holdout.of_seeds:
            between = uncontradicted(between, own.links)
        judged.append(judge_by(pair.links, pair.features, between, many=many))
    method: Method = "held-out" if holdout.of_seeds else "agreement"
    calibration = calibrate(names, judged, method=method)
    found, made = [], []
    for own, pair, judging in zip(pairs, seconds_pairs, calibration.pairs, strict=True):
        assert own.features is not None
        having = _having_partner(holdout, own, pair, judging)
        made.append(replace(judging, having_partner=having))
        found.append(replace(own, probabilities=made[-1].predict(own.features)))
    return tuple(found), replace(calibration, pairs=tuple(made))


def _having_partner(
    holdout: Holdout, pair: PairAlignment, tried: PairAlignment, judging: PairCalibration
) -> HavingPartner | None:
    """The chance that entities have a partner, where names found only some.

    Args:
        holdout: what is held out.
        pair, tried: the links of the first model and of the second.
        judging: gives the probability of links of entities that have one.
    """
    if holdout.begun_with is None or not len(holdout.alone):
        return None
    held, own = (
        holdout.task.links_between(links, pair.left, pair.right)
        for links in (holdout.held_out, holdout.begun_with.links)
    )
    here = np.flatnonzero(np.isin(holdout.task.source_of, (pair.left, pair.right)))
    others = np.setdiff1d(here, holdout.begun_with.links)
    on_left = int((holdout.task.source_of[others] == pair.left).sum())
    kinds = (
        (held.ravel(), tried),
        (np.intersect1d(holdout.alone, own), tried),
        (np.intersect1d(holdout.asked, here), tried),
        (others, pair),
    )
    seen = []
    for entities, links in kinds:
        assert links.features is not None
        p = judging.predict(links.features)
        seen.append(Seen.of(entities.astype(np.int32), links.links, links.features, p))
    return HavingPartner.of(
        *seen,
        coefficients=judging.coefficients,
        pure=float(holdout.begun_with.sure(held).mean()) if len(held) else 1.0,
        found=float(holdout.begun_with.sure(own).sum()),
        others=(on_left, len(others) - on_left),
    )
