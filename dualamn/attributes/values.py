"""What the attribute values of two entities say of their being the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from dualamn.attributes.facts import Facts
from dualamn.attributes.properties import Floats
from dualamn.attributes.value_table import ValueTable
from dualamn.attributes.value_trial import others
from dualamn.errors import CheckpointError
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array, IntArray
from dualamn.kernels.logit import fit_logit

if TYPE_CHECKING:
    from torch import Tensor

    from dualamn.attributes import NameSimilarity

_MOST = 2.0  # what shared values are worth is a logarithm already, so one is the weight to expect

Worth = Callable[[IntArray, IntArray], Floats]


class ValueSimilarity:
    """Evidence from attribute values, learned from pairs of entities that are known.

    Which property of one graph says the same as which of the other, how often linked entities
    agree in it, and how often any two entities do, comes from linked entities; so does the
    weight of it all beside names. Properties that agree no more often than by chance, and
    values that tell nothing, are worth nothing.

    Args:
        task: its graphs' attribute triples.
        seed: draws the halves that weights are learned from.

    Attributes:
        facts: what the attribute triples say.
        table: what was learned of them.
        weights: of shared values and of other values, as logarithms are multiplied; 0 before
            `weigh`.
    """

    def __init__(self, task: AlignmentTask, *, seed: int) -> None:
        self.facts = Facts.of(task)
        self._sources = task.source_of
        self._seed = seed
        self.weights = (0.0, 0.0)
        self._links = np.empty((0, 2), dtype=np.int32)
        self.learn(self._links)

    @property
    def tell(self) -> bool:
        """Whether values are worth anything."""
        return any(weight > 0 for weight in self.weights) and len(self.table.kinds) > 0

    def learn(self, links: Int32Array) -> None:
        """Learns from (m, 2) linked entities which properties go together, and how surely."""
        self._links = links
        self.table = ValueTable.of(self.facts, links.astype(np.int64))

    def weigh(self, links: Int32Array, names: NameSimilarity | None = None) -> None:
        """Learns what values are worth: how surely they tell linked entities from others.

        Properties are matched by one half of the links and judged by the other, both ways
        round; afterwards all is as `learn` leaves it with all of these links.

        Args:
            links: (m, 2) int32 joint ids.
            names: what they are worth counts already, so that values get the rest.
        """
        rng = np.random.default_rng([self._seed, len(links), 1])
        order = rng.permutation(len(links))
        asked = []
        for part in (0, 1):
            self.learn(links[order[1 - part :: 2]])
            if self.table.kinds:
                asked += others(self.table, links[order[part::2]], self._sources, names, rng)
        agree, clash = fit_logit(asked, _MOST, 2)
        self.weights = agree, clash
        self.learn(links)

    def worth(self, left: IntArray, right: IntArray) -> Floats:
        """(p,) by what factor, as a logarithm, values make pairs of joint ids more probable."""
        agree, clash = self.table.features(left, right)
        worth: Floats = self.weights[0] * agree + self.weights[1] * clash
        return worth

    def proposed(self, left: Int32Array, right: Int32Array) -> csr_array:
        """(p, q) pairs of some entities that share a rare value."""
        return self.table.proposed(left.astype(np.int64), right.astype(np.int64))[0]

    def state(self) -> dict[str, Tensor]:
        """What was learned, enough for `load_state` on the values of the same task."""
        import torch

        links = torch.from_numpy(self._links.astype(np.int32))  # a copy, which nobody else holds
        return {"links": links, "weights": torch.tensor(self.weights, dtype=torch.float64)}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Takes back what `state` gave.

        Raises:
            CheckpointError: it is of another task.
        """
        links, weights = state.get("links"), state.get("weights")
        if (
            links is None
            or weights is None
            or weights.shape != (2,)
            or links.shape[1:] != (2,)
            or (len(links) and not 0 <= int(links.min()) <= int(links.max()) < len(self._sources))
        ):
            raise CheckpointError("what was saved of values does not fit this task")
        agree, clash = weights.tolist()
        self.weights = agree, clash
        self.learn(links.numpy())
