"""What two entities have in common, given pairs of neighbours that are counterparts.

Two statements match if their neighbours are counterparts over relations that stand for each other:
with y ~ y' of probability p and k ~ k' of weight w(k, k'),

    m((y, k), (y', k')) = p w(k, k').

What entities have in common is the sum over all statements about them that match, see
`overlap_evidence`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array

from dualamn.evidence.statements import Statements
from dualamn.kernels.arrays import Floats, Int32Array, IntArray, blocks, expand, find, keys_of
from dualamn.kernels.compute import in_order

LEAST_MATCH = 0.02
"""How probable it must be that two statements match."""

LEAST_SHARE = 0.01
"""The chance that a match must leave to each pair of its entities to be looked at."""

_AT_ONCE = 1 << 20  # statements looked up, or entries of temporary arrays
_TOGETHER = 1 << 24  # pieces of evidence that are added up in one go

PairWeights = tuple[IntArray, IntArray, Floats]
"""Equally long arrays: left entities, right entities and a match weight of each pair."""


class MatchedStatements(NamedTuple):
    """Pairs of statements; one may come again, by another pair of relations or neighbours.

    Attributes:
        left, right: (s,) groups of the two graphs' `Statements`.
        weight: (s,) how probable it is that they match: above 0.02, at most 1.
    """

    left: Int32Array
    right: Int32Array
    weight: Floats


@dataclass(frozen=True, eq=False)
class RelationWeights:
    """The weights of aligned relations, the highest of every relation first.

    Attributes:
        starts: (r,) where the weights of each left relation begin.
        relation, weight: (w,) the right relations, and what they weigh: above 0, below 1.
        place: (w,) ascending: 2 k + 1 - weight, k being the left relation.
    """

    starts: IntArray
    relation: IntArray
    weight: Floats
    place: Floats

    @classmethod
    def of(cls, weights: csr_array) -> RelationWeights:
        """Sorts the (r, r') weights of `align_relations`."""
        row = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
        order = np.lexsort((-weights.data, row))
        weight = weights.data[order]
        starts = weights.indptr[:-1].astype(np.int64)
        place = 2.0 * row + 1 - weight
        return cls(starts, weights.indices[order].astype(np.int64), weight, place)

    def above(self, relations: IntArray, least: Floats) -> tuple[IntArray, IntArray]:
        """Where the weights of some left relations begin, and how many are above a least each."""
        starts = self.starts[relations]
        end = np.searchsorted(self.place, 2.0 * relations + 1 - np.minimum(least, 1))
        return starts, np.maximum(end - starts, 0)


def match_statements(
    left: Statements,
    right: Statements,
    weights: csr_array,
    pairs: tuple[IntArray, IntArray],
    probability: Floats,
) -> MatchedStatements:
    """Finds the statements that match: neighbours are counterparts over relations that match.

    If neighbours y and y' are counterparts with probability p and relations k and k' stand for
    each other with weight w, then the statements (y, k) and (y', k') match by w p. What is below
    0.02 is left out.

    Args:
        left, right: the statements, see `Statements.restricted` for fewer members.
        weights: (r, r') from `align_relations`.
        pairs: (p,) y and (p,) y'.
        probability: (p,) how sure each pair is.
    """
    relations = RelationWeights.of(weights)
    starts = left.group_starts

    def matched(block: slice) -> MatchedStatements:
        ends, others, sure = pairs[0][block], pairs[1][block], probability[block]
        pair, group = expand(starts[ends], starts[ends + 1] - starts[ends])
        owner, entry = expand(*relations.above(left.relation[group], LEAST_MATCH / sure[pair]))
        pair, group = pair[owner], group[owner]
        wanted = others[pair] * max(right.n_relations, 1) + relations.relation[entry]
        place, found = find(right.group_keys, wanted)
        weight = relations.weight[entry] * sure[pair]
        found &= weight > LEAST_MATCH
        return MatchedStatements(
            group[found].astype(np.int32), place[found].astype(np.int32), weight[found]
        )

    found = list(in_order(matched, _by_size(left, weights, pairs[0])))
    none = np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0)
    return MatchedStatements(*(np.concatenate(parts) for parts in zip(none, *found, strict=True)))


def _by_size(left: Statements, weights: csr_array, ends: IntArray) -> list[slice]:
    width = np.diff(weights.indptr)[left.relation]
    before = np.concatenate([[0], np.cumsum(width)])
    starts = left.group_starts
    return blocks(before[starts[ends + 1]] - before[starts[ends]], _AT_ONCE)


def overlap_evidence(
    left: Statements, right: Statements, matched: MatchedStatements
) -> Iterator[PairWeights]:
    """Evidence that two entities are counterparts, from every pair of statements they share.

    Of two statements that match by m, every entity x that the left one holds for and every x' that
    the right one does have the match weight

        -log(1 - m / sqrt(c c'))

    in common, c and c' being how many entities the two statements hold for: PARIS (Suchanek et
    al., VLDB 2011) with functionality taken for each statement rather than each relation.

    Args:
        left, right: the statements, see `Statements.restricted` for fewer members.
        matched: from `match_statements`.

    Yields:
        Equally long arrays of x, x' and match weight, in blocks; a pair (x, x') may come again.
    """

    def members(block: slice) -> PairWeights:
        return _members(left, right, kept.left[block], kept.right[block], kept.weight[block])

    shared = np.sqrt(left.count[matched.left] * right.count[matched.right].astype(np.float64))
    chance = matched.weight / shared
    at = np.flatnonzero(chance > LEAST_SHARE)
    kept = MatchedStatements(matched.left[at], matched.right[at], match_weight(chance[at]))
    sizes = left.n_members(kept.left) * right.n_members(kept.right)
    yield from in_order(members, blocks(sizes, _AT_ONCE))


def match_weight(chance: Floats) -> Floats:
    """-log(1 - chance), of .99 at most, so that it is finite however sure all is."""
    weight: Floats = -np.log1p(-np.minimum(chance, 0.99))
    return weight


def summed(blocks: Iterator[PairWeights], shape: tuple[int, int]) -> tuple[IntArray, Floats]:
    """Adds up the match weights of every pair.

    Args:
        blocks: from `overlap_evidence`.
        shape: how many left and right entities there are.

    Returns:
        (p,) keys of pairs x and x', ascending, and (p,) the sum of weights of each.
    """
    total = csr_array(shape, dtype=np.float64)
    waiting: list[PairWeights] = []
    size = 0
    for block in blocks:
        waiting.append(block)
        size += len(block[0])
        if size >= _TOGETHER:
            total, waiting, size = total + _csr(waiting, shape), [], 0
    if waiting:
        total = total + _csr(waiting, shape)
    rows = np.repeat(np.arange(shape[0]), np.diff(total.indptr))
    return keys_of(rows, total.indices), total.data


def _csr(blocks: list[PairWeights], shape: tuple[int, int]) -> csr_array:
    x, y, weight = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    matrix = coo_array((weight, (x.astype(np.int32), y.astype(np.int32))), shape=shape).tocsr()
    matrix.sum_duplicates()
    return matrix


def _members(
    left: Statements,
    right: Statements,
    group: Int32Array,
    place: Int32Array,
    weight: Floats,
) -> PairWeights:
    """Every member of a left group with every member of the right group beside it."""
    n_right = right.n_members(place)
    sizes = left.n_members(group) * n_right
    owner, number = expand(np.zeros_like(sizes), sizes)
    row, column = np.divmod(number, n_right[owner])
    return (
        left.members[left.member_starts[group][owner] + row],
        right.members[right.member_starts[place][owner] + column],
        weight[owner],
    )
