"""The fast way of reading a file gives what the slow way gives."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.data_loaders.id_graph import read_ids
from dualamn.files.string_tables import read_strings

NUMBERS = st.integers(0, 10**18 - 1)
FIELDS = st.text(
    st.characters(exclude_characters="\t\n\r\0", exclude_categories=["Cs"]), min_size=1
).filter(lambda field: not field.startswith("\ufeff") and field.strip(" "))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tmp_path_factory.mktemp("text") / "file"


@given(rows=st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1), last=st.booleans())
def test_ids(path: Path, rows: Any, last: bool) -> None:
    text = "\n".join("\t".join(map(str, row)) for row in rows) + "\n" * last
    path.write_text(text)
    fast = read_ids(path, "abc")
    assert fast.lines is None
    assert fast.rows.tolist() == [list(row) for row in rows]
    # A blank line sends the reader the slow way.
    path.write_text("\n" + text)
    slow = read_ids(path, "abc")
    assert slow.rows.tolist() == fast.rows.tolist()
    assert [slow.line(row) for row in range(len(rows))] == list(range(2, len(rows) + 2))


@given(rows=st.lists(st.tuples(FIELDS, FIELDS), min_size=1), last=st.booleans())
def test_strings(path: Path, rows: Any, last: bool) -> None:
    text = "\n".join("\t".join(row) for row in rows) + "\n" * last
    path.write_bytes(text.encode())
    fast = read_strings(path, "ab")
    assert fast.lines is None
    assert list(zip(*fast.columns, strict=True)) == rows
    path.write_bytes(b"\n" + text.encode())
    slow = read_strings(path, "ab")
    assert slow.columns == fast.columns
    assert [slow.line(row) for row in range(len(rows))] == list(range(2, len(rows) + 2))


def test_leading_zeros_and_long_numbers(path: Path) -> None:
    path.write_text("007\t123456789012345678\n0\t10\n")
    table = read_ids(path, "ab")
    assert table.rows.dtype == np.int64
    assert table.rows.tolist() == [[7, 123456789012345678], [0, 10]]


def test_empty_where_that_is_fine(path: Path) -> None:
    for text in ("", "\n"):
        path.write_text(text)
        assert read_ids(path, "abc", may_be_empty=True).rows.shape == (0, 3)
