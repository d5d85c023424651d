"""Many strings as arrays of bytes, which are found by hash without making one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from dualamn.files.array_file import Arrays
from dualamn.kernels.arrays import IntArray


@dataclass(frozen=True, eq=False)
class PackedStrings:
    """Strings end to end, and the order of their hashes.

    >>> packed = PackedStrings.of(["Bern", "Rome", "Bern"])
    >>> packed[1], packed.find("Rome"), packed.find("Paris")
    ('Rome', 1, -1)

    Attributes:
        text: (b,) uint8, their UTF-8 bytes.
        ends: (n,) int64 where each ends.
        hashes: (n,) uint64, ascending.
        order: (n,) int32 which string each hash is of.
    """

    text: NDArray[np.uint8]
    ends: IntArray
    hashes: NDArray[np.uint64]
    order: NDArray[np.int32]

    @classmethod
    def of(cls, strings: Iterable[str]) -> PackedStrings:
        """Packs strings in their order; of equal ones the first is found."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in strings]
        ends = np.cumsum([len(text) for text in encoded], dtype=np.int64)
        hashes = np.fromiter(map(_hash, encoded), np.uint64, len(encoded))
        order = np.argsort(hashes, kind="stable")
        text = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        return cls(text, ends, hashes[order], order.astype(np.int32))

    @classmethod
    def taken(cls, arrays: Arrays, name: str) -> PackedStrings:
        """Those that `arrays` has under a name, see `named`."""
        return cls(*(arrays[f"{name}/{part}"] for part in ("text", "ends", "hashes", "order")))

    def named(self, name: str) -> Arrays:
        """The arrays under this name, for a file."""
        return {f"{name}/{part}": value for part, value in vars(self).items()}

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, at: int) -> str:
        start = int(self.ends[at - 1]) if at else 0
        return self.text[start : int(self.ends[at])].tobytes().decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        return (self[at] for at in range(len(self)))

    def find(self, string: str) -> int:
        """Which string this is, -1 if none."""
        wanted = _hash(string.encode("utf-8", "surrogatepass"))
        # Python's bisection touches a few pages; so does numpy's, on a view of the file.
        at = int(np.searchsorted(self.hashes, np.uint64(wanted)))
        while at < len(self.hashes) and int(self.hashes[at]) == wanted:
            number = int(self.order[at])
            if self[number] == string:
                return number
            at += 1
        return -1


def _hash(text: bytes) -> int:
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
