"""What can be asked of synthetic data, and the exact counts of everything that come of it.

The defaults make it as hard as DBP15K.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Annotated, Any, TypeVar, get_type_hints

from dualamn.errors import DataError, did_you_mean

PER_GRAPH = ("entities", "triples", "degree", "relations")
"""The options that may have one number for each graph."""

TRIPLES_PER_PART = 1 << 19

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class _Range:
    """Which numbers an option may have."""

    low: float
    high: float
    whole: bool = False
    open: bool = False

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        between, join = ("between", "and") if self.open else ("from", "to")
        return f"{kind} {between} {self.low:,} {join} {self.high:,}"

    def holds(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            return False
        if self.open:
            return self.low < value < self.high
        return self.low <= value <= self.high


Share = Annotated[float, _Range(0, 1)]


@dataclass(frozen=True)
class SyntheticOptions:
    """What to make. All graphs are derived from one hidden graph.

    Linked entities lie on a hidden line. Those near each other on it resemble each other: they
    have relations, values and gaps in common, as entities of one kind do. All shares are from 0
    to 1. The defaults are those of DBP15K's likeness; only its sizes are a preset.

    Attributes:
        entities: how many each graph has, exactly.
        graphs: how many graphs, from 2 to 26.
        triples: how many distinct triples each graph has, exactly. None leaves it to `degree`.
        degree: of how many triples an entity is part, the mean; `triples` sets it aside.
        relations: how many relations each graph may use; the rarest can stay without a triple.
            None is one for every 13 entities of the smallest graph, and 1,500 at most.
        overlap: the share of the smallest graph's entities that are linked. The same entities
            are in all graphs, so every pair of graphs has the same number of links.
        missing: the share of the hidden triples between linked entities that a graph lacks, the
            mean over the graphs.
        uneven: how unevenly triples are missing; 0 is even. With more, some entities, relations
            and kinds of entities lose most of theirs, in each graph others.
        contradictory: the share of the triples two graphs have in common whose tail is replaced
            in one of them.
        lone_degree: the degree of an entity without counterpart, as a share of a linked one's.
        lone_heads: the share of the triples of entities without counterpart that start at one.
            The others lead to one, as all do in DBP15K.
        degree_exponent: the exponent of the power law by which values are popular; above 2.
            Out-degrees follow a steeper one, with an exponent larger by 1.
        relation_exponent: the exponent of the power law that frequencies of relations follow by
            rank, after the first ten, which differ less.
        functional: the share of the triples with relations that have one tail for a head.
        repeated: the chance that a triple has the relation of its head's last one, where that
            relation is not functional.
        typical: the share of the triples whose relation is one of the eight that entities of the
            same kind have.
        values: the share of the triples that lead to the values of their relation, as those of
            attributes do; the others lead to an entity nearby.
        popularity: how many values a relation has for every triple, the median of all relations.
            Few values are popular, many are rare.
        local: the share of the triples to values that have a value of nearby entities too.
        nearness: how far away entities nearby are on the hidden line, the mean; at least 1.
        parallel: the share of the triples whose head and tail another triple joins as well.
        relation_split: the share of the smallest graph's relations that are parts of hidden
            ones. Each graph splits others.
        shared_relations: whether all graphs call and split their relations alike.
        seeds: the share of the links that are published as seeds; None publishes no split.
        seed: draws everything. The same options give the same graphs.

    Raises:
        DataError: a number is out of its range, or there are not as many as graphs.
    """

    entities: Annotated[int | tuple[int, ...], _Range(2, 100_000_000, whole=True)] = 20_000
    graphs: Annotated[int, _Range(2, 26, whole=True)] = 2
    triples: Annotated[int | tuple[int, ...] | None, _Range(1, 10_000_000_000, whole=True)] = None
    degree: Annotated[float | tuple[float, ...], _Range(0.1, 10_000)] = 8.5
    relations: Annotated[int | tuple[int, ...] | None, _Range(1, 100_000, whole=True)] = None
    overlap: Share = 0.77
    missing: Annotated[float, _Range(0, 0.99)] = 0.385
    uneven: Annotated[float, _Range(0, 100)] = 4.0
    contradictory: Share = 0.05
    lone_degree: Share = 0.19
    lone_heads: Share = 0.0
    degree_exponent: Annotated[float, _Range(2.05, 100)] = 3.0
    relation_exponent: Annotated[float, _Range(0, 10)] = 1.5
    functional: Share = 0.3
    repeated: Annotated[float, _Range(0, 0.95)] = 0.85
    typical: Share = 0.95
    values: Share = 0.65
    popularity: Annotated[float, _Range(0.001, 1000)] = 0.06
    local: Share = 0.95
    nearness: Annotated[float, _Range(1, 1_000_000)] = 1.2
    parallel: Annotated[float, _Range(0, 0.9)] = 0.12
    relation_split: Annotated[float, _Range(0, 0.9)] = 0.3
    shared_relations: bool = False
    seeds: Annotated[float | None, _Range(0, 1, open=True)] = None
    seed: Annotated[int, _Range(0, 2**63 - 1, whole=True)] = 0

    def __post_init__(self) -> None:
        kinds = get_type_hints(SyntheticOptions, include_extras=True)
        for option in fields(self):
            name, given = option.name, getattr(self, option.name)
            (allowed,) = getattr(kinds[name], "__metadata__", (None,))
            if allowed is None or (given is None and option.default is None):
                continue
            for value in given if isinstance(given, tuple) and name in PER_GRAPH else (given,):
                if not allowed.holds(value):
                    raise DataError(f"{name} is {value}; use {allowed}")
        for name in PER_GRAPH:
            given = getattr(self, name)
            if isinstance(given, tuple) and len(given) != self.graphs:
                raise DataError(
                    f"{name} has {len(given)} numbers for {self.graphs} graphs; "
                    "give one for all or one for each"
                )


@dataclass(frozen=True)
class SyntheticPreset:
    """What a name stands for, and one line for the help."""

    summary: str
    options: SyntheticOptions


PRESETS: Mapping[str, SyntheticPreset] = MappingProxyType(
    {
        "dbp15k-like": SyntheticPreset(
            "19,388 + 19,572 entities, 165,556 triples, 15,000 links",
            SyntheticOptions(
                entities=(19_388, 19_572),
                degree=(2 * 70_414 / 19_388, 2 * 95_142 / 19_572),
                relations=(1_701, 1_323),
                overlap=15_000 / 19_388,
            ),
        ),
        "dwy100k-like": SyntheticPreset(
            "100,000 + 100,000 entities, 912,068 triples, 100,000 links, 30% of them seeds",
            SyntheticOptions(
                entities=100_000,
                degree=(2 * 463_294 / 100_000, 2 * 448_774 / 100_000),
                relations=(330, 220),
                overlap=1.0,
                seeds=0.3,
            ),
        ),
        "1m": SyntheticPreset(
            "1 + 1 million entities, 10 million triples, 770,000 links, 30% of them seeds",
            SyntheticOptions(entities=1_000_000, degree=10.0, seeds=0.3),
        ),
        "10m": SyntheticPreset(
            "10 + 10 million entities, 100 million triples, 7,700,000 links, 30% of them seeds",
            SyntheticOptions(entities=10_000_000, degree=10.0, seeds=0.3),
        ),
    }
)
"""Every preset by name. They differ in size, overlap and split only: what makes links hard to find
is set by DBP15K ZH-EN, in all of them."""


def preset_options(name: str, **changes: Any) -> SyntheticOptions:
    """The options that a preset stands for, some of them replaced.

    Other `entities` come with the number of relations that fits them, and for another number of
    `graphs` each is as the preset's first, unless said.

        >>> preset_options("1m", entities=2000, seed=4).degree
        10.0

    Raises:
        DataError: there is no such preset, or an option is out of its range.
    """
    if name not in PRESETS:
        raise DataError(
            f"there is no preset {name!r}{did_you_mean(name, PRESETS) or ';'} "
            f"the presets are {', '.join(PRESETS)}"
        )
    options = PRESETS[name].options
    if "entities" in changes:
        changes = {"relations": None, **changes}
    if changes.get("graphs", options.graphs) != options.graphs:
        every = {field: getattr(options, field) for field in PER_GRAPH}
        firsts = {key: value[0] for key, value in every.items() if isinstance(value, tuple)}
        changes = {**firsts, **changes}
    return replace(options, **changes)


@dataclass(frozen=True)
class GraphCounts:
    """The counts of one graph.

    Attributes:
        entities, triples: all of them. Entities with a counterpart come first.
        dangling: entities without counterpart.
        linked_triples: triples between linked entities.
        dangling_tails: triples from a linked entity to one without counterpart.
        dangling_heads: triples that start at an entity without counterpart.
        relations: how many it may use.
    """

    entities: int
    dangling: int
    triples: int
    linked_triples: int
    dangling_tails: int
    dangling_heads: int
    relations: int


@dataclass(frozen=True)
class Counts:
    """The counts of everything.

    The hidden graph is made in parts, each of the triples of consecutive heads, so that no more
    than a part is in memory.

    Attributes:
        options: where the counts come from.
        links: entities in every graph.
        hidden_triples, hidden_relations: of the hidden graph, all between linked entities.
        graphs: the counts of every graph.
        parts: how many parts there are, see `share_of`.
    """

    options: SyntheticOptions
    links: int
    hidden_triples: int
    hidden_relations: int
    graphs: tuple[GraphCounts, ...]
    parts: int


def count_all(options: SyntheticOptions) -> Counts:
    """The counts that options come to.

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
        _count_graph(options, links, *numbers)
        for numbers in zip(entities, triples, relations, strict=True)
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
    return Counts(options, links, hidden, hidden_relations, graphs, min(parts, links))


def share_of(count: int, part: int, parts: int) -> range:
    """The part-th of `parts` consecutive ranges that make up `count`, nearly equal in size."""
    return range(count * part // parts, count * (part + 1) // parts)


def _each(value: Number | tuple[Number, ...], graphs: int) -> tuple[Number, ...]:
    return value if isinstance(value, tuple) else (value,) * graphs


def _count_graph(
    options: SyntheticOptions, links: int, entities: int, triples: int, relations: int
) -> GraphCounts:
    dangling = entities - links
    # With these, the mean degrees of both kinds of entities have the ratio asked for, as long
    # as every triple of a dangling entity has one such end.
    weight = options.lone_degree * dangling
    of_dangling = min(round(2 * triples * weight / (links + weight)), triples - 1)
    from_dangling = round(options.lone_heads * of_dangling)
    return GraphCounts(
        entities,
        dangling,
        triples,
        triples - of_dangling,
        of_dangling - from_dangling,
        from_dangling,
        relations,
    )
