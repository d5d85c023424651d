"""The attribute triples of a task as columns of numbers."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from scipy.sparse import csr_array

from dualamn.attributes.value_keys import LONGEST, keys_of, month_is_first
from dualamn.files.rdf import RDF_TYPE
from dualamn.graphs.knowledge_graph import Literals
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, FloatArray, Floats, Int32Array, IntArray, expand

_AT_ONCE = 1 << 17  # pairs of rows
_T = TypeVar("_T", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Facts:
    """Which entity has which value of which property.

    A property is an attribute of one graph, those of other language tags apart. A value is one
    or several keys, see `normalisation.Keys`; those that only one graph knows are left out.

    Symbols: n entities, q properties, k keys, t facts, h pairs of an entity and a property.

    Attributes:
        n_entities: n.
        graph: (q,) the graph of every property.
        names: (q,) attribute and language tag of every property.
        exact: (k,) whether a key is of equal values, or else of near ones.
        share: (k,) what part of being near a key is.
        long: (k,) whether a key is of equal values that are long enough to be rare by nature.
        repeated: (r, 3) entity, property and key of long values that several entities of a graph
            have of one property, those of keys that only one graph knows too.
        parents: (k, 2) the near keys of an exact one, -1 for none.
        entity, prop, key: (t,) the facts, ascending by entity.
        has: (h, 2) which entity has any value of which property, ascending.
        several: (h,) whether it has more than one.
        unread: how many values are compared with none: without a letter or digit.
        keys: for every graph, the exact key of each of its attribute triples in their order, -1
            for a value that is compared with none.
    """

    n_entities: int
    graph: IntArray
    names: tuple[str, ...]
    exact: BoolArray
    share: FloatArray
    long: BoolArray
    repeated: IntArray
    parents: IntArray
    entity: IntArray
    prop: IntArray
    key: IntArray
    has: IntArray
    several: BoolArray
    unread: int = 0
    keys: tuple[Int32Array, ...] = ()

    @classmethod
    def of(cls, task: AlignmentTask) -> Facts:
        """Reads every distinct value once."""
        numbers: dict[str, int] = {}
        parents: dict[int, tuple[int, ...]] = {}
        share: list[float] = []
        props: dict[tuple[int, str], int] = {}
        known: dict[tuple[str, str, bool], tuple[int, ...]] = {}

        def numbered(text: str, part: float) -> int:
            number = numbers.setdefault(text, len(numbers))
            if number == len(share):
                share.append(part)
            return number

        def read(value: str, datatype: str, month_first: bool) -> tuple[int, ...]:
            keys = keys_of(value, datatype, month_first=month_first)
            if keys is None:
                return ()
            near = tuple(numbered(text, 1 / len(keys.near)) for text in keys.near)
            exact = numbered(f"={keys.exact}", 1.0)
            parents.setdefault(exact, near)
            return (exact, *near)

        entity, prop, key = list[IntArray](), list[IntArray](), list[IntArray]()
        seen, unread = [np.empty((0, 2), dtype=np.int64)], 0
        exact_keys = [np.empty(0, dtype=np.int32) for _ in task.kgs]
        for at, kg in enumerate(task.kgs):
            literals = kg.literals
            if literals is None:
                continue
            # A datatype says how to read a value; a language tag, what property it is of.
            types, of_type = _numbers(literals.types.tolist())
            both, own = _numbers(list(zip(literals.kinds.tolist(), of_type, strict=True)))
            named = [(at, property_name(str(literals.attributes[k]), types[of])) for k, of in both]
            own_props = [props.setdefault(prop, len(props)) for prop in named]
            prop_of = np.array(own_props, dtype=np.int64)[np.array(own, dtype=np.int64)]
            counts = np.empty(len(literals), dtype=np.int64)
            found: list[int] = []
            exact_keys[at] = np.full(len(literals), -1, dtype=np.int32)
            american = names_months_first(literals)
            # Types are compared by `attributes.types`.
            is_type = np.asarray(literals.attributes == RDF_TYPE)
            typing = set(np.flatnonzero(is_type).tolist())
            columns = literals.values.tolist(), of_type, literals.kinds.tolist()
            for row, (value, of, kind) in enumerate(zip(*columns, strict=True)):
                asked = value, types[of], kind in american
                keys = () if kind in typing else known.get(asked)
                if keys is None:
                    keys = known[asked] = read(*asked)
                counts[row] = len(keys)
                if keys:
                    exact_keys[at][row] = keys[0]
                found += keys
            # Long texts are compared by their words (`dualamn.attributes.texts`).
            mute = literals.values[(counts == 0) & ~is_type[literals.kinds]].tolist()
            unread += sum(len(value) <= LONGEST for value in mute)
            joint = literals.entities.astype(np.int64) + int(task.entity_offsets[at])
            entity.append(np.repeat(joint, counts))
            prop.append(np.repeat(prop_of, counts))
            key.append(np.array(found, dtype=np.int64))
            seen.append(np.stack([joint, prop_of], axis=1)[counts > 0])
        table = np.full((len(numbers), 2), -1, dtype=np.int64)
        for number, near in parents.items():
            table[number, : len(near)] = near
        none = np.empty(0, dtype=np.int64)
        made = cls(
            task.n_entities,
            np.array([graph for graph, _ in props], dtype=np.int64),
            tuple(name for _, name in props),
            np.fromiter((text[0] == "=" for text in numbers), np.bool_, len(numbers)),
            np.array(share, dtype=np.float32),
            np.fromiter(map(_is_long, numbers), np.bool_, len(numbers)),
            np.empty((0, 3), dtype=np.int64),
            table,
            np.concatenate([none, *entity]),
            np.concatenate([none, *prop]),
            np.concatenate([none, *key]),
            *_counted(np.concatenate(seen)),
            unread,
            tuple(exact_keys),
        )
        return made.sorted().with_repeats().shared()

    def __len__(self) -> int:
        return len(self.entity)

    def sorted(self) -> Facts:
        """The distinct facts, ascending by entity."""
        rows = distinct(np.stack([self.entity, self.prop, self.key], axis=1))
        return replace(self, entity=rows[:, 0], prop=rows[:, 1], key=rows[:, 2])

    def with_repeats(self) -> Facts:
        """With the long values that several entities of a graph have."""
        chosen = self.long[self.key]
        rows = np.stack([self.entity, self.prop, self.key], axis=1)[chosen]
        cells = rows[:, 1] * max(len(self.exact), 1) + rows[:, 2]
        _, which, count = np.unique(cells, return_inverse=True, return_counts=True)
        return replace(self, repeated=rows[count[which] > 1])

    def shared(self) -> Facts:
        """Only facts of keys that several graphs know."""
        if not len(self):
            return self
        graph = self.graph[self.prop]
        low = np.full(len(self.exact), self.graph.max() + 1)
        high = np.full(len(self.exact), -1)
        np.minimum.at(low, self.key, graph)
        np.maximum.at(high, self.key, graph)
        return self.chosen((low < high)[self.key])

    def chosen(self, kept: BoolArray) -> Facts:
        """Some of the facts."""
        return replace(self, entity=self.entity[kept], prop=self.prop[kept], key=self.key[kept])

    def merged(self, match_of: IntArray, count: int) -> Facts:
        """The same facts with matched properties made one in every graph.

        Args:
            match_of: (q,) the property match of every property, -1 for none, whose facts are left
                out.
            count: how many matches there are; match i of graph g becomes property g * count + i.
        """
        graphs = int(self.graph.max(initial=-1)) + 1
        new = np.where(match_of < 0, -1, self.graph * count + match_of)
        kept, matched = new[self.prop] >= 0, new[self.has[:, 1]] >= 0
        width = max(graphs * count, 1)
        cells = self.has[matched, 0] * width + new[self.has[matched, 1]]
        cells, place = np.unique(cells, return_inverse=True)
        has = np.stack(np.divmod(cells, width), axis=1)
        several = np.bincount(place, weights=self.several[matched], minlength=len(has)) > 0
        return replace(
            self.chosen(kept),
            prop=new[self.prop[kept]],
            has=has,
            several=several,
            graph=np.repeat(np.arange(graphs), count),
            names=("",) * (graphs * count),
        ).sorted()

    def of_entities(self, entities: IntArray) -> tuple[IntArray, IntArray]:
        """The facts of some entities: which of them, and (m,) places in the columns."""
        starts = np.searchsorted(self.entity, entities)
        return expand(starts, np.searchsorted(self.entity, entities, side="right") - starts)

    def having(self, entities: IntArray) -> csr_array:
        """(q, m) 1 where one of some entities has a property."""
        starts = np.searchsorted(self.has[:, 0], entities)
        counts = np.searchsorted(self.has[:, 0], entities, side="right") - starts
        which, place = expand(starts, counts)
        ones = np.ones(len(which), dtype=np.float32)
        shape = len(self.graph), max(len(entities), 1)
        return csr_array((ones, (self.has[place, 1], which)), shape=shape)

    def frequencies(self) -> csr_array:
        """(q, k) what share of the entities that have a property has a key of it."""
        size = np.bincount(self.has[:, 1], minlength=len(self.graph))
        part = (1 / np.maximum(size, 1)).astype(np.float32)[self.prop]
        shape = len(self.graph), max(len(self.exact), 1)
        made = csr_array((part, (self.prop, self.key)), shape=shape)
        made.sum_duplicates()
        return made


def property_name(attribute: str, datatype: str) -> str:
    """What a property is called: its attribute, and the language of a text."""
    return attribute + datatype.lower() if datatype.startswith("@") else attribute


def names_months_first(literals: Literals) -> set[int]:
    """The attributes whose dates such as 3/5/1998 name the month first, as others of them show."""
    votes: dict[int, int] = {}
    for value, kind in zip(literals.values.tolist(), literals.kinds.tolist(), strict=True):
        if 8 <= len(value) <= 10 and ("/" in value or "-" in value[1:3]):
            first = month_is_first(value)
            if first is not None:
                votes[kind] = votes.get(kind, 0) + (1 if first else -1)
    return {kind for kind, vote in votes.items() if vote > 0}


def distinct(rows: IntArray) -> IntArray:
    """The distinct rows of a table of numbers from 0, ascending."""
    if not len(rows):
        return rows
    shape = tuple((rows.max(axis=0) + 1).tolist())
    if math.prod(shape) < 1 << 62:
        # As one number: sorting those takes a fraction of the time.
        keys = np.unique(np.ravel_multi_index(tuple(rows.T), shape))
        return np.stack(np.unravel_index(keys, shape), axis=1).astype(np.int64)
    rows = rows[np.lexsort(rows.T[::-1])]
    new = np.ones(len(rows), dtype=np.bool_)
    new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return rows[new]


def _is_long(key: str) -> bool:
    """Whether an exact key says much by itself: a day, a number of six digits, a word of four."""
    kind, rest = key[1:2], key[2:].lstrip("-")
    return key[0] == "=" and (
        kind == "d" or (len(rest) >= (6 if kind == "n" else 4) and not rest.startswith("http"))
    )


def _counted(rows: IntArray) -> tuple[IntArray, BoolArray]:
    """The distinct rows of two numbers, ascending, and which of them come more than once."""
    width = int(rows[:, 1].max(initial=0)) + 1
    found, count = np.unique(rows[:, 0] * width + rows[:, 1], return_counts=True)
    return np.stack(np.divmod(found, width), axis=1), count > 1


def row_products(
    first: csr_array, second: csr_array, left: IntArray, right: IntArray, at_once: int = _AT_ONCE
) -> Floats:
    """(p,) inner products of rows of two sparse matrices of one width, a block at a time."""
    found = np.zeros(len(left))
    for start in range(0, len(left), at_once):
        block = slice(start, start + at_once)
        found[block] = first[left[block]].multiply(second[right[block]]).sum(axis=1)
    return found


def _numbers(values: list[_T]) -> tuple[list[_T], list[int]]:
    """The distinct values, and which of them each is."""
    numbers: dict[_T, int] = {}
    which = [numbers.setdefault(value, len(numbers)) for value in values]
    return list(numbers), which
