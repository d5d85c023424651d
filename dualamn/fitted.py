"""What `Aligner.fit` made: models, how they are saved, and links with probabilities from them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from dualamn.config import AlignerConfig
from dualamn.errors import TrainingError
from dualamn.graphs.aligner_file import taken
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import no_links
from dualamn.kernels.memory import Storage
from dualamn.matching import BY_PROBABILITY
from dualamn.model import Model, fit, restored
from dualamn.probability.calibration import Calibration
from dualamn.probability.holdout import Holdout, n_trials
from dualamn.probability.trials import with_probabilities
from dualamn.progress import ProgressCallback, within
from dualamn.result import CandidateProtocol, EarlierLinks, PairAlignment

if TYPE_CHECKING:
    from torch import Tensor

_SECOND = "second/"  # in front of the names of a second model's state, in a saved aligner
_HIDDEN = "hidden/"  # in front of what it did not see
_OF_HOLDOUT = ("held_out", "parted", "gone", "rejected")

Trials = tuple[tuple[Holdout, Model], ...]
"""What is held out for probabilities, and a second model that did not see it."""


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
        trials: see `Trials`; none without the setting `calibrate`.
    """

    model: Model
    trials: Trials = ()

    def state(self) -> dict[str, Tensor]:
        """What was learned, enough for `restored` with the same task and settings."""
        import torch

        state = self.model.state()
        for holdout, second in self.trials:
            at = f"{_SECOND}{holdout.number}/"
            state |= {f"{at}{name}": values for name, values in second.state().items()}
            for name in _OF_HOLDOUT:
                state[f"{at}{_HIDDEN}{name}"] = torch.from_numpy(getattr(holdout, name))
        return state

    @classmethod
    def restored(
        cls,
        task: AlignmentTask,
        config: AlignerConfig,
        storage: Storage,
        state: dict[str, Tensor],
    ) -> Self:
        """What gave this `state`, which is used up.

        Raises:
            CheckpointError: the state is of another task or of other settings.
        """
        of_seconds = taken(state, _SECOND)
        model = restored(task, config, storage, state)
        if not config.calibrate:
            return cls(model)
        trials = []
        for holdout in _saved_holdouts(task, of_seconds) or _drawn(model):
            own = taken(of_seconds, f"{holdout.number}/")
            if own:
                meaning = holdout.hidden(model.attributes.meaning)
                second = restored(holdout.task, _of_second(config), storage, own, meaning)
                trials.append((holdout, second))
        return cls(model, tuple(trials))

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


def second_models(model: Model, progress: ProgressCallback) -> Trials:
    """Second models of the same settings, each without what its trial holds out.

    There is none where that leaves nothing to learn from.
    """
    holdouts, trials = _drawn(model), []
    for at, holdout in enumerate(holdouts, start=2):
        try:
            second = fit(
                holdout.task,
                _of_second(model.config),
                model.encoder.storage,
                holdout.hidden(model.attributes.meaning),
                weights_of=model,
                progress=within(progress, model=at, models=1 + len(holdouts)),
            )
        except TrainingError:
            continue
        second.decoder.forget()
        trials.append((holdout, second))
    return tuple(trials)


def _drawn(model: Model) -> tuple[Holdout, ...]:
    """What second models do not see."""
    task, seeds = model.task, model.pseudo_seeds
    return tuple(
        Holdout.of(task, seeds, model.config.seed, number)
        for number in range(n_trials(task, seeds))
    )


def _saved_holdouts(task: AlignmentTask, state: dict[str, Tensor]) -> list[Holdout]:
    """What second models did not see; none of older versions, which draw it anew.

    It is taken out of their state.
    """
    numbers = sorted({int(name.partition("/")[0]) for name in state if f"/{_HIDDEN}" in name})
    found = []
    for number in numbers:
        held_out, parted, gone, rejected = (
            state.pop(f"{number}/{_HIDDEN}{name}").numpy() for name in _OF_HOLDOUT
        )
        found.append(Holdout.made(task, held_out, parted, gone, number, rejected))
    return found


def _of_second(config: AlignerConfig) -> AlignerConfig:
    """The settings of second models."""
    return replace(config, calibrate=False)


def found_by(pairs: Sequence[PairAlignment], matcher: str) -> EarlierLinks:
    """The links of one model, with the matcher's probabilities; none of one that has none."""
    if matcher not in BY_PROBABILITY:
        return EarlierLinks(no_links(), np.empty(0, dtype=np.float32))
    return EarlierLinks(
        np.concatenate([no_links(), *(pair.links for pair in pairs)]),
        np.concatenate([np.empty(0, dtype=np.float32), *(pair.scores for pair in pairs)]),
    )
