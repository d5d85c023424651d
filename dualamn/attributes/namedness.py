"""What it says of two entities that one of them has a name and the other has none."""

from __future__ import annotations

import numpy as np

from dualamn.kernels.arrays import BoolArray, Floats, Int32Array

_DOUBT = 1.0  # link beside those seen, in which counterparts lack names as often as anyone


def one_sided_weights(named: BoolArray, sources: Int32Array, links: Int32Array) -> Floats:
    """Match weights of pairs of which one entity has a name and the other has none.

    With n links whose entity of one graph has a name, k of them to an entity without one, and q
    the share of the other graph's entities that have none, the match weight is

        log((k + q) / (n + 1) / q)

    where that is below 0: an entity without a name is no worse than one whose name is another.

    Args:
        named: (n,) who has a name.
        sources: (n,) the graph of every entity.
        links: (m, 2) joint ids of linked entities that names did not help to find.

    Returns:
        (g, g) by the graph of the entity with a name, and that of the other.
    """
    size = int(sources.max(initial=-1)) + 1
    count = np.zeros((2, size, size))
    for own, other in (links.T, links[:, ::-1].T):
        has = named[own]
        ends = sources[own][has], sources[other][has]
        np.add.at(count[0], ends, 1)
        np.add.at(count[1], ends, ~named[other][has])
    total = np.bincount(sources, minlength=size)
    nameless = np.bincount(sources, weights=~named, minlength=size) / np.maximum(total, 1)
    expected = np.maximum(nameless, 1e-9)[None, :]
    found: Floats = np.log((count[1] + _DOUBT * expected) / (count[0] + _DOUBT) / expected)
    return np.where(nameless > 0, np.minimum(found, 0), 0.0)
