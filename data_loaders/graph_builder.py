"""Puts a graph together from statements: triples, attribute triples, names."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import replace
from itertools import compress

import numpy as np

from dualamn.data_loaders.axioms import plain_axioms
from dualamn.data_loaders.name_statements import name_statements
from dualamn.data_loaders.naming import STEP, choose_names
from dualamn.data_loaders.same_entities import deprecated, merge_same
from dualamn.data_loaders.schema_terms import is_vocabulary, who_is_no_entity
from dualamn.data_loaders.statement_nodes import plain_statements
from dualamn.data_loaders.statement_table import IRI_TYPE, StatementTable
from dualamn.files.rdf import Reading
from dualamn.files.string_tables import StringTable
from dualamn.files.text import counted
from dualamn.graphs.knowledge_graph import KnowledgeGraph, Literals, Numbers, distinct_rows
from dualamn.kernels.arrays import BoolArray, IntArray, StringArray, strings

SAME = "say that two entities are the same, which is no triple of the graph; as --links they are"
HUB_SHARE, HUB_LEAST = 0.1, 1000
"""An object without statements is a value if one relation leads to it from so many subjects."""


class GraphBuilder:
    """Collects the statements of one graph, in numbers; readers append to its columns.

    Attributes:
        entities, relations, attributes: the number of every identifier so far.
        triples: head, relation and tail columns of statements about two entities.
        literals: entity and attribute columns of attribute triples, in the order of `values`.
        values, types: their values and types, see `Literals`.
        same: pairs of identifiers that are stated to be one entity.
        skipped: why statements were left out, and how many.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.entities, self.relations, self.attributes = Numbers(), Numbers(), Numbers()
        self.triples = array("i"), array("i"), array("i")
        self.literals = array("i"), array("i")
        self.values: list[str] = []
        self.types: list[str] = []
        self.same: list[tuple[str, str]] = []
        self.skipped: Counter[str] = Counter()
        self.n_typed = 0

    def add_table(self, table: StringTable) -> None:
        """Adds triples of strings; relations that the user names as labels give names."""
        columns = table.columns
        ends = {label.rpartition(STEP)[2] for label in self._reading.labels}
        labels = ends.intersection(columns[1])
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
        table = StatementTable(
            strings(self.entities),
            strings(self.relations),
            strings(self.attributes),
            _table(*self.triples),
            _table(*self.literals),
            strings(self.values),
            strings(self.types),
        )
        table = plain_statements(plain_axioms(table, name, notes), name, notes)
        table, aliases, apart = merge_same(table, self.same, self.entities, name, notes)
        self.skipped[SAME] += apart
        table = _distinct(table, name, notes)
        if hubs:
            table = _without_hubs(table, name, notes)
        table = _without_vocabulary(table, name, notes)
        is_out, terms = who_is_no_entity(table, self._reading.entities, name, notes)
        out_of_use, replaced = deprecated(table, name, notes)
        is_out |= out_of_use
        table, naming = name_statements(
            table, ~is_out, terms & ~is_out, self._reading.labels, name, notes
        )
        # What is said of who gets no links would make pairs of equal values.
        says = ~is_out[table.facts[:, 0]] | table.is_type
        table, naming = table.keep(np.ones(len(table.triples), dtype=bool), says), naming[says]
        table, naming = _without_lone_blanks(table, naming, name, notes)

        ends = np.concatenate([table.triples[:, 0], table.triples[:, 2], table.facts[:, 0]])
        used, ends = _used(ends, len(table.entities))
        triples, facts = table.triples.copy(), table.facts.copy()
        triples[:, 0], triples[:, 2], facts[:, 0] = np.split(ends, np.cumsum([len(triples)] * 2))
        entities, is_out = table.entities[used], is_out[used]
        self._add_notes(name, notes, entities)
        used, triples[:, 1] = _used(triples[:, 1], len(table.relations))
        at = np.flatnonzero(naming >= 0)
        names, further = choose_names(
            len(entities),
            facts[at],
            naming[at],
            table.values[at],
            table.types[at],
            self._reading.language,
        )
        return KnowledgeGraph(
            name,
            entities,
            table.relations[used],
            triples.astype(np.int32),
            names,
            _literals(facts, table, naming < 0),
            further,
            is_out if is_out.any() else None,
            _aliases({**replaced, **aliases}, entities),
        )

    def _add_notes(self, name: str, notes: list[str], entities: StringArray) -> None:
        if self.n_typed:
            notes.append(
                f"{name}: {counted(self.n_typed, 'rdf:type statement')} kept as "
                "attribute triples: classes are no entities"
            )
        for why, count in (+self.skipped).items():
            notes.append(f"{name}: {counted(count, 'statement')} {why}")
        if blank := sum(entity.startswith("_:") for entity in entities):
            notes.append(
                f"{name}: {counted(blank, 'blank node')} count as neighbours, but get no links"
            )


def _table(*columns: array[int]) -> IntArray:
    rows = np.stack([np.frombuffer(column, dtype=np.int32) for column in columns], axis=1)
    return rows.astype(np.int64)


def _first_of_each(facts: IntArray, values: StringArray, types: StringArray) -> IntArray:
    """Positions of the attribute triples that say something new, ascending."""
    if not len(values):
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


def _distinct(table: StatementTable, name: str, notes: list[str]) -> StatementTable:
    """The table with every statement once."""
    triples = distinct_rows(table.triples)
    if repeated := len(table.triples) - len(triples):
        notes.append(f"{name}: {counted(repeated, 'repeated triple')} merged")
    once = _first_of_each(table.facts, table.values, table.types)
    if repeated := len(table.facts) - len(once):
        notes.append(f"{name}: {counted(repeated, 'repeated attribute triple')} merged")
        table = replace(
            table, facts=table.facts[once], values=table.values[once], types=table.types[once]
        )
    return table if triples is table.triples else replace(table, triples=triples)


def _without_hubs(table: StatementTable, name: str, notes: list[str]) -> StatementTable:
    """The table with triples to objects that only classify as attribute triples."""
    moved = _hubs(table.triples, table.facts[:, 0], len(table.entities))
    if not moved.any():
        return table
    gone = table.triples[moved]
    classes = len(np.unique(gone[:, 2]))
    notes.append(
        f"{name}: {counted(classes, 'object')} that {counted(len(gone), 'triple')} lead to "
        "and none leads away from "
        + ("is taken for a value" if classes == 1 else "are taken for values")
    )
    return table.keep(~moved, np.ones(len(table.facts), dtype=bool)).with_facts(
        gone[:, 0],
        table.relations[gone[:, 1]].tolist(),
        table.entities[gone[:, 2]],
        strings([IRI_TYPE] * len(gone)),
    )


def _without_vocabulary(table: StatementTable, name: str, notes: list[str]) -> StatementTable:
    """The table without triples that end in a term of RDF, OWL and the like, as owl:Thing."""
    ends = is_vocabulary(table)[table.triples[:, 2]]
    if not ends.any():
        return table
    notes.append(
        f"{name}: {counted(int(ends.sum()), 'triple')} that lead to terms of RDF, OWL and the "
        "like left out"
    )
    return table.keep(~ends, np.ones(len(table.facts), dtype=bool))


def _without_lone_blanks(
    table: StatementTable, naming: IntArray, name: str, notes: list[str]
) -> tuple[StatementTable, IntArray]:
    """The table without blank nodes that are nobody's neighbour, as they get no links either."""
    lone = table.is_blank.copy()
    lone[table.triples[:, [0, 2]]] = False
    goes = lone[table.facts[:, 0]]
    if not goes.any():
        return table, naming
    count = len(np.unique(table.facts[goes, 0]))
    notes.append(f"{name}: {counted(count, 'blank node')} in no triple left out")
    kept = ~goes
    return table.keep(np.ones(len(table.triples), dtype=bool), kept), naming[kept]


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


def _used(numbers: IntArray, n: int) -> tuple[BoolArray, IntArray]:
    """(n,) bool those of n things that numbers point to, and the numbers among these."""
    used = np.zeros(n, dtype=bool)
    used[numbers] = True
    return used, (np.cumsum(used) - 1)[numbers]


def _aliases(aliases: dict[str, str], entities: StringArray) -> dict[str, str] | None:
    """Other identifiers of what is still an entity."""
    known = set(entities) if aliases else set()
    return {other: own for other, own in aliases.items() if own in known} or None


def _literals(facts: IntArray, table: StatementTable, rest: BoolArray) -> Literals | None:
    """The attribute triples that give no names, whose entities have the numbers in `facts`."""
    if not rest.any():
        return None
    used, kinds = _used(facts[rest, 1], len(table.attributes))
    return Literals(
        table.attributes[used],
        facts[rest, 0].astype(np.int32),
        kinds.astype(np.int32),
        table.values[rest],
        table.types[rest],
    )
