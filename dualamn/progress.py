"""How long-running work tells its caller how far it is: a callback, never a print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


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
    """

    stage: str
    step: int
    total: int | None
    loss: float | None = None


ProgressCallback = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """The callback that does nothing."""
