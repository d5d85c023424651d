"""Names as sparse rows: how often each has which words and pieces of words."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dualamn.attributes.name_text import joints_of, pieces_of, plain, words_of
from dualamn.kernels.arrays import BoolArray, FloatArray, StringArray


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
    whole: NDArray[np.int64]

    @classmethod
    def of(cls, names: StringArray) -> NameFeatures:
        """Reads every name once, and takes every distinct word apart once.

        Args:
            names: (n,) strings, "" for no name.
        """
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

    @property
    def named(self) -> BoolArray:
        """(n,) who has a name with a word in it."""
        has: BoolArray = self.whole >= 0
        return has


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


def by_rarity(counts: csr_array) -> csr_array:
    """Rows whose columns weigh log((n + 1) / rows that have it), so that rare ones decide.

    Args:
        counts: (n, w).
    """
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
