"""Graphs that change: statements and names that come and go, and a task with them.

What is old keeps its place: entities stay in their order, new ones come after them, and one of
which nothing is left is not there any more. So what is added and then taken away leaves a graph as
it was. New entities are ordered by a hash of their identifiers: an order as in a file would decide
ties, and another history of the same graph would number them otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import numpy as np

from dualamn.files.text import counted
from dualamn.graphs.knowledge_graph import FurtherNames, KnowledgeGraph, Literals
from dualamn.graphs.pyg_data import EVERY_LINK
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, Int32Array, IntArray, StringArray, keys_of, strings


@dataclass(frozen=True, eq=False)
class GraphChange:
    """What comes to one graph, and what goes.

    Attributes:
        added: statements, names and values that it has from now on; None for nothing.
        gone: those that it has no longer. What is in both stays.
    """

    added: KnowledgeGraph | None = None
    gone: KnowledgeGraph | None = None


@dataclass(frozen=True, eq=False)
class GrownGraph:
    """A graph after a change.

    Attributes:
        kg: the graph.
        new_id: (n,) int32 position of every entity of before; -1 for one that is gone.
        touched: (n',) bool entities of which something was added or taken away.
        n_added, n_gone: statements, values and names that came, and that went.
        notes: what was there already or was not there to be taken away, each with its count.
    """

    kg: KnowledgeGraph
    new_id: Int32Array
    touched: BoolArray
    n_added: int = 0
    n_gone: int = 0
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, eq=False)
class GrownTask:
    """A task after a change.

    Attributes:
        task: graphs and links as they are now.
        new_id: (n,) int32 the joint id now of every joint id of before; -1 for who is gone.
        touched: (n',) bool entities of which something was added or taken away.
        n_added, n_gone: statements, values and names that came, and that went.
        notes: what of the change said nothing new, each with its count.
    """

    task: AlignmentTask
    new_id: Int32Array
    touched: BoolArray
    n_added: int
    n_gone: int
    notes: tuple[str, ...]

    @property
    def is_new(self) -> BoolArray:
        """(n',) bool entities that were not there before."""
        new = np.ones(self.task.n_entities, dtype=np.bool_)
        new[self.new_id[self.new_id >= 0]] = False
        return new

    def moved(self, links: Int32Array) -> Int32Array:
        """(m, 2) links of before in the joint ids of now, without those of entities that are gone.

        Which they are, `still_there` says.
        """
        return self.new_id[links[self.still_there(links)]]

    def still_there(self, links: Int32Array) -> BoolArray:
        """(m,) which links of before have both their entities still."""
        return np.asarray((self.new_id[links] >= 0).all(axis=1))


def grow_task(task: AlignmentTask, changes: Sequence[GraphChange]) -> GrownTask:
    """The task with a change to each of its graphs; links of entities that are gone go too."""
    grown = [grow(kg, change) for kg, change in zip(task.kgs, changes, strict=True)]
    kgs = tuple(one.kg for one in grown)
    offsets = np.cumsum([0, *(kg.n_entities for kg in kgs)])
    new_id = np.concatenate(
        [
            np.where(one.new_id >= 0, one.new_id + offset, -1)
            for one, offset in zip(grown, offsets.tolist(), strict=False)
        ]
    ).astype(np.int32)
    links = {
        name: new_id[old[(new_id[old] >= 0).all(axis=1)]]
        for name in EVERY_LINK
        for old in [getattr(task, name)]
    }
    return GrownTask(
        replace(task, kgs=kgs, **links),
        new_id,
        np.concatenate([one.touched for one in grown]),
        sum(one.n_added for one in grown),
        sum(one.n_gone for one in grown),
        tuple(note for one in grown for note in one.notes),
    )


def grow(kg: KnowledgeGraph, change: GraphChange) -> GrownGraph:
    """One graph with a change, see the module."""
    added, gone = change.added, change.gone
    if added is None and gone is None:
        n = kg.n_entities
        return GrownGraph(kg, np.arange(n, dtype=np.int32), np.zeros(n, dtype=np.bool_))
    growing = _Growing(kg, added)
    if gone is not None:
        growing.take_away(gone, added)
    if added is not None:
        growing.add(added)
    return growing.grown()


def identifier_hash(graph: str, identifier: str) -> int:
    """64 bits that say which entity of which graph this is."""
    text = f"{graph}\0{identifier}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")


class _Growing:
    """A graph while it changes, in the numbers of before with new entities after them."""

    def __init__(self, kg: KnowledgeGraph, added: KnowledgeGraph | None) -> None:
        self.kg = kg
        self.position = {name: number for number, name in enumerate(kg.entities.tolist())}
        self.relation = {name: number for number, name in enumerate(kg.relations.tolist())}
        new = [] if added is None else added.entities.tolist()
        new = [name for name in new if name not in self.position]
        new.sort(key=lambda name: (identifier_hash(kg.name, name), name))
        for name in new:
            self.position[name] = len(self.position)
        self.entities: StringArray = np.concatenate([kg.entities, strings(new)])
        self.triples = kg.triples.astype(np.int64)
        none = strings([""]).repeat(len(new))
        names = strings([""]).repeat(kg.n_entities) if kg.entity_names is None else kg.entity_names
        self.names: StringArray = np.concatenate([names, none])
        further = kg.further_names
        self.further: dict[int, list[str]] = {}
        if further is not None:
            for entity, name in zip(further.entities.tolist(), further.names, strict=True):
                self.further.setdefault(entity, []).append(name)
        self.attribute: dict[str, int] = {}
        self.literals = _Rows.of(kg.literals)
        if kg.literals is not None:
            kinds = kg.literals.attributes.tolist()
            self.attribute = {name: number for number, name in enumerate(kinds)}
        barred = kg.unlinkable
        old = np.zeros(kg.n_entities, np.bool_) if barred is None else barred
        self.barred = np.concatenate([old, np.zeros(len(new), np.bool_)])
        self.touched = np.zeros(len(self.entities), dtype=np.bool_)
        self.lost = np.zeros(len(self.entities), dtype=np.bool_)
        self.n_added = self.n_gone = self.n_missing = 0

    def take_away(self, gone: KnowledgeGraph, added: KnowledgeGraph | None) -> None:
        """Takes away what is said, unless it is said to be added as well."""
        own = self._numbered(gone)
        stays = np.zeros(len(own), dtype=np.bool_)
        if added is not None:
            stays = _among(self._numbered(added), own)
        there = _among(self.triples, own) & ~stays
        goes = _among(own[there], self.triples)
        self._lose(self.triples[goes][:, [0, 2]])
        self.triples = self.triples[~goes]
        self.n_gone += int(goes.sum())
        self.n_missing += int((~there & ~stays).sum())
        again = set() if added is None else set(self._facts(added))
        wanted = {fact for fact in self._facts(gone) if fact not in again}
        n_lost = self.literals.drop(wanted, self._lose)
        said = [] if added is None else self._named(added)
        names = [pair for pair in self._named(gone) if pair not in said]
        found = sum(self._forget(entity, name) for entity, name in names)
        self.n_gone += n_lost + found
        self.n_missing += len(wanted) - n_lost + len(names) - found

    def add(self, added: KnowledgeGraph) -> None:
        """Adds what is said and not known yet."""
        for name in added.relations.tolist():
            self.relation.setdefault(name, len(self.relation))
        own = self._numbered(added)
        new = own[~_among(self.triples, own)]
        self.triples = np.concatenate([self.triples, new])
        self.touched[new[:, [0, 2]]] = True
        facts = self.literals.add(self._facts(added, extend=True))
        self.touched[facts] = True
        names = sum(self._call(entity, name) for entity, name in self._named(added))
        if added.unlinkable is not None:
            places = np.array([self.position[name] for name in added.entities], dtype=np.int64)
            fresh = places >= self.kg.n_entities
            self.barred[places[fresh]] = added.unlinkable[fresh]
        self.n_added += len(new) + len(facts) + names

    def grown(self) -> GrownGraph:
        """The graph without entities, relations and attributes of which nothing is left."""
        kg, n = self.kg, len(self.entities)
        described = np.zeros(n, dtype=np.bool_)
        described[self.triples[:, [0, 2]]] = True
        described[self.literals.entities] = True
        described |= self.names != ""
        described[list(self.further)] = True
        kept = described | ~self.lost
        # One that was added without any statement, such as a lone blank node, says nothing.
        kept[kg.n_entities :] = described[kg.n_entities :]
        number = np.where(kept, np.cumsum(kept) - 1, -1)
        relations, triples = self._relations()
        triples[:, [0, 2]] = number[triples[:, [0, 2]]]
        barred = self.barred[kept]
        named = kg.entity_names is not None or bool((self.names != "").any())
        if kg.entity_names is None or not (kg.entity_names == "").all():
            named = bool((self.names != "").any())
        further = [(number[entity], name) for entity, own in self.further.items() for name in own]
        changed = replace(
            kg,
            entities=self.entities[kept],
            relations=relations,
            triples=triples.astype(np.int32),
            entity_names=self.names[kept] if named else None,
            literals=self.literals.made(number, list(self.attribute)),
            further_names=_further(further),
            unlinkable=barred if barred.any() else None,
        )
        notes = []
        if self.n_missing:
            what = counted(self.n_missing, "statement")
            notes.append(f"{kg.name}: {what} to be taken away not there")
        return GrownGraph(
            changed,
            number[: kg.n_entities].astype(np.int32),
            self.touched[kept],
            self.n_added,
            self.n_gone,
            tuple(notes),
        )

    def _relations(self) -> tuple[StringArray, IntArray]:
        """The relations that are used, or were never, and the triples in their numbers."""
        used = np.zeros(len(self.relation), dtype=np.bool_)
        used[self.triples[:, 1]] = True
        before = np.zeros(len(self.relation), dtype=np.bool_)
        before[self.kg.triples[:, 1]] = True
        kept = used | ~before
        kept[self.kg.n_relations :] = used[self.kg.n_relations :]
        triples = self.triples.copy()
        triples[:, 1] = (np.cumsum(kept) - 1)[triples[:, 1]]
        return strings(self.relation)[kept], triples

    def _numbered(self, part: KnowledgeGraph) -> IntArray:
        """(t, 3) the triples of a part in numbers of this graph; -1 for what it does not have."""
        entity = np.array([self.position.get(e, -1) for e in part.entities], dtype=np.int64)
        relation = np.array([self.relation.get(r, -1) for r in part.relations], dtype=np.int64)
        heads, relations, tails = part.triples.T
        return np.stack([entity[heads], relation[relations], entity[tails]], axis=1)

    def _facts(self, part: KnowledgeGraph, *, extend: bool = False) -> list[_Fact]:
        """The attribute triples of a part, in numbers of this graph."""
        literals = part.literals
        if literals is None:
            return []
        if extend:
            for name in literals.attributes.tolist():
                self.attribute.setdefault(name, len(self.attribute))
        entities, attributes = part.entities, literals.attributes
        return [
            (self.position.get(entities[e], -1), self.attribute.get(attributes[k], -1), v, t)
            for e, k, v, t in zip(
                literals.entities.tolist(),
                literals.kinds.tolist(),
                literals.values.tolist(),
                literals.types.tolist(),
                strict=True,
            )
        ]

    def _named(self, part: KnowledgeGraph) -> list[tuple[int, str]]:
        """The names of a part and whose they are, first names first."""
        pairs: list[tuple[str, str]] = []
        if part.entity_names is not None:
            pairs += zip(part.entities.tolist(), part.entity_names.tolist(), strict=True)
        if part.further_names is not None:
            of = part.entities[part.further_names.entities].tolist()
            pairs += zip(of, part.further_names.names.tolist(), strict=True)
        return [(self.position.get(entity, -1), name) for entity, name in pairs if name]

    def _call(self, entity: int, name: str) -> bool:
        """Gives an entity a name; whether it did not have it."""
        if not self.names[entity]:
            self.names[entity] = name
        elif name == self.names[entity] or name in self.further.get(entity, ()):
            return False
        else:
            self.further.setdefault(entity, []).append(name)
        self.touched[entity] = True
        return True

    def _forget(self, entity: int, name: str) -> bool:
        """Takes a name away from an entity; whether it had it."""
        if entity < 0:
            return False
        others = self.further.get(entity, [])
        if name == self.names[entity]:
            self.names[entity] = others.pop(0) if others else ""
        elif name in others:
            others.remove(name)
        else:
            return False
        if not others:
            self.further.pop(entity, None)
        self._lose(np.array([entity]))
        return True

    def _lose(self, entities: IntArray) -> None:
        self.touched[entities] = self.lost[entities] = True


_Fact = tuple[int, int, str, str]
"""Entity and attribute by number, value and type."""


class _Rows:
    """The attribute triples of a graph while they change; only those of a few entities are read."""

    def __init__(self, columns: Mapping[str, IntArray | StringArray]) -> None:
        self._columns = dict(columns)

    @classmethod
    def of(cls, literals: Literals | None) -> _Rows:
        none = np.empty(0, dtype=np.int64)
        if literals is None:
            empty = strings([])
            return cls({"entities": none, "kinds": none, "values": empty, "types": empty})
        return cls(
            {
                "entities": literals.entities.astype(np.int64),
                "kinds": literals.kinds.astype(np.int64),
                "values": literals.values,
                "types": literals.types,
            }
        )

    @property
    def entities(self) -> IntArray:
        return self._columns["entities"]

    def drop(self, facts: set[_Fact], lose: object) -> int:
        """Drops these; how many there were."""
        at = self._places(facts)
        assert callable(lose)
        lose(self.entities[at])
        kept = np.ones(len(self.entities), dtype=np.bool_)
        kept[at] = False
        self._columns = {name: column[kept] for name, column in self._columns.items()}
        return len(at)

    def add(self, facts: Sequence[_Fact]) -> IntArray:
        """Adds those that are not there; whose they are."""
        places = self._places(set(facts))
        known = {self._row(at) for at in places.tolist()}
        new = [fact for fact in dict.fromkeys(facts) if fact not in known]
        if not new:
            return np.empty(0, dtype=np.int64)
        entities, kinds, values, types = zip(*new, strict=True)
        more = {
            "entities": np.array(entities, dtype=np.int64),
            "kinds": np.array(kinds, dtype=np.int64),
            "values": strings(values),
            "types": strings(types),
        }
        self._columns = {
            name: np.concatenate([column, more[name]]) for name, column in self._columns.items()
        }
        return more["entities"]

    def made(self, number: IntArray, attributes: Sequence[str]) -> Literals | None:
        """The attribute triples with entities numbered anew, without attributes of none."""
        if not len(self.entities):
            return None
        used = np.zeros(len(attributes), dtype=np.bool_)
        used[self._columns["kinds"]] = True
        return Literals(
            strings(attributes)[used],
            number[self.entities].astype(np.int32),
            (np.cumsum(used) - 1)[self._columns["kinds"]].astype(np.int32),
            self._columns["values"],
            self._columns["types"],
        )

    def _places(self, facts: set[_Fact]) -> IntArray:
        """Where these are."""
        whose = np.array(sorted({fact[0] for fact in facts}), dtype=np.int64)
        near = np.flatnonzero(np.isin(self.entities, whose))
        return np.array([at for at in near.tolist() if self._row(at) in facts], dtype=np.int64)

    def _row(self, at: int) -> _Fact:
        columns = self._columns
        entity, kind = int(columns["entities"][at]), int(columns["kinds"][at])
        return entity, kind, str(columns["values"][at]), str(columns["types"][at])


def _among(rows: IntArray, asked: IntArray) -> BoolArray:
    """(m,) which of (m, 3) triples are among (t, 3) others; none with a number below 0 is."""
    known = (asked >= 0).all(axis=1)
    found = np.zeros(len(asked), dtype=np.bool_)
    both = np.concatenate([rows, asked[known]])
    ends, pair = np.unique(keys_of(both[:, 0], both[:, 2]), return_inverse=True)
    keys = keys_of(pair, both[:, 1])
    del ends
    found[known] = np.isin(keys[len(rows) :], keys[: len(rows)])
    return found


def _further(pairs: Sequence[tuple[int, str]]) -> FurtherNames | None:
    if not pairs:
        return None
    entities, names = zip(*sorted(pairs, key=lambda pair: pair[0]), strict=True)
    return FurtherNames(np.array(entities, dtype=np.int32), strings(names))
