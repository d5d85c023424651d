"""Trials: graphs without some links and entities, that a second model learns from.

The links of that model show how often links are correct, and what links of dangling entities look
like; the links of the first get their probabilities by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from dualamn.attributes import PseudoSeeds
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import (
    BoolArray,
    FloatArray,
    Int32Array,
    IntArray,
    components,
    no_links,
    pair_keys,
)

SHARE = 0.15
"""The share of the seed links that is held out."""

FEWEST = 10
"""Held-out links, fewer of which would say too little."""

_PARTED = 0.15  # of the seed links, of which one end is taken out
_PARTED_PSEUDO = 0.45  # of the pseudo-seeds
_MOST_PARTED = 1_000  # between two graphs
OTHERS_OUT = 0.1
"""The share of all other entities that is taken out."""


_WANTED = 600  # entities that are dangling by construction, over all trials
_MOST_TRIALS = 6
_SMALL = 20_000  # entities: a graph of so many may get a second trial, one of half as many a third

_PURPOSE = 0xCA11B  # keeps these draws apart from others of the same seed


@dataclass(frozen=True, eq=False)
class Holdout:
    """One trial: what the second model learns from, and what is known of its links.

    Attributes:
        task: without what is held out, and without the statements, names and values of `gone`.
        held_out: (h, 2) int32 seed links, both of whose ends are there. Empty where there would
            be too few.
        parted: (k, 2) int32 seed links and pseudo-seeds of which one end is gone.
        gone: (o,) int32 entities taken out, ends of those and others; no link may be found to one.
        number: which of the trials it is.
        rejected: (r, 2) int32 rejected pairs that it does not know to be different: a link that it
            makes of one is incorrect.
    """

    task: AlignmentTask
    held_out: Int32Array
    parted: Int32Array
    gone: Int32Array
    number: int = 0
    rejected: Int32Array = field(default_factory=no_links)

    def hidden(self, meaning: FloatArray | None) -> FloatArray | None:
        """(n, d) rows of the model of names, zero for entities that are gone."""
        if meaning is None:
            return None
        meaning = meaning.copy()
        meaning[self.gone] = 0
        return meaning

    @classmethod
    def of(
        cls, task: AlignmentTask, pseudo_seeds: PseudoSeeds | None, seed: int, number: int = 0
    ) -> Holdout:
        """Draws the trial of this number.

        Args:
            task: of the first model.
            pseudo_seeds: that it began with, beside seed links or in their place.
            seed: of the draws.
            number: of the trial.
        """
        rng = np.random.default_rng([seed, _PURPOSE, number])
        seeds = task.seed_links
        pseudo = np.empty((0, 2), np.int32) if pseudo_seeds is None else pseudo_seeds.links
        held = held_out_of(task, rng)
        rest = seeds[~held]
        parted = [np.empty((0, 2), np.int32)]
        gone = [np.empty(0, np.int32)]
        for links, share in ((rest, _PARTED), (pseudo, _PARTED_PSEUDO)):
            for between in _by_pair(task, links):
                count = min(int(share * len(between)), _MOST_PARTED)
                drawn = links[rng.permutation(between)[:count]]
                parted.append(drawn)
                gone += [drawn[::2, 0], drawn[1::2, 1]]
        known = np.zeros(task.n_entities, dtype=np.bool_)
        known[seeds] = known[pseudo] = True
        for kg in range(len(task.kgs)):
            others = task.entity_range(kg)
            others = others[(task.is_linkable & ~known)[others]]
            count = int(OTHERS_OUT * len(others) + rng.random())
            gone.append(rng.choice(others, count, replace=False))
        out = np.unique(np.concatenate(gone)).astype(np.int32)
        # The same share as of seed links, so that correct and incorrect links stay in proportion.
        order = np.random.default_rng([seed, _PURPOSE, number, 1]).permutation(len(task.not_links))
        rejected = task.not_links[order[: int(SHARE * len(order))]]
        return cls.made(task, seeds[held], np.concatenate(parted), out, number, rejected)

    @classmethod
    def made(
        cls,
        task: AlignmentTask,
        held_out: Int32Array,
        parted: Int32Array,
        gone: Int32Array,
        number: int,
        rejected: Int32Array,
    ) -> Holdout:
        """The trial in which this is not seen; of the first model's task, see the class."""
        rest = task.seed_links[~np.isin(pair_keys(task.seed_links), pair_keys(held_out))]
        tested = np.concatenate([task.test_links, held_out])
        trial = replace(task, seed_links=rest, test_links=tested)
        known = ~np.isin(pair_keys(task.not_links), pair_keys(rejected))
        trial = replace(trial, not_links=task.not_links[known])
        return cls(without(trial, gone), held_out, parted, gone, number, rejected)


def n_trials(task: AlignmentTask, pseudo_seeds: PseudoSeeds | None) -> int:
    """How many trials graphs need, so that enough entities are dangling by construction.

    Large graphs have enough in one, or take long.
    """
    smaller = min(kg.n_entities for kg in task.kgs)
    pseudo = 0 if pseudo_seeds is None else len(pseudo_seeds.links)
    known = len(task.seed_links) + pseudo
    # Of the others as many have a counterpart to lose as are known already, as far as one can tell.
    others = OTHERS_OUT * max(smaller - known, 0) * min(known / max(smaller, 1), 1)
    one = _PARTED * len(task.seed_links) + _PARTED_PSEUDO * pseudo + others
    most = min(_MOST_TRIALS, 1 + _SMALL // max(smaller, 1))
    return int(np.clip(np.ceil(_WANTED / max(one, 1)), 1, most))


def held_out_of(task: AlignmentTask, rng: np.random.Generator) -> BoolArray:
    """(s,) which of the seed links are held out, a share of those of every pair of graphs.

    Links that follow from chains of the seed links that are kept are not: a model that knows the
    chain knows the link.

    Links that people accepted are not either: they were asked about since the model had found them,
    so they are no fair sample of what there is to find. On a pair of graphs of which 75 of 284
    correct links were accepted, probabilities of all others fell to two thirds of what was true.
    """
    held = np.zeros(len(task.seed_links), dtype=np.bool_)
    accepted = np.isin(pair_keys(task.seed_links), pair_keys(task.accepted_links))
    for between in _by_pair(task, task.seed_links):
        drawn = between[~accepted[between]]
        held[rng.permutation(drawn)[: int(SHARE * len(drawn))]] = True
    component = components(task.seed_links[~held], task.n_entities)
    held &= component[task.seed_links[:, 0]] != component[task.seed_links[:, 1]]
    if held.sum() < FEWEST:
        held[:] = False
    return held


def without(task: AlignmentTask, entities: Int32Array) -> AlignmentTask:
    """The task without the statements, names and values of (o,) entities, nor any link of theirs.

    Their ids stay, so that those of all others do, but nothing is known of them and they get no
    links.
    """
    kgs = []
    for kg, first in zip(task.kgs, task.entity_offsets.tolist(), strict=False):
        out = np.zeros(kg.n_entities, dtype=np.bool_)
        out[entities[(entities >= first) & (entities < first + kg.n_entities)] - first] = True
        names, literals, further = kg.entity_names, kg.literals, kg.further_names
        if names is not None:
            names = names.copy()
            names[out] = ""
        if literals is not None:
            kept = ~out[literals.entities]
            columns = ("entities", "kinds", "values", "types")
            literals = replace(
                literals, **{name: getattr(literals, name)[kept] for name in columns}
            )
        kgs.append(
            replace(
                kg,
                triples=kg.triples[~out[kg.triples[:, [0, 2]]].any(axis=1)],
                entity_names=names,
                literals=literals,
                further_names=None if further is None else further.without(np.flatnonzero(out)),
                unlinkable=out if kg.unlinkable is None else out | kg.unlinkable,
            )
        )
    links = {
        name: (all_links := getattr(task, name))[~np.isin(all_links, entities).any(axis=1)]
        for name in ("seed_links", "test_links", "valid_links")
    }
    return replace(task, kgs=tuple(kgs), **links)


def _by_pair(task: AlignmentTask, links: Int32Array) -> Iterator[IntArray]:
    """Which of the links are between every pair of graphs."""
    sources = task.source_of[links]
    for left, right in task.kg_pairs:
        yield np.flatnonzero((sources[:, 0] == left) & (sources[:, 1] == right))
