"""Puts a graph together from statements: triples, attribute triples, names."""

from __future__ import annotations

from array import array
from collections import Counter
from itertools import compress

import numpy as np

from dualamn.files.rdf import Reading
from dualamn.files.string_tables import StringTable
from dualamn.files.text import counted
from dualamn.graphs.knowledge_graph import KnowledgeGraph, Literals, Numbers, distinct_rows
from dualamn.kernels.arrays import BoolArray, IntArray, StringArray, strings

IRI_TYPE = "http://www.w3.org/2001/XMLSchema#anyURI"
"""The datatype of attribute values that are IRIs."""
HUB_SHARE, HUB_LEAST = 0.1, 1000
"""An object without statements is a value if one relation leads to it from so many subjects."""


class GraphBuilder:
    """Collects the statements of one graph, in numbers; readers append to its columns.

    Attributes:
        entities, relations, attributes: the number of every identifier so far.
        triples: head, relation and tail columns of statements about two entities.
        literals: entity and attribute columns of attribute triples, in the order of `values`.
        values, types: their values and types, see `Literals`.
        skipped: why statements were left out, and how many.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.entities, self.relations, self.attributes = Numbers(), Numbers(), Numbers()
        self.triples = array("i"), array("i"), array("i")
        self.literals = array("i"), array("i")
        self.values: list[str] = []
        self.types: list[str] = []
        self.skipped: Counter[str] = Counter()
        self.n_typed = 0

    def add_table(self, table: StringTable) -> None:
        """Adds triples of strings; relations that the user names as labels give names."""
        columns = table.columns
        labels = set(self._reading.labels).intersection(columns[1])
        if labels:
            is_label = [relation in labels for relation in columns[1]]
            for head, relation, value in compress(zip(*columns, strict=True), is_label):
                self.literals[0].append(self.entities[head])
                self.literals[1].append(self.attributes[relation])
                self.values.append(value)
                self.types.append("")
            rest = [not label for label in is_label]
            columns = tuple(list(compress(column, rest)) for column in columns)
        numbers = (self.entities, self.relations, self.entities)
        # Heads are numbered before tails, whatever line they are on.
        for at in (0, 2, 1):
            self.triples[at].extend(map(numbers[at].__getitem__, columns[at]))

    def graph(self, name: str, notes: list[str], *, hubs: bool) -> KnowledgeGraph:
        """The graph of all that was collected; what was merged or skipped goes to `notes`.

        With `hubs`, objects that only classify become attribute values.
        """
        triples, facts = _table(*self.triples), _table(*self.literals)
        values, types, entities = strings(self.values), strings(self.types), strings(self.entities)
        distinct = distinct_rows(triples)
        if repeated := len(triples) - len(distinct):
            notes.append(f"{name}: {counted(repeated, 'repeated triple')} merged")
        triples = distinct
        once = _first_of_each(facts, self.values, self.types)
        if repeated := len(facts) - len(once):
            notes.append(f"{name}: {counted(repeated, 'repeated attribute triple')} merged")
            facts, values, types = facts[once], values[once], types[once]
        if hubs and (moved := _hubs(triples, facts[:, 0], len(entities))).any():
            gone, triples = triples[moved], triples[~moved]
            relations = list(self.relations)
            number = {at: self.attributes[relations[at]] for at in np.unique(gone[:, 1]).tolist()}
            kinds = [number[relation] for relation in gone[:, 1].tolist()]
            facts = np.concatenate([facts, np.stack([gone[:, 0], kinds], axis=1)])
            values = np.concatenate([values, entities[gone[:, 2]]])
            types = np.concatenate([types, strings([IRI_TYPE] * len(gone))])
            classes = len(np.unique(gone[:, 2]))
            notes.append(
                f"{name}: {counted(classes, 'object')} that {counted(len(gone), 'triple')} lead to "
                "and none leads away from "
                + ("is taken for a value" if classes == 1 else "are taken for values")
            )
        ends = np.concatenate([triples[:, 0], triples[:, 2], facts[:, 0]])
        entities, ends = _used(ends, entities)
        triples[:, 0], triples[:, 2], facts[:, 0] = np.split(ends, np.cumsum([len(triples)] * 2))
        relation_names, triples[:, 1] = _used(triples[:, 1], strings(self.relations))
        attributes = strings(self.attributes)
        names, rest = _choose_names(len(entities), facts, values, types, attributes, self._reading)
        self._add_notes(name, notes, entities)
        literals = None
        if rest.any():
            attributes, kinds_left = _used(facts[rest, 1], attributes)
            subjects = facts[rest, 0].astype(np.int32)
            literals = Literals(
                attributes, subjects, kinds_left.astype(np.int32), values[rest], types[rest]
            )
        return KnowledgeGraph(
            name, entities, relation_names, triples.astype(np.int32), names, literals
        )

    def _add_notes(self, name: str, notes: list[str], entities: StringArray) -> None:
        if self.n_typed:
            notes.append(
                f"{name}: {counted(self.n_typed, 'rdf:type statement')} kept as "
                "attribute triples: classes are no entities"
            )
        for why, count in self.skipped.items():
            notes.append(f"{name}: {counted(count, 'statement')} {why}")
        if blank := sum(entity.startswith("_:") for entity in entities):
            notes.append(
                f"{name}: {counted(blank, 'blank node')} count as neighbours, but get no links"
            )


def _table(*columns: array[int]) -> IntArray:
    rows = np.stack([np.frombuffer(column, dtype=np.int32) for column in columns], axis=1)
    return rows.astype(np.int64)


def _first_of_each(facts: IntArray, values: list[str], types: list[str]) -> IntArray:
    """Positions of the attribute triples that say something new, ascending."""
    if not values:
        return np.zeros(0, dtype=np.int64)
    key = facts[:, 0] * (facts[:, 1].max() + 1) + facts[:, 1]
    order = np.argsort(key, kind="stable")
    same = np.append(np.diff(key[order]) == 0, False)
    # Only where an entity has several values of an attribute can one repeat.
    several = order[same | np.roll(same, 1)].tolist()
    seen: set[tuple[int, str, str]] = set()
    new = np.ones(len(values), dtype=bool)
    for at, number in zip(several, key[several].tolist(), strict=True):
        entry = (number, values[at], types[at])
        new[at] = entry not in seen
        seen.add(entry)
    return np.flatnonzero(new)


def _hubs(rows: IntArray, subjects: IntArray, n: int) -> BoolArray:
    """(t,) bool: triples whose tail is no subject itself and as common as a class."""
    is_subject = np.zeros(n, dtype=bool)
    is_subject[rows[:, 0]] = True
    is_subject[subjects] = True
    key = rows[:, 1] * n + rows[:, 2]
    _, inverse, count = np.unique(key, return_inverse=True, return_counts=True)
    common = count >= max(HUB_LEAST, HUB_SHARE * is_subject.sum())
    chosen: BoolArray = common[inverse] & ~is_subject[rows[:, 2]]
    return chosen


def _used(numbers: IntArray, names: StringArray) -> tuple[StringArray, IntArray]:
    """Those of some names that numbers point to, and the numbers among these."""
    used = np.zeros(len(names), dtype=bool)
    used[numbers] = True
    return names[used], (np.cumsum(used) - 1)[numbers]


def _choose_names(
    n: int,
    facts: IntArray,
    values: StringArray,
    types: StringArray,
    attributes: StringArray,
    reading: Reading,
) -> tuple[StringArray | None, BoolArray]:
    """(n,) the name of every entity, and (t,) bool which attribute triples gave none.

    The preferred property decides first, then the language, then which came first.
    """
    order = reading.label_order
    place = np.array([order.get(attribute, -1) for attribute in attributes], dtype=np.int64)
    place = place[facts[:, 1]]
    rest = np.ones(len(values), dtype=bool)
    at = np.array([i for i in np.flatnonzero(place >= 0) if values[i].strip()], dtype=np.int64)
    if not len(at):
        return None, rest
    ranks = {kind: _language_rank(kind, reading.language) for kind in set(types[at])}
    language = np.array([ranks[kind] for kind in types[at]])
    best = at[np.lexsort((at, language, place[at], facts[at, 0]))]
    _, first = np.unique(facts[best, 0], return_index=True)
    chosen = best[first]
    rest[chosen] = False
    names = np.full(n, "", dtype=object)
    names[facts[chosen, 0]] = values[chosen]
    return names, rest


def _language_rank(kind: str, wanted: str | None) -> int:
    """How well the language of a name fits, 0 is best."""
    tag = kind.lower()
    choices = [f"@{language}" for language in dict.fromkeys((wanted or "en", "en"))]
    for at, choice in enumerate(choices):
        if tag == choice:
            return 2 * at
        if tag.startswith(f"{choice}-"):
            return 2 * at + 1
    return 4 if tag == "" else 5
