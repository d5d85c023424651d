"""The columns of facts, against plain references."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.attributes.facts import Facts, distinct
from dualamn.kernels.arrays import IntArray
from tests.attributes.conftest import Row, described_task

LARGE = 1 << 40  # three of these are more than one number of 64 bits can hold


def table(rows: Sequence[tuple[int, ...]]) -> IntArray:
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


@pytest.mark.parametrize("most", [5, 10**6, LARGE])
@given(data=st.data())
def test_distinct_rows_are_those_of_a_set(most: int, data: st.DataObject) -> None:
    number = st.one_of(st.integers(0, 4), st.integers(0, most))
    rows = data.draw(st.lists(st.tuples(number, number, number), max_size=30))
    found = distinct(table(rows))
    assert found.dtype == np.int64
    assert found.shape == (len(set(rows)), 3)
    assert found.tolist() == [list(row) for row in sorted(set(rows))]


def test_rows_too_large_for_one_number_are_told_apart() -> None:
    rows = [(LARGE, LARGE, LARGE), (LARGE, 0, LARGE), (LARGE, LARGE, LARGE), (0, LARGE, 1)]
    expected = [[0, LARGE, 1], [LARGE, 0, LARGE], [LARGE, LARGE, LARGE]]
    assert distinct(table(rows)).tolist() == expected


def values(side: int, number: int) -> list[Row]:
    """None to three values of each of four properties."""
    rng = np.random.default_rng([side, number])
    return [
        (0, f"p{prop}", f"word{rng.integers(40)}", "")
        for prop in range(4)
        for _ in range(rng.integers(4))
    ]


def test_who_has_several_values_of_a_property() -> None:
    task = described_task(values, n_entities=60)
    facts = Facts.of(task)
    counts: dict[tuple[int, int, str], int] = {}
    for side, (kg, offset) in enumerate(zip(task.kgs, task.entity_offsets.tolist(), strict=False)):
        literals: Any = kg.literals
        for entity, kind in zip(literals.entities.tolist(), literals.kinds.tolist(), strict=True):
            key = (entity + offset, side, literals.attributes[kind])
            counts[key] = counts.get(key, 0) + 1
    found = {
        (entity, int(facts.graph[prop]), facts.names[prop]): several
        for (entity, prop), several in zip(facts.has.tolist(), facts.several.tolist(), strict=True)
    }
    assert found == {key: count > 1 for key, count in counts.items()}
    assert facts.has.tolist() == sorted(facts.has.tolist())


def test_matched_properties_become_one() -> None:
    facts = Facts.of(described_task(values, n_entities=60))
    # The first two properties of either graph are match 1, the third is match 0, the last none.
    match = np.array([{"p0": 1, "p1": 1, "p2": 0, "p3": -1}[name] for name in facts.names])
    merged = facts.merged(match, 2)
    several: dict[tuple[int, int], bool] = {}
    for (entity, prop), more in zip(facts.has.tolist(), facts.several.tolist(), strict=True):
        if match[prop] >= 0:
            key = (entity, int(facts.graph[prop]) * 2 + int(match[prop]))
            several[key] = several.get(key, False) or more
    assert list(map(tuple, merged.has.tolist())) == sorted(several)
    assert merged.several.tolist() == [several[key] for key in sorted(several)]
    assert merged.several.dtype == np.bool_


def test_no_matched_property_leaves_no_facts() -> None:
    facts = Facts.of(described_task(values, n_entities=10))
    merged = facts.merged(np.full(len(facts.graph), -1), 0)
    assert len(merged) == 0
    assert merged.has.shape == (0, 2)
    assert merged.several.shape == (0,)
    nothing = replace(facts, has=np.empty((0, 2), np.int64), several=np.empty(0, np.bool_))
    assert nothing.merged(np.zeros(len(facts.graph), dtype=np.int64), 1).has.shape == (0, 2)
