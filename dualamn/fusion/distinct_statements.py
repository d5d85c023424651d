"""Which statements were seen before, by a hash of 96 bits each: 12 bytes of memory a statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from dualamn.kernels.arrays import BoolArray, IntArray


@dataclass(frozen=True, eq=False)
class _Run:
    """Hashes in the order of their first part.

    Attributes:
        first: (m,) int64, ascending.
        second: (m,) uint32.
    """

    first: IntArray
    second: NDArray[np.uint32]

    @classmethod
    def sorted(cls, first: IntArray, second: NDArray[np.uint32]) -> _Run:
        """The run of hashes in any order."""
        order = np.argsort(first, kind="stable")
        return cls(first[order], second[order])

    def has(self, first: IntArray, second: NDArray[np.uint32]) -> BoolArray:
        """(k,) whether each hash is there."""
        place = np.searchsorted(self.first, first)
        place[place == len(self.first)] = 0
        found: BoolArray = (self.first[place] == first) & (self.second[place] == second)
        return found


class Seen:
    """Remembers statements, and says which are new.

    Two different ones are taken for the same with a chance of about n² / 2⁹⁷ for n statements, far
    less than one in 10¹⁴ for ten million. Hashes are kept in sorted runs, of which two of about the
    same size become one, so that there are few.

    >>> seen = Seen()
    >>> seen.new(["a", "b", "a"]).tolist(), seen.new(["b", "c"]).tolist()
    ([True, True, False], [False, True])
    """

    def __init__(self) -> None:
        self._runs: list[_Run] = []

    def new(self, texts: Sequence[str]) -> BoolArray:
        """(m,) which of some texts are neither among those of before nor earlier in these."""
        first = np.fromiter(map(hash, texts), dtype=np.int64, count=len(texts))
        second = np.fromiter(
            (crc32(text.encode("utf-8", "surrogatepass")) for text in texts),
            dtype=np.uint32,
            count=len(texts),
        )
        order = np.lexsort((second, first))
        one, other = first[order], second[order]
        is_first = np.ones(len(texts), dtype=np.bool_)
        is_first[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
        for run in self._runs:
            is_first[is_first] = ~run.has(one[is_first], other[is_first])
        self._add(_Run(one[is_first], other[is_first]))
        new = np.empty(len(texts), dtype=np.bool_)
        new[order] = is_first
        return new

    def _add(self, run: _Run) -> None:
        runs = self._runs
        while runs and len(runs[-1].first) < 2 * len(run.first):
            before = runs.pop()
            run = _Run.sorted(
                np.concatenate([before.first, run.first]),
                np.concatenate([before.second, run.second]),
            )
        if len(run.first):
            runs.append(run)
