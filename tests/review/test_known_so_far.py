"""What answers say of precision and recall, where the truth is known."""

import numpy as np
import pytest

from dualamn.kernels.arrays import BoolArray, Floats
from dualamn.review.asking_order import Askable, next_questions
from dualamn.review.known_so_far import KnownSoFar, Range, known_so_far
from tests.conftest import there


def simulated(seed: int, shift: float = 0.0) -> tuple[Askable, Floats]:
    """Pairs with probabilities, and the truth, which is `shift` less likely than they say."""
    rng = np.random.default_rng(seed)
    p = np.concatenate([rng.beta(8, 1, 600), rng.beta(1, 6, 400)])
    truth = (rng.random(1000) < np.clip(p - shift, 0, 1)).astype(np.float64)
    return Askable(p, p >= 0.5, np.zeros(1000), np.empty((1000, 0), np.int64), seed), truth


def after(askable: Askable, truth: Floats, n: int) -> tuple[BoolArray, KnownSoFar]:
    asked = np.zeros(len(askable), dtype=np.bool_)
    asked[next_questions(askable, asked, n, random_share=0.5)] = True
    return asked, known_so_far(askable, asked, truth)


def true_rates(askable: Askable, truth: Floats, asked: BoolArray) -> tuple[float, float]:
    written = (askable.written & ~(asked & (truth == 0))) | (asked & (truth == 1))
    return truth[written].mean(), truth[written].sum() / truth.sum()


@pytest.mark.parametrize("shift", [0.0, 0.15])
def test_the_interval_holds_also_where_probabilities_are_too_high(shift: float) -> None:
    inside = []
    for seed in range(40):
        askable, truth = simulated(seed, shift)
        asked, known = after(askable, truth, 160)
        rates = true_rates(askable, truth, asked)
        for one, range_ in zip(rates, (known.precision, there(known.recall)), strict=True):
            inside.append(range_.low <= one <= range_.high)
    assert np.mean(inside) >= 0.85


def test_more_answers_make_it_narrower() -> None:
    askable, truth = simulated(1)
    widths = [after(askable, truth, n)[1].precision.half for n in (10, 100, 400)]
    assert widths[0] > widths[1] > widths[2]


def test_everything_answered_is_everything_known() -> None:
    askable, truth = simulated(2)
    asked = np.ones(1000, dtype=np.bool_)
    known = known_so_far(askable, asked, truth)
    assert (known.precision.low, known.precision.high) == (1, 1)
    assert known.recall == Range(1, 1, 1)
    assert known.is_enough
    assert known.n_links == int(truth.sum())
    assert known.put_right == 0
    assert known.lines()[-1].startswith("you can stop")


def test_the_worth_of_ten_answers_is_what_they_are_expected_to_put_right() -> None:
    p = np.array([0.6, 0.9, 0.3])
    askable = Askable(p, p >= 0.5, np.zeros(3), np.empty((3, 0), np.int64))
    known = known_so_far(askable, np.zeros(3, bool), np.full(3, np.nan))
    assert known.put_right == pytest.approx(0.4 + 0.1 + 0.3)
    assert not known.is_enough
    assert known.precision_then <= known.precision.half


def test_an_unsure_answer_is_neither() -> None:
    p = np.full(40, 0.8)
    askable = Askable(p, p >= 0.5, np.zeros(40), np.empty((40, 0), np.int64))
    asked = np.zeros(40, bool)
    asked[:3] = True
    answers = np.full(40, np.nan)
    answers[:2] = 1, 0
    known = known_so_far(askable, asked, answers, given=2)
    assert (known.n_answers, known.n_accepted, known.n_rejected, known.n_unsure) == (3, 1, 1, 1)
    assert known.n_links == 39 + 2
    assert known.recall is None
    assert "recall not known" in known.lines()[1]
