"""What single values of two entities count for, so that it can be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dualamn.attributes.facts import Facts, property_name
from dualamn.attributes.values import ValueSimilarity
from dualamn.graphs.task import AlignmentTask

Closeness = Literal["equal", "near", "other"]

_Rows = dict[int, list[int]]
"""Attribute triples of an entity by the kind of their property."""


@dataclass(frozen=True)
class Compared:
    """Two values of properties that say the same.

    Attributes:
        left, right: which attribute triple of their graph each is.
        closeness: whether they are equal, near as numbers or dates are, or neither.
        worth: by what factor, as a logarithm, this makes the two entities more probable.
    """

    left: int
    right: int
    closeness: Closeness
    worth: float


def compare(
    values: ValueSimilarity, task: AlignmentTask, left: int, right: int
) -> tuple[Compared, ...]:
    """The values that `ValueSimilarity.worth` counts for two entities, with what each is worth.

    What several pairs of values have in common, such as the year of several dates, counts for
    the first of them.

    Args:
        values: what was learned.
        task: which it was learned of.
        left, right: joint ids.
    """
    if not values.tell:
        return ()
    table, facts = values.table, values.facts
    both = table.agree[[left]].multiply(table.agree[[right]]).tocoo()
    told = values.weights[0] * both.data.astype(np.float64)
    worth = dict(zip(table.columns[both.coords[1]].tolist(), told.tolist(), strict=True))
    cost = values.weights[1] * np.minimum(table.clash_by_kind(left, right), 0)
    here, there = (_rows_by_kind(values, task, joint) for joint in (left, right))
    graphs = int(task.source_of[left]), int(task.source_of[right])
    found: list[Compared] = []
    for kind in sorted(here.keys() & there.keys()):
        agreeing = list(_agreeing(facts, graphs, here[kind], there[kind], kind, worth))
        if cost[kind] and agreeing:
            first = agreeing[0]
            agreeing[0] = Compared(
                first.left, first.right, first.closeness, first.worth + float(cost[kind])
            )
        elif cost[kind]:
            agreeing = [Compared(here[kind][0], there[kind][0], "other", float(cost[kind]))]
        found += agreeing
    return tuple(found)


def _agreeing(
    facts: Facts,
    graphs: tuple[int, int],
    here: list[int],
    there: list[int],
    kind: int,
    worth: dict[int, float],
) -> Iterator[Compared]:
    """Equal values, then near ones; what was told is taken out of `worth`, by kind and key."""
    keys = [facts.keys[graph] for graph in graphs]
    start = kind * max(len(facts.exact), 1)
    equal = [(a, b) for a in here for b in there if keys[0][a] == keys[1][b]]
    told = set()
    for left, right in equal:
        exact = int(keys[0][left])
        if exact not in told:
            told.add(exact)
            shared = {exact} | _near(facts, exact)
            yield Compared(left, right, "equal", sum(worth.pop(start + key, 0.0) for key in shared))
    for left in here:
        for right in there:
            near = _near(facts, keys[0][left]) & _near(facts, keys[1][right])
            counted = sum(worth.pop(start + key, 0.0) for key in near)
            if counted:
                yield Compared(left, right, "near", counted)


def _near(facts: Facts, exact: int) -> set[int]:
    return {key for key in facts.parents[exact].tolist() if key >= 0}


def _rows_by_kind(values: ValueSimilarity, task: AlignmentTask, joint: int) -> _Rows:
    kinds = {prop: kind for kind, (props, _) in enumerate(values.table.kinds) for prop in props}
    graph = int(task.source_of[joint])
    literals = task.kgs[graph].literals
    found: _Rows = {}
    if literals is None:
        return found
    for row in np.flatnonzero(literals.entities == joint - task.entity_offsets[graph]).tolist():
        name = property_name(str(literals.attributes[literals.kinds[row]]), literals.types[row])
        kind = kinds.get((graph, name))
        if kind is not None and values.facts.keys[graph][row] >= 0:
            found.setdefault(kind, []).append(row)
    return found
