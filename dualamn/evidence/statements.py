"""The statements of one knowledge graph: what it says of every entity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.kernels.arrays import BoolArray, Floats, IntArray

_TREE = 4  # entities deep that trees of private entities are followed


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
        again: (e,) which of them another statement about the same neighbour holds for.
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
    again: BoolArray

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
            _repeated(np.repeat(neighbour, count) * n + entities),
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

    @cached_property
    def _neighbours(self) -> tuple[IntArray, IntArray]:
        """(n,) how many other entities each is joined to, and (n,) the sum of their numbers."""
        ends = self.joined[0]
        first, second = np.divmod(ends[np.diff(ends, prepend=-1) > 0], max(self.n_entities, 1))
        first, second = first[first != second], second[first != second]
        n = self.n_entities
        return np.bincount(first, minlength=n), _totals(first, second, n)

    def known_by(self, mute: BoolArray) -> IntArray:
        """(n,) the one neighbour that all that is known of an entity came from; -1 for others.

        Those are private entities: with a single neighbour, or, in trees that hang from it, with
        no other that speaks.

        Args:
            mute: (n,) entities that say nothing of themselves.
        """
        count, rest = (array.copy() for array in self._neighbours)
        found = np.where(count == 1, rest, -1)
        new = count == 1
        for _ in range(_TREE):
            gone = np.flatnonzero(new & mute)
            if not len(gone):
                break
            count -= np.bincount(found[gone], minlength=len(count))
            rest -= _totals(found[gone], gone, len(rest))
            new = (count == 1) & (found < 0)
            found[new] = rest[new]
        return found

    def only_for(self, entities: IntArray) -> BoolArray:
        """(g,) which statements hold for no other than a certain one of (n,) entities.

        Args:
            entities: of every neighbour the entity that is asked about; -1 for none.
        """
        neighbour = self.group_keys // max(self.n_relations, 1)
        first = self.members[self.member_starts[:-1]]
        only: BoolArray = (self.count == 1) & (first == entities[neighbour])
        return only

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
            self.again[stays],
        )

    def n_members(self, groups: NDArray[np.integer]) -> IntArray:
        """(m,) how many members each of some groups has here; `count` is of the whole graph."""
        members: IntArray = self.member_starts[groups + 1] - self.member_starts[groups]
        return members


def _totals(own: IntArray, numbers: IntArray, n: int) -> IntArray:
    """(n,) the sum of the numbers of each owner."""
    return np.bincount(own, numbers, n).astype(np.int64)  # exact up to 2 ** 53


def _before(chosen: BoolArray) -> IntArray:
    """(m + 1,) how many are chosen before each of m places, and of all."""
    return np.concatenate([[0], np.cumsum(chosen)])


def _repeated(keys: IntArray) -> BoolArray:
    """(m,) which keys come more than once."""
    order = np.argsort(keys, kind="stable")
    same = keys[order[1:]] == keys[order[:-1]]
    again = np.zeros(len(keys), dtype=np.bool_)
    again[order[1:][same]] = again[order[:-1][same]] = True
    return again


def _sorted(keys: IntArray, entities: IntArray, n: int) -> tuple[IntArray, IntArray]:
    """Both columns in ascending order of the first and then the second, each below n."""
    if len(keys) and int(keys.max()) < (1 << 62) // max(n, 1):
        # As one number: a plain sort takes a fraction of the time.
        both = np.sort(keys * n + entities)
        keys, entities = np.divmod(both, n)
        return keys, entities
    order = np.lexsort((entities, keys))
    return keys[order], entities[order]
