"""The sparse patterns that a task's triples give rise to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dualamn.arrays import Int32Array
from dualamn.sparse import Pattern


@dataclass(frozen=True, eq=False)
class RelationGraph:
    """All triples of a task as edges in both directions, ready for the kernels of `sparse`.

    Symbols: n entities; r relations, of which the task's own come first and the inverse of
    relation k is k + r / 2; e edges, two for every triple; u distinct (entity, relation) pairs.

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

    @classmethod
    def from_triples(cls, triples: Int32Array, n_entities: int, n_relations: int) -> RelationGraph:
        """Builds the patterns from (t, 3) triples in joint ids, each read in both directions."""
        heads, relations, tails = triples.T.astype(np.int64)
        receivers = np.concatenate([heads, tails])
        senders = np.concatenate([tails, heads])
        kinds = np.concatenate([relations, relations + n_relations])
        n, r = n_entities, 2 * n_relations
        # One sortable number for (i, j); edges between the same two keep their order.
        order = np.argsort(receivers * n + senders, kind="stable")
        receivers, senders, kinds = receivers[order], senders[order], kinds[order]

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
                )
            ),
        )


def _distinct(
    keys: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """What `np.unique` gives, which hashes large integer arrays: much slower than sorting."""
    ordered = np.sort(keys)
    is_first = np.ones(len(ordered), dtype=np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]


def _pattern(keys: np.ndarray[tuple[int], np.dtype[np.int64]], n: int, m: int) -> Pattern:
    rows, columns = np.divmod(keys, max(m, 1))
    return Pattern.from_sorted(torch.from_numpy(rows), torch.from_numpy(columns), (n, m))


def _mean_weights(pattern: Pattern) -> Tensor:
    lengths = pattern.indptr.diff().clamp(min=1)
    return (1.0 / lengths.float())[pattern.rows]
