"""Two entities side by side, as people look at them: names, values, neighbours, the runner-up."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dualamn.explain import Explanation, PairExplainer
from dualamn.explain.called import called, local_name, relation_called
from dualamn.files.text import counted
from dualamn.graphs.task import AlignmentTask

MOST = 8
"""Values and neighbours of an entity that are shown; how many more there are is said."""

_LONGEST = 200  # characters of a value


@dataclass(frozen=True)
class Line:
    """A statement about an entity, in words.

    Attributes:
        what: the property or relation, with an arrow before it if it leads to the entity.
        value: the value, or what people call the neighbour.
        is_shared: whether the other entity has the same value, or a neighbour that is linked to
            this one over a relation that matches.
    """

    what: str
    value: str
    is_shared: bool


@dataclass(frozen=True)
class Side:
    """One of the two entities.

    Attributes:
        graph, identifier, name: of the entity; "" without a name.
        values, neighbours: what is said of it, shared things first.
        more_values, more_neighbours: how many are not shown.
    """

    graph: str
    identifier: str
    name: str
    values: tuple[Line, ...]
    neighbours: tuple[Line, ...]
    more_values: int
    more_neighbours: int


@dataclass(frozen=True)
class SideBySide:
    """What is shown of a pair.

    Attributes:
        left, right: the two.
        probability: that they are the same; None where it is not known.
        is_link: whether they are linked now.
        reasons: what speaks for them or against, in words, the weightiest first.
        runner_up: the next candidate of the left entity in words; "" if there is none.
    """

    left: Side
    right: Side
    probability: float | None
    is_link: bool
    reasons: tuple[str, ...]
    runner_up: str

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


def side_by_side(
    task: AlignmentTask, explainer: PairExplainer, left: int, right: int, probability: float | None
) -> SideBySide:
    """What is to be shown of two entities, given by joint ids, of the two graphs explained."""
    found = explainer.explain(left, right)
    equal = {(v.left_attribute, v.left) for v in found.values if v.agrees}
    equal_right = {(v.right_attribute, v.right) for v in found.values if v.agrees}
    shared = {(s.left_relation, s.left_inverse, s.left_neighbour) for s in found.shared}
    shared_right = {(s.right_relation, s.right_inverse, s.right_neighbour) for s in found.shared}
    return SideBySide(
        _side(task, left, equal, shared),
        _side(task, right, equal_right, shared_right),
        probability,
        found.is_linked,
        tuple(_reasons(found)),
        str(found.candidates[0]) if found.candidates else "",
    )


def _reasons(found: Explanation) -> list[str]:
    """The pieces of evidence that weigh, the weightiest first."""
    pieces = [(abs(piece.match_weight), str(piece)) for piece in found.shared]
    pieces += [
        (abs(piece.match_weight), str(piece)) for piece in found.values if piece.match_weight
    ]
    pieces.sort(key=lambda piece: -piece[0])
    rest = len(pieces) - MOST
    told = [text for _, text in pieces[:MOST]]
    return [*told, f"and {counted(rest, 'more reason')}"] if rest > 0 else told


def _side(
    task: AlignmentTask,
    joint: int,
    equal: set[tuple[str, str]],
    shared: set[tuple[str, bool, str]],
) -> Side:
    number = int(task.source_of[joint])
    kg, first = task.kgs[number], int(task.entity_offsets[number])
    at = joint - first
    values: list[Line] = []
    further = kg.further_names
    if further is not None:
        values += [
            Line("name", _cut(str(name)), is_shared=False)
            for name in further.names[further.entities == at]
        ]
    if (literals := kg.literals) is not None:
        for row in np.flatnonzero(literals.entities == at).tolist():
            attribute = str(literals.attributes[literals.kinds[row]])
            value = str(literals.values[row])
            is_shared = (attribute, value) in equal
            values.append(Line(local_name(attribute), _cut(value), is_shared))
    neighbours: list[Line] = []
    for end, other in ((0, 2), (2, 0)):
        for row in np.flatnonzero(kg.triples[:, end] == at).tolist():
            relation, neighbour = str(kg.relations[kg.triples[row, 1]]), int(kg.triples[row, other])
            inverse = end == 2
            is_shared = (relation, inverse, str(kg.entities[neighbour])) in shared
            arrow = "← " if inverse else ""
            what = f"{arrow}{relation_called(task, number, relation)}"
            neighbours.append(Line(what, _cut(called(task, neighbour + first)), is_shared))
    values, neighbours = (
        sorted(dict.fromkeys(lines), key=lambda line: not line.is_shared)
        for lines in (values, neighbours)
    )
    return Side(
        kg.name,
        str(kg.entities[at]),
        " ".join(task.name_of(joint).split()),
        tuple(values[:MOST]),
        tuple(neighbours[:MOST]),
        max(len(values) - MOST, 0),
        max(len(neighbours) - MOST, 0),
    )


def _cut(text: str) -> str:
    """A value as one line that is not too long."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
