"""What a second model learns from, and probabilities from the links that it finds."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dualamn.arrays import FloatArray, Int32Array
from dualamn.probability.calibration import Method, calibrate, judge_by
from dualamn.probability.held_out import hide_names, hold_out, uncontradicted, unnamed
from dualamn.progress import ProgressCallback, silent
from dualamn.task import AlignmentTask

if TYPE_CHECKING:
    from dualamn.aligner import Aligner
    from dualamn.alignment import Alignment
    from dualamn.names import OwnSeeds


@dataclass(frozen=True, eq=False)
class Trial:
    """What the second model learns from, and what its links are judged by.

    Attributes:
        task: without what is held out.
        held_out: (h, 2) int32 seed links that are not in it, or, where the first model had none,
            pairs that it found by name and whose names are not in it. Empty where there would be
            too few.
        of_seeds: whether they are seed links.
    """

    task: AlignmentTask
    held_out: Int32Array
    of_seeds: bool

    @classmethod
    def of(
        cls,
        task: AlignmentTask,
        own: OwnSeeds | None,
        seed: int,
        held_out: Int32Array | None = None,
    ) -> Trial:
        """Holds out seed links, or some of the pairs that the first model found instead.

        Args:
            task: what the first model learned from.
            own: the pairs that it began with, None where it had seed links.
            seed: of the draw.
            held_out: pairs whose names are left out, where they were drawn already.
        """
        if held_out is not None:
            return cls(unnamed(task, held_out), held_out, of_seeds=False)
        if own is None:
            return cls(*hold_out(task, seed), of_seeds=True)
        return cls(*hide_names(task, own.links, seed), of_seeds=False)

    def hidden(self, meaning: FloatArray | None) -> FloatArray | None:
        """(n, d) rows of the model of names, zero for entities whose names are held out."""
        if meaning is None or self.of_seeds:
            return meaning
        meaning = meaning.copy()
        meaning[self.held_out] = 0
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
        pairs = []
        for pair, made_by in zip(alignment.pairs, calibration.pairs, strict=True):
            assert pair.features is not None
            pairs.append(replace(pair, probabilities=made_by.predict(pair.features)))
        return replace(alignment, pairs=tuple(pairs), calibration=calibration)
