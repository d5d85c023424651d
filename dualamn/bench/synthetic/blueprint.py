"""How many of everything the graphs have: the options turned into exact counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from dualamn.bench.synthetic.synthetic_options import MadeOptions
from dualamn.errors import DataError

TRIPLES_PER_PART = 1 << 19

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class GraphPlan:
    """The counts of one graph.

    Attributes:
        entities: all of them: the linked ones first, then those without counterpart.
        lone: entities without counterpart.
        triples: all of them.
        linked_triples: triples between linked entities.
        lone_tails: triples from a linked entity to one without counterpart.
        lone_heads: triples that start at an entity without counterpart.
        relations: how many it may use.
    """

    entities: int
    lone: int
    triples: int
    linked_triples: int
    lone_tails: int
    lone_heads: int
    relations: int


@dataclass(frozen=True)
class Plan:
    """The counts of everything.

    The hidden graph is made in parts, each of the triples of consecutive heads, so that no more
    than a part is in memory.

    Attributes:
        options: where the counts come from.
        links: entities in every graph.
        hidden_triples: triples of the hidden graph, which are between linked entities.
        hidden_relations: relations of the hidden graph.
        graphs: the counts of every graph.
        parts: how many parts there are.
    """

    options: MadeOptions
    links: int
    hidden_triples: int
    hidden_relations: int
    graphs: tuple[GraphPlan, ...]
    parts: int

    def heads(self, part: int) -> range:
        """The linked entities whose triples a part holds."""
        return share_of(self.links, part, self.parts)


def make_plan(options: MadeOptions) -> Plan:
    """Turns options into counts.

    Raises:
        DataError: the counts cannot go together.
    """
    entities = _each(options.entities, options.graphs)
    degrees = _each(options.degree, options.graphs)
    by_degree = (
        max(1, round(count * degree / 2)) for count, degree in zip(entities, degrees, strict=True)
    )
    triples = _each(options.triples or tuple(by_degree), options.graphs)
    common = min(1500, max(1, min(entities) // 13))
    relations = _each(options.relations or common, options.graphs)
    if options.shared_relations and len(set(relations)) > 1:
        raise DataError(
            f"relations are {', '.join(map(str, relations))}, but with shared_relations all "
            "graphs have the same; give one number"
        )
    links = round(options.overlap * min(entities))
    if links < 2:
        raise DataError(
            f"overlap {options.overlap:g} of {min(entities)} entities leaves {links} links; "
            "raise overlap or entities to get 2 or more"
        )
    graphs = tuple(
        _graph_plan(options, links, *counts)
        for counts in zip(entities, triples, relations, strict=True)
    )
    kept = [graph.linked_triples for graph in graphs]
    hidden = max(round(sum(kept) / len(kept) / (1 - options.missing)), *kept)
    hidden_relations = max(1, round(min(relations) * (1 - options.relation_split)))
    capacity = links * (links - 1) * hidden_relations
    if hidden > capacity // 2:
        raise DataError(
            f"{max(triples):,} triples are too many for {links:,} linked entities and "
            f"{hidden_relations:,} relations; ask for fewer triples, or raise entities, overlap "
            "or relations"
        )
    parts = max(1, -(-hidden // TRIPLES_PER_PART))
    return Plan(options, links, hidden, hidden_relations, graphs, min(parts, links))


def share_of(count: int, part: int, parts: int) -> range:
    """The part-th of `parts` consecutive ranges that make up `count`, nearly equal in size."""
    return range(count * part // parts, count * (part + 1) // parts)


def _each(value: Number | tuple[Number, ...], graphs: int) -> tuple[Number, ...]:
    return value if isinstance(value, tuple) else (value,) * graphs


def _graph_plan(
    options: MadeOptions, links: int, entities: int, triples: int, relations: int
) -> GraphPlan:
    lone = entities - links
    # With these, the mean degrees of both kinds of entities have the ratio asked for, as long
    # as every lone triple has one lone end.
    weight = options.lone_degree * lone
    of_lone = min(round(2 * triples * weight / (links + weight)), triples - 1)
    from_lone = round(options.lone_heads * of_lone)
    return GraphPlan(
        entities, lone, triples, triples - of_lone, of_lone - from_lone, from_lone, relations
    )
