"""Linked entities among others, to see how surely values tell them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualamn.attributes.negatives import nearest_names
from dualamn.attributes.value_table import ValueTable
from dualamn.kernels.arrays import Int32Array, IntArray, largest_of
from dualamn.kernels.logit import Asked

if TYPE_CHECKING:
    from dualamn.attributes import NameSimilarity

_MOST_LINKS = 2_000  # more do not make two weights any surer
_NEAREST = 20  # entities that share the most, and as many with the nearest names
_DRAWN = 30  # others that stand for all the rest


def others(
    table: ValueTable,
    links: Int32Array,
    sources: Int32Array,
    names: NameSimilarity | None,
    rng: np.random.Generator,
) -> list[Asked]:
    """Every linked pair beside the likeliest other answers and some that stand for the rest.

    Args:
        table: what values are worth.
        links: (m, 2) int32 joint ids.
        sources: (n,) int32 the graph of every entity.
        names: what speaks for a pair beside values.
        rng: draws.
    """
    links = links[rng.permutation(len(links))[:_MOST_LINKS]]
    telling = names if names is not None and names.tell else None
    found: list[Asked] = []
    for kg in np.unique(sources[links[:, 1]]):
        chosen = links[sources[links[:, 1]] == kg].astype(np.int64)
        pool = np.flatnonzero(sources == kg)
        answers = [chosen[:, 1:], _sharing(table, chosen[:, 0], pool)]
        if telling is not None:
            answers.append(nearest_names(telling.vectors, chosen[:, 0], pool, _NEAREST))
        near = np.concatenate(answers, axis=1)
        drawn = pool[rng.integers(len(pool), size=(len(chosen), _DRAWN))]
        counts = np.concatenate(
            [_firsts(near), np.full(drawn.shape, max(len(pool) - near.shape[1], 0) / _DRAWN)],
            axis=1,
        )
        near = np.concatenate([near, drawn], axis=1)
        # The right answer counts once, first in its row.
        counts[:, 1:][near[:, 1:] == near[:, :1]] = 0
        asked = np.repeat(chosen[:, 0], near.shape[1])
        flat = np.maximum(near, 0).ravel()
        features = [part.reshape(near.shape) for part in table.features(asked, flat)]
        beside = None if telling is None else telling.worth(asked, flat).reshape(near.shape)
        found.append((features, counts.astype(np.float32), beside))
    return found


def _sharing(table: ValueTable, queries: IntArray, pool: IntArray) -> IntArray:
    """(m, 20) entities that share the most rare values with each, -1 where there are fewer."""
    shared, _ = table.proposed(queries, pool)
    found = np.full((len(queries), _NEAREST), -1, dtype=np.int64)
    row = np.repeat(np.arange(len(queries)), np.diff(shared.indptr))
    place, rank = largest_of(row, shared.data, _NEAREST)
    found[row[place], rank] = pool[shared.indices[place]]
    return found


def _firsts(answers: IntArray) -> NDArray[np.float64]:
    """1 for every answer where it comes first in its row, 0 for fillings and repeats."""
    counts = np.ones(answers.shape)
    order = np.argsort(answers, axis=1, kind="stable")
    ordered = np.take_along_axis(answers, order, axis=1)
    again = np.zeros(answers.shape, dtype=np.bool_)
    again[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    np.put_along_axis(counts, order, np.where(again, 0.0, 1.0), axis=1)
    counts[answers < 0] = 0
    return counts
