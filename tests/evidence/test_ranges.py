"""Many ranges at once equal one range after the other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dualamn.evidence.ranges import blocks, expand

SIZES = st.lists(st.integers(0, 6), max_size=12)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 6)), max_size=12))
def test_expand_is_a_loop_over_ranges(ranges: list[tuple[int, int]]) -> None:
    starts, counts = np.array(ranges, dtype=np.int64).reshape(-1, 2).T
    owner, numbers = expand(starts, counts)
    expected = [(i, start + j) for i, (start, n) in enumerate(ranges) for j in range(n)]
    assert list(zip(owner.tolist(), numbers.tolist(), strict=True)) == expected


@given(SIZES, st.integers(1, 9))
def test_blocks_are_as_long_as_they_may_be_and_leave_nothing_out(
    sizes: list[int], most: int
) -> None:
    cuts = blocks(np.array(sizes, dtype=np.int64), most)
    ends = [0, *(cut.stop for cut in cuts)]
    assert [cut.start for cut in cuts] == ends[:-1]
    assert ends[-1] == len(sizes)
    for cut in cuts:
        assert cut.stop > cut.start
        assert sum(sizes[cut]) <= most or cut.stop == cut.start + 1
        if cut.stop < len(sizes):
            assert sum(sizes[cut.start : cut.stop + 1]) > most
