"""What can be asked about an alignment: its links, and the best candidates of those without one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualamn.attributes.comparable import kinds_of
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, Floats, Int32Array, IntArray, ends_of, pair_keys
from dualamn.result import LIKELY, AlignedLinks, PairAlignment
from dualamn.review.asking_order import Askable

_LOWEST, _HIGHEST = 0.5, 0.95  # of the links of a run without probabilities, by their rank
_MOST_PROBABLE = 0.45  # a pair that is no link is less probable than not


@dataclass(frozen=True, eq=False)
class Proposals:
    """Pairs of entities that may be the same, each once.

    Attributes:
        pairs: (m, 2) int32 joint ids, the earlier graph first.
        of: (m,) which pair of graphs of the alignment each is of.
        is_link: (m,) whether the matcher chose it, however improbable; the others are the best
            candidates of entities without a link.
        askable: the same with what is known of each.
    """

    pairs: Int32Array
    of: IntArray
    is_link: BoolArray
    askable: Askable

    def __len__(self) -> int:
        return len(self.pairs)

    @classmethod
    def of_alignment(
        cls, alignment: AlignedLinks, least: float = LIKELY, seed: int = 0
    ) -> Proposals:
        """All links that were found, and the best candidate of every entity that has none.

        Args:
            alignment: with all links, also those that are not likely.
            least: links of at least this probability are written.
            seed: of the order at random.
        """
        task = alignment.task
        pairs, of, links, probability = [np.empty((0, 2), np.int32)], [], [], []
        for number, whole in enumerate(alignment.pairs):
            pair = whole.only_found()
            p = _probability(pair)
            others, chance = _best_candidates(pair, p)
            pairs += [pair.links, others]
            of.append(np.full(len(pair.links) + len(others), number))
            links.append(np.arange(len(pair.links) + len(others)) < len(pair.links))
            probability.append(np.append(p, chance))
        joint = np.concatenate(pairs).astype(np.int32)
        is_link = np.concatenate([np.empty(0, np.bool_), *links])
        chances = np.concatenate([np.empty(0), *probability])
        _, first = np.unique(pair_keys(joint), return_index=True)
        first = np.sort(first)
        joint, is_link, chances = joint[first], is_link[first], chances[first]
        askable = Askable(
            chances,
            is_link & (chances >= least),
            influence(task, joint, chances),
            groups_of(task, joint),
            seed,
        )
        return cls(joint, np.concatenate([np.empty(0, np.int64), *of])[first], is_link, askable)


def _probability(pair: PairAlignment) -> Floats:
    """(m,) of the links; by the rank of their scores where they have none."""
    if pair.probabilities is not None:
        return pair.probabilities.astype(np.float64)
    distinct, rank = np.unique(pair.scores, return_inverse=True)
    share = (rank + 0.5) / max(len(distinct), 1)
    return np.asarray(_LOWEST + (_HIGHEST - _LOWEST) * share, dtype=np.float64)


def _best_candidates(pair: PairAlignment, p: Floats) -> tuple[Int32Array, Floats]:
    """The best candidate of every left entity without a link, and how probable it is.

    It is no more probable than that the candidate's own link is incorrect. Matchers' scores are no
    probabilities, but where they lie from 0 to 1 they are near to one.
    """
    topk = pair.left_to_right
    if topk is None or not topk.candidates.shape[1]:
        return np.empty((0, 2), np.int32), np.empty(0)
    alone = ~np.isin(topk.queries, pair.links[:, 0]) & (topk.candidates[:, 0] >= 0)
    found = np.stack([topk.queries[alone], topk.candidates[alone, 0]], axis=1)
    chance = np.clip(topk.scores[alone, 0].astype(np.float64), 0, 1) * _MOST_PROBABLE
    order = np.argsort(pair.links[:, 1], kind="stable")
    taken = pair.links[order, 1]
    place = np.minimum(np.searchsorted(taken, found[:, 1]), max(len(taken) - 1, 0))
    if len(taken):
        has = taken[place] == found[:, 1]
        chance[has] *= 1 - p[order[place[has]]]
    return found.astype(np.int32), chance


def influence(task: AlignmentTask, pairs: Int32Array, probability: Floats) -> Floats:
    """(m,) how much of the doubt about others hangs on each pair.

    Two pairs hang together where both of their left and both of their right entities are in a
    triple: each is a statement about the other. A pair speaks for each of its neighbours as one of
    that neighbour's speakers, so with u = 4 p (1 - p) and d how many each has:

        influence = sum over neighbours of u / d
    """
    owner = np.full(task.n_entities, -1, dtype=np.int64)
    order = np.argsort(probability, kind="stable")  # of several pairs of an entity the surest
    for side in (0, 1):
        owner[pairs[order, side]] = order
    triples = task.triples
    ends = owner[triples[:, [0, 2]]]
    both = (ends >= 0).all(axis=1) & (ends[:, 0] != ends[:, 1])
    ends, graph = np.sort(ends[both], axis=1), task.source_of[triples[both, 0]]
    keys = [np.unique(pair_keys(ends[graph == kg])) for kg in range(len(task.kgs))]
    counted, times = np.unique(np.concatenate([np.empty(0, np.int64), *keys]), return_counts=True)
    one, other = ends_of(counted[times > 1])
    degree = np.bincount(np.concatenate([one, other]), minlength=len(pairs))
    told = 4 * probability * (1 - probability) / np.maximum(degree, 1)
    found = np.bincount(one, told[other], len(pairs)) + np.bincount(other, told[one], len(pairs))
    return np.asarray(found, dtype=np.float64)


def groups_of(task: AlignmentTask, pairs: Int32Array) -> IntArray:
    """(m, 3) what pairs are about, by their left entities, -1 for nothing.

    The rarest relation, which tells most; the types; and the neighbour with most triples, whose
    neighbourhood it is.
    """
    heads, relations, tails = task.triples.T.astype(np.int64)
    ends, others = np.append(heads, tails), np.append(tails, heads)
    relations = np.append(relations, relations)
    count = np.bincount(relations, minlength=1)
    degree = np.bincount(ends, minlength=task.n_entities)
    # The last one that is written stays.
    relation, hub = np.full((2, task.n_entities), -1, dtype=np.int64)
    order = np.argsort(-count[relations], kind="stable")
    relation[ends[order]] = relations[order]
    order = np.argsort(degree[others], kind="stable")
    hub[ends[order]] = others[order]
    left = pairs[:, 0].astype(np.int64)
    return np.stack([relation[left], kinds_of(task)[left], hub[left]], axis=1)
