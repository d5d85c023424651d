"""How often what one graph says with a term another graph says too, and with which of its terms.

Terms are relations, properties and classes. Linked entities show what of one graph is found again
in another: a triple between the counterparts, the same value of the counterpart, a class of the
counterpart. With F(k) how often a statement with term k is found again at all and m(k, k') how
often with term k' of the other graph,

    s(k, k') = m(k, k') / F(k)

is the share of k that k' covers. What the other graph lacks altogether, as graphs do, counts
nowhere: it says nothing of what the term means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array

from dualamn.attributes.facts import Facts
from dualamn.attributes.types import Types
from dualamn.evidence.relations import FoundAgain
from dualamn.evidence.statements import Statements
from dualamn.kernels.arrays import BoolArray, Floats, Int32Array, IntArray, expand


class Counterparts(NamedTuple):
    """Linked entities of two graphs, each at most once.

    Attributes:
        links: (m, 2) entity numbers within either graph.
        probability: (m,) that each link is correct.
    """

    links: IntArray
    probability: Floats

    @classmethod
    def of(cls, links: Int32Array | IntArray, probability: Floats) -> Counterparts:
        """The surest links first, of an entity with several the surest alone."""
        order = np.lexsort((links[:, 1], links[:, 0], -probability))
        links, probability = links[order].astype(np.int64), probability[order]
        kept = np.ones(len(links), dtype=np.bool_)
        for side in (0, 1):
            first = np.zeros(len(links), dtype=np.bool_)
            first[np.unique(links[:, side], return_index=True)[1]] = True
            kept &= first
        return cls(links[kept], probability[kept])

    def swapped(self) -> Counterparts:
        """The same from the other side."""
        return Counterparts(self.links[:, ::-1], self.probability)

    def of_left(self, n: int) -> tuple[IntArray, Floats]:
        """(n,) the counterpart of every left entity, -1 for none, and (n,) how sure it is."""
        counterpart, sure = np.full(n, -1, dtype=np.int64), np.zeros(n)
        counterpart[self.links[:, 0]] = self.links[:, 1]
        sure[self.links[:, 0]] = self.probability
        return counterpart, sure


@dataclass(frozen=True, eq=False)
class Shares:
    """What terms of two graphs cover of each other.

    Attributes:
        left, right: (c,) numbers of two terms that have something in common.
        inverse: (c,) whether it is with the ends of the right one exchanged; of relations alone.
        both: (c,) how often, m(k, k').
        left_found, right_found: how often each left, and each right term is found again at all.
    """

    left: IntArray
    right: IntArray
    inverse: BoolArray
    both: Floats
    left_found: Floats
    right_found: Floats

    @classmethod
    def of_relations(cls, left: Statements, right: Statements, linked: Counterparts) -> Shares:
        """Those of relations, by triples between linked entities."""
        over = FoundAgain.of(left, right, *linked.of_left(left.n_entities))
        back = FoundAgain.of(right, left, *linked.swapped().of_left(right.n_entities))
        k, other = (np.asarray(end, dtype=np.int64) for end in over.over.coords)
        half = right.n_relations // 2
        return cls(
            k,
            np.where(other < half, other, other - half),
            other >= half,
            over.over.data,
            over.found,
            back.found,
        )

    @classmethod
    def of_properties(
        cls, facts: Facts, own: IntArray, count: tuple[int, int], linked: Counterparts
    ) -> Shares:
        """Those of properties, by values of linked entities.

        Values agree that are equal, or as far as they are near; each for how little probable that
        is by chance: 1 - f, with the larger share f of the entities of either property that have
        it.

        Args:
            facts: the attribute triples.
            own: (q,) the number of every property of `facts` among those of its graph, -1 for
                those of other graphs.
            count: how many there are of the left and of the right graph.
            linked: of joint ids.
        """
        (one, here), (other, there) = (facts.of_entities(ids) for ids in linked.links.T)
        width = max(len(facts.exact), 1)
        wanted, offered = one * width + facts.key[here], other * width + facts.key[there]
        order = np.argsort(offered, kind="stable")
        offered, there = offered[order], there[order]
        first = np.searchsorted(offered, wanted)
        at, place = expand(first, np.searchsorted(offered, wanted, side="right") - first)
        link, here, there = one[at], here[at], there[place]
        often = _frequency(facts)
        worth = np.maximum(1 - np.maximum(often[here], often[there]), 0)
        left, right = own[facts.prop[here]], own[facts.prop[there]]
        couple = left * count[1] + right
        exact = facts.exact[facts.key[here]]
        shape = max(len(linked.links), 1), max(count[0] * count[1], 1)
        # An entity may have several values, and near ones are near in two ways; it agrees once.
        same = _largest(link[exact], couple[exact], worth[exact], shape)
        near = csr_array(
            (worth[~exact] * facts.share[facts.key[here[~exact]]], (link[~exact], couple[~exact])),
            shape=shape,
        )
        near.sum_duplicates()
        near.data = np.minimum(near.data, 1)
        agree = same.maximum(near).tocoo()
        link, couple = (np.asarray(end, dtype=np.int64) for end in agree.coords)
        mass = agree.data * linked.probability[link]
        left, right = np.divmod(couple, max(count[1], 1))
        couples, which = np.unique(couple, return_inverse=True)
        return cls(
            *np.divmod(couples, max(count[1], 1)),
            np.zeros(len(couples), dtype=np.bool_),
            np.bincount(which, weights=mass, minlength=len(couples)).astype(np.float64),
            _found(link, left, mass, count[0]),
            _found(link, right, mass, count[1]),
        )

    @classmethod
    def of_classes(
        cls, types: Types, own: IntArray, count: tuple[int, int], linked: Counterparts
    ) -> Shares:
        """Those of classes, by linked entities that both have types.

        Args:
            types: of all entities.
            own: (c,) the number of every class among those of its graph, -1 for those of others.
            count: how many there are of the left and of the right graph.
            linked: of joint ids.
        """
        kinds = types.kind[linked.links]
        typed = (kinds >= 0).all(axis=1)
        kinds, sure = kinds[typed], linked.probability[typed]
        here, there = (types.classes[kinds[:, side]] for side in (0, 1))
        weighted = here.multiply(sure[:, None]).tocsr()
        both = (weighted.T @ there).tocoo()
        s, t = (np.asarray(end, dtype=np.int64) for end in both.coords)
        found = [
            np.asarray(rows.multiply(sure[:, None]).sum(axis=0)).ravel() for rows in (here, there)
        ]
        return cls(
            own[s],
            own[t],
            np.zeros(len(s), dtype=np.bool_),
            np.asarray(both.data, dtype=np.float64),
            *(
                np.bincount(own[at], weights=mass[at], minlength=size).astype(np.float64)
                for mass, size in zip(found, count, strict=True)
                for at in [np.flatnonzero(mass > 0)]
            ),
        )


def _frequency(facts: Facts) -> Floats:
    """(t,) what share of the entities that have a fact's property have its key of it."""
    _, which, count = np.unique(
        facts.prop * max(len(facts.exact), 1) + facts.key, return_inverse=True, return_counts=True
    )
    size = np.bincount(facts.has[:, 1], minlength=len(facts.graph))
    share: Floats = count[which] / np.maximum(size[facts.prop], 1)
    return share


def _largest(
    rows: IntArray, columns: IntArray, values: Floats, shape: tuple[int, int]
) -> csr_array:
    """A sparse matrix of the largest value of each place."""
    cells = rows * shape[1] + columns
    order = np.lexsort((-values, cells))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = np.diff(cells[order]) != 0
    kept = order[first]
    return coo_array((values[kept], (rows[kept], columns[kept])), shape=shape).tocsr()


def _found(link: IntArray, term: IntArray, mass: Floats, count: int) -> Floats:
    """(count,) how often each term is found again, once for each link."""
    largest = _largest(link, term, mass, (int(link.max(initial=-1)) + 1, max(count, 1)))
    found: Floats = np.asarray(largest.sum(axis=0), dtype=np.float64).ravel()[:count]
    return found
