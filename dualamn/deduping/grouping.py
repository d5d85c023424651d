"""Clusters of duplicates: entities that are the same on the average of all their pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualamn.kernels.arrays import BoolArray, Floats, IntArray
from dualamn.result import LIKELY


def grouped_pairs(
    pairs: IntArray, probability: Floats, different: BoolArray
) -> list[tuple[list[int], float]]:
    """Clusters of two and more entities, with how sure each is.

    Pairs are taken up from the surest on. The clusters of the two ends become one if all pairs
    between them, those that are no candidates counting as 0, have a mean probability of one half
    or more (average linkage). So one weak pair does not hold two groups together, nor does a
    chain whose ends have nothing in common.

    Args:
        pairs: (p, 2) entities.
        probability: (p,) of each.
        different: (p,) pairs that must not come together, whatever lies between.

    Returns:
        For every cluster its entities, ascending, and the lowest mean at which it was joined.
    """
    between: dict[int, dict[int, float]] = {}
    worth = np.where(different, -np.inf, probability)
    for (one, other), p in zip(pairs.tolist(), worth.tolist(), strict=True):
        between.setdefault(one, {})[other] = p
        between.setdefault(other, {})[one] = p
    members = {entity: [entity] for entity in between}
    parent = {entity: entity for entity in between}
    sure = dict.fromkeys(between, 1.0)

    def root(entity: int) -> int:
        while (above := parent[entity]) != entity:
            parent[entity] = entity = parent[above]
        return entity

    order = np.lexsort((pairs[:, 1], pairs[:, 0], -worth))
    waiting = pairs[order[worth[order] >= LIKELY]].tolist()
    while waiting:
        left = list[Sequence[int]]()
        for one, other in waiting:
            a, b = root(one), root(other)
            if a == b:
                continue
            mean = between[a].get(b, 0.0) / (len(members[a]) * len(members[b]))
            if mean < LIKELY:
                left.append((one, other))
                continue
            if len(between[a]) < len(between[b]):
                a, b = b, a
            parent[b] = a
            members[a] += members.pop(b)
            sure[a] = min(sure[a], sure[b], mean)
            for third, p in between.pop(b).items():
                between[third].pop(b, None)
                if third != a:
                    between[a][third] = between[a].get(third, 0.0) + p
                    between[third][a] = between[a][third]
        if len(left) == len(waiting):
            break
        waiting = [list(pair) for pair in left]
    found = [(sorted(own), sure[at]) for at, own in members.items() if len(own) > 1]
    return sorted(found)
