"""Pairs that stood in for seed links, as probabilities see them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dualamn.kernels.arrays import FloatArray, Int32Array, find, pair_keys


class BegunWith(NamedTuple):
    """Pairs found by name and value, which an aligner began with for want of seed links.

    Attributes:
        links: (b, 2) int32 joint ids.
        chance: (b,) float32 how probable it is at most that a pair is there by chance.
    """

    links: Int32Array
    chance: FloatArray

    def sure(self, links: Int32Array) -> NDArray[np.float64]:
        """(m,) how sure it is that links are not by chance: .01 and more; 0 for others."""
        keys = pair_keys(self.links)
        order = np.argsort(keys)
        place, found = find(keys[order], pair_keys(links))
        sure = np.zeros(len(links))
        sure[found] = np.maximum(1.0 - self.chance[order[place[found]]].astype(np.float64), 0.01)
        return sure
