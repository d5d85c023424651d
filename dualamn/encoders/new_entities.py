"""Embeddings of entities that a model has not seen, from those of their neighbours as they are.

An encoder gives what is needed of its entities as rows, which may be rounded and lie in a file, and
what is needed of everything else as a few small arrays. Of a new entity with known neighbours both
tell its embedding, as ContEA reconstructs it (Wang et al., "Facing Changes: Continual Entity
Alignment for Growing Knowledge Graphs", ISWC 2022). Numpy alone, as torch takes seconds to load.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dualamn.kernels.arrays import FloatArray, IntArray

Named = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Frozen:
    """What an encoder has learned, as far as new entities need it.

    Attributes:
        kind: "propagation", "dual_amn", "joint", or "none" where structure tells nothing.
        entities: (n, d) float32 of every entity by part, in joint ids.
        shared: arrays that are no entity's own.
        share: of the labels' cosine, in the encoder `joint`.
    """

    kind: str
    entities: dict[str, FloatArray]
    shared: dict[str, FloatArray]
    share: float = 0.0

    def under(self, name: str) -> Frozen:
        """The same, with this in front of all names."""
        return Frozen(
            self.kind,
            {f"{name}{key}": rows for key, rows in self.entities.items()},
            {f"{name}{key}": rows for key, rows in self.shared.items()},
        )


@runtime_checkable
class Freezes(Protocol):
    """An encoder that can embed entities which it has not seen."""

    def frozen(self) -> Frozen:
        """What embeddings of new entities are made of."""


RowsOf = Callable[[str, IntArray], FloatArray]
"""Gives (m, d) float32 rows of (m,) entities by the name of a part."""


def embed_new(
    kind: str,
    shared: Named,
    rows_of: RowsOf,
    neighbours: IntArray,
    relations: IntArray,
    *,
    share: float = 0.0,
) -> FloatArray:
    """(d,) float32 the embedding of an entity, of length one or zero.

    Args:
        kind, shared, share: of `Frozen`.
        rows_of: gives the rows of entities.
        neighbours: (m,) joint ids, one for each statement about the entity.
        relations: (m,) their relations in the task's numbers, inverses after all others.
    """
    if not len(neighbours) or kind == "none":
        return np.zeros(0, dtype=np.float32)
    if kind == "propagation":
        return _unit(_by_labels("", shared, rows_of, neighbours, relations))
    if kind == "dual_amn":
        return _unit(_by_network("", shared, rows_of, neighbours, relations))
    network = _unit(_by_network("network/", shared, rows_of, neighbours, relations))
    labels = _unit(_by_labels("labels/", shared, rows_of, neighbours, relations))
    weights = np.float32((1 - share) ** 0.5), np.float32(share**0.5)
    return _unit(np.concatenate([network * weights[0], labels * weights[1]]))


def _by_labels(
    at: str, shared: Named, rows_of: RowsOf, neighbours: IntArray, relations: IntArray
) -> FloatArray:
    """The sum over statements (k, j) of vec(k) (x) vec(j), see `Propagation`.

    Of every relation dimension the labels of the neighbours are added up first, so that they are
    projected once, however many there are.
    """
    labels = rows_of(f"{at}labels", neighbours)  # (m, w)
    narrow = shared[f"{at}relations"][:, relations]  # (r, m)
    added = (narrow @ labels)[:, None]  # (r, 1, w)
    found: FloatArray = np.matmul(added, shared[f"{at}directions"]).ravel()  # (r * v,)
    return found


def _by_network(
    at: str, shared: Named, rows_of: RowsOf, neighbours: IntArray, relations: IntArray
) -> FloatArray:
    """What the layers and gates of `DualAMN` make of an entity without an embedding of its own."""
    distinct = np.unique(neighbours)
    unit = shared[f"{at}unit_relations"][relations]  # (m, d)
    # An entity counts among its own neighbours, here with an embedding of zero.
    of_entities = rows_of(f"{at}entities", distinct).sum(axis=0) / (len(distinct) + 1)
    of_relations = shared[f"{at}relations"][np.unique(relations)].mean(axis=0)
    branches = []
    for number, first in enumerate((of_entities, of_relations)):
        own = f"{at}branch{number}/"
        attention = shared[f"{own}attention"]
        layers = [np.tanh(first)]
        for depth, vector in enumerate(attention):
            below = rows_of(f"{own}layer{depth}", neighbours)
            logits = unit @ vector
            weight = np.exp(logits - logits.max())
            weight /= weight.sum()
            along = (below * unit).sum(axis=1)
            layers.append(np.tanh(weight @ below - 2 * (weight * along) @ unit))
        branches.append(_gated(np.concatenate(layers), own, shared))
    return np.concatenate(branches)


def _gated(m: FloatArray, at: str, shared: Named) -> FloatArray:
    """See `dualamn.encoders.gate`."""
    proxies = shared[f"{at}proxies"]
    logits = shared[f"{at}unit_proxies"] @ _unit(m)
    chance = np.exp(logits - logits.max())
    t = (chance / chance.sum()) @ proxies
    g = 1 / (1 + np.exp(-((m - t) @ shared[f"{at}weight"] + shared[f"{at}bias"])))
    gated: FloatArray = (m - (1 - g) * t).astype(np.float32)
    return gated


def _unit(row: FloatArray) -> FloatArray:
    return (row / max(float(np.linalg.norm(row)), 1e-12)).astype(np.float32)
