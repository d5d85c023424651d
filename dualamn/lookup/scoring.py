"""Who may be the counterpart of a new entity, by all that is known of its neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from dualamn.encoders.new_entities import embed_new
from dualamn.evidence.overlap import (
    MatchedStatements,
    match_statements,
    match_weight,
    overlap_evidence,
)
from dualamn.evidence.statements import Statements
from dualamn.files.array_file import Arrays
from dualamn.kernels.arrays import FloatArray, Floats, IntArray, expand, find, largest_of
from dualamn.lookup.frozen_names import FrozenNames
from dualamn.lookup.frozen_values import FrozenValues, Value
from dualamn.lookup.packed_rows import PackedRows
from dualamn.lookup.packed_strings import PackedStrings
from dualamn.lookup.sparse_rows import gathered, summed_by

_BY_EVIDENCE = 100  # candidates that common statements find
_BY_NAME = 50
_BY_VALUE = 50
_NEAREST = 200  # by embeddings
_SCAN = 1 << 25  # bytes of signs that one look-up goes through: more take too long
_UNCALIBRATED = 0.5  # how probable links are taken to be that have no probability
_LEAST_FREE = 1e-3  # of the chance that a taken entity is free after all

Counterparts = tuple[IntArray, Floats]
"""(m,) entities of the other graph, and how probable it is that each is the counterpart."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A new entity: what is known of it, in the numbers of its graph.

    Attributes:
        neighbours: (m,) of every statement about it the other entity, -1 if the graph has not got
            it.
        relations: (m,) the relation, inverses after all others; -1 if the graph has not got it.
        names: what it is called.
        values: its attribute values.
        counterparts: of neighbours that are new themselves, by place among the statements.
    """

    neighbours: IntArray
    relations: IntArray
    names: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()
    counterparts: dict[int, Counterparts] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Scored:
    """The candidates of a new entity, and what speaks for each.

    Attributes:
        entities: (c,) of the other graph, in its own numbers.
        score: (c,) in the units of a cosine, as in an alignment.
        cosine, evidence, similarity, names, values: (c,) what it is made of, before weights.
        claim: (c,) log of the chance that it is free, by the links that there are: 0 if nobody
            else may be its counterpart.
        n_known: how many statements about the new entity lead to known neighbours.
        matched: its statements that match statements of the other graph.
        mine: its statements by themselves, whose groups `matched` numbers.
        place: (g,) which of the statements asked about each group of `mine` is.
    """

    entities: IntArray
    score: Floats
    cosine: Floats
    evidence: Floats
    similarity: Floats
    names: Floats
    values: Floats
    claim: Floats
    n_known: int
    matched: MatchedStatements
    mine: Statements
    place: IntArray


class Side:
    """One of the two graphs of an index.

    Args:
        arrays, about: of the index.
        name: "left" or "right".
    """

    def __init__(self, arrays: Arrays, about: dict[str, Any], name: str) -> None:
        self.name = name
        self._arrays = arrays
        self.graph: str = about["graphs"][0 if name == "left" else 1]
        self.ids = PackedStrings.taken(arrays, f"{name}/ids")
        self.relations = PackedStrings.taken(arrays, f"{name}/relations")
        self.embeddings = PackedRows.taken(arrays, f"{name}/embeddings", about["width"])
        self.frozen = {
            part: PackedRows.taken(arrays, f"{name}/frozen/{part}", width)
            for part, width in about["widths"].items()
        }

    def __getitem__(self, name: str) -> Any:
        """One of its arrays."""
        return self._arrays[f"{self.name}/{name}"]

    @cached_property
    def statements(self) -> Statements:
        """All statements of the graph; its triples are not there."""
        parts = ("group_starts", "group_keys", "relation", "count", "member_starts", "members")
        arrays = [self[f"statements/{part}"] for part in (*parts, "again")]
        none = np.empty((0, 3), dtype=np.int64)
        return Statements(len(self.ids), 2 * len(self.relations), none, *arrays)

    def called(self, entity: int) -> str:
        """What people call an entity, "" without a name."""
        if f"{self.name}/names/ends" not in self._arrays:
            return ""
        return self._names[entity]

    @cached_property
    def _names(self) -> PackedStrings:
        return PackedStrings.taken(self._arrays, f"{self.name}/names")

    def counterparts(self, entity: int) -> Counterparts:
        """Who may be the counterpart of an entity, the most probable first."""
        start, end = self["counterparts/starts"][entity : entity + 2].tolist()
        own = slice(start, end)
        probability = self["counterparts/probability"][own].astype(np.float64)
        return self["counterparts/entity"][own].astype(np.int64), probability


class Scorer:
    """Finds and scores candidates of new entities.

    Args:
        arrays, about: what `freeze` gave.
    """

    def __init__(self, arrays: Arrays, about: dict[str, Any]) -> None:
        self._arrays, self.about = arrays, about
        self.sides = {name: Side(arrays, about, name) for name in ("left", "right")}
        self.names = None if about["names"] is None else FrozenNames(arrays, about["names"])
        self.values = None
        if about["values"] is not None:
            self.values = FrozenValues(arrays, about["values"])
        self._shared = {
            name.removeprefix("shared/"): own
            for name, own in arrays.items()
            if name.startswith("shared/")
        }

    def score(self, asked: Asked, side: str) -> Scored:
        """The candidates of an entity that is new in one of the graphs.

        What is added up is what an alignment adds up, see `dualamn.evidence.Evidence`: the cosine
        of the embeddings, match weights of names and values, evidence and similarity of statements.

        Args:
            asked: the entity.
            side: "left" or "right", whose entity it is.
        """
        own, other = self.sides[side], self.sides["right" if side == "left" else "left"]
        mine, place = _statements(asked, own)
        pairs = _counterparts_of(asked, own, mine, place)
        weights = self._relation_weights(own, mine, len(other.relations) * 2)
        theirs = other.statements
        matched = match_statements(mine.local, theirs, weights, pairs[:2], pairs[2])
        found, evidence = _summed(mine.local, theirs, matched)
        row = self._embedded(asked, own, other)
        names = [] if self.names is None else self.names.read(asked.names)
        values = None if self.values is None else self.values.read(asked.values, side)
        known = [found[largest_of(np.zeros(len(found), dtype=np.int64), evidence, _BY_EVIDENCE)[0]]]
        if self.names is not None and names:
            known.append(self.names.nearest(names, other.name, _BY_NAME))
        if self.values is not None and values is not None:
            known.append(self.values.nearest(values, other.name, _BY_VALUE))
        candidates = self._candidates(known, row, other)
        at, here = find(found, candidates)
        told = np.where(here, evidence[at] if len(evidence) else 0.0, 0.0)
        similarity = _similarity(mine, matched, other, candidates)
        cosine = np.zeros(len(candidates))
        if len(row):
            cosine = (other.embeddings.rows(candidates) @ row).astype(np.float64)
        by_name, by_value = np.zeros(len(candidates)), np.zeros(len(candidates))
        if self.names is not None and names:
            by_name = self.names.match_weight(names, other.name, candidates)
        if self.values is not None and values is not None:
            by_value = self.values.match_weight(values, other.name, candidates)
        about = self.about
        score = (
            cosine
            + about["attribute_scale"] * (by_name + by_value)
            + about["evidence_weight"] * told
            + about["similarity_weight"] * similarity
        )
        n_known = int((asked.neighbours >= 0).sum()) + len(asked.counterparts)
        claim = self._claim(score, other, candidates)
        parts = cosine, told, similarity, by_name, by_value, claim
        return Scored(candidates, score, *parts, n_known, matched, mine.local, place)

    def _relation_weights(self, own: Side, mine: Mine, width: int) -> csr_array:
        """(u, r') the weights of the relations of a new entity."""
        known = np.maximum(mine.relations, 0)
        owner, columns, numbers = gathered(self._arrays, f"{own.name}/relation_weights", known)
        kept = mine.relations[owner] >= 0
        shape = len(mine.relations), max(width, 1)
        return csr_array((numbers[kept], (owner[kept], columns[kept])), shape=shape)

    def _embedded(self, asked: Asked, own: Side, other: Side) -> FloatArray:
        """(d,) the embedding of an entity by its neighbours.

        A neighbour that is new itself has the rows of those who may be its counterpart, as they
        would be much like its own, each as far as it is probable.
        """
        r, n = len(own.relations), len(own.ids)
        if not r:
            return np.zeros(0, dtype=np.float32)
        neighbours = asked.neighbours.copy()
        for place in asked.counterparts:
            neighbours[place] = n + place
        known = (neighbours >= 0) & (asked.relations >= 0)
        local = asked.relations[known]
        joint = own["joint_relations"][local % r] + (local >= r) * self.about["n_relations"]

        def rows_of(part: str, entities: IntArray) -> FloatArray:
            found = own.frozen[part].rows(np.minimum(entities, n - 1))
            for row in np.flatnonzero(entities >= n).tolist():
                others, probability = asked.counterparts[int(entities[row]) - n]
                theirs = other.frozen[part].rows(others)
                found[row] = probability.astype(np.float32) @ theirs
            return found

        return embed_new(
            self.about["encoder"],
            self._shared,
            rows_of,
            neighbours[known],
            joint,
            share=self.about["share"],
        )

    def _candidates(self, known: list[IntArray], row: FloatArray, other: Side) -> IntArray:
        """(c,) the entities to be looked at, ascending: those found, and the nearest ones."""
        signs = other.embeddings.signs
        if row.any() and signs is not None and signs.nbytes <= _SCAN:
            known.append(other.embeddings.nearest(row, _NEAREST))
        candidates = np.unique(np.concatenate(known)).astype(np.int64)
        kept: IntArray = candidates[other["linkable"][candidates]]
        return kept

    def _claim(self, score: Floats, other: Side, candidates: IntArray) -> Floats:
        """(c,) log(1 - p / (1 + exp((s - s') / T))).

        p is the probability and s' the score of the link that each candidate has, s its score with
        the new entity: who is less near than the other gets nothing of it.
        """
        probability = other["link_probability"][candidates].astype(np.float64)
        probability[np.isnan(probability)] = _UNCALIBRATED
        ahead = score - other["link_score"][candidates].astype(np.float64)
        odds = np.exp(np.clip(ahead / self.about["temperature"], -50, 50))
        claim: Floats = np.log(np.maximum(1 - probability / (1 + odds), _LEAST_FREE))
        return claim


@dataclass(frozen=True, eq=False)
class Mine:
    """The statements about a new entity as if they were a graph of its own.

    Attributes:
        local: with neighbours and relations numbered from 0; the entity is number 0.
        neighbours: (q,) the statement of each neighbour that it is first in.
        relations: (u,) the relation of each number, in the graph's numbers; -1 for a new one.
        information: (g,) of every statement.
        n_new: statements about neighbours of which nothing is known.
    """

    local: Statements
    neighbours: IntArray
    relations: IntArray
    information: Floats
    n_new: int


def _statements(asked: Asked, own: Side) -> tuple[Mine, IntArray]:
    """The statements whose neighbours are known or have candidates, and which each of them is."""
    told = asked.neighbours >= 0
    told[list(asked.counterparts)] = True
    place = np.flatnonzero(told)
    # A new neighbour is told apart from others by its place.
    n = len(own.ids)
    who = np.where(asked.neighbours[place] >= 0, asked.neighbours[place], n + place)
    distinct, first, neighbour = np.unique(who, return_index=True, return_inverse=True)
    relations, relation = np.unique(asked.relations[place], return_inverse=True)
    u = max(len(relations), 1)
    keys, at = np.unique(neighbour * u + relation, return_index=True)
    neighbour, relation = np.divmod(keys, u)
    place_of = place[at]
    r = max(2 * len(own.relations), 1)
    statements = own.statements
    group, here = find(statements.group_keys, distinct[neighbour] * r + relations[relation])
    here &= (distinct[neighbour] < n) & (relations[relation] >= 0)
    count = np.ones(len(keys), dtype=np.int64)
    count[here] += statements.count[group[here]]
    g = len(keys)
    local = Statements(
        1,
        u,
        np.empty((0, 3), dtype=np.int64),
        np.searchsorted(neighbour, np.arange(len(distinct) + 1)),
        keys,
        relation,
        count,
        np.arange(g + 1),
        np.zeros(g, dtype=np.int64),
        np.bincount(neighbour, minlength=len(distinct))[neighbour] > 1,
    )
    information = np.log((n + 1) / count)
    mine = Mine(local, place[first], relations, information, int((~told).sum()))
    return mine, place_of


def _counterparts_of(
    asked: Asked, own: Side, mine: Mine, place: IntArray
) -> tuple[IntArray, IntArray, Floats]:
    """Neighbours by number, who may be their counterparts, and how probable that is."""
    ends, others = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    probability = [np.empty(0)]
    for number, at in enumerate(mine.neighbours.tolist()):
        neighbour = int(asked.neighbours[at])
        found = asked.counterparts[at] if neighbour < 0 else own.counterparts(neighbour)
        ends.append(np.full(len(found[0]), number, dtype=np.int64))
        others.append(found[0])
        probability.append(found[1])
    return np.concatenate(ends), np.concatenate(others), np.concatenate(probability)


def _summed(
    mine: Statements, theirs: Statements, matched: MatchedStatements
) -> tuple[IntArray, Floats]:
    """(c,) entities of the other graph that share statements, ascending, and the evidence."""
    parts = list(overlap_evidence(mine, theirs, matched))
    if not parts:
        return np.empty(0, dtype=np.int64), np.empty(0)
    entities = np.concatenate([part[1] for part in parts])
    weight = np.concatenate([part[2] for part in parts])
    found, which = np.unique(entities, return_inverse=True)
    return found.astype(np.int64), summed_by(which, weight, len(found))


def _similarity(
    mine: Mine, matched: MatchedStatements, other: Side, candidates: IntArray
) -> Floats:
    """(c,) what share of all that is stated they have in common, see `StatementSimilarity`."""
    theirs = other.statements
    n_new = mine.n_new * float(np.log(theirs.n_entities + 1)) if theirs.n_entities else 0.0
    mine_all = float(mine.information.sum()) + n_new
    told = other["statements/information"][candidates].astype(np.float64)
    groups, which = np.unique(matched.right, return_inverse=True)
    information = np.log(theirs.n_entities / theirs.count[matched.right])
    both = (mine.information[matched.left] + information) / 2
    worth = np.bincount(which, matched.weight * both, len(groups))
    starts = other["statements/stated_starts"]
    first = starts[candidates]
    owner, place = expand(first, starts[candidates + 1] - first)
    stated = other["statements/stated"][place].astype(np.int64)
    at, here = find(groups.astype(np.int64), stated)
    common = np.bincount(owner[here], worth[at[here]], len(candidates))
    similar: Floats = common / np.sqrt(mine_all * told + 1)
    return similar


def strongest(scored: Scored, entity: int, other: Side) -> list[tuple[int, int, float]]:
    """The statements that say most for a candidate: place among those asked, group, match weight.

    Of two neighbours only the strongest counts, see `overlap_evidence`.
    """
    theirs = other.statements
    groups = scored.matched.right
    if not len(groups):
        return []
    start, end = other["statements/stated_starts"][entity : entity + 2].tolist()
    stated = other["statements/stated"][start:end]
    mine = np.isin(groups, stated)
    left, right, weight = (column[mine] for column in scored.matched)
    shared = np.sqrt(scored.mine.count[left] * theirs.count[right].astype(np.float64))
    told = match_weight(weight / shared)
    best: dict[tuple[int, int], tuple[int, int, float]] = {}
    for one, its, says in zip(left.tolist(), right.tolist(), told.tolist(), strict=True):
        key = (
            int(scored.mine.group_keys[one]) // scored.mine.n_relations,
            int(theirs.group_keys[its]) // max(theirs.n_relations, 1),
        )
        if key not in best or best[key][2] < says:
            best[key] = int(scored.place[one]), its, says
    return sorted(best.values(), key=lambda row: -row[2])
