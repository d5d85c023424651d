"""The hidden graph that all graphs are derived from: its relations, and its triples in parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualamn.bench.synthetic_draws import (
    Counts,
    degrees,
    generator,
    mixed_bits,
    popular_ranks,
    repair,
    share_of,
)
from dualamn.kernels.arrays import BoolArray, Floats, Int32Array, IntArray

HEADS_OF_A_KIND = 64
"""How many linked entities in a row are of one kind."""

# Chosen with the defaults of the options, for a likeness to DBP15K.
_TYPICAL = 8  # relations of a kind
_FLAT_RANKS = 10  # so many ranks before the power law of frequencies sets in
_SPREAD_OF_WIDTHS = 1.6  # deviation of the logarithm
_LONGEST_RUN = 32  # entities in a row that have the same local value
_SKEW_OF_PARTS = 3  # 1 makes all parts of a relation equally common

_SLOTS = 1 << 16
_ODD = 0x2545F4914F6CDD1D  # spreads numbers over 64 bits
_HIDDEN, _SPLIT, _NUMBERS = 10, 11, 12  # purposes of random numbers


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


def hidden_relations(counts: Counts) -> Relations:
    """The relations of the hidden graph."""
    options, count = counts.options, counts.hidden_relations
    rng = generator(options.seed, _HIDDEN)
    shares = _frequencies(count, options.relation_exponent)
    functional, to_values = _kinds(shares, options.functional, options.values)
    types = rng.integers(counts.links, size=max(1, round(count**0.5)))
    widths = options.popularity * np.exp(_SPREAD_OF_WIDTHS * rng.standard_normal(count))
    widths *= shares * counts.hidden_triples
    return Relations(
        slots=np.repeat(np.arange(count, dtype=np.int32), _slots(shares)),
        functional=functional,
        to_values=to_values,
        first=types[rng.integers(len(types), size=count)],
        width=np.clip(widths, 2, counts.links).astype(np.int64),
        run=np.exp(rng.random(count) * np.log(_LONGEST_RUN)).astype(np.int64) + 1,
        typical=options.typical,
        seed=options.seed,
    )


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


def _frequencies(count: int, exponent: float) -> Floats:
    weights = (np.arange(count) + 1.0 + _FLAT_RANKS) ** -exponent
    shares: Floats = weights / weights.sum()
    return shares


def _kinds(shares: Floats, functional: float, values: float) -> tuple[BoolArray, BoolArray]:
    """Whether each relation is functional, and whether it leads to values.

    The commonest relations come first, and each gets the kind that lacks most, so that shares of
    triples come out as asked for even where a few relations have most triples.
    """
    wanted = np.array(
        [
            (1 - functional) * (1 - values),
            (1 - functional) * values,
            functional * (1 - values),
            functional * values,
        ]
    )
    kinds = np.empty(len(shares), dtype=np.int64)
    given = np.zeros(len(wanted))
    total = 0.0
    for relation, share in enumerate(shares.tolist()):
        total += share
        kinds[relation] = kind = int(np.argmax(wanted * total - given))
        given[kind] += share
    return kinds >= 2, kinds % 2 == 1


def _slots(shares: Floats) -> IntArray:
    """How many slots each relation has, at least one."""
    size = max(_SLOTS, 16 * len(shares))
    return np.maximum(1, np.round(shares * size)).astype(np.int64)


_PART = 20  # purpose of random numbers
PATIENT_TRIES = 4
"""After how many tries what is popular is taken to be used up, and anything will do."""
_LOCAL_VALUES = 3  # of a relation, for the entities that share them


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
    entities = counts.heads(part)
    count = len(share_of(counts.hidden_triples, part, counts.parts))
    # Entities differ less in what is said about them than in how often they are mentioned.
    own = degrees(rng, count, len(entities), options.degree_exponent + 1)
    heads = np.repeat(np.arange(entities.start, entities.stop), own)
    first = np.ones(count, dtype=bool)
    first[1:] = heads[1:] != heads[:-1]
    parallel = ~first & (rng.random(count) < options.parallel)
    drawn = relations.draw(rng, heads)
    predicates = _repeat_relations(relations, drawn, first | parallel, rng, options.repeated)
    tails = draw_tails(counts, relations, rng, heads, predicates)
    tails = tails[_last_where(~parallel)]

    def keys() -> IntArray:
        return relations.keys(heads, predicates, tails)

    def redraw(at: IntArray, attempt: int) -> None:
        predicates[at] = relations.draw(rng, heads[at], any_one=attempt >= PATIENT_TRIES)
        if attempt < PATIENT_TRIES:
            tails[at] = draw_tails(counts, relations, rng, heads[at], predicates[at])
        else:
            tails[at] = rng.integers(counts.links, size=len(at))

    repair(keys, lambda: heads == tails, np.ones(count, dtype=bool), redraw)
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
    luck[local] = _local_luck(options.seed, predicate[local], heads[at[local]], relations, choice)
    ranks = popular_ranks(luck, relations.width[predicate], options.degree_exponent)
    tails[at] = relations.first[predicate] + ranks
    return tails % counts.links


def _local_luck(
    seed: int, predicates: IntArray, heads: IntArray, relations: Relations, choice: IntArray
) -> Floats:
    """(m,) numbers from 0 to below 1 that entities in a row have in common for a relation."""
    place = heads // relations.run[predicates]
    mixed = (place * relations.count + predicates) * _LOCAL_VALUES + choice
    return mixed_bits(seed, mixed)


def _repeat_relations(
    relations: Relations,
    drawn: IntArray,
    starts: BoolArray,
    rng: np.random.Generator,
    repeated: float,
) -> IntArray:
    """Relations that go on from a head's last triple at the given chance, unless functional."""
    goes_on = ~starts & (rng.random(len(drawn)) < repeated)
    predicates = drawn[_last_where(~goes_on)]
    return np.where(goes_on & relations.functional[predicates], drawn, predicates)


def _last_where(flags: BoolArray) -> IntArray:
    """(m,) for every position the last one at or before it that is flagged; the first one is."""
    return np.maximum.accumulate(np.where(flags, np.arange(len(flags)), 0))
