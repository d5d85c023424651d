"""The hidden graph that all graphs are derived from, made part by part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualamn.bench.synthetic.blueprint import Plan, share_of
from dualamn.bench.synthetic.draws import (
    Flags,
    Numbers,
    Shares,
    degrees,
    generator,
    mixed_bits,
    popular_ranks,
    repair,
)
from dualamn.bench.synthetic.synthetic_relations import Relations

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

    heads: Numbers
    relations: Numbers
    tails: Numbers
    first: Flags


def hidden_part(plan: Plan, relations: Relations, part: int) -> HiddenPart:
    """One part of the hidden graph; the same every time."""
    options = plan.options
    rng = generator(options.seed, _PART, part)
    entities = plan.heads(part)
    count = len(share_of(plan.hidden_triples, part, plan.parts))
    # Entities differ less in what is said about them than in how often they are mentioned.
    own = degrees(rng, count, len(entities), options.degree_exponent + 1)
    heads = np.repeat(np.arange(entities.start, entities.stop), own)
    first = np.ones(count, dtype=bool)
    first[1:] = heads[1:] != heads[:-1]
    parallel = ~first & (rng.random(count) < options.parallel)
    drawn = relations.draw(rng, heads)
    kinds = _repeat_relations(relations, drawn, first | parallel, rng, options.repeated)
    tails = draw_tails(plan, relations, rng, heads, kinds)
    tails = tails[_last_where(~parallel)]

    def keys() -> Numbers:
        return relations.keys(heads, kinds, tails)

    def redraw(at: Numbers, attempt: int) -> None:
        kinds[at] = relations.draw(rng, heads[at], any_one=attempt >= PATIENT_TRIES)
        if attempt < PATIENT_TRIES:
            tails[at] = draw_tails(plan, relations, rng, heads[at], kinds[at])
        else:
            tails[at] = rng.integers(plan.links, size=len(at))

    repair(keys, lambda: heads == tails, np.ones(count, dtype=bool), redraw)
    return HiddenPart(heads, kinds, tails, first)


def draw_tails(
    plan: Plan, relations: Relations, rng: np.random.Generator, heads: Numbers, kinds: Numbers
) -> Numbers:
    """(m,) a linked entity for each head and relation: a value, or an entity nearby."""
    options = plan.options
    tails = np.empty(len(heads), dtype=np.int64)
    value = relations.to_values[kinds]
    near = np.flatnonzero(~value)
    steps = rng.geometric(1 / options.nearness, size=len(near))
    tails[near] = heads[near] + np.where(rng.random(len(near)) < 0.5, steps, -steps)
    at = np.flatnonzero(value)
    kind = kinds[at]
    luck = rng.random(len(at))
    local = np.flatnonzero(rng.random(len(at)) < options.local)
    choice = (_LOCAL_VALUES * rng.random(len(local)) ** 3).astype(np.int64)
    luck[local] = _local_luck(options.seed, kind[local], heads[at[local]], relations, choice)
    ranks = popular_ranks(luck, relations.width[kind], options.degree_exponent)
    tails[at] = relations.first[kind] + ranks
    return tails % plan.links


def _local_luck(
    seed: int, kinds: Numbers, heads: Numbers, relations: Relations, choice: Numbers
) -> Shares:
    """(m,) numbers from 0 to below 1 that entities in a row have in common for a relation."""
    place = heads // relations.run[kinds]
    mixed = (place * relations.count + kinds) * _LOCAL_VALUES + choice
    return mixed_bits(seed, mixed)


def _repeat_relations(
    relations: Relations,
    drawn: Numbers,
    starts: Flags,
    rng: np.random.Generator,
    repeated: float,
) -> Numbers:
    """Relations that go on from a head's last triple at the given chance, unless functional."""
    goes_on = ~starts & (rng.random(len(drawn)) < repeated)
    kinds = drawn[_last_where(~goes_on)]
    return np.where(goes_on & relations.functional[kinds], drawn, kinds)


def _last_where(flags: Flags) -> Numbers:
    """(m,) for every position the last one at or before it that is flagged; the first one is."""
    return np.maximum.accumulate(np.where(flags, np.arange(len(flags)), 0))
