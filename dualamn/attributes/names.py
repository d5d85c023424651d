"""How alike two entities are by name, and what that is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from dualamn.attributes.name_features import NameFeatures, by_rarity, unit_rows
from dualamn.attributes.name_trial import others
from dualamn.attributes.translation import learn_synonyms
from dualamn.attributes.weights import Weights, fit_weights
from dualamn.errors import CheckpointError
from dualamn.kernels.arrays import BoolArray, FloatArray, Int32Array, StringArray
from dualamn.search.pair_cosines import pair_cosines

if TYPE_CHECKING:
    from torch import Tensor

IntArray = NDArray[np.int64]

_TRANSLATED = 0.3  # the share of translated words in the similarity
_COLUMNS = 32  # of random directions drawn at a time
_PAIRS = 1 << 14  # pairs compared at a time: their rows and products fit into 50 MB


class NameSimilarity:
    """Similarity of names, sharper with every pair of entities that is known.

    A name is its words and stretches of their characters, each weighing the more the fewer names
    have it. The similarity of two names is the mean of two cosines: one of words and stretches as
    they are, one of words together with what they translate into, as linked entities show it
    (`learn_synonyms`). Names of the same words count once more.

    Args:
        names: (n,) of all entities of a task, in joint ids; "" for none.
        sources: (n,) int32 the graph of every entity.
        width: of the dense rows that candidates are searched in.
        seed: draws their random directions.
        meaning: (n, d) rows of an embedding model, whose cosines count as well; None for none.
    """

    def __init__(
        self,
        names: StringArray,
        sources: Int32Array,
        *,
        width: int,
        seed: int,
        meaning: FloatArray | None = None,
    ) -> None:
        self.meaning = meaning
        self._features = NameFeatures.of(names)
        self._sources = sources
        self._width = width
        self._seed = seed
        self._rare_words = by_rarity(self._features.words)
        self._as_written = unit_rows(
            hstack([self._rare_words, by_rarity(self._features.pieces)], format="csr"),
            length=(1 - _TRANSLATED) ** 0.5,
        )
        self.weights = Weights.none()
        self._links = np.empty((0, 2), dtype=np.int32)
        self.learn(self._links)

    @property
    def named(self) -> BoolArray:
        """(n,) who has a name."""
        return self._features.named

    @property
    def whole(self) -> IntArray:
        """(n,) one number for all names of the same words in any order; -1 for none."""
        return self._features.whole

    @property
    def rows(self) -> csr_array:
        """(n, f) float32 sparse rows of words, pieces and translations, none below 0.

        Their inner products, 1 at most, are the similarities.
        """
        return self._rows

    @property
    def width(self) -> int:
        """How many numbers a row of `joined_vectors` has."""
        return self._width + (0 if self.meaning is None else self.meaning.shape[1])

    def learn(self, links: Int32Array) -> None:
        """Learns which words stand for each other from (m, 2) linked entities."""
        self._links = links
        words = self._rare_words
        if len(links):
            words = (words @ learn_synonyms(self._features.words, links)).tocsr()
        self._rows = csr_array((0, 0))  # those of the links before go before others come
        self._rows = hstack([unit_rows(words, _TRANSLATED**0.5), self._as_written], format="csr")

    @property
    def tell(self) -> bool:
        """Whether names are worth anything."""
        return bool(self.weights)

    def weigh(self, links: Int32Array) -> None:
        """Learns what names are worth: how surely they tell linked entities from others.

        Translations are learned from one half of the links and judged by the other, both ways
        round; afterwards they are as `learn` leaves them with all of these links.

        Args:
            links: (m, 2) int32 joint ids.
        """
        rng = np.random.default_rng([self._seed, len(links)])
        order = rng.permutation(len(links))
        trials = []
        for part in (0, 1):
            self.learn(links[order[1 - part :: 2]])
            trials.append(others(self, links[order[part::2]], self._sources, rng))
        self.weights = fit_weights(trials)
        self.learn(links)

    def vectors(self, ids: IntArray | None = None) -> FloatArray:
        """(n, width) float32 random projections of all names.

        Their inner products are the similarities, give or take 1 / sqrt(width).

        Args:
            ids: (q,) joint ids, to make the rows of these alone; all directions are drawn anew
                for them.
        """
        rng = np.random.default_rng([self._seed, self._width])
        rows = self._rows if ids is None else self._rows[ids]
        made = np.empty((rows.shape[0], self._width), dtype=np.float32)
        for start in range(0, self._width, _COLUMNS):
            columns = slice(start, min(start + _COLUMNS, self._width))
            size = (rows.shape[1], columns.stop - start)
            made[:, columns] = rows @ rng.standard_normal(size, dtype=np.float32)
        made /= np.float32(self._width**0.5)
        return made

    def joined_vectors(self, ids: IntArray) -> FloatArray:
        """(q, width + d) float32 rows of some, whose products are similarity and cosine by the
        model."""
        vectors = self.vectors(ids)
        if self.meaning is None:
            return vectors
        return np.concatenate([vectors, self.meaning[ids]], axis=1)

    def meanings(self, left: IntArray, right: IntArray) -> FloatArray | None:
        """(p,) float32 cosines by the embedding model; None if there is none."""
        return None if self.meaning is None else pair_cosines(self.meaning, left, right)

    def similarities(self, left: IntArray, right: IntArray) -> FloatArray:
        """(p,) float32 from 0 to 1 of pairs of joint ids; 0 where one has no name."""
        found = np.empty(len(left), dtype=np.float32)
        for start in range(0, len(left), _PAIRS):
            pairs = slice(start, start + _PAIRS)
            products = self._rows[left[pairs]].multiply(self._rows[right[pairs]])
            found[pairs] = products.sum(axis=1)
        return np.minimum(found, 1)

    def same(self, left: IntArray, right: IntArray) -> BoolArray:
        """(p,) whether two entities have names of the same words."""
        alike: BoolArray = (self.whole[left] == self.whole[right]) & (self.whole[left] >= 0)
        return alike

    def worth(self, left: IntArray, right: IntArray) -> NDArray[np.float64]:
        """(p,) by what factor, as a logarithm, names make pairs of joint ids more probable."""
        meaning = self.meanings(left, right) if self.weights.meaning else None
        return self.weights.worth(self.similarities(left, right), self.same(left, right), meaning)

    def state(self) -> dict[str, Tensor]:
        """What was learned, enough for `load_state` on the names of the same task."""
        import torch

        learned = self.weights.similarity, self.weights.same, self.weights.meaning
        weights = torch.tensor(learned, dtype=torch.float64)
        links = torch.from_numpy(self._links.astype(np.int32))  # a copy, which nobody else holds
        return {"links": links, "weights": weights}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Takes back what `state` gave.

        Raises:
            CheckpointError: it is of another task.
        """
        links, weights = state.get("links"), state.get("weights")
        if (
            links is None
            or weights is None
            or weights.shape != (3,)
            or (float(weights[2]) > 0 and self.meaning is None)
            or links.shape[1:] != (2,)
            or (len(links) and not 0 <= int(links.min()) <= int(links.max()) < len(self._sources))
        ):
            raise CheckpointError("what was saved of names does not fit this task")
        self.weights = Weights(*weights.tolist())
        self.learn(links.numpy())
