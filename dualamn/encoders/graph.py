"""The sparse patterns that a task's triples give rise to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dualamn.arrays import Int32Array
from dualamn.sparse import Pattern


@dataclass(frozen=True, eq=False)
class RelationGraph:
    """All triples of a task as edges in both directions, ready for the kernels of `sparse`.

    Symbols: n entities; r relations, of which the task's own come first and the inverse of
    relation k is k + r / 2; e edges, two for every triple; u distinct (entity, relation) pairs.

    Entities may be numbered anew inside, so that neighbours lie near each other in memory: the
    sparse products read their rows at random, and half of their time is spent waiting for them.

    Attributes:
        n_entities: n.
        n_relations: r.
        edges: n x n pattern, e entries: entity i receives from neighbour j.
        edge_relations: n x r pattern, e entries: the same edges, as i over relation k.
        edge_pair: (e,) int64: which entry of `pairs` holds an edge's (j, k).
        pairs: n x r pattern, u entries: the distinct (j, k) over all edges.
        neighbours: n x n pattern: the distinct neighbours of every entity, and itself.
        neighbour_weights: float32, one over the row's length, for each entry of `neighbours`.
        incident: n x r pattern: the distinct relations out of and into every entity.
        incident_weights: float32, one over the row's length, for each entry of `incident`.
        order: (n,) int64: the joint id of the entity that has number i inside.
        position: (n,) int64: the number inside of joint id i.
    """

    n_entities: int
    n_relations: int
    edges: Pattern
    edge_relations: Pattern
    edge_pair: Tensor
    pairs: Pattern
    neighbours: Pattern
    neighbour_weights: Tensor
    incident: Pattern
    incident_weights: Tensor
    order: Tensor
    position: Tensor

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
        # One sortable number for (i, j); edges between the same two keep their order.
        by_place = np.argsort(receivers * n + senders, kind="stable")
        receivers, senders, kinds = receivers[by_place], senders[by_place], kinds[by_place]

        pair_keys, edge_pair = np.unique(senders * max(r, 1) + kinds, return_inverse=True)
        itself = np.arange(n, dtype=np.int64)
        near_keys = _distinct(np.concatenate([receivers * n + senders, itself * n + itself]))
        incident_keys = _distinct(receivers * max(r, 1) + kinds)
        neighbours = _pattern(near_keys, n, n)
        incident = _pattern(incident_keys, n, r)
        return cls(
            n,
            r,
            Pattern.from_sorted(torch.from_numpy(receivers), torch.from_numpy(senders), (n, n)),
            Pattern.from_sorted(torch.from_numpy(receivers), torch.from_numpy(kinds), (n, r)),
            torch.from_numpy(edge_pair),
            _pattern(pair_keys, n, r),
            neighbours,
            _mean_weights(neighbours),
            incident,
            _mean_weights(incident),
            torch.from_numpy(order.astype(np.int64)),
            torch.from_numpy(position),
        )

    def to(self, device: torch.device | str) -> RelationGraph:
        """The same graph on another device."""
        return RelationGraph(
            self.n_entities,
            self.n_relations,
            *(
                getattr(self, name).to(device)
                for name in (
                    "edges",
                    "edge_relations",
                    "edge_pair",
                    "pairs",
                    "neighbours",
                    "neighbour_weights",
                    "incident",
                    "incident_weights",
                    "order",
                    "position",
                )
            ),
        )


def _near_each_other(triples: Int32Array, n: int) -> NDArray[np.int64]:
    """(n,) the entities in an order that puts neighbours near each other."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    ends = np.concatenate([triples[:, [0, 2]], triples[:, [2, 0]]])
    ones = np.ones(len(ends), dtype=np.int8)
    adjacency = coo_array((ones, (ends[:, 0], ends[:, 1])), shape=(n, n)).tocsr()
    order: NDArray[np.int64] = reverse_cuthill_mckee(adjacency, symmetric_mode=True)
    return order.astype(np.int64)


def _distinct(
    keys: NDArray[np.int64],
) -> NDArray[np.int64]:
    """What `np.unique` gives, which hashes large integer arrays: much slower than sorting."""
    ordered = np.sort(keys)
    is_first = np.ones(len(ordered), dtype=np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]


def _pattern(keys: NDArray[np.int64], n: int, m: int) -> Pattern:
    rows, columns = np.divmod(keys, max(m, 1))
    return Pattern.from_sorted(torch.from_numpy(rows), torch.from_numpy(columns), (n, m))


def _mean_weights(pattern: Pattern) -> Tensor:
    lengths = pattern.indptr.diff().clamp(min=1)
    return (1.0 / lengths.float())[pattern.rows]
