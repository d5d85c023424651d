"""Links for graphs that have some entities more than once: several to the same one.

A one-to-one matcher gives the one counterpart to one of its duplicates and leaves the others
without. A duplicate, unlike a dangling entity, fits nobody else nearly as well, and its counterpart
about as well as others do: it has a claim. Claims to the same entity are no rivals.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import (
    BoolArray,
    Floats,
    Int32Array,
    IntArray,
    ends_of,
    keys_of,
    pair_keys,
)
from dualamn.matching.pairs import best_other, candidate_pairs
from dualamn.result import CandidatePairs, Candidates, Matching

_CLEAR = 2.0  # temperatures by which a claim is ahead of the entity's other candidates
_NEAR = 0.5  # what a claim scores at least, as a share of the best score of whom it is to


@dataclass(frozen=True, eq=False)
class Claims:
    """Who has a claim to whom among candidate pairs.

    Attributes:
        of_row, of_column: (p,) whether a pair is the claim of its left and of its right entity.
        rows, columns: (r,) and (c,) for every left and right entity the one that stands for all
            who have a claim to the same entity; itself for others.
    """

    of_row: BoolArray
    of_column: BoolArray
    rows: IntArray
    columns: IntArray

    @classmethod
    def among(cls, pairs: CandidatePairs, temperature: float) -> Claims:
        """Reads the claims off the scores of the candidates."""
        ends, others = (pairs.rows, pairs.columns), (pairs.columns, pairs.rows)
        found, stands_for = [], []
        for own, other, size, width in zip(
            ends, others, pairs.shape, pairs.shape[::-1], strict=True
        ):
            claim = _claims(own, other, pairs.scores, size, width, temperature)
            first = np.arange(size)
            at = np.flatnonzero(claim)
            if len(at):
                # The best of those who have a claim to the same entity stands for all of them.
                order = at[np.lexsort((-pairs.scores[at], other[at]))]
                start = np.append(True, other[order][1:] != other[order][:-1])
                best = own[order][start]
                first[own[order]] = best[np.cumsum(start) - 1]
            found.append(claim)
            stands_for.append(first)
        return cls(found[0], found[1], stands_for[0], stands_for[1])


def with_claims(matching: Matching, candidates: Candidates, temperature: float) -> Matching:
    """The links of a one-to-one matcher, and a link for every claim, sorted.

    A link of an entity to another one than it has a claim to is dropped. New links have the
    probability that follows from how far they are ahead of candidates without a claim to the same
    entity.

    Args:
        matching: of these candidates, by a matcher whose scores are probabilities.
        candidates: with scores, as the matcher saw them.
        temperature: of the Sinkhorn normalisation, in units of the scores.
    """
    plan = matching.transport_plan
    if plan is not None and plan.candidates is candidates:
        pairs = plan.pairs
    else:
        pairs = candidate_pairs(candidates)
    claims = Claims.among(pairs, temperature)
    at = np.flatnonzero(claims.of_row | claims.of_column)
    links = np.stack([pairs.rows[at], pairs.columns[at]], axis=1)
    margins = np.minimum(*margins_of(pairs, claims, at)) / temperature
    scores = (1 / (1 + np.exp(-np.clip(margins, -30, 30)))).astype(np.float32)
    kept = ~_elsewhere(matching.links, pairs, claims)
    both = np.concatenate([matching.links[kept].astype(np.int64), links])
    scores = np.concatenate([matching.scores[kept], scores])
    order = np.lexsort((-scores, both[:, 1], both[:, 0]))  # of the same link the surer one first
    both, scores = both[order], scores[order]
    first = np.append(True, (both[1:] != both[:-1]).any(axis=1))[: len(both)]
    return replace(matching, links=both[first].astype(np.int32), scores=scores[first])


def with_new_claims(
    matching: Matching, candidates: Candidates, task: AlignmentTask, temperature: float
) -> Matching:
    """The links of `with_claims`, less those that are known and those of who gets none."""
    wide = with_claims(matching, candidates, temperature)
    known = np.concatenate([task.seed_links, task.same_identifiers])
    new = ~np.isin(pair_keys(wide.links), pair_keys(known))
    new &= task.is_linkable[wide.links].all(axis=1)
    return replace(wide, links=wide.links[new], scores=wide.scores[new])


def margins_of(pairs: CandidatePairs, claims: Claims, place: IntArray) -> tuple[Floats, Floats]:
    """(m,) how far pairs are ahead of other candidates of their left, and of their right entity.

    Inf where there is no other. Those with a claim to the same entity are not compared with.
    `place`, (m,), says which pairs.
    """
    found = []
    for side, stands_for in enumerate((claims.columns, claims.rows)):
        own, other = (pairs.rows, pairs.columns) if side == 0 else (pairs.columns, pairs.rows)
        keys, at = np.unique(keys_of(own, stands_for[other]), return_inverse=True)
        top = np.full(len(keys), -np.inf)
        np.maximum.at(top, at, pairs.scores)
        rivals = best_other(ends_of(keys)[0], top, pairs.shape[side], at[place])
        found.append(pairs.scores[place] - rivals)
    return found[0], found[1]


def _claims(
    own: IntArray, other: IntArray, scores: Floats, size: int, width: int, temperature: float
) -> BoolArray:
    """(p,) which pairs are the claim of one side's entity to one of the other side."""
    ahead = scores - best_other(own, scores, size, np.arange(len(own)))
    top = np.full(width, -np.inf)
    np.maximum.at(top, other, scores)
    claim: BoolArray = (ahead >= _CLEAR * temperature) & (scores > 0)
    return claim & (scores >= _NEAR * top[other])


def _elsewhere(links: Int32Array, pairs: CandidatePairs, claims: Claims) -> BoolArray:
    """(m,) links of an entity that has a claim to another one than it is linked to."""
    away = np.zeros(len(links), dtype=np.bool_)
    sides = (pairs.rows, pairs.columns)
    for side, claim in enumerate((claims.of_row, claims.of_column)):
        claimed = np.full(pairs.shape[side], -1, dtype=np.int64)
        claimed[sides[side][claim]] = sides[1 - side][claim]
        to = claimed[links[:, side]]
        away |= (to >= 0) & (to != links[:, 1 - side])
    return away
