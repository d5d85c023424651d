"""The statements that two entities share, one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualamn.config import AlignerConfig
from dualamn.evidence.overlap import LEAST_MATCH, LEAST_SHARE, match_weight
from dualamn.evidence.relations import align_relations
from dualamn.evidence.statements import Statements
from dualamn.probability.judged_links import JudgedLinks
from dualamn.result import PairAlignment


@dataclass(frozen=True)
class Common:
    """One statement of each side, in ids local to their graphs.

    Attributes:
        left_neighbour, right_neighbour: the entities that are the same.
        left_kind, right_kind: relations as in `Statements`, the inverse ones in the upper half.
        probability: that the neighbours are the same.
        weight: with which the relations stand for each other.
        worth: by what factor, as a logarithm, this made the pair more probable.
    """

    left_neighbour: int
    right_neighbour: int
    left_kind: int
    right_kind: int
    probability: float
    weight: float
    worth: float


class SharedBy:
    """Finds what entities of two graphs share, by the links between these.

    Args:
        alignment: gives the links; seed links take part and are certain.
        pair: which two graphs.
    """

    def __init__(self, alignment: JudgedLinks, pair: PairAlignment) -> None:
        task = alignment.task
        self.offsets = [int(task.entity_offsets[kg]) for kg in (pair.left, pair.right)]
        self.sides = [Statements.of(task.kgs[kg]) for kg in (pair.left, pair.right)]
        sure = pair.scores if pair.probabilities is None else pair.probabilities
        # In the order of probability, so that of several links of an entity the surest one stays.
        order = np.argsort(sure, kind="stable")
        seeds = task.links_between(task.seed_links, pair.left, pair.right)
        links = np.concatenate([pair.links[order], seeds]).astype(np.int64) - self.offsets
        chance = np.concatenate([np.clip(sure[order], 0, 1), np.ones(len(seeds))])
        n = self.sides[0].n_entities
        self.partner = np.full(n, -1, dtype=np.int64)
        self.probability: NDArray[np.float64] = np.zeros(n)
        owner = np.full(self.sides[1].n_entities, -1, dtype=np.int64)
        owner[links[:, 1]] = links[:, 0]
        mine = owner[links[:, 1]] == links[:, 0]
        self.partner[links[mine, 0]] = links[mine, 1]
        self.probability[links[mine, 0]] = chance[mine]
        left, right = self.sides
        self.weights = align_relations(left, right, self.partner, self.probability)
        self.seeds = {(int(a), int(b)) for a, b in seeds - self.offsets}
        # Where evidence took no part, what it would be worth by the settings that it has elsewhere.
        self.config = alignment.config or AlignerConfig()

    def between(self, left: int, right: int) -> list[Common]:
        """What two entities share, given by local ids; worth most first."""
        one, other_side = self.sides
        both = float(one.entity_information[left] * other_side.entity_information[right])
        of_right: dict[int, list[tuple[int, int]]] = {}
        for neighbour, kind, group in _about(self.sides[1], right):
            of_right.setdefault(neighbour, []).append((kind, group))
        found = []
        for neighbour, kind, group in _about(self.sides[0], left):
            other = int(self.partner[neighbour])
            p = float(self.probability[neighbour])
            for right_kind, right_group in of_right.get(other, ()):
                weight = float(self.weights[kind, right_kind])
                worth = self._worth(weight * p, (group, right_group), both)
                if worth:
                    found.append(Common(neighbour, other, kind, right_kind, p, weight, worth))
        return sorted(found, key=lambda common: -common.worth)

    def _worth(self, same: float, groups: tuple[int, int], both: float) -> float:
        """What a statement adds to the logit of two entities, as the rounds of evidence count it.

        Args:
            same: how sure it is that the statements of both are the same.
            groups: these statements, as groups of either side.
            both: the product of the information of the two entities, see `Likeness`.
        """
        if same <= LEAST_MATCH:
            return 0.0
        pairs = list(zip(self.sides, groups, strict=True))
        told = same * sum(side.information[group] for side, group in pairs) / 2
        score = self.config.evidence_share_weight * told / np.sqrt(both + 1)
        chance = same / np.sqrt(np.prod([float(side.count[group]) for side, group in pairs]))
        if chance > LEAST_SHARE:
            score += self.config.evidence_weight * match_weight(chance)
        return float(score / self.config.temperature)


def _about(side: Statements, entity: int) -> list[tuple[int, int, int]]:
    """Neighbour, relation and group of every statement about an entity."""
    groups = np.searchsorted(side.member_starts, np.flatnonzero(side.members == entity), "right")
    groups = groups - 1
    neighbours = side.group_keys[groups] // max(side.n_relations, 1)
    return list(
        zip(
            neighbours.tolist(),
            side.relation[groups].tolist(),
            groups.tolist(),
            strict=True,
        )
    )
