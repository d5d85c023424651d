"""How the words of two names fit together: equal, misspelt, an initial, or left over."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from dualamn.attributes.normalisation import words_of

DIFFERENT = 2
"""The highest level of names of which each has a word that the other lacks."""

SAME = 9
"""The level of names of the same words."""

N_LEVELS = 10

_DIFFERENT_SHARES = (0.3, 0.5)
_LEFT_OVER_SHARES = (0.5, 0.6, 0.7, 0.8)
_SHORTEST = 4  # letters of a word that may be misspelt
_MOST_NAMES = 4  # of one entity that are compared

Words = list[str]


class WordMatching:
    """Compares names word by word; a word weighs the more the fewer entities have it.

    Args:
        names: for every entity its names.
    """

    def __init__(self, names: Sequence[Sequence[str]]) -> None:
        self._words = [[words_of(name) for name in own[:_MOST_NAMES]] for own in names]
        used = Counter(
            word for own in self._words for word in {word for name in own for word in name}
        )
        total = len(names)
        self._weight = {word: math.log1p(total / count) for word, count in used.items()}

    def level(self, one: int, other: int) -> int:
        """How well two entities' names fit, of the two that fit best; 0 where one has none.

        From 0 to 2 each has words that the other lacks; from 3 to 7 only one has, the higher the
        less they weigh; at 8 every word fits another, some misspelt or an initial; 9 are the
        same words.
        """
        pairs = ((a, b) for a in self._words[one] for b in self._words[other] if a and b)
        return max((self._level(a, b) for a, b in pairs), default=0)

    def _level(self, one: Words, other: Words) -> int:
        left, common, fuzzy = list(other), 0.0, False
        rest = []
        for word in one:
            if word in left:
                left.remove(word)
                common += self._weight[word]
            else:
                rest.append(word)
        lacking = 0.0
        for word in rest:
            fits = next((at for at, own in enumerate(left) if _alike(word, own)), None)
            if fits is None:
                lacking += self._weight[word]
            else:
                common += min(self._weight[word], self._weight[left.pop(fits)])
                fuzzy = True
        more = sum(self._weight[word] for word in left)
        share = common / (common + lacking + more)
        if lacking and more:
            return sum(share >= edge for edge in _DIFFERENT_SHARES)
        if lacking or more:
            return DIFFERENT + 1 + sum(share >= edge for edge in _LEFT_OVER_SHARES)
        return SAME - 1 if fuzzy else SAME


def _alike(one: str, other: str) -> bool:
    """Whether a word is the initial of the other, or one letter or swap away from it."""
    if len(one) > len(other):
        one, other = other, one
    if len(one) == 1:
        return other[0] == one and not one.isdigit()
    if len(one) < _SHORTEST or len(other) - len(one) > 1:
        return False
    if any(map(str.isdigit, one + other)):  # RS120 is not RS130 misspelt
        return False
    at = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[at : at + 2] == other[at : at + 2][::-1]
    return one[at + 1 :] == other[at + 1 :] or (swapped and one[at + 2 :] == other[at + 2 :])
