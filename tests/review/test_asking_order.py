"""Which pairs are asked about first, on made probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.review.asking_order import Askable, next_questions, random_sample


def made(p: list[float], groups: list[int] | None = None, **more: object) -> Askable:
    probability = np.array(p)
    of = np.full((len(p), 1), -1) if groups is None else np.array(groups).reshape(-1, 1)
    influence = np.array(more.get("influence", [0.0] * len(p)), dtype=np.float64)
    return Askable(probability, probability >= 0.5, influence, of.astype(np.int64))


def order(askable: Askable, n: int, share: float = 0.0) -> list[int]:
    asked = np.zeros(len(askable), dtype=bool)
    return [int(at) for at in next_questions(askable, asked, n, random_share=share)]


def test_the_least_sure_come_first() -> None:
    assert order(made([0.99, 0.55, 0.9, 0.3, 0.01]), 5) == [1, 3, 2, 0, 4]


def test_a_pair_that_others_hang_on_comes_before_a_less_sure_one() -> None:
    assert order(made([0.6, 0.8], influence=[0.0, 2.0]), 2) == [1, 0]


def test_questions_are_spread_over_groups() -> None:
    p = [0.5, 0.51, 0.52, 0.6, 0.61]
    assert sorted(order(made(p, [7, 7, 7, 2, 2]), 4)[:2]) == [0, 3]
    # What was asked before counts.
    asked = np.array([True, True, False, False, False])
    found = next_questions(made(p, [7, 7, 7, 2, 2]), asked, 1, random_share=0)
    assert found.tolist() == [3]


def test_a_share_is_drawn_whatever_it_teaches() -> None:
    rng = np.random.default_rng(0)
    p = np.concatenate([np.full(200, 0.99), rng.uniform(0.4, 0.6, 200)])
    asked = next_questions(made(p.tolist()), np.zeros(400, bool), 50, random_share=0.2)
    sure = int((p[asked] == 0.99).sum())
    # No sure pair would be asked but for the draws, of which there are ten.
    assert 1 <= sure <= 10
    assert len(set(asked.tolist())) == 50
    assert (p[order(made(p.tolist()), 50)] < 0.9).all()


def test_all_are_asked_once_and_then_nothing_is_left() -> None:
    askable = made([0.2, 0.5, 0.9, 0.97])
    assert sorted(order(askable, 99, share=0.5)) == [0, 1, 2, 3]
    assert order(made([]), 3) == []


@given(
    p=st.lists(st.floats(0, 1), min_size=1, max_size=30),
    data=st.data(),
)
def test_the_sample_is_what_comes_first_in_its_band(p: list[float], data: st.DataObject) -> None:
    askable = made(p)
    asked = np.array(data.draw(st.lists(st.booleans(), min_size=len(p), max_size=len(p))))
    sample = random_sample(askable, asked)
    assert not (sample & ~asked).any()
    for band in np.unique(askable.band):
        own = np.flatnonzero(askable.band == band)
        ranked = own[np.argsort(askable.place[own])]
        first = next((at for at, pair in enumerate(ranked) if not asked[pair]), len(ranked))
        assert sample[ranked].tolist() == [at < first for at in range(len(ranked))]
    assert sample.all() == asked.all()


def test_bands_part_links_from_others() -> None:
    p, written = np.array([0.6, 0.6, 0.99]), np.array([True, False, True])
    askable = Askable(p, written, np.zeros(3), np.empty((3, 0), int))
    assert len(set(askable.band.tolist())) == 3
    assert askable.band.max() < askable.n_bands


@pytest.mark.parametrize("seed", [0, 1])
def test_the_draw_depends_on_the_seed_alone(seed: int) -> None:
    p = np.full(50, 0.7)
    one, two = (
        Askable(p, p > 0, np.zeros(50), np.empty((50, 0), int), seed).place for _ in range(2)
    )
    assert (one == two).all()
    other = Askable(p, p > 0, np.zeros(50), np.empty((50, 0), int), seed + 1).place
    assert (one != other).any()
