"""Small graphs, and what evidence says of them by loops over their triples."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import product
from math import log, log1p, sqrt
from typing import NamedTuple

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dualamn.config import AlignerConfig
from dualamn.evidence.overlap import Back, MatchedStatements, match_statements
from dualamn.evidence.statements import Statements
from dualamn.graphs.knowledge_graph import KnowledgeGraph

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SETTINGS = AlignerConfig(
    evidence_rounds=3,
    evidence_weight=0.12,
    evidence_share_weight=0.6,
    temperature=0.03,
    sinkhorn_rounds=50,
)
Groups = dict[tuple[int, int], list[int]]


def made_kg(triples: list[tuple[int, int, int]], n: int, r: int) -> KnowledgeGraph:
    return KnowledgeGraph.from_arrays(
        "made", triples, [f"e{i}" for i in range(n)], [f"r{i}" for i in range(r)]
    )


@st.composite
def graphs(draw: st.DrawFn) -> KnowledgeGraph:
    """Up to 7 entities and 3 relations: loops, hubs and triples both ways come by themselves."""
    n, r = draw(st.integers(1, 7)), draw(st.integers(1, 3))
    ends, relations = st.integers(0, n - 1), st.integers(0, r - 1)
    return made_kg(draw(st.lists(st.tuples(ends, relations, ends), max_size=18)), n, r)


NOTHING = made_kg([], 1, 0)
ALONE = made_kg([], 4, 2)
LOOP = made_kg([(0, 0, 0)], 1, 1)
BOTH_WAYS = made_kg([(0, 0, 1), (1, 0, 0), (0, 1, 1), (0, 0, 1)], 3, 2)
HUB = made_kg([(i, 0, 0) for i in range(7)] + [(0, 1, i) for i in range(7)], 7, 2)


ODD_PAIRS = (
    *((NOTHING, NOTHING), (NOTHING, HUB), (HUB, NOTHING), (ALONE, BOTH_WAYS)),
    *((LOOP, LOOP), (BOTH_WAYS, BOTH_WAYS), (HUB, HUB)),
)


def with_any_graphs(test: Callable[..., None]) -> Callable[..., None]:
    """Any left and right graph with a seed, the odd pairs always among them."""
    for seed, (left, right) in product((0, 1, 5), ODD_PAIRS):
        test = example(left=left, right=right, seed=seed)(test)
    return given(left=graphs(), right=graphs(), seed=st.integers(0, 10_000))(test)


def plain_groups(kg: KnowledgeGraph) -> Groups:
    """Whom each (neighbour, relation) holds for; inverses come after the relations."""
    groups: Groups = defaultdict(list)
    for head, relation, tail in kg.triples.tolist():
        groups[tail, relation].append(head)
        groups[head, relation + kg.n_relations].append(tail)
    return groups


def information_of(kg: KnowledgeGraph) -> Floats:
    """The information of all statements about every entity."""
    information = np.zeros(kg.n_entities)
    for members in plain_groups(kg).values():
        information[members] += log(kg.n_entities / len(members))
    return information


class Known(NamedTuple):
    """Two graphs, and what is known of both.

    Attributes:
        left, right: the graphs.
        weights: (2r, 2r') with which their relations stand for each other.
        pairs: (p,) and (p,) entities that may be the same.
        probability: (p,) how sure that is.
        back: (p,) how sure without what came from whom either is known by; the same if None.
        known_by: whom entities of either graph are known by.
    """

    left: KnowledgeGraph
    right: KnowledgeGraph
    weights: Floats
    pairs: tuple[Ints, Ints]
    probability: Floats
    back: Floats | None = None
    known_by: tuple[dict[int, int], dict[int, int]] = ({}, {})

    def statements(self) -> tuple[Statements, Statements, MatchedStatements]:
        """Those of either graph, and which are the same, by the code that is tested."""
        left, right = Statements.of(self.left), Statements.of(self.right)
        weights = csr_array(self.weights)
        back = None
        if self.back is not None:
            one, two = (
                np.array([by.get(i, -1) for i in range(kg.n_entities)])
                for by, kg in zip(self.known_by, (self.left, self.right), strict=True)
            )
            back = Back(left.only_for(one), right.only_for(two), self.back)
        pairs = self.pairs
        return left, right, match_statements(left, right, weights, pairs, self.probability, back)

    @property
    def shape(self) -> tuple[int, int]:
        """How many entities either graph has."""
        return self.left.n_entities, self.right.n_entities


def made_alignment(left: KnowledgeGraph, right: KnowledgeGraph, seed: int) -> Known:
    """Weights of relations, up to five pairs of neighbours, and how sure each is, at random."""
    rng = np.random.default_rng(seed)
    n_pairs = int(rng.integers(0, 6))
    pairs = rng.integers(0, left.n_entities, n_pairs), rng.integers(0, right.n_entities, n_pairs)
    weights = rng.random((2 * left.n_relations, 2 * right.n_relations))
    weights *= rng.random(weights.shape) < 0.6
    probability = rng.random(n_pairs)
    # The same pair twice would be two neighbours that speak.
    once = np.unique(pairs[0] * right.n_entities + pairs[1], return_index=True)[1]
    pairs, probability = (pairs[0][once], pairs[1][once]), probability[once]
    mute = rng.random(left.n_entities) < 0.7, rng.random(right.n_entities) < 0.7
    known_by = plain_known_by(left, mute[0]), plain_known_by(right, mute[1])
    return Known(left, right, weights, pairs, probability, probability * 0.3, known_by)


def plain_known_by(kg: KnowledgeGraph, mute: NDArray[np.bool_]) -> dict[int, int]:
    """The single neighbour of entities, without mute ones that are known by a single one too."""
    near: dict[int, set[int]] = {i: set() for i in range(kg.n_entities)}
    for head, _, tail in kg.triples.tolist():
        if head != tail:
            near[head].add(tail)
            near[tail].add(head)
    found = {i: min(others) for i, others in near.items() if len(others) == 1}
    new = found
    for _ in range(4):
        for gone in [i for i in new if mute[i]]:
            near[found[gone]].discard(gone)
        new = {i: min(near[i]) for i in near if len(near[i]) == 1 and i not in found}
        found = found | new
    return found


def plain_matches(known: Known) -> Iterator[tuple[float, list[int], list[int], tuple[int, int]]]:
    """How sure it is that two statements are the same, whom each holds for, and the neighbours."""
    back = known.probability if known.back is None else known.back
    one, two = known.known_by
    for y, y_right, p, alone in zip(*known.pairs, known.probability, back, strict=True):
        for (end, relation), members in plain_groups(known.left).items():
            for (other_end, other), others in plain_groups(known.right).items():
                returns = members == [one.get(y)] or others == [two.get(y_right)]
                same = known.weights[relation, other] * (alone if returns else p)
                if (end, other_end) == (y, y_right) and same > 0.02:
                    yield same, members, others, (end, other_end)


def plain_overlap(known: Known) -> Floats:
    """The evidence of all pairs of entities: of every two neighbours the strongest."""
    strongest: dict[tuple[int, int], Floats] = {}
    for same, members, others, neighbours in plain_matches(known):
        chance = same / sqrt(len(members) * len(others))
        if chance > 0.01:
            table = strongest.setdefault(neighbours, np.zeros(known.shape))
            place = np.ix_(members, others)
            table[place] = np.maximum(table[place], -log1p(-min(chance, 0.99)))
    return np.sum(list(strongest.values()), axis=0) if strongest else np.zeros(known.shape)


def plain_similarity(known: Known) -> Floats:
    """The similarity of all pairs of entities by all their statements."""
    left, right = known.left, known.right
    common = np.zeros(known.shape)
    for same, members, others, _ in plain_matches(known):
        information = log(left.n_entities / len(members)) + log(right.n_entities / len(others))
        common[np.ix_(members, others)] += same * information / 2
    return common / np.sqrt(np.outer(information_of(left), information_of(right)) + 1)
