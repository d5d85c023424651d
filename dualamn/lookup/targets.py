"""Which entities of a task are wanted: those of a type, of some relations, or of a list."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualamn.attributes.types import stated_types
from dualamn.errors import DataError, did_you_mean
from dualamn.explain.called import local_name
from dualamn.files.text import counted
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray


def of_types(task: AlignmentTask, types: Sequence[str]) -> BoolArray:
    """(n,) the entities of any of some classes, which may be named by the last part of their IRIs.

    Raises:
        DataError: no entity is of such a class.
    """
    chosen = np.zeros(task.n_entities, dtype=np.bool_)
    met, wanted = set[str](), set(types)
    for entities, stated in stated_types(task):
        for entity, name in zip(entities.tolist(), stated, strict=True):
            named = {name, local_name(name)} & wanted
            met |= {name, local_name(name)}
            chosen[entity] |= bool(named)
    _check(wanted, met, "entity is of the class")
    return chosen & task.is_linkable


def of_relations(task: AlignmentTask, relations: Sequence[str]) -> BoolArray:
    """(n,) the ends of statements of some relations, named as classes are in `of_types`.

    Raises:
        DataError: there is no such relation.
    """
    chosen = np.zeros(task.n_entities, dtype=np.bool_)
    names = [(str(name), local_name(str(name))) for name in task.relations]
    wanted = set(relations)
    _check(wanted, {part for both in names for part in both}, "graph has the relation")
    numbers = [at for at, both in enumerate(names) if wanted & set(both)]
    triples = task.triples[np.isin(task.triples[:, 1], numbers)]
    chosen[triples[:, [0, 2]]] = True
    return chosen & task.is_linkable


def of_identifiers(task: AlignmentTask, identifiers: Sequence[str]) -> tuple[BoolArray, list[str]]:
    """(n,) the entities of these identifiers, in whichever graphs, and which are in none.

    Raises:
        DataError: no graph has any of them.
    """
    chosen = np.zeros(task.n_entities, dtype=np.bool_)
    missing = list[str]()
    for identifier in dict.fromkeys(identifiers):
        kgs = [kg for kg in range(len(task.kgs)) if task.has(kg, identifier)]
        missing += [] if kgs else [identifier]
        for kg in kgs:
            chosen[task.ids(kg, [identifier])] = True
    if not chosen.any():
        raise DataError(
            f"none of {counted(len(missing), 'entity', 'entities')}, such as {missing[0]!r}, is in "
            f"{' or '.join(task.kg_names)}; give identifiers as the graphs have them, one a line"
        )
    return chosen, missing


def _check(wanted: set[str], known: set[str], what: str) -> None:
    for name in sorted(wanted - known):
        raise DataError(f"no {what} {name!r}{did_you_mean(name, sorted(known))}")
