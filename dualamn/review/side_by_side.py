"""Two entities side by side, as people look at them: names, values, neighbours, the runner-up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from math import inf
from typing import Any, TypeVar

import numpy as np

from dualamn.explain import Explanation, PairExplainer
from dualamn.explain.called import called, local_name, relation_called
from dualamn.files.text import counted
from dualamn.graphs.task import AlignmentTask

MOST = 8
"""Values and neighbours of an entity that are shown; how many more there are is said."""

_LONGEST = 200  # characters of a value

Key = TypeVar("Key")


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
    # In the order of their weight, so that what belongs together stands in one row.
    agreeing = [v for v in found.values if v.agrees]
    equal = _places((v.left_attribute, v.left) for v in agreeing)
    equal_right = _places((v.right_attribute, v.right) for v in agreeing)
    shared = _places((s.left_relation, s.left_inverse, s.left_neighbour) for s in found.shared)
    shared_right = _places(
        (s.right_relation, s.right_inverse, s.right_neighbour) for s in found.shared
    )
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


def _places(keys: Iterable[Key]) -> dict[Key, int]:
    """The place of each key where it first occurs."""
    places: dict[Key, int] = {}
    for key in keys:
        places.setdefault(key, len(places))
    return places


def _side(
    task: AlignmentTask,
    joint: int,
    equal: Mapping[tuple[str, str], int],
    shared: Mapping[tuple[str, bool, str], int],
) -> Side:
    number = int(task.source_of[joint])
    kg, first = task.kgs[number], int(task.entity_offsets[number])
    at = joint - first
    values: dict[Line, float] = {}
    neighbours: dict[Line, float] = {}

    def add(to: dict[Line, float], what: str, value: str, place: int | None) -> None:
        line = Line(what, _cut(value), place is not None)
        to[line] = min(to.get(line, inf), inf if place is None else place)

    further = kg.further_names
    if further is not None:
        for name in further.names[further.entities == at].tolist():
            add(values, "name", str(name), None)
    if (literals := kg.literals) is not None:
        for row in np.flatnonzero(literals.entities == at).tolist():
            attribute = str(literals.attributes[literals.kinds[row]])
            value = str(literals.values[row])
            add(values, local_name(attribute), local_name(value), equal.get((attribute, value)))
    for end, other in ((0, 2), (2, 0)):
        for row in np.flatnonzero(kg.triples[:, end] == at).tolist():
            relation, neighbour = str(kg.relations[kg.triples[row, 1]]), int(kg.triples[row, other])
            key = relation, end == 2, str(kg.entities[neighbour])
            arrow = "← " if end == 2 else ""
            what = f"{arrow}{relation_called(task, number, relation)}"
            add(neighbours, what, called(task, neighbour + first), shared.get(key))
    ordered = [sorted(lines, key=lines.__getitem__) for lines in (values, neighbours)]
    return Side(
        kg.name,
        str(kg.entities[at]),
        " ".join(task.name_of(joint).split()),
        tuple(ordered[0][:MOST]),
        tuple(ordered[1][:MOST]),
        max(len(values) - MOST, 0),
        max(len(neighbours) - MOST, 0),
    )


def _cut(text: str) -> str:
    """A value as one line that is not too long."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
