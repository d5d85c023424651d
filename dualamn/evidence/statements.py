"""The statements of one knowledge graph: what it says of every entity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.kernels.arrays import BoolArray, Floats, IntArray


@dataclass(frozen=True, eq=False)
class Statements:
    """All triples of a graph, each in both directions, grouped by (neighbour, relation).

    A group is one statement about entities, such as "born in Paris": `neighbour` is Paris and
    `relation` the relation born-in, and its members are all entities it holds for. The fewer
    there are, the more two entities have in common that share it.

    Symbols: n entities; r relations, where k + r / 2 is the inverse of relation k; g groups; e
    distinct (entity, statement).

    Attributes:
        n_entities: n.
        n_relations: r.
        triples: (t, 3) the distinct triples: head, relation, tail.
        group_starts: (n + 1,) where each neighbour's groups begin.
        group_keys: (g,) neighbour * r + relation, ascending.
        relation: (g,) the relation of every group.
        count: (g,) how many members it has in the whole graph.
        member_starts: (g + 1,) where its members begin.
        members: (e,) the entities.
    """

    n_entities: int
    n_relations: int
    triples: IntArray
    group_starts: IntArray
    group_keys: IntArray
    relation: IntArray
    count: IntArray
    member_starts: IntArray
    members: IntArray

    @classmethod
    def of(cls, kg: KnowledgeGraph) -> Statements:
        """Reads every triple of a graph in both directions."""
        triples = kg.triples.astype(np.int64)
        heads, relations, tails = triples.T
        n, r = kg.n_entities, 2 * kg.n_relations
        entities = np.concatenate([heads, tails])
        both = np.concatenate([relations, relations + kg.n_relations])
        keys = np.concatenate([tails, heads]) * max(r, 1) + both
        keys, entities = _sorted(keys, entities, n)
        is_first = np.ones(len(keys), dtype=np.bool_)
        is_first[1:] = keys[1:] != keys[:-1]
        first = np.flatnonzero(is_first)
        group_keys = keys[first]
        neighbour, relation = np.divmod(group_keys, max(r, 1))
        starts = np.append(first, len(keys))
        count = np.diff(starts)
        return cls(
            n,
            r,
            triples,
            np.searchsorted(neighbour, np.arange(n + 1)),
            group_keys,
            relation,
            count,
            starts,
            entities,
        )

    @cached_property
    def information(self) -> Floats:
        """(g,) the information of every statement, in nats: log(n / count)."""
        information: Floats = np.log(self.n_entities / self.count)
        return information

    @cached_property
    def stated(self) -> csr_array:
        """(n, g) float32: 1 for every statement about every member."""
        # Members are grouped, so this is the transpose of what there is.
        ones = np.ones(len(self.members), dtype=np.float32)
        shape = len(self.group_keys), self.n_entities
        by_group = csr_array((ones, self.members, self.member_starts), shape=shape)
        return csr_array(by_group.T.tocsr())

    @cached_property
    def entity_information(self) -> Floats:
        """(n,) the information of all statements about an entity; 0 for those without."""
        information: Floats = self.stated @ self.information
        return information

    @cached_property
    def joined(self) -> tuple[IntArray, IntArray]:
        """(2t,) ends of every triple both ways, first * n + second, ascending, and the relation
        that joins them in this direction."""
        heads, relations, tails = self.triples.T
        ends = np.concatenate([heads * self.n_entities + tails, tails * self.n_entities + heads])
        both = np.concatenate([relations, relations + self.n_relations // 2])
        order = np.argsort(ends, kind="stable")
        return ends[order], both[order]

    def restricted(self, kept: BoolArray) -> Statements:
        """The same statements with only some entities as members; counts stay as they are.

        Groups that no member is left of are not there any more.

        Args:
            kept: (n,) which entities stay.
        """
        stays = kept[self.members]
        starts = _before(stays)[self.member_starts]
        alive = starts[1:] > starts[:-1]
        return Statements(
            self.n_entities,
            self.n_relations,
            self.triples,
            _before(alive)[self.group_starts],
            self.group_keys[alive],
            self.relation[alive],
            self.count[alive],
            np.append(starts[:-1][alive], starts[-1]),
            self.members[stays],
        )

    def n_members(self, groups: NDArray[np.integer]) -> IntArray:
        """(m,) how many members each of some groups has here; `count` is of the whole graph."""
        members: IntArray = self.member_starts[groups + 1] - self.member_starts[groups]
        return members


def _before(chosen: BoolArray) -> IntArray:
    """(m + 1,) how many are chosen before each of m places, and of all."""
    return np.concatenate([[0], np.cumsum(chosen)])


def _sorted(keys: IntArray, entities: IntArray, n: int) -> tuple[IntArray, IntArray]:
    """Both columns in ascending order of the first and then the second, each below n."""
    if len(keys) and int(keys.max()) < (1 << 62) // max(n, 1):
        # As one number: a plain sort takes a fraction of the time.
        both = np.sort(keys * n + entities)
        keys, entities = np.divmod(both, n)
        return keys, entities
    order = np.lexsort((entities, keys))
    return keys[order], entities[order]
