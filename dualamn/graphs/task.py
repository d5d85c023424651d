"""The task of aligning two or more knowledge graphs.

Inside, every entity of every graph has one id in a joint space: graph g holds the ids
``entity_offsets[g]`` to ``entity_offsets[g + 1] - 1``. Outside, entities are strings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from dualamn.errors import DataError
from dualamn.graphs.knowledge_graph import FurtherNames, KnowledgeGraph, integer_rows, inverse
from dualamn.graphs.pyg_data import EVERY_LINK, pyg_data, task_fields
from dualamn.kernels.arrays import (
    BoolArray,
    Int32Array,
    StringArray,
    components,
    no_links,
    pair_keys,
    strings,
)

if TYPE_CHECKING:
    from torch_geometric.data import Data

LinkTable = Mapping[tuple[int, int], ArrayLike]
"""Links by pair of graphs: (left graph, right graph) -> (m, 2) entity numbers local to each."""


@dataclass(frozen=True, eq=False)
class AlignmentTask:
    """Two or more knowledge graphs to align, and the links known between them.

    Build one with `from_kgs` or a loader, which permute the entities of every graph by the
    seed: published data sets often number linked entities alike, and an order like that would
    decide ties in favour of the correct entity.

        >>> from dualamn import AlignmentTask, KnowledgeGraph
        >>> left = KnowledgeGraph.from_triples("en", [("Bern", "capital of", "Switzerland")])
        >>> right = KnowledgeGraph.from_triples("de", [("Bern (Stadt)", "liegt in", "Schweiz")])
        >>> task = AlignmentTask.from_kgs((left, right), {(0, 1): [(0, 0)]})
        >>> task
        AlignmentTask('task': en (2) + de (2); 1 seed links, 0 test links)
        >>> task.identifiers(task.seed_links).tolist()
        [['Bern', 'Bern (Stadt)']]

    Attributes:
        name: what the results are reported under.
        kgs: the graphs; joint ids follow this order.
        seed_links: (s, 2) int32 joint ids that training may use. In every row of every link
            array the first entity is from the graph that comes earlier in `kgs`.
        test_links: (t, 2) int32 joint ids that nothing but evaluation may see.
        valid_links: (v, 2) int32 joint ids set aside by a published split.
        seed: the seed that permuted the entities and split the links.
        notes: what loading merged or skipped, each with its count.
        distinct_identifiers: an IRI that two graphs have may stand for two things; if not, it
            links them, see `same_identifiers`.
        not_links: (r, 2) int32 joint ids of rejected pairs, which are known to be different: none
            becomes a link or is learned from as one, and each counts against what it looks like.
        accepted_links: (a, 2) int32 joint ids of seed links that stand among the links of an
            alignment, marked as accepted: somebody decided so.
    """

    name: str
    kgs: tuple[KnowledgeGraph, ...]
    seed_links: Int32Array
    test_links: Int32Array
    valid_links: Int32Array
    seed: int = 0
    notes: tuple[str, ...] = field(default=())
    distinct_identifiers: bool = False
    not_links: Int32Array = field(default_factory=no_links)
    accepted_links: Int32Array = field(default_factory=no_links)

    @classmethod
    def from_kgs(
        cls,
        kgs: Sequence[KnowledgeGraph],
        seed_links: LinkTable,
        test_links: LinkTable | None = None,
        valid_links: LinkTable | None = None,
        *,
        not_links: LinkTable | None = None,
        name: str = "task",
        seed: int = 0,
        notes: Sequence[str] = (),
    ) -> AlignmentTask:
        """Joins graphs into one id space, with each graph's entities permuted by the seed.

        Raises:
            DataError: fewer than two graphs, two graphs of one name, a link to an entity or
                graph that does not exist or within one graph, a seed link that is a rejected pair
                too, or a negative seed.
        """
        check_seed(seed)
        if len(kgs) < 2:
            raise DataError(f"alignment needs two or more knowledge graphs, got {len(kgs)}")
        names = [kg.name for kg in kgs]
        if len(set(names)) != len(names):
            raise DataError(f"every knowledge graph needs its own name, got {', '.join(names)}")
        orders = [
            np.random.default_rng([seed, number]).permutation(kg.n_entities)
            for number, kg in enumerate(kgs)
        ]
        offsets = _offsets([kg.n_entities for kg in kgs])
        joint_ids = [
            inverse(order) + offset for order, offset in zip(orders, offsets, strict=False)
        ]
        seeds, test, valid = (
            _joint_links(table or {}, kgs, joint_ids)
            for table in (seed_links, test_links, valid_links)
        )
        permuted = tuple(kg.permuted(order) for kg, order in zip(kgs, orders, strict=True))
        task = cls(name, permuted, seeds, test, valid, seed, tuple(notes))
        rejected = _joint_links(not_links or {}, kgs, joint_ids)
        return task.with_not_links(rejected) if len(rejected) else task

    def with_not_links(self, pairs: Int32Array) -> AlignmentTask:
        """The task with more rejected pairs, (r, 2) joint ids in either order.

        Raises:
            DataError: a pair of one graph, or one that is a seed link.
        """
        sources = self.source_of[pairs]
        for pair in pairs[sources[:, 0] == sources[:, 1]][:1]:
            left, right = self.identifiers(pair)
            raise DataError(f"{left!r} and {right!r} are of one graph, which links do not join")
        swapped = sources[:, 0] > sources[:, 1]
        pairs = np.where(swapped[:, None], pairs[:, ::-1], pairs)
        for pair in pairs[np.isin(pair_keys(pairs), pair_keys(self.seed_links))][:1]:
            left, right = self.identifiers(pair)
            raise DataError(
                f"{left!r} and {right!r} are a seed link and a rejected pair; remove one of the two"
            )
        every = np.concatenate([self.not_links, pairs])
        first = np.sort(np.unique(pair_keys(every), return_index=True)[1])
        return replace(self, not_links=every[first].astype(np.int32))

    @cached_property
    def entity_offsets(self) -> Int32Array:
        """(g + 1,) int32: where each graph's joint ids begin; the last is the total."""
        return _offsets([kg.n_entities for kg in self.kgs])

    @property
    def n_entities(self) -> int:
        """How many entities."""
        return int(self.entity_offsets[-1])

    @property
    def n_triples(self) -> int:
        """How many triples, over all graphs."""
        return sum(kg.n_triples for kg in self.kgs)

    @property
    def n_relations(self) -> int:
        """How many relations."""
        return len(self.relations)

    @property
    def kg_names(self) -> tuple[str, ...]:
        """The graphs' names, in order."""
        return tuple(kg.name for kg in self.kgs)

    @cached_property
    def source_of(self) -> Int32Array:
        """(n,) int32: the position in `kgs` of the graph each joint id belongs to."""
        sizes = np.diff(self.entity_offsets)
        return np.repeat(np.arange(len(self.kgs), dtype=np.int32), sizes)

    @cached_property
    def relations(self) -> StringArray:
        """(r,) relation identifiers; one that several graphs use is one relation."""
        return strings(dict.fromkeys(name for kg in self.kgs for name in kg.relations))

    @cached_property
    def triples(self) -> Int32Array:
        """(t, 3) int32: every graph's triples, in joint entity and relation ids."""
        position = {name: number for number, name in enumerate(self.relations)}
        parts = []
        for kg, offset in zip(self.kgs, self.entity_offsets, strict=False):
            relation_id = np.fromiter((position[name] for name in kg.relations), dtype=np.int32)
            heads, relations, tails = kg.triples.T
            parts.append(np.stack([heads + offset, relation_id[relations], tails + offset], axis=1))
        return np.concatenate(parts).astype(np.int32, copy=False)

    @property
    def kg_pairs(self) -> tuple[tuple[int, int], ...]:
        """Every pair of graphs, the earlier one first."""
        return tuple(combinations(range(len(self.kgs)), 2))

    def pair_name(self, left: int, right: int) -> str:
        """The names of two graphs as "left-right"."""
        return f"{self.kg_names[left]}-{self.kg_names[right]}"

    def entity_range(self, kg: int) -> Int32Array:
        """(n,) int32: the joint ids of one graph."""
        return np.arange(self.entity_offsets[kg], self.entity_offsets[kg + 1], dtype=np.int32)

    def links_between(self, links: Int32Array, left: int, right: int) -> Int32Array:
        """(m, 2) int32: those of the links that join graph `left` to graph `right`.

        With left > right the columns change places, so that column 0 is always `left`.
        """
        if left > right:
            return self.links_between(links, right, left)[:, ::-1]
        chosen: Int32Array = links[self.are_between(links, left, right)]
        return chosen

    def are_between(self, links: Int32Array, left: int, right: int) -> BoolArray:
        """(m,) bool which links join graph `left` to graph `right`, in this order."""
        sources = self.source_of[links]
        return np.asarray((sources[:, 0] == left) & (sources[:, 1] == right))

    def identifiers(self, ids: ArrayLike) -> StringArray:
        """The users' identifiers of joint ids, in the same shape."""
        named: StringArray = self._identifiers[np.asarray(ids)]
        return named

    @cached_property
    def _identifiers(self) -> StringArray:
        return np.concatenate([kg.entities for kg in self.kgs])

    def ids(self, kg: int, identifiers: Sequence[str]) -> Int32Array:
        """(n,) int32 joint ids of one graph's identifiers.

        Raises:
            DataError: an identifier that the graph does not have.
        """
        position = self._positions[kg]
        try:
            local = [position[identifier] for identifier in identifiers]
        except KeyError as error:
            raise DataError(
                f"knowledge graph {self.kgs[kg].name} has no entity {error.args[0]!r}"
            ) from None
        joint: Int32Array = np.asarray(local, dtype=np.int32) + self.entity_offsets[kg]
        return joint

    def has(self, kg: int, identifier: str) -> bool:
        """Whether a graph has an entity of this identifier."""
        return identifier in self._positions[kg]

    def name_of(self, joint: int) -> str:
        """What people call the entity of a joint id, "" without a name."""
        return "" if self.entity_names is None else str(self.entity_names[joint])

    @cached_property
    def entity_names(self) -> StringArray | None:
        """(n,) what people call each entity, "" without a name; None unless a graph has names."""
        if all(kg.entity_names is None for kg in self.kgs):
            return None
        none = np.array([""], dtype=object)
        return np.concatenate(
            [
                none.repeat(kg.n_entities) if kg.entity_names is None else kg.entity_names
                for kg in self.kgs
            ]
        )

    @cached_property
    def further_names(self) -> FurtherNames | None:
        """Names beside `entity_names`, in joint ids; None unless a graph has some."""
        parts = [
            further.renumbered(np.arange(first, first + kg.n_entities, dtype=np.int32))
            for kg, first in zip(self.kgs, self.entity_offsets.tolist(), strict=False)
            if (further := kg.further_names) is not None
        ]
        if not parts:
            return None
        columns = [(part.entities, part.names) for part in parts]
        entities, names = (np.concatenate(column) for column in zip(*columns, strict=True))
        return FurtherNames(entities, names)

    @cached_property
    def is_blank(self) -> BoolArray:
        """(n,) bool: the blank nodes of RDF, whose identifiers mean nothing outside their file."""
        blank = (name.startswith("_:") for name in self._identifiers)
        return np.fromiter(blank, dtype=np.bool_, count=self.n_entities)

    @cached_property
    def is_linkable(self) -> BoolArray:
        """(n,) bool: who may get links, all but blank nodes and what a graph calls unlinkable."""
        none = [np.zeros(kg.n_entities, np.bool_) for kg in self.kgs]
        barred = [
            no if kg.unlinkable is None else kg.unlinkable
            for kg, no in zip(self.kgs, none, strict=True)
        ]
        return ~(np.concatenate(barred) | self.is_blank)

    @cached_property
    def same_identifiers(self) -> Int32Array:
        """(m, 2) int32 joint ids: entities of two graphs that have the same absolute IRI.

        An IRI means the same thing wherever it stands, so these are links that nothing has to find.
        Left out are entities that get no links, those that a seed link joins to the other graph,
        and rejected pairs; none are left with `distinct_identifiers`. Blank nodes and short names,
        such as 17 or ex:a, are no absolute IRIs.
        """
        found = [np.empty((0, 2), dtype=np.int32)]
        for left, right in () if self.distinct_identifiers else self.kg_pairs:
            free = self.is_linkable.copy()
            free[self.links_between(self.seed_links, left, right)] = False
            of_iri = dict(self._free_iris(left, free))
            pairs = [
                (of_iri[iri], joint) for iri, joint in self._free_iris(right, free) if iri in of_iri
            ]
            found.append(np.array(pairs, dtype=np.int32).reshape(-1, 2))
        return self.not_rejected(np.concatenate(found))

    def not_rejected(self, links: Int32Array) -> Int32Array:
        """Those of (m, 2) links that are no rejected pairs."""
        if not len(self.not_links):
            return links
        kept: Int32Array = links[~np.isin(pair_keys(links), pair_keys(self.not_links))]
        return kept

    def _free_iris(self, kg: int, free: BoolArray) -> Iterator[tuple[str, int]]:
        """The absolute IRIs of a graph and their joint ids, of the entities that are free."""
        for joint in self.entity_range(kg)[free[self.entity_range(kg)]].tolist():
            identifier = self._identifiers[joint]
            if "://" in identifier:
                yield identifier, joint

    @cached_property
    def _positions(self) -> tuple[dict[str, int], ...]:
        return tuple({name: i for i, name in enumerate(kg.entities)} for kg in self.kgs)

    @cached_property
    def implied_by_seeds(self) -> BoolArray:
        """(t,) bool: test links that follow from chains of seed links over a third graph."""
        component = components(self.seed_links, self.n_entities)
        return np.asarray(component[self.test_links[:, 0]] == component[self.test_links[:, 1]])

    def restricted_to(self, names: Sequence[str]) -> AlignmentTask:
        """The task of two or more of the graphs alone, with the links between them.

        Graphs, entities and links keep their order: `links_between` gives the links of a pair of
        graphs in the same order of both tasks.

        Raises:
            DataError: a graph that the task does not have, or fewer than two.
        """
        for unknown in (name for name in names if name not in self.kg_names):
            raise DataError(
                f"there is no knowledge graph {unknown!r}, the task has {', '.join(self.kg_names)}"
            )
        kept = [number for number, name in enumerate(self.kg_names) if name in names]
        if len(kept) < 2:
            raise DataError(f"alignment needs two or more knowledge graphs, got {len(kept)}")
        kgs = tuple(self.kgs[number] for number in kept)
        shift = np.zeros(len(self.kgs), dtype=np.int32)
        shift[kept] = _offsets([kg.n_entities for kg in kgs])[:-1] - self.entity_offsets[kept]

        def inside(links: Int32Array) -> Int32Array:
            sources = self.source_of[links]
            chosen = np.isin(sources, kept).all(axis=1)
            joint: Int32Array = links[chosen] + shift[sources[chosen]]
            return joint

        return replace(
            self,
            name=f"{self.name}, {'-'.join(kg.name for kg in kgs)}",
            kgs=kgs,
            seed_links=inside(self.seed_links),
            test_links=inside(self.test_links),
            valid_links=inside(self.valid_links),
            not_links=inside(self.not_links),
            accepted_links=inside(self.accepted_links),
        )

    def to_pyg(self) -> Data:
        """The task as PyTorch Geometric data, see `dualamn.graphs.pyg_data.pyg_data`."""
        return pyg_data(
            self.kgs,
            self.triples,
            self.relations,
            self.source_of,
            {name: getattr(self, name) for name in EVERY_LINK},
            task_name=self.name,
            seed=self.seed,
            notes=list(self.notes),
            distinct_identifiers=self.distinct_identifiers,
        )

    @classmethod
    def from_pyg(cls, data: Data) -> AlignmentTask:
        """A task from PyTorch Geometric data; what `to_pyg` gives comes back the same.

        Needed are edge_index, edge_type, source_of and one of the three link attributes. Numbers
        serve as names where there are none. The entities of each graph must be numbered in one
        run, and keep their order.

        Raises:
            DataError: an attribute is missing or does not fit the others.
        """
        return cls(**task_fields(data))

    def __repr__(self) -> str:
        graphs = " + ".join(f"{kg.name} ({kg.n_entities:,})" for kg in self.kgs)
        return (
            f"AlignmentTask({self.name!r}: {graphs}; {len(self.seed_links):,} seed links, "
            f"{len(self.test_links):,} test links)"
        )


def check_seed(seed: int) -> None:
    """Raises a DataError if the seed is negative."""
    if seed < 0:
        raise DataError(f"the seed is {seed}; use 0 or a larger whole number")


def _offsets(sizes: Sequence[int]) -> Int32Array:
    total = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    if total[-1] > np.iinfo(np.int32).max:
        raise DataError(f"{total[-1]:,} entities are more than 32-bit ids can number")
    return total.astype(np.int32)


def _joint_links(
    table: LinkTable, kgs: Sequence[KnowledgeGraph], joint_ids: Sequence[Int32Array]
) -> Int32Array:
    parts = [np.empty((0, 2), dtype=np.int32)]
    for (left, right), links in table.items():
        if left == right or not {left, right} <= set(range(len(kgs))):
            raise DataError(
                f"links join two different graphs of {len(kgs)}, not {left} and {right}"
            )
        rows = integer_rows(links, 2, f"links of {kgs[left].name} and {kgs[right].name}")
        columns = []
        for side, column in zip((left, right), rows.T, strict=True):
            bad = (column < 0) | (column >= kgs[side].n_entities)
            if bad.any():
                raise DataError(
                    f"a link names entity {column[bad][0]} of {kgs[side].name}, "
                    f"which has {kgs[side].n_entities} entities"
                )
            columns.append(joint_ids[side][column])
        parts.append(np.stack(columns if left < right else columns[::-1], axis=1))
    return np.concatenate(parts).astype(np.int32, copy=False)
