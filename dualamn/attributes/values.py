"""How alike two entities are by attribute values, and the match weight of that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from dualamn.attributes.base import AttributeSimilarity
from dualamn.attributes.facts import Facts, property_name
from dualamn.attributes.properties import ValueTable
from dualamn.attributes.texts import Texts, text_words
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Floats, Int32Array, IntArray, largest_of
from dualamn.kernels.logistic import Comparisons

_TEXT_SCALE = 20.0  # of a likeness of one, in match weights

Closeness = Literal["equal", "near", "other"]


class ValueWeights(NamedTuple):
    """What the match weights of shared and of other values are multiplied with; about one.

    And `text`, what is multiplied with twenty times the similarity of texts.
    """

    agree: float = 0.0
    clash: float = 0.0
    text: float = 0.0


@dataclass(frozen=True)
class Compared:
    """Two values of properties that match.

    Attributes:
        left, right: which attribute triple of their graph each is.
        closeness: whether they are equal, near as numbers or dates are, or neither.
        weight: their match weight.
    """

    left: int
    right: int
    closeness: Closeness
    weight: float


class ValueSimilarity(AttributeSimilarity):
    """Evidence from attribute values, learned from pairs of entities that are known.

    Linked entities show which property of one graph matches which of the other, how often they
    agree in it beside any two entities, and how much it weighs beside names. Properties that agree
    no more often than by chance have no weight. The words of all texts of an entity are compared as
    well, those of long ones too.

    Args:
        task: its graphs' attribute triples.
        seed: draws the halves that weights are learned from.

    Attributes:
        facts: what the attribute triples say.
        table: what was learned of them.
        texts: the words of all text values; None where graphs have none in common.
    """

    what = "values"
    weights: ValueWeights
    table: ValueTable
    _random_key = (1,)
    _most = 2.0

    def __init__(self, task: AlignmentTask, *, seed: int) -> None:
        self.weights = ValueWeights()
        self.facts = Facts.of(task)
        self.texts = Texts.of(task)
        super().__init__(task.source_of, seed)

    @property
    def has_weight(self) -> bool:
        """Whether any pair has a match weight other than 0."""
        return super().has_weight and (len(self.table.matches) > 0 or self.weights.text > 0)

    @property
    def _n_features(self) -> int:
        return 2 if self.texts is None else 3

    def features(self, left: IntArray, right: IntArray) -> tuple[Floats, ...]:
        """(p,) match weights of shared values, of other ones, 0 or less, and likeness of texts."""
        found = self.table.features(left, right)
        if self.texts is None:
            return found
        return *found, _TEXT_SCALE * self.texts.similarities(left, right)

    def likely(self, queries: IntArray, pool: IntArray, k: int) -> IntArray:
        """(q, k) those that share the most rare values and words; -1 where there are fewer."""
        shared = self._proposed(queries, pool)
        found = np.full((len(queries), k), -1, dtype=np.int64)
        row = np.repeat(np.arange(len(queries)), np.diff(shared.indptr))
        place, rank = largest_of(row, shared.data, k)
        found[row[place], rank] = pool[shared.indices[place]]
        return found

    def proposed(self, left: Int32Array, right: Int32Array) -> csr_array:
        """(p, q) pairs of some entities that share a rare value, or rare words."""
        return self._proposed(left.astype(np.int64), right.astype(np.int64))

    def _proposed(self, left: IntArray, right: IntArray) -> csr_array:
        shared, _ = self.table.proposed(left, right)
        if self.texts is None or not len(left) or not len(right):
            return shared
        alike = self.texts.proposed(left, right)
        back = self.texts.proposed(right, left).T
        return csr_array(shared + _TEXT_SCALE * alike.maximum(back))

    def _learn(self, links: Int32Array) -> None:
        """Which properties match, and how surely."""
        self.table = ValueTable.of(self.facts, links.astype(np.int64))

    def _set_weights(self, weights: list[float]) -> None:
        self.weights = ValueWeights(*weights)

    def _compared(
        self, links: Int32Array, beside: AttributeSimilarity | None, rng: np.random.Generator
    ) -> list[Comparisons]:
        if not self.table.matches and self.texts is None:
            return []
        return super()._compared(links, beside, rng)


def compare(
    values: ValueSimilarity, task: AlignmentTask, left: int, right: int
) -> tuple[Compared, ...]:
    """The values that `ValueSimilarity.match_weight` counts for two joint ids, with their weights.

    What several pairs of values have in common, such as the year of several dates, counts for
    the first of them.
    """
    if not values.has_weight:
        return ()
    table, facts = values.table, values.facts
    both = table.agree[[left]].multiply(table.agree[[right]]).tocoo()
    agreed = values.weights.agree * both.data.astype(np.float64)
    weights = dict(zip(table.columns[both.coords[1]].tolist(), agreed.tolist(), strict=True))
    cost = values.weights.clash * np.minimum(table.clash_by_match(left, right), 0)
    here, there = (_rows_by_match(values, task, joint) for joint in (left, right))
    graphs = int(task.source_of[left]), int(task.source_of[right])
    found: list[Compared] = []
    for match in sorted(here.keys() & there.keys()):
        start = match * max(len(facts.exact), 1)
        agreeing = list(_agreeing(facts, graphs, here[match], there[match], start, weights))
        if cost[match] and agreeing:
            first = agreeing[0]
            agreeing[0] = replace(first, weight=first.weight + float(cost[match]))
        elif cost[match]:
            agreeing = [Compared(here[match][0], there[match][0], "other", float(cost[match]))]
        found += agreeing
    return tuple(_with_texts(found, values, task, left, right))


def _with_texts(
    found: list[Compared], values: ValueSimilarity, task: AlignmentTask, left: int, right: int
) -> list[Compared]:
    """What texts count for goes to the two of most words in common."""
    if values.texts is None or not values.weights.text:
        return found
    ends = np.array([left]), np.array([right])
    weight = _TEXT_SCALE * values.weights.text * float(values.texts.similarities(*ends)[0])
    if not weight:
        return found
    here, there = (_text_rows(task, joint) for joint in (left, right))
    _, one, other = max(
        (len(words & those), -a, -b) for a, words in here.items() for b, those in there.items()
    )
    for at, pair in enumerate(found):
        if (pair.left, pair.right) == (-one, -other):
            found[at] = replace(pair, weight=pair.weight + weight)
            return found
    return [*found, Compared(-one, -other, "near", weight)]


def _text_rows(task: AlignmentTask, joint: int) -> dict[int, set[str]]:
    """The words of the texts of an entity, by attribute triple."""
    graph = int(task.source_of[joint])
    literals = task.kgs[graph].literals
    if literals is None:
        return {}
    rows = np.flatnonzero(literals.entities == joint - task.entity_offsets[graph]).tolist()
    return {row: set(text_words(literals.values[row], literals.types[row])) for row in rows}


def _agreeing(
    facts: Facts,
    graphs: tuple[int, int],
    here: list[int],
    there: list[int],
    start: int,
    weights: dict[int, float],
) -> Iterator[Compared]:
    """Equal values, then near ones, whose weights are taken out of those of keys from `start`."""
    keys = [facts.keys[graph] for graph in graphs]
    equal = [(a, b) for a in here for b in there if keys[0][a] == keys[1][b]]
    seen = set()
    for left, right in equal:
        exact = int(keys[0][left])
        if exact not in seen:
            seen.add(exact)
            shared = {exact} | _near(facts, exact)
            weight = sum(weights.pop(start + key, 0.0) for key in shared)
            yield Compared(left, right, "equal", weight)
    for left in here:
        for right in there:
            near = _near(facts, keys[0][left]) & _near(facts, keys[1][right])
            weight = sum(weights.pop(start + key, 0.0) for key in near)
            if weight:
                yield Compared(left, right, "near", weight)


def _near(facts: Facts, exact: int) -> set[int]:
    return {key for key in facts.parents[exact].tolist() if key >= 0}


def _rows_by_match(
    values: ValueSimilarity, task: AlignmentTask, joint: int
) -> dict[int, list[int]]:
    """Attribute triples of an entity by the match of their property."""
    matches = enumerate(values.table.matches)
    match_of = {prop: number for number, match in matches for prop in match.properties}
    graph = int(task.source_of[joint])
    literals = task.kgs[graph].literals
    found: dict[int, list[int]] = {}
    if literals is None:
        return found
    for row in np.flatnonzero(literals.entities == joint - task.entity_offsets[graph]).tolist():
        name = property_name(str(literals.attributes[literals.kinds[row]]), literals.types[row])
        match = match_of.get((graph, name))
        if match is not None and values.facts.keys[graph][row] >= 0:
            found.setdefault(match, []).append(row)
    return found
