"""Names of entities from a file of their own, or from identifiers that are URIs.

TSV, CSV or Parquet of two columns, entity and name; or JSON, ``[[entity, [word, ...]], ...]`` or
``{entity: name}``. Entities are named by their identifiers, or by the ids of a data set that
numbers them in ``ent_ids_1`` and ``ent_ids_2``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from dualamn.data_loaders.id_triples import ENTITY_LISTS, number_entities
from dualamn.data_loaders.naming import names_in_uris
from dualamn.errors import DataError
from dualamn.files.opening import PARQUET, suffix
from dualamn.files.string_tables import read_parquet, read_strings
from dualamn.files.text import counted
from dualamn.graphs.knowledge_graph import FurtherNames, KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import StringArray, strings

FROM_URIS = "uri"
"""Stands for names that are the last part of the entities' own identifiers."""

_FIELDS = ("entity", "name")
_HEADS = {"entity", "id", "uri", "iri", "identifier", "entity_id"}
_NAMES = {"name", "label", "title"}


def with_names(
    task: AlignmentTask, source: str | Path, folder: str | Path | None = None
) -> AlignmentTask:
    """The task with names for its entities, before those that it has.

    Entities without a name in `source` keep theirs; what named the others stays among their
    further names. A note says how many names were used.

    Args:
        task: whose graphs are to be named; left as it is.
        source: a file, see above; or "uri", for the last part of the entities' own identifiers.
        folder: of a data set whose ``ent_ids_1`` and ``ent_ids_2`` number the entities, so that
            a file may name them by number.

    Raises:
        DataError: the file is unusable, or names no entity of the task.
    """
    if str(source) == FROM_URIS:
        kgs = tuple(_renamed(kg, names_in_uris(kg.entities)) for kg in task.kgs)
        note = f"names from identifiers: {_how_many(kgs)}"
        return replace(task, kgs=kgs, notes=(*task.notes, note))
    path = Path(source).expanduser()
    names = read_names(path)
    numbers = {} if folder is None else _numbers(Path(folder))
    used: set[str] = set()
    given = [_given(kg, names, numbers.get(side, {}), used) for side, kg in enumerate(task.kgs)]
    n_given = sum(map(bool, chain.from_iterable(given)))
    kgs = tuple(_renamed(kg, new) for kg, new in zip(task.kgs, given, strict=True))
    if not used:
        example = next(iter(names))
        raise DataError(
            f"none of the {len(names):,} names is of an entity of {task.name}, such as "
            f"{task.kgs[0].entities[:1].tolist()[0]!r}: the file names {example!r}",
            path=path,
        )
    note = f"{path.name}: {_how_many(kgs)}"
    if kept := sum(map(bool, chain.from_iterable(map(_names, kgs)))) - n_given:
        note += f", of which {kept:,} keep the name of their graph"
    if unknown := len(names) - len(used):
        note += f", {counted(unknown, 'name')} of unknown entities skipped"
    return replace(task, kgs=kgs, notes=(*task.notes, note))


def read_names(path: Path) -> dict[str, str]:
    """Names by entity, from a file of the forms above.

    Raises:
        DataError: the file cannot be read, has another form, or names an entity twice.
    """
    rows = _json_rows(path) if path.suffix.lower() == ".json" else _table_rows(path)
    names: dict[str, str] = {}
    for line, entity, name in rows:
        if names.setdefault(entity, name) != name:
            raise DataError(
                f"{entity!r} is named {name!r}, but before that {names[entity]!r}; "
                "remove one of the two",
                path=path,
                line=line,
            )
    if not names:
        raise DataError("the file names no entity; add entity and name", path=path)
    return names


def _how_many(kgs: Sequence[KnowledgeGraph]) -> str:
    given = list(chain.from_iterable(map(_names, kgs)))
    named = sum(map(bool, given))
    return f"{named:,} of {counted(len(given), 'entity', 'entities')} named"


def _names(kg: KnowledgeGraph) -> StringArray:
    return strings([""] * kg.n_entities) if kg.entity_names is None else kg.entity_names


def _renamed(kg: KnowledgeGraph, new: StringArray) -> KnowledgeGraph:
    """The graph where new names, "" for none, come before those that it has."""
    old = _names(kg)
    moved = np.flatnonzero((new != "") & (old != "") & (new != old))
    names = np.where(new != "", new, old)
    entities, further = moved.astype(np.int32), old[moved]
    if (known := kg.further_names) is not None:
        # A further name may be the first one now.
        left = known.names != names[known.entities]
        entities = np.concatenate([known.entities[left], entities])
        further = np.concatenate([known.names[left], further])
    given = FurtherNames(entities, further) if len(entities) else None
    return replace(kg, entity_names=names, further_names=given)


def _given(
    kg: KnowledgeGraph, names: dict[str, str], numbers: dict[str, str], used: set[str]
) -> StringArray:
    keys = [entity if entity in names else numbers.get(entity, "") for entity in kg.entities]
    used.update(names.keys() & keys)
    return strings(names.get(key, "") for key in keys)


def _numbers(folder: Path) -> dict[int, dict[str, str]]:
    """By graph: the number of every identifier, as the data set's lists have it."""
    tables: dict[int, dict[str, str]] = {}
    for side, name in enumerate(ENTITY_LISTS):
        if not (folder / name).is_file():
            continue
        _, index, identifiers = number_entities(folder / name, [])
        own = tables.setdefault(side, {})
        for number, identifier in zip(index.ids.tolist(), identifiers, strict=True):
            # The loader adds the id where several entities have one identifier.
            own.setdefault(identifier, str(number))
            own[f"{identifier} [{number}]"] = str(number)
    return tables


def _table_rows(path: Path) -> Iterable[tuple[int, str, str]]:
    if suffix(path) in PARQUET:
        yield from _parquet_rows(path)
        return
    table = read_strings(path, _FIELDS)
    first = [column[0].strip().lower() for column in table.columns]
    start = int(first[0] in _HEADS and first[1] in _NAMES)
    for row in range(start, len(table)):
        yield table.line(row), table.columns[0][row], table.columns[1][row]


def _parquet_rows(path: Path) -> Iterable[tuple[int, str, str]]:
    header, table = read_parquet(path)
    words = [word.strip().lower() for word in header]
    places = [[at for at, word in enumerate(words) if word in known] for known in (_HEADS, _NAMES)]
    if all(len(found) == 1 for found in places):
        table = table.take([found[0] for found in places])
    elif len(header) != len(_FIELDS):
        raise DataError(
            f"which of the columns {', '.join(header[:12])} are entity and name? Name them so",
            path=path,
        )
    for row, (entity, name) in enumerate(zip(*table.columns, strict=True)):
        if entity and name:  # an entity without a name has none
            yield table.line(row), entity, name


def _json_rows(path: Path) -> Iterable[tuple[None, str, str]]:
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise DataError("this file is missing; add it or correct the path", path=path) from None
    except OSError as error:
        raise DataError(f"cannot read this file: {error.strerror or error}", path=path) from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"this is no JSON in UTF-8 ({error})", path=path) from None
    except json.JSONDecodeError as error:
        raise DataError(f"this is no JSON ({error.msg})", path=path, line=error.lineno) from None
    if isinstance(data, dict):
        data = list(data.items())
    if not isinstance(data, list):
        raise DataError("expected a list of [entity, name] or an object of names", path=path)
    for row in data:
        yield None, *_json_row(path, row)


def _json_row(path: Path, row: Any) -> tuple[str, str]:
    if isinstance(row, (list, tuple)) and len(row) == 2:
        entity, name = row
        if isinstance(name, list) and all(isinstance(word, str) for word in name):
            name = " ".join(name)
        if type(entity) is int:
            entity = str(entity)
        if isinstance(entity, str) and isinstance(name, str):
            return entity, name
    shown = json.dumps(row, ensure_ascii=False)
    raise DataError(
        f"expected an entity and its name or list of words, found {shown[:80]}; correct it",
        path=path,
    )
