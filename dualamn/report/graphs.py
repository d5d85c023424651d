"""The graphs of a task in numbers and figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from dualamn.data_loaders.summary import GraphHealth, GraphSummary, Health, TaskSummary
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.kernels.arrays import BoolArray
from dualamn.probability.calibration import JudgedLinks
from dualamn.report.markup import Shown, histogram, short_count, shown

MOST_RELATIONS = 8


@dataclass(frozen=True)
class GraphProfile:
    """One graph.

    Attributes:
        name: its name.
        summary, health: its numbers.
        aligned: whether it was aligned with another graph.
        linked: entities with a link that was found.
        seeded: those with a seed link and none that was found.
        unmatched: those with neither.
        degrees: a figure of the triples that entities are part of.
        relations: the most used ones, with how many triples they make.
    """

    name: Shown
    summary: GraphSummary
    health: GraphHealth
    aligned: bool
    linked: int
    seeded: int
    unmatched: int
    degrees: Markup
    relations: tuple[tuple[Shown, int], ...]


def profile_graphs(
    alignment: JudgedLinks, summary: TaskSummary, health: Health
) -> tuple[GraphProfile, ...]:
    """Every graph of the task, in its order."""
    task = alignment.task
    linked, seeded = (
        _ends(task.n_entities, alignment.links),
        _ends(task.n_entities, task.seed_links),
    )
    aligned = {side for pair in alignment.pairs for side in (pair.left, pair.right)}
    found = []
    for number, kg in enumerate(task.kgs):
        at = slice(int(task.entity_offsets[number]), int(task.entity_offsets[number + 1]))
        found.append(
            GraphProfile(
                shown(kg.name),
                summary.graphs[number],
                health.graphs[number],
                number in aligned,
                int(linked[at].sum()),
                int((seeded[at] & ~linked[at]).sum()),
                int((~seeded[at] & ~linked[at]).sum()),
                _degree_figure(kg),
                _relations(kg),
            )
        )
    return tuple(found)


def _ends(n: int, links: np.ndarray) -> BoolArray:
    ends = np.zeros(n, dtype=np.bool_)
    ends[links] = True
    return ends


def _degree_figure(kg: KnowledgeGraph) -> Markup:
    """Entities by their number of triples: 0, 1, 2 to 3, 4 to 7 and so on."""
    number = np.ceil(np.log2(kg.degrees.astype(np.float64) + 1)).astype(np.int64)
    counts = np.bincount(number, minlength=2).tolist()
    starts = [0, *(2**at for at in range(len(counts) - 1))]
    bins = [(short_count(s), str(s) if s < 2 else f"{s:,} to {2 * s - 1:,}") for s in starts]
    return histogram(
        counts,
        list(range(len(counts) + 1)),
        title="Entities by degree",
        labels=("degree, from", "entities"),
        bins=bins,
    )


def _relations(kg: KnowledgeGraph) -> tuple[tuple[Shown, int], ...]:
    counts = np.bincount(kg.triples[:, 1], minlength=kg.n_relations)
    best = np.argsort(-counts, kind="stable")[:MOST_RELATIONS]
    return tuple((shown(kg.relations[at], brief=True), int(counts[at])) for at in best)
