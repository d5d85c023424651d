"""A knowledge graph: entities, relations, the triples between them, and attribute triples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dualamn.errors import DataError
from dualamn.kernels.arrays import BoolArray, Int32Array, IntArray, StringArray, strings


@dataclass(frozen=True, eq=False)
class Literals:
    """Attribute triples (entity, attribute, value) of one knowledge graph.

    Attributes:
        attributes: (a,) identifiers of the attributes.
        entities: (t,) int32 position of each triple's entity in the graph.
        kinds: (t,) int32 position of its attribute in `attributes`.
        values: (t,) the values as written, without quotes.
        types: (t,) "@en" for a language tag, the IRI of a datatype, or "" for neither.

    Raises:
        DataError: columns of different lengths, or an attribute number out of range.
    """

    attributes: StringArray
    entities: Int32Array
    kinds: Int32Array
    values: StringArray
    types: StringArray

    def __post_init__(self) -> None:
        lengths = {len(self.entities), len(self.kinds), len(self.values), len(self.types)}
        if len(lengths) != 1:
            raise DataError(f"columns of attribute triples have the lengths {sorted(lengths)}")
        if self.kinds.size and not 0 <= self.kinds.min() <= self.kinds.max() < len(self.attributes):
            raise DataError(
                f"attributes are numbered 0 to {len(self.attributes) - 1}, but attribute triples "
                f"name {self.kinds.min()} to {self.kinds.max()}"
            )

    def __len__(self) -> int:
        return len(self.values)

    def renumbered(self, new_id: Int32Array) -> Literals:
        """The same triples where entity i of the graph is now number new_id[i]."""
        return replace(self, entities=new_id[self.entities])


@dataclass(frozen=True, eq=False)
class FurtherNames:
    """Names that entities have beside their first: synonyms, and names in other languages.

    Attributes:
        entities: (m,) int32 position of the entity that has a name, in any order.
        names: (m,) the names.

    Raises:
        DataError: columns of different lengths.
    """

    entities: Int32Array
    names: StringArray

    def __post_init__(self) -> None:
        if len(self.entities) != len(self.names):
            raise DataError(
                f"{len(self.names):,} further names are of {len(self.entities):,} entities"
            )

    def __len__(self) -> int:
        return len(self.names)

    def renumbered(self, new_id: Int32Array) -> FurtherNames:
        """The same names where entity i of the graph is now number new_id[i]."""
        return replace(self, entities=new_id[self.entities])

    def without(self, hidden: NDArray[np.integer]) -> FurtherNames:
        """The names of all entities but the (h,) hidden ones."""
        kept = ~np.isin(self.entities, hidden)
        return FurtherNames(self.entities[kept], self.names[kept])


@dataclass(frozen=True, eq=False)
class KnowledgeGraph:
    """One knowledge graph: entities, relations and the distinct triples between them.

        >>> from dualamn import KnowledgeGraph
        >>> kg = KnowledgeGraph.from_triples("en", [("Bern", "capital of", "Switzerland")])
        >>> kg
        KnowledgeGraph('en': 2 entities, 1 relations, 1 triples)
        >>> kg.entities.tolist(), kg.triples.tolist()
        (['Bern', 'Switzerland'], [[0, 0, 1]])

    Attributes:
        name: short name, unique within a task ("zh", "left").
        entities: (n,) identifiers.
        relations: (r,) identifiers.
        triples: (t, 3) int32: head, relation and tail as positions in the arrays above.
        entity_names: (n,) what people call each entity, "" for one without a name; None where
            the graph names none.
        literals: its attribute triples, such as dates and numbers; None where it has none.
        further_names: names of entities beside those of `entity_names`; None where there are none.
        unlinkable: (n,) bool entities that are neighbours, but get no links: terms of a schema,
            statement nodes; None for none. Blank nodes get none in any case.
        aliases: other identifiers of entities, such as redirects, and the entities' own; for
            links that are read. A saved aligner does not keep them.

    Raises:
        DataError: an entity or relation number of a triple is out of range, an identifier
            occurs twice, or names or literals do not fit the entities.
    """

    name: str
    entities: StringArray
    relations: StringArray
    triples: Int32Array
    entity_names: StringArray | None = None
    literals: Literals | None = None
    further_names: FurtherNames | None = None
    unlinkable: BoolArray | None = None
    aliases: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        if self.triples.ndim != 2 or self.triples.shape[1] != 3:
            raise DataError(f"triples of {self.name} have shape {self.triples.shape}, not (t, 3)")
        _check_range(self.triples[:, [0, 2]], len(self.entities), f"entities of {self.name}")
        _check_range(self.triples[:, 1], len(self.relations), f"relations of {self.name}")
        _check_distinct(self.entities, f"entity of {self.name}")
        _check_distinct(self.relations, f"relation of {self.name}")
        names = self.entity_names
        if names is not None and len(names) != self.n_entities:
            raise DataError(
                f"{self.name} has {self.n_entities:,} entities, but {len(names):,} names"
            )
        if self.unlinkable is not None and len(self.unlinkable) != self.n_entities:
            raise DataError(f"unlinkable of {self.name} has not {self.n_entities:,} entries")
        if self.further_names is not None:
            _check_range(
                self.further_names.entities, len(self.entities), f"entities of {self.name}"
            )
        if self.literals is not None:
            _check_range(self.literals.entities, len(self.entities), f"entities of {self.name}")

    @classmethod
    def from_arrays(
        cls,
        name: str,
        triples: ArrayLike,
        entities: Sequence[str] | StringArray | None = None,
        relations: Sequence[str] | StringArray | None = None,
    ) -> KnowledgeGraph:
        """Builds a graph from (t, 3) numbers; repeated triples are merged.

        Without `entities` or `relations` their numbers, written out, serve as identifiers.

        Raises:
            DataError: the table is not (t, 3) integers, or see the class.
        """
        rows = distinct_rows(integer_rows(triples, 3, f"triples of {name}"))
        if entities is None:
            entities = _numbered(rows[:, [0, 2]])
        if relations is None:
            relations = _numbered(rows[:, 1])
        # The range is checked before the cast to int32, which would wrap silently.
        _check_range(rows[:, [0, 2]], len(entities), f"entities of {name}")
        _check_range(rows[:, 1], len(relations), f"relations of {name}")
        return cls(name, strings(entities), strings(relations), rows.astype(np.int32))

    @classmethod
    def from_triples(cls, name: str, triples: Sequence[tuple[str, str, str]]) -> KnowledgeGraph:
        """Builds a graph from (head, relation, tail) strings; repeated triples are merged."""
        entities, relations = Numbers(), Numbers()
        rows = [(entities[h], relations[r], entities[t]) for h, r, t in triples]
        return cls.from_arrays(name, rows, list(entities), list(relations))

    def permuted(self, order: IntArray) -> KnowledgeGraph:
        """The same graph with its entities in another order, given as (n,) positions in this."""
        new_id = inverse(order)
        heads, relations, tails = self.triples.T
        return replace(
            self,
            entities=self.entities[order],
            triples=np.stack([new_id[heads], relations, new_id[tails]], axis=1),
            entity_names=None if self.entity_names is None else self.entity_names[order],
            literals=None if self.literals is None else self.literals.renumbered(new_id),
            further_names=(
                None if self.further_names is None else self.further_names.renumbered(new_id)
            ),
            unlinkable=None if self.unlinkable is None else self.unlinkable[order],
        )

    @property
    def n_entities(self) -> int:
        """How many entities."""
        return len(self.entities)

    @property
    def n_relations(self) -> int:
        """How many relations."""
        return len(self.relations)

    @property
    def n_triples(self) -> int:
        """How many triples."""
        return len(self.triples)

    @cached_property
    def degrees(self) -> Int32Array:
        """(n,) how many triples an entity is part of, as head or tail."""
        ends = self.triples[:, [0, 2]].ravel()
        return np.bincount(ends, minlength=self.n_entities).astype(np.int32)

    def __repr__(self) -> str:
        return (
            f"KnowledgeGraph({self.name!r}: {self.n_entities:,} entities, "
            f"{self.n_relations:,} relations, {self.n_triples:,} triples)"
        )


class Numbers(dict[str, int]):
    """Numbers strings as they first occur."""

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        return number


def inverse(order: IntArray) -> Int32Array:
    """(n,) the position in `order`, a permutation, of every number below n."""
    position = np.empty(len(order), dtype=np.int32)
    position[order] = np.arange(len(order), dtype=np.int32)
    return position


def distinct_rows(rows: IntArray) -> IntArray:
    """The rows of a small-integer table without repeats, in the order they first occur."""
    if len(rows) < 2:
        return rows
    low, high = rows.min(axis=0), rows.max(axis=0)
    # In floats, where the span of far apart numbers does not wrap around.
    if np.prod(high.astype(np.float64) - low + 1) < 2**62:
        key = np.ravel_multi_index(tuple((rows - low).T), tuple(high - low + 1))
        _, first = np.unique(key, return_index=True)
    else:
        _, first = np.unique(rows, axis=0, return_index=True)
    return rows if len(first) == len(rows) else rows[np.sort(first)]


def _check_range(numbers: NDArray[np.integer], size: int, what: str) -> None:
    if numbers.size and (numbers.min() < 0 or numbers.max() >= size):
        worst = numbers.min() if numbers.min() < 0 else numbers.max()
        raise DataError(f"{what} are numbered 0 to {size - 1}, but a triple names {worst}")


def _check_distinct(identifiers: StringArray, what: str) -> None:
    if len(set(identifiers)) == len(identifiers):
        return
    seen: set[str] = set()
    for identifier in identifiers:
        if identifier in seen:
            raise DataError(f"{identifier!r} is the identifier of more than one {what}")
        seen.add(identifier)


def integer_rows(table: ArrayLike, width: int, what: str) -> IntArray:
    """The table as (m, width) int64; an empty one may have any shape and type."""
    array = np.asarray(table)
    if not array.size:
        return np.empty((0, width), dtype=np.int64)
    if array.ndim != 2 or array.shape[1] != width or array.dtype.kind not in "iu":
        raise DataError(
            f"{what} must be whole numbers in {width} columns, "
            f"not {array.dtype} of shape {array.shape}"
        )
    return array.astype(np.int64, copy=False)


def _numbered(numbers: IntArray) -> list[str]:
    return [str(i) for i in range(int(numbers.max()) + 1 if numbers.size else 0)]
