"""What can be asked of synthetic data; the defaults make it as hard as DBP15K."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from dualamn.errors import DataError, did_you_mean

PerGraph = int | tuple[int, ...]
"""One whole number for all graphs, or one for each."""

_LARGEST_ENTITIES = 100_000_000
_LARGEST_TRIPLES = 10_000_000_000
_LARGEST_RELATIONS = 100_000
_MAY_BE_NONE = ("triples", "relations", "seeds")
PER_GRAPH = ("entities", "triples", "degree", "relations")
"""The options that may have one number for each graph."""


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
            mean over the graphs. A graph with more triples lacks fewer.
        uneven: how unevenly triples are missing. 0 lets all be missing alike; with more, some
            entities, relations and kinds of entities lose most of theirs, in each graph others.
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

    entities: PerGraph = 20_000
    graphs: int = 2
    triples: PerGraph | None = None
    degree: float | tuple[float, ...] = 8.5
    relations: PerGraph | None = None
    overlap: float = 0.77
    missing: float = 0.385
    uneven: float = 4.0
    contradictory: float = 0.05
    lone_degree: float = 0.19
    lone_heads: float = 0.0
    degree_exponent: float = 3.0
    relation_exponent: float = 1.5
    functional: float = 0.3
    repeated: float = 0.85
    typical: float = 0.95
    values: float = 0.65
    popularity: float = 0.06
    local: float = 0.95
    nearness: float = 1.2
    parallel: float = 0.12
    relation_split: float = 0.3
    shared_relations: bool = False
    seeds: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        _check_numbers(self)
        for name in PER_GRAPH:
            value = getattr(self, name)
            if isinstance(value, tuple) and len(value) != self.graphs:
                raise DataError(
                    f"{name} has {len(value)} numbers for {self.graphs} graphs; "
                    "give one for all or one for each"
                )


@dataclass(frozen=True)
class _Range:
    low: float
    high: float
    whole: bool = False
    open: bool = False

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        between = "between" if self.open else "from"
        join = "and" if self.open else "to"
        return f"{kind} {between} {self.low:,} {join} {self.high:,}"

    def holds(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            return False
        if self.open:
            return self.low < value < self.high
        return self.low <= value <= self.high


_SHARE = _Range(0, 1)
_RANGES: Mapping[str, _Range] = MappingProxyType(
    {
        "entities": _Range(2, _LARGEST_ENTITIES, whole=True),
        "graphs": _Range(2, 26, whole=True),
        "triples": _Range(1, _LARGEST_TRIPLES, whole=True),
        "degree": _Range(0.1, 10_000),
        "relations": _Range(1, _LARGEST_RELATIONS, whole=True),
        "overlap": _SHARE,
        "missing": _Range(0, 0.99),
        "uneven": _Range(0, 100),
        "contradictory": _SHARE,
        "lone_degree": _SHARE,
        "lone_heads": _SHARE,
        "degree_exponent": _Range(2.05, 100),
        "relation_exponent": _Range(0, 10),
        "functional": _SHARE,
        "repeated": _Range(0, 0.95),
        "typical": _SHARE,
        "values": _SHARE,
        "popularity": _Range(0.001, 1000),
        "local": _SHARE,
        "nearness": _Range(1, 1_000_000),
        "parallel": _Range(0, 0.9),
        "relation_split": _Range(0, 0.9),
        "seeds": _Range(0, 1, open=True),
        "seed": _Range(0, 2**63 - 1, whole=True),
    }
)


def _check_numbers(options: SyntheticOptions) -> None:
    for name, allowed in _RANGES.items():
        given = getattr(options, name)
        if given is None and name in _MAY_BE_NONE:
            continue
        several = isinstance(given, tuple) and name in PER_GRAPH
        for value in given if several else (given,):
            if not allowed.holds(value):
                raise DataError(f"{name} is {value}; use {allowed}")


@dataclass(frozen=True)
class SyntheticPreset:
    """What a name stands for.

    Attributes:
        summary: one line for the help.
        options: what is made.
    """

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

    Args:
        name: of the preset.
        changes: options by name. Other `entities` come with the number of relations that fits
            them, and for another number of `graphs` each is as the preset's first, unless said.

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
