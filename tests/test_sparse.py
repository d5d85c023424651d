"""Every kernel equals a dense reference, forward and gradient."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dualamn.kernels.sparse import (
    Pattern,
    dot_rows,
    multiply,
    multiply_transposed,
    row_softmax,
    spmm,
    square_distances,
)

Places = tuple[int, int, list[tuple[int, int]]]


@st.composite
def places(draw: st.DrawFn, square: bool = False) -> Places:
    n = draw(st.integers(1, 6))
    m = n if square else draw(st.integers(1, 6))
    entry = st.tuples(st.integers(0, n - 1), st.integers(0, m - 1))
    return n, m, sorted(draw(st.lists(entry, max_size=15)), key=lambda place: place[0])


def make_pattern(drawn: Places) -> Pattern:
    n, m, entries = drawn
    rows = torch.tensor([row for row, _ in entries], dtype=torch.int64)
    columns = torch.tensor([column for _, column in entries], dtype=torch.int64)
    return Pattern.from_sorted(rows, columns, (n, m))


def dense_of(pattern: Pattern, values: Tensor) -> Tensor:
    """The matrix with repeated entries added up, differentiable in the values."""
    flat = pattern.rows * pattern.shape[1] + pattern.indices
    size = pattern.shape[0] * pattern.shape[1]
    return torch.zeros(size, dtype=values.dtype).index_add(0, flat, values).view(pattern.shape)


def check(fast: Callable[..., Tensor], plain: Callable[..., Tensor], *inputs: Tensor) -> None:
    """Same result and same gradient of a random weighting of it."""
    mine = [x.clone().requires_grad_() for x in inputs]
    theirs = [x.clone().requires_grad_() for x in inputs]
    out, expected = fast(*mine), plain(*theirs)
    torch.testing.assert_close(out, expected)
    weighting = torch.randn_like(expected)
    (out * weighting).sum().backward()  # type: ignore[no-untyped-call]
    (expected * weighting).sum().backward()  # type: ignore[no-untyped-call]
    for x, y in zip(mine, theirs, strict=True):
        grad = torch.zeros_like(y) if y.grad is None else y.grad
        torch.testing.assert_close(x.grad, grad)


@given(places(), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_spmm_equals_the_dense_product(drawn: Places, d: int) -> None:
    pattern = make_pattern(drawn)
    check(
        lambda values, dense: spmm(pattern, values, dense),
        lambda values, dense: dense_of(pattern, values) @ dense,
        torch.randn(pattern.n_entries, dtype=torch.float64),
        torch.randn(pattern.shape[1], d, dtype=torch.float64),
    )


@pytest.mark.parametrize("name", ["AMD EPYC", "Intel(R) Xeon(R)"])
def test_every_processor_multiplies_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dualamn.kernels.sparse.processor", lambda: name)
    pattern = make_pattern((3, 4, [(0, 3), (0, 1), (2, 1), (2, 1), (2, 0)]))
    values, dense = torch.randn(5), torch.randn(4, 6)
    expected = dense_of(pattern, values) @ dense
    torch.testing.assert_close(multiply(pattern, values, dense), expected)
    there = torch.randn(3, 6)
    added = multiply(pattern, values, dense, add_to=there.clone(), alpha=-2)
    torch.testing.assert_close(added, there - 2 * expected)


@given(places(), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_products_without_gradient_equal_the_dense_ones(drawn: Places, d: int) -> None:
    pattern = make_pattern(drawn)
    values = torch.randn(pattern.n_entries, dtype=torch.float64)
    left, right = (torch.randn(size, d, dtype=torch.float64) for size in pattern.shape)
    matrix = dense_of(pattern, values)
    torch.testing.assert_close(multiply(pattern, values, right), matrix @ right)
    torch.testing.assert_close(multiply_transposed(pattern, values, left), matrix.t() @ left)
    gathered = (left[pattern.rows] * right[pattern.indices.long()]).sum(dim=1)
    torch.testing.assert_close(dot_rows(pattern, left, right), gathered)


@given(places(square=True), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_square_distances_equal_the_norms_of_differences(drawn: Places, d: int) -> None:
    pattern = make_pattern(drawn)

    def plain(points: Tensor) -> Tensor:
        return (points[pattern.rows] - points[pattern.indices.long()]).square().sum(dim=1)

    check(
        lambda points: square_distances(pattern, points),
        plain,
        torch.randn(pattern.shape[0], d, dtype=torch.float64),
    )


def test_square_distances_that_do_not_matter_get_no_gradient() -> None:
    pattern = make_pattern((3, 3, [(0, 1), (0, 2), (1, 0), (2, 2)]))
    points = torch.randn(3, 4, dtype=torch.float64)
    matters = torch.tensor([0.0, 2.0, 0.0, 0.0], dtype=torch.float64)
    for factors in (matters, torch.zeros_like(matters)):
        leaf = points.clone().requires_grad_()
        (square_distances(pattern, leaf) * factors).sum().backward()  # type: ignore[no-untyped-call]
        difference = 2 * factors[1] * (points[0] - points[2])
        expected = torch.stack([difference, torch.zeros_like(difference), -difference])
        assert leaf.grad is not None
        torch.testing.assert_close(leaf.grad, expected)


@given(places())
@settings(max_examples=60, deadline=None)
def test_row_softmax_equals_softmax_of_every_row(drawn: Places) -> None:
    pattern = make_pattern(drawn)
    logits = torch.randn(pattern.n_entries, dtype=torch.float64)
    rows = [logits[pattern.rows == row].softmax(dim=0) for row in range(pattern.shape[0])]
    torch.testing.assert_close(row_softmax(pattern, logits), torch.cat(rows))


def test_row_softmax_survives_logits_that_overflow_exp() -> None:
    pattern = make_pattern((2, 2, [(0, 0), (0, 1), (1, 0)]))
    weights = row_softmax(pattern, torch.tensor([1000.0, 999.0, -1000.0]))
    torch.testing.assert_close(weights, torch.tensor([0.7310586, 0.2689414, 1.0]))


@pytest.mark.parametrize("seed", range(3))
def test_gradients_pass_gradcheck(seed: int) -> None:
    torch.manual_seed(seed)
    rows = torch.randint(0, 5, (12,)).sort().values
    pattern = Pattern.from_sorted(rows, torch.randint(0, 5, (12,)), (5, 5))
    values = torch.randn(12, dtype=torch.float64, requires_grad=True)
    left = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    right = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    check_gradient = torch.autograd.gradcheck
    assert check_gradient(lambda v, x: spmm(pattern, v, x), (values, right))
    assert check_gradient(lambda x: square_distances(pattern, x), (left,))


@given(places())
@settings(max_examples=60, deadline=None)
def test_the_transpose_of_the_transpose_is_the_pattern(drawn: Places) -> None:
    pattern = make_pattern(drawn)
    values = torch.randn(pattern.n_entries)
    there, order = pattern.flipped
    back, order_back = there.flipped
    torch.testing.assert_close(dense_of(there, values[order]), dense_of(pattern, values).t())
    torch.testing.assert_close(dense_of(back, values[order][order_back]), dense_of(pattern, values))
    assert pattern.flipped is pattern.flipped


def test_patterns_hold_32_bit_indices_and_refuse_what_they_cannot_hold() -> None:
    pattern = make_pattern((2, 2, [(0, 1), (1, 0)]))
    both = pattern, pattern.flipped.pattern
    assert {part.dtype for own in both for part in (own.indptr, own.indices)} == {torch.int32}
    with pytest.raises(ValueError, match="ascend"):
        Pattern.from_sorted(torch.tensor([1, 0]), torch.tensor([0, 0]), (2, 2))
    with pytest.raises(ValueError, match="outside the pattern's shape"):
        Pattern.from_sorted(torch.tensor([0, 2]), torch.tensor([0, 0]), (2, 2))
