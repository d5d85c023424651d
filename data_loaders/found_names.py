"""Finds the properties that name entities of a class by their values alone.

A name is a short text of words; names are nearly unique, and most of a class has one. So are values
of `P102_has_title`, of `ontology:name` and of what no list of vocabularies knows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualamn.data_loaders.naming import sounds_like_a_name
from dualamn.data_loaders.statement_table import StatementTable, by_number
from dualamn.kernels.arrays import BoolArray, IntArray, StringArray, expand

LONGEST, MOST_WORDS = 100, 15
"""A longer text is a description."""
SAMPLE = 500
"""Values of a property that are looked at."""
PRESENT = 0.5
"""A property names a class if such a share of its members has it."""
UNIQUE, UNIQUE_IF_CALLED_NAME = 0.8, 0.5
"""A share of its values must differ from all others, or fewer where the property says it names."""
FEWEST, FEWEST_IF_CALLED_NAME = 10, 3
"""So few values can all differ by chance."""
SMALL_PART = 0.05
"""A property that says it names is one if such a share of the entities without a class has it."""
_CALLED_NAME = 1.5
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TEXTS = ("", f"{_RDF}langString", f"{_RDF}PlainLiteral")


@dataclass(frozen=True, eq=False)
class FoundNames:
    """What names entities that no known property does.

    Attributes:
        facts: positions of the attribute triples that name, ascending.
        properties: by number of the property: of how many entities, and of which class, the first
            of several; "" where entities have none.
    """

    facts: IntArray
    properties: dict[int, tuple[int, str]]


def looks_like_a_name(text: str) -> bool:
    """Whether a value is a short text of words, and no number, date, code or address."""
    text = text.strip()
    words = text.split()
    if not 2 <= len(text) <= LONGEST or len(words) > MOST_WORDS or "://" in text:
        return False
    if len(words) == 1 and ("@" in text or any(letter.isdigit() for letter in text)):
        return False
    letters = sum(letter.isalpha() for letter in text)
    return 2 * letters >= len(text) - len(words) + 1


def find_names(table: StatementTable, named: BoolArray, asked: BoolArray) -> FoundNames:
    """The attribute triples that name entities of classes most members of which have no name.

    Args:
        named: (n,) bool: entities with a name.
        asked: (n,) bool: entities to look at, as terms of a schema and blank nodes are not.
    """
    members, kinds, classes = table.classes
    kept = asked[members]
    members, kinds = members[kept], kinds[kept]
    size = np.bincount(kinds, minlength=len(classes))
    with_name = np.bincount(kinds[named[members]], minlength=len(classes))
    open_class = with_name < PRESENT * size
    typed = np.zeros(len(asked), dtype=bool)
    typed[members] = True
    chosen = open_class[kinds]
    members, kinds = members[chosen], kinds[chosen]
    wanted = np.zeros(len(asked), dtype=bool)
    wanted[members] = True
    wanted |= asked & ~typed & ~named
    rows = _texts(table, wanted)
    if not len(rows):
        return FoundNames(rows, {})
    called = np.array([sounds_like_a_name(name) for name in table.attributes], dtype=bool)
    value = _numbers(table.values[rows])

    # Members of a class: the best property of most of them.
    order = np.argsort(members, kind="stable")
    members, kinds = members[order], kinds[order]
    entity = table.facts[rows, 0]
    start, end = np.searchsorted(members, entity), np.searchsorted(members, entity, side="right")
    at, member = expand(start, end - start)
    class_of = kinds[member]
    found = _measure(class_of, table.facts[rows[at], 1], entity[at], value[at], called)
    share = found.entities / np.maximum(size[found.group], 1)
    score = np.where(found.fits & (share >= PRESENT), share * found.score, 0.0)
    names_class = _best_of_each(found.group, score)
    taken, properties = list[IntArray](), dict[int, tuple[int, str]]()
    for one in names_class.tolist():
        kind, attribute = int(found.group[one]), int(found.attribute[one])
        mine = rows[np.unique(at[(class_of == kind) & (table.facts[rows[at], 1] == attribute)])]
        count, first = properties.get(attribute, (0, classes[kind]))
        new = np.setdiff1d(mine, np.concatenate(taken)) if taken else mine
        properties[attribute] = count + len(np.unique(table.facts[new, 0])), first
        taken.append(mine)

    # Entities without a class: the best property that each has.
    rest = ~typed[entity]
    if rest.any():
        alone, group = rows[rest], np.zeros(int(rest.sum()), dtype=np.int64)
        attribute, owner = table.facts[alone, 1], entity[rest]
        found = _measure(group, attribute, owner, value[rest], called)
        described = np.unique(table.facts[wanted[table.facts[:, 0]] & ~table.is_type, 0])
        of_all = found.entities / max(1, int((~typed[described]).sum()))
        several = of_all >= np.where(called[found.attribute], SMALL_PART, PRESENT)
        by_attribute = np.zeros(len(table.attributes))
        fitting = found.fits & several
        by_attribute[found.attribute[fitting]] = (found.entities * found.score)[fitting]
        best = np.zeros(len(asked))
        np.maximum.at(best, owner, by_attribute[attribute])
        mine = alone[(by_attribute[attribute] > 0) & (by_attribute[attribute] == best[owner])]
        for number in np.unique(table.facts[mine, 1]).tolist():
            own = np.unique(table.facts[mine[table.facts[mine, 1] == number], 0])
            count, first = properties.get(number, (0, ""))
            properties[number] = count + len(own), first
        taken.append(mine)
    facts = np.unique(np.concatenate(taken)) if taken else np.zeros(0, dtype=np.int64)
    return FoundNames(facts, {key: count for key, count in properties.items() if count[0]})


@dataclass(frozen=True, eq=False)
class _Measured:
    """Of every group and attribute: (p,) its entities, whether it can name, and how well."""

    group: IntArray
    attribute: IntArray
    entities: IntArray
    fits: BoolArray
    score: NDArray[np.float64]


def _measure(
    group: IntArray, attribute: IntArray, entity: IntArray, value: IntArray, called: BoolArray
) -> _Measured:
    pairs, inverse = np.unique(group * len(called) + attribute, return_inverse=True)
    groups, attributes = np.divmod(pairs, len(called))

    def distinct(*columns: IntArray) -> IntArray:
        """(p,) how many different rows of some columns each pair has."""
        key = inverse
        for column in columns:
            _, small = np.unique(column, return_inverse=True)
            _, key = np.unique(key * (small.max(initial=0) + 1) + small, return_inverse=True)
        _, first = np.unique(key, return_index=True)
        return np.bincount(inverse[first], minlength=len(pairs))

    entities = distinct(entity)
    unique = distinct(value) / np.maximum(distinct(entity, value), 1)
    hint = called[attributes]
    fits = unique >= np.where(hint, UNIQUE_IF_CALLED_NAME, UNIQUE)
    fits &= entities >= np.where(hint, FEWEST_IF_CALLED_NAME, FEWEST)
    return _Measured(groups, attributes, entities, fits, unique * np.where(hint, _CALLED_NAME, 1.0))


def _texts(table: StatementTable, wanted: BoolArray) -> IntArray:
    """Attribute triples of wanted entities, of attributes whose values look like names."""
    rows: IntArray = np.flatnonzero(wanted[table.facts[:, 0]] & ~table.is_type)
    kinds = {kind: kind in _TEXTS or kind.startswith("@") for kind in set(table.types[rows])}
    rows = rows[np.fromiter((kinds[kind] for kind in table.types[rows]), np.bool_, len(rows))]
    fits = np.zeros(len(table.attributes), dtype=bool)
    attribute = table.facts[rows, 1]
    for number, mine in by_number(attribute):
        some = rows[mine[:: max(1, len(mine) // SAMPLE)]]
        looked = [looks_like_a_name(value) for value in table.values[some]]
        fits[number] = 2 * sum(looked) > len(looked)
    rows = rows[fits[attribute]]
    blank = np.fromiter((not value.strip() for value in table.values[rows]), np.bool_, len(rows))
    return rows[~blank]


def _numbers(values: StringArray) -> IntArray:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int64)


def _best_of_each(group: IntArray, score: NDArray[np.float64]) -> IntArray:
    """Positions of the highest score above 0 of every group."""
    order = np.lexsort((-score, group))
    _, first = np.unique(group[order], return_index=True)
    best = order[first]
    return best[score[best] > 0]
