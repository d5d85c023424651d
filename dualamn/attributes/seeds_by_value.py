"""Pseudo-seeds by value: rare values of properties that have more in common than chance gives."""

from __future__ import annotations

import numpy as np

from dualamn.attributes.facts import Facts, distinct
from dualamn.attributes.pseudo_seeds import VALUES_BY_CHANCE
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array, IntArray, expand
from dualamn.matching.pairs import mutual

_LEAST = 10  # values that two properties must have in common
_MOST_PROPERTIES = 10  # that a value may be of: what more have is a word of the language


def find_seeds_by_value(task: AlignmentTask, facts: Facts) -> Int32Array:
    """Pairs of entities with a value that nobody else in either graph has of that property.

    Two properties are compared only if they have more such values in common than chance explains,
    as entities of one graph with equal values show it (birthdays have some). Where the values of
    an entity point to several others, most values win, and ties are no pairs.

    Returns:
        (m, 2) int32 joint ids, no entity in two pairs of the same two graphs.
    """
    links = [np.empty((0, 2), dtype=np.int32)]
    for left, right in task.kg_pairs:
        rows, columns = _sharing(facts, left, right)
        keys, votes = np.unique(rows * task.n_entities + columns, return_counts=True)
        ends = np.divmod(keys, task.n_entities)
        chosen = mutual(*ends, votes.astype(np.float64))
        links.append(np.stack([end[chosen] for end in ends], axis=1).astype(np.int32))
    return np.concatenate(links)


def _sharing(facts: Facts, left: int, right: int) -> tuple[IntArray, IntArray]:
    """Entities that have a rare value of believable properties in common, once for each value."""
    (one, a, key), (other, b, wanted) = (_only_holders(facts, kg) for kg in (left, right))
    first = np.searchsorted(wanted, key)
    owner, place = expand(first, np.searchsorted(wanted, key, side="right") - first)
    q = len(facts.graph)
    couple, which, count = np.unique(
        a[owner] * q + b[place], return_inverse=True, return_counts=True
    )
    size = np.bincount(facts.has[:, 1], minlength=q).astype(np.float64)
    # One repeat more than seen: none at all proves little of a property that few have.
    often = (facts.repeats + 1) / np.maximum(size * (size - 1), 1)
    ends = np.divmod(couple, max(q, 1))
    expected = np.prod([np.sqrt(often[end]) * size[end] for end in ends], axis=0)
    good = (count >= _LEAST) & (expected <= VALUES_BY_CHANCE * count)
    kept = good[which]
    # A value counts once for a pair, under however many properties.
    rows = distinct(np.stack([one[owner[kept]], other[place[kept]], key[owner[kept]]], axis=1))
    return rows[:, 0], rows[:, 1]


def _only_holders(facts: Facts, kg: int) -> tuple[IntArray, IntArray, IntArray]:
    """Entity, property and long value, ascending by value, where nobody else of a graph has it."""
    chosen = (facts.graph[facts.prop] == kg) & facts.long[facts.key]
    entity, prop, key = facts.entity[chosen], facts.prop[chosen], facts.key[chosen]
    q = max(len(facts.graph), 1)
    cells, which, count = np.unique(key * q + prop, return_inverse=True, return_counts=True)
    properties = np.bincount(cells // q)
    alone = (count[which] == 1) & (properties[key] <= _MOST_PROPERTIES) if len(key) else count > 0
    order = np.flatnonzero(alone)
    order = order[np.argsort(key[order], kind="stable")]
    return entity[order], prop[order], key[order]
