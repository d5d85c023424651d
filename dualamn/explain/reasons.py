"""What two entities have in common: statements that they share, names and values side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dualamn.attributes.values import compare
from dualamn.config import AlignerConfig
from dualamn.evidence.inference import MUTE, POSSIBLE, by_itself
from dualamn.evidence.overlap import LEAST_MATCH, LEAST_SHARE, match_weight
from dualamn.evidence.relations import align_relations
from dualamn.evidence.statements import Statements
from dualamn.explain.called import called, local_name, relation_called
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, Floats, IntArray
from dualamn.probability.calibration import JudgedLinks
from dualamn.result import PairAlignment

NAME = "name"
"""The attribute that names of entities are listed under."""

_SIMILARITY = {"equal": 1.0, "near": 0.5, "other": 0.0}  # of values, by how close they are


@dataclass(frozen=True)
class Entity:
    """One of the entities that an explanation is about.

    Attributes:
        graph: the name of its graph.
        name: what people call it, "" where the graph has no name of it.
        triples: how many triples it is part of.
    """

    graph: str
    identifier: str
    name: str
    triples: int

    def __str__(self) -> str:
        return f"{self.name} ({self.identifier})" if self.name else self.identifier


@dataclass(frozen=True)
class SharedStatement:
    """A statement about both entities: neighbours that are the same, over relations that match.

    Attributes:
        left_neighbour, right_neighbour, left_relation, right_relation: identifiers.
        left_inverse, right_inverse: the relation leads from the neighbour to the entity.
        neighbour_probability: that the neighbours are the same; 1 if they are a seed link.
        relation_weight: how well the relations stand for each other, from 0 to .98.
        match_weight: log Bayes factor of the statement for the pair of entities.
        left_neighbour_name, right_neighbour_name, left_relation_name, right_relation_name: what
            people call these, the last part of the identifier where the graph has no name.
        probability_without: of the link, without the statement; None where there is none.
    """

    left_neighbour: str
    right_neighbour: str
    left_relation: str
    right_relation: str
    left_inverse: bool
    right_inverse: bool
    neighbour_probability: float
    is_seed: bool
    relation_weight: float
    match_weight: float
    left_neighbour_name: str
    right_neighbour_name: str
    left_relation_name: str
    right_relation_name: str
    probability_without: float | None = None

    def __str__(self) -> str:
        left = f"{self.left_relation_name} {self.left_neighbour_name}"
        right = f"{self.right_relation_name} {self.right_neighbour_name}"
        left = f"<-{left}" if self.left_inverse else left
        right = f"<-{right}" if self.right_inverse else right
        sure = "seed link" if self.is_seed else f"probability {self.neighbour_probability:.2f}"
        return (
            f"{left} ~ {right} ({sure}, relations match by {self.relation_weight:.2f}): "
            f"weight {self.match_weight:+.2f}{_without(self.probability_without)}"
        )

    def swapped(self) -> SharedStatement:
        """The same with the sides exchanged."""
        return replace(
            self,
            left_neighbour=self.right_neighbour,
            right_neighbour=self.left_neighbour,
            left_relation=self.right_relation,
            right_relation=self.left_relation,
            left_inverse=self.right_inverse,
            right_inverse=self.left_inverse,
            left_neighbour_name=self.right_neighbour_name,
            right_neighbour_name=self.left_neighbour_name,
            left_relation_name=self.right_relation_name,
            right_relation_name=self.left_relation_name,
        )


@dataclass(frozen=True)
class ValuePair:
    """The names of both entities, or values of their attributes, side by side.

    Attributes:
        left_attribute, right_attribute: identifiers of the attributes, "name" for names.
        left, right: the values.
        agrees: whether names have the same words, or values are equal or near.
        similarity: 1 for names of the same words and equal values, .5 for near values, 0 for
            others; of other names, as they were compared.
        match_weight: log Bayes factor; 0 for what was not counted, None where it is not known.
        probability_without: of the link, without these values; None where there is none.
    """

    left_attribute: str
    right_attribute: str
    left: str
    right: str
    agrees: bool
    similarity: float
    match_weight: float | None = None
    probability_without: float | None = None

    def __str__(self) -> str:
        sign = "=" if self.similarity == 1 else "~" if self.similarity else "≠"
        attributes = local_name(self.left_attribute), local_name(self.right_attribute)
        left, right = local_name(self.left), local_name(self.right)
        text = f"{attributes[0]} {left!r} {sign} {attributes[1]} {right!r}"
        if 0 < self.similarity < 1:
            text += " (near)" if self.agrees else f" (similarity {self.similarity:.2f})"
        if self.match_weight is None:
            return text
        if not self.match_weight:
            return f"{text}: not counted"
        return f"{text}: weight {self.match_weight:+.2f}{_without(self.probability_without)}"


def _without(probability: float | None) -> str:
    return "" if probability is None else f", probability without it {probability:.3f}"


class CommonStatements:
    """Finds the statements that entities of two graphs share, by the links between the graphs.

    Seed links take part and are certain.
    """

    def __init__(self, alignment: JudgedLinks, pair: PairAlignment) -> None:
        task = alignment.task
        self._task, self._pair = task, pair
        self._kgs = [task.kgs[kg] for kg in (pair.left, pair.right)]
        self._offsets = [int(task.entity_offsets[kg]) for kg in (pair.left, pair.right)]
        self._sides = [Statements.of(kg) for kg in self._kgs]
        sure = pair.scores if pair.probabilities is None else pair.probabilities
        # In the order of probability, so that of several links of an entity the surest one stays.
        order = np.argsort(sure, kind="stable")
        seeds = task.links_between(task.seed_links, pair.left, pair.right)
        links = np.concatenate([pair.links[order], seeds]).astype(np.int64) - self._offsets
        probability = np.concatenate([np.clip(sure[order], 0, 1), np.ones(len(seeds))])
        left, right = self._sides
        self._counterpart = np.full(left.n_entities, -1, dtype=np.int64)
        self._probability: NDArray[np.float64] = np.zeros(left.n_entities)
        owner = np.full(right.n_entities, -1, dtype=np.int64)
        owner[links[:, 1]] = links[:, 0]
        mine = owner[links[:, 1]] == links[:, 0]
        self._counterpart[links[mine, 0]] = links[mine, 1]
        self._probability[links[mine, 0]] = probability[mine]
        self._seeds = {(int(a), int(b)) for a, b in seeds - self._offsets}
        self._known_by, self._alone = self._private(alignment, links[mine], seeds - self._offsets)
        one, two = self._known_by
        private = (one >= 0) | ((two[self._counterpart] >= 0) & (self._counterpart >= 0))
        least = np.maximum(self._alone[0], MUTE * self._probability)
        sure_of = np.where(private, np.minimum(least, self._probability), self._probability)
        self._weights = align_relations(left, right, self._counterpart, sure_of)
        # Where evidence took no part, it is weighed by the settings that it has elsewhere.
        self._config = alignment.config or AlignerConfig()

    def _private(
        self, alignment: JudgedLinks, links: IntArray, seeds: IntArray
    ) -> tuple[list[IntArray], list[Floats]]:
        """Of either graph whom its entities are known by, and of every entity how surely its link
        speaks to that one, see `dualamn.evidence.inference.Messages`."""
        weight = np.zeros(len(links))
        if alignment.attributes is not None:
            joint = (links + self._offsets).T
            weight += alignment.attributes.match_weight(*joint, names=1.0, values=1.0)
        known_by, speaks = [], []
        for side, graph in enumerate(self._sides):
            alone = np.zeros(graph.n_entities)
            alone[links[:, side]] = by_itself(weight, self._sides[1 - side].n_entities)
            alone[seeds[:, side]] = 1
            known_by.append(graph.known_by(alone <= POSSIBLE))
            quiet = links[weight == 0]
            least = MUTE * self._probability[quiet[:, 0]]
            alone[quiet[:, side]] = np.maximum(alone[quiet[:, side]], least)
            speaks.append(alone)
        return known_by, speaks

    def _says(self, pair: tuple[int, int], neighbours: tuple[int, int]) -> float:
        """How surely two neighbours speak for a pair."""
        p = float(self._probability[neighbours[0]])
        for entity, neighbour, known_by, alone in zip(
            pair, neighbours, self._known_by, self._alone, strict=True
        ):
            if known_by[neighbour] == entity:
                p = min(p, float(alone[neighbour]))
        return p

    def between(self, left: int, right: int) -> list[SharedStatement]:
        """What two entities, given by joint ids, share; the highest match weight first."""
        at = left - self._offsets[0], right - self._offsets[1]
        one, two = self._sides
        left_kg, right_kg = self._kgs
        both = float(one.entity_information[at[0]] * two.entity_information[at[1]])
        of_right: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for neighbour, relation, group in _about(two, at[1]):
            of_right[neighbour].append((relation, group))
        found = []
        for neighbour, relation, group in _about(one, at[0]):
            other = int(self._counterpart[neighbour])
            if other < 0:
                continue
            p = self._says(at, (neighbour, other))
            for other_relation, other_group in of_right[other]:
                weight = float(self._weights[relation, other_relation])
                counted = self._match_weight(weight * p, (group, other_group), both)
                if counted:
                    relations = (
                        str(left_kg.relations[relation % left_kg.n_relations]),
                        str(right_kg.relations[other_relation % right_kg.n_relations]),
                    )
                    statement = SharedStatement(
                        str(left_kg.entities[neighbour]),
                        str(right_kg.entities[other]),
                        *relations,
                        relation >= left_kg.n_relations,
                        other_relation >= right_kg.n_relations,
                        neighbour_probability=p,
                        is_seed=(neighbour, other) in self._seeds,
                        relation_weight=weight,
                        match_weight=counted,
                        left_neighbour_name=called(self._task, neighbour + self._offsets[0]),
                        right_neighbour_name=called(self._task, other + self._offsets[1]),
                        left_relation_name=self._called(0, relations[0]),
                        right_relation_name=self._called(1, relations[1]),
                    )
                    found.append(statement)
        found.sort(key=lambda statement: -statement.match_weight)
        strongest: dict[tuple[str, str], SharedStatement] = {}  # two neighbours speak once
        for statement in found:
            strongest.setdefault((statement.left_neighbour, statement.right_neighbour), statement)
        return list(strongest.values())

    def _called(self, side: int, relation: str) -> str:
        kg = (self._pair.left, self._pair.right)[side]
        return relation_called(self._task, kg, relation)

    def _match_weight(self, same: float, groups: tuple[int, int], both: float) -> float:
        """What a statement adds to the logit of two entities, as the rounds of evidence count it.

        It is the same for both with probability `same`, and one of these groups on either side;
        `both` multiplies the information of the two entities, see
        `dualamn.evidence.statement_similarity`.
        """
        if same <= LEAST_MATCH:
            return 0.0
        pairs = list(zip(self._sides, groups, strict=True))
        common = same * sum(side.information[group] for side, group in pairs) / 2
        score = self._config.evidence_share_weight * common / np.sqrt(both + 1)
        chance = same / np.sqrt(np.prod([float(side.count[group]) for side, group in pairs]))
        if chance > LEAST_SHARE:
            score += self._config.evidence_weight * match_weight(chance)
        return float(score / self._config.temperature)


def _about(side: Statements, entity: int) -> list[tuple[int, int, int]]:
    """Neighbour, relation (inverse ones in the upper half) and group of every statement."""
    first, last = side.stated.indptr[entity : entity + 2]
    groups = np.sort(side.stated.indices[first:last])
    neighbours = side.group_keys[groups] // max(side.n_relations, 1)
    rows = neighbours.tolist(), side.relation[groups].tolist(), groups.tolist()
    return list(zip(*rows, strict=True))


def compare_values(alignment: JudgedLinks, one: int, other: int) -> tuple[ValuePair, ...]:
    """Names, then values that counted, then others that are the same or differ.

    Those that counted are compared as the model does it, see `dualamn.attributes.values.compare`,
    the highest match weight first. Of the rest, values that are the same are listed whatever
    their attributes, letter case and outer spaces aside; and an attribute of one name in both
    graphs that has nothing in common, by one value of either. `one`, `other` are joint ids.
    """
    counted = sorted(_counted(alignment, one, other), key=lambda at: -abs(at.match_weight or 0))
    names, rest = _names(alignment, one, other), _uncounted(alignment, one, other, counted)
    return (*names, *counted, *rest)


def attribute_weight(alignment: JudgedLinks, one: int, other: int) -> float | None:
    """Match weight of the names and values of two entities together, given by joint ids.

    None where this is not known, or where neither took part.
    """
    attributes, config = alignment.attributes, alignment.config
    if attributes is None or config is None or not attributes.has_weight:
        return None
    ends = np.array([one]), np.array([other])
    return float(np.sum(attributes.match_weight(*ends, names=1.0, values=1.0)))


def supported(alignment: JudgedLinks) -> BoolArray | None:
    """(m,) bool: the links that names and values, together, speak for.

    None where this is not known, or where neither took part.
    """
    attributes, links = alignment.attributes, alignment.links.astype(np.int64)
    if attributes is None or not attributes.has_weight:
        return None
    weight = attributes.match_weight(links[:, 0], links[:, 1], names=1.0, values=1.0)
    return np.broadcast_to(np.asarray(weight) > 0, len(links))


def _names(alignment: JudgedLinks, one: int, other: int) -> Iterator[ValuePair]:
    left, right = (alignment.task.name_of(joint) for joint in (one, other))
    if not (left and right):
        return
    attributes, config = alignment.attributes, alignment.config
    same = _plain(left) == _plain(right)
    similarity, weight = float(same), None if attributes is None else 0.0
    if attributes is not None and config is not None and attributes.names is not None:
        ends = np.array([one]), np.array([other])
        same = bool(attributes.names.same(*ends)[0])
        similarity = 1.0 if same else float(attributes.names.similarities(*ends)[0])
        weight = float(attributes.names.match_weight(*ends)[0])
    yield ValuePair(NAME, NAME, left, right, same, similarity, weight)


def _counted(alignment: JudgedLinks, one: int, other: int) -> Iterator[ValuePair]:
    attributes, task = alignment.attributes, alignment.task
    if attributes is None or attributes.values is None:
        return
    left, right = (task.kgs[int(task.source_of[joint])] for joint in (one, other))
    for found in compare(attributes.values, task, one, other):
        attribute, value = _statement(left, found.left)
        other_attribute, other_value = _statement(right, found.right)
        similarity = _SIMILARITY[found.closeness]
        yield ValuePair(
            *(attribute, other_attribute, value, other_value),
            *(similarity > 0, similarity, found.weight),
        )


def _uncounted(
    alignment: JudgedLinks, one: int, other: int, counted: list[ValuePair]
) -> Iterator[ValuePair]:
    task = alignment.task
    weight = None if alignment.attributes is None else 0.0
    left, right = (_values(task, joint) for joint in (one, other))
    here = {(found.left_attribute, found.left) for found in counted}
    there = {(found.right_attribute, found.right) for found in counted}
    listed = {found.left_attribute for found in counted}
    for attribute, value in left:
        for other_attribute, other_value in right:
            if _plain(value) != _plain(other_value) or attribute == other_attribute == NAME:
                continue
            listed |= {attribute, other_attribute}
            if (attribute, value) not in here and (other_attribute, other_value) not in there:
                yield ValuePair(attribute, other_attribute, value, other_value, True, 1.0, weight)
    own = dict(reversed(right))
    for attribute, value in left:
        if attribute in own and attribute != NAME and attribute not in listed:
            listed.add(attribute)
            yield ValuePair(attribute, attribute, value, own[attribute], False, 0.0, weight)


def _values(task: AlignmentTask, joint: int) -> list[tuple[str, str]]:
    """Name and values of an entity, each once, under what attribute."""
    kg: KnowledgeGraph = task.kgs[int(task.source_of[joint])]
    at = joint - int(task.entity_offsets[task.source_of[joint]])
    values = [(NAME, name)] if (name := task.name_of(joint)) else []
    if kg.literals is not None:
        values += (_statement(kg, row) for row in (kg.literals.entities == at).nonzero()[0])
    return list(dict.fromkeys(values))


def _statement(kg: KnowledgeGraph, row: int) -> tuple[str, str]:
    """Attribute and value of an attribute triple."""
    literals = kg.literals
    assert literals is not None
    return str(literals.attributes[literals.kinds[row]]), str(literals.values[row])


def _plain(value: str) -> str:
    return value.strip().casefold()
