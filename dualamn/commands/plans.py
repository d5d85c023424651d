"""What memory and time a run would take, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualamn.commands.console import add_row, say, table

if TYPE_CHECKING:
    from rich.console import Console

    from dualamn.graphs.task import AlignmentTask
    from dualamn.planning.execution_plan import ExecutionPlan

_GIB = 2**30


def print_plan(plan: ExecutionPlan, task: AlignmentTask, to: Console, *, models: int = 1) -> None:
    """Memory stage by stage, what was changed to keep within it, and about how long it takes.

    Args:
        plan: of the run.
        task: what it aligns.
        to: where it is printed.
        models: that the run trains, those for probabilities aside.
    """
    from dualamn.planning.time_estimate import Sizes, Speed, in_words, seconds

    stages = table("stage", "GiB")
    for name, size in plan.stages.items():
        add_row(stages, name, f"{size / _GIB:.2f}")
    to.print(stages)
    allowed = "" if plan.budget is None else f", {plan.budget / _GIB:.2f} GiB are allowed"
    say(to, f"about {plan.peak / _GIB:.2f} GiB of memory at most{allowed}")
    for line in plan.changes:
        say(to, f"to fit into memory: {line}")
    speed = Speed.measured(plan.config.threads)
    duration = in_words(seconds(Sizes.of(task), plan.config, speed, models=models))
    say(to, f"{duration} on this machine, give or take a factor of two; a GPU is faster")
