"""The sparse patterns that a task's triples give rise to, and those of a single graph layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, Int32Array, IntArray, components
from dualamn.kernels.sparse import Pattern


@dataclass(frozen=True, eq=False)
class Hop:
    """Edges from n entities, over r relations, to q that receive.

    An edge (i, j, k) lets entity i receive from its neighbour j over relation k. What a layer
    computes depends on two of the three at a time, so the products run over distinct couples,
    on DBP15K three quarters or half as many as the e edges.

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
        cls, receivers: IntArray, senders: IntArray, relations: IntArray, n: int, r: int
    ) -> Hop:
        """The hop in which all n entities receive, from (e,) i, j and k of every edge."""
        # Edges sorted by place: what is summed over a place lies side by side.
        by_place = np.argsort(receivers * n + senders, kind="stable")
        receivers, senders, relations = (ends[by_place] for ends in (receivers, senders, relations))
        places, edge_place = _numbered(receivers * n + senders)
        incident, edge_incident = _numbered(receivers * max(r, 1) + relations)
        pairs, edge_pair = _numbered(senders * max(r, 1) + relations)
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
    def edge_relation(self) -> Tensor:
        """(e,) int32: the relation of every edge."""
        return self.incident.indices.index_select(0, self.edge_incident)

    def sum_places(self, values: Tensor) -> Tensor:
        """The sums of (e,) numbers of all edges for every entry of `places`."""
        return _summed(values, self.edge_place, self.places.n_entries)

    def sum_incident(self, values: Tensor) -> Tensor:
        """The sums of (e,) numbers of all edges for every entry of `incident`."""
        return _summed(values, self.edge_incident, self.incident.n_entries)

    def sum_pairs(self, values: Tensor) -> Tensor:
        """The sums of (e,) numbers of all edges for every entry of `pairs`."""
        return _summed(values, self.edge_pair, self.pairs.n_entries)

    def senders_to(self, receivers: Tensor) -> Tensor:
        """(n',) int64, ascending: the entities that these receive from, and they themselves."""
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

        kept = partial(Pattern.from_sorted, checked=True)
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
        return Hop(*(own.to(device) for own in vars(self).values()))


def pattern_of(keys: IntArray, n: int, m: int) -> Pattern:
    """The n x m pattern of ascending keys i * m + j."""
    rows, columns = np.divmod(keys, max(m, 1))
    return Pattern.from_sorted(torch.from_numpy(rows), torch.from_numpy(columns), (n, m))


def _numbered(keys: IntArray) -> tuple[IntArray, Int32Array]:
    """The distinct keys, ascending, and which of them each key is."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    is_first = _is_first(ordered)
    number = np.empty(len(keys), dtype=np.int32)
    number[order] = np.cumsum(is_first, dtype=np.int32) - 1
    return ordered[is_first], number


def _is_first(ordered: IntArray) -> BoolArray:
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


@dataclass(frozen=True, eq=False)
class RelationGraph:
    """All triples of a task as edges in both directions, ready for the kernels of `sparse`.

    Of the r relations the task's own come first; the inverse of relation k is k + r / 2.

    Entities may be numbered anew inside, so that neighbours lie near each other in memory: the
    sparse products read their rows at random, and half of their time is spent waiting for them.

    Attributes:
        n_entities, n_relations: n and r.
        hop: what every entity receives over its edges, two for every triple.
        neighbours: n x n pattern: the distinct neighbours of every entity, and itself.
        neighbour_weights, incident_weights: float32, one over the row's length, for each entry of
            `neighbours` and of `hop.incident`.
        order, position: (n,) int64: the joint id of number i inside, and the other way.
        owner: (n,) int64: the number inside of the entity whose embedding number i has: its own,
            unless linked entities are tied.
        last: what the entities that a network is asked for receive in its last layer.
        middle: the layer before it, of the entities of `last` and their senders.
        middle_position, last_position: (n,) int64: the row that joint id i has after either layer,
            -1 for none.
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
            n_entities: those without a triple included.
            n_relations: of the triples, without inverses.
            reorder: number the entities anew inside, by reverse Cuthill-McKee.
        """
        order = _near_each_other(triples, n_entities) if reorder else np.arange(n_entities)
        position = np.empty(n_entities, dtype=np.int64)
        position[order] = np.arange(n_entities)
        heads, relations, tails = triples.T.astype(np.int64)
        heads, tails = position[heads], position[tails]
        receivers = np.concatenate([heads, tails])
        senders = np.concatenate([tails, heads])
        either_way = np.concatenate([relations, relations + n_relations])
        n, r = n_entities, 2 * n_relations
        hop = Hop.from_edges(receivers, senders, either_way, n, r)
        itself = np.arange(n, dtype=np.int64)
        # Sorted, since `np.unique` hashes large arrays: much slower.
        near = np.sort(np.concatenate([receivers * n + senders, itself * n + itself]))
        neighbours = pattern_of(near[_is_first(near)], n, n)
        places_inside = torch.from_numpy(position)
        return cls(
            n,
            r,
            hop,
            neighbours,
            _mean_weights(neighbours),
            _mean_weights(hop.incident),
            torch.from_numpy(order),
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
        """The same graph, in which entities linked by (m, 2) int64 joint ids share an embedding."""
        owner = _first_of_each_set(self.position[links].numpy(force=True), self.n_entities)
        near = self.neighbours
        tied = torch.from_numpy(owner).to(near.rows.device)
        columns = tied.index_select(0, near.indices)
        neighbours = Pattern.from_sorted(near.rows, columns, near.shape, checked=True)
        return replace(self, neighbours=neighbours, owner=tied)

    def hiding(self, entities: Tensor) -> RelationGraph:
        """The same graph, in which the embeddings of (q,) int64 joint ids count for nothing."""
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


def _first_of_each_set(links: IntArray, n: int) -> IntArray:
    """(n,) for every entity the first of those that links join it with, or itself."""
    component = components(links, n)
    _, first = np.unique(component, return_index=True)
    owner: IntArray = first.astype(np.int64)[component]
    return owner


def _near_each_other(triples: Int32Array, n: int) -> IntArray:
    """(n,) the entities in an order that puts neighbours near each other."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    ends = np.concatenate([triples[:, [0, 2]], triples[:, [2, 0]]])
    ones = np.ones(len(ends), dtype=np.int8)
    adjacency = coo_array((ones, (ends[:, 0], ends[:, 1])), shape=(n, n)).tocsr()
    return np.asarray(reverse_cuthill_mckee(adjacency, symmetric_mode=True), dtype=np.int64)


def _mean_weights(pattern: Pattern) -> Tensor:
    lengths = pattern.indptr.diff().clamp(min=1)
    return (1.0 / lengths.float())[pattern.rows]
