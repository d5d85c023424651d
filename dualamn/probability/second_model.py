"""What a second model learns from, and probabilities from the links that it finds."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from dualamn.attributes import PseudoSeeds
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import FloatArray, Int32Array
from dualamn.probability.calibration import Method, PairCalibration, calibrate, judge_by
from dualamn.probability.dangling import HavingPartner, Seen
from dualamn.probability.holdout import (
    hide_names,
    hide_others,
    hold_out,
    take_out,
    uncontradicted,
)
from dualamn.progress import ProgressCallback, silent

if TYPE_CHECKING:
    from dualamn.aligner import Aligner
    from dualamn.alignment import Alignment
    from dualamn.result import PairAlignment


@dataclass(frozen=True, eq=False)
class Trial:
    """What the second model learns from, and what its links are judged by.

    Attributes:
        task: without what is held out.
        held_out: (h, 2) int32 seed links that are not in it, or, where the first model had none,
            pairs that it found by name and whose names are not in it. Empty where there would be
            too few.
        begun_with: all pairs that the first model found by name; None where it had seed links.
        gone: (o,) int32 entities that are taken out of it.
        alone: (o,) int32 entities that have lost their partner so, and their names.
        asked: (a,) int32 entities that names found no partner for, without their names.
    """

    task: AlignmentTask
    held_out: Int32Array
    begun_with: PseudoSeeds | None = None
    gone: Int32Array = field(default_factory=lambda: np.empty(0, np.int32))
    alone: Int32Array = field(default_factory=lambda: np.empty(0, np.int32))
    asked: Int32Array = field(default_factory=lambda: np.empty(0, np.int32))

    @classmethod
    def of(cls, task: AlignmentTask, begun_with: PseudoSeeds | None, seed: int) -> Trial:
        """Holds out seed links, or some of the pairs that the first model found instead.

        Args:
            task: what the first model learned from.
            begun_with: the pairs that it began with, None where it had seed links.
            seed: of the draw.
        """
        if begun_with is None:
            return cls(*hold_out(task, seed))
        own = begun_with.links
        trial, held = hide_names(task, own, seed)
        if not len(held):
            return cls(trial, held, begun_with)
        others = own[~np.isin(own, held).any(axis=1)]
        trial, gone, alone = take_out(trial, others, seed)
        trial, asked = hide_others(trial, own, seed)
        return cls(trial, held, begun_with, gone, alone, asked)

    @property
    def of_seeds(self) -> bool:
        """Whether seed links are held out."""
        return self.begun_with is None

    def hidden(self, meaning: FloatArray | None) -> FloatArray | None:
        """(n, d) rows of the model of names, zero for entities whose names are held out."""
        if meaning is None or self.of_seeds:
            return meaning
        meaning = meaning.copy()
        for entities in (self.held_out, self.gone, self.alone, self.asked):
            meaning[entities] = 0
        return meaning

    def calibrated(
        self,
        alignment: Alignment,
        second: Aligner | None,
        *,
        many: bool = False,
        seconds: float = 0.0,
        progress: ProgressCallback = silent,
    ) -> Alignment:
        """The alignment with probabilities, from the links of the second model.

        Args:
            alignment: of the first model, with features.
            second: the second one, fitted; None where nothing could be held out.
            many: an entity may have several partners.
            seconds: that it took to fit the second one.
            progress: told of the same stages as by `Aligner.align`.
        """
        started, task = time.perf_counter(), alignment.task
        names = [(task.kg_names[pair.left], task.kg_names[pair.right]) for pair in alignment.pairs]
        found = alignment.pairs
        if second is not None:
            found = second.align(
                pairs=names,
                candidates=alignment.protocol,
                matcher=alignment.matcher,
                many=many,
                progress=progress,
            ).pairs
        judged = []
        for pair, own in zip(found, alignment.pairs, strict=True):
            assert pair.features is not None
            between = task.links_between(self.held_out, pair.left, pair.right)
            if not self.of_seeds:
                between = uncontradicted(between, own.links)
            judged.append(judge_by(pair.links, pair.features, between, many=many))
        method: Method = "held-out" if self.of_seeds else "agreement"
        seconds += time.perf_counter() - started
        calibration = calibrate(names, judged, method=method, seconds=seconds)
        pairs, made = [], []
        for pair, tried, judging in zip(alignment.pairs, found, calibration.pairs, strict=True):
            assert pair.features is not None
            having = self._having_partner(pair, tried, judging)
            made.append(replace(judging, having_partner=having))
            pairs.append(replace(pair, probabilities=made[-1].predict(pair.features)))
        calibration = replace(calibration, pairs=tuple(made))
        return replace(alignment, pairs=tuple(pairs), calibration=calibration)

    def _having_partner(
        self, pair: PairAlignment, tried: PairAlignment, judging: PairCalibration
    ) -> HavingPartner | None:
        """The chance that entities have a partner, where names found only some.

        Args:
            pair, tried: the links of the first model and of the second.
            judging: gives the probability of links of entities that have one.
        """
        if self.begun_with is None or not len(self.alone):
            return None
        held, own = (
            self.task.links_between(links, pair.left, pair.right)
            for links in (self.held_out, self.begun_with.links)
        )
        here = np.flatnonzero(np.isin(self.task.source_of, (pair.left, pair.right)))
        others = np.setdiff1d(here, self.begun_with.links)
        on_left = int((self.task.source_of[others] == pair.left).sum())
        kinds = (
            (held.ravel(), tried),
            (np.intersect1d(self.alone, own), tried),
            (np.intersect1d(self.asked, here), tried),
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
            pure=float(self.begun_with.sure(held).mean()) if len(held) else 1.0,
            found=float(self.begun_with.sure(own).sum()),
            others=(on_left, len(others) - on_left),
        )
