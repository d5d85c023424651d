"""Computations side by side give what they give one after the other, gradients included."""

import threading
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from dualamn.kernels.autograd import each, fork, side_by_side


@pytest.fixture(params=[1, 2, 4])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def product(a: Tensor, b: Tensor) -> list[Tensor]:
    return [a @ b, a.sum()]


def square(a: Tensor) -> list[Tensor]:
    return [a * a]


def inputs() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    a, b = (torch.randn(3, 3, generator=generator, dtype=torch.float64) for _ in range(2))
    return a.requires_grad_(), b.requires_grad_()


def test_values_and_gradients_are_those_of_one_after_the_other(threads: int) -> None:
    a, b = inputs()
    (c, total), (d,) = side_by_side([product, square], [(a, b), (a,)])
    torch.testing.assert_close(c, a @ b)
    torch.testing.assert_close(d, a * a)
    found = torch.autograd.grad((c * d).sum() + total, (a, b))
    expected = torch.autograd.grad((a @ b * a * a).sum() + a.sum(), (a, b))
    torch.testing.assert_close(found, expected)
    assert torch.get_num_threads() == threads


def test_what_needs_no_gradient_gets_none(threads: int) -> None:
    a, b = inputs()
    fixed = b.detach()
    (c, _), (d,) = side_by_side([product, square], [(a, fixed), (fixed,)])
    assert not fixed.requires_grad
    (c * d).sum().backward()  # type: ignore[no-untyped-call]
    assert a.grad is not None


def test_an_output_that_is_not_used_is_no_matter(threads: int) -> None:
    a, b = inputs()
    (c, _), _ = side_by_side([product, square], [(a, b), (b,)])
    found = torch.autograd.grad(c.sum(), (a, b))
    torch.testing.assert_close(found, torch.autograd.grad((a @ b).sum(), (a, b)))


def test_no_graph_is_kept_where_no_gradient_is_wanted(threads: int) -> None:
    a, b = inputs()
    with torch.no_grad():
        (c, _), (d,) = side_by_side([product, square], [(a, b), (a,)])
    assert not c.requires_grad
    assert not d.requires_grad


def test_an_error_in_one_comes_out(threads: int) -> None:
    def fails(a: Tensor) -> list[Tensor]:
        raise ValueError("no")

    a, b = inputs()
    with pytest.raises(ValueError, match="no"):
        side_by_side([product, fails], [(a, b), (a,)])


def test_generators_forked_from_the_same_state_agree_and_those_after_each_other_do_not() -> None:
    def numbers(generator: torch.Generator) -> list[float]:
        drawn: list[float] = torch.rand(4, generator=generator).tolist()
        return drawn

    source = torch.Generator().manual_seed(1)
    first, second = numbers(fork(source)), numbers(fork(source))
    assert first != second
    assert numbers(fork(torch.Generator().manual_seed(1))) == first


def test_a_single_call_is_made_in_the_thread_that_asks(threads: int) -> None:
    here = threading.get_ident()
    assert each([threading.get_ident]) == [here]
    assert here not in each([threading.get_ident] * 2)
    assert torch.get_num_threads() == threads
