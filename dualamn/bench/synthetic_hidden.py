"""The hidden graph that all graphs are derived from: its relations, and its triples in parts.

All is drawn by `generator`, for every purpose anew, or mixed of what shall come out alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dualamn.bench.synthetic_options import Counts, share_of
from dualamn.errors import DataError
from dualamn.kernels.arrays import BoolArray, Floats, Int32Array, IntArray, splitmix64

HEADS_OF_A_KIND = 64
"""How many linked entities in a row are of one kind."""

PATIENT_TRIES = 4
"""After how many tries what is popular is taken to be used up, and anything will do."""

_TRIES = 200

# Chosen with the defaults of the options, for a likeness to DBP15K.
_TYPICAL = 8  # relations of a kind
_FLAT_RANKS = 10  # so many ranks before the power law of frequencies sets in
_SPREAD_OF_WIDTHS = 1.6  # deviation of the logarithm
_LONGEST_RUN = 32  # entities in a row that have the same local value
_LOCAL_VALUES = 3  # of a relation, for the entities that share them
_SKEW_OF_PARTS = 3  # 1 makes all parts of a relation equally common

_SLOTS = 1 << 16
_ODD = 0x2545F4914F6CDD1D  # spreads numbers over 64 bits
_HIDDEN, _SPLIT, _NUMBERS, _PART = 10, 11, 12, 20  # purposes of random numbers


def generator(seed: int, *purpose: int) -> np.random.Generator:
    """Independent random numbers for every purpose."""
    return np.random.default_rng([seed, *purpose])


def mixed_bits(seed: int, numbers: IntArray) -> Floats:
    """(m,) numbers from 0 to below 1 that look drawn at random, alike where `numbers` are."""
    bits = splitmix64(numbers.astype(np.uint64), seed)
    chances: Floats = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return chances


def popular_ranks(luck: Floats, widths: IntArray | int, exponent: float) -> IntArray:
    """(m,) ranks from 0 to below `widths`, drawn by `luck`, (m,) uniform from 0 to below 1.

    Ranks come up in proportion to about rank^-b with b = 1 / (exponent - 1); how often they do is
    then distributed with the exponent asked for, which is above 2.
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


@dataclass(frozen=True, eq=False)
class Relations:
    """The relations of the hidden graph; all arrays have one entry a relation, unless said.

    Attributes:
        slots: (s,) int32 relations, each as often as it is frequent; one drawn at random is a
            relation drawn by frequency, in one look-up.
        functional: whether a head has one tail.
        to_values: whether triples lead to values, and not to entities nearby.
        first: the linked entity that is the most popular value. Some relations share it, as
            those do whose values are of one type.
        width: how many linked entities from there on are values.
        run: how many entities in a row have the same local value.
        typical: the chance that a head's relation is one of the few that its kind has.
        seed: draws which those are.
    """

    slots: Int32Array
    functional: BoolArray
    to_values: BoolArray
    first: IntArray
    width: IntArray
    run: IntArray
    typical: float
    seed: int

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.width)

    def draw(self, rng: np.random.Generator, heads: IntArray, *, any_one: bool = False) -> IntArray:
        """(m,) a relation for every head, by frequency or typical of the head; or just any one."""
        if any_one:
            return rng.integers(self.count, size=len(heads))
        luck = rng.random(len(heads))
        at = np.flatnonzero(rng.random(len(heads)) < self.typical)
        which = (luck[at] ** 2 * _TYPICAL).astype(np.int64)
        luck[at] = mixed_bits(self.seed, heads[at] // HEADS_OF_A_KIND * _TYPICAL + which)
        return self.slots[(luck * len(self.slots)).astype(np.int64)].astype(np.int64)

    def keys(self, heads: IntArray, predicates: IntArray, tails: IntArray) -> IntArray:
        """(m,) a number for every triple, alike for triples that cannot both be there.

        Those are equal ones, and two tails of a head for a functional relation. Heads and tails
        are below 2^32. Where the product is too large for 64 bits it wraps around: different
        triples then get the same number about as often as any two numbers are the same.
        """
        statements = heads * self.count + predicates
        return statements * _ODD + np.where(self.functional[predicates], 0, tails + 1)

    def repair(
        self,
        triples: tuple[IntArray, IntArray, IntArray],
        may_change: BoolArray,
        redraw: Callable[[IntArray, bool], None],
    ) -> None:
        """Draws loops anew, and triples that cannot be there beside others.

        Args:
            triples: heads, relations and tails, each (m,), which `redraw` changes.
            may_change: (m,) what can be drawn anew. Of triples with the same key, the first that
                may not change stays, or else the first.
            redraw: draws the triples at some positions anew; is told whether anything will do.

        Raises:
            DataError: there is no room for so many distinct triples.
        """
        heads, _, tails = triples
        for attempt in range(_TRIES):
            bad = _repeated(self.keys(*triples), may_change) | (heads == tails)
            if not bad.any():
                return
            redraw(np.flatnonzero(bad), attempt >= PATIENT_TRIES)
        raise DataError(
            "there is no room for so many distinct triples; ask for fewer, or for more entities "
            "or relations"
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
    stays = np.append(True, keys[among[1:]] != keys[among[:-1]])
    bad[among] = ~stays & may_change[among]
    return bad


def hidden_relations(counts: Counts) -> Relations:
    """The relations of the hidden graph."""
    options, count = counts.options, counts.hidden_relations
    rng = generator(options.seed, _HIDDEN)
    weights = (np.arange(count) + 1.0 + _FLAT_RANKS) ** -options.relation_exponent
    shares: Floats = weights / weights.sum()
    slots = np.round(shares * max(_SLOTS, 16 * count)).astype(np.int64)
    functional, to_values = _kinds(shares, options.functional, options.values)
    types = rng.integers(counts.links, size=max(1, round(count**0.5)))
    widths = options.popularity * np.exp(_SPREAD_OF_WIDTHS * rng.standard_normal(count))
    widths *= shares * counts.hidden_triples
    return Relations(
        slots=np.repeat(np.arange(count, dtype=np.int32), np.maximum(1, slots)),
        functional=functional,
        to_values=to_values,
        first=types[rng.integers(len(types), size=count)],
        width=np.clip(widths, 2, counts.links).astype(np.int64),
        run=np.exp(rng.random(count) * np.log(_LONGEST_RUN)).astype(np.int64) + 1,
        typical=options.typical,
        seed=options.seed,
    )


def _kinds(shares: Floats, functional: float, values: float) -> tuple[BoolArray, BoolArray]:
    """Whether each relation is functional, and whether it leads to values.

    The commonest relations come first, and each gets the kind that lacks most, so that shares of
    triples come out as asked for even where a few relations have most triples.
    """
    wanted = np.outer([1 - functional, functional], [1 - values, values]).ravel()
    kinds = np.empty(len(shares), dtype=np.int64)
    given = np.zeros(len(wanted))
    for relation, total in enumerate(np.cumsum(shares)):
        kinds[relation] = kind = np.argmax(wanted * total - given)
        given[kind] += shares[relation]
    return kinds >= 2, kinds % 2 == 1


@dataclass(frozen=True, eq=False)
class RelationNames:
    """How one graph calls the hidden relations.

    Attributes:
        parts: into how many relations of the graph each hidden one is split.
        number: the numbers of the graph's relations; those of one hidden relation are in a row.
        begin: where that row begins.
        seed: draws the part that each head has.
    """

    parts: IntArray
    number: IntArray
    begin: IntArray
    seed: int

    def of(self, hidden: IntArray, heads: IntArray) -> IntArray:
        """(m,) the graph's relations for hidden ones; a head has the same one for all its tails.

        Of the parts of a relation the first is the commonest.
        """
        luck = mixed_bits(self.seed, heads * len(self.parts) + hidden)
        part = (luck**_SKEW_OF_PARTS * self.parts[hidden]).astype(np.int64)
        own: IntArray = self.number[self.begin[hidden] + part]
        return own


def relation_names(counts: Counts, graph: int) -> RelationNames:
    """How a graph calls the hidden relations: split at random, and numbered at random."""
    options, hidden = counts.options, counts.hidden_relations
    own = 0 if options.shared_relations else graph
    rng = generator(options.seed, _SPLIT, own)
    more = counts.graphs[graph].relations - hidden
    parts = 1 + np.bincount(rng.integers(hidden, size=more), minlength=hidden)
    seed = int(rng.integers(2**32))
    number = generator(options.seed, _NUMBERS, own).permutation(hidden + more)
    return RelationNames(parts, number, np.cumsum(parts) - parts, seed)


@dataclass(frozen=True, eq=False)
class HiddenPart:
    """Triples of the hidden graph, in the order of their heads.

    Attributes:
        heads, relations, tails: (m,) int64; heads and tails are linked entities.
        first: (m,) bool, whether a triple is its head's first.
    """

    heads: IntArray
    relations: IntArray
    tails: IntArray
    first: BoolArray


def hidden_part(counts: Counts, relations: Relations, part: int) -> HiddenPart:
    """One part of the hidden graph; the same every time."""
    options = counts.options
    rng = generator(options.seed, _PART, part)
    entities = share_of(counts.links, part, counts.parts)
    count = len(share_of(counts.hidden_triples, part, counts.parts))
    # Entities differ less in what is said about them than in how often they are mentioned.
    own = degrees(rng, count, len(entities), options.degree_exponent + 1)
    heads = np.repeat(np.arange(entities.start, entities.stop), own)
    first = np.append(True, heads[1:] != heads[:-1])
    parallel = ~first & (rng.random(count) < options.parallel)
    drawn = relations.draw(rng, heads)
    # Relations go on from a head's last triple, unless they are functional.
    goes_on = ~first & ~parallel & (rng.random(count) < options.repeated)
    predicates = drawn[_last_where(~goes_on)]
    predicates = np.where(goes_on & relations.functional[predicates], drawn, predicates)
    tails = draw_tails(counts, relations, rng, heads, predicates)
    tails = tails[_last_where(~parallel)]

    def redraw(at: IntArray, tired: bool) -> None:
        predicates[at] = relations.draw(rng, heads[at], any_one=tired)
        if tired:
            tails[at] = rng.integers(counts.links, size=len(at))
        else:
            tails[at] = draw_tails(counts, relations, rng, heads[at], predicates[at])

    relations.repair((heads, predicates, tails), np.ones(count, dtype=bool), redraw)
    return HiddenPart(heads, predicates, tails, first)


def draw_tails(
    counts: Counts,
    relations: Relations,
    rng: np.random.Generator,
    heads: IntArray,
    predicates: IntArray,
) -> IntArray:
    """(m,) a linked entity for each head and relation: a value, or an entity nearby."""
    options = counts.options
    tails = np.empty(len(heads), dtype=np.int64)
    value = relations.to_values[predicates]
    near = np.flatnonzero(~value)
    steps = rng.geometric(1 / options.nearness, size=len(near))
    tails[near] = heads[near] + np.where(rng.random(len(near)) < 0.5, steps, -steps)
    at = np.flatnonzero(value)
    predicate = predicates[at]
    luck = rng.random(len(at))
    local = np.flatnonzero(rng.random(len(at)) < options.local)
    choice = (_LOCAL_VALUES * rng.random(len(local)) ** 3).astype(np.int64)
    # Local values are those that entities in a row have in common for a relation.
    place = heads[at[local]] // relations.run[predicate[local]]
    mixed = (place * relations.count + predicate[local]) * _LOCAL_VALUES + choice
    luck[local] = mixed_bits(options.seed, mixed)
    ranks = popular_ranks(luck, relations.width[predicate], options.degree_exponent)
    tails[at] = relations.first[predicate] + ranks
    return tails % counts.links


def _last_where(flags: BoolArray) -> IntArray:
    """(m,) for every position the last one at or before it that is flagged; the first one is."""
    return np.maximum.accumulate(np.where(flags, np.arange(len(flags)), 0))
