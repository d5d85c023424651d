"""What entities receive over their edges in one graph layer, as sparse patterns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dualamn.patterns import Pattern


@dataclass(frozen=True, eq=False)
class Hop:
    """Edges from all entities to those that receive, merged wherever a layer can merge them.

    An edge (i, j, k) lets entity i receive from its neighbour j over relation k. What a layer
    computes depends on two of the three at a time, so the products run over distinct couples,
    on DBP15K three quarters or half as many as there are edges.

    Symbols: q receiving entities; n entities; r relations; e edges.

    Attributes:
        places: q x n pattern: the distinct (i, j).
        incident: q x r pattern: the distinct (i, k).
        pairs: n x r pattern: the distinct (j, k).
        edge_place, edge_incident, edge_pair: (e,) int32: which entry of each is an edge's.
        counts: int32: how many edges each entry of `incident` stands for.
    """

    places: Pattern
    incident: Pattern
    pairs: Pattern
    edge_place: Tensor
    edge_incident: Tensor
    edge_pair: Tensor
    counts: Tensor

    @classmethod
    def from_edges(
        cls,
        receivers: NDArray[np.int64],
        senders: NDArray[np.int64],
        kinds: NDArray[np.int64],
        n: int,
        r: int,
    ) -> Hop:
        """The hop in which all n entities receive.

        Args:
            receivers, senders, kinds: (e,) i, j and k of every edge.
            n: how many entities there are.
            r: how many relations, inverses included.
        """
        # Edges sorted by place: what is summed over a place lies side by side.
        by_place = np.argsort(receivers * n + senders, kind="stable")
        receivers, senders, kinds = receivers[by_place], senders[by_place], kinds[by_place]
        places, edge_place = _numbered(receivers * n + senders)
        incident, edge_incident = _numbered(receivers * max(r, 1) + kinds)
        pairs, edge_pair = _numbered(senders * max(r, 1) + kinds)
        return cls(
            pattern_of(places, n, n),
            pattern_of(incident, n, r),
            pattern_of(pairs, n, r),
            torch.from_numpy(edge_place),
            torch.from_numpy(edge_incident),
            torch.from_numpy(edge_pair),
            torch.from_numpy(np.bincount(edge_incident, minlength=len(incident)).astype(np.int32)),
        )

    @property
    def n_edges(self) -> int:
        """How many edges there are."""
        return len(self.edge_place)

    @property
    def edge_relation(self) -> Tensor:
        """(e,) int32: the relation of every edge."""
        return self.incident.indices.index_select(0, self.edge_incident)

    def sum_places(self, values: Tensor) -> Tensor:
        """What numbers of all edges, (e,), come to at every place."""
        return _summed(values, self.edge_place, self.places.n_entries)

    def sum_incident(self, values: Tensor) -> Tensor:
        """What numbers of all edges, (e,), come to at every entry of `incident`."""
        return _summed(values, self.edge_incident, self.incident.n_entries)

    def sum_pairs(self, values: Tensor) -> Tensor:
        """What numbers of all edges, (e,), come to at every entry of `pairs`."""
        return _summed(values, self.edge_pair, self.pairs.n_entries)

    def only(self, receivers: Tensor) -> Hop:
        """The hop in which but some entities receive; they are numbered in the order given.

        Args:
            receivers: (q',) int64, ascending.
        """
        device = receivers.device
        number = torch.full((self.places.shape[0],), -1, dtype=torch.int64, device=device)
        number[receivers] = torch.arange(len(receivers), device=device)
        place_rows, incident_rows = number[self.places.rows], number[self.incident.rows]
        place_stays, incident_stays = place_rows >= 0, incident_rows >= 0
        edge_stays = place_stays[self.edge_place]
        edge_pair = self.edge_pair[edge_stays]
        pair_stays = torch.zeros(self.pairs.n_entries, dtype=torch.bool, device=device)
        pair_stays[edge_pair] = True
        q = len(receivers)
        return Hop(
            _part(self.places, place_stays, place_rows, q),
            _part(self.incident, incident_stays, incident_rows, q),
            _part(self.pairs, pair_stays, self.pairs.rows, self.pairs.shape[0]),
            _renumbered(place_stays)[self.edge_place[edge_stays]],
            _renumbered(incident_stays)[self.edge_incident[edge_stays]],
            _renumbered(pair_stays)[edge_pair],
            self.counts[incident_stays],
        )

    def to(self, device: torch.device | str) -> Hop:
        """The same hop on another device."""
        return Hop(*(part.to(device) for part in vars(self).values()))


def distinct(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """What `np.unique` gives, which hashes large integer arrays: much slower than sorting."""
    ordered = np.sort(keys)
    return ordered[_is_first(ordered)]


def pattern_of(keys: NDArray[np.int64], n: int, m: int) -> Pattern:
    """The n x m pattern of ascending keys i * m + j."""
    rows, columns = np.divmod(keys, max(m, 1))
    return Pattern.from_sorted(torch.from_numpy(rows), torch.from_numpy(columns), (n, m))


def _numbered(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The distinct keys, ascending, and which of them each key is."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    is_first = _is_first(ordered)
    number = np.empty(len(keys), dtype=np.int32)
    number[order] = np.cumsum(is_first, dtype=np.int32) - 1
    return ordered[is_first], number


def _is_first(ordered: NDArray[np.int64]) -> NDArray[np.bool_]:
    is_first = np.ones(len(ordered), dtype=np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return is_first


def _summed(values: Tensor, index: Tensor, size: int) -> Tensor:
    return values.new_zeros(size).index_add_(0, index, values)


def _part(pattern: Pattern, stays: Tensor, rows: Tensor, n_rows: int) -> Pattern:
    shape = n_rows, pattern.shape[1]
    return Pattern.from_sorted(rows[stays], pattern.indices[stays], shape)


def _renumbered(stays: Tensor) -> Tensor:
    """(e,) int32: which of those that stay an entry is, for those that do."""
    return stays.cumsum(0, dtype=torch.int32).sub_(1)
