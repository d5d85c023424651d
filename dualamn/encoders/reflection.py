"""The graph layer of Dual-AMN: attention over neighbours reflected by their relation.

For entity i, its neighbours j over relations k, and unit relation vectors r_k:

    a_ijk = softmax over i's edges of v . r_k
    h'_i  = tanh( sum of a_ijk (h_j - 2 (h_j . r_k) r_k) )

The sum splits into A h - 2 B r, with A the entities x entities matrix of attention and B the
entities x relations matrix of a_ijk (h_j . r_k); the dot products depend only on the distinct
pairs of entity and relation. So nothing of the size edges x dim is ever needed.

Mao et al., "Boosting the Speed of Entity Alignment 10x", WWW 2021, arXiv 2103.15452.
"""

from __future__ import annotations

from torch import Tensor

from dualamn.encoders.graph import RelationGraph
from dualamn.sparse import sddmm, segment_softmax, spmm


def reflect(graph: RelationGraph, entities: Tensor, relations: Tensor, attention: Tensor) -> Tensor:
    """One layer, before its tanh.

    Args:
        graph: of n entities and r relations (inverses included).
        entities: (n, d) entity features h.
        relations: (r, d) relation vectors of length one.
        attention: (d,) the vector v.

    Returns:
        (n, d); zero for an entity without edges.
    """
    weights = segment_softmax(
        graph.edge_relations, (relations @ attention)[graph.edge_relations.indices]
    )
    along = sddmm(graph.pairs, entities, relations)[graph.edge_pair]  # (e,) h_j . r_k
    gathered = spmm(graph.edges, weights, entities)
    return gathered - 2 * spmm(graph.edge_relations, weights * along, relations)
