"""What names and values both offer: evidence of who is the same, learned from known pairs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from dualamn.attributes.negatives import compared
from dualamn.errors import CheckpointError
from dualamn.kernels.arrays import BoolArray, Int32Array, IntArray
from dualamn.kernels.logistic import Comparisons, fit_logit

if TYPE_CHECKING:
    from torch import Tensor


class AttributeSimilarity(ABC):
    """How alike entities are by names, or by values, and what that says of their being the same.

    What a similarity tells is a match weight: the logarithm of the factor by which it makes a pair
    more probable (Fellegi and Sunter, "A theory for record linkage", JASA 1969). It is the weighted
    sum of a few features, whose weights `weigh` learns.

    Args:
        sources: (n,) int32 the graph of every entity.
        seed: draws the halves that weights are learned from.

    Attributes:
        what: "names" or "values".
        weights: of the features; 0 before `weigh`.
    """

    what: ClassVar[str]
    weights: tuple[float, ...]
    _random_key: ClassVar[tuple[int, ...]] = ()  # tells the draws of one from another's
    _most: ClassVar[float]  # no weight is above

    def __init__(self, sources: Int32Array, seed: int) -> None:
        self._sources = sources
        self._seed = seed
        self._links = np.empty((0, 2), dtype=np.int32)
        self.learn(self._links)

    @property
    def tells(self) -> bool:
        """Whether any pair has a match weight other than 0."""
        return any(weight > 0 for weight in self.weights)

    @abstractmethod
    def features(self, left: IntArray, right: IntArray) -> tuple[NDArray[Any], ...]:
        """(p,) numbers or truth values of every feature, for pairs of joint ids."""

    def match_weight(self, left: IntArray, right: IntArray) -> NDArray[np.float64]:
        """(p,) by what factor, as a logarithm, this makes pairs of joint ids more probable."""
        first, *others = self.features(left, right)
        weight: NDArray[np.float64] = self.weights[0] * first.astype(np.float64)
        for factor, feature in zip(self.weights[1:], others, strict=False):
            weight = weight + factor * feature
        return weight

    @abstractmethod
    def likely(self, queries: IntArray, pool: IntArray, k: int) -> IntArray:
        """(q, k) entities of a pool that are the most alike to each query; -1 where are fewer."""

    def learn(self, links: Int32Array) -> None:
        """Learns from (m, 2) linked entities what of one graph stands for what of the other."""
        self._links = links
        self._learn(links)

    def weigh(self, links: Int32Array, beside: AttributeSimilarity | None = None) -> None:
        """Learns the weights: how surely the features tell linked entities from others.

        What `learn` learns comes from one half of the links and is tried on the other, both ways
        round; afterwards it is as `learn` leaves it with all of these links.

        Args:
            links: (m, 2) int32 joint ids.
            beside: its match weights count already, so that this one gets the rest.
        """
        rng = np.random.default_rng([self._seed, len(links), *self._random_key])
        order = rng.permutation(len(links))
        asked: list[Comparisons] = []
        for part in (0, 1):
            self.learn(links[order[1 - part :: 2]])
            asked += self._compared(links[order[part::2]], beside, rng)
        self._set_weights(fit_logit(asked, self._most, self._n_features))
        self.learn(links)

    def state(self) -> dict[str, Tensor]:
        """What was learned, enough for `load_state` on the same task."""
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
            or weights.shape != (len(self.weights),)
            or bool((weights[self._n_features :] > 0).any())
            or links.shape[1:] != (2,)
            or (len(links) and not 0 <= int(links.min()) <= int(links.max()) < len(self._sources))
        ):
            raise CheckpointError(f"what was saved of {self.what} does not fit this task")
        self._set_weights(weights.tolist())
        self.learn(links.numpy())

    @property
    @abstractmethod
    def _n_features(self) -> int:
        """How many features there are here: weights beyond are 0."""

    @property
    def _among(self) -> BoolArray | None:
        """(n,) who has such an attribute; None if that does not matter."""
        return None

    @abstractmethod
    def _learn(self, links: Int32Array) -> None:
        """What `learn` does with them."""

    @abstractmethod
    def _set_weights(self, weights: list[float]) -> None:
        """Takes weights of the features."""

    def _easily_taken(self, queries: IntArray, pool: IntArray, k: int) -> IntArray:
        """(q, k) entities that features are tried on beside the counterpart of each query."""
        return self.likely(queries, pool, k)

    def _compared(
        self, links: Int32Array, beside: AttributeSimilarity | None, rng: np.random.Generator
    ) -> list[Comparisons]:
        """Linked entities among others."""
        telling = beside if beside is not None and beside.tells else None
        return compared(
            links,
            self._sources,
            rng,
            likely=[self._easily_taken] + ([] if telling is None else [telling.likely]),
            features=self.features,
            beside=None if telling is None else telling.match_weight,
            among=self._among,
        )
