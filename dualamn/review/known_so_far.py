"""How much precision and recall are known to be from answers, and what more answers are worth.

Every answer is known for itself. Of the pairs of a band that nobody has looked at, the share that
is the same is not known: before any answer it is expected to be the mean of their probabilities,
as if two answers had said so, and the fair sample of the band says the rest,

    share ~ Beta(2 p + correct, 2 (1 - p) + incorrect)

so that the interval holds whether or not probabilities are right. Answers that were asked for as
they teach much say nothing of pairs that nobody looked at: they are the hard ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dualamn.files.text import counted
from dualamn.kernels.arrays import BoolArray, Floats, IntArray
from dualamn.review.asking_order import Askable, next_questions, random_sample

CONFIDENCE = 0.95
MORE = 10
"""Answers whose worth is told."""

_BEFORE = 2.0  # answers that the mean probability counts for
_DRAWS = 4000
_LITTLE = 0.5  # links that ten answers would put right, fewer of which are not worth the time
_NARROW = 0.03  # half of an interval that is narrow enough


@dataclass(frozen=True)
class Range:
    """A share that is known but for its interval.

    Attributes:
        estimate, low, high: the mean, and the interval that holds it with 95% confidence.
    """

    estimate: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half of the width of the interval."""
        return (self.high - self.low) / 2

    def __str__(self) -> str:
        return f"{self.estimate:.3f} ({self.low:.3f} to {self.high:.3f})"


@dataclass(frozen=True)
class KnownSoFar:
    """What answers say of the links that would be written now.

    Attributes:
        n_answers, n_accepted, n_rejected, n_unsure: how many answers there are.
        n_links: links that would be written: without rejected ones, with accepted ones.
        precision: the share of them that is correct.
        recall: the share that they are of all pairs that were considered and are the same; pairs
            that nothing brought up are not among these. None where only links can be asked about.
        put_right: links that the next ten answers are expected to put right.
        precision_then, recall_then: half of the width of the intervals after ten more answers; 0
            where there is no recall.
        is_enough: whether ten more answers would hardly change anything.
    """

    n_answers: int
    n_accepted: int
    n_rejected: int
    n_unsure: int
    n_links: int
    precision: Range
    recall: Range | None
    put_right: float
    precision_then: float
    recall_then: float
    is_enough: bool

    def lines(self) -> list[str]:
        """The same in words."""
        p, r = self.precision, self.recall
        told = "recall not known, as there are only links to ask about"
        then = ""
        if r is not None:
            told = f"recall {r} of what was considered"
            then = f", recall to ±{self.recall_then:.3f} (now ±{r.half:.3f})"
        lines = [
            f"{counted(self.n_answers, 'answer')}: {self.n_accepted:,} accepted, "
            f"{self.n_rejected:,} rejected, {self.n_unsure:,} unsure; "
            f"{counted(self.n_links, 'link')}",
            f"precision {p}, {told}",
            f"ten more answers: {self.put_right:.1f} links put right, precision known to "
            f"±{self.precision_then:.3f} (now ±{p.half:.3f}){then}",
        ]
        if self.is_enough:
            lines.append("you can stop: ten more answers would hardly change anything")
        return lines


def known_so_far(
    askable: Askable,
    asked: BoolArray,
    answers: Floats,
    *,
    given: int = 0,
    coming: Sequence[int] | IntArray | None = None,
) -> KnownSoFar:
    """What is known from answers.

    Args:
        askable: the pairs.
        asked: (m,) which were asked about.
        answers: (m,) of those: 1 for accepted, 0 for rejected, NaN for unsure; of others anything.
        given: links that are certain and are written beside these.
        coming: positions of the next ten questions; as `next_questions` has them if None.
    """
    if coming is None:
        coming = next_questions(askable, asked, MORE)
    answered = asked & ~np.isnan(answers)
    yes = answered & (answers == 1)
    no = answered & (answers == 0)
    sample = random_sample(askable, asked) & answered
    right, wrong = (_by_band(askable, sample & side) for side in (yes, no))
    precision, recall = _ranges(askable, answered, yes, no, right, wrong, given)
    # What the next ten answers will be is not known, but expected.
    later = np.asarray(coming, dtype=np.int64)
    p = askable.probability[later]
    put_right = float(np.where(askable.written[later], 1 - p, p).sum())
    then = asked.copy()
    then[later] = True
    fair = later[random_sample(askable, then)[later]]
    more = np.bincount(askable.band[fair], minlength=askable.n_bands).astype(np.float64)
    yes_more = np.bincount(askable.band[fair], askable.probability[fair], askable.n_bands)
    precision_then, recall_then = _ranges(
        askable, answered | then, yes, no, right + yes_more, wrong + more - yes_more, given
    )
    n_links = int((askable.written & ~no).sum() + (yes & ~askable.written).sum()) + given
    return KnownSoFar(
        int(asked.sum()),
        int(yes.sum()),
        int(no.sum()),
        int((asked & ~answered).sum()),
        n_links,
        precision,
        recall,
        put_right,
        min(precision_then.half, precision.half),
        0.0 if recall is None or recall_then is None else min(recall_then.half, recall.half),
        is_enough=not len(later) or (put_right < _LITTLE and precision.half <= _NARROW),
    )


def _by_band(askable: Askable, chosen: BoolArray) -> Floats:
    return np.bincount(askable.band[chosen], minlength=askable.n_bands).astype(np.float64)


def _ranges(
    askable: Askable,
    answered: BoolArray,
    yes: BoolArray,
    no: BoolArray,
    right: Floats,
    wrong: Floats,
    given: int,
) -> tuple[Range, Range | None]:
    """Precision and recall, with intervals, by draws of the share of every band."""
    rest = ~answered
    size = _by_band(askable, rest)
    total = np.bincount(askable.band[rest], askable.probability[rest], askable.n_bands)
    mean = np.clip(total / np.maximum(size, 1), 0.01, 0.99)
    rng = np.random.default_rng(1)
    shares = rng.beta(_BEFORE * mean + right, _BEFORE * (1 - mean) + wrong, (_DRAWS, len(size)))
    correct = rng.binomial(size.astype(np.int64), shares)  # (draws, bands)
    is_written = np.arange(len(size)) >= len(size) // 2
    known = int(yes.sum()) + given
    written = known + correct[:, is_written].sum(axis=1)
    missed = correct[:, ~is_written].sum(axis=1)
    n_links = known + int((askable.written & rest).sum())
    precision = _range(written / max(n_links, 1))
    if askable.written.all():
        return precision, None
    return precision, _range(written / np.maximum(written + missed, 1))


def _range(drawn: Floats) -> Range:
    aside = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [aside, 1 - aside]).tolist()
    return Range(float(drawn.mean()), low, high)
