"""Which pairs to ask about next: those that teach most, and some at random.

A pair teaches much if it is unsure, and if others hang on it. Asked one by one in that order, ten
questions could all be about one relation, so what has been asked of the same relation, class or
neighbourhood counts against a pair:

    value = 4 p (1 - p) (1 + influence) / sqrt((1 + c1) (1 + c2) ...)

with p the probability that the pair is the same, and c1, c2, ... how many pairs of each of its
groups were asked already. Such pairs are no fair sample: they are mostly those that are hard. So a
share of all questions goes through bands of probability in an order drawn beforehand, whatever the
pair is worth. From these precision and recall can be estimated, see `known_so_far`.

Uncertainty sampling is due to Lewis and Gale ("A sequential algorithm for training text
classifiers", SIGIR 1994); weighing it by what else would be learned follows information density
(Settles and Craven, EMNLP 2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dualamn.kernels.arrays import BoolArray, Floats, IntArray, ranks

RANDOM_SHARE = 0.2
"""Of the questions, those that are drawn whatever they teach."""

EDGES = (0.05, 0.2, 0.5, 0.8, 0.95)
"""Between the bands of probability."""

_PURPOSE = 0xA5C  # keeps this draw apart from others of the same seed


@dataclass(frozen=True, eq=False)
class Askable:
    """Pairs that can be asked about.

    Attributes:
        probability: (m,) that each is the same.
        written: (m,) which are links that are written; the others would be found if accepted.
        influence: (m,) 0 or more: how much of the doubt about others hangs on each.
        groups: (m, g) what each pair is about, -1 for nothing: pairs of a group are alike.
        seed: of the order at random.
    """

    probability: Floats
    written: BoolArray
    influence: Floats
    groups: IntArray
    seed: int = 0

    def __len__(self) -> int:
        return len(self.probability)

    @cached_property
    def band(self) -> IntArray:
        """(m,) the band of each pair: its range of probability, of written links and of others."""
        at = np.searchsorted(EDGES, self.probability, side="right")
        return np.asarray(at + (len(EDGES) + 1) * self.written, dtype=np.int64)

    @property
    def n_bands(self) -> int:
        """How many bands there are."""
        return 2 * (len(EDGES) + 1)

    @cached_property
    def place(self) -> IntArray:
        """(m,) the place of each pair in the order drawn for its band, from 0."""
        drawn = np.random.default_rng([self.seed, _PURPOSE, len(self)]).permutation(len(self))
        order = drawn[np.argsort(self.band[drawn], kind="stable")]
        place = np.empty(len(self), dtype=np.int64)
        place[order] = ranks(self.band[order])
        return place

    @cached_property
    def uncertainty(self) -> Floats:
        """(m,) from 0 to 1."""
        uncertain: Floats = 4 * self.probability * (1 - self.probability)
        return uncertain


def random_sample(askable: Askable, asked: BoolArray) -> BoolArray:
    """(m,) the asked pairs that are a fair sample of their band: all before the first not asked."""
    open_ = np.flatnonzero(~asked)
    first = np.full(askable.n_bands, len(askable), dtype=np.int64)
    np.minimum.at(first, askable.band[open_], askable.place[open_])
    return asked & (askable.place < first[askable.band])


def next_questions(
    askable: Askable, asked: BoolArray, n: int, *, random_share: float = RANDOM_SHARE
) -> IntArray:
    """The next pairs to ask about, at most n, in the order in which to ask.

    Args:
        askable: the pairs.
        asked: (m,) which were asked about before.
        n: how many.
        random_share: of them that are drawn at random; every fifth question if .2.

    Returns:
        (k,) positions.
    """
    asked = asked.copy()
    counts = [_count(column, asked) for column in askable.groups.T]
    chosen: list[int] = []
    drawn = round(random_share * int(asked.sum()))
    while len(chosen) < n and not asked.all():
        # As if by Bresenham: every 1 / share questions one is at random.
        wanted = round(random_share * (int(asked.sum()) + 1))
        at = (
            _most_telling_draw(askable, asked)
            if wanted > drawn
            else _dearest(askable, asked, counts)
        )
        drawn = max(drawn, wanted)
        chosen.append(at)
        asked[at] = True
        for column, count in zip(askable.groups.T, counts, strict=True):
            if column[at] >= 0:
                count[column[at]] += 1
    return np.array(chosen, dtype=np.int64)


def _count(column: IntArray, asked: BoolArray) -> Floats:
    size = int(column.max(initial=-1)) + 1
    return np.bincount(column[asked & (column >= 0)], minlength=size).astype(np.float64)


def _dearest(askable: Askable, asked: BoolArray, counts: list[Floats]) -> int:
    """The pair that teaches most; of equal ones the first of the order drawn."""
    value = askable.uncertainty * (1 + askable.influence)
    for column, count in zip(askable.groups.T, counts, strict=True):
        known = column >= 0
        value[known] /= np.sqrt(1 + count[column[known]])
    value[asked] = -1
    best = np.flatnonzero(value == value.max())
    return int(best[np.argmin(askable.place[best])])


def _most_telling_draw(askable: Askable, asked: BoolArray) -> int:
    """The next pair in the order of the band whose sample leaves most in doubt.

    A band of N pairs, n of them sampled, whose mean is p, leaves about N sqrt(p (1 - p) / (n + 1))
    (Neyman's allocation, Journal of the Royal Statistical Society 1934, one pair at a time).
    """
    size = np.bincount(askable.band, minlength=askable.n_bands)
    sampled = np.bincount(askable.band[random_sample(askable, asked)], minlength=askable.n_bands)
    mean = np.bincount(askable.band, askable.probability, askable.n_bands) / np.maximum(size, 1)
    doubt = size * np.sqrt(np.clip(mean, 0.02, 0.98) * (1 - np.clip(mean, 0.02, 0.98)))
    doubt = doubt / np.sqrt(sampled + 1.0)
    doubt[np.bincount(askable.band[~asked], minlength=askable.n_bands) == 0] = -1
    open_ = np.flatnonzero(~asked & (askable.band == int(doubt.argmax())))
    return int(open_[np.argmin(askable.place[open_])])
