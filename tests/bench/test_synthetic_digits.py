"""Rows as text, against what `str` makes of them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.bench.export import rows_to_text
from dualamn.errors import DataError

LARGEST = 10**16 - 1
# Numbers around the powers of ten as well, where the number of digits changes.
POWERS = st.builds(lambda power, step: 10**power + step, st.integers(0, 15), st.integers(-1, 1))
NUMBERS = st.one_of(st.integers(0, LARGEST), st.integers(0, 10_001), POWERS)


def plain(rows: Any, prefixes: tuple[str, ...]) -> str:
    lines = ("\t".join(map("".join, zip(prefixes, map(str, row), strict=True))) for row in rows)
    return "".join(line + "\n" for line in lines)


@given(st.integers(1, 4).flatmap(lambda k: st.lists(st.tuples(*[NUMBERS] * k), max_size=20)))
def test_rows_are_written_as_str_does(rows: list[tuple[int, ...]]) -> None:
    width = len(rows[0]) if rows else 2
    table = np.array(rows, dtype=np.int64).reshape(-1, width)
    assert rows_to_text(table).decode() == plain(rows, ("",) * width)


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.int64, np.uint64])
def test_every_dtype(dtype: Any) -> None:
    rows = np.array([[0, 9], [10, 9_999], [10_000, 2_147_483_647]], dtype=dtype)
    assert rows_to_text(rows) == b"0\t9\n10\t9999\n10000\t2147483647\n"


def test_the_largest_number() -> None:
    assert rows_to_text(np.array([[LARGEST, 0]])) == b"9999999999999999\t0\n"


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5))
def test_prefixes(rows: list[tuple[int, ...]]) -> None:
    written = rows_to_text(np.array(rows), (b"", "kg1/ä".encode()))
    assert written.decode() == plain(rows, ("", "kg1/ä"))


@pytest.mark.parametrize("number", [-1, LARGEST + 1])
def test_numbers_out_of_range(number: int) -> None:
    with pytest.raises(DataError, match=f"{number} cannot be written"):
        rows_to_text(np.array([[5], [number]]))
