"""Statements of two graphs that are the same, given pairs of neighbours that are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dualamn.evidence.statements import Statements
from dualamn.kernels.arrays import Int32Array, IntArray, blocks, expand
from dualamn.kernels.compute import in_order
from dualamn.matching.pair_table import find

LEAST_SAME = 0.02  # how sure it must be that two statements are the same
_AT_ONCE = 1 << 20  # statements that are looked up in one go


class Same(NamedTuple):
    """Pairs of statements; one may come again, by another pair of relations or neighbours.

    Attributes:
        left, right: (s,) groups of the two graphs' `Statements`.
        weight: (s,) how sure it is that they are the same: above 0.02, at most 1.
    """

    left: Int32Array
    right: Int32Array
    weight: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Descending:
    """The weights of aligned relations, the highest of every relation first.

    Attributes:
        starts: (r,) where the weights of each left relation begin.
        relation, weight: (w,) the right relations, and what they weigh: above 0, below 1.
        place: (w,) ascending: 2 k + 1 - weight, k being the left relation.
    """

    starts: IntArray
    relation: IntArray
    weight: NDArray[np.float64]
    place: NDArray[np.float64]

    @classmethod
    def of(cls, weights: csr_array) -> Descending:
        """Sorts the (r, r') weights of `align_relations`."""
        row = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
        order = np.lexsort((-weights.data, row))
        weight = weights.data[order]
        starts = weights.indptr[:-1].astype(np.int64)
        place = 2.0 * row + 1 - weight
        return cls(starts, weights.indices[order].astype(np.int64), weight, place)

    def above(self, kinds: IntArray, least: NDArray[np.float64]) -> tuple[IntArray, IntArray]:
        """Where the weights of some left relations begin, and how many are above a least each."""
        starts = self.starts[kinds]
        end = np.searchsorted(self.place, 2.0 * kinds + 1 - np.minimum(least, 1))
        return starts, np.maximum(end - starts, 0)


def same_statements(
    left: Statements,
    right: Statements,
    weights: csr_array,
    pairs: tuple[IntArray, IntArray],
    probability: NDArray[np.float64],
) -> Same:
    """Finds the statements that are the same: of neighbours that are, over relations that match.

    If neighbours y and y' are the same with probability p and relations k and k' stand for each
    other with weight w, then the statements (y, k) and (y', k') are the same by w p. What is
    below 0.02 is left out.

    Args:
        left, right: the statements, see `Statements.restricted` for fewer members.
        weights: (r, r') from `align_relations`.
        pairs: (p,) y and (p,) y'.
        probability: (p,) how sure each pair is.
    """
    descending = Descending.of(weights)
    starts = left.group_starts

    def same(block: slice) -> Same:
        ends, others, sure = pairs[0][block], pairs[1][block], probability[block]
        pair, group = expand(starts[ends], starts[ends + 1] - starts[ends])
        owner, entry = expand(*descending.above(left.relation[group], LEAST_SAME / sure[pair]))
        pair, group = pair[owner], group[owner]
        wanted = others[pair] * max(right.n_relations, 1) + descending.relation[entry]
        place, found = find(right.group_keys, wanted)
        weight = descending.weight[entry] * sure[pair]
        found &= weight > LEAST_SAME
        return Same(group[found].astype(np.int32), place[found].astype(np.int32), weight[found])

    found = list(in_order(same, _by_size(left, weights, pairs[0])))
    none = np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0)
    return Same(*(np.concatenate(parts) for parts in zip(none, *found, strict=True)))


def _by_size(left: Statements, weights: csr_array, ends: IntArray) -> list[slice]:
    width = np.diff(weights.indptr)[left.relation]
    before = np.concatenate([[0], np.cumsum(width)])
    starts = left.group_starts
    return blocks(before[starts[ends + 1]] - before[starts[ends]], _AT_ONCE)
