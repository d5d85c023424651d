"""The statements of one graph as columns of numbers, while its loading decides what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from dualamn.files.rdf import RDF_TYPE
from dualamn.kernels.arrays import BoolArray, IntArray, StringArray, strings

IRI_TYPE = "http://www.w3.org/2001/XMLSchema#anyURI"
"""The datatype of attribute values that are IRIs."""


def by_number(numbers: IntArray) -> Iterator[tuple[int, IntArray]]:
    """Every number among (m,) numbers, ascending, and the positions that have it."""
    order = np.argsort(numbers, kind="stable")
    known, start = np.unique(numbers[order], return_index=True)
    ends = np.append(start, len(numbers))
    for at, number in enumerate(known.tolist()):
        yield number, order[ends[at] : ends[at + 1]]


@dataclass(frozen=True, eq=False)
class StatementTable:
    """Triples and attribute triples of one graph; a step of loading gives another table.

    Attributes:
        entities, relations, attributes: identifiers by number. Some may be in no statement.
        triples: (t, 3) head, relation and tail.
        facts: (f, 2) entity and attribute of the attribute triples.
        values, types: (f,) their values and types, see `Literals`.
    """

    entities: StringArray
    relations: StringArray
    attributes: StringArray
    triples: IntArray
    facts: IntArray
    values: StringArray
    types: StringArray

    @cached_property
    def is_blank(self) -> BoolArray:
        """(n,) bool: blank nodes."""
        blank = (entity.startswith("_:") for entity in self.entities)
        return np.fromiter(blank, dtype=np.bool_, count=len(self.entities))

    @cached_property
    def is_type(self) -> BoolArray:
        """(f,) bool: attribute triples that name a class of their entity."""
        found = np.flatnonzero(self.attributes == RDF_TYPE)
        typed = np.isin(self.facts[:, 1], found)
        typed[typed] = self.types[typed] == IRI_TYPE
        return typed

    @cached_property
    def classes(self) -> tuple[IntArray, IntArray, list[str]]:
        """(c,) entities and (c,) their classes, as numbers in a list of class identifiers."""
        numbers: dict[str, int] = {}
        kinds = [numbers.setdefault(value, len(numbers)) for value in self.values[self.is_type]]
        return self.facts[self.is_type, 0], np.array(kinds, dtype=np.int64), list(numbers)

    def relation(self, *identifiers: str) -> IntArray:
        """The numbers of those of some relations that the graph has."""
        return np.flatnonzero(np.isin(self.relations, list(identifiers)))

    def of(self, relations: Iterable[str]) -> BoolArray:
        """(t,) bool: the triples of some relations."""
        return np.isin(self.triples[:, 1], self.relation(*relations))

    def _with(self, **columns: Any) -> StatementTable:
        """The table with some columns in place of its own; what is known of entities stays."""
        made = replace(self, **columns)
        if "is_blank" in self.__dict__:
            made.__dict__["is_blank"] = self.is_blank
        return made

    def facts_of(self, attributes: Iterable[str]) -> BoolArray:
        """(f,) bool: the attribute triples of some attributes."""
        known = np.flatnonzero(np.isin(self.attributes, list(attributes)))
        return np.isin(self.facts[:, 1], known)

    def keep(self, triples: BoolArray, facts: BoolArray) -> StatementTable:
        """The table with some of its triples and attribute triples alone."""
        return self._with(
            triples=self.triples[triples],
            facts=self.facts[facts],
            values=self.values[facts],
            types=self.types[facts],
        )

    def with_triples(
        self, heads: IntArray, relations: list[str], tails: IntArray
    ) -> StatementTable:
        """The table and more triples, whose relations may be new."""
        known = {name: number for number, name in enumerate(self.relations)}
        numbers = [known.setdefault(name, len(known)) for name in relations]
        more = np.stack([heads, np.array(numbers, dtype=np.int64), tails], axis=1)
        triples = np.concatenate([self.triples, more])
        return self._with(relations=strings(known), triples=triples)

    def with_facts(
        self, entities: IntArray, attributes: list[str], values: StringArray, types: StringArray
    ) -> StatementTable:
        """The table and more attribute triples, whose attributes may be new."""
        known = {name: number for number, name in enumerate(self.attributes)}
        numbers = [known.setdefault(name, len(known)) for name in attributes]
        more = np.stack([entities, np.array(numbers, dtype=np.int64)], axis=1)
        return self._with(
            attributes=strings(known),
            facts=np.concatenate([self.facts, more]),
            values=np.concatenate([self.values, values]),
            types=np.concatenate([self.types, types]),
        )
