"""Which relations of two graphs mean the same, by pairs of entities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from dualamn.evidence.statements import Statements
from dualamn.kernels.arrays import Floats, IntArray, expand, grouped

_DOUBT = 3.0  # triples that count for nothing: a relation seen twice proves little
_MOST = 0.98  # never quite sure, so that no single neighbour decides
_LEAST = 0.01


@dataclass(frozen=True, eq=False)
class FoundAgain:
    """Triples of a left graph that the right graph has too, whatever it calls their relation.

    Only those count whose ends both have a counterpart, each for the probability of both pairs.
    Symbols: r and r' relations with their inverses.

    Attributes:
        over: (r / 2, r') how many of a relation are found again over one of the right graph.
        paired: (r / 2,) how many triples of a relation count.
        found: (r / 2,) how many of these are found again over any relation.
    """

    over: coo_array
    paired: Floats
    found: Floats

    @classmethod
    def of(
        cls, left: Statements, right: Statements, counterpart: IntArray, probability: Floats
    ) -> FoundAgain:
        """Looks for the left graph's triples; arguments as of `align_relations`."""
        heads, relations, tails = left.triples.T
        paired = (counterpart[heads] >= 0) & (counterpart[tails] >= 0)
        heads, relations, tails = heads[paired], relations[paired], tails[paired]
        mass = probability[heads] * probability[tails]
        n, half = right.n_entities, left.n_relations // 2

        ends, names = right.joined
        wanted = counterpart[heads] * n + counterpart[tails]
        # By the first of them, so that what is looked up lies together in memory.
        order = grouped(counterpart[heads], n)
        relations, mass, wanted = relations[order], mass[order], wanted[order]
        first = np.searchsorted(ends, wanted)
        count = np.searchsorted(ends, wanted, side="right") - first
        triple, place = expand(first, count)
        over = coo_array(
            (mass[triple], (relations[triple], names[place])), shape=(half, right.n_relations)
        ).tocsr()
        over.sum_duplicates()
        total, found = (
            np.bincount(relations, weights=weights, minlength=half).astype(np.float64)
            for weights in (mass, mass * (count > 0))
        )
        return cls(over.tocoo(), total, found)


def align_relations(
    left: Statements,
    right: Statements,
    counterpart: IntArray,
    probability: Floats,
) -> csr_array:
    """The weight with which a relation of one graph stands for one of the other.

    A triple of the left graph is found again over relation k' if both its ends have counterparts
    that k' joins. With m(k) the triples of k whose ends both have a counterpart, and m(k, k') those
    found again, all weighted by the probability of both pairs,

        w(k, k') = m(k, k') / (sqrt(m(k) m(k')) + 3).

    Args:
        left, right: the statements of both graphs, r and r' relations.
        counterpart: (n,) each left entity's counterpart in the right graph, -1 for none; no right
            entity is the counterpart of two.
        probability: (n,) how sure that is.

    Returns:
        (r, r') weights from 0.01 to 0.98, small ones left out.
    """
    half, r_right = right.n_relations // 2, right.n_relations
    again = FoundAgain.of(left, right, counterpart, probability)
    sure_right = np.zeros(right.n_entities)
    has = counterpart >= 0
    sure_right[counterpart[has]] = probability[has]
    heads, relations, tails = right.triples.T
    of_right = np.bincount(relations, weights=sure_right[heads] * sure_right[tails], minlength=half)
    k, k_right = again.over.coords
    scale = np.sqrt(again.paired[k] * of_right[k_right % max(half, 1)])
    weight = np.minimum(again.over.data / (scale + _DOUBT), _MOST)
    kept = weight >= _LEAST
    k, k_right, weight = k[kept], k_right[kept], weight[kept]
    # What holds for two relations holds for their inverses.
    inverse = np.where(k_right < half, k_right + half, k_right - half)
    rows = np.concatenate([k, k + left.n_relations // 2])
    columns = np.concatenate([k_right, inverse])
    shape = left.n_relations, r_right
    return coo_array((np.concatenate([weight, weight]), (rows, columns)), shape=shape).tocsr()
