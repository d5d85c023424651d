"""Three-view label propagation: embeddings without training, after LightEA.

Mao et al., "LightEA: A Scalable, Robust, and Interpretable Entity Alignment Framework via
Three-view Label Propagation", EMNLP 2022 (https://arxiv.org/abs/2210.10436).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from dualamn.config import AlignerConfig
from dualamn.encoders.message_graph import RelationGraph
from dualamn.encoders.new_entities import Frozen
from dualamn.errors import CheckpointError, TrainingError
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import EmbeddingArray, Int32Array, IntArray, components, normalise
from dualamn.kernels.memory import Storage, blocks_of, empty_rows
from dualamn.kernels.sparse import multiply, multiply_transposed
from dualamn.progress import Progress, ProgressCallback

if TYPE_CHECKING:
    from dualamn.encoders import Encoder

_COLUMNS = 256
"""Columns of a projection at least, if there are so many: products with few are slow."""

_ROWS = 1 << 12
"""Entities whose labels are projected at a time: their projections stay in the cache."""


class Propagation:
    """Labels of the seed links, sent along the triples of the graphs.

    All entities that links join, over however many graphs, start from one random direction,
    nearly orthogonal to all others. For some rounds entities then take the sum of their
    neighbours and relations, and relations that of the entities they point at; relations that
    are seen everywhere count less. What an entity is in the end,

        sum over its edges (k, j) of  vec(k) (x) vec(j),

    k a relation and j a neighbour, says which neighbour is reached over which relation. The
    outer products are made of random projections, `relation_dim` by `neighbour_dim`, one
    relation dimension at a time: nothing larger than the result is ever held.

    Its methods are those of `Encoder`.

    Args:
        graph: of the task, where it is built already.
        rounds: how far labels travel, two as published.
    """

    def __init__(
        self,
        task: AlignmentTask,
        config: AlignerConfig,
        device: torch.device,
        graph: RelationGraph | None = None,
        *,
        rounds: int = 2,
    ) -> None:
        self.rounds = rounds
        self.task = task
        self.config = config
        self.device = device
        self.storage = Storage()
        self.graph = RelationGraph.of(task, device) if graph is None else graph
        self.links: Int32Array | None = None

    def fit(
        self, links: Int32Array, progress: ProgressCallback, checkpoint: Path | None, resume: bool
    ) -> None:
        """Takes the links; there is nothing to train and no checkpoint to keep."""
        if not len(links):
            raise TrainingError(
                f"{self.task.name} has no seed links to learn from: give some known pairs of "
                "entities"
            )
        self.refit(links, 0, progress)

    def refit(self, links: Int32Array, turn: int, progress: ProgressCallback) -> None:
        """Takes other links."""
        self.links = links
        progress(Progress("train", 1, 1))

    def take_over(self, old: Encoder, new_id: Int32Array, links: Int32Array) -> bool:
        """Takes the links that are known by now; labels are sent out anew."""
        if not len(links):
            return False
        self.links = links
        return True

    @torch.no_grad()
    def embeddings(self) -> EmbeddingArray:
        """(n, relation_dim * neighbour_dim) rows of length one or zero, in joint ids."""
        config, graph = self.config, self.graph
        entities, relations = self._labels()
        generator = torch.Generator().manual_seed(config.seed)
        narrow = self._project(relations, 1, config.relation_dim, generator).T.contiguous()
        width = config.neighbour_dim
        result = empty_rows(graph.n_entities, config.relation_dim * width, self.storage)
        dtype = torch.float16 if self.storage.half else torch.float32
        # Unscaled, sums over many edges would be too large for half precision.
        scale = graph.hop.places.indptr.diff().clamp(min=1).float().rsqrt()[:, None]
        order = graph.order.numpy(force=True)
        relation = graph.hop.edge_relation
        at_once = max(1, _COLUMNS // width)
        for start in range(0, config.relation_dim, at_once):
            numbers = range(start, min(start + at_once, config.relation_dim))
            near = self._project(entities, len(numbers), width, generator)
            for number in numbers:
                own = near[:, (number - start) * width : (number - start + 1) * width]
                weights = graph.hop.sum_places(narrow[number].index_select(0, relation))
                # Nobody else asks what was projected.
                torch.mul(multiply(graph.hop.places, weights, own), scale, out=own)
            columns = slice(start * width, numbers.stop * width)
            for block in blocks_of(result):
                # Rows leave in joint ids: the order in memory is the graph's own until here.
                result[order[block], columns] = near[block].to(dtype).numpy(force=True)
        for block in blocks_of(result):
            normalise(result[block])
        return result

    @torch.no_grad()
    def frozen(self) -> Frozen:
        """What embeddings of new entities are made of: labels, and all random projections.

        Of `labels` (n, 3 label_dim), in joint ids, a row has length one or zero.
        """
        config = self.config
        entities, relations = self._labels()
        generator = torch.Generator().manual_seed(config.seed)
        narrow = self._project(relations, 1, config.relation_dim, generator).T.contiguous()
        width, wide = config.neighbour_dim, sum(own.shape[1] for own in entities)
        at_once = max(1, _COLUMNS // width)
        directions = []
        for start in range(0, config.relation_dim, at_once):
            count = min(at_once, config.relation_dim - start)
            drawn = _directions(wide, count, width, generator)
            directions.append(drawn.reshape(wide, count, width).transpose(0, 1))
        joined = torch.cat([own * _scale(entities)[:, None] for own in entities], dim=1)
        shared = {"relations": narrow, "directions": torch.cat(directions)}
        return Frozen(
            "propagation",
            {"labels": joined[self.graph.position].numpy(force=True)},
            {name: own.numpy(force=True) for name, own in shared.items()},
        )

    def _labels(self) -> tuple[list[Tensor], list[Tensor]]:
        """Entities and relations after every round, as rows of length one or zero."""
        config, graph = self.config, self.graph
        assert self.links is not None
        linked, group = _groups(self.links)
        generator = torch.Generator().manual_seed(config.seed)
        labels = normalize(
            torch.randn(int(group.max()) + 1, config.label_dim, generator=generator), dim=1
        )
        entities = torch.zeros(graph.n_entities, config.label_dim, device=self.device)
        rows = graph.position[torch.from_numpy(linked).to(self.device)]
        entities[rows] = labels[torch.from_numpy(group)].to(self.device)
        relations = torch.zeros(graph.n_relations, config.label_dim, device=self.device)
        places, incident = graph.hop.places, graph.hop.incident
        rarity = graph.hop.sum_places(self._rarity(graph.hop.edge_relation))
        counts = graph.hop.counts.float()
        all_entities, all_relations = [entities], [relations]
        for _ in range(self.rounds):
            pointed_at = multiply_transposed(incident, counts, entities)
            sums = multiply(places, rarity, entities)
            multiply(incident, counts, relations, add_to=sums)
            entities, relations = _unit(sums), _unit(_inverses(pointed_at))
            all_entities.append(entities)
            all_relations.append(relations)
        return all_entities, all_relations

    def _rarity(self, relation: Tensor) -> Tensor:
        """(e,) how little the relation of every edge is used: log(e / edges of the relation)."""
        count = torch.bincount(relation.long(), minlength=self.graph.n_relations).clamp(min=1)
        rarity: Tensor = (len(relation) / count.float()).log()
        return rarity.index_select(0, relation)

    def _project(
        self, labels: list[Tensor], count: int, width: int, generator: torch.Generator
    ) -> Tensor:
        """(n, count * width): random projections, side by side, of the labels' rows side by side.

        The rows have length one or zero; the joint rows are taken to have length one.
        """
        wide = [own.shape[1] for own in labels]
        directions = _directions(sum(wide), count, width, generator).to(self.device)
        own = torch.split(directions, wide)
        scale = _scale(labels)[:, None]
        projected = torch.empty(len(labels[0]), count * width, device=self.device)
        for start in range(0, len(projected), _ROWS):
            block = slice(start, start + _ROWS)
            out = torch.mm(labels[0][block], own[0], out=projected[block])
            for label, direction in zip(labels[1:], own[1:], strict=True):
                out.addmm_(label[block], direction)
            out.mul_(scale[block])
        return projected

    def state(self) -> dict[str, Tensor]:
        """The links that the labels start from."""
        assert self.links is not None
        return {"links": torch.from_numpy(self.links)}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Takes links that `state` gave, of the same task."""
        links = state.get("links")
        if links is None or not _are_links(links, self.task.n_entities):
            raise CheckpointError("the saved links do not fit this task")
        self.links = links.numpy()


def _directions(wide: int, count: int, width: int, generator: torch.Generator) -> Tensor:
    """(wide, count * width) random directions, side by side."""
    drawn = [torch.randn(wide, width, generator=generator) for _ in range(count)]
    return torch.cat(drawn, dim=1).div_(width**0.5)


def _scale(labels: list[Tensor]) -> Tensor:
    """(n,) what brings the rows of labels side by side to length one."""
    # The square of a joint row is how many of its labels are not zero.
    filled = torch.stack([label.norm(dim=1) for label in labels]).round().sum(dim=0)
    return filled.clamp(min=1).rsqrt()


def _are_links(links: Tensor, n_entities: int) -> bool:
    """Whether this is an (m, 2) int32 table of joint ids with a row or more."""
    return (
        links.dtype == torch.int32
        and links.ndim == 2
        and links.shape[1] == 2
        and len(links) > 0
        and int(links.min()) >= 0
        and int(links.max()) < n_entities
    )


def _groups(links: Int32Array) -> tuple[IntArray, IntArray]:
    """The distinct linked entities, and which group of entities that links join each is in.

    Groups are numbered in the order of their first links.
    """
    linked, ends = np.unique(links, return_inverse=True)
    ends = ends.reshape(links.shape)
    group = components(ends, len(linked))
    _, first = np.unique(group[ends[:, 0]], return_index=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return linked.astype(np.int64), rank[group]


def _unit(rows: Tensor) -> Tensor:
    """The rows brought to length one where they lie; zero stays zero."""
    return rows.div_(rows.norm(dim=1, keepdim=True).clamp_(min=1e-12))


def _inverses(relations: Tensor) -> Tensor:
    """(r, d) with every relation in the place of its inverse."""
    first, second = relations.chunk(2)
    return torch.cat([second, first])
