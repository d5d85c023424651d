"""What entities of a task are and say: their classes, and the values that two graphs share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dualamn.files.rdf import RDF_TYPE
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, IntArray, expand

MOST = 10
"""So many classes of a graph are told, and so many pairs of properties of two graphs."""


@dataclass(frozen=True)
class ClassCount:
    """A class of a graph: how many entities that may get links, and how many have a name."""

    graph: str
    name: str
    entities: int
    named: int


@dataclass(frozen=True)
class SharedValues:
    """Two properties of two graphs, and how many different values both have.

    Attributes:
        values: how many both have.
        of_left, of_right: how many each has.
    """

    left: str
    right: str
    left_property: str
    right_property: str
    values: int
    of_left: int
    of_right: int


@dataclass(frozen=True)
class Contents:
    """The largest classes of every graph, and the properties that share most values.

    Attributes:
        classes: by graph, the largest first.
        shared: by pair of graphs, those with most values in common first.
    """

    classes: tuple[ClassCount, ...]
    shared: tuple[SharedValues, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dictionaries, lists, strings and numbers."""
        return {key: list(entries) for key, entries in asdict(self).items()}


def look_into(task: AlignmentTask) -> Contents:
    """Counts classes, and values in common by property; nothing of links is looked at."""
    numbers: dict[str, int] = {}
    said = [_values(kg, numbers) for kg in task.kgs]
    classes = tuple(one for kg in task.kgs for one in _classes(kg))
    shared = (
        one
        for left, right in task.kg_pairs
        for one in _shared(task.kgs[left], task.kgs[right], said[left], said[right])
    )
    return Contents(classes, tuple(shared))


def _classes(kg: KnowledgeGraph) -> Iterator[ClassCount]:
    if kg.literals is None:
        return
    typed = _is_type(kg)
    if kg.unlinkable is not None:
        typed &= ~kg.unlinkable[kg.literals.entities]
    names, kinds = np.unique(kg.literals.values[typed].astype(str), return_inverse=True)
    members = kg.literals.entities[typed]
    has_name = np.zeros(kg.n_entities, dtype=bool)
    if kg.entity_names is not None:
        has_name = kg.entity_names != ""
    count = np.bincount(kinds, minlength=len(names))
    named = np.bincount(kinds[has_name[members]], minlength=len(names))
    for at in np.argsort(-count, kind="stable")[:MOST].tolist():
        yield ClassCount(kg.name, str(names[at]), int(count[at]), int(named[at]))


def _is_type(kg: KnowledgeGraph) -> BoolArray:
    """(t,) bool: the attribute triples of a graph that name a class."""
    if kg.literals is None:
        return np.zeros(0, dtype=bool)
    is_type: BoolArray = np.asarray(kg.literals.attributes == RDF_TYPE)[kg.literals.kinds]
    return is_type


def _values(kg: KnowledgeGraph, numbers: dict[str, int]) -> tuple[IntArray, IntArray]:
    """The distinct pairs of value and attribute of a graph, in lower case, ordered by value."""
    if kg.literals is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    kept = ~_is_type(kg)
    words = [
        numbers.setdefault(value.strip().casefold(), len(numbers))
        for value in kg.literals.values[kept]
    ]
    n = len(kg.literals.attributes)
    pairs = np.unique(np.array(words, dtype=np.int64) * n + kg.literals.kinds[kept])
    return pairs // n, pairs % n


def _shared(
    left: KnowledgeGraph,
    right: KnowledgeGraph,
    one: tuple[IntArray, IntArray],
    other: tuple[IntArray, IntArray],
) -> Iterator[SharedValues]:
    if left.literals is None or right.literals is None:
        return
    start, end = (np.searchsorted(other[0], one[0], side=side) for side in ("left", "right"))
    owner, at = expand(start, end - start)
    n = len(right.literals.attributes)
    pairs, count = np.unique(one[1][owner] * n + other[1][at], return_counts=True)
    sizes = [np.bincount(kinds) for _, kinds in (one, other)]
    for best in np.argsort(-count, kind="stable")[:MOST].tolist():
        a, b = divmod(int(pairs[best]), n)
        yield SharedValues(
            left.name,
            right.name,
            str(left.literals.attributes[a]),
            str(right.literals.attributes[b]),
            int(count[best]),
            int(sizes[0][a]),
            int(sizes[1][b]),
        )
