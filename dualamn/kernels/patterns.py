"""Where the entries of sparse matrices are, whose values come and go."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor

_FLIPPING = threading.Lock()


@dataclass(frozen=True, eq=False)
class Pattern:
    """Where the entries of a sparse matrix are, in CSR form.

    Entries may repeat a place: they add up.

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
        return Pattern(self.shape, *(p.to(device) for p in (self.indptr, self.indices, self.rows)))


class Flipped(NamedTuple):
    """The transpose of a pattern.

    Attributes:
        pattern: m x n.
        order: (e,) int64: which entry of the pattern itself each one of the transpose is.
    """

    pattern: Pattern
    order: Tensor


def _flip(pattern: Pattern) -> Flipped:
    # scipy transposes by counting sort, many times faster than torch sorts; the entries' own
    # numbers, carried along as values, come out as the order.
    numbers = np.arange(pattern.n_entries, dtype=np.int32)
    own = (part.numpy(force=True) for part in (pattern.indices, pattern.indptr))
    turned = csr_array((numbers, *own), shape=pattern.shape).tocsc()

    def tensor(array: NDArray[np.integer[Any]], kind: type[np.integer[Any]]) -> Tensor:
        return torch.from_numpy(array.astype(kind, copy=False)).to(pattern.rows.device)

    m = pattern.shape[1]
    rows = tensor(np.repeat(np.arange(m), np.diff(turned.indptr)), np.int64)
    indptr, indices = tensor(turned.indptr, np.int32), tensor(turned.indices, np.int32)
    there = Pattern((m, pattern.shape[0]), indptr, indices, rows)
    return Flipped(there, tensor(turned.data, np.int64))


def _starts(sorted_by: Tensor, size: int) -> Tensor:
    counts = torch.bincount(sorted_by, minlength=size)
    starts = torch.zeros(size + 1, dtype=torch.int64, device=sorted_by.device)
    torch.cumsum(counts, 0, out=starts[1:])
    return starts.int()
