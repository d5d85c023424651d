"""What two entities have in common, given pairs of neighbours that are counterparts.

Two statements match if their neighbours are counterparts over relations that stand for each other:
with y ~ y' of probability p and k ~ k' of weight w(k, k'),

    m((y, k), (y', k')) = p w(k, k').
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array

from dualamn.evidence.statements import Statements
from dualamn.kernels.arrays import (
    BoolArray,
    Floats,
    Int32Array,
    IntArray,
    blocks,
    expand,
    find,
    keys_of,
)
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


class Back(NamedTuple):
    """What neighbours say of pairs that all that is known of these neighbours came from.

    Attributes:
        left, right: (g,) and (g',) which statements go back to where they came from.
        probability: (p,) that two neighbours are counterparts, by themselves.
    """

    left: BoolArray
    right: BoolArray
    probability: Floats


def match_statements(
    left: Statements,
    right: Statements,
    weights: csr_array,
    pairs: tuple[IntArray, IntArray],
    probability: Floats,
    back: Back | None = None,
) -> MatchedStatements:
    """Finds the statements that match by more than 0.02.

    Args:
        left, right: the statements, see `Statements.restricted` for fewer members.
        weights: (r, r') w(k, k') from `align_relations`, below 1.
        pairs: (p,) y and (p,) y', neighbours who may be counterparts.
        probability: (p,) that they are.
        back: what they say to those that they are known by; the same if None.
    """
    row = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
    order = np.lexsort((-weights.data, row))  # the highest of every relation first
    other_relation = weights.indices[order].astype(np.int64)
    relation_weight = weights.data[order]
    rank = 2.0 * row + 1 - relation_weight  # ascending, those of relation k from 2 k to 2 k + 1
    starts = left.group_starts

    def matched(block: slice) -> MatchedStatements:
        ends, others, sure = pairs[0][block], pairs[1][block], probability[block]
        pair, group = expand(starts[ends], starts[ends + 1] - starts[ends])
        relation, least = left.relation[group], np.minimum(LEAST_MATCH / sure[pair], 1)
        first = weights.indptr[relation].astype(np.int64)
        last = np.searchsorted(rank, 2.0 * relation + 1 - least)
        owner, entry = expand(first, np.maximum(last - first, 0))
        pair, group = pair[owner], group[owner]
        wanted = others[pair] * max(right.n_relations, 1) + other_relation[entry]
        place, found = find(right.group_keys, wanted)
        pair, group, place, entry = pair[found], group[found], place[found], entry[found]
        said = sure[pair]
        if back is not None:
            returns = back.left[group] | back.right[place]
            said = np.where(returns, back.probability[block][pair], said)
        weight = relation_weight[entry] * said
        kept = weight > LEAST_MATCH
        return MatchedStatements(
            group[kept].astype(np.int32), place[kept].astype(np.int32), weight[kept]
        )

    before = np.append(0, np.cumsum(np.diff(weights.indptr)[left.relation]))
    sizes = before[starts[pairs[0] + 1]] - before[starts[pairs[0]]]
    found = list(in_order(matched, blocks(sizes, _AT_ONCE)))
    none = np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0)
    return MatchedStatements(*(np.concatenate(parts) for parts in zip(none, *found, strict=True)))


def overlap_evidence(
    left: Statements, right: Statements, matched: MatchedStatements
) -> Iterator[PairWeights]:
    """Evidence that two entities are counterparts, from every pair of statements they share.

    Of two statements that match by m, every entity x that the left one holds for and every x' that
    the right one does have the match weight

        -log(1 - m / sqrt(c c'))

    in common, c and c' being how many entities the two statements hold for: PARIS (Suchanek et
    al., VLDB 2011) with functionality taken for each statement rather than each relation. Two
    neighbours speak for x and x' once, by the strongest of their statements: a relation and its
    inverse, a symmetric one, or one that resembles several others say the same again.

    Args:
        left, right: the statements, see `Statements.restricted` for fewer members.
        matched: from `match_statements`.

    Yields:
        Equally long arrays of x, x' and match weight, in blocks; a pair (x, x') may come again.
    """
    shared = np.sqrt(left.count[matched.left] * right.count[matched.right].astype(np.float64))
    chance = matched.weight / shared
    kept = np.flatnonzero(chance > LEAST_SHARE)
    groups, others = matched.left[kept], matched.right[kept]
    weights = match_weight(chance[kept])
    sizes = left.n_members(groups) * right.n_members(others)
    neighbours = keys_of(
        left.group_keys[groups] // max(left.n_relations, 1),
        right.group_keys[others] // max(right.n_relations, 1),
    )
    starts = np.flatnonzero(np.diff(neighbours, prepend=-1))  # of each pair of neighbours

    def members(pairs: slice) -> PairWeights:
        """Every member of a left group with every member of the right group beside it."""
        ends = np.append(starts, len(groups))
        block = slice(int(ends[pairs.start]), int(ends[pairs.stop]))
        group, other = groups[block], others[block]
        owner, number = expand(np.zeros_like(sizes[block]), sizes[block])
        row, column = np.divmod(number, right.n_members(other)[owner])
        at = left.member_starts[group][owner] + row
        at_right = right.member_starts[other][owner] + column
        x, x_right, weight = left.members[at], right.members[at_right], weights[block][owner]
        once = _strongest(
            np.flatnonzero(left.again[at] | right.again[at_right]),
            (neighbours[block][owner], keys_of(x, x_right)),
            weight,
        )
        return x[once], x_right[once], weight[once]

    together = np.add.reduceat(sizes, starts) if len(starts) else sizes
    yield from in_order(members, blocks(together, _AT_ONCE))


def _strongest(again: IntArray, keys: tuple[IntArray, IntArray], weights: Floats) -> BoolArray:
    """(m,) which pieces of evidence count: of those with both keys equal the strongest.

    Args:
        again: (a,) places of pieces whose keys may come again.
        keys: (m,) and (m,) of the pair of neighbours, and of the pair that they speak for.
        weights: (m,) of the pieces.
    """
    counts = np.ones(len(weights), dtype=np.bool_)
    neighbours, pairs = keys[0][again], keys[1][again]
    order = np.lexsort((-weights[again], pairs, neighbours))
    neighbours, pairs = neighbours[order], pairs[order]
    same = (neighbours[1:] == neighbours[:-1]) & (pairs[1:] == pairs[:-1])
    counts[again[order[1:][same]]] = False
    return counts


def match_weight(chance: Floats) -> Floats:
    """-log(1 - chance), of .99 at most, so that it is finite however sure all is."""
    weight: Floats = -np.log1p(-np.minimum(chance, 0.99))
    return weight


def summed(blocks: Iterator[PairWeights], shape: tuple[int, int]) -> tuple[IntArray, Floats]:
    """(p,) keys of pairs, ascending, and (p,) the sum of the match weights of each.

    Args:
        blocks: from `overlap_evidence`.
        shape: how many left and right entities there are.
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
