"""Names and attribute values of two entities side by side."""

from __future__ import annotations

from dualamn.explain.explanation import Value
from dualamn.kg import KnowledgeGraph
from dualamn.task import AlignmentTask

NAME = "name"
"""What names of entities are listed under."""


def compare_values(task: AlignmentTask, one: int, other: int) -> tuple[Value, ...]:
    """Values that agree, under whatever attributes, and that clash under attributes of one name.

    An attribute with several values clashes if none of them agrees.

    Args:
        one, other: joint ids.
    """
    left, right = (_values(task, joint) for joint in (one, other))
    right_of: dict[str, list[tuple[str, str]]] = {}
    for attribute, value in right:
        right_of.setdefault(_plain(value), []).append((attribute, value))
    found, agreed = [], set()
    for attribute, value in left:
        for other_attribute, other_value in right_of.get(_plain(value), ()):
            agreed |= {attribute, other_attribute}
            found.append(Value(attribute, other_attribute, value, other_value, True))
    for attribute, value in left:
        for other_attribute, other_value in right:
            if attribute == other_attribute and attribute not in agreed:
                found.append(Value(attribute, other_attribute, value, other_value, False))
    return tuple(found)


def _values(task: AlignmentTask, joint: int) -> list[tuple[str, str]]:
    kg: KnowledgeGraph = task.kgs[int(task.source_of[joint])]
    at = joint - int(task.entity_offsets[task.source_of[joint]])
    values = []
    if kg.entity_names is not None and kg.entity_names[at]:
        values.append((NAME, str(kg.entity_names[at])))
    if kg.literals is not None:
        for row in (kg.literals.entities == at).nonzero()[0]:
            attribute = str(kg.literals.attributes[kg.literals.kinds[row]])
            values.append((attribute, str(kg.literals.values[row])))
    return list(dict.fromkeys(values))


def _plain(value: str) -> str:
    return value.strip().casefold()
