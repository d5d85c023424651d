"""Which words of names stand for each other, learned from pairs of entities.

Names of one entity, in two languages or in machine translation, differ by more than spelling:
"football club" is "fc", "area" is "district". Linked entities show which words translate into
which, as IBM model 1 learns it from sentences (Brown et al., Computational Linguistics 19, 1993).
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, eye_array

from dualamn.kernels.arrays import Floats, Int32Array, IntArray, expand, largest_of

_ROUNDS = 5
_DOUBT = 0.5  # a word seen once proves little
_LEAST = 0.05  # less probable translations are left out
_MOST_SYNONYMS = 6  # of a word: a common one stands beside thousands of others
_MOST_WORDS = 12  # names longer than this are descriptions, and say little word by word


def learn_synonyms(words: csr_array, links: Int32Array) -> csr_array:
    """How far each word stands for others, from the names of linked entities, either way round.

    Args:
        words: (n, w) which entity's name has which word.
        links: (m, 2) linked entities.

    Returns:
        (w, w) float32: 1 for a word itself, and for the six others that it stands for most
        the mean of both translations' probabilities.
    """
    there, back = learn_translations(words, links), learn_translations(words, links[:, ::-1])
    both = ((there + back.T) * np.float32(0.5)).tocsr()
    both.setdiag(0)
    synonyms = largest_of_rows((both + both.T).tocsr(), _MOST_SYNONYMS)
    return (synonyms + eye_array(words.shape[1], dtype=np.float32)).tocsr()


def largest_of_rows(matrix: csr_array, most: int) -> csr_array:
    """The matrix with no more than its largest entries of every row."""
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    kept, _ = largest_of(row, matrix.data, most)
    return csr_array((matrix.data[kept], (row[kept], matrix.indices[kept])), shape=matrix.shape)


def learn_translations(words: csr_array, links: Int32Array) -> csr_array:
    """(w, w) float32 probability that a left word stands for a right one, small ones left out.

    Arguments are those of `learn_synonyms`.
    """
    width = words.shape[1]
    left, right = words[links[:, 0]], words[links[:, 1]]
    short = (np.diff(left.indptr) <= _MOST_WORDS) & (np.diff(right.indptr) <= _MOST_WORDS)
    left, right = left[short], right[short]
    source, target, slot = _couples(left, right)
    keys, couple = np.unique(source * width + target, return_inverse=True)
    of_word, into = np.divmod(keys, width)
    chance: Floats = np.ones(len(keys))
    for _ in range(_ROUNDS):
        share = chance[couple]
        total = np.bincount(slot, weights=share, minlength=len(right.indices))
        share /= np.maximum(total[slot], 1e-12)
        count = np.bincount(couple, weights=share, minlength=len(keys))
        chance = count / (np.bincount(of_word, weights=count, minlength=width)[of_word] + _DOUBT)
    kept = chance >= _LEAST
    return csr_array(
        (chance[kept].astype(np.float32), (of_word[kept], into[kept])), shape=(width, width)
    )


def _couples(left: csr_array, right: csr_array) -> tuple[IntArray, IntArray, IntArray]:
    """Every word of a left name beside every word of the right name of the same row.

    (c,) left words, (c,) right words, and (c,) which occurrence of a right word it is.
    """
    n_left, n_right = (np.diff(side.indptr).astype(np.int64) for side in (left, right))
    owner, number = expand(np.zeros(len(n_left), dtype=np.int64), n_left * n_right)
    row, column = np.divmod(number, np.maximum(n_right[owner], 1))
    place = right.indptr[owner] + column
    return (
        left.indices[left.indptr[owner] + row].astype(np.int64),
        right.indices[place].astype(np.int64),
        place.astype(np.int64),
    )
