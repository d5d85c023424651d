"""Rows of embeddings in a quarter or a thirty-second of their size.

int8: every row is rounded to whole numbers from -127 to 127, with a float32 scale of its own. One
bit: the sign of every number, so that a row is sqrt(d) times too long and points a little
elsewhere; the rows that are compared with them stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dualamn.files.array_file import Arrays
from dualamn.kernels.arrays import EmbeddingArray, FloatArray, IntArray

Precision = Literal["float32", "int8", "bit"]
PRECISIONS: tuple[Precision, ...] = ("int8", "bit", "float32")

_AT_ONCE = 1 << 14  # rows
_WORD = 64  # bits


@dataclass(frozen=True, eq=False)
class PackedRows:
    """(n, width) rows, packed.

    Attributes:
        width: of the rows.
        numbers: (n, width) float32 or int8; None if there are only signs.
        scales: (n,) float32 of int8 rows, and of signs: what brings them to length one or zero.
        signs: (n, width / 64) uint64, a bit for each number above 0; None if they were not wanted.
    """

    width: int
    numbers: NDArray[np.float32] | NDArray[np.int8] | None
    scales: FloatArray | None
    signs: NDArray[np.uint64] | None

    @classmethod
    def of(
        cls, rows: EmbeddingArray, precision: Precision = "int8", *, signs: bool = False
    ) -> PackedRows:
        """Packs (n, width) rows.

        Args:
            rows: float32 or float16.
            precision: of the numbers.
            signs: keep these beside the numbers, to search by.
        """
        n, width = rows.shape
        if precision == "float32":
            bits = packed_signs(rows) if signs else None
            return cls(width, rows.astype(np.float32), None, bits)
        if precision == "bit":
            length = np.full(n, max(width, 1) ** -0.5, dtype=np.float32)
            length[~rows.any(axis=1)] = 0  # of these nothing is known
            return cls(width, None, length, packed_signs(rows))
        numbers, scales = np.empty((n, width), dtype=np.int8), np.empty(n, dtype=np.float32)
        for start in range(0, n, _AT_ONCE):
            block = slice(start, start + _AT_ONCE)
            own = rows[block].astype(np.float32)
            scale = np.abs(own).max(axis=1, initial=0) / 127
            scales[block] = scale
            own /= np.maximum(scale, 1e-30)[:, None]
            numbers[block] = np.rint(own)
        return cls(width, numbers, scales, packed_signs(rows) if signs else None)

    @classmethod
    def taken(cls, arrays: Arrays, name: str, width: int) -> PackedRows:
        """Those that `arrays` has under a name, see `named`."""
        parts = (arrays.get(f"{name}/{part}") for part in ("numbers", "scales", "signs"))
        return cls(width, *parts)

    def named(self, name: str) -> Arrays:
        """The arrays under this name, for a file."""
        parts = {"numbers": self.numbers, "scales": self.scales, "signs": self.signs}
        return {f"{name}/{part}": own for part, own in parts.items() if own is not None}

    def rows(self, which: IntArray) -> FloatArray:
        """(m, width) float32 rows of some; rows of signs have length one."""
        if self.numbers is None:
            assert self.signs is not None
            bits = np.unpackbits(self.signs[which].view(np.uint8), axis=1, count=self.width)
            found = bits.astype(np.float32) * 2 - 1
        else:
            found = self.numbers[which].astype(np.float32)
        if self.scales is not None:
            found *= self.scales[which][:, None]
        return found

    def nearest(self, query: FloatArray, k: int) -> IntArray:
        """The k rows whose signs differ the least from those of a (width,) row, in any order."""
        assert self.signs is not None
        differ = np.bitwise_count(self.signs ^ packed_signs(query[None])).sum(
            axis=1, dtype=np.int32
        )
        k = min(k, len(differ))
        return np.argpartition(differ, k - 1)[:k] if k else np.empty(0, dtype=np.int64)


def packed_signs(rows: EmbeddingArray) -> NDArray[np.uint64]:
    """(n, ceil(width / 64)) uint64: a bit for every number of (n, width) rows, 1 above 0."""
    n, width = rows.shape
    padded = -(-width // _WORD) * _WORD
    found = np.zeros((n, padded // 8), dtype=np.uint8)
    for start in range(0, n, _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        bits = np.packbits(rows[block] > 0, axis=1)
        found[block, : bits.shape[1]] = bits
    return found.view(np.uint64)
