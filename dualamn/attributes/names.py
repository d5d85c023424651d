"""How alike two entities are by name, and the match weight of that."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array, hstack

from dualamn.attributes.base import AttributeSimilarity, joined
from dualamn.attributes.facts import row_products
from dualamn.attributes.name_features import NameFeatures
from dualamn.attributes.name_sets import NameOwners, all_names, best_entities, distinct_names
from dualamn.attributes.namedness import one_sided_weights
from dualamn.attributes.translation import learn_synonyms
from dualamn.errors import CheckpointError
from dualamn.graphs.knowledge_graph import FurtherNames
from dualamn.kernels.arrays import (
    BoolArray,
    FloatArray,
    Floats,
    Int32Array,
    IntArray,
    StringArray,
    blocks,
    largest_of,
)
from dualamn.kernels.logistic import Comparisons
from dualamn.search.exact import nearest, pair_cosines

if TYPE_CHECKING:
    from torch import Tensor

_COLUMNS = 32  # of random directions drawn at a time
_PAIRS = 1 << 14  # pairs compared at a time: their rows and products fit into 50 MB
_PAIRS_OF_NAMES = 1 << 18  # pairs of names that are expanded at a time
_ALL_PAIRS = 16  # pairs of names of two entities that are all compared
_PROMISING = 2  # names of the left entity that are compared with all of the right one, beyond

TRANSLATED = 0.3
"""The share of translated words in the similarity."""

Rows = Callable[[IntArray], FloatArray]
"""Makes dense rows of names, given by number."""

_ROWS = 1 << 19
"""Rows made at a time, half a GiB with 256 columns; fewer would draw all directions more often."""


class NameWeights(NamedTuple):
    """Match weights of similar names.

    Attributes:
        similarity: for a similarity of one.
        same: for names of the same words, beside that.
        meaning: for a cosine of one by an embedding model, beside both.
    """

    similarity: float = 0.0
    same: float = 0.0
    meaning: float = 0.0


class NameSimilarity(AttributeSimilarity):
    """Similarity of names, sharper with every pair of entities that is known.

    A name is its words and stretches of their characters, each weighing the more the fewer names
    have it. The similarity of two names is the mean of two cosines: one of words and stretches as
    they are, one of words together with what they translate into, as linked entities show it
    (`learn_synonyms`). Names of the same words count once more. Two entities with several names
    are as alike as their most similar names are.

    >>> both = np.array(["Gül, Abdullah", "abdullah GUL"], dtype=np.dtypes.StringDType())
    >>> names = NameSimilarity(both, np.array([0, 1], dtype=np.int32), width=8, seed=0)
    >>> bool(names.same(np.array([0]), np.array([1]))[0])
    True

    Args:
        names: (n,) of all entities of a task, in joint ids; "" for none.
        sources: (n,) int32 the graph of every entity.
        width: of the dense rows that candidates are searched in.
        seed: draws their random directions.
        meaning: (n, d) rows of an embedding model, whose cosines count as well; None for none.
        further: names that entities have beside these, in joint ids.

    Attributes:
        owners: whose names there are, r in all.
        whole: (r,) see `NameFeatures`.
        named: (n,) who has a name with a word in it.
        one_sided: (g, g) see `one_sided_weights`; 0 before `learn_one_sided`.
        rows: (r, f) float32 sparse rows of words, pieces and translations, none below 0, whose
            inner products, 1 at most, are the similarities.
    """

    what = "names"
    weights: NameWeights
    rows: csr_array
    _joined: csr_array | None
    _most = 100.0

    def __init__(
        self,
        names: StringArray,
        sources: Int32Array,
        *,
        width: int,
        seed: int,
        meaning: FloatArray | None = None,
        further: FurtherNames | None = None,
    ) -> None:
        self.meaning = meaning
        self.weights = NameWeights()
        self._width = width
        n = len(names)
        texts, owners = all_names(names, sources, further)
        features = NameFeatures.of(texts)
        if len(owners):
            kept = distinct_names(features.whole, owners, n)
            features, owners = features.chosen(kept), owners[kept[n:]]
        self.owners = NameOwners.of(n, owners)
        self.whole: IntArray = features.whole
        self.named: BoolArray = np.zeros(n, dtype=np.bool_)
        self.named[self.owners.owner[self.whole >= 0]] = True
        self.one_sided = one_sided_weights(self.named, sources, np.empty((0, 2), dtype=np.int32))
        self._words = features.words
        self._rare_words = self._by_rarity(features.words)
        self._as_written = unit_rows(
            hstack([self._rare_words, self._by_rarity(features.pieces)], format="csr"),
            length=(1 - TRANSLATED) ** 0.5,
        )
        super().__init__(sources, seed)

    @property
    def width(self) -> int:
        """How many numbers a row of `joined_vectors` has."""
        return self._width + (0 if self.meaning is None else self.meaning.shape[1])

    def vectors(self, names: IntArray | None = None) -> FloatArray:
        """(r, width) float32 random projections of all names, or of (q,) of them by number.

        Their inner products are the similarities, give or take 1 / sqrt(width). All directions
        are drawn anew at each call.
        """
        rng = np.random.default_rng([self._seed, self._width])
        rows = self.rows if names is None else self.rows[names]
        made = np.empty((rows.shape[0], self._width), dtype=np.float32)
        for start in range(0, self._width, _COLUMNS):
            columns = slice(start, min(start + _COLUMNS, self._width))
            size = (rows.shape[1], columns.stop - start)
            made[:, columns] = rows @ rng.standard_normal(size, dtype=np.float32)
        made /= np.float32(self._width**0.5)
        return made

    def joined_vectors(self, names: IntArray) -> FloatArray:
        """(q, width + d) float32 rows: products are similarity plus cosine by the model."""
        vectors = self.vectors(names)
        if self.meaning is None:
            return vectors
        return np.concatenate([vectors, self.meaning[self.owners.owner[names]]], axis=1)

    def similarities(self, left: IntArray, right: IntArray) -> FloatArray:
        """(p,) float32 from 0 to 1 of pairs of joint ids; 0 where one has no name.

        Of entities with many names, those of the left one are compared that seem the most alike
        to all names of the right one together.
        """
        if self.owners.single:
            return self._alike(left, right)
        found = np.zeros(len(left), dtype=np.float32)
        sizes = self.owners.counts(left) * self.owners.counts(right)
        order = np.argsort(sizes > _ALL_PAIRS, kind="stable")
        many = int((sizes > _ALL_PAIRS).sum())
        few, rest = order[: len(order) - many], order[len(order) - many :]
        for block in blocks(sizes[few], _PAIRS_OF_NAMES):
            at = few[block]
            which, one, other = self.owners.pairs_of_names(left[at], right[at])
            np.maximum.at(found, at[which], self._alike(one, other))
        for start in range(0, many, _PAIRS):
            at = rest[start : start + _PAIRS]
            which, one = self._promising(left[at], right[at])
            pair, other = self.owners.names_of(right[at][which])
            np.maximum.at(found, at[which[pair]], self._alike(one[pair], other))
        return found

    def _alike(self, left: IntArray, right: IntArray) -> FloatArray:
        """(p,) similarities of pairs of names."""
        products = row_products(self.rows, self.rows, left, right, at_once=_PAIRS)
        return np.minimum(products.astype(np.float32), 1)

    def _promising(self, left: IntArray, right: IntArray) -> tuple[IntArray, IntArray]:
        """Of (p,) pairs of entities, (m,) which, and names of the left one to compare."""
        which, name = self.owners.names_of(left)
        seeming = row_products(self.rows, self.joined_rows, name, right[which], at_once=_PAIRS)
        chosen, _ = largest_of(which, seeming, _PROMISING)
        return which[chosen], name[chosen]

    @property
    def joined_rows(self) -> csr_array:
        """(n, f) for every entity the largest numbers of the rows of its names."""
        if self.owners.single:
            return self.rows
        if self._joined is None:
            self._joined = largest_of_owners(self.rows, self.owners)
        return self._joined

    def information(self) -> Floats:
        """(n,) how rare the words of the name of every entity are, of the one with the rarest."""
        told = np.zeros(len(self.named))
        np.maximum.at(told, self.owners.owner, np.asarray(self._rare_words.sum(axis=1)))
        return told

    def same(self, left: IntArray, right: IntArray) -> BoolArray:
        """(p,) whether two entities have names of the same words."""
        if self.owners.single:
            alike: BoolArray = (self.whole[left] == self.whole[right]) & (self.whole[left] >= 0)
            return alike
        return np.asarray(row_products(self._wholes, self._wholes, left, right) > 0)

    @cached_property
    def _wholes(self) -> csr_array:
        """(n, w) 1 where an entity has a name of these words."""
        real = np.flatnonzero(self.whole >= 0)
        shape = len(self.named), int(self.whole.max(initial=0)) + 1
        ones = np.ones(len(real), dtype=np.float32)
        return csr_array((ones, (self.owners.owner[real], self.whole[real])), shape=shape)

    def features(self, left: IntArray, right: IntArray) -> tuple[FloatArray | BoolArray, ...]:
        """(p,) similarities, (p,) whether names are the same, (p,) cosines by a model if any."""
        found = self.similarities(left, right), self.same(left, right)
        if self.meaning is None:
            return found
        return *found, pair_cosines(self.meaning, left, right)

    def match_weight(self, left: IntArray, right: IntArray) -> Floats:
        """(p,) the match weight of pairs of joint ids, also of those of which one has no name."""
        weight = super().match_weight(left, right)
        one, other = self.named[left], self.named[right]
        for has, lacks, at in ((left, right, one & ~other), (right, left, other & ~one)):
            weight[at] += self.one_sided[self._sources[has[at]], self._sources[lacks[at]]]
        return weight

    def learn_one_sided(self, links: Int32Array) -> None:
        """Learns from (m, 2) links that names did not help to find who lacks a name."""
        self.one_sided = one_sided_weights(self.named, self._sources, links)

    def take_weights(self, other: AttributeSimilarity) -> None:
        """Takes the weights of another, and what a lack of names says."""
        super().take_weights(other)
        assert isinstance(other, NameSimilarity)
        self.one_sided = other.one_sided

    def state(self) -> dict[str, Tensor]:
        """What was learned, enough for `load_state` on the same task."""
        import torch

        return {**super().state(), "one_sided": torch.from_numpy(self.one_sided.copy())}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Takes back what `state` gave.

        Raises:
            CheckpointError: it is of another task.
        """
        super().load_state(state)
        one_sided = state.get("one_sided")
        if one_sided is None or tuple(one_sided.shape) != self.one_sided.shape:
            raise CheckpointError("what was saved of names does not fit this task")
        self.one_sided = one_sided.numpy().astype(np.float64)

    def likely(self, queries: IntArray, pool: IntArray, k: int) -> IntArray:
        """(q, min(k, p)) those with the nearest names, by words and pieces; -1 fills rows."""
        return self._nearest(self.vectors, queries, pool, k)

    def _nearest(self, rows: Rows, queries: IntArray, pool: IntArray, k: int) -> IntArray:
        if self.owners.single:
            return nearest_rows(rows, queries, pool, k)[0]
        (query, asked), (_, names) = self.owners.names_of(queries), self.owners.names_of(pool)
        near, scores = nearest_rows(rows, asked, names, 2 * k)
        width = near.shape[1]
        found = np.repeat(query, width), self.owners.owner[near.ravel()], scores.ravel()
        return best_entities(*found, len(queries), min(k, len(pool)))[0]

    @property
    def _n_features(self) -> int:
        return 2 if self.meaning is None else 3

    @property
    def _among(self) -> BoolArray:
        return self.named

    def _learn(self, links: Int32Array) -> None:
        """Which words stand for each other."""
        words = self._rare_words
        if len(links):
            words = (words @ self._synonyms(links)).tocsr()
        self._joined = None
        self.rows = csr_array((0, 0))  # those of the links before go before others come
        self.rows = hstack([unit_rows(words, TRANSLATED**0.5), self._as_written], format="csr")

    def synonyms(self) -> csr_array | None:
        """(w, w) how far each word stands for others, see `learn_synonyms`; None if not learned."""
        return self._synonyms(self._links) if len(self._links) else None

    def _synonyms(self, links: Int32Array) -> csr_array:
        return learn_synonyms(self._words, self._most_alike(links))

    def _most_alike(self, links: Int32Array) -> Int32Array:
        """(m, 2) names of linked entities, the most similar ones as they are written."""
        if self.owners.single:
            return links
        which, one, other = self.owners.pairs_of_names(*links.T.astype(np.int64))
        written = self._as_written
        alike = row_products(written, written, one, other, at_once=_PAIRS)
        best, _ = largest_of(which, alike, 1)
        return np.stack([one[best], other[best]], axis=1).astype(np.int32)

    def _by_rarity(self, counts: csr_array) -> csr_array:
        """Rows of names where what few entities have in their names decides."""
        if self.owners.single:
            return by_rarity(counts)
        return by_rarity(counts, largest_of_owners(counts, self.owners))

    def _set_weights(self, weights: list[float]) -> None:
        self.weights = NameWeights(*weights)

    def _easily_taken(self, queries: IntArray, pool: IntArray, k: int) -> IntArray:
        return self._nearest(self.joined_vectors, queries, pool, k)

    def _compared(
        self, links: Int32Array, beside: AttributeSimilarity | None, rng: np.random.Generator
    ) -> list[Comparisons]:
        return joined(super()._compared(links, beside, rng))


def nearest_rows(
    rows: Rows, queries: IntArray, pool: IntArray, k: int
) -> tuple[IntArray, FloatArray]:
    """The k names of a pool whose rows have the largest product with each query's.

    Args:
        rows: makes the (m, d) float32 rows of names, as `NameSimilarity.vectors` does.
        queries, pool: (q,) and (p,) names by number.
        k: how many.

    Returns:
        (q, min(k, p)) names, nearest first, and the products.
    """
    asked = rows(queries)
    scores = np.empty((len(queries), 0), dtype=np.float32)
    best = np.empty((len(queries), 0), dtype=np.int64)
    for start in range(0, len(pool), _ROWS):
        block = pool[start : start + _ROWS]
        near, places = nearest(asked, rows(block), k)
        scores = np.concatenate([scores, near], axis=1)
        best = np.concatenate([best, block[places]], axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        scores = np.take_along_axis(scores, order, axis=1)
        best = np.take_along_axis(best, order, axis=1)
    return best, scores


def by_rarity(counts: csr_array, of_entities: csr_array | None = None) -> csr_array:
    """(r, w) counts times log((n + 1) / rows that have the column), so that rare ones decide.

    Rows are counted in `of_entities`, (n, w), where it is given.
    """
    counted = counts if of_entities is None else of_entities
    n = counted.shape[0]
    used = np.bincount(counted.indices, minlength=counts.shape[1])
    rarity = np.log((n + 1) / np.maximum(used, 1)).astype(np.float32)
    return with_numbers(counts, counts.data * rarity[counts.indices])


def unit_rows(rows: csr_array, length: float = 1.0) -> csr_array:
    """The rows at this length, in the places of those given; empty ones stay empty."""
    squares = with_numbers(rows, rows.data**2).sum(axis=1)
    scale = (length / np.sqrt(np.maximum(squares, 1e-12))).astype(np.float32)
    return with_numbers(rows, rows.data * np.repeat(scale, np.diff(rows.indptr)))


def with_numbers(rows: csr_array, numbers: FloatArray) -> csr_array:
    """Other numbers in the same places, which both share."""
    return csr_array((numbers, rows.indices, rows.indptr), shape=rows.shape)


def largest_of_owners(rows: csr_array, owners: NameOwners) -> csr_array:
    """(n, f) the largest numbers of the rows of each entity's (r, f) names, none below 0."""
    n = len(owners.start) - 1
    further = rows[n:].tocoo()
    single = rows[:n].tocoo()
    owner = np.concatenate([single.coords[0], owners.owner[n:][further.coords[0]]])
    column = np.concatenate([single.coords[1], further.coords[1]])
    data = np.concatenate([single.data, further.data])
    keys = owner.astype(np.int64) * rows.shape[1] + column
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    cells = keys[order[starts]]
    largest = np.maximum.reduceat(data[order], starts) if len(starts) else data
    return csr_array((largest, np.divmod(cells, rows.shape[1])), shape=(n, rows.shape[1]))
