"""How alike two entities are by name, and the match weight of that."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, hstack

from dualamn.attributes.base import AttributeSimilarity, joined
from dualamn.attributes.facts import row_products
from dualamn.attributes.normalisation import joints_of, pieces_of, plain, words_of
from dualamn.attributes.translation import learn_synonyms
from dualamn.kernels.arrays import BoolArray, FloatArray, Int32Array, IntArray, StringArray
from dualamn.kernels.logistic import Comparisons
from dualamn.search.exact import nearest, pair_cosines

_TRANSLATED = 0.3  # the share of translated words in the similarity
_COLUMNS = 32  # of random directions drawn at a time
_PAIRS = 1 << 14  # pairs compared at a time: their rows and products fit into 50 MB

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
    (`learn_synonyms`). Names of the same words count once more.

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

    Attributes:
        whole: (n,) see `NameFeatures`.
        named: (n,) who has a name with a word in it.
        rows: (n, f) float32 sparse rows of words, pieces and translations, none below 0, whose
            inner products, 1 at most, are the similarities.
    """

    what = "names"
    weights: NameWeights
    rows: csr_array
    _most = 100.0

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
        self.weights = NameWeights()
        self._width = width
        features = NameFeatures.of(names)
        self.whole: IntArray = features.whole
        self.named: BoolArray = features.whole >= 0
        self._words = features.words
        self._rare_words = by_rarity(features.words)
        self._as_written = unit_rows(
            hstack([self._rare_words, by_rarity(features.pieces)], format="csr"),
            length=(1 - _TRANSLATED) ** 0.5,
        )
        super().__init__(sources, seed)

    @property
    def width(self) -> int:
        """How many numbers a row of `joined_vectors` has."""
        return self._width + (0 if self.meaning is None else self.meaning.shape[1])

    def vectors(self, ids: IntArray | None = None) -> FloatArray:
        """(n, width) float32 random projections of all names, or of (q,) joint ids.

        Their inner products are the similarities, give or take 1 / sqrt(width). All directions
        are drawn anew at each call.
        """
        rng = np.random.default_rng([self._seed, self._width])
        rows = self.rows if ids is None else self.rows[ids]
        made = np.empty((rows.shape[0], self._width), dtype=np.float32)
        for start in range(0, self._width, _COLUMNS):
            columns = slice(start, min(start + _COLUMNS, self._width))
            size = (rows.shape[1], columns.stop - start)
            made[:, columns] = rows @ rng.standard_normal(size, dtype=np.float32)
        made /= np.float32(self._width**0.5)
        return made

    def joined_vectors(self, ids: IntArray) -> FloatArray:
        """(q, width + d) float32 rows: products are similarity plus cosine by the model."""
        vectors = self.vectors(ids)
        if self.meaning is None:
            return vectors
        return np.concatenate([vectors, self.meaning[ids]], axis=1)

    def similarities(self, left: IntArray, right: IntArray) -> FloatArray:
        """(p,) float32 from 0 to 1 of pairs of joint ids; 0 where one has no name."""
        products = row_products(self.rows, self.rows, left, right, at_once=_PAIRS)
        return np.minimum(products.astype(np.float32), 1)

    def same(self, left: IntArray, right: IntArray) -> BoolArray:
        """(p,) whether two entities have names of the same words."""
        alike: BoolArray = (self.whole[left] == self.whole[right]) & (self.whole[left] >= 0)
        return alike

    def features(self, left: IntArray, right: IntArray) -> tuple[FloatArray | BoolArray, ...]:
        """(p,) similarities, (p,) whether names are the same, (p,) cosines by a model if any."""
        found = self.similarities(left, right), self.same(left, right)
        if self.meaning is None:
            return found
        return *found, pair_cosines(self.meaning, left, right)

    def likely(self, queries: IntArray, pool: IntArray, k: int) -> IntArray:
        """(q, min(k, p)) those with the nearest names, by words and pieces."""
        return nearest_rows(self.vectors, queries, pool, k)

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
            words = (words @ learn_synonyms(self._words, links)).tocsr()
        self.rows = csr_array((0, 0))  # those of the links before go before others come
        self.rows = hstack([unit_rows(words, _TRANSLATED**0.5), self._as_written], format="csr")

    def _set_weights(self, weights: list[float]) -> None:
        self.weights = NameWeights(*weights)

    def _easily_taken(self, queries: IntArray, pool: IntArray, k: int) -> IntArray:
        return nearest_rows(self.joined_vectors, queries, pool, k)

    def _compared(
        self, links: Int32Array, beside: AttributeSimilarity | None, rng: np.random.Generator
    ) -> list[Comparisons]:
        return joined(super()._compared(links, beside, rng))


@dataclass(frozen=True, eq=False)
class NameFeatures:
    """Which words and pieces every name has.

    Attributes:
        words: (n, w) float32, 1 where a name has a word, accents as written or left out.
        pieces: (n, p) float32, how often a name has a stretch of characters.
        whole: (n,) int64, one number for all names of the same words in any order; -1 for none.
    """

    words: csr_array
    pieces: csr_array
    whole: IntArray

    @classmethod
    def of(cls, names: StringArray) -> NameFeatures:
        """Reads every one of (n,) names once, and takes every distinct word apart once."""
        word_ids: dict[str, int] = {}
        piece_ids: dict[str, int] = {}
        whole_ids: dict[tuple[str, ...], int] = {}
        known: dict[str, tuple[list[int], list[int]]] = {}

        def parts(word: str) -> tuple[list[int], list[int]]:
            bare = plain(word)
            forms = [word] if bare == word else [word, bare]
            return (
                [word_ids.setdefault(form, len(word_ids)) for form in forms],
                [piece_ids.setdefault(p, len(piece_ids)) for p in pieces_of(bare)],
            )

        words, pieces, whole = _Rows(), _Rows(), np.full(len(names), -1, dtype=np.int64)
        for number, name in enumerate(names):
            own_words, own_pieces = list[int](), list[int]()
            spoken = words_of(name)
            for word in spoken:
                if word not in known:
                    known[word] = parts(word)
                own_words += known[word][0]
                own_pieces += known[word][1]
            bare = [plain(word) for word in spoken]
            own_pieces += [piece_ids.setdefault(j, len(piece_ids)) for j in joints_of(bare)]
            words.add(set(own_words))
            pieces.add(own_pieces)
            if bare:
                whole[number] = whole_ids.setdefault(tuple(sorted(bare)), len(whole_ids))
        return cls(words.matrix(len(word_ids)), pieces.matrix(len(piece_ids)), whole)


class _Rows:
    """Collects the columns of rows."""

    def __init__(self) -> None:
        self._columns = array("i")  # a seventh of what a list takes
        self._ends = [0]

    def add(self, columns: Iterable[int]) -> None:
        self._columns.extend(columns)
        self._ends.append(len(self._columns))

    def matrix(self, width: int) -> csr_array:
        values = np.ones(len(self._columns), dtype=np.float32)
        columns = np.frombuffer(self._columns, dtype=np.int32).copy()
        shape = (len(self._ends) - 1, max(width, 1))
        made = csr_array((values, columns, np.array(self._ends)), shape=shape)
        made.sum_duplicates()
        return made


def nearest_rows(
    rows: Callable[[IntArray], FloatArray], queries: IntArray, pool: IntArray, k: int
) -> IntArray:
    """The k entities of a pool whose rows have the largest product with each query's.

    Args:
        rows: makes the (m, d) float32 rows of joint ids, as `NameSimilarity.vectors` does.
        queries, pool: (q,) and (p,) joint ids.
        k: how many.

    Returns:
        (q, min(k, p)) joint ids, nearest first.
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
    return best


def by_rarity(counts: csr_array) -> csr_array:
    """(n, w) counts times log((n + 1) / rows that have the column), so that rare ones decide."""
    n = counts.shape[0]
    used = np.bincount(counts.indices, minlength=counts.shape[1])
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
