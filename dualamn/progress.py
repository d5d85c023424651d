"""How long-running work tells its caller how far it is: a callback, never a print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Progress:
    """One step done.

    >>> def tell(at: Progress) -> None:
    ...     print(f"{at.stage}: {at.step} of {at.total}")
    >>> tell(Progress("train", 3, 10))
    train: 3 of 10

    Attributes:
        stage: what is running: "load", "train", "search", "match", "evaluate" or "make".
        step: how many steps of the stage are done.
        total: how many there will be, or None if unknown.
        loss: the training loss of the step, or None outside training.
        model, models: which model of how many is at work, from 1: with probabilities there are two.
        round, rounds: its self-training round, 0 for the first fit, and how many there are at most;
            the round after the last finds the links. `rounds` is None outside a run.
    """

    stage: str
    step: int
    total: int | None
    loss: float | None = None
    model: int = 1
    models: int = 1
    round: int = 0
    rounds: int | None = None

    @property
    def share(self) -> float | None:
        """The share of a whole run, from 0 to 1, that is done; None outside a run.

        First every model is fitted, then each finds links. All rounds are taken to be equally long.

        >>> Progress("search", 1, 2, model=1, models=2, round=1, rounds=1).share
        0.2083...
        """
        if self.rounds is None:
            return None
        fits = self.rounds + 1
        if self.round <= self.rounds:
            before = (self.model - 1) * fits + self.round
        else:
            before = self.models * fits + self.model - 1
        done = min(self.step / self.total, 1.0) if self.total else 0.0
        # A round searches, and then trains or matches; a first fit hardly searches.
        if self.round:
            done = done / 2 if self.stage == "search" else (1 + done) / 2
        elif self.stage == "search":
            done = 0.0
        return (before + done) / (self.models * (fits + 1))

    @property
    def place(self) -> str:
        """Where in a whole run this is, in words; "" outside a run or where there is one place."""
        words = [f"model {self.model} of {self.models}"] if self.models > 1 else []
        if self.rounds is not None and self.round > self.rounds:
            words.append("links")
        elif self.rounds and self.round:
            words.append(f"round {self.round} of {self.rounds}")
        return ", ".join(words)


ProgressCallback = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """The callback that does nothing."""


def within(progress: ProgressCallback, **place: Any) -> ProgressCallback:
    """A callback that tells another one, with these fields of `Progress` set."""
    return lambda at: progress(replace(at, **place))
