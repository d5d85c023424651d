"""Axioms of OWL and lists of RDF, whose nodes are only a way to write them, as plain triples."""

from __future__ import annotations

import numpy as np

from dualamn.data_loaders.schema_terms import OWL, RDF, SUB_CLASS
from dualamn.data_loaders.statement_table import StatementTable
from dualamn.files.text import counted
from dualamn.kernels.arrays import BoolArray, IntArray, strings

_FIRST, _REST = f"{RDF}first", f"{RDF}rest"
_ON = f"{OWL}onProperty"
_FILLERS = tuple(OWL + name for name in ("someValuesFrom", "allValuesFrom", "hasValue", "onClass"))
_IS_A = (SUB_CLASS, f"{OWL}equivalentClass")
_ALL_OF = f"{OWL}intersectionOf"
_UNSAID = tuple(
    OWL + name
    for name in (
        "unionOf",
        "oneOf",
        "complementOf",
        "members",
        "distinctMembers",
        "disjointUnionOf",
        "propertyChainAxiom",
        "hasKey",
        "withRestrictions",
        "onProperties",
    )
)
"""Lists of these say nothing of each member that a triple could."""


def plain_axioms(table: StatementTable, name: str, notes: list[str]) -> StatementTable:
    """The table without nodes of axioms and lists.

    A class that is a subclass of a restriction of property p to some, all or the value X gets the
    triple (class, p, X); a member of an intersection is a class above it. A list becomes one
    statement for each member. What cannot be said so, such as unions, is left out.
    """
    is_form = _forms(table)
    if not is_form.any():
        return table
    triples, facts = table.triples, table.facts
    owner, on = _owners(table, is_form), _properties(table)
    subject, relation = _lists(table, is_form, owner, on)

    filled = triples[table.of(_FILLERS)]
    listed = triples[table.of([_FIRST])]
    heads = np.concatenate([owner[filled[:, 0]], subject[listed[:, 0]]])
    by = np.concatenate([on[filled[:, 0]], relation[listed[:, 0]]])
    tails = np.concatenate([filled[:, 2], listed[:, 2]])
    kept = (heads >= 0) & (by >= 0) & ~is_form[tails]

    literal = table.facts_of([_FIRST, f"{OWL}hasValue"])
    cells = facts[literal, 0]
    of = np.where(on[cells] >= 0, owner[cells], subject[cells])
    literal_by = np.where(on[cells] >= 0, on[cells], relation[cells])
    said = (of >= 0) & (literal_by >= 0)

    words = np.concatenate([table.entities, table.relations, strings([SUB_CLASS])])
    notes.append(
        f"{name}: {counted(int(is_form.sum()), 'node')} of axioms and lists read as "
        f"{counted(int(kept.sum() + said.sum()), 'statement')} about what they join"
    )
    left = table.keep(
        ~(is_form[triples[:, 0]] | is_form[triples[:, 2]] | table.of([_FIRST, _REST])),
        ~is_form[facts[:, 0]],
    )
    made = left.with_triples(heads[kept], words[by[kept]].tolist(), tails[kept])
    values, types = table.values[literal][said], table.types[literal][said]
    return made.with_facts(of[said], words[literal_by[said]].tolist(), values, types)


def _forms(table: StatementTable) -> BoolArray:
    """(n,) bool: nodes that write an axiom or a list."""
    forms = np.zeros(len(table.entities), dtype=bool)
    triples = table.triples
    forms[triples[table.of([_ON, _FIRST, _REST, *_FILLERS, f"{OWL}annotatedSource"]), 0]] = True
    literal_lists = table.facts[table.facts_of([_FIRST]), 0]
    forms[literal_lists] = True
    expressed = triples[table.of([_ALL_OF, *_UNSAID]), 0]
    forms[expressed[table.is_blank[expressed]]] = True
    members, kinds, names = table.classes
    is_owl = np.array([kind.startswith(OWL) for kind in names], dtype=bool)
    declared = members[is_owl[kinds]]
    nameless = declared[table.is_blank[declared]]
    things = {f"{OWL}Thing", f"{OWL}NamedIndividual"}
    a_thing = members[np.array([kind in things for kind in names], dtype=bool)[kinds]]
    kept = forms[a_thing]
    forms[nameless] = True
    forms[a_thing] = kept
    return forms


def _owners(table: StatementTable, is_form: BoolArray) -> IntArray:
    """(n,) the class that a node's axiom is about, -1 for none; of all but forms themselves."""
    parent = np.arange(len(table.entities))
    parent[is_form] = -1
    for relations in (_IS_A, (_ALL_OF, _FIRST, _REST, *_FILLERS)):
        rows = table.triples[table.of(relations)]
        rows = rows[is_form[rows[:, 2]]]
        parent[rows[:, 2]] = rows[:, 0]
    return _roots(parent)


def _roots(parent: IntArray) -> IntArray:
    """(n,) where the way up ends: at what is its own parent, or at -1 where it breaks off."""
    for _ in range(max(1, len(parent)).bit_length()):
        up = np.where(parent < 0, -1, parent[parent])
        if (up == parent).all():
            return up
        parent = up
    # What still moves goes round in a circle.
    return np.where(parent[parent] == parent, parent, -1)


def _properties(table: StatementTable) -> IntArray:
    """(n,) the property of a restriction, as the number of an entity; -1 of others."""
    found = np.full(len(table.entities), -1, dtype=np.int64)
    said = table.triples[table.of([_ON])]
    said = said[~table.is_blank[said[:, 2]]]
    found[said[:, 0]] = said[:, 2]
    return found


def _lists(
    table: StatementTable, is_form: BoolArray, owner: IntArray, on: IntArray
) -> tuple[IntArray, IntArray]:
    """Of the cells of lists, (n,) whose list it is, and (n,) by which relation; -1 for neither.

    Relations are numbered as in entities, relations and `SUB_CLASS`, one after another.
    """
    n = len(table.entities)
    parent = np.arange(n)
    rest = table.triples[table.of([_REST])]
    parent[rest[:, 2]] = rest[:, 0]
    head = _roots(parent)
    subject, relation = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    leads = table.triples[~table.of([_FIRST, _REST, *_UNSAID])]
    leads = leads[is_form[leads[:, 2]]]
    subject[leads[:, 2]] = np.where(is_form[leads[:, 0]], owner[leads[:, 0]], leads[:, 0])
    relation[leads[:, 2]] = n + leads[:, 1]
    # Members of an intersection are above its class, or what the class has some of.
    filler = np.full(n, -1, dtype=np.int64)
    filled = table.triples[table.of(_FILLERS)]
    filler[filled[:, 2]] = on[filled[:, 0]]
    both = table.triples[table.of([_ALL_OF])]
    above = n + len(table.relations)
    relation[both[:, 2]] = np.where(filler[both[:, 0]] >= 0, filler[both[:, 0]], above)
    known = head >= 0
    return np.where(known, subject[head], -1), np.where(known, relation[head], -1)
