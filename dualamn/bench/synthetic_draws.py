"""Exact counts of everything that synthetic graphs have, and random draws that come to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from dualamn.bench.synthetic_options import SyntheticOptions
from dualamn.errors import DataError
from dualamn.kernels.arrays import BoolArray, Floats, IntArray, splitmix64

TRIPLES_PER_PART = 1 << 19
_TRIES = 200

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class GraphCounts:
    """The counts of one graph.

    Attributes:
        entities: all of them: the linked ones first, then those without counterpart.
        dangling: entities without counterpart.
        triples: all of them.
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
        hidden_triples: triples of the hidden graph, which are between linked entities.
        hidden_relations: relations of the hidden graph.
        graphs: the counts of every graph.
        parts: how many parts there are.
    """

    options: SyntheticOptions
    links: int
    hidden_triples: int
    hidden_relations: int
    graphs: tuple[GraphCounts, ...]
    parts: int

    def heads(self, part: int) -> range:
        """The linked entities whose triples a part holds."""
        return share_of(self.links, part, self.parts)


def count_all(options: SyntheticOptions) -> Counts:
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


def generator(seed: int, *purpose: int) -> np.random.Generator:
    """Independent random numbers for every purpose."""
    return np.random.default_rng([seed, *purpose])


def mixed_bits(seed: int, numbers: IntArray) -> Floats:
    """(m,) numbers from 0 to below 1 that look drawn at random, alike where `numbers` are."""
    bits = splitmix64(numbers.astype(np.uint64), seed)
    chances: Floats = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return chances


def popular_ranks(luck: Floats, widths: IntArray | int, exponent: float) -> IntArray:
    """Ranks from 0 to below `widths`; how often each comes up follows a power law.

    Ranks come up in proportion to about rank^-b with b = 1 / (exponent - 1); how often they do is
    then distributed with the exponent asked for.

    Args:
        luck: (m,) uniform from 0 to below 1.
        widths: how many ranks there are, for each or for all.
        exponent: above 2.
    """
    shape = (exponent - 1) / (exponent - 2)
    ranks: IntArray = np.minimum((luck**shape * widths).astype(np.int64), widths - 1)
    return ranks


def degrees(rng: np.random.Generator, total: int, count: int, exponent: float) -> IntArray:
    """(count,) numbers that add up to `total`: one for each as far as they go, the rest by a
    power law."""
    if total <= count:
        chosen = np.zeros(count, dtype=np.int64)
        chosen[rng.permutation(count)[:total]] = 1
        return chosen
    weights = (1 - rng.random(count)) ** (-1 / (exponent - 1))
    exact = weights * ((total - count) / weights.sum())
    drawn = exact.astype(np.int64)
    # What rounding down left over goes where most was cut off.
    left = total - count - int(drawn.sum())
    drawn[np.argsort(drawn - exact, kind="stable")[:left]] += 1
    each: IntArray = drawn + 1
    return each


def repair(
    keys: Callable[[], IntArray],
    is_loop: Callable[[], BoolArray],
    may_change: BoolArray,
    redraw: Callable[[IntArray, int], None],
) -> None:
    """Draws anew what repeats a row, or is no row that may be.

    Args:
        keys: gives a number for every row, alike where rows are.
        is_loop: gives the rows that may not stay.
        may_change: (m,) the rows that can be drawn anew. Of rows that repeat, the first that may
            not change stays, or else the first.
        redraw: draws the rows at some positions anew; is told the how manieth try this is.

    Raises:
        DataError: there is no room for so many distinct rows.
    """
    for attempt in range(_TRIES):
        bad = _repeated(keys(), may_change) | is_loop()
        if not bad.any():
            return
        redraw(np.flatnonzero(bad), attempt)
    raise DataError(
        "there is no room for so many distinct triples; ask for fewer, or for more entities or "
        "relations"
    )


def _repeated(keys: IntArray, may_change: BoolArray) -> BoolArray:
    """(m,) bool: the rows to draw anew so that no key is there twice."""
    bad = np.zeros(len(keys), dtype=bool)
    ordered = np.sort(keys)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return bad
    at = np.minimum(np.searchsorted(twice, keys), len(twice) - 1)
    among = np.flatnonzero(twice[at] == keys)
    # Alike rows together; among them, the one that stays comes first.
    among = among[np.lexsort((among, may_change[among], keys[among]))]
    stays = np.ones(len(among), dtype=bool)
    stays[1:] = keys[among[1:]] != keys[among[:-1]]
    bad[among] = ~stays & may_change[among]
    return bad
