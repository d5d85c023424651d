"""Strings and rows as an index holds them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.lookup.packed_rows import PackedRows, Precision
from dualamn.lookup.packed_strings import PackedStrings


@given(st.lists(st.text(max_size=8), max_size=20, unique=True), st.text(max_size=8))
def test_strings_are_found_where_they_are(texts: list[str], other: str) -> None:
    packed = PackedStrings.of(texts)
    assert list(packed) == texts
    assert [packed.find(text) for text in texts] == list(range(len(texts)))
    assert packed.find(other) == (texts.index(other) if other in texts else -1)
    again = PackedStrings.taken(packed.named("x"), "x")
    assert list(again) == texts


@pytest.mark.parametrize(("precision", "least"), [("float32", 1.0), ("int8", 0.9999), ("bit", 0.7)])
def test_rows_point_where_they_did(precision: Precision, least: float) -> None:
    rows = np.random.default_rng(0).standard_normal((50, 70)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[3] = 0
    packed = PackedRows.of(rows, precision, signs=True)
    again = PackedRows.taken(packed.named("x"), "x", 70)
    found = again.rows(np.arange(50))
    cosine = (found * rows).sum(axis=1) / np.maximum(np.linalg.norm(found, axis=1), 1e-9)
    assert cosine[np.arange(50) != 3].min() >= least - 1e-5
    assert not found[3].any()
    np.testing.assert_allclose(np.linalg.norm(found[4:], axis=1), 1, atol=0.01)
    assert 7 in again.nearest(rows[7], 3)
    assert len(again.nearest(rows[7], 100)) == 50
