"""Dual-AMN and its loss as one writes them with PyTorch Geometric: what the engine is held to.

The same model as `dualamn.encoders.dual_amn.DualAMN`, with messages along all edges, gate and
dropout over all entities, and every entity as a negative of every anchor. All gradients are
autograd's. Within that style it is written to be fast: rows are gathered by `index_select`, whose
gradient takes a fraction of the time of that of indexing, and distances come from products of
matrices. `step.py --profile` shows where its time goes.
"""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch_geometric.nn import SimpleConv
from torch_geometric.utils import add_remaining_self_loops, coalesce, to_torch_csr_tensor

from dualamn import AlignerConfig
from dualamn.encoders.dual_amn import Branch
from dualamn.encoders.dual_amn_encoder import TrainedDualAMN
from dualamn.pyg.conv import RelationalReflectionConv
from dualamn.training.micro_batch import LOSS_TAU

BATCH = 1_024
LEARNING_RATE = 0.005


class DenseDualAMN(nn.Module):
    """The network, with a copy of the parameters of the engine's for the same task.

    Args:
        encoder: gives the parameters, and the task's triples; each is read in both directions.
    """

    def __init__(self, encoder: TrainedDualAMN) -> None:
        super().__init__()
        task, network = encoder.task, encoder.network
        n, r = task.n_entities, task.n_relations
        heads, kinds, tails = torch.from_numpy(task.triples).long().t()
        # Messages go from row 0 to row 1.
        self.edge_index = torch.stack([torch.cat([tails, heads]), torch.cat([heads, tails])])
        self.edge_type = torch.cat([kinds, kinds + r])
        # The means need no messages, so PyG takes them as a sparse product.
        neighbours, _ = add_remaining_self_loops(coalesce(self.edge_index), num_nodes=n)
        incident = coalesce(torch.stack([self.edge_type, self.edge_index[1]]))
        self.neighbours, self.incident = _csr(neighbours, (n, n)), _csr(incident, (n, 2 * r))
        self.mean = SimpleConv(aggr="mean")
        # The engine numbers entities anew inside; here rows are joint ids.
        self.entities = nn.Parameter(network.entities.detach()[encoder.graph.position])
        self.relations = nn.Parameter(network.relations.detach().clone())
        self.branches = nn.ModuleList(DenseBranch(branch) for branch in network.both)

    def forward(self, dropout: float = 0.0) -> Tensor:
        """(n, 2 (depth + 1) d): the embeddings of all entities."""
        starts = (
            self.mean(self.entities, self.neighbours),
            self.mean((self.relations, None), self.incident),
        )
        outputs = [
            branch(start, self.relations, self.edge_index, self.edge_type)
            for branch, start in zip(self.branches, starts, strict=True)
        ]
        return F.dropout(torch.cat(outputs, dim=1), dropout)


class DenseBranch(nn.Module):
    """One branch: graph layers by message passing, then the gate over all entities."""

    def __init__(self, like: Branch) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            RelationalReflectionConv(like.attention.shape[1]) for _ in like.attention
        )
        for layer, attention in zip(self.layers, like.attention, strict=True):
            layer.attention = nn.Parameter(attention.detach().clone())
        self.gate = DenseGate(like)

    def forward(
        self, start: Tensor, relations: Tensor, edge_index: Tensor, edge_type: Tensor
    ) -> Tensor:
        """(n, (depth + 1) d)."""
        outputs = [torch.tanh(start)]
        for layer in self.layers:
            outputs.append(layer(outputs[-1], relations, edge_index, edge_type))
        gated: Tensor = self.gate(torch.cat(outputs, dim=1))
        return gated


class DenseGate(nn.Module):
    """The proxy matching gate, line by line as published."""

    def __init__(self, like: Branch) -> None:
        super().__init__()
        self.proxies = nn.Parameter(like.proxies.detach().clone())
        self.weight = nn.Parameter(like.weight.detach().clone())
        self.bias = nn.Parameter(like.bias.detach().clone())

    def forward(self, m: Tensor) -> Tensor:
        """The gated rows of (q, (depth + 1) d)."""
        share = torch.softmax(F.normalize(m, dim=1) @ F.normalize(self.proxies, dim=1).t(), dim=1)
        rest = m - share @ self.proxies
        opening = torch.sigmoid(torch.addmm(self.bias, rest, self.weight))
        return torch.lerp(rest, m, opening)


def dense_loss(embeddings: Tensor, pairs: Tensor, config: AlignerConfig) -> Tensor:
    """The published loss over all entities, a mean over pairs of both anchors' terms.

    Args:
        embeddings: (n, d) of all entities.
        pairs: (p, 2) int64 joint ids.
        config: gives gamma, lambda and tau.
    """
    squares = embeddings.square().sum(dim=1)  # (n,)
    ends = [embeddings.index_select(0, pairs[:, side]) for side in (0, 1)]  # (p, d) each
    pair = (ends[0] - ends[1]).square().sum(dim=1)  # (p,)
    total = embeddings.new_zeros(())
    for side, anchor in enumerate(ends):
        # gamma + |a - b|^2 - |a - e|^2 with |a - e|^2 = |a|^2 + |e|^2 - 2 a.e, in few passes
        # over the (p, n) matrix.
        row = config.gamma + pair - squares.index_select(0, pairs[:, side])
        hardness = row.unsqueeze(1) + torch.addmm(-squares, anchor, embeddings.t(), alpha=2)
        hardness = hardness.scatter(1, pairs, 0.0)  # the anchor and its counterpart count as 0
        with torch.no_grad():
            deviation, mean = torch.std_mean(hardness, dim=1, correction=0, keepdim=True)
            slope = config.loss_scale / deviation
        exponents = torch.addcmul(LOSS_TAU - slope * mean, slope, hardness)
        total = total + torch.logsumexp(exponents, dim=1).mean()
    return total


class DenseTraining:
    """Training of the network with the published batches and optimiser.

    Args:
        encoder: gives the first parameters, triples and seed links, dropout and the loss's
            constants.
    """

    def __init__(self, encoder: TrainedDualAMN) -> None:
        self.network = DenseDualAMN(encoder)
        self.config = encoder.config
        self.seed_links = torch.from_numpy(encoder.task.seed_links).long()
        self.optimizer = torch.optim.RMSprop(
            self.network.parameters(), lr=LEARNING_RATE, alpha=0.9, eps=1e-7
        )

    def epoch(self) -> list[float]:
        """One pass over the seed links; the loss of every step."""
        order = torch.randperm(len(self.seed_links))
        return [self.step(self.seed_links[chosen]) for chosen in torch.split(order, BATCH)]

    def step(self, pairs: Tensor) -> float:
        """One step on these links."""
        self.optimizer.zero_grad()
        loss = dense_loss(self.network(self.config.dropout), pairs, self.config)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return loss.item()


def _csr(edge_index: Tensor, size: tuple[int, int]) -> Tensor:
    """The transposed adjacency that PyG multiplies with, of `size`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sparse tensors are in beta
        adjacency: Tensor = to_torch_csr_tensor(edge_index.flip(0), size=size)
    return adjacency
