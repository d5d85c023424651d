"""Names and attribute values of two entities side by side, with what each counted for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dualamn.attributes.values import compare
from dualamn.explain.explanation import Value
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.probability.judged_links import JudgedLinks

NAME = "name"
"""What names of entities are listed under."""

_NEAR = 0.5  # the similarity of values that are near


def compare_values(alignment: JudgedLinks, one: int, other: int) -> tuple[Value, ...]:
    """Names, then values that counted, then others that are the same or differ.

    Those that counted are compared as the model does it, see `attributes.values`, and what
    counted most comes first. Of the rest, values that are the same are listed whatever their
    attributes, letter case and outer spaces aside; and an attribute of one name in both graphs
    that has nothing in common, by one value of either.

    Args:
        alignment: gives the task, and what its model had learned.
        one, other: joint ids.
    """
    counted = sorted(_counted(alignment, one, other), key=lambda found: -abs(found.worth or 0))
    return (
        *_names(alignment, one, other),
        *counted,
        *_uncounted(alignment, one, other, counted),
    )


def worth_beside(alignment: JudgedLinks, one: int, other: int) -> float | None:
    """By what factor, as a logarithm, names and values together make two entities more probable.

    None where this is not known, or where neither took part.
    """
    beside, config = alignment.beside, alignment.config
    if beside is None or config is None or not beside.tells:
        return None
    ends = np.array([one]), np.array([other])
    worth = beside.match_weight(*ends, names=config.names_weight, values=1.0)
    return float(np.sum(worth))


def _names(alignment: JudgedLinks, one: int, other: int) -> Iterator[Value]:
    left, right = (alignment.task.name_of(joint) for joint in (one, other))
    if not (left and right):
        return
    beside, config = alignment.beside, alignment.config
    same = _plain(left) == _plain(right)
    similarity, worth = float(same), None if beside is None else 0.0
    if beside is not None and config is not None and beside.names is not None:
        ends = np.array([one]), np.array([other])
        same = bool(beside.names.same(*ends)[0])
        similarity = 1.0 if same else float(beside.names.similarities(*ends)[0])
        worth = config.names_weight * float(beside.names.match_weight(*ends)[0])
    yield Value(NAME, NAME, left, right, same, similarity, worth)


def _counted(alignment: JudgedLinks, one: int, other: int) -> Iterator[Value]:
    beside, task = alignment.beside, alignment.task
    if beside is None or beside.values is None:
        return
    sides = [task.kgs[int(task.source_of[joint])].literals for joint in (one, other)]
    for found in compare(beside.values, task, one, other):
        told = []
        for literals, row in zip(sides, (found.left, found.right), strict=True):
            assert literals is not None
            told.append((str(literals.attributes[literals.kinds[row]]), str(literals.values[row])))
        (attribute, value), (other_attribute, other_value) = told
        agrees = found.closeness != "other"
        similarity = {"equal": 1.0, "near": _NEAR, "other": 0.0}[found.closeness]
        yield Value(
            attribute, other_attribute, value, other_value, agrees, similarity, found.weight
        )


def _uncounted(
    alignment: JudgedLinks, one: int, other: int, counted: list[Value]
) -> Iterator[Value]:
    task = alignment.task
    worth = None if alignment.beside is None else 0.0
    left, right = (_values(task, joint) for joint in (one, other))
    here = {(found.left_attribute, found.left) for found in counted}
    there = {(found.right_attribute, found.right) for found in counted}
    spoken = {found.left_attribute for found in counted}
    for attribute, value in left:
        for other_attribute, other_value in right:
            if _plain(value) != _plain(other_value) or attribute == other_attribute == NAME:
                continue
            spoken |= {attribute, other_attribute}
            if (attribute, value) not in here and (other_attribute, other_value) not in there:
                yield Value(attribute, other_attribute, value, other_value, True, 1.0, worth)
    own = dict(reversed(right))
    for attribute, value in left:
        if attribute in own and attribute != NAME and attribute not in spoken:
            spoken.add(attribute)
            yield Value(attribute, attribute, value, own[attribute], False, 0.0, worth)


def _values(task: AlignmentTask, joint: int) -> list[tuple[str, str]]:
    """Name and values of an entity, each once, under what attribute."""
    kg: KnowledgeGraph = task.kgs[int(task.source_of[joint])]
    at = joint - int(task.entity_offsets[task.source_of[joint]])
    values = [(NAME, name)] if (name := task.name_of(joint)) else []
    if kg.literals is not None:
        for row in (kg.literals.entities == at).nonzero()[0]:
            attribute = str(kg.literals.attributes[kg.literals.kinds[row]])
            values.append((attribute, str(kg.literals.values[row])))
    return list(dict.fromkeys(values))


def _plain(value: str) -> str:
    return value.strip().casefold()
