"""What names and values both offer: evidence of who is the same, learned from known pairs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import CheckpointError
from dualamn.kernels.arrays import BoolArray, Floats, Int32Array, IntArray, find, no_links
from dualamn.kernels.logistic import Comparisons, fit_logit

if TYPE_CHECKING:
    from torch import Tensor

_MOST_LINKS = 2_000  # more do not make two weights any surer
_LIKELY = 20  # the most alike others, each looked at
_DRAWN = 30  # others that stand for all the rest


class AttributeSimilarity(ABC):
    """How alike entities are by names, or by values, and the match weight of that.

    A match weight is the logarithm of the factor by which evidence makes a pair more probable
    (Fellegi and Sunter, "A theory for record linkage", JASA 1969). It is the weighted sum of a few
    features, whose weights `weigh` learns.

    Args:
        sources: (n,) int32 the graph of every entity.
        seed: draws the halves that weights are learned from.

    Attributes:
        what: "names" or "values".
        weights: of the features; 0 before `weigh`.
    """

    what: ClassVar[str]
    weights: tuple[float, ...]
    _random_key: ClassVar[tuple[int, ...]] = ()  # keeps the draws of one apart from another's
    _most: ClassVar[float]  # no weight is above

    def __init__(self, sources: Int32Array, seed: int) -> None:
        self._sources = sources
        self._seed = seed
        self._is_weighed = False
        self._links = no_links()
        self.rejected = no_links()
        """(r, 2) int32 joint ids of pairs known to be different, which `weigh` learns from too."""
        self.learn(self._links)

    @property
    def has_weight(self) -> bool:
        """Whether any pair has a match weight other than 0."""
        return any(weight > 0 for weight in self.weights)

    @abstractmethod
    def features(self, left: IntArray, right: IntArray) -> tuple[NDArray[Any], ...]:
        """(p,) numbers or truth values of every feature, for pairs of joint ids."""

    def match_weight(self, left: IntArray, right: IntArray) -> Floats:
        """(p,) the match weight of pairs of joint ids."""
        first, *others = self.features(left, right)
        weight: Floats = self.weights[0] * first.astype(np.float64)
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
        """Learns the weights: how surely the features distinguish linked entities from others.

        What `learn` learns comes from one half of the links and is tried on the other, both ways
        round; afterwards it is as `learn` leaves it with all of these links.

        Args:
            links: (m, 2) int32 joint ids.
            beside: its match weights count already, so that this one gets the rest.
        """
        if self._is_weighed:
            self.learn(links)
            return
        rng = np.random.default_rng([self._seed, len(links), *self._random_key])
        order = rng.permutation(len(links))
        asked: list[Comparisons] = []
        for part in (0, 1):
            self.learn(links[order[1 - part :: 2]])
            asked += self._compared(links[order[part::2]], beside, rng)
            asked += self._different(links[order[part::2]], beside)
        self._set_weights(fit_logit(asked, self._most, self._n_features))
        self.learn(links)

    def take_weights(self, other: AttributeSimilarity) -> None:
        """Takes the weights of another and keeps them, whatever `weigh` sees later."""
        self._set_weights(list(other.weights))
        self._is_weighed = True

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
        """Linked entities beside the likeliest others and some that stand for the rest.

        Returns:
            One for every graph that right entities of the links are in.
        """
        sources, among = self._sources, self._among
        if among is None:
            among = np.ones(len(sources), dtype=np.bool_)
        likely = [self._easily_taken]
        if beside is not None and beside.has_weight:
            likely.append(beside.likely)
        links = links[among[links].all(axis=1)]
        links = links[rng.permutation(len(links))[:_MOST_LINKS]]
        found: list[Comparisons] = []
        for kg in np.unique(sources[links[:, 1]]):
            chosen = links[sources[links[:, 1]] == kg].astype(np.int64)
            pool = np.flatnonzero((sources == kg) & among)
            near = [chosen[:, 1:], *(find(chosen[:, 0], pool, _LIKELY) for find in likely)]
            candidates = np.concatenate(near, axis=1)
            first = (candidates >= 0) & ~repeated(candidates)
            drawn = pool[rng.integers(len(pool), size=(len(chosen), _DRAWN))]
            share = max(len(pool) - candidates.shape[1], 0) / _DRAWN
            counts = np.concatenate([first, np.full(drawn.shape, share)], axis=1)
            candidates = np.concatenate([candidates, drawn], axis=1)
            # The counterpart counts once, first in its row.
            counts[:, 1:][candidates[:, 1:] == candidates[:, :1]] = 0
            shape = candidates.shape
            pairs = np.repeat(chosen[:, 0], shape[1]), np.maximum(candidates, 0).ravel()
            weights = None
            if beside is not None and beside.has_weight:
                weights = beside.match_weight(*pairs).reshape(shape)
            features = [values.reshape(shape) for values in self.features(*pairs)]
            found.append(Comparisons(features, counts.astype(np.float32), weights))
        return found

    def _different(
        self, links: Int32Array, beside: AttributeSimilarity | None
    ) -> list[Comparisons]:
        """The rejected pairs of linked entities, each beside the counterpart that the entity has.

        The weights say who of all is the counterpart of an entity that has one. A rejected pair of
        an entity whose counterpart is not known does not tell of that: it may have none. How far
        such pairs are to be believed is what probabilities are learned for.

        Returns:
            One with a row for every end of a pair that has a counterpart; none without such.
        """
        rejected, rows = self.rejected.astype(np.int64), [np.empty((0, 4), np.int64)]
        for side in (0, 1):
            order = np.argsort(links[:, side], kind="stable")
            place, known = find(links[order, side].astype(np.int64), rejected[:, side])
            own = rejected[known]
            rows.append(np.concatenate([links[order[place[known]]], own], axis=1))
        pairs = np.concatenate(rows)
        if self._among is not None:
            pairs = pairs[self._among[pairs].all(axis=1)]
        if not len(pairs):
            return []
        ends = pairs[:, [0, 2]].ravel(), pairs[:, [1, 3]].ravel()
        shape = len(pairs), 2
        speaks = None
        if beside is not None and beside.has_weight:
            speaks = beside.match_weight(*ends).reshape(shape)
        features = [values.reshape(shape) for values in self.features(*ends)]
        return [Comparisons(features, np.ones(shape, dtype=np.float32), speaks)]


def repeated(candidates: NDArray[np.integer]) -> BoolArray:
    """(q, k) whether an entry has come before in its row."""
    order = np.argsort(candidates, axis=1, kind="stable")
    ordered = np.take_along_axis(candidates, order, axis=1)
    again = np.zeros(candidates.shape, dtype=np.bool_)
    np.put_along_axis(again, order[:, 1:], ordered[:, 1:] == ordered[:, :-1], axis=1)
    return again


def joined(parts: Sequence[Comparisons]) -> list[Comparisons]:
    """All in one, the shorter rows of smaller pools filled with candidates that count for none."""
    if not parts:
        return []
    width = max(part.counts.shape[1] for part in parts)

    def filled(rows: Sequence[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([np.pad(a, ((0, 0), (0, width - a.shape[1]))) for a in rows])

    features = zip(*(part.features for part in parts), strict=True)
    counts = filled([part.counts for part in parts])
    beside = [part.beside for part in parts if part.beside is not None]
    return [
        Comparisons([filled(one) for one in features], counts, filled(beside) if beside else None)
    ]
