"""What entities receive over their edges in one graph layer, as sparse patterns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dualamn.kernels.patterns import Pattern


@dataclass(frozen=True, eq=False)
class Hop:
    """Edges from entities to those that receive, merged wherever a layer can merge them.

    An edge (i, j, k) lets entity i receive from its neighbour j over relation k. What a layer
    computes depends on two of the three at a time, so the products run over distinct couples,
    on DBP15K three quarters or half as many as there are edges.

    Symbols: q receiving entities; n entities that send; r relations; e edges.

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

    def senders_to(self, receivers: Tensor) -> Tensor:
        """(n',) int64, ascending: the entities that these receive from, and they themselves.

        Args:
            receivers: (q',) int64.
        """
        n = self.places.shape[1]
        receives = torch.zeros(n, dtype=torch.bool, device=receivers.device)
        receives[receivers] = True
        sends = receives.clone()
        sends[self.places.indices[receives[self.places.rows]]] = True
        return sends.nonzero().squeeze(1)

    def only(self, receivers: Tensor, senders: Tensor | None = None) -> Hop:
        """The hop in which but some entities receive; they are numbered in the order given.

        Args:
            receivers: (q',) int64, ascending.
            senders: (n',) int64, ascending: entities that have all their senders among them, to
                number those by; None to keep the numbers of all.
        """
        number = _numbers(receivers, self.places.shape[0])
        place_rows = number.index_select(0, self.places.rows)
        incident_rows = number.index_select(0, self.incident.rows)
        place_stays = place_rows >= 0
        # Positions, and not masks: a mask is turned into positions wherever it selects.
        places, incident = (_positions(stays) for stays in (place_stays, incident_rows >= 0))
        edges = _positions(place_stays.index_select(0, self.edge_place))
        edge_pair = self.edge_pair.index_select(0, edges)
        pair_stays = torch.zeros(self.pairs.n_entries, dtype=torch.bool, device=receivers.device)
        pair_stays[edge_pair] = True
        pairs = _positions(pair_stays)
        q, (n, r) = len(receivers), self.pairs.shape
        from_places = self.places.indices.index_select(0, places)
        from_pairs = self.pairs.rows.index_select(0, pairs)
        if senders is not None:
            sender_number = _numbers(senders, n)
            from_places = sender_number.index_select(0, from_places)
            from_pairs = sender_number.index_select(0, from_pairs)
            n = len(senders)

        def kept(rows: Tensor, columns: Tensor, shape: tuple[int, int]) -> Pattern:
            return Pattern.from_sorted(rows, columns, shape, checked=True)

        return Hop(
            kept(place_rows.index_select(0, places), from_places, (q, n)),
            kept(
                incident_rows.index_select(0, incident),
                self.incident.indices.index_select(0, incident),
                (q, r),
            ),
            kept(from_pairs, self.pairs.indices.index_select(0, pairs), (n, r)),
            _renumbered(places, self.places, self.edge_place.index_select(0, edges)),
            _renumbered(incident, self.incident, self.edge_incident.index_select(0, edges)),
            _renumbered(pairs, self.pairs, edge_pair),
            self.counts.index_select(0, incident),
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


def _numbers(entities: Tensor, n: int) -> Tensor:
    """(n,) int64: which of these each of all entities is, -1 for none."""
    number = torch.full((n,), -1, dtype=torch.int64, device=entities.device)
    number[entities] = torch.arange(len(entities), device=entities.device)
    return number


def _positions(mask: Tensor) -> Tensor:
    return mask.nonzero().squeeze(1)


def _renumbered(kept: Tensor, pattern: Pattern, entries: Tensor) -> Tensor:
    """(e,) int32: which of the kept entries of a pattern each of some of them is."""
    number = torch.empty(pattern.n_entries, dtype=torch.int32, device=kept.device)
    number[kept] = torch.arange(len(kept), dtype=torch.int32, device=kept.device)
    return number.index_select(0, entries)
