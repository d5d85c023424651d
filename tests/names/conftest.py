"""Synthetic tasks whose entities have names."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dualamn.bench.synthetic_task import make_task
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import StringArray, strings

SYLLABLES = ("ba", "ke", "lu", "mi", "no", "ra", "se", "ti", "vo", "zu")

NamedTask = Callable[..., AlignmentTask]


def spoken(number: int) -> str:
    """A name of two words of its own for every number, none like that of its neighbours."""
    digits = f"{number * 7919 % 100_000:05}"
    word = "".join(SYLLABLES[int(digit)] for digit in digits)
    return f"{word[:6]} {word[6:]}"


def shuffled(names: StringArray, seed: int = 0) -> StringArray:
    """The same names, every one at some other entity."""
    return names[np.random.default_rng(seed).permutation(len(names))]


def rename(
    task: AlignmentTask, left: Callable[[StringArray], StringArray] = lambda names: names
) -> AlignmentTask:
    """The task with equal names for the same entity, those of the first graph changed."""
    named = []
    for side, kg in enumerate(task.kgs):
        names = strings(spoken(int(entity.split("/")[1])) for entity in kg.entities)
        named.append(replace(kg, entity_names=left(names) if side == 0 else names))
    return replace(task, kgs=tuple(named))


@pytest.fixture
def named_task() -> NamedTask:
    def make(
        n_entities: int = 120,
        left: Callable[[StringArray], StringArray] = lambda names: names,
        **how: float,
    ) -> AlignmentTask:
        return rename(make_task(n_entities, **how), left)  # type: ignore[arg-type]

    return make
