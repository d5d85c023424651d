"""Each fast part of the engine against the plain torch or PyG way to do the same.

    python benchmarks/kernels.py --data DIR       # DIR/dbp15k/zh_en, or $DUALAMN_DATA
    python benchmarks/kernels.py --made           # synthetic data, no download

Both sides work on the same numbers in float32 in one process that keeps freed memory, and take
turns. Where they should give the same they are held to it first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from harness import alternate, describe, get_task, machine, options, run, set_threads, table
from reference import BATCH, DenseGate, dense_loss
from torch import Tensor
from torch.nn import functional as F  # noqa: N812
from torch_geometric.utils import scatter

from dualamn import AlignerConfig, AlignmentTask
from dualamn.encoders.dual_amn_encoder import TrainedDualAMN
from dualamn.encoders.gate import gate
from dualamn.encoders.reflection import reflect
from dualamn.kernels.arrays import FloatArray
from dualamn.kernels.memory import keep_freed_memory
from dualamn.kernels.sparse import Pattern, spmm
from dualamn.pyg.conv import RelationalReflectionConv
from dualamn.search import candidate_sets, search_candidates
from dualamn.training.loss import hard_sample_loss
from dualamn.training.micro_batch import LOSS_TAU, MicroBatchedStep, StepSizes, draw_micro_batches
from dualamn.training.mining import mine, principal_projection

BLOCK = 1_024
"""Rows of a block of scores, where all of them at once would not fit."""


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
        name: what is done.
        size: on how much.
        ours, plain: what to time; each gives what it computed.
        same: whether both should give the same.
    """

    name: str
    size: str
    ours: Callable[[], Sequence[Tensor]]
    plain: Callable[[], Sequence[Tensor]]
    same: bool = True


def with_gradients(
    compute: Callable[..., Tensor], *leaves: Tensor, parameters: Sequence[Tensor] = ()
) -> Callable[[], Sequence[Tensor]]:
    """Forward and backward; gives the result, and the gradients of leaves and parameters.

    Args:
        compute: is called with copies of the leaves.
        leaves: its arguments.
        parameters: what else it uses that has a gradient.
    """
    own = [leaf.detach().clone().requires_grad_() for leaf in leaves]

    grad: list[Tensor] = []

    def both() -> Sequence[Tensor]:
        out = compute(*own)
        if not grad:  # drawn once, the same for both sides
            grad.append(torch.randn(out.shape, generator=torch.Generator().manual_seed(0)))
        return [out.detach(), *torch.autograd.grad(out, [*own, *parameters], grad)]

    return both


class Cases:
    """All rows, on one task.

    Args:
        task: gives graph and links.
        config: gives sizes.
    """

    def __init__(self, task: AlignmentTask, config: AlignerConfig) -> None:
        self.task, self.config = task, config
        encoder = TrainedDualAMN(task, config, torch.device("cpu"))
        self.graph, self.network = encoder.graph, encoder.network
        self.generator = torch.Generator().manual_seed(config.seed)
        with torch.no_grad():
            self.layers = [layer.clone() for layer in self.network.layers(self.graph)[0]]
            self.branches = self.network(self.graph, torch.arange(task.n_entities))
        self.links = torch.from_numpy(task.seed_links[:BATCH]).long()
        rng = np.random.default_rng(config.seed)
        everyone = np.arange(task.n_entities, dtype=np.int32)
        linked = np.unique(task.seed_links)
        others = np.setdiff1d(everyone, linked, assume_unique=True)
        self.batch, *_ = draw_micro_batches(
            task.seed_links[:BATCH], linked, others, StepSizes(), rng
        )
        self.pool = torch.from_numpy(self.batch.entities).long()
        step = MicroBatchedStep(
            self.network, self.graph, len(linked) / task.n_entities, config, StepSizes()
        )
        with torch.no_grad():
            embedded = step.embedded(self.batch, self.network.body(self.graph, self.pool))
        self.layout = step.layout(self.batch, embedded, rng, self.generator)

    def __iter__(self) -> Iterator[Case]:
        """The rows from the smallest part to the largest."""
        yield self.sparse_times_dense()
        yield self.layer()
        yield self.gate()
        yield self.loss()
        yield self.mining()
        yield self.search()

    def sparse_times_dense(self) -> Case:
        """Neighbours weighted and added up, with gradients for weights and features."""
        pattern, n = self.graph.hop.places, self.task.n_entities
        rows, columns = _places(pattern)
        values = torch.rand(pattern.n_entries, generator=self.generator)

        def plain(values: Tensor, dense: Tensor) -> Tensor:
            messages = values.unsqueeze(1) * dense.index_select(0, columns)
            out: Tensor = scatter(messages, rows, dim=0, dim_size=n, reduce="sum")
            return out

        return Case(
            "spmm, forward and backward",
            f"{_shape(pattern)} x {self.config.dim}",
            with_gradients(lambda v, d: spmm(pattern, v, d), values, self.layers[0]),
            with_gradients(plain, values, self.layers[0]),
        )

    def layer(self) -> Case:
        """One graph layer, fused and by message passing."""
        conv = RelationalReflectionConv(self.config.dim)
        hop = self.graph.hop
        receivers, senders = (of_place[hop.edge_place.long()] for of_place in _places(hop.places))
        edge_index, edge_type = torch.stack([senders, receivers]), hop.edge_relation.long()

        def ours(entities: Tensor, relations: Tensor) -> Tensor:
            return reflect(hop, entities, F.normalize(relations, dim=1), conv.attention)

        def theirs(entities: Tensor, relations: Tensor) -> Tensor:
            out: Tensor = conv(entities, relations, edge_index, edge_type)
            return out

        leaves, own = (self.layers[0], self.network.relations), [conv.attention]
        return Case(
            "graph layer, forward and backward",
            f"{len(edge_type):,} edges x {self.config.dim}",
            with_gradients(ours, *leaves, parameters=own),
            with_gradients(theirs, *leaves, parameters=own),
        )

    def gate(self) -> Case:
        """The gate for the rows that one training step touches, without dropout."""
        branch = self.network.both[0]
        rows = self.graph.position[self.pool[self.layout.rows]]
        plain = DenseGate(branch)

        def ours(*layers: Tensor) -> Tensor:
            return gate(layers, [rows] * len(layers), branch.proxies, branch.weight, branch.bias)

        def theirs(*layers: Tensor) -> Tensor:
            out: Tensor = plain(torch.cat([x.index_select(0, rows) for x in layers], dim=1))
            return out

        return Case(
            "gate, forward and backward",
            f"{len(rows):,} rows x {branch.bias.shape[0]}",
            with_gradients(
                ours, *self.layers, parameters=[branch.proxies, branch.weight, branch.bias]
            ),
            with_gradients(
                theirs, *self.layers, parameters=[plain.proxies, plain.weight, plain.bias]
            ),
        )

    def loss(self) -> Case:
        """The loss of one batch over mined negatives, and over all entities."""
        config, layout = self.config, self.layout
        rows = [branch[self.pool[layout.rows]] for branch in self.branches]

        def ours(*branches: Tensor) -> Tensor:
            return hard_sample_loss(
                branches, layout, gamma=config.gamma, scale=config.loss_scale, tau=LOSS_TAU
            )

        return Case(
            "loss, forward and backward",
            f"{len(self.links):,} links; {config.negatives} or {self.task.n_entities:,} negatives",
            with_gradients(ours, *rows),
            with_gradients(
                lambda points: dense_loss(points, self.links, config),
                torch.cat(self.branches, dim=1),
            ),
            same=False,
        )

    def mining(self) -> Case:
        """Negatives of a step: among its pool, and among all entities by products."""
        k = self.config.negatives
        in_pool = [branch[self.pool] for branch in self.branches]
        anchors = self.batch.links.T.ravel()
        points = torch.cat(self.branches, dim=1)
        queries = points[self.links.T.ravel()]
        projection = principal_projection(self.branches, StepSizes().dim, self.generator)

        def plain() -> Sequence[Tensor]:
            squares = points.square().sum(dim=1)
            k_found = min(k + 1, len(points))
            return [
                torch.topk(2 * block @ points.t() - squares, k_found, dim=1).indices
                for block in torch.split(queries, BLOCK)
            ]

        return Case(
            f"mining, {k} negatives each",
            f"{len(anchors):,} in {len(self.pool):,} or {len(points):,}",
            lambda: [torch.from_numpy(mine(in_pool, anchors, k, projection))],
            plain,
            same=False,
        )

    def search(self) -> Case:
        """Candidates of the test entities in both directions."""
        pools = candidate_sets(self.task, 0, 1, "test_only")
        joined = F.normalize(torch.cat(self.branches, dim=1), dim=1)
        embeddings: FloatArray = joined.numpy()
        left, right = (joined[torch.from_numpy(pool).long()] for pool in pools)

        def ours() -> Sequence[Tensor]:
            found = search_candidates(embeddings, *pools, self.config.candidates)
            return [torch.from_numpy(x.scores) for x in (found.left_to_right, found.right_to_left)]

        def plain() -> Sequence[Tensor]:
            both = []
            for queries, pool in ((left, right), (right, left)):
                k = min(self.config.candidates, len(pool))
                blocks = [
                    torch.topk(block @ pool.t(), k, dim=1).values
                    for block in torch.split(queries, BLOCK)
                ]
                both.append(torch.cat(blocks))
            return both

        return Case(
            f"search, {self.config.candidates} candidates each",
            f"{len(left):,} x {len(right):,} x {joined.shape[1]}, both ways",
            ours,
            plain,
        )


def check(case: Case) -> None:
    """Holds both sides of a row to each other.

    Raises:
        SystemExit: they give different numbers.
    """
    for number, (ours, theirs) in enumerate(zip(case.ours(), case.plain(), strict=True)):
        # Float32 sums in another order differ a little, relative to the largest.
        error = (ours - theirs).abs().max() / theirs.abs().max().clamp(min=1e-12)
        if not error < 1e-3:
            raise SystemExit(f"{case.name}: output {number} differs by {error:.2g} of its largest")


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    given = options(__doc__, dataset="dbp15k/zh_en", repeat=5).parse_args(arguments)
    set_threads(given.threads)
    keep_freed_memory()
    torch.manual_seed(given.seed)
    task = get_task(given)
    print(machine())
    print(describe(task), end="\n\n", flush=True)
    rows = []
    for case in Cases(task, AlignerConfig.preset("paper", seed=given.seed, device="cpu")):
        if case.same:
            check(case)
        taken = alternate({"ours": case.ours, "plain": case.plain}, given.repeat)
        ours, plain = (1000 * taken[side].median for side in ("ours", "plain"))
        row = (case.name, case.size, f"{ours:,.1f}", f"{plain:,.1f}", f"{plain / ours:.1f}")
        rows.append(row)
    print(table(("median of each", "size", "ours ms", "plain ms", "ratio"), rows))


def _places(pattern: Pattern) -> tuple[Tensor, Tensor]:
    return pattern.rows, pattern.indices.long()


def _shape(pattern: Pattern) -> str:
    return f"{pattern.n_entries:,} entries in {pattern.shape[0]:,} x {pattern.shape[1]:,}"


if __name__ == "__main__":
    run(main)
