"""In what the entities of pairs agree: names, numbers in them, neighbours, values and types."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from dualamn.attributes.facts import row_products
from dualamn.attributes.value_keys import keys_of
from dualamn.deduping.word_matching import N_LEVELS, WordMatching
from dualamn.files.rdf import RDF_TYPE
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.kernels.arrays import BoolArray, Floats, IntArray

_NUMBER = re.compile(r"\d+")
_NEIGHBOUR_EDGES = (5.0, 12.0)  # log of how few entities have the statements in common
_VALUE_EDGE = 4.0
_ALIKE_PROFILE = 0.5  # share of the relations of the one that has fewer
_SINGLE = 0.98  # of the entities with a property have one value: it should have one
_FEWEST = 10  # entities that show it


@dataclass(frozen=True, eq=False)
class Comparison:
    """One thing in which the entities of pairs agree more or less.

    Attributes:
        level: (p,) how far the entities of every pair agree, below `n_levels`.
        n_levels: how many levels there are.
        ascending: whether a higher level never speaks less for a pair.
    """

    level: IntArray
    n_levels: int
    ascending: bool


@dataclass(frozen=True, eq=False)
class Features:
    """What is compared of the entities of one graph.

    Attributes:
        names: for every entity its names.
        statements: (n, s) weights of the statements about every entity, for products.
        relations: (n, r) weights of the relations and directions they are in.
        values: (n, v) weights of their values.
        single: (n, f) 1 where an entity has such a value of a property with one value at most.
        has_single: (n, q) 1 where it has any value of such a property.
        types: (n, t) 1 for the types of every entity.
    """

    names: tuple[tuple[str, ...], ...]
    statements: csr_array
    relations: csr_array
    values: csr_array
    single: csr_array
    has_single: csr_array
    types: csr_array

    @classmethod
    def of(cls, kg: KnowledgeGraph) -> Features:
        """Reads a graph."""
        heads, kinds, tails = kg.triples.astype(np.int64).T
        entity = np.concatenate([heads, tails])
        relation = np.concatenate([kinds, kinds + kg.n_relations])
        statement = relation * kg.n_entities + np.concatenate([tails, heads])
        values, single, has_single, types = _literals(kg)
        return cls(
            names_of(kg),
            _by_rarity(_table(entity, statement, kg.n_entities)),
            _by_rarity(_table(entity, relation, kg.n_entities)),
            _by_rarity(values),
            single,
            has_single,
            types,
        )

    def other_types(self, left: IntArray, right: IntArray) -> BoolArray:
        """(p,) pairs that both have types, and none in common."""
        typed = np.diff(self.types.indptr) > 0
        shared = row_products(self.types, self.types, left, right)
        return np.asarray(typed[left] & typed[right] & (shared == 0))

    def compare(self, left: IntArray, right: IntArray) -> tuple[Comparison, ...]:
        """Compares (p,) pairs; the first comparison is of names."""
        ends = left.tolist(), right.tolist()
        matching = WordMatching(self.names)
        by_name = [matching.level(a, b) for a, b in zip(*ends, strict=True)]
        numbers = [frozenset(_NUMBER.findall(" ".join(own))) for own in self.names]
        in_names = [_of_numbers(numbers[a], numbers[b]) for a, b in zip(*ends, strict=True)]
        typed = np.diff(self.types.indptr) > 0
        types = np.where(typed[left] & typed[right], 1, 0) + self.other_types(left, right)
        return (
            Comparison(np.array(by_name, dtype=np.int64), N_LEVELS, ascending=True),
            Comparison(np.array(in_names, dtype=np.int64), 3, ascending=True),
            Comparison(self._neighbours(left, right), 6, ascending=True),
            Comparison(self._values(left, right), 5, ascending=False),
            Comparison(types.astype(np.int64), 3, ascending=False),
        )

    def _neighbours(self, left: IntArray, right: IntArray) -> IntArray:
        """By the statements in common; where there are none, by relations in common."""
        shared = row_products(self.statements, self.statements, left, right)
        alike = row_products(self.relations, self.relations, left, right)
        most = np.asarray(self.relations.multiply(self.relations).sum(axis=1)).ravel()
        alike = alike / np.maximum(np.minimum(most[left], most[right]), 1e-9)
        below = np.digitize(alike, (1e-9, _ALIKE_PROFILE))
        above = 3 + np.digitize(shared, _NEIGHBOUR_EDGES)
        found: IntArray = np.where(shared > 0, above, below).astype(np.int64)
        return found

    def _values(self, left: IntArray, right: IntArray) -> IntArray:
        """0 nothing to compare; 1 and 2 values in common, few have the latter; 3 and 4 clashes."""
        shared = row_products(self.values, self.values, left, right)
        both = row_products(self.has_single, self.has_single, left, right)
        clash = both > row_products(self.single, self.single, left, right)
        agree = np.where(shared > 0, 1 + (shared >= _VALUE_EDGE), 0)
        found: IntArray = np.where(clash, 3 + (shared > 0), agree).astype(np.int64)
        return found


def names_of(kg: KnowledgeGraph) -> tuple[tuple[str, ...], ...]:
    """All names of every entity, the first one first."""
    names: list[list[str]] = [[] for _ in range(kg.n_entities)]
    if kg.entity_names is not None:
        for own, name in zip(names, kg.entity_names.tolist(), strict=True):
            own.extend([name] if name else [])
    further = kg.further_names
    if further is not None:
        for entity, name in zip(further.entities.tolist(), further.names.tolist(), strict=True):
            names[entity].append(name)
    return tuple(map(tuple, names))


def _of_numbers(one: frozenset[str], other: frozenset[str]) -> int:
    """0 other numbers, 1 some of the other's, 2 the same or none at all."""
    if one == other:
        return 2
    return int(one <= other or other <= one)


def _table(entity: IntArray, what: IntArray, n: int) -> csr_array:
    """(n, k) 1 where an entity has something, each number of `what` a column."""
    distinct, column = np.unique(what, return_inverse=True)
    ones = np.ones(len(entity))
    table = csr_array((ones, (entity, column)), shape=(n, max(len(distinct), 1)))
    table.sum_duplicates()
    table.data[:] = 1
    return table


def _by_rarity(table: csr_array) -> csr_array:
    """Entries whose products are the log of how few entities have both."""
    counts = np.bincount(table.indices, minlength=table.shape[1])
    weight: Floats = np.sqrt(np.log(table.shape[0] / np.maximum(counts, 1)))
    return csr_array((weight[table.indices], table.indices, table.indptr), shape=table.shape)


def _literals(kg: KnowledgeGraph) -> tuple[csr_array, csr_array, csr_array, csr_array]:
    """The tables of values, of single values, of properties that have these, and of types."""
    numbers: dict[tuple[int, str], int] = {}
    rows: list[tuple[int, int, int]] = []  # entity, property, value
    typing: list[tuple[int, int]] = []
    literals = kg.literals
    if literals is not None:
        is_type = literals.attributes == RDF_TYPE
        columns = literals.entities, literals.kinds, literals.values, literals.types
        for entity, kind, value, type_ in zip(*(c.tolist() for c in columns), strict=True):
            if is_type[kind]:
                typing.append((entity, numbers.setdefault((kind, value), len(numbers))))
                continue
            keys = keys_of(value, type_)
            if keys is not None:
                number = numbers.setdefault((kind, keys.exact), len(numbers))
                rows.append((entity, kind, number))
    entity, kind, value = np.array(sorted(set(rows)), dtype=np.int64).reshape(-1, 3).T
    per_property: dict[int, list[int]] = {}
    for (_, prop), count in Counter(zip(entity.tolist(), kind.tolist(), strict=True)).items():
        per_property.setdefault(prop, []).append(count)
    single = [
        prop
        for prop, counts in per_property.items()
        if len(counts) >= _FEWEST and counts.count(1) >= _SINGLE * len(counts)
    ]
    own = np.isin(kind, single)
    of_type = np.array(typing, dtype=np.int64).reshape(-1, 2).T
    n = kg.n_entities
    return (
        _table(entity, value, n),
        _table(entity[own], value[own], n),
        _table(entity[own], kind[own], n),
        _table(of_type[0], of_type[1], n),
    )
