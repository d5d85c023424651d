"""Steps in micro-batches: each searches its own negatives, and their losses are added up.

A step over many links needs the graph layers of every entity once. What comes after them, the
gate and the loss, is a mean over links: it is taken over some thousand links at a time, whose
gradients for the layers' outputs add up before one backward pass takes them through the layers.
That is exact, and what a step holds beside the layers does not grow with its links. Up to
`StepSizes.linked` linked entities a step, which is nearly always, it is a single one.

A micro-batch searches its negatives among the entities of its links, those of other links, up to
`StepSizes.linked` of both, and some drawn others, by the parameters as they are. A random share of
all entities holds negatives hard enough to learn from; only what is in it passes through the last
layer and the gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from dualamn.encoders.dual_amn import DualAMN, Features
from dualamn.encoders.gate import BLOCK_ROWS
from dualamn.encoders.message_graph import RelationGraph
from dualamn.kernels.arrays import Int32Array
from dualamn.kernels.autograd import carrier, dropped_rows, fork, side_by_side
from dualamn.settings.groups import TrainingSettings
from dualamn.training.loss import LossLayout, hard_sample_loss
from dualamn.training.mining import mine, principal_projection

LOSS_TAU = 10.0
"""The constant in the exponents of the loss, tau in the paper."""

LEAST_WEIGHT = 1e-4
"""Three of four negatives weigh less than this in their anchor's loss and get no gradient: so the
gate goes back through two thirds of the rows."""


@dataclass(frozen=True)
class StepSizes:
    """What a step searches its negatives among, and by.

    Attributes:
        linked: entities of seed links, its own and others, that a micro-batch searches among.
        others: entities without seed link beside them, drawn anew for every step; for every epoch
            where a step has all linked entities.
        dim: width of the projection that negatives are searched in.
        sampled: entities that the loss takes its mean and deviation from.
    """

    linked: int = 10_000
    others: int = 2048
    dim: int = 64
    sampled: int = 1024


@dataclass(frozen=True, eq=False)
class MicroBatch:
    """Some links of a step, and who their negatives are looked for among.

    Attributes:
        entities: (q,) int32 distinct joint ids: first those of the links, ascending, then those of
            other links, then others.
        n_linked: how many of them some link has.
        links: (p, 2) int32 positions in `entities`.
    """

    entities: Int32Array
    n_linked: int
    links: Int32Array


def draw_micro_batches(
    links: Int32Array,
    linked: Int32Array,
    others: Int32Array,
    sizes: StepSizes,
    rng: np.random.Generator,
) -> list[MicroBatch]:
    """Splits a step's links into batches of at most `sizes.linked` linked entities.

    Args:
        links: (m, 2) int32 joint ids, in random order.
        linked: (l,) int32 the entities of all links, ascending.
        others: (o,) int32 entities without link; every batch draws among both.
        sizes: how many it draws.
        rng: draws them.
    """
    most = max(sizes.linked // 2, 1)
    batches = []
    for some in np.array_split(links, -(-len(links) // most)):
        own = np.unique(some)
        rest = np.setdiff1d(linked, own, assume_unique=True)
        more = rng.choice(rest, min(max(sizes.linked - len(own), 0), len(rest)), False)
        drawn = rng.choice(others, min(sizes.others, len(others)), replace=False)
        places = np.searchsorted(own, some).astype(np.int32)
        batches.append(MicroBatch(np.concatenate([own, more, drawn]), len(own) + len(more), places))
    return batches


class MicroBatchedStep:
    """Loss and gradient of one step at a time.

    Args:
        network: gets the gradients.
        graph: the task's graph, on the network's device.
        linked_share: share of all entities that have a link.
        config: with `tie_links` the network does not see the embeddings of the entities that a
            step links.
        sizes: what negatives are searched among.
    """

    def __init__(
        self,
        network: DualAMN,
        graph: RelationGraph,
        linked_share: float,
        config: TrainingSettings,
        sizes: StepSizes,
    ) -> None:
        self.network = network
        self.graph = graph
        self.linked_share = linked_share
        self.config = config
        self.sizes = sizes
        self._focus: tuple[Tensor, RelationGraph] | None = None

    def backward(
        self, batches: Sequence[MicroBatch], rng: np.random.Generator, generator: torch.Generator
    ) -> float:
        """Adds the gradient of the mean loss over all batches' links to the parameters'.

        Args:
            batches: the step's links.
            rng: draws samples of entities.
            generator: draws projections and dropout, on the network's device.

        Returns:
            The loss.

        Raises:
            FloatingPointError: the embeddings are not finite.
        """
        rows = self._on_device([batch.entities for batch in batches])
        graph = self._focused(torch.unique(rows))
        if self.config.tie_links:
            linked = [batch.entities[batch.links.ravel()] for batch in batches]
            graph = graph.hiding(self._on_device(linked))
        features = self.network.body(graph, rows)
        leaves = [[layer.detach().requires_grad_() for layer in branch] for branch in features]
        if len(batches) > 1:  # a single batch's gradients are taken as they come
            for leaf in chain(*leaves):
                leaf.grad = torch.zeros_like(leaf)
        n_links = sum(len(batch.links) for batch in batches)
        total, start = 0.0, 0
        for batch in batches:
            block = slice(start, start + len(batch.entities))
            start = block.stop
            own = leaves if len(batches) == 1 else _blocks(leaves, block)
            loss = self._loss_of(batch, own, rng, generator) * (len(batch.links) / n_links)
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
            del loss, own  # before the gradients of the layers
        grads = [leaf.grad for leaf in chain(*leaves) if leaf.grad is not None]
        carrier([*chain(*features)], grads).backward()  # type: ignore[no-untyped-call]
        return total

    def _on_device(self, entities: list[Int32Array]) -> Tensor:
        joined = torch.from_numpy(np.concatenate(entities))
        return joined.long().to(self.network.relations.device)

    def _focused(self, entities: Tensor) -> RelationGraph:
        """The graph focused on some entities: steps that have the same ones share it."""
        if self._focus is None or not torch.equal(self._focus[0], entities):
            self._focus = None  # before there are two
            self._focus = entities, self.graph.focused(entities, self.network.depth)
        return self._focus[1]

    def let_go(self) -> None:
        """Forgets the last step's graph, which is large."""
        self._focus = None

    def _loss_of(
        self, batch: MicroBatch, own: Features, rng: np.random.Generator, generator: torch.Generator
    ) -> Tensor:
        """A batch's loss, by the layers of its entities; its embeddings are let go of."""
        embedded = self.embedded(batch, own)
        return self._loss(embedded, self.layout(batch, embedded, rng, generator), generator)

    def embedded(self, batch: MicroBatch, own: Features) -> list[Tensor]:
        """Embeddings of a batch's entities without dropout, a (q', (depth + 1) d) matrix a branch.

        They are made of the entities' layers, as the network's `body` gives them. The first entity
        fills them up to a multiple of some rows: oneDNN compiles a kernel for each shape of product
        and keeps it, which over sixty steps took 700 MB.
        """
        n = len(batch.entities)
        rows = torch.zeros(n + -n % BLOCK_ROWS, dtype=torch.int64, device=own[0][0].device)
        rows[:n] = torch.arange(n)
        return self.network.head(own, rows)

    def _loss(
        self, embedded: Sequence[Tensor], layout: LossLayout, generator: torch.Generator
    ) -> Tensor:
        config = self.config
        # One generator each: they may draw at the same time.
        dropped = [
            partial(_dropped, layout.rows, config.dropout, fork(generator)) for _ in embedded
        ]
        seen = side_by_side(dropped, [[matrix] for matrix in embedded])
        return hard_sample_loss(
            [matrix for (matrix,) in seen],
            layout,
            gamma=config.gamma,
            scale=config.loss_scale,
            tau=LOSS_TAU,
            least_weight=LEAST_WEIGHT,
        )

    def layout(
        self,
        batch: MicroBatch,
        embedded: Sequence[Tensor],
        rng: np.random.Generator,
        generator: torch.Generator,
    ) -> LossLayout:
        """Mines the batch's negatives by what `embedded` gives for it, and lays out its loss.

        Entities are positions in the batch. Random are the sample of entities that the loss takes
        its moments from, and the projection.

        Raises:
            FloatingPointError: the embeddings are not finite.
        """
        config = self.config
        entities = [matrix.detach()[: len(batch.entities)] for matrix in embedded]
        if not all(matrix.sum().isfinite() for matrix in entities):
            raise FloatingPointError("the embeddings are not finite")
        projection = principal_projection(entities, self.sizes.dim, generator)
        negatives = mine(entities, batch.links.T.ravel(), config.negatives, projection)
        layout = LossLayout.build(
            batch.links, negatives, self._sample(batch, rng), len(batch.entities)
        )
        device = entities[0].device
        return replace(layout, n_entities=self.graph.n_entities).to(device)

    def _sample(self, batch: MicroBatch, rng: np.random.Generator) -> Int32Array:
        """Positions of entities that the loss takes its moments from.

        As many linked and other entities as an even draw from the whole task would give.
        """
        size = min(self.sizes.sampled, self.graph.n_entities)
        n_others = len(batch.entities) - batch.n_linked
        n = min(round(size * self.linked_share), batch.n_linked)
        linked = rng.choice(batch.n_linked, n, replace=False)
        others = rng.choice(n_others, min(size - n, n_others), replace=False)
        return np.concatenate([linked, batch.n_linked + others]).astype(np.int32)


def _dropped(
    rows: Tensor, share: float, generator: torch.Generator, matrix: Tensor
) -> list[Tensor]:
    return [dropped_rows(matrix, rows, share, generator)]


def _blocks(leaves: Features, block: slice) -> Features:
    """Some rows as leaves of their own, whose gradients are added to those of all in place."""
    rows = [[leaf.detach()[block].requires_grad_() for leaf in branch] for branch in leaves]
    for own, leaf in zip(chain(*rows), chain(*leaves), strict=True):
        own.grad = None if leaf.grad is None else leaf.grad[block]
    return rows
