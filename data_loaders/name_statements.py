"""Decides which attribute triples of a graph give names, in order of what tells most surely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from dualamn.data_loaders.found_names import find_names, looks_like_a_name
from dualamn.data_loaders.label_paths import follow_paths
from dualamn.data_loaders.name_nodes import fold_name_nodes
from dualamn.data_loaders.naming import (
    COMBINED,
    FOUND,
    LABELS,
    SYNONYMS,
    combined,
    local_name,
    names_in_uris,
    places,
    readable,
)
from dualamn.data_loaders.statement_table import StatementTable
from dualamn.files.text import counted
from dualamn.kernels.arrays import BoolArray, IntArray, strings

_SHOWN = 5
_IDENTIFIER = "identifier"


def name_statements(
    table: StatementTable,
    is_entity: BoolArray,
    is_term: BoolArray,
    labels: Sequence[str],
    name: str,
    notes: list[str],
) -> tuple[StatementTable, IntArray]:
    """The table without nodes that stand for names, and (f,) the place of what names; -1 of others.

    Known properties come first; then a given name and a family name together; then properties
    whose values say that they name; then what is a step away. A note says what was taken.

    Args:
        is_entity: (n,) bool: who can have a name.
        is_term: (n,) bool: classes and properties that are entities; without a label the last part
            of their identifier names them, where it is made of words.
        labels: properties and paths that the user prefers.
    """
    table = follow_paths(table, [*labels, *LABELS, *SYNONYMS])
    order = places(table.attributes.tolist(), labels)
    naming = order[table.facts[:, 1]] if len(order) else np.zeros(0, dtype=np.int64)
    listed = np.flatnonzero(naming >= 0)
    blank = [not value.strip() for value in table.values[listed]]
    naming[listed[np.array(blank, dtype=bool)]] = -1
    table, naming = _combine(table, naming, is_entity & ~_named(table, naming))
    found = find_names(table, _named(table, naming), is_entity & ~table.is_blank)
    naming[found.facts] = np.where(naming[found.facts] < 0, FOUND, naming[found.facts])
    table, naming = fold_name_nodes(table, naming, labels, name, notes)
    table, naming = _by_identifier(table, naming, is_term & ~table.is_blank)
    naming[(~is_entity | table.is_blank)[table.facts[:, 0]]] = -1
    _add_note(
        table,
        naming,
        {str(table.attributes[at]): of for at, of in found.of_class.items()},
        name,
        notes,
    )
    return table, naming


def _named(table: StatementTable, naming: IntArray) -> BoolArray:
    named = np.zeros(len(table.entities), dtype=bool)
    named[table.facts[naming >= 0, 0]] = True
    return named


def _combine(
    table: StatementTable, naming: IntArray, unnamed: BoolArray
) -> tuple[StatementTable, IntArray]:
    """Given and family names of who has no other, as one name."""
    given, family = combined(table.facts, table.attributes.tolist(), unnamed)
    if not len(given):
        return table, naming
    pairs = zip(table.values[given], table.values[family], strict=True)
    both = strings(f"{first.strip()} {last.strip()}".strip() for first, last in pairs)
    attributes = [
        f"{table.attributes[first]} + {local_name(str(table.attributes[last]))}"
        for first, last in zip(
            table.facts[given, 1].tolist(), table.facts[family, 1].tolist(), strict=True
        )
    ]
    table = table.with_facts(table.facts[given, 0], attributes, both, table.types[given])
    return table, np.concatenate([naming, np.full(len(given), COMBINED)])


def _by_identifier(
    table: StatementTable, naming: IntArray, is_term: BoolArray
) -> tuple[StatementTable, IntArray]:
    """Names for terms without any, from their identifiers, as ontologies often have no labels."""
    terms = np.flatnonzero(is_term & ~_named(table, naming))
    names = names_in_uris(table.entities[terms])
    fits = np.array([looks_like_a_name(name) for name in names], dtype=bool)
    terms, names = terms[fits], names[fits]
    kinds = strings([""] * len(terms))
    table = table.with_facts(terms, [_IDENTIFIER] * len(terms), names, kinds)
    return table, np.concatenate([naming, np.full(len(terms), COMBINED)])


def _add_note(
    table: StatementTable, naming: IntArray, found: dict[str, str], name: str, notes: list[str]
) -> None:
    """Says which properties name how many entities, in which languages, and how they were found."""
    rows = np.flatnonzero(naming >= 0)
    if not len(rows):
        return
    entities, attributes = table.facts[rows, 0], table.facts[rows, 1]
    taken = []
    for number in np.flatnonzero(np.bincount(attributes)).tolist():
        mine = attributes == number
        count = _count(entities[mine], len(table.entities))
        first = naming[rows[mine]].min()
        taken.append((int(first), -count, number, mine))
    shown = []
    for place, minus, number, mine in sorted(taken, key=lambda entry: entry[:3])[:_SHOWN]:
        attribute = str(table.attributes[number])
        told = [f"{-minus:,}"]
        if place == FOUND:
            of = found.get(attribute, "")
            told.append("found by its values" + (f" in {local_name(of)}" if of else ""))
        kinds = Counter(table.types[rows[mine]]).most_common()
        languages = [kind[1:] for kind, _ in kinds if kind.startswith("@")]
        most = languages[:4]
        if most:
            told.append(" ".join(most) + (" …" if len(languages) > len(most) else ""))
        shown.append(f"{readable(attribute)} ({', '.join(told)})")
    if len(taken) > _SHOWN:
        shown.append(f"{len(taken) - _SHOWN} more")
    n_named = _count(entities, len(table.entities))
    notes.append(f"{name}: {counted(n_named, 'entity', 'entities')} named by {', '.join(shown)}")


def _count(entities: IntArray, n: int) -> int:
    """How many different ones of n entities there are."""
    found = np.zeros(n, dtype=bool)
    found[entities] = True
    return int(found.sum())
