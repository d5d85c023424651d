"""Where the entries of sparse matrices are, whose values come and go."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Pattern:
    """Where the entries of a sparse matrix are, in CSR form, and the same of its transpose.

    Entries may repeat a place: they add up.

    Attributes:
        shape: (n, m).
        indptr: (n + 1,) int32: where each row's entries begin.
        indices: (e,) int32: the column of every entry.
        rows: (e,) int64: the row of every entry.
        t_indptr: (m + 1,) int32: where each column's entries begin in the transpose.
        t_indices: (e,) int32: the row of every entry of the transpose.
        t_order: (e,) int64: which entry each one of the transpose is.
    """

    shape: tuple[int, int]
    indptr: Tensor
    indices: Tensor
    rows: Tensor
    t_indptr: Tensor
    t_indices: Tensor
    t_order: Tensor

    @classmethod
    def from_sorted(
        cls, rows: Tensor, columns: Tensor, shape: tuple[int, int], *, checked: bool = False
    ) -> Pattern:
        """Builds a pattern from entries that are sorted by row.

        Args:
            rows: (e,) integers, ascending.
            columns: (e,) integers.
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
        indptr, indices = _starts(rows, shape[0]), columns.int()
        # scipy transposes by counting sort, many times faster than torch sorts; the entries'
        # own numbers, carried along as values, come out as the order.
        numbers = np.arange(len(rows), dtype=np.int32)
        flipped = csr_array(
            (numbers, indices.numpy(force=True), indptr.numpy(force=True)), shape=shape
        ).tocsc()

        def tensor(array: NDArray[np.int32], kind: type[np.integer[Any]]) -> Tensor:
            return torch.from_numpy(array.astype(kind, copy=False)).to(rows.device)

        return cls(
            shape,
            indptr,
            indices,
            rows,
            tensor(flipped.indptr, np.int32),
            tensor(flipped.indices, np.int32),
            tensor(flipped.data, np.int64),
        )

    @property
    def n_entries(self) -> int:
        """How many entries the pattern has."""
        return len(self.indices)

    @functools.cached_property
    def transposed(self) -> Pattern:
        """The pattern of the transpose, sharing this one's arrays; values need `t_order`."""
        back = torch.empty_like(self.t_order)
        back[self.t_order] = torch.arange(len(back), device=back.device)
        return Pattern(
            (self.shape[1], self.shape[0]),
            self.t_indptr,
            self.t_indices,
            self.indices[self.t_order].long(),
            self.indptr,
            self.indices,
            back,
        )

    def to(self, device: torch.device | str) -> Pattern:
        """The same pattern on another device."""
        parts = (self.indptr, self.indices, self.rows, self.t_indptr, self.t_indices, self.t_order)
        return Pattern(self.shape, *(part.to(device) for part in parts))


def _starts(sorted_by: Tensor, size: int) -> Tensor:
    counts = torch.bincount(sorted_by, minlength=size)
    starts = torch.zeros(size + 1, dtype=torch.int64, device=sorted_by.device)
    torch.cumsum(counts, 0, out=starts[1:])
    return starts.int()
