"""What an update gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from dualamn.alignment import Alignment
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array
from dualamn.link_files.changes import Changes
from dualamn.updating.alignment_state import AlignmentState
from dualamn.updating.link_changes import changes_of


@dataclass(frozen=True, eq=False)
class Update:
    """The links after an update, and how they changed.

    >>> import dualamn
    >>> german = [("Rhein", "mündet in", "Nordsee"), ("Rhein", "fließt durch", "Köln")]
    >>> english = [("Rhine", "flows to", "North Sea"), ("Rhine", "passes", "Cologne")]
    >>> known = [("Nordsee", "North Sea"), ("Köln", "Cologne")]
    >>> task = dualamn.as_task({"de": german, "en": english}, known)
    >>> aligner = dualamn.Aligner("fast", calibrate=False).fit(task)
    >>> _ = aligner.align()
    >>> update = aligner.update(dualamn.Growth({"de": [("Rhein", "fließt durch", "Basel")]}))
    >>> print(update.changes)
    links  before  now  kept  moved  new  dropped
    de-en       1    1     1      0    0        0

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

    @cached_property
    def written(self) -> Alignment:
        """The links that files have: those as probable as written links were before."""
        least = self.before.least_probability
        return self.alignment if least is None else self.alignment.confident(least)

    @cached_property
    def changes(self) -> Changes:
        """What became of every link that was written before, and what told most of new ones.

        See `dualamn.diff` for the table; links and clusters have ids there.
        """
        return self.changes_to(self.written)

    def changes_to(self, written: Alignment) -> Changes:
        """The same for other links that were chosen of those of now."""
        return changes_of(self.before, self.task_before, self.state, written, self.new_id)
