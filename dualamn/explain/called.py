"""What people call entities and relations, and which entity they mean by such a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from dualamn.errors import DataError, did_you_mean
from dualamn.graphs.task import AlignmentTask

_MOST_LISTED = 8  # entities of one name that an error lists


def local_name(identifier: str) -> str:
    """The last part of an IRI, other identifiers as they are.

    >>> local_name("http://example.org/ns#part%20of"), local_name("Bern")
    ('part of', 'Bern')
    """
    if "://" not in identifier:
        return identifier
    parts = [part for part in re.split("[#/]", identifier.partition("://")[2]) if part]
    return unquote(parts[-1]) if len(parts) > 1 else identifier


def called(task: AlignmentTask, joint: int) -> str:
    """What people call an entity: its name, or the last part of its identifier."""
    return " ".join(task.name_of(joint).split()) or local_name(str(task.identifiers(joint)))


def relation_called(task: AlignmentTask, kg: int, relation: str) -> str:
    """What people call a relation: its name where the graph says it, or the last part."""
    if task.has(kg, relation):
        return called(task, int(task.ids(kg, [relation])[0]))
    return local_name(relation)


def find_entities(task: AlignmentTask, kgs: Iterable[int], text: str) -> dict[int, list[int]]:
    """The entities that a user may mean, by graph: joint ids, only of graphs that have some.

    An identifier is meant wherever it is one. Else a name is, whatever its letter case and spaces,
    or the last part of an identifier; of several entities those of that very name.

    Raises:
        DataError: there are none.
    """
    kgs = tuple(kgs)
    by_identifier = {kg: [int(task.ids(kg, [text])[0])] for kg in kgs if task.has(kg, text)}
    if by_identifier:
        return by_identifier
    known: dict[str, None] = {}
    found: dict[int, list[int]] = {}
    for kg in kgs:
        very: list[int] = []
        for joint, name in _names(task, kg):
            known[name] = None
            if _plain(name) == _plain(text):
                found.setdefault(kg, []).append(joint)
                very += [joint] if name == text else []
        if kg in found:
            found[kg] = list(dict.fromkeys(very or found[kg]))
    if not found:
        known |= dict.fromkeys(str(entity) for kg in kgs for entity in task.kgs[kg].entities)
        graphs = ", ".join(task.kg_names[kg] for kg in kgs)
        raise DataError(f"there is no entity {text!r} in {graphs}{did_you_mean(text, known)}")
    return found


def check_one(task: AlignmentTask, entities: list[int], text: str) -> int:
    """The only one of some entities that a user may mean.

    Raises:
        DataError: there are several; it lists them.
    """
    if len(entities) == 1:
        return entities[0]
    listed = [
        f"{task.identifiers(joint)} ({called(task, joint)}, "
        f"{task.kg_names[int(task.source_of[joint])]})"
        for joint in entities[:_MOST_LISTED]
    ]
    more = len(entities) - len(listed)
    raise DataError(
        f"{text!r} may be {len(entities):,} entities, give the identifier of one: "
        f"{', '.join(listed)}{f' and {more:,} more' if more else ''}"
    )


def _names(task: AlignmentTask, kg: int) -> Iterator[tuple[int, str]]:
    """Entities of a graph with everything that they may be called."""
    graph, first = task.kgs[kg], int(task.entity_offsets[kg])
    if graph.entity_names is not None:
        yield from ((first + at, name) for at, name in enumerate(graph.entity_names) if name)
    further = graph.further_names
    if further is not None:
        yield from zip((first + further.entities).tolist(), further.names, strict=True)
    yield from ((first + at, local_name(name)) for at, name in enumerate(graph.entities))


def _plain(text: str) -> str:
    return " ".join(text.replace("_", " ").split()).casefold()
