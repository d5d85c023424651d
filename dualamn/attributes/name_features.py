"""Which words and stretches of characters every name has."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from dualamn.attributes.normalisation import codes_of, joints_of, pieces_of, plain, words_of
from dualamn.kernels.arrays import BoolArray, IntArray, StringArray

_INITIAL = re.compile(r"(?:^|[\s.])[^\W\d_]\.")
_WITH_INITIALS = 0.01  # of the names: from then on, initials stand for words
_PERSONAL = range(2, 6)  # words in the name of a person
_MOST_APART = 32  # words of a name that is taken apart: texts have hundreds of pieces a sentence


@dataclass(frozen=True, eq=False)
class NameFeatures:
    """Which words and pieces every name has.

    Attributes:
        words: (n, w) float32, 1 where a name has a word, accents as written or left out.
        pieces: (n, p) float32, how often a name has a stretch of characters; none of names of very
            many words, which tell enough, as comparing their pieces takes many times as long.
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
        shortened = sum(_INITIAL.search(name) is not None for name in names)
        initials = shortened >= max(_WITH_INITIALS * len(names), 1)

        def parts(word: str) -> tuple[list[int], list[int]]:
            bare = plain(word)
            forms = [word] if bare == word else [word, bare]
            return (
                [word_ids.setdefault(form, len(word_ids)) for form in forms],
                [piece_ids.setdefault(p, len(piece_ids)) for p in pieces_of(bare)],
            )

        words, pieces, whole = Rows(), Rows(), np.full(len(names), -1, dtype=np.int64)
        for number, name in enumerate(names):
            own_words, own_pieces = list[int](), list[int]()
            spoken = words_of(name)
            for word in spoken:
                if word not in known:
                    known[word] = parts(word)
                own_words += known[word][0]
                if len(spoken) <= _MOST_APART:
                    own_pieces += known[word][1]
            own_words += [word_ids.setdefault(code, len(word_ids)) for code in codes_of(name)]
            bare = [plain(word) for word in spoken]
            if initials and len(bare) in _PERSONAL:
                # "J. Doe" has this in common with "Jane Doe".
                letters = dict.fromkeys(f"{word[0]}." for word in bare)
                own_words += [word_ids.setdefault(letter, len(word_ids)) for letter in letters]
            if len(spoken) <= _MOST_APART:
                own_pieces += [piece_ids.setdefault(j, len(piece_ids)) for j in joints_of(bare)]
            words.add(set(own_words))
            pieces.add(own_pieces)
            if bare:
                whole[number] = whole_ids.setdefault(tuple(sorted(bare)), len(whole_ids))
        return cls(words.matrix(len(word_ids)), pieces.matrix(len(piece_ids)), whole)

    def chosen(self, kept: BoolArray) -> NameFeatures:
        """Of some of the names."""
        return NameFeatures(self.words[kept], self.pieces[kept], self.whole[kept])


class Rows:
    """Collects the columns of rows."""

    def __init__(self) -> None:
        self._columns = array("i")  # a seventh of what a list takes
        self._ends = [0]

    def add(self, columns: Iterable[int]) -> None:
        """The columns of one row more."""
        self._columns.extend(columns)
        self._ends.append(len(self._columns))

    def matrix(self, width: int) -> csr_array:
        """(rows, width) float32, how often a row has a column."""
        values = np.ones(len(self._columns), dtype=np.float32)
        columns = np.frombuffer(self._columns, dtype=np.int32).copy()
        shape = (len(self._ends) - 1, max(width, 1))
        made = csr_array((values, columns, np.array(self._ends)), shape=shape)
        made.sum_duplicates()
        return made
