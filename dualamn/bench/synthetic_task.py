"""Synthetic alignment tasks whose every link is known, for tests and first steps."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from dualamn.errors import DataError
from dualamn.graphs.knowledge_graph import KnowledgeGraph, distinct_rows
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Floats, IntArray

_RANGES = {
    "n_entities": (2, 10_000_000),
    "n_kgs": (2, 26),
    "n_relations": (1, 1_000_000),
    "mean_degree": (0, 10_000),
    "keep_triples": (0, 1),
    "unmatched": (0, 1),
    "train_ratio": (0, 1),
}


def make_task(
    n_entities: int = 200,
    *,
    n_kgs: int = 2,
    n_relations: int = 12,
    mean_degree: float = 8.0,
    keep_triples: float = 0.8,
    unmatched: float = 0.1,
    train_ratio: float = 0.3,
    shared_relations: bool = False,
    diagonal: bool = False,
    seed: int = 0,
) -> AlignmentTask:
    """Derives knowledge graphs from one hidden graph, so that every link between them is known.

    The hidden graph's degrees and relations follow power laws. Each graph lacks some of its
    entities and triples; an entity left without a triple is not in the graph. The entity that
    the hidden graph numbers 7 is ``a/7`` in the first graph and ``b/7`` in the second, so an
    entity's true counterparts can be read off its identifier.

        >>> task = make_task(50, seed=1)
        >>> task.identifiers(task.test_links[0]).tolist()
        ['a/0', 'b/0']

    Args:
        n_entities: entities of the hidden graph; at least 2.
        n_kgs: how many graphs to derive, from 2 to 26.
        n_relations: relations of the hidden graph.
        mean_degree: its mean number of triples an entity is part of.
        keep_triples: the share of the hidden triples that each graph keeps.
        unmatched: the share of the hidden entities that each graph lacks.
        train_ratio: the share of every pair's links that are seeds; the others are test links.
        shared_relations: whether all graphs call their relations the same.
        diagonal: leave the entities unpermuted, so that the k-th linked entity has the k-th
            place in each of two graphs. Whatever decides ties by id then finds true links.
        seed: draws everything.

    Raises:
        DataError: an argument is out of its range.
    """
    given = locals()
    for argument, (low, high) in _RANGES.items():
        if not low <= given[argument] <= high:
            raise DataError(f"{argument} is {given[argument]}; use a number from {low} to {high}")
    rng = np.random.default_rng([seed, 0])
    hidden = _hidden_graph(rng, n_entities, n_relations, mean_degree)
    names = [chr(ord("a") + number) for number in range(n_kgs)]
    kept = [_part(rng, hidden, n_entities, keep_triples, unmatched) for _ in names]
    entities = [np.unique(triples[:, [0, 2]]) for triples in kept]
    # Entities that all graphs have come first, in the same order everywhere.
    common = np.bincount(np.concatenate(entities), minlength=n_entities) == n_kgs
    orders = [np.concatenate([own[common[own]], own[~common[own]]]) for own in entities]
    kgs = tuple(
        _graph(name, triples, order, rng.permutation(n_relations), shared_relations)
        for name, triples, order in zip(names, kept, orders, strict=True)
    )
    seeds: dict[tuple[int, int], IntArray] = {}
    test: dict[tuple[int, int], IntArray] = {}
    for left, right in combinations(range(n_kgs), 2):
        _, *places = np.intersect1d(orders[left], orders[right], return_indices=True)
        links = np.stack(places, axis=1)[np.argsort(places[0])]
        is_seed = np.zeros(len(links), dtype=bool)
        is_seed[rng.permutation(len(links))[: round(train_ratio * len(links))]] = True
        seeds[left, right], test[left, right] = links[is_seed], links[~is_seed]
    name = f"synthetic-{n_entities}"
    if not diagonal:
        return AlignmentTask.from_kgs(kgs, seeds, test, name=name, seed=seed)
    offsets = np.cumsum([0, *(kg.n_entities for kg in kgs)])
    joint = [
        np.concatenate([links + offsets[list(pair)] for pair, links in table.items()])
        for table in (seeds, test)
    ]
    seed_links, test_links = (links.astype(np.int32) for links in joint)
    none = np.empty((0, 2), dtype=np.int32)
    return AlignmentTask(name, kgs, seed_links, test_links, none, seed)


def _hidden_graph(
    rng: np.random.Generator, n_entities: int, n_relations: int, mean_degree: float
) -> IntArray:
    """(t, 3) distinct triples without loops, over entities and relations of unequal frequency."""
    n_triples = max(1, round(n_entities * mean_degree / 2))
    popular = rng.permutation(_power_law(n_entities))
    # Whatever is drawn twice is lost, so more is drawn than needed.
    heads = rng.choice(n_entities, size=2 * n_triples, p=popular)
    tails = rng.integers(n_entities, size=2 * n_triples)
    relations = rng.choice(n_relations, size=2 * n_triples, p=_power_law(n_relations))
    rows = np.stack([heads, relations, tails], axis=1)
    return distinct_rows(rows[heads != tails])[:n_triples]


def _power_law(size: int) -> Floats:
    weights = np.arange(1, size + 1, dtype=np.float64) ** -0.7
    shares: Floats = weights / weights.sum()
    return shares


def _part(
    rng: np.random.Generator,
    hidden: IntArray,
    n_entities: int,
    keep_triples: float,
    unmatched: float,
) -> IntArray:
    """The triples that one graph has of the hidden ones; at least one."""
    lacks = np.zeros(n_entities, dtype=bool)
    lacks[rng.permutation(n_entities)[: round(unmatched * n_entities)]] = True
    left = hidden[~lacks[hidden[:, 0]] & ~lacks[hidden[:, 2]]]
    left = left if len(left) else hidden[:1]
    return left[np.sort(rng.permutation(len(left))[: max(1, round(keep_triples * len(left)))])]


def _graph(
    name: str, triples: IntArray, order: IntArray, relation_order: IntArray, shared_relations: bool
) -> KnowledgeGraph:
    """A graph whose entities are in the given order and whose relations have numbers of its own."""
    position = np.zeros(int(order.max()) + 1, dtype=np.int64)
    position[order] = np.arange(len(order))
    prefix = "" if shared_relations else f"{name}/"
    numbers = np.arange(len(relation_order)) if shared_relations else relation_order
    used, relations = np.unique(numbers[triples[:, 1]], return_inverse=True)
    rows = np.stack([position[triples[:, 0]], relations, position[triples[:, 2]]], axis=1)
    return KnowledgeGraph.from_arrays(
        name,
        rows,
        [f"{name}/{number}" for number in order],
        [f"{prefix}r{number}" for number in used],
    )
