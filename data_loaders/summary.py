"""Describes a task: sizes, degrees, isolated entities and links."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dualamn.graphs.task import AlignmentTask


@dataclass(frozen=True)
class GraphSummary:
    """One graph in numbers.

    Attributes:
        name: its name.
        entities, relations, triples: how many it has; triples are distinct.
        mean_degree, median_degree, max_degree: triples an entity is part of, over all entities.
        isolated: entities without any triple.
        linked: entities with a known link, of any use, to another graph.
    """

    name: str
    entities: int
    relations: int
    triples: int
    mean_degree: float
    median_degree: float
    max_degree: int
    isolated: int
    linked: int

    @property
    def linked_share(self) -> float:
        """The share of entities with a known link; 0 for a graph without entities."""
        return self.linked / self.entities if self.entities else 0.0


@dataclass(frozen=True)
class PairSummary:
    """The links between two graphs in numbers.

    Attributes:
        left, right: the names of the graphs.
        seed, valid, test: how many links of each use.
    """

    left: str
    right: str
    seed: int
    valid: int
    test: int


@dataclass(frozen=True)
class TaskSummary:
    """A task in numbers.

    Attributes:
        name: the task's name.
        graphs: one entry a graph.
        pairs: one entry for every pair of graphs.
        relations: how many distinct relations all graphs have together.
        shared_relations: how many of them two or more graphs use.
        notes: what loading merged or skipped.
    """

    name: str
    graphs: tuple[GraphSummary, ...]
    pairs: tuple[PairSummary, ...]
    relations: int
    shared_relations: int
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dictionaries, lists, strings and numbers."""
        content = asdict(self)
        for entry, graph in zip(content["graphs"], self.graphs, strict=True):
            entry["linked_share"] = graph.linked_share
        return {key: list(x) if isinstance(x, tuple) else x for key, x in content.items()}


def describe(task: AlignmentTask) -> TaskSummary:
    """What is in a task, for people and reports."""
    links = np.concatenate([task.seed_links, task.valid_links, task.test_links])
    is_linked = np.zeros(task.n_entities, dtype=bool)
    is_linked[links] = True
    graphs = []
    for number, kg in enumerate(task.kgs):
        degrees = kg.degrees
        graphs.append(
            GraphSummary(
                name=kg.name,
                entities=kg.n_entities,
                relations=kg.n_relations,
                triples=kg.n_triples,
                mean_degree=float(degrees.mean()) if degrees.size else 0.0,
                median_degree=float(np.median(degrees)) if degrees.size else 0.0,
                max_degree=int(degrees.max(initial=0)),
                isolated=int((degrees == 0).sum()),
                linked=int(is_linked[task.source_of == number].sum()),
            )
        )
    pairs = tuple(
        PairSummary(
            task.kg_names[left],
            task.kg_names[right],
            len(task.links_between(task.seed_links, left, right)),
            len(task.links_between(task.valid_links, left, right)),
            len(task.links_between(task.test_links, left, right)),
        )
        for left, right in task.kg_pairs
    )
    users = Counter(relation for kg in task.kgs for relation in kg.relations)
    return TaskSummary(
        name=task.name,
        graphs=tuple(graphs),
        pairs=pairs,
        relations=task.n_relations,
        shared_relations=sum(count > 1 for count in users.values()),
        notes=task.notes,
    )
