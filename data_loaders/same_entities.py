"""Entities that a graph itself says are one, and those that it says are no longer in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from dualamn.data_loaders.statement_table import StatementTable
from dualamn.files.text import counted
from dualamn.kernels.arrays import BoolArray, IntArray, components

REDIRECTS = (
    "http://www.w3.org/2002/07/owl#sameAs",
    "http://dbpedia.org/ontology/wikiPageRedirects",
)
"""Properties that say of two entities of one graph that they are one."""
LONGEST_CHAIN = 20
"""A redirect to a redirect is followed so many times."""
_DEPRECATED = (
    "http://www.w3.org/2002/07/owl#deprecated",
    "http://www.geneontology.org/formats/oboInOwl#is_obsolete",
    "http://www.w3.org/2002/07/owl#DeprecatedClass",
    "http://www.w3.org/2002/07/owl#DeprecatedProperty",
)
"""Properties that say "true" of what is out of use, and its classes."""
_REPLACED = (
    "http://purl.org/dc/terms/isReplacedBy",
    "http://purl.obolibrary.org/obo/IAO_0100001",
)


def merge_same(
    table: StatementTable,
    same: Sequence[tuple[str, str]],
    numbers: Mapping[str, int],
    name: str,
    notes: list[str],
) -> tuple[StatementTable, dict[str, str], int]:
    """Joins entities that are stated to be the same, under the identifier with most statements;
    a blank node's only if there is no other.

    Args:
        same: pairs of identifiers.
        numbers: the number of every identifier that other statements are about.

    Returns:
        The table; other identifiers of its entities; and how many pairs said nothing of it, as one
        of the two is no entity of the graph.
    """
    pairs, unknown = list[tuple[int, int]](), dict[str, str]()
    elsewhere = 0
    for old, new in same:
        if old in numbers and new in numbers:
            pairs.append((numbers[old], numbers[new]))
        elif old not in numbers and old not in unknown:
            unknown[old] = new
        else:
            elsewhere += 1
    ends = np.concatenate([table.triples[:, 0], table.triples[:, 2], table.facts[:, 0]])
    n = len(table.entities)
    statements = np.bincount(ends, minlength=n)
    root = np.arange(n)
    if pairs:
        group = components(np.array(pairs, dtype=np.int64), n)
        order = np.lexsort((np.arange(n), -statements, table.is_blank))
        # Backwards, so that the first of a group is written last.
        kept = np.zeros(n, dtype=np.int64)
        kept[group[order[::-1]]] = order[::-1]
        root = kept[group]
    aliases = {table.entities[at]: table.entities[root[at]] for at in _moved(root)}
    for old in unknown:
        new, steps = old, 0
        while new in unknown and steps < LONGEST_CHAIN:
            new, steps = unknown[new], steps + 1
        if new in numbers:
            aliases[old] = table.entities[root[numbers[new]]]
        else:
            elsewhere += 1
    if aliases:
        notes.append(
            f"{name}: {counted(len(aliases), 'identifier')} that the graph says to be the same as "
            "another one, such as redirects, stand for that entity"
        )
    if not pairs:
        return table, aliases, elsewhere
    triples, facts = table.triples.copy(), table.facts.copy()
    was_loop = triples[:, 0] == triples[:, 2]
    triples[:, 0], triples[:, 2] = root[triples[:, 0]], root[triples[:, 2]]
    facts[:, 0] = root[facts[:, 0]]
    made_loop = (triples[:, 0] == triples[:, 2]) & ~was_loop
    return replace(table, triples=triples[~made_loop], facts=facts), aliases, elsewhere


def _moved(root: IntArray) -> list[int]:
    moved: list[int] = np.flatnonzero(root != np.arange(len(root))).tolist()
    return moved


def deprecated(
    table: StatementTable, name: str, notes: list[str]
) -> tuple[BoolArray, dict[str, str]]:
    """(n,) bool: entities out of use, and the identifiers of those that replace them."""
    gone = np.zeros(len(table.entities), dtype=bool)
    at = np.flatnonzero(table.facts_of(_DEPRECATED))
    said = [row for row in at.tolist() if table.values[row].strip().lower() in ("true", "1")]
    gone[table.facts[said, 0]] = True
    members, kinds, classes = table.classes
    gone[members[np.array([kind in _DEPRECATED for kind in classes], dtype=bool)[kinds]]] = True
    if not gone.any():
        return gone, {}
    rows = table.triples[table.of(_REPLACED)]
    rows = rows[gone[rows[:, 0]] & ~gone[rows[:, 2]]]
    replaced = dict(
        zip(table.entities[rows[:, 0]].tolist(), table.entities[rows[:, 2]].tolist(), strict=True)
    )
    by = f", {len(replaced):,} of them have one that replaces them" if replaced else ""
    notes.append(
        f"{name}: {counted(int(gone.sum()), 'deprecated entity', 'deprecated entities')} "
        f"get no links{by}"
    )
    return gone, replaced
