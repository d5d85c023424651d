"""Linked entities among others, to see how surely names tell them apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dualamn.attributes.negatives import nearest_names
from dualamn.attributes.weights import Trial
from dualamn.kernels.arrays import Int32Array

if TYPE_CHECKING:
    from dualamn.attributes.names import NameSimilarity

_MOST_LINKS = 2_000  # more do not make two weights any surer
_NEAREST = 20  # the most alike others, each looked at
_DRAWN = 30  # others that stand for all the rest


def others(
    names: NameSimilarity, links: Int32Array, sources: Int32Array, rng: np.random.Generator
) -> Trial:
    """Every linked pair beside the likeliest other answers and some that stand for the rest.

    Args:
        names: says how alike they are.
        links: (m, 2) int32 joint ids; pairs of which one has no name are passed over.
        sources: (n,) int32 the graph of every entity.
        rng: draws.
    """
    named = names.named
    links = links[named[links].all(axis=1)]
    links = links[rng.permutation(len(links))[:_MOST_LINKS]]
    parts: list[Trial] = []
    for kg in np.unique(sources[links[:, 1]]):
        chosen = links[sources[links[:, 1]] == kg].astype(np.int64)
        pool = np.flatnonzero((sources == kg) & named)
        near = nearest_names(names.joined_vectors, chosen[:, 0], pool, _NEAREST)
        k = near.shape[1]
        drawn = rng.integers(len(pool), size=(len(chosen), _DRAWN))
        answers = np.concatenate([chosen[:, 1:], near, pool[drawn]], axis=1)
        counts = np.ones(answers.shape)
        counts[:, 1 + k :] = max(len(pool) - 1 - k, 0) / _DRAWN
        # The right answer counts once, first in its row.
        counts[:, 1:][answers[:, 1:] == answers[:, :1]] = 0
        asked = np.repeat(chosen[:, 0], answers.shape[1])
        flat = answers.ravel()
        cosines = names.meanings(asked, flat)
        parts.append(
            (
                names.similarities(asked, flat).reshape(answers.shape),
                names.same(asked, flat).reshape(answers.shape),
                counts.astype(np.float32),
                None if cosines is None else cosines.reshape(answers.shape),
            )
        )
    if not parts:
        nothing = np.empty((0, 1), dtype=np.float32)
        return (
            nothing,
            nothing.astype(np.bool_),
            nothing,
            None if names.meaning is None else nothing,
        )
    width = max(part[0].shape[1] for part in parts)
    meant = [part[3] for part in parts if part[3] is not None]
    # Pools smaller than the number of neighbours make shorter rows.
    return (
        _joined([part[0] for part in parts], width),
        _joined([part[1] for part in parts], width),
        _joined([part[2] for part in parts], width),
        _joined(meant, width) if meant else None,
    )


def _joined(parts: Sequence[NDArray[Any]], width: int) -> NDArray[Any]:
    return np.concatenate([np.pad(a, ((0, 0), (0, width - a.shape[1]))) for a in parts])
