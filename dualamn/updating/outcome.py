"""What an update gives back."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualamn.alignment import Alignment
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array
from dualamn.updating.alignment_state import AlignmentState


@dataclass(frozen=True, eq=False)
class Update:
    """The links after an update, and how they changed.

    Attributes:
        alignment: all links of now, with ids; files have those that are as probable as written
            links were before.
        state: the same as the aligner keeps it.
        before: the links of before, in the joint ids of `task_before`.
        task_before: the graphs and links as they were.
        new_id: (n,) int32 the joint id now of every joint id of before; -1 for who is gone.
        trained: whether embeddings were trained on.
        missed: share of the sure links of before that were not found without training.
        notes: what a reader should know.
        seconds: wall-clock seconds that it took.
    """

    alignment: Alignment
    state: AlignmentState = field(repr=False)
    before: AlignmentState = field(repr=False)
    task_before: AlignmentTask
    new_id: Int32Array = field(repr=False)
    trained: bool
    missed: float
    notes: tuple[str, ...]
    seconds: float
