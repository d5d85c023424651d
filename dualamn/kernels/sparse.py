"""Products with sparse matrices whose pattern stays fixed while their values are learned.

A graph layer written as gathers and scatters moves edges x dim numbers through memory several
times. Written as the products below it moves none of them: every kernel reads the dense rows
in place and writes one row, or one number, at a time.

Symbols: a pattern has n rows, m columns and e entries; dense matrices have d columns.
"""

from __future__ import annotations

import functools
import warnings
from typing import Any

import torch
from scipy.sparse import csr_array
from torch import Tensor
from torch.autograd import Function

from dualamn.kernels.compute import processor
from dualamn.kernels.patterns import Pattern


def spmm(pattern: Pattern, values: Tensor, dense: Tensor) -> Tensor:
    """Sparse times dense, (n, m) by (m, d), with gradients for values and dense.

    Args:
        pattern: of n rows and m columns.
        values: (e,) the sparse matrix's entries.
        dense: (m, d) of the same dtype.

    Returns:
        (n, d).
    """
    product: Tensor = _SpMM.apply(values, dense, pattern)  # type: ignore[no-untyped-call]
    return product


def square_distances(pattern: Pattern, points: Tensor) -> Tensor:
    """Squared Euclidean distances between the rows that the pattern pairs, with gradient.

    Args:
        pattern: of n rows and n columns.
        points: (n, d).

    Returns:
        (e,): entry (i, j) is |points[i] - points[j]|^2, never below zero.
    """
    distances: Tensor = _SquareDistances.apply(points, pattern)  # type: ignore[no-untyped-call]
    return distances


def row_softmax(pattern: Pattern, logits: Tensor, counts: Tensor | None = None) -> Tensor:
    """Softmax over the entries of every row, without gradient.

    Args:
        pattern: of n rows.
        logits: (e,).
        counts: (e,) how many like it each entry stands for; one each if None. The weights are
            those of one of them.

    Returns:
        (e,), which add up to one over every row that has entries.
    """
    # The row's own maximum keeps every exponent at or below zero.
    top = logits.new_full((pattern.shape[0],), -torch.inf)
    top.scatter_reduce_(0, pattern.rows, logits, "amax")
    weights = logits.sub(top.index_select(0, pattern.rows)).exp_()
    total = segment_sum(pattern, weights if counts is None else weights * counts)
    return weights.div_(total.index_select(0, pattern.rows))


def segment_sum(pattern: Pattern, values: Tensor) -> Tensor:
    """(n,) sums of the (e,) values over every row, without gradient."""
    return torch.zeros(pattern.shape[0], dtype=values.dtype, device=values.device).index_add_(
        0, pattern.rows, values
    )


class _SpMM(Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, dense: Tensor, pattern: Pattern) -> Tensor:
        ctx.save_for_backward(values, dense)
        ctx.pattern = pattern
        return multiply(pattern, values, dense)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (grad,) = grads
        values, dense = ctx.saved_tensors
        pattern: Pattern = ctx.pattern
        d_values = dot_rows(pattern, grad, dense) if ctx.needs_input_grad[0] else None
        d_dense = multiply_transposed(pattern, values, grad) if ctx.needs_input_grad[1] else None
        return d_values, d_dense, None


class _SquareDistances(Function):
    @staticmethod
    def forward(ctx: Any, points: Tensor, pattern: Pattern) -> Tensor:
        ctx.save_for_backward(points)
        ctx.pattern = pattern
        squares = torch.linalg.vector_norm(points, dim=1).square_()
        dots = dot_rows(pattern, points, points)
        sums: Tensor = squares.index_select(0, pattern.rows)
        sums += squares.index_select(0, pattern.indices)
        return sums.sub_(dots, alpha=2).clamp_(min=0)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        # With G the sparse matrix of gradients: 2 (row sums + column sums) x - 2 (G + G') x.
        (grad,) = grads
        (points,) = ctx.saved_tensors
        pattern, grad = _with_gradient(ctx.pattern, grad)
        flipped, order = pattern.flipped
        grad_flipped = grad.index_select(0, order)
        sums = segment_sum(pattern, grad) + segment_sum(flipped, grad_flipped)
        d_points = points * sums.mul_(2).unsqueeze(1)
        multiply(pattern, grad, points, add_to=d_points, alpha=-2)
        multiply(flipped, grad_flipped, points, add_to=d_points, alpha=-2)
        return d_points, None


def _with_gradient(pattern: Pattern, grad: Tensor) -> tuple[Pattern, Tensor]:
    """The entries that have a gradient, and it: most distances are of no weight in a loss."""
    has = grad.nonzero().squeeze(1)
    rows, columns = pattern.rows.index_select(0, has), pattern.indices.index_select(0, has)
    kept = Pattern.from_sorted(rows, columns, pattern.shape, checked=True)
    return kept, grad.index_select(0, has)


def multiply(
    pattern: Pattern,
    values: Tensor,
    dense: Tensor,
    *,
    add_to: Tensor | None = None,
    alpha: float = 1.0,
) -> Tensor:
    """Sparse times dense without gradient, (n, m) by (m, d), times alpha.

    Args:
        pattern: of n rows and m columns.
        values: (e,) the sparse matrix's entries.
        dense: (m, d) of the same dtype.
        add_to: (n, d) that the product is added to in place; a new matrix if None.
        alpha: what the product is multiplied with; only with `add_to`.

    Returns:
        (n, d).
    """
    if pattern.n_entries == 0 or dense.shape[1] == 0:
        return dense.new_zeros(pattern.shape[0], dense.shape[1]) if add_to is None else add_to
    matrix, dense = _csr(pattern, values), dense.contiguous()
    if _own_kernel_is_faster(pattern, dense):
        product: Tensor = torch.sparse.mm(matrix, dense, reduce="sum")
        return product if add_to is None else add_to.add_(product, alpha=alpha)
    if add_to is None:
        out = dense.new_empty(pattern.shape[0], dense.shape[1])
        torch.addmm(out, matrix, dense, beta=0, out=out)
        return out
    torch.addmm(add_to, matrix, dense, alpha=alpha, out=add_to)
    return add_to


def multiply_transposed(pattern: Pattern, values: Tensor, dense: Tensor) -> Tensor:
    """The transpose of a sparse matrix times dense without gradient, (m, n) by (n, d).

    Where many entities come to few relations, the product goes through the entities' rows once,
    as they lie in memory, and adds to the relations' rows, which stay in the cache. Row by row of
    the result it would read the entities' at random: with a million entities a side that takes
    six times as long, and with 15,000 as long.

    Args:
        pattern: of n rows and m columns.
        values: (e,) the sparse matrix's entries, in the order of `pattern`.
        dense: (n, d) of the same dtype.

    Returns:
        (m, d).
    """
    n, m = pattern.shape
    if dense.device.type != "cpu" or n <= m:
        flipped, order = pattern.flipped
        return multiply(flipped, values.index_select(0, order), dense)
    parts = (part.detach().numpy() for part in (values, pattern.indices, pattern.indptr))
    matrix = csr_array(tuple(parts), shape=pattern.shape)
    return torch.from_numpy(matrix.T @ dense.detach().numpy())


def _own_kernel_is_faster(pattern: Pattern, dense: Tensor) -> bool:
    """Whether torch's own product takes less time than MKL's, which `addmm` calls.

    On an AMD EPYC its time is a half to three quarters where the product reads a large matrix at
    random, and more than MKL's where it reads a small one and writes a large one. On an Intel
    Xeon MKL's time is nowhere longer, and down to a half.
    """
    n, m = pattern.shape
    return dense.device.type == "cpu" and n <= m and "Intel" not in processor()


def dot_rows(pattern: Pattern, left: Tensor, right: Tensor) -> Tensor:
    """Dot products of the rows that the pattern pairs, without gradient.

    Args:
        pattern: of n rows and m columns.
        left: (n, d).
        right: (m, d) of the same dtype.

    Returns:
        (e,): entry (i, j) is the dot product of left[i] and right[j].
    """
    values = left.new_zeros(pattern.n_entries)
    if pattern.n_entries == 0 or left.shape[1] == 0:
        return values
    n, m = pattern.shape
    if pattern.n_entries > n * m:
        # torch refuses more entries than places, which repeated entries can make; columns
        # that no entry points to add places.
        m = pattern.n_entries // n + 1
        right = torch.cat([right, right.new_zeros(m - len(right), right.shape[1])])
    # The right side goes in as a transposed view: the kernel then reads whole rows of it.
    product = torch.sparse.sampled_addmm(
        _csr(pattern, values, (n, m)), left.contiguous(), right.contiguous().t(), beta=0.0
    )
    entries: Tensor = product.values()
    return entries


def _csr(pattern: Pattern, values: Tensor, shape: tuple[int, int] | None = None) -> Tensor:
    _announce_sparse_tensors()
    return torch.sparse_csr_tensor(
        pattern.indptr,
        pattern.indices,
        values.detach(),
        size=pattern.shape if shape is None else shape,
        check_invariants=False,
    )


@functools.cache
def _announce_sparse_tensors() -> None:
    """Makes torch's once-only notice that sparse tensors are in beta go where nobody reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.sparse_csr_tensor([0, 1], [0], [1.0], size=(1, 1))
