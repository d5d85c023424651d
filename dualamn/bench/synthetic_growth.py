"""Synthetic graphs that grow: when every entity, and with it every statement and link, arrives.

One half of the entities is there at first, and the others come in equally large batches, both ends
of a link in the same one. A statement arrives with the later of its entities. An entity is in a
graph only once a statement of it is, so that links come with the later of their entities' first
statements.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dualamn.bench.synthetic_graphs import SyntheticGraphs
from dualamn.bench.synthetic_hidden import generator
from dualamn.errors import DataError
from dualamn.kernels.arrays import Int32Array, IntArray

MOST_BATCHES = 100
_AT_FIRST = 0.5  # share of the entities
_TRAIN, _VALID = 0.2, 0.1  # of the first links, where no share of seeds is asked for
_ARRIVAL = 35  # purpose of random numbers
_NEVER = np.iinfo(np.uint8).max

Steps = NDArray[np.uint8]


class SyntheticGrowth:
    """When what of two synthetic graphs arrives: 0 at first, else the number of the batch.

    Args:
        graphs: two.
        batches: how many, up to 100.
        step: called for every part of a graph that was looked through.

    Raises:
        DataError: other than two graphs, or batches.
    """

    def __init__(self, graphs: SyntheticGraphs, batches: int, step: Callable[[], None]) -> None:
        if graphs.options.graphs != 2 or not 1 <= batches <= MOST_BATCHES:
            raise DataError(
                f"graphs that grow are two, in 1 to {MOST_BATCHES} batches, not "
                f"{graphs.options.graphs} in {batches}"
            )
        self._graphs, self.batches = graphs, batches
        self._pairs = graphs.links(0, 1)
        rng = generator(graphs.options.seed, _ARRIVAL)
        of_link = self._drawn(rng, len(self._pairs))
        self._comes: list[Steps] = []
        self._seen: list[Steps] = []
        for graph, ends in enumerate(self._pairs.T):
            comes = self._drawn(rng, graphs.counts.graphs[graph].entities)
            comes[ends] = of_link
            self._comes.append(comes)
            seen = np.full(len(comes), _NEVER, dtype=np.uint8)
            for rows in graphs.triples(graph):
                arrived = self.arrival(graph, rows)
                for column in (0, 2):
                    np.minimum.at(seen, rows[:, column], arrived)
                step()
            self._seen.append(seen)

    def _drawn(self, rng: np.random.Generator, count: int) -> Steps:
        steps = np.zeros(count, dtype=np.uint8)
        late = rng.permutation(count)[round(_AT_FIRST * count) :]
        steps[late] = 1 + np.arange(len(late)) * self.batches // max(len(late), 1)
        return steps

    def arrival(self, graph: int, rows: IntArray) -> Steps:
        """(m,) when (m, 3) triples of a graph arrive."""
        comes = self._comes[graph]
        return np.maximum(comes[rows[:, 0]], comes[rows[:, 2]])

    def links(self) -> list[Int32Array]:
        """Training links and validation links, and the test links of the first state and of every
        batch."""
        left, right = (seen[ends] for seen, ends in zip(self._seen, self._pairs.T, strict=True))
        arrived = np.maximum(left, right)
        first = self._pairs[arrived == 0]
        share = self._graphs.options.seeds
        n_train = max(1, round((_TRAIN if share is None else share) * len(first)))
        n_valid = round(_VALID * len(first))
        later = [self._pairs[arrived == number] for number in range(1, self.batches + 1)]
        train, valid, test = np.split(first, [n_train, n_train + n_valid])
        return [train, valid, test, *later]
