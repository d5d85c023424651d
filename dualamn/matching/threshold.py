"""The decision to leave an entity without a link, by a threshold on the links' scores.

It works on the links of any matcher: all give one number a link, higher for surer.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from dualamn.errors import DataError
from dualamn.result import Matching


def learn_threshold(scores: ArrayLike, correct: ArrayLike, *, gold: int | None = None) -> float:
    """The score from which links should be given out, for the highest F1 on held-out links.

    Scores must come from a run that did not learn from these links, with the same matcher and
    settings as the run that the threshold is for. Held-out links say nothing of entities without
    a counterpart: if some are known, pass their links too, as incorrect, and the number of `gold`.

    Args:
        scores: (q,) the score of every held-out query's link, -inf if it got none.
        correct: (q,) whether that link is correct.
        gold: how many correct links there are to find; one for every score if None.

    Returns:
        The highest of the thresholds with the best F1: one of the scores, or infinity if no
        link is correct. Links with at least this score are to be kept, as `above` does.

    Raises:
        DataError: there are no held-out links.
        ValueError: a score is NaN or +inf, lengths differ, or fewer gold links than correct ones.
    """
    scores, correct = np.asarray(scores), np.asarray(correct, dtype=np.bool_)
    if scores.ndim != 1 or scores.shape != correct.shape:
        raise ValueError(f"scores have shape {scores.shape}, and correct {correct.shape}")
    if not (scores < np.inf).all():
        raise ValueError("a score is NaN or infinite")
    given = scores > -np.inf
    n_gold = len(scores) if gold is None else gold
    if not n_gold:
        raise DataError("a threshold is learned on held-out links, and there are none")
    if n_gold < int((correct & given).sum()):
        raise ValueError(f"{(correct & given).sum()} links are correct, of {n_gold} gold links")
    order = np.argsort(-scores[given], kind="stable")
    ranked, hits = scores[given][order], np.cumsum(correct[given][order])
    if not len(ranked) or not hits[-1]:
        return math.inf
    last = np.append(ranked[1:] < ranked[:-1], True)  # all links of one score, or none of them
    f1 = 2 * hits[last] / (np.flatnonzero(last) + 1 + n_gold)
    return float(ranked[last][np.argmax(f1)])


def above(matching: Matching, threshold: float) -> Matching:
    """The matching without the links that score less than the threshold.

    Rankings stay as they are: they are about candidates, not about links.

    Raises:
        ValueError: the threshold is NaN.
    """
    if math.isnan(threshold):
        raise ValueError("the threshold is NaN")
    kept = matching.scores >= threshold
    return Matching(
        matching.links[kept], matching.scores[kept], matching.left_to_right, matching.right_to_left
    )
