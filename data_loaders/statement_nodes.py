"""Statements that are nodes with qualifiers and references: what they state, plainly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualamn.data_loaders.schema_terms import RDF, WIKIBASE
from dualamn.data_loaders.statement_table import StatementTable
from dualamn.files.text import counted
from dualamn.kernels.arrays import BoolArray, IntArray

_VALUE_OF, _LEADS_TO = "/prop/statement/", "/prop/"
"""Relations of Wikibase: from a statement node to its value, and from an item to the node."""
_PARTS = ("Statement", "Reference", "TimeValue", "QuantityValue", "GlobecoordinateValue")


@dataclass(frozen=True, eq=False)
class _Nodes:
    """Nodes that are statements: (n,) bool which they are, of whom, and by which property.

    Attributes:
        owner: (n,) the entity that a statement is about, -1 for none.
        says: (t,) bool and (f,) bool: triples and attribute triples with the value of one.
    """

    is_node: BoolArray
    owner: IntArray
    says: tuple[BoolArray, BoolArray]


def plain_statements(table: StatementTable, name: str, notes: list[str]) -> StatementTable:
    """The table with nodes of Wikibase and of reification as the statements that they stand for.

    What a graph says without a node too is not said twice. Deprecated statements, qualifiers and
    references are left out.
    """
    relations = table.relations.tolist()
    words = np.array([_VALUE_OF in relation for relation in relations], dtype=bool)
    wikibase, reified = _of_wikibase(table, words), _of_reification(table)
    is_node = wikibase.is_node | reified.is_node
    if not is_node.any():
        return table
    triples, facts = table.triples, table.facts
    n = len(table.entities)
    left = table.keep(~(is_node[triples[:, 0]] | is_node[triples[:, 2]]), ~is_node[facts[:, 0]])
    made, count = left, 0
    for nodes in (wikibase, reified):
        rows = triples[nodes.says[0]]
        heads, tails = nodes.owner[rows[:, 0]], rows[:, 2]
        known = np.isin(heads * n + tails, left.triples[:, 0] * n + left.triples[:, 2])
        kept = (heads >= 0) & ~is_node[tails] & ~known
        by = _properties(table, nodes, rows, kept)
        made = made.with_triples(heads[kept], by, tails[kept])
        count += int(kept.sum())
        at = np.flatnonzero(nodes.says[1])
        heads = nodes.owner[facts[at, 0]]
        involved = np.zeros(n, dtype=bool)
        involved[heads[heads >= 0]] = True
        pairs = involved[left.facts[:, 0]]
        said = set(zip(left.facts[pairs, 0].tolist(), left.values[pairs], strict=True))
        new = [pair not in said for pair in zip(heads.tolist(), table.values[at], strict=True)]
        kept = (heads >= 0) & np.array(new, dtype=bool)
        by = _properties(table, nodes, facts[at], kept, of_facts=True)
        made = made.with_facts(heads[kept], by, table.values[at[kept]], table.types[at[kept]])
        count += int(kept.sum())
    notes.append(
        f"{name}: {counted(int(is_node.sum()), 'node')} of statements read as what they state, "
        f"{count:,} of it said nowhere else; qualifiers and references left out"
    )
    return made


def _of_wikibase(table: StatementTable, is_value: BoolArray) -> _Nodes:
    n = len(table.entities)
    of_attribute = np.array([_VALUE_OF in name for name in table.attributes], dtype=bool)
    says = is_value[table.triples[:, 1]], of_attribute[table.facts[:, 1]]
    is_node = np.zeros(n, dtype=bool)
    is_node[table.triples[says[0], 0]] = True
    is_node[table.facts[says[1], 0]] = True
    members, kinds, names = table.classes
    parts = {WIKIBASE + part for part in _PARTS}
    is_node[members[np.array([kind in parts for kind in names], dtype=bool)[kinds]]] = True
    owner = np.full(n, -1, dtype=np.int64)
    leads = np.array([_LEADS_TO in name for name in table.relations], dtype=bool)
    rows = table.triples[leads[table.triples[:, 1]]]
    rows = rows[is_node[rows[:, 2]] & ~is_node[rows[:, 0]]]
    owner[rows[:, 2]] = rows[:, 0]
    ranked = table.triples[table.of([f"{WIKIBASE}rank"])]
    deprecated = np.flatnonzero(table.entities == f"{WIKIBASE}DeprecatedRank")
    owner[ranked[np.isin(ranked[:, 2], deprecated), 0]] = -1
    return _Nodes(is_node, owner, says)


def _of_reification(table: StatementTable) -> _Nodes:
    n = len(table.entities)
    owner = np.full(n, -1, dtype=np.int64)
    rows = table.triples[table.of([f"{RDF}subject"])]
    owner[rows[:, 0]] = rows[:, 2]
    says = table.of([f"{RDF}object"]), table.facts_of([f"{RDF}object"])
    is_node = owner >= 0
    is_node[table.triples[table.of([f"{RDF}predicate"]), 0]] = True
    return _Nodes(is_node, np.where(_predicate(table) >= 0, owner, -1), says)


def _predicate(table: StatementTable) -> IntArray:
    """(n,) the property of a reified statement, as the number of an entity; -1 of others."""
    found = np.full(len(table.entities), -1, dtype=np.int64)
    rows = table.triples[table.of([f"{RDF}predicate"])]
    found[rows[:, 0]] = rows[:, 2]
    return found


def _properties(
    table: StatementTable,
    nodes: _Nodes,
    rows: IntArray,
    kept: BoolArray,
    *,
    of_facts: bool = False,
) -> list[str]:
    """The property of each statement that is kept: of reification, what the node says."""
    names = table.attributes if of_facts else table.relations
    predicate = _predicate(table)[rows[kept, 0]]
    own = names[rows[kept, 1]]
    stated = table.entities[np.where(predicate >= 0, predicate, 0)]
    return np.where(predicate >= 0, stated, own).tolist() if len(own) else []
