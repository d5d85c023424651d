"""Relations: how often each occurs, whether it is functional, and which values it has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualamn.bench.synthetic.blueprint import Plan
from dualamn.bench.synthetic.draws import Flags, Numbers, Shares, generator, mixed_bits

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

    slots: NDArray[np.int32]
    functional: Flags
    to_values: Flags
    first: Numbers
    width: Numbers
    run: Numbers
    typical: float
    seed: int

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.width)

    def draw(self, rng: np.random.Generator, heads: Numbers, *, any_one: bool = False) -> Numbers:
        """(m,) a relation for every head, by frequency or typical of the head; or just any one."""
        if any_one:
            return rng.integers(self.count, size=len(heads))
        luck = rng.random(len(heads))
        at = np.flatnonzero(rng.random(len(heads)) < self.typical)
        which = (luck[at] ** 2 * _TYPICAL).astype(np.int64)
        luck[at] = mixed_bits(self.seed, heads[at] // HEADS_OF_A_KIND * _TYPICAL + which)
        return self.slots[(luck * len(self.slots)).astype(np.int64)].astype(np.int64)

    def keys(self, heads: Numbers, kinds: Numbers, tails: Numbers) -> Numbers:
        """(m,) a number for every triple, alike for triples that cannot both be there.

        Those are equal ones, and two tails of a head for a functional relation. Heads and tails
        are below 2^32. Where the product is too large for 64 bits it wraps around: different
        triples then get the same number about as often as any two numbers are the same.
        """
        statements = heads * self.count + kinds
        return statements * _ODD + np.where(self.functional[kinds], 0, tails + 1)


def hidden_relations(plan: Plan) -> Relations:
    """The relations of the hidden graph."""
    options, count = plan.options, plan.hidden_relations
    rng = generator(options.seed, _HIDDEN)
    shares = _frequencies(count, options.relation_exponent)
    functional, to_values = _kinds(shares, options.functional, options.values)
    types = rng.integers(plan.links, size=max(1, round(count**0.5)))
    widths = options.popularity * np.exp(_SPREAD_OF_WIDTHS * rng.standard_normal(count))
    widths *= shares * plan.hidden_triples
    return Relations(
        slots=np.repeat(np.arange(count, dtype=np.int32), _slots(shares)),
        functional=functional,
        to_values=to_values,
        first=types[rng.integers(len(types), size=count)],
        width=np.clip(widths, 2, plan.links).astype(np.int64),
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

    parts: Numbers
    number: Numbers
    begin: Numbers
    seed: int

    def of(self, hidden: Numbers, heads: Numbers) -> Numbers:
        """(m,) the graph's relations for hidden ones; a head has the same one for all its tails.

        Of the parts of a relation the first is the commonest.
        """
        luck = mixed_bits(self.seed, heads * len(self.parts) + hidden)
        part = (luck**_SKEW_OF_PARTS * self.parts[hidden]).astype(np.int64)
        own: Numbers = self.number[self.begin[hidden] + part]
        return own


def relation_names(plan: Plan, graph: int) -> RelationNames:
    """How a graph calls the hidden relations: split at random, and numbered at random."""
    options, hidden = plan.options, plan.hidden_relations
    own = 0 if options.shared_relations else graph
    rng = generator(options.seed, _SPLIT, own)
    more = plan.graphs[graph].relations - hidden
    parts = 1 + np.bincount(rng.integers(hidden, size=more), minlength=hidden)
    seed = int(rng.integers(2**32))
    number = generator(options.seed, _NUMBERS, own).permutation(hidden + more)
    return RelationNames(parts, number, np.cumsum(parts) - parts, seed)


def _frequencies(count: int, exponent: float) -> Shares:
    weights = (np.arange(count) + 1.0 + _FLAT_RANKS) ** -exponent
    shares: Shares = weights / weights.sum()
    return shares


def _kinds(shares: Shares, functional: float, values: float) -> tuple[Flags, Flags]:
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


def _slots(shares: Shares) -> Numbers:
    """How many slots each relation has, at least one."""
    size = max(_SLOTS, 16 * len(shares))
    return np.maximum(1, np.round(shares * size)).astype(np.int64)
