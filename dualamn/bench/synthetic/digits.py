"""Writes tables of whole numbers as text, many rows at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import DataError

TAB, NEWLINE = b"\t\n"
_GROUP, _BASE = 4, 10_000
_LARGEST = 10**16 - 1


def rows_to_text(rows: NDArray[np.integer], prefixes: tuple[bytes, ...] = ()) -> bytes:
    """The lines of a table, with tabs between its columns and a line end behind every row.

    Digits come from a table, four at a time, into fields of one width. Fields are padded with
    zero bytes, which are taken out of all the text at once in the end.

    Args:
        rows: (m, k) whole numbers from 0 to 10^16 - 1.
        prefixes: what stands before the number in each of the k columns, free of zero bytes;
            nothing if not given.

    Raises:
        DataError: a number is out of range.
    """
    m, k = rows.shape
    if not rows.size:
        return b""
    low, high = int(rows.min()), int(rows.max())
    if low < 0 or high > _LARGEST:
        raise DataError(f"{low if low < 0 else high} cannot be written; use 0 to {_LARGEST}")
    if high < 2**32:
        rows = rows.astype(np.uint32)  # divides several times as fast
    before = prefixes or (b"",) * k
    groups = [-(-len(str(int(rows[:, column].max()))) // _GROUP) for column in range(k)]
    width = sum(
        _GROUP * count + 1 + len(prefix) for count, prefix in zip(groups, before, strict=True)
    )
    text = np.empty((m, width), dtype=np.uint8)
    at = 0
    for column, (count, prefix) in enumerate(zip(groups, before, strict=True)):
        text[:, at : at + len(prefix)] = np.frombuffer(prefix, dtype=np.uint8)
        at += len(prefix)
        end = at + _GROUP * count
        text[:, at:end] = _digits(rows[:, column], count)
        text[:, end] = NEWLINE if column == k - 1 else TAB
        at = end + 1
    return text.tobytes().translate(None, b"\0")


def _digits(numbers: NDArray[np.integer], count: int) -> NDArray[np.uint8]:
    """(m, 4 * count) digits of numbers below 10,000^count; zero bytes in place of leading zeros."""
    words = np.empty((len(numbers), count), dtype=np.uint32)
    rest = numbers
    for group in range(count - 1, -1, -1):
        above = rest // _BASE if group else np.zeros_like(rest)
        low = rest - above * _BASE
        # The last group shows a lone 0; those before it show nothing where all of it is 0.
        leading = _LAST if group == count - 1 else _LEADING
        # Whether digits stand before this group picks the table.
        words[:, group] = np.where(above > 0, _INNER[low], leading[low]) if group else leading[low]
        rest = above
    return words.view(np.uint8)


def _tables() -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]:
    """All numbers of up to four digits as words of four bytes: padded by "0", and by zero bytes
    with "0" itself as a digit, and as nothing."""
    numbers = range(_BASE)
    inner = b"".join(b"%04d" % number for number in numbers)
    last = b"".join((b"%d" % number).rjust(_GROUP, b"\0") for number in numbers)
    leading = bytes(_GROUP) + last[_GROUP:]
    as_words = (np.frombuffer(text, dtype=np.uint32) for text in (inner, last, leading))
    return tuple(as_words)  # type: ignore[return-value]


_INNER, _LAST, _LEADING = _tables()
