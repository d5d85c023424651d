"""Products with sparse matrices whose pattern stays fixed while their values are learned.

A graph layer of gathers and scatters moves edges x dim numbers through memory several times; one
of the products below moves none: every kernel reads the dense rows in place.

Symbols: a pattern has n rows, m columns and e entries; dense matrices have d columns.
"""

from __future__ import annotations

import functools
import threading
import warnings
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor
from torch.autograd import Function

from dualamn.kernels.compute import processor

_FLIPPING = threading.Lock()


@dataclass(frozen=True, eq=False)
class Pattern:
    """Where the entries of a sparse matrix are, in CSR form; entries of one place add up.

    Attributes:
        shape: (n, m).
        indptr: (n + 1,) int32: where each row's entries begin.
        indices: (e,) int32: the column of every entry.
        rows: (e,) int64: the row of every entry.
    """

    shape: tuple[int, int]
    indptr: Tensor
    indices: Tensor
    rows: Tensor
    _flipped: list[Flipped] = field(default_factory=list, init=False, repr=False)

    @classmethod
    def from_sorted(
        cls, rows: Tensor, columns: Tensor, shape: tuple[int, int], *, checked: bool = False
    ) -> Pattern:
        """Builds a pattern from (e,) entries that are sorted by row.

        Args:
            rows, columns: integers, those of rows ascending.
            shape: (n, m).
            checked: they are known to be in order and inside.

        Raises:
            ValueError: the rows are not ascending, or an entry lies outside the shape.
        """
        rows, columns = rows.long(), columns.long()
        if len(rows) and not checked:
            if bool((rows.diff() < 0).any()) or int(rows[0]) < 0:
                raise ValueError("the rows of a pattern must ascend from 0")
            last, (low, high) = int(rows[-1]), (int(end) for end in columns.aminmax())
            if last >= shape[0] or low < 0 or high >= shape[1]:
                raise ValueError(f"an entry lies outside the pattern's shape {shape}")
        return cls(shape, _starts(rows, shape[0]), columns.int(), rows)

    @property
    def n_entries(self) -> int:
        """How many entries the pattern has."""
        return len(self.indices)

    @property
    def flipped(self) -> Flipped:
        """The transpose, made when it is first asked for: most patterns do without.

        Two branches of a network ask for the same one at the same time, so one waits for the other.
        """
        with _FLIPPING:
            if not self._flipped:
                self._flipped.append(_flip(self))
        return self._flipped[0]

    def to(self, device: torch.device | str) -> Pattern:
        """The same pattern on another device."""
        return Pattern(self.shape, *(t.to(device) for t in (self.indptr, self.indices, self.rows)))


class Flipped(NamedTuple):
    """The m x n transpose of a pattern, and (e,) int64 which of its entries each one was."""

    pattern: Pattern
    order: Tensor


def _flip(pattern: Pattern) -> Flipped:
    # scipy transposes by counting sort, many times faster than torch sorts; the entries' own
    # numbers, carried along as values, come out as the order.
    numbers = np.arange(pattern.n_entries, dtype=np.int32)
    own = (array.numpy(force=True) for array in (pattern.indices, pattern.indptr))
    flipped = csr_array((numbers, *own), shape=pattern.shape).tocsc()

    def tensor(array: NDArray[np.integer[Any]], dtype: type[np.integer[Any]]) -> Tensor:
        return torch.from_numpy(array.astype(dtype, copy=False)).to(pattern.rows.device)

    n, m = pattern.shape
    rows = tensor(np.repeat(np.arange(m), np.diff(flipped.indptr)), np.int64)
    indptr, indices = tensor(flipped.indptr, np.int32), tensor(flipped.indices, np.int32)
    return Flipped(Pattern((m, n), indptr, indices, rows), tensor(flipped.data, np.int64))


def _starts(sorted_by: Tensor, size: int) -> Tensor:
    counts = torch.bincount(sorted_by, minlength=size)
    starts = torch.zeros(size + 1, dtype=torch.int64, device=sorted_by.device)
    torch.cumsum(counts, 0, out=starts[1:])
    return starts.int()


def spmm(pattern: Pattern, values: Tensor, dense: Tensor) -> Tensor:
    """(n, d) sparse times dense, with gradients for values and dense.

    Args:
        pattern: of n rows and m columns.
        values: (e,) the sparse matrix's entries.
        dense: (m, d) of the same dtype.
    """
    product: Tensor = _SpMM.apply(values, dense, pattern)  # type: ignore[no-untyped-call]
    return product


def square_distances(pattern: Pattern, points: Tensor) -> Tensor:
    """(e,) |points[i] - points[j]|^2 for the entries (i, j) of an n x n pattern, with gradient.

    Never below zero; points are (n, d).
    """
    distances: Tensor = _SquareDistances.apply(points, pattern)  # type: ignore[no-untyped-call]
    return distances


def row_softmax(pattern: Pattern, logits: Tensor, counts: Tensor | None = None) -> Tensor:
    """(e,) softmax of (e,) logits over the entries of every row, without gradient.

    With (e,) counts every entry stands for so many alike, and gets the weight of one of them.
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
    """(n, d) `spmm` without gradient.

    Args:
        pattern, values, dense: see `spmm`.
        add_to: (n, d) that the product is added to in place; a new matrix if None.
        alpha: what the product is multiplied with; only with `add_to`.
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
    """(m, d) the transpose of a sparse matrix, (m, n), times dense, (n, d), without gradient.

    Where many entities come to few relations, the product goes through the entities' rows once,
    as they lie in memory, and adds to the relations' rows, which stay in the cache. Row by row of
    the result it would read the entities' at random: with a million entities a side that takes
    six times as long, and with 15,000 as long. Values are in the order of `pattern`.
    """
    n, m = pattern.shape
    if dense.device.type != "cpu" or n <= m:
        flipped, order = pattern.flipped
        return multiply(flipped, values.index_select(0, order), dense)
    arrays = (own.detach().numpy() for own in (values, pattern.indices, pattern.indptr))
    matrix = csr_array(tuple(arrays), shape=pattern.shape)
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
    """(e,) left[i] . right[j] for the entries (i, j) of an n x m pattern, without gradient.

    Args:
        pattern: of n rows and m columns.
        left: (n, d).
        right: (m, d) of the same dtype.
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
        size=shape or pattern.shape,
        check_invariants=False,
    )


@functools.cache
def _announce_sparse_tensors() -> None:
    """Swallows torch's once-only notice that sparse tensors are in beta."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.sparse_csr_tensor([0, 1], [0], [1.0], size=(1, 1))
