"""Threads: how many, and results in order."""

import threading
from collections.abc import Iterator

import pytest
import torch

from dualamn.kernels.compute import in_order, threads


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("size", [0, 1, 2, 20])
def test_results_come_in_the_order_of_the_items(count: int, size: int) -> None:
    with threads(count):
        assert list(in_order(lambda x: x * x, range(size))) == [x * x for x in range(size)]


def test_some_items_are_worked_on_at_once_and_no_more_wait_than_threads() -> None:
    asked = []
    met = threading.Barrier(3)

    def items() -> Iterator[int]:
        for number in range(9):
            asked.append(number)
            yield number

    def wait(number: int) -> int:
        met.wait(timeout=60)  # nobody comes through alone
        return number

    with threads(3):
        found = in_order(wait, items())
        assert next(found) == 0
        assert len(asked) == 4
        assert list(found) == list(range(1, 9))


def test_an_error_reaches_who_asks_and_ends_the_work() -> None:
    done: list[int] = []

    def compute(number: int) -> int:
        done.append(number)
        if number == 2:
            raise ValueError("the third")
        return number

    with threads(2):
        found = in_order(compute, range(1000))
        assert [next(found), next(found)] == [0, 1]
        with pytest.raises(ValueError, match="the third"):
            next(found)
    assert len(done) < 10


def test_who_stops_asking_ends_the_work() -> None:
    done: list[int] = []
    with threads(2):
        found = in_order(done.append, range(1000))
        next(found)
        found.close()  # type: ignore[attr-defined]
    assert len(done) < 10


def test_the_number_of_threads_comes_back() -> None:
    before = torch.get_num_threads()
    with threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
