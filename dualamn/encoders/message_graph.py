"""The sparse patterns that a task's triples give rise to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dualamn.encoders.message_edges import Hop, distinct, pattern_of
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array, components
from dualamn.kernels.patterns import Pattern


@dataclass(frozen=True, eq=False)
class RelationGraph:
    """All triples of a task as edges in both directions, ready for the kernels of `sparse`.

    Symbols: n entities; r relations, of which the task's own come first and the inverse of
    relation k is k + r / 2; e edges, two for every triple.

    Entities may be numbered anew inside, so that neighbours lie near each other in memory: the
    sparse products read their rows at random, and half of their time is spent waiting for them.

    Attributes:
        n_entities: n.
        n_relations: r.
        hop: what every entity receives over its edges.
        neighbours: n x n pattern: the distinct neighbours of every entity, and itself.
        neighbour_weights: float32, one over the row's length, for each entry of `neighbours`.
        incident_weights: float32, one over the row's length, for each entry of `hop.incident`.
        order: (n,) int64: the joint id of the entity that has number i inside.
        position: (n,) int64: the number inside of joint id i.
        owner: (n,) int64: the number inside of the entity whose embedding number i has: its own,
            unless linked entities are tied.
        middle: what the last layer but one computes: the entities of `last` and their senders.
        middle_position: (n,) int64: the row that joint id i has after it, -1 for none.
        last: what the entities that a network is asked for receive in its last layer.
        last_position: (n,) int64: the row that joint id i has after it, -1 for none.
    """

    n_entities: int
    n_relations: int
    hop: Hop
    neighbours: Pattern
    neighbour_weights: Tensor
    incident_weights: Tensor
    order: Tensor
    position: Tensor
    owner: Tensor
    middle: Hop
    middle_position: Tensor
    last: Hop
    last_position: Tensor

    @classmethod
    def from_triples(
        cls, triples: Int32Array, n_entities: int, n_relations: int, *, reorder: bool = False
    ) -> RelationGraph:
        """Builds the patterns from triples, each read in both directions.

        Args:
            triples: (t, 3) int32 in joint ids.
            n_entities: how many entities there are, those without a triple included.
            n_relations: how many relations the triples have.
            reorder: number the entities anew inside, by reverse Cuthill-McKee.
        """
        order = _near_each_other(triples, n_entities) if reorder else np.arange(n_entities)
        position = np.empty(n_entities, dtype=np.int64)
        position[order] = np.arange(n_entities)
        heads, relations, tails = triples.T.astype(np.int64)
        heads, tails = position[heads], position[tails]
        receivers = np.concatenate([heads, tails])
        senders = np.concatenate([tails, heads])
        kinds = np.concatenate([relations, relations + n_relations])
        n, r = n_entities, 2 * n_relations
        hop = Hop.from_edges(receivers, senders, kinds, n, r)
        itself = np.arange(n, dtype=np.int64)
        near = np.concatenate([receivers * n + senders, itself * n + itself])
        neighbours = pattern_of(distinct(near), n, n)
        places_inside = torch.from_numpy(position)
        return cls(
            n,
            r,
            hop,
            neighbours,
            _mean_weights(neighbours),
            _mean_weights(hop.incident),
            torch.from_numpy(order.astype(np.int64)),
            places_inside,
            torch.from_numpy(itself),
            hop,
            places_inside,
            hop,
            places_inside,
        )

    @classmethod
    def of(cls, task: AlignmentTask, device: torch.device) -> RelationGraph:
        """All triples of a task on a device, with entities near each other numbered alike."""
        graph = cls.from_triples(task.triples, task.n_entities, task.n_relations, reorder=True)
        return graph.to(device)

    def tied(self, links: Tensor) -> RelationGraph:
        """The same graph, in which linked entities have one embedding, that of one of them.

        Args:
            links: (m, 2) int64 joint ids.
        """
        owner = _first_of_each_set(self.position[links].numpy(force=True), self.n_entities)
        near = self.neighbours
        tied = torch.from_numpy(owner).to(near.rows.device)
        columns = tied.index_select(0, near.indices)
        neighbours = Pattern.from_sorted(near.rows, columns, near.shape, checked=True)
        return replace(self, neighbours=neighbours, owner=tied)

    def hiding(self, entities: Tensor) -> RelationGraph:
        """The same graph, in which the embeddings of some entities count for nothing.

        Args:
            entities: (q,) int64 joint ids.
        """
        shown = torch.ones_like(self.owner, dtype=torch.float32)
        shown[self.owner[self.position[entities]]] = 0.0
        weights = self.neighbour_weights * shown.index_select(0, self.neighbours.indices)
        return replace(self, neighbour_weights=weights)

    def hops(self, depth: int) -> list[Hop]:
        """What each of the layers of a network computes."""
        return ([self.hop] * (depth - 2) + [self.middle, self.last])[-depth:]

    def positions(self, depth: int) -> list[Tensor]:
        """(n,) int64 each: the row of every joint id before the first layer and after each."""
        inner = [self.middle_position] if depth > 1 else []
        return [self.position] * max(depth - 1, 1) + inner + [self.last_position]

    def focused(self, entities: Tensor, depth: int) -> RelationGraph:
        """The same graph for a network that is asked for some entities and no others.

        Args:
            entities: (q,) int64 distinct joint ids.
            depth: how many layers the network has; those before the last two compute all.
        """
        inside = self.position[entities].sort().values
        if depth == 1:
            last = self.hop.only(inside)
            return replace(self, last=last, last_position=self._rows(inside))
        near = self.hop.senders_to(inside)
        return replace(
            self,
            middle=self.hop.only(near),
            middle_position=self._rows(near),
            last=self.hop.only(inside, near),
            last_position=self._rows(inside),
        )

    def _rows(self, inside: Tensor) -> Tensor:
        row = torch.full_like(self.position, -1)
        row[self.order[inside]] = torch.arange(len(inside), device=row.device)
        return row

    def to(self, device: torch.device | str) -> RelationGraph:
        """The same graph on another device."""
        moved: dict[str, Any] = {
            name: value.to(device) if isinstance(value, Tensor | Pattern | Hop) else value
            for name, value in vars(self).items()
        }
        for name in ("middle", "last"):
            if getattr(self, name) is self.hop:
                moved[name], moved[f"{name}_position"] = moved["hop"], moved["position"]
        return RelationGraph(**moved)


def _first_of_each_set(links: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """(n,) for every entity the first of those that links join it with, or itself."""
    component = components(links, n)
    _, first = np.unique(component, return_index=True)
    owner: NDArray[np.int64] = first.astype(np.int64)[component]
    return owner


def _near_each_other(triples: Int32Array, n: int) -> NDArray[np.int64]:
    """(n,) the entities in an order that puts neighbours near each other."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    ends = np.concatenate([triples[:, [0, 2]], triples[:, [2, 0]]])
    ones = np.ones(len(ends), dtype=np.int8)
    adjacency = coo_array((ones, (ends[:, 0], ends[:, 1])), shape=(n, n)).tocsr()
    order: NDArray[np.int64] = reverse_cuthill_mckee(adjacency, symmetric_mode=True)
    return order.astype(np.int64)


def _mean_weights(pattern: Pattern) -> Tensor:
    lengths = pattern.indptr.diff().clamp(min=1)
    return (1.0 / lengths.float())[pattern.rows]
