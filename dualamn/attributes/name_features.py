"""Which words and stretches of characters every name has."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

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
    def of(cls, names: StringArray, vocabulary: Vocabulary | None = None) -> NameFeatures:
        """Reads every one of (n,) names once, and takes every distinct word apart once.

        A vocabulary that is given gets the words, pieces and wholes under their numbers.
        """
        known = Vocabulary() if vocabulary is None else vocabulary
        initials = known.initials = has_initials(names)
        reader = NameReader(known.word, known.piece, initials=initials)
        words, pieces, whole = Rows(), Rows(), np.full(len(names), -1, dtype=np.int64)
        for number, name in enumerate(names):
            own_words, own_pieces, bare = reader.read(name)
            words.add(own_words)
            pieces.add(own_pieces)
            if bare:
                whole[number] = known.wholes.setdefault(bare, len(known.wholes))
        return cls(words.matrix(len(known.words)), pieces.matrix(len(known.pieces)), whole)

    def chosen(self, kept: BoolArray) -> NameFeatures:
        """Of some of the names."""
        return NameFeatures(self.words[kept], self.pieces[kept], self.whole[kept])


@dataclass
class Vocabulary:
    """The numbers of words and pieces that names have, and of names of the same words.

    `initials` is whether initials of persons count as words, see `has_initials`.
    """

    words: dict[str, int] = field(default_factory=dict)
    pieces: dict[str, int] = field(default_factory=dict)
    wholes: dict[tuple[str, ...], int] = field(default_factory=dict)
    initials: bool = False

    def word(self, text: str) -> int:
        """The number of a word, a new one if it has none."""
        return self.words.setdefault(text, len(self.words))

    def piece(self, text: str) -> int:
        """The number of a piece, a new one if it has none."""
        return self.pieces.setdefault(text, len(self.pieces))


def has_initials(names: Sequence[str] | StringArray) -> bool:
    """Whether enough names have initials in them for these to stand for words."""
    shortened = sum(_INITIAL.search(name) is not None for name in names)
    return shortened >= max(_WITH_INITIALS * len(names), 1)


class NameReader:
    """Takes names apart into words and pieces, by their numbers.

    Args:
        word, piece: give the number of a word and of a piece.
        initials: those of persons are words too.
    """

    def __init__(
        self, word: Callable[[str], int], piece: Callable[[str], int], *, initials: bool
    ) -> None:
        self._word, self._piece, self._initials = word, piece, initials
        self._known: dict[str, tuple[list[int], list[int]]] = {}

    def read(self, name: str) -> tuple[set[int], list[int], tuple[str, ...]]:
        """The words of a name, its pieces as often as they come, and what it is as a whole."""
        own_words, own_pieces = list[int](), list[int]()
        spoken = words_of(name)
        for word in spoken:
            if word not in self._known:
                self._known[word] = self._parts(word)
            own_words += self._known[word][0]
            if len(spoken) <= _MOST_APART:
                own_pieces += self._known[word][1]
        own_words += [self._word(code) for code in codes_of(name)]
        bare = [plain(word) for word in spoken]
        if self._initials and len(bare) in _PERSONAL:
            # "J. Doe" has this in common with "Jane Doe".
            own_words += [self._word(f"{word[0]}.") for word in bare]
        if len(spoken) <= _MOST_APART:
            own_pieces += [self._piece(joint) for joint in joints_of(bare)]
        return set(own_words), own_pieces, tuple(sorted(bare))

    def _parts(self, word: str) -> tuple[list[int], list[int]]:
        bare = plain(word)
        forms = [word] if bare == word else [word, bare]
        return [self._word(form) for form in forms], [self._piece(p) for p in pieces_of(bare)]


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
