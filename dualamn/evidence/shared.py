"""How much two entities have in common, given pairs of neighbours that are the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from dualamn.compute import in_order
from dualamn.evidence.edges import Statements
from dualamn.evidence.ranges import IntArray, blocks, expand

_LEAST = 0.01  # what a pair of statements must be worth to be looked at
_AT_ONCE = 1 << 20  # entries of temporary arrays
_TOGETHER = 1 << 24  # pieces of evidence that are added up in one go

Found = tuple[IntArray, IntArray, NDArray[np.float64]]
Groups = tuple[IntArray, IntArray, NDArray[np.float64]]


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


def shared_statements(
    left: Statements,
    right: Statements,
    weights: csr_array,
    pairs: tuple[IntArray, IntArray],
    probability: NDArray[np.float64],
) -> Iterator[Found]:
    """Evidence that two entities are the same, from every pair of statements they share.

    If neighbours y and y' are the same with probability p and relations k and k' stand for
    each other with weight w, then every entity x of which (y, k) is stated and every x' of
    which (y', k') is have evidence

        -log(1 - w p / sqrt(c c'))

    in common, c and c' being how many entities the two statements hold for: PARIS (Suchanek et
    al., VLDB 2011) with functionality taken for each statement rather than each relation.

    Args:
        left, right: the statements, see `Statements.restricted` for fewer members.
        weights: (r, r') from `align_relations`.
        pairs: (p,) y and (p,) y'.
        probability: (p,) how sure each pair is.

    Yields:
        Equally long arrays of x, x' and evidence, in blocks; a pair (x, x') may come again.
    """
    left_ends, right_ends = pairs
    descending = Descending.of(weights)

    def aligned(block: slice) -> Groups:
        return _aligned_groups(
            left, right, descending, left_ends[block], right_ends[block], probability[block]
        )

    def members(groups: Groups) -> Found:
        return _members(left, right, *groups)

    blocks_of_groups = in_order(aligned, _by_size(left, weights, left_ends))
    yield from in_order(members, _stretches(left, right, blocks_of_groups))


def summed(blocks: Iterator[Found], shape: tuple[int, int]) -> tuple[IntArray, NDArray[np.float64]]:
    """Adds up the evidence of every pair.

    Args:
        blocks: from `shared_statements`.
        shape: how many left and right entities there are.

    Returns:
        (p,) keys x * shape[1] + x', ascending, and (p,) the sum of evidence of each.
    """
    total = csr_array(shape, dtype=np.float64)
    waiting: list[Found] = []
    size = 0
    for block in blocks:
        waiting.append(block)
        size += len(block[0])
        if size >= _TOGETHER:
            total, waiting, size = total + _csr(waiting, shape), [], 0
    if waiting:
        total = total + _csr(waiting, shape)
    rows = np.repeat(np.arange(shape[0]), np.diff(total.indptr))
    return rows * shape[1] + total.indices, total.data


def _csr(blocks: list[Found], shape: tuple[int, int]) -> csr_array:
    x, y, worth = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    matrix = coo_array((worth, (x.astype(np.int32), y.astype(np.int32))), shape=shape).tocsr()
    matrix.sum_duplicates()
    return matrix


def _by_size(left: Statements, weights: csr_array, ends: IntArray) -> list[slice]:
    width = np.diff(weights.indptr)[left.relation]
    before = np.concatenate([[0], np.cumsum(width)])
    starts = left.group_starts
    return blocks(before[starts[ends + 1]] - before[starts[ends]], _AT_ONCE)


def _aligned_groups(
    left: Statements,
    right: Statements,
    weights: Descending,
    left_ends: IntArray,
    right_ends: IntArray,
    probability: NDArray[np.float64],
) -> Groups:
    """Groups of both sides whose neighbours are a pair and whose relations are aligned."""
    starts = left.group_starts
    pair, group = expand(starts[left_ends], starts[left_ends + 1] - starts[left_ends])
    # Most are worth too little whatever the right group is, and looking that up takes longest.
    most = probability[pair] / np.sqrt(left.count[group])
    owner, entry = expand(*weights.above(left.relation[group], _LEAST / most))
    pair, group = pair[owner], group[owner]
    wanted = right_ends[pair] * max(right.n_relations, 1) + weights.relation[entry]
    place = np.searchsorted(right.group_keys, wanted)
    place[place == len(right.group_keys)] = 0
    found = right.group_keys[place] == wanted if len(right.group_keys) else wanted < 0
    group, place, pair, entry = group[found], place[found], pair[found], entry[found]
    shared = np.sqrt(left.count[group] * right.count[place].astype(np.float64))
    worth = weights.weight[entry] * probability[pair] / shared
    kept = worth > _LEAST
    return group[kept], place[kept], -np.log1p(-np.minimum(worth[kept], 0.99))


def _stretches(left: Statements, right: Statements, found: Iterable[Groups]) -> Iterator[Groups]:
    """The groups in stretches of so many pairs of members."""
    for group, place, worth in found:
        sizes = left.n_members(group) * right.n_members(place)
        for block in blocks(sizes, _AT_ONCE):
            yield group[block], place[block], worth[block]


def _members(
    left: Statements,
    right: Statements,
    group: IntArray,
    place: IntArray,
    worth: NDArray[np.float64],
) -> Found:
    """Every member of a left group with every member of the right group beside it."""
    n_right = right.n_members(place)
    sizes = left.n_members(group) * n_right
    owner, number = expand(np.zeros_like(sizes), sizes)
    row, column = np.divmod(number, n_right[owner])
    return (
        left.members[left.member_starts[group][owner] + row],
        right.members[right.member_starts[place][owner] + column],
        worth[owner],
    )
