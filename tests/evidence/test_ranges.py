"""Many ranges at once equal one range after the other."""

from itertools import groupby

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from dualamn.kernels.arrays import best_of_each, blocks, expand, grouped, ranks

SIZES = st.lists(st.integers(0, 6), max_size=12)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 6)), max_size=12))
def test_expand_is_a_loop_over_ranges(ranges: list[tuple[int, int]]) -> None:
    starts, counts = np.array(ranges, dtype=np.int64).reshape(-1, 2).T
    owner, numbers = expand(starts, counts)
    expected = [(i, start + j) for i, (start, n) in enumerate(ranges) for j in range(n)]
    assert list(zip(owner.tolist(), numbers.tolist(), strict=True)) == expected


@given(SIZES, st.integers(1, 9))
def test_blocks_are_as_long_as_may_be_and_leave_nothing_out(sizes: list[int], most: int) -> None:
    cuts = blocks(np.array(sizes, dtype=np.int64), most)
    ends = [0, *(cut.stop for cut in cuts)]
    assert [cut.start for cut in cuts] == ends[:-1]
    assert ends[-1] == len(sizes)
    for cut in cuts:
        assert cut.stop > cut.start
        assert sum(sizes[cut]) <= most or cut.stop == cut.start + 1
        if cut.stop < len(sizes):
            assert sum(sizes[cut.start : cut.stop + 1]) > most


OWNED = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([-1.5, -0.0, 0.0, 0.5, 0.75])))


@given(OWNED, st.integers(1, 4))
@example([(0, 0.5)] * 5, 2)
@example([(3, 0.5), (0, 0.75), (3, 0.75), (3, 0.5)], 2)
def test_the_best_of_each_are_those_of_sorted_lists(pairs: list[tuple[int, float]], k: int) -> None:
    own = np.array([owner for owner, _ in pairs], dtype=np.int64)
    values = np.array([value for _, value in pairs])
    # A zero below zero is a number of its own.
    signed = [(owner, value, not np.signbit(value)) for owner, value in pairs]
    order = sorted(range(len(pairs)), key=lambda i: (signed[i][0], -signed[i][1], -signed[i][2]))
    expected = {
        i for _, own_ones in groupby(order, lambda i: pairs[i][0]) for i in list(own_ones)[:k]
    }
    assert set(np.flatnonzero(best_of_each(own, values, k)).tolist()) == expected


@given(st.lists(st.integers(0, 6)))
def test_grouped_is_a_stable_sort_and_ranks_count_on(own: list[int]) -> None:
    order = grouped(np.array(own, dtype=np.int64), 7)
    assert order.dtype == np.int64
    assert order.tolist() == sorted(range(len(own)), key=own.__getitem__)
    ordered = np.array(sorted(own), dtype=np.int64)
    expected = [own_before for _, same in groupby(ordered) for own_before in range(len(list(same)))]
    assert ranks(ordered).tolist() == expected
