"""Nodes that stand for a statement, to say more about it, as the statements themselves.

- Reification of RDF: a node with rdf:subject, rdf:predicate and rdf:object.
- Wikibase, as in the dumps of Wikidata: an item leads by `p:P31` to a node, this by `ps:P31` to the
  value, and by `pq:P580` and others to qualifiers, rank and references
  (https://www.mediawiki.org/wiki/Wikibase/Indexing/RDF_Dump_Format).

As entities such nodes would outnumber the things that they are about, and stand between them.
"""

from __future__ import annotations

import re
from itertools import compress

import numpy as np

from dualamn.data_loaders.schema_terms import RDF
from dualamn.data_loaders.statement_table import StatementTable
from dualamn.files.text import counted
from dualamn.kernels.arrays import BoolArray, IntArray, StringArray

_SUBJECT, _PREDICATE, _OBJECT = (f"{RDF}{end}" for end in ("subject", "predicate", "object"))
_CLAIM = re.compile(r".*/prop/P[0-9]+")
_VALUE = re.compile(r"(.*/prop/)statement/(P[0-9]+)")
_PARTS = re.compile(r".*/prop/(?:statement|qualifier|reference)/value[a-z-]*/P[0-9]+")
_RANK = "http://wikiba.se/ontology#rank"
_DEPRECATED = "http://wikiba.se/ontology#DeprecatedRank"
_REFERENCE = "http://www.w3.org/ns/prov#wasDerivedFrom"


def plain_statements(table: StatementTable, name: str, notes: list[str]) -> StatementTable:
    """The table with a plain statement in place of every node that stands for one.

    What else is said of such a node is left out. So is a statement of Wikibase that is deprecated,
    or of a property of which the item has direct statements, as these are the preferred ones.
    """
    reified, wikibase = _reified(table), _claimed(table)
    is_node = (reified >= 0) | (wikibase >= 0)
    if not is_node.any():
        return table
    triples, facts = table.triples, table.facts
    is_part = _parts(table, is_node)
    gone = is_node | is_part

    out_of_use = np.zeros(len(table.entities), dtype=bool)
    ranked = triples[table.of([_RANK])]
    out_of_use[ranked[table.entities[ranked[:, 2]] == _DEPRECATED, 0]] = True
    # The property of every reified statement, as the number of an entity that names it.
    named = np.full(len(table.entities), -1, dtype=np.int64)
    said = triples[table.of([_PREDICATE])]
    named[said[:, 0]] = said[:, 2]

    def read(
        heads: IntArray, words: StringArray, kinds: IntArray, ends_reified: BoolArray
    ) -> tuple[BoolArray, IntArray, list[str]]:
        """Which rows give a statement, and its subject and property."""
        found = [_VALUE.fullmatch(word) for word in words]
        direct = [f"{m[1]}direct/{m[2]}" if m is not None else "" for m in found]
        is_value = np.array([bool(word) for word in direct], dtype=bool)
        by_wikibase = is_value[kinds] & (wikibase[heads] >= 0) & ~out_of_use[heads]
        by_rdf = ends_reified & (reified[heads] >= 0) & (named[heads] >= 0)
        owner = np.where(by_rdf, reified[heads], wikibase[heads])
        rows = by_wikibase | by_rdf
        properties = [
            table.entities[named[head]] if rdf else direct[kind]
            for head, kind, rdf in zip(
                heads[rows].tolist(), kinds[rows].tolist(), by_rdf[rows].tolist(), strict=True
            )
        ]
        return rows, owner[rows], properties

    rows, heads, relations = read(
        triples[:, 0], table.relations, triples[:, 1], table.of([_OBJECT])
    )
    tails = triples[rows, 2]
    cells, subjects, attributes = read(
        facts[:, 0], table.attributes, facts[:, 1], table.facts_of([_OBJECT])
    )
    # What is there as a direct statement was preferred, or is the same.
    stated = _stated(table)
    new = _is_new(heads, relations, stated) & ~gone[heads] & ~gone[tails]
    new_facts = _is_new(subjects, attributes, stated) & ~gone[subjects]
    left = table.keep(~(gone[triples[:, 0]] | gone[triples[:, 2]]), ~gone[facts[:, 0]])
    is_form = table.of([_SUBJECT, _PREDICATE]) | rows, table.is_type | cells
    rest = int((gone[triples[:, 0]] & ~is_form[0]).sum() + (gone[facts[:, 0]] & ~is_form[1]).sum())
    notes.append(
        f"{name}: {counted(int(is_node.sum()), 'node')} that stand for statements read as these, "
        f"{counted(rest, 'statement')} about them left out, such as qualifiers"
    )
    made = left.with_triples(
        heads[new],
        [word for word, is_new in zip(relations, new, strict=True) if is_new],
        tails[new],
    )
    return made.with_facts(
        subjects[new_facts],
        list(compress(attributes, new_facts.tolist())),
        table.values[cells][new_facts],
        table.types[cells][new_facts],
    )


def _reified(table: StatementTable) -> IntArray:
    """(n,) the subject of the statement that a node of RDF reification stands for, else -1."""
    found = np.full(len(table.entities), -1, dtype=np.int64)
    said = table.triples[table.of([_SUBJECT])]
    whole = np.zeros(len(table.entities), dtype=np.int64)
    for relations in ([_PREDICATE], [_OBJECT]):
        heads = [table.triples[table.of(relations), 0], table.facts[table.facts_of(relations), 0]]
        whole[np.unique(np.concatenate(heads))] += 1
    said = said[whole[said[:, 0]] == 2]
    found[said[:, 0]] = said[:, 2]
    return found


def _claimed(table: StatementTable) -> IntArray:
    """(n,) the item that the statement of Wikibase is about for which a node stands, else -1."""
    found = np.full(len(table.entities), -1, dtype=np.int64)
    said = table.triples[_fitting(_CLAIM, table.relations)[table.triples[:, 1]]]
    has_value = np.zeros(len(table.entities), dtype=bool)
    has_value[table.triples[_fitting(_VALUE, table.relations)[table.triples[:, 1]], 0]] = True
    has_value[table.facts[_fitting(_VALUE, table.attributes)[table.facts[:, 1]], 0]] = True
    said = said[has_value[said[:, 2]]]
    found[said[:, 2]] = said[:, 0]
    return found


def _parts(table: StatementTable, is_node: BoolArray) -> BoolArray:
    """(n,) bool: references and full values that only nodes of statements lead to."""
    leads = _fitting(_PARTS, table.relations)
    leads[table.relation(_REFERENCE)] = True
    triples = table.triples
    is_part = np.zeros(len(is_node), dtype=bool)
    for _ in range(2):  # references have full values too
        from_node = is_node[triples[:, 0]] | is_part[triples[:, 0]]
        is_part[triples[leads[triples[:, 1]] & from_node, 2]] = True
        is_part[triples[~from_node, 2]] = False
    return is_part


def _stated(table: StatementTable) -> set[tuple[int, str]]:
    """Entities and those of their properties that are direct ones of Wikibase."""
    stated: set[tuple[int, str]] = set()
    for rows, words in ((table.triples, table.relations), (table.facts, table.attributes)):
        is_direct = np.array(["/prop/direct/" in word for word in words], dtype=bool)
        chosen = rows[is_direct[rows[:, 1]]]
        stated.update(
            (head, words[kind]) for head, kind in zip(*chosen[:, :2].T.tolist(), strict=True)
        )
    return stated


def _is_new(heads: IntArray, words: list[str], stated: set[tuple[int, str]]) -> BoolArray:
    rows = zip(heads.tolist(), words, strict=True)
    return np.array([row not in stated for row in rows], dtype=bool)


def _fitting(pattern: re.Pattern[str], words: StringArray) -> BoolArray:
    return np.array([pattern.fullmatch(word) is not None for word in words], dtype=bool)
