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
"""A property that says it names is one if such a share of those that no class names have it."""
_CALLED_NAME = 1.5
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TEXTS = ("", f"{_RDF}langString", f"{_RDF}PlainLiteral")


@dataclass(frozen=True, eq=False)
class FoundNames:
    """What names entities that no known property does.

    Attributes:
        facts: positions of the attribute triples that name, ascending.
        of_class: by number of the property, a class that it names.
    """

    facts: IntArray
    of_class: dict[int, str]


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
    best = _best_of_each(found.group, score)
    by_class = np.full(len(classes), -1)
    by_class[found.group[best]] = found.attribute[best]
    taken = rows[np.unique(at[by_class[class_of] == table.facts[rows[at], 1]])]
    of_class = {int(found.attribute[one]): classes[found.group[one]] for one in best[::-1]}

    # Of no class, of a small one or of one that is mixed: the most common property of each.
    left = wanted & ~named
    left[members[by_class[kinds] >= 0]] = False
    more = _of_the_others(table, rows[left[entity]], value[left[entity]], left, called)
    return FoundNames(np.sort(np.concatenate([taken, more])), of_class)


def _of_the_others(
    table: StatementTable, rows: IntArray, value: IntArray, left: BoolArray, called: BoolArray
) -> IntArray:
    """Those of some attribute triples that name entities which no class has named.

    Args:
        rows, value: (m,) the attribute triples, and a number for the value of each.
        left: (n,) bool: the entities.
        called: (a,) bool: properties that say that they name.
    """
    owner, attribute = table.facts[rows, 0], table.facts[rows, 1]
    found = _measure(np.zeros(len(rows), dtype=np.int64), attribute, owner, value, called)
    described = np.zeros(len(left), dtype=bool)
    described[table.facts[~table.is_type, 0]] = True
    share = found.entities / max(1, int((left & described).sum()))
    fits = found.fits & (share >= np.where(called[found.attribute], SMALL_PART, PRESENT))
    score = np.zeros(len(table.attributes))
    score[found.attribute[fits]] = (found.entities * found.score)[fits]
    highest = np.zeros(len(left))
    np.maximum.at(highest, owner, score[attribute])
    chosen = (score[attribute] > 0) & (score[attribute] == highest[owner])
    names: IntArray = rows[chosen]
    return names


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
