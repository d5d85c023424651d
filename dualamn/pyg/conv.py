"""The graph layer of Dual-AMN for programs built on PyTorch Geometric.

This module alone loads torch_geometric, which takes seconds; the engine itself calls the same
fused kernels through `reflection.reflect`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing
from torch_geometric.utils import softmax

from dualamn.encoders.message_graph import RelationGraph
from dualamn.encoders.reflection import reflect


class RelationalReflectionConv(MessagePassing):  # type: ignore[misc]
    """Attention over neighbours that are reflected by the relation they are reached through.

    For entity i, its neighbours j over relations k, and unit relation vectors r_k:

        h'_i = tanh( sum of softmax_i(v . r_k) (h_j - 2 (h_j . r_k) r_k) )

    Given a `RelationGraph` it runs the fused kernels; given an edge index it passes messages as
    PyG does, which needs memory for edges x dim.

    Mao et al., WWW 2021, arXiv 2103.15452.

    Args:
        dim: width d of entity and relation vectors.
    """

    def __init__(self, dim: int) -> None:
        super().__init__(aggr="add", node_dim=0)
        self.attention = nn.Parameter(torch.empty(dim))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws the attention vector anew, after Glorot."""
        bound = (6.0 / (len(self.attention) + 1)) ** 0.5
        nn.init.uniform_(self.attention, -bound, bound)

    def forward(
        self,
        x: Tensor,
        relations: Tensor,
        edge_index: Tensor | RelationGraph,
        edge_type: Tensor | None = None,
    ) -> Tensor:
        """One layer.

        Args:
            x: (n, d) entity features.
            relations: (r, d) relation vectors, normalised here.
            edge_index: (2, e) int64 neighbours and receiving entities, or the fused graph.
            edge_type: (e,) int64 relation of each edge; not with a fused graph.

        Returns:
            (n, d).
        """
        units = nn.functional.normalize(relations, dim=1, eps=1e-12)
        if isinstance(edge_index, RelationGraph):
            # Outside, rows are joint ids; inside, the graph may have an order of its own.
            inside = x.index_select(0, edge_index.order)
            reflected = reflect(edge_index.hop, inside, units, self.attention)
            return reflected.index_select(0, edge_index.position)
        if edge_type is None:
            raise ValueError("an edge index needs edge_type, the relation of every edge")
        # index_select, because the gradient of units[edge_type] takes several times as long.
        logits = (units @ self.attention).index_select(0, edge_type)
        weights = softmax(logits, edge_index[1], num_nodes=len(x))
        edge_relations = units.index_select(0, edge_type)
        out: Tensor = self.propagate(
            edge_index, x=x, weights=weights, edge_relations=edge_relations
        )
        return torch.tanh(out)

    def message(self, x_j: Tensor, weights: Tensor, edge_relations: Tensor) -> Tensor:
        """The reflected neighbour of every edge, times its weight: (e, d)."""
        along = (x_j * edge_relations).sum(dim=1)
        back = (-2 * weights * along).unsqueeze(1)
        return torch.addcmul(weights.unsqueeze(1) * x_j, back, edge_relations)
