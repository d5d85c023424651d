"""What `Aligner.fit` made, and links with probabilities from it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dualamn.kernels.arrays import no_links
from dualamn.matching import BY_PROBABILITY
from dualamn.model import Model
from dualamn.probability.calibration import Calibration
from dualamn.probability.holdout import Holdout
from dualamn.probability.trials import with_probabilities
from dualamn.progress import ProgressCallback, within
from dualamn.result import CandidateProtocol, EarlierLinks, PairAlignment


@dataclass(frozen=True, eq=False)
class Linked:
    """The links that fitted models found.

    Attributes:
        pairs: the links of every pair of graphs, given ones among them.
        calibration: how they got their probabilities; None where they have none.
        by_models: what the first model and each second one found before calibration.
        seconds: of the stages "search" and "match" of the first model.
        calibrate_seconds: that the second models took.
    """

    pairs: tuple[PairAlignment, ...]
    calibration: Calibration | None
    by_models: tuple[EarlierLinks, ...]
    seconds: dict[str, float]
    calibrate_seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Fitted:
    """What `fit` made.

    Attributes:
        model: learned from all that is known, and finds the links.
        trials: what is held out for probabilities, and a second model that did not see it; none
            without the setting `calibrate`.
    """

    model: Model
    trials: tuple[tuple[Holdout, Model], ...] = ()

    def link(
        self,
        chosen: Sequence[tuple[int, int]],
        candidates: CandidateProtocol,
        matcher: str,
        *,
        many: bool = False,
        calibrate: bool = False,
        earlier: Sequence[EarlierLinks | None] = (),
        progress: ProgressCallback,
    ) -> Linked:
        """Links between pairs of graphs.

        Args:
            chosen: positions of two graphs each.
            candidates: whose entities are queries and candidates.
            matcher: name of the matcher.
            many: several entities may be linked to the same one.
            calibrate: links get probabilities.
            earlier: for every model links that it found before graphs changed, see `Model.align`.
            progress: told of stages "search" and "match".
        """
        task, models = self.model.task, 1 + len(self.trials)
        before = [*earlier, *[None] * (models - len(earlier))]
        found, seconds = self.model.align(
            chosen,
            candidates,
            matcher,
            many=many,
            features=calibrate,
            earlier=before[0],
            progress=within(progress, model=1, models=models),
        )
        by_models = [found_by(found, matcher)]
        calibration, started = None, time.perf_counter()
        if calibrate:
            trials = [
                second.align(
                    chosen,
                    candidates,
                    matcher,
                    many=many,
                    features=True,
                    earlier=before[number],
                    progress=within(progress, model=number + 1, models=models),
                )[0]
                for number, (_, second) in enumerate(self.trials, start=1)
            ]
            by_models += [found_by(own, matcher) for own in trials]
            found, calibration = with_probabilities(
                found,
                trials,
                [holdout for holdout, _ in self.trials],
                task,
                all_have_counterparts=candidates == "test_only",
                many=many,
            )
        spent = time.perf_counter() - started
        if candidates == "unaligned" or many:
            given = np.concatenate([task.accepted_links, task.same_identifiers])
            found = tuple(p.with_given(task.links_between(given, p.left, p.right)) for p in found)
        return Linked(found, calibration, tuple(by_models), seconds, spent)


def found_by(pairs: Sequence[PairAlignment], matcher: str) -> EarlierLinks:
    """The links of one model, with the matcher's probabilities; none of one that has none."""
    if matcher not in BY_PROBABILITY:
        return EarlierLinks(no_links(), np.empty(0, dtype=np.float32))
    return EarlierLinks(
        np.concatenate([no_links(), *(pair.links for pair in pairs)]),
        np.concatenate([np.empty(0, dtype=np.float32), *(pair.scores for pair in pairs)]),
    )
