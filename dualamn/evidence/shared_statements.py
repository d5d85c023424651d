"""How much two entities have in common, given pairs of neighbours that are the same."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from dualamn.evidence.overlap import Same
from dualamn.evidence.statements import Statements
from dualamn.kernels.arrays import Int32Array, IntArray, blocks, expand
from dualamn.kernels.compute import in_order

LEAST = 0.01  # what a pair of statements must be worth to be looked at
_AT_ONCE = 1 << 20  # entries of temporary arrays
_TOGETHER = 1 << 24  # pieces of evidence that are added up in one go

Found = tuple[IntArray, IntArray, NDArray[np.float64]]
Groups = tuple[Int32Array, Int32Array, NDArray[np.float64]]


def shared_statements(left: Statements, right: Statements, same: Same) -> Iterator[Found]:
    """Evidence that two entities are the same, from every pair of statements they share.

    Of two statements that are the same with weight w, every entity x that the left one holds for
    and every x' that the right one does have evidence

        -log(1 - w / sqrt(c c'))

    in common, c and c' being how many entities the two statements hold for: PARIS (Suchanek et
    al., VLDB 2011) with functionality taken for each statement rather than each relation.

    Args:
        left, right: the statements, see `Statements.restricted` for fewer members.
        same: from `same_statements`.

    Yields:
        Equally long arrays of x, x' and evidence, in blocks; a pair (x, x') may come again.
    """

    def members(groups: Groups) -> Found:
        return _members(left, right, *groups)

    shared = np.sqrt(left.count[same.left] * right.count[same.right].astype(np.float64))
    worth = same.weight / shared
    kept = np.flatnonzero(worth > LEAST)
    evidence = evidence_of(worth[kept])
    yield from in_order(
        members, _stretches(left, right, same.left[kept], same.right[kept], evidence)
    )


def evidence_of(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """-log(1 - chance), of .99 at most, so that it is finite however sure all is."""
    evidence: NDArray[np.float64] = -np.log1p(-np.minimum(chance, 0.99))
    return evidence


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


def _stretches(
    left: Statements,
    right: Statements,
    group: Int32Array,
    place: Int32Array,
    worth: NDArray[np.float64],
) -> Iterator[Groups]:
    """The groups in stretches of so many pairs of members."""
    sizes = left.n_members(group) * right.n_members(place)
    for block in blocks(sizes, _AT_ONCE):
        yield group[block], place[block], worth[block]


def _members(
    left: Statements,
    right: Statements,
    group: Int32Array,
    place: Int32Array,
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
