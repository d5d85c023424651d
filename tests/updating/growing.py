"""A small world that grows: tasks of a part of its statements, and what is added to them."""

from collections.abc import Callable
from typing import Any

import dualamn
from dualamn import AlignmentTask
from dualamn.bench.synthetic_task import make_task
from dualamn.graphs.knowledge_graph import KnowledgeGraph

Statements = dict[str, list[tuple[str, str, str]]]

CALM: dict[str, Any] = {"calibrate": False, "relation_dim": 16}


def statements(kg: KnowledgeGraph) -> list[tuple[str, str, str]]:
    h, r, t = kg.triples.T
    columns = kg.entities[h].tolist(), kg.relations[r].tolist(), kg.entities[t].tolist()
    return list(zip(*columns, strict=True))


def number(entity: str) -> int:
    """The entity of the hidden graph that an identifier stands for: counterparts have the same."""
    return int(entity.split("/")[1])


class World:
    """Two graphs of a hidden one, with the statements about some entities left out at first.

    Attributes:
        old: statements of both graphs without those about late entities.
        new: the statements about these.
        seeds: links known from the first day.
    """

    def __init__(
        self,
        n: int = 200,
        *,
        late: Callable[[int], bool] = lambda entity: entity % 8 == 0,
        seed: int = 1,
        n_kgs: int = 2,
    ) -> None:
        self.whole = make_task(n, seed=seed, n_kgs=n_kgs)
        self.old: Statements = {}
        self.new: Statements = {}
        for kg in self.whole.kgs:
            every = statements(kg)
            is_late = [late(number(h)) or late(number(t)) for h, _, t in every]
            self.old[kg.name] = [s for s, at in zip(every, is_late, strict=True) if not at]
            self.new[kg.name] = [s for s, at in zip(every, is_late, strict=True) if at]
        there = {end for own in self.old.values() for h, _, t in own for end in (h, t)}
        pairs = self.whole.identifiers(self.whole.seed_links).tolist()
        self.seeds = [tuple(pair) for pair in pairs if set(pair) <= there]

    def task(self, *parts: Statements) -> AlignmentTask:
        """The task of the old statements and more."""
        graphs = {
            name: own + [s for part in parts for s in part.get(name, [])]
            for name, own in self.old.items()
        }
        if len(graphs) == 2:
            return dualamn.as_task(graphs, self.seeds)
        table = [(a[0], a, b[0], b) for a, b in self.seeds]
        import pandas

        columns = ["left_source", "left", "right_source", "right"]
        return dualamn.as_task(graphs, pandas.DataFrame(table, columns=columns))


def links(alignment: dualamn.Alignment) -> set[tuple[str, str]]:
    columns = alignment.written().columns()
    return set(zip(columns.left.tolist(), columns.right.tolist(), strict=True))


def correct(found: set[tuple[str, str]]) -> int:
    return sum(number(left) == number(right) for left, right in found)
