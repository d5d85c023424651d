"""The Dual Attention Matching encoder (Mao et al., WWW 2021, arXiv 2103.15452)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from dualamn.encoders.gate import gate
from dualamn.encoders.message_graph import Hop, RelationGraph
from dualamn.encoders.reflection import reflect
from dualamn.kernels.arrays import EmbeddingArray
from dualamn.kernels.autograd import fast_tanh, side_by_side
from dualamn.kernels.memory import Storage, empty_rows, let_go
from dualamn.kernels.sparse import Pattern, spmm

Features = list[list[Tensor]]
"""Layers of some entities: a list of (q, d) for either branch."""

_BOUND = 0.05  # of the first values of embeddings

EMBED_ROWS = 8192
"""Rows that `embed` computes at a time."""


class DualAMN(nn.Module):
    """Two branches of relational reflection layers, each closed by a proxy matching gate.

    The entity branch starts from the mean of the embeddings of an entity's neighbours and its
    own, the relation branch from the mean of the embeddings of its relations. Entity and
    relation embeddings are shared by both; attention, proxies and gate are a branch's own.

    Args:
        n_entities: n, over all graphs.
        n_relations: r, inverses included.
        dim: d, the width of one layer.
        depth: how many graph layers follow the first features; a branch is (depth + 1) * d wide.
        n_proxies: how many proxies bridge the graphs.
        generator: draws the first values.
    """

    def __init__(
        self,
        n_entities: int,
        n_relations: int,
        *,
        dim: int = 128,
        depth: int = 2,
        n_proxies: int = 64,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()

        def uniform(*shape: int, bound: float = _BOUND) -> nn.Parameter:
            values = torch.empty(shape).uniform_(-bound, bound, generator=generator)
            return nn.Parameter(values)

        def glorot(rows: int, columns: int) -> nn.Parameter:
            return uniform(rows, columns, bound=(6.0 / (rows + columns)) ** 0.5)

        self.entities = uniform(n_entities, dim)
        self.relations = uniform(n_relations, dim)
        self.depth = depth
        width = (depth + 1) * dim
        self.branches = nn.ModuleList(
            Branch(
                attention=nn.Parameter(torch.cat([glorot(dim, 1).data.t() for _ in range(depth)])),
                proxies=glorot(n_proxies, width),
                weight=glorot(width, width),
                bias=nn.Parameter(torch.zeros(width)),
            )
            for _ in range(2)
        )

    @torch.no_grad()
    def draw_entities(self, chosen: Tensor, generator: torch.Generator) -> None:
        """Draws first values anew for the entities that (n,) bool chooses."""
        own = self.entities[chosen]
        drawn = torch.empty(own.shape).uniform_(-_BOUND, _BOUND, generator=generator)
        self.entities[chosen] = drawn.to(own)

    @property
    def both(self) -> list[Branch]:
        """The entity branch and the relation branch."""
        return [branch for branch in self.branches if isinstance(branch, Branch)]

    def layers(self, graph: RelationGraph, rows: Sequence[Tensor] | None = None) -> Features:
        """The features of every entity after each layer: a list of (n, d) a branch.

        Their rows are in the graph's inner order; those of the last layer are the entities that
        the graph is focused on. With `rows` only these, (q,) int64, of each layer.
        """
        unit_relations = nn.functional.normalize(self.relations, dim=1, eps=1e-12)
        starts = [
            (graph.neighbours, graph.neighbour_weights, self.entities),
            (graph.hop.incident, graph.incident_weights, self.relations),
        ]
        hops = graph.hops(self.depth)
        return side_by_side(
            [partial(_layers, pattern, weights, hops, rows) for pattern, weights, _ in starts],
            [
                (source, unit_relations, branch.attention)
                for branch, (_, _, source) in zip(self.both, starts, strict=True)
            ],
        )

    def forward(self, graph: RelationGraph, rows: Tensor) -> list[Tensor]:
        """Embeddings of some entities: a (q, (depth + 1) * d) matrix a branch.

        The two belong side by side; they stay apart so that distances can be added up without
        another copy.

        Args:
            graph: the task's; it may be focused on a few entities.
            rows: (q,) int64 joint ids, of those.
        """
        return self._gated(self.layers(graph), self._inside(graph, rows))

    def body(self, graph: RelationGraph, rows: Tensor) -> Features:
        """What `forward` puts into the gate: of either branch a list of (q, d), one a layer.

        With `head` it is `forward` in two halves, the second of which may go by micro-batches.
        """
        return self.layers(graph, self._inside(graph, rows))

    def head(self, features: Features, rows: Tensor) -> list[Tensor]:
        """Embeddings as `forward` gives them, of some rows of what `body` gave."""
        return self._gated(features, [rows] * len(features[0]))

    def _gated(self, layers: Features, rows: list[Tensor]) -> list[Tensor]:
        outputs = side_by_side(
            [partial(_gate, rows)] * len(layers),
            [
                (branch.proxies, branch.weight, branch.bias, *own)
                for branch, own in zip(self.both, layers, strict=True)
            ],
        )
        return [embedded for (embedded,) in outputs]

    def _inside(self, graph: RelationGraph, rows: Tensor | slice) -> list[Tensor]:
        """Where every layer has the entities of these joint ids."""
        return [position[rows] for position in graph.positions(self.depth)]

    @torch.no_grad()
    def embed(self, graph: RelationGraph, storage: Storage) -> EmbeddingArray:
        """(n, 2 (depth + 1) d): all entities' embeddings without dropout, both branches.

        Written in blocks of rows into one array, so that nothing else of that size exists.
        """
        width = self.both[0].bias.shape[0]
        joined = empty_rows(graph.n_entities, 2 * width, storage)
        for number, layers in enumerate(self.layers(graph)):
            columns = slice(number * width, (number + 1) * width)
            for start in range(0, graph.n_entities, EMBED_ROWS):
                block = slice(start, start + EMBED_ROWS)
                own = self.both[number](layers, self._inside(graph, block))
                joined[block, columns] = own.numpy(force=True)
                let_go(joined)
        return joined


def _layers(
    pattern: Pattern,
    weights: Tensor,
    hops: Sequence[Hop],
    rows: Sequence[Tensor] | None,
    source: Tensor,
    unit_relations: Tensor,
    attention: Tensor,
) -> list[Tensor]:
    """A branch's layers, which start from the weighted mean of a source."""
    layers = [fast_tanh(spmm(pattern, weights, source))]
    for hop, own in zip(hops, attention, strict=True):
        layers.append(reflect(hop, layers[-1], unit_relations, own))
    if rows is None:
        return layers
    return [layer.index_select(0, own) for layer, own in zip(layers, rows, strict=True)]


def _gate(
    rows: Sequence[Tensor], proxies: Tensor, weight: Tensor, bias: Tensor, *layers: Tensor
) -> list[Tensor]:
    return [gate(layers, rows, proxies, weight, bias)]


class Branch(nn.Module):
    """What one branch owns: an attention vector a layer, the proxies and the gate."""

    def __init__(
        self,
        attention: nn.Parameter,
        proxies: nn.Parameter,
        weight: nn.Parameter,
        bias: nn.Parameter,
    ) -> None:
        super().__init__()
        self.attention = attention
        self.proxies = proxies
        self.weight = weight
        self.bias = bias

    def forward(self, layers: list[Tensor], rows: list[Tensor]) -> Tensor:
        """The gated embeddings of some entities, see `gate`."""
        return gate(layers, rows, self.proxies, self.weight, self.bias)
