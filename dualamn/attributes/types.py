"""Whether the types of two entities match: which classes of two graphs stand for each other.

Known pairs show, for a class s of one graph, which class t of the other their counterparts have
most above chance. With N(s) known pairs whose entity of the first graph is of class s, n of them
with a counterpart of class t, and r the share of all known pairs whose classes match so, a
counterpart is of class t with the probability

    P(t | s) = (n - 1 + 2 r) / (N(s) - 1 + 2),

one pair being taken off as t was chosen by it. With P(t) the share of all entities of the graph, a
pair that has both has the match weight log(P(t | s) / P(t)), and one whose other entity lacks t has
log((1 - P(t | s)) / (1 - P(t))).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dualamn.attributes.base import AttributeSimilarity
from dualamn.files.rdf import RDF_TYPE
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, Floats, Int32Array, IntArray, expand, splitmix64

_SAID_OF_ALL = {  # types that tell nothing apart
    "http://www.w3.org/2002/07/owl#Thing",
    "http://www.w3.org/2002/07/owl#NamedIndividual",
    "http://www.w3.org/2000/01/rdf-schema#Resource",
}
_DOUBT = 2.0  # pairs that count beside those seen
_FEWEST = 2  # known pairs of a class, fewer of which show nothing
_ENOUGH = 20  # known pairs with types, which later ones that types helped to find do not replace
_AT_ONCE = 1 << 16  # pairs of kinds


@dataclass(frozen=True, eq=False)
class Types:
    """Which entities are of which classes, those of every graph apart.

    Symbols: n entities, c classes, k kinds, which are sets of classes.

    Attributes:
        kind: (n,) the kind of every entity, -1 for those without a type.
        classes: (k, c) 1 for every class of a kind.
        kind_graph: (k,) the graph of every kind.
        graph: (c,) the graph of every class.
        share: (c,) of the entities of its graph that have types, those of the class.
        names: (c,) identifiers.
    """

    kind: IntArray
    classes: csr_array
    kind_graph: IntArray
    graph: IntArray
    share: Floats
    names: tuple[str, ...]

    @classmethod
    def of(cls, task: AlignmentTask) -> Types:
        """Reads the types of every entity."""
        numbers: dict[tuple[int, str], int] = {}
        rows = [np.empty((0, 2), dtype=np.int64)]
        for at, (entities, types) in enumerate(stated_types(task)):
            own = [numbers.setdefault((at, name), len(numbers)) for name in types]
            rows.append(np.stack([entities, np.array(own, dtype=np.int64)], axis=1))
        seen = np.unique(np.concatenate(rows), axis=0)
        entity, number = seen.T
        total = np.zeros(task.n_entities, dtype=np.uint64)
        np.add.at(total, entity, splitmix64(number.astype(np.uint64)))
        typed, start = np.unique(entity, return_index=True)
        _, first, which = np.unique(total[typed], return_index=True, return_inverse=True)
        kind = np.full(task.n_entities, -1, dtype=np.int64)
        kind[typed] = which
        ends = np.append(start, len(entity))
        of_kind, place = expand(ends[first], ends[first + 1] - ends[first])
        shape = max(len(first), 1), max(len(numbers), 1)
        ones = np.ones(len(place), dtype=np.float64)
        graph = np.array([at for at, _ in numbers], dtype=np.int64)
        sizes = np.bincount(task.source_of[typed], minlength=len(task.kgs))
        count = np.bincount(number, minlength=len(numbers))
        return cls(
            kind,
            csr_array((ones, (of_kind, number[place])), shape=shape),
            task.source_of[typed[first]].astype(np.int64),
            graph,
            count / np.maximum(sizes[graph], 1),
            tuple(name for _, name in numbers),
        )


def stated_types(task: AlignmentTask) -> list[tuple[IntArray, list[str]]]:
    """Of every graph joint ids of entities, and a type of each; some entities come again.

    Types are literals or triples. Those that are said of everything are left out.
    """
    found = []
    for kg, offset in zip(task.kgs, task.entity_offsets.tolist(), strict=False):
        entities, types = list[IntArray](), list[str]()
        if kg.literals is not None:
            is_type = np.asarray(kg.literals.attributes == RDF_TYPE)
            rows = np.flatnonzero(is_type[kg.literals.kinds])
            entities.append(kg.literals.entities[rows].astype(np.int64))
            types += kg.literals.values[rows].tolist()
        stated = np.flatnonzero(np.asarray(kg.relations == RDF_TYPE)[kg.triples[:, 1]])
        entities.append(kg.triples[stated, 0].astype(np.int64))
        types += kg.entities[kg.triples[stated, 2]].tolist()
        kept = np.array([name not in _SAID_OF_ALL for name in types], dtype=np.bool_)
        telling = [name for name, keep in zip(types, kept.tolist(), strict=True) if keep]
        found.append((np.concatenate(entities)[kept] + offset, telling))
    return found


@dataclass(frozen=True, eq=False)
class ClassMatches:
    """Which class of every other graph a class stands for.

    Attributes:
        target: (c, g) that class of the graph, -1 for none.
        agree: (c, g) match weight of a pair that has both, 0 or more.
        clash: (c, g) match weight of a pair that has the first without the second, 0 or less.
    """

    target: IntArray
    agree: Floats
    clash: Floats

    @classmethod
    def of(cls, types: Types, links: IntArray, n_graphs: int) -> ClassMatches:
        """Learns from (m, 2) known pairs."""
        c = types.classes.shape[1]
        found = cls(np.full((c, n_graphs), -1), np.zeros((c, n_graphs)), np.zeros((c, n_graphs)))
        kinds = types.kind[links]
        kinds = kinds[(kinds >= 0).all(axis=1)]
        if not len(kinds):
            return found
        own, other = np.concatenate([kinds, kinds[:, ::-1]]).T
        here, there = types.classes[own], types.classes[other]
        graphs = csr_array(
            (np.ones(len(own)), (np.arange(len(own)), types.kind_graph[other])),
            shape=(len(own), n_graphs),
        )
        pairs = np.asarray((here.T @ graphs).todense())  # (c, g) known pairs of a class
        both = (here.T @ there).tocoo()
        s, t = (np.asarray(end, dtype=np.int64) for end in both.coords)
        graph, count = types.graph[t], np.asarray(both.data, dtype=np.float64)
        of = pairs[s, graph]
        gain = count * np.log(count / of / types.share[t])
        order = np.lexsort((-gain, graph, s))
        first = np.append(True, (np.diff(s[order]) != 0) | (np.diff(graph[order]) != 0))
        best = order[first]
        best = best[(of[best] >= _FEWEST) & (gain[best] > 0)]
        s, t, graph, count, of = s[best], t[best], graph[best], count[best], of[best]
        several = count >= _FEWEST
        matching = (count[several].sum() + 1) / (of.sum() + 2)
        p = (count - 1 + _DOUBT * matching) / (of - 1 + _DOUBT)
        share = np.minimum(types.share[t], 1 - 1e-9)
        telling = p > share
        place = s[telling], graph[telling]
        p, share = p[telling], share[telling]
        found.target[place] = t[telling]
        found.agree[place] = np.log(p / share)
        found.clash[place] = np.log((1 - p) / (1 - share))
        return found

    def compared(
        self, types: Types, left: IntArray, right: IntArray
    ) -> tuple[Floats, Floats, BoolArray]:
        """Compares (p,) kinds of two graphs, from either side.

        Of several classes of an entity, which mostly imply each other, the one counts that tells
        most: the best for the pair, and the worst against it.

        Returns:
            (p,) match weights of classes that match, (p,) of those that are missing, and whether
            any class matches.
        """
        agree, clash = np.zeros(len(left)), np.zeros(len(left))
        matches = np.zeros(len(left), dtype=np.bool_)
        width = types.classes.shape[1]
        rows = np.repeat(np.arange(types.classes.shape[0]), np.diff(types.classes.indptr))
        keys = np.sort(rows * width + types.classes.indices)
        for own, other in ((left, right), (right, left)):
            starts = types.classes.indptr[own].astype(np.int64)
            pair, place = expand(starts, types.classes.indptr[own + 1] - starts)
            s = types.classes.indices[place].astype(np.int64)
            graph = types.kind_graph[other[pair]]
            t = self.target[s, graph]
            known = t >= 0
            pair, s, graph, t = pair[known], s[known], graph[known], t[known]
            wanted = other[pair] * width + t
            at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
            has = keys[at] == wanted if len(keys) else np.zeros(len(wanted), dtype=np.bool_)
            np.maximum.at(agree, pair[has], self.agree[s[has], graph[has]])
            np.minimum.at(clash, pair[~has], self.clash[s[~has], graph[~has]])
            matches[pair[has]] = True
        return agree, clash, matches


class TypeSimilarity(AttributeSimilarity):
    """Evidence from the classes of entities, learned from pairs of entities that are known.

    Args:
        task: its graphs' types, see `stated_types`.
        seed: of the task; nothing is drawn.

    Attributes:
        types: which entity is of which classes.
        matches: which classes stand for each other.
    """

    what = "types"
    weights: tuple[float, ...]
    matches: ClassMatches
    _most = 1.0
    _n_features = 1

    def __init__(self, task: AlignmentTask, *, seed: int) -> None:
        self.weights = (0.0,)
        self.types = Types.of(task)
        self._n_graphs = len(task.kgs)
        self._is_settled = False
        super().__init__(task.source_of, seed)

    def features(self, left: IntArray, right: IntArray) -> tuple[Floats]:
        """(p,) the match weights of types of pairs of joint ids."""
        agree, clash, _ = self._compare(left, right)
        return (agree + clash,)

    def conflict(self, left: IntArray, right: IntArray) -> BoolArray:
        """(p,) pairs of joint ids whose types are known not to match."""
        _, clash, matches = self._compare(left, right)
        conflicting: BoolArray = (clash < 0) & ~matches
        return conflicting

    def likely(self, queries: IntArray, pool: IntArray, k: int) -> IntArray:
        """(q, k) of -1: too many entities are of a class."""
        return np.full((len(queries), k), -1, dtype=np.int64)

    def learn(self, links: Int32Array) -> None:
        """Learns from (m, 2) linked entities, unless there were enough that are surer."""
        if not self._is_settled:
            super().learn(links)
            self._set_weights([1.0])

    def weigh(self, links: Int32Array, beside: AttributeSimilarity | None = None) -> None:
        """Learns from (m, 2) linked entities that types did not help to find."""
        self._is_settled = False
        self.learn(links)
        typed = (self.types.kind[links] >= 0).all(axis=1)
        self._is_settled = int(typed.sum()) >= _ENOUGH

    def _learn(self, links: Int32Array) -> None:
        self.matches = ClassMatches.of(self.types, links.astype(np.int64), self._n_graphs)

    def _set_weights(self, weights: list[float]) -> None:
        told = bool((self.matches.target >= 0).any())
        self.weights = (float(told and weights[0] > 0),)

    def _compare(self, left: IntArray, right: IntArray) -> tuple[Floats, Floats, BoolArray]:
        """See `ClassMatches.compared`; nothing is known of entities without a type."""
        agree, clash = np.zeros(len(left)), np.zeros(len(left))
        matches = np.zeros(len(left), dtype=np.bool_)
        one, two = self.types.kind[left], self.types.kind[right]
        typed = np.flatnonzero((one >= 0) & (two >= 0))
        width = self.types.classes.shape[0]
        distinct, which = np.unique(one[typed] * width + two[typed], return_inverse=True)
        found: list[tuple[NDArray[np.generic], ...]] = []
        for start in range(0, len(distinct), _AT_ONCE):
            kinds = np.divmod(distinct[start : start + _AT_ONCE], width)
            found.append(self.matches.compared(self.types, *kinds))
        if found:
            parts = [np.concatenate(column)[which] for column in zip(*found, strict=True)]
            agree[typed], clash[typed], matches[typed] = parts
        return agree, clash, matches
