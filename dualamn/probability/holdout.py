"""Links that a second model does not see, to judge what it finds by."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from dualamn.attributes import PseudoSeeds
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, FloatArray, Int32Array, components, pair_keys

SHARE = 0.2
"""The share of the seed links that is held out."""

FEWEST = 10
"""Held-out links below which a second model is not worth its time."""

_SHARE_OUT = 0.05  # of the pairs found by name, the partner of the left (or right) one taken out
_LEAST_OUT, _SHARE_OF_FEW = 100, 0.2  # so many, but no more than this share of few pairs
_LEAST_ASKED = 200  # entities of a graph, but no more than half of those there are

_PURPOSE = 0xCA11B  # keeps these draws apart from others of the same seed


@dataclass(frozen=True, eq=False)
class Holdout:
    """What the second model learns from, and what its links are labelled by.

    Attributes:
        task: without what is held out.
        held_out: (h, 2) int32 seed links that are not in it, or, where the first model had none,
            pairs that it found by name and whose names are not in it. Empty where there would be
            too few.
        pseudo_seeds: all pairs that the first model began with; None where it had seed links.
        gone: (o,) int32 entities that are taken out of it.
        alone: (o,) int32 entities that have lost their counterpart so, and their names.
        asked: (a,) int32 entities that names found no counterpart for, without their names.
    """

    task: AlignmentTask
    held_out: Int32Array
    pseudo_seeds: PseudoSeeds | None = None
    gone: Int32Array = field(default_factory=lambda: np.empty(0, np.int32))
    alone: Int32Array = field(default_factory=lambda: np.empty(0, np.int32))
    asked: Int32Array = field(default_factory=lambda: np.empty(0, np.int32))

    @classmethod
    def of(cls, task: AlignmentTask, pseudo_seeds: PseudoSeeds | None, seed: int) -> Holdout:
        """Holds out seed links, or some of the pairs that the first model found instead.

        Args:
            task: what the first model learned from.
            pseudo_seeds: those that it began with, None where it had seed links.
            seed: of the draw.
        """
        if pseudo_seeds is None:
            return cls(*hold_out(task, seed))
        own = pseudo_seeds.links
        trial, held = hide_names(task, own, seed)
        if not len(held):
            return cls(trial, held, pseudo_seeds)
        others = own[~np.isin(own, held).any(axis=1)]
        trial, gone, alone = take_out(trial, others, seed)
        trial, asked = hide_others(trial, own, seed)
        return cls(trial, held, pseudo_seeds, gone, alone, asked)

    @property
    def of_seeds(self) -> bool:
        """Whether seed links are held out."""
        return self.pseudo_seeds is None

    def hidden(self, meaning: FloatArray | None) -> FloatArray | None:
        """(n, d) rows of the model of names, zero for entities whose names are held out."""
        if meaning is None or self.of_seeds:
            return meaning
        meaning = meaning.copy()
        for entities in (self.held_out, self.gone, self.alone, self.asked):
            meaning[entities] = 0
        return meaning


def hold_out(task: AlignmentTask, seed: int) -> tuple[AlignmentTask, Int32Array]:
    """A task without a fifth of the seed links of every pair of graphs, and that fifth.

    Links that follow from chains of the seed links that are kept are not held out: a model that
    knows the chain knows the link. The others join the test side of the task, unlabelled, where
    "test_only" looks for candidates.

    Args:
        task: what the first model learned from.
        seed: of the draw.

    Returns:
        The task of the second model, and (h, 2) int32 links held out; none if they would be
        fewer than `FEWEST` in all.
    """
    held = _drawn(task, task.seed_links, seed)
    kept = task.seed_links[~held]
    component = components(kept, task.n_entities)
    implied = component[task.seed_links[:, 0]] == component[task.seed_links[:, 1]]
    held &= ~implied
    if held.sum() < FEWEST:
        held[:] = False
    links: Int32Array = task.seed_links[held]
    trial = replace(
        task,
        seed_links=task.seed_links[~held],
        test_links=np.concatenate([task.test_links, links]),
    )
    return trial, links


def hide_names(task: AlignmentTask, own: Int32Array, seed: int) -> tuple[AlignmentTask, Int32Array]:
    """A task in which both entities of a fifth of the pairs found by name have none, and those.

    Their attribute values go too, as these may hold the names once more. A model of it can find
    these pairs by structure alone. Names found them without structure, so that where the two agree,
    neither has it from the other. The pairs join the test side, unlabelled.

    Args:
        task: what the first model learned from, without seed links.
        own: (m, 2) int32 pairs that the first model found by name.
        seed: of the draw.

    Returns:
        The task of the second model, and (h, 2) int32 pairs held out; none if they would be fewer
        than `FEWEST` in all.
    """
    held = _drawn(task, own, seed)
    if held.sum() < FEWEST:
        held[:] = False
    links: Int32Array = own[held]
    both = np.concatenate([task.test_links, links])
    trial = unnamed(task, links)
    return replace(trial, test_links=np.unique(both, axis=0).astype(np.int32)), links


def take_out(
    task: AlignmentTask, own: Int32Array, seed: int
) -> tuple[AlignmentTask, Int32Array, Int32Array]:
    """A task in which some entities have lost their counterpart, and which.

    They lose their names too, so that they are as little known as those of `hide_names`.

    Args:
        task: with or without the names of others.
        own: (m, 2) int32 pairs found by name, to draw from.
        seed: of the draw.

    Returns:
        The task, where the partners are in no triple and have neither name nor values; the (o,)
        joint ids of the partners, and the (o,) of those who have lost them.
    """
    rng = np.random.default_rng([seed, _PURPOSE, 1])
    sources = task.source_of[own]
    out, alone = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for left, right in task.kg_pairs:
        between = np.flatnonzero((sources[:, 0] == left) & (sources[:, 1] == right))
        count = max(
            int(_SHARE_OUT * len(between)), min(_LEAST_OUT, int(_SHARE_OF_FEW * len(between)))
        )
        drawn = own[rng.permutation(between)]
        out += [drawn[:count, 1], drawn[count : 2 * count, 0]]
        alone += [drawn[:count, 0], drawn[count : 2 * count, 1]]
    gone, left_alone = np.concatenate(out), np.concatenate(alone)
    task = unnamed(task, np.concatenate([gone, left_alone]))
    kgs = []
    for number, kg in enumerate(task.kgs):
        here = gone[task.source_of[gone] == number] - task.entity_offsets[number]
        kept = ~np.isin(kg.triples[:, [0, 2]], here).any(axis=1)
        kgs.append(replace(kg, triples=kg.triples[kept]))
    return replace(task, kgs=tuple(kgs)), gone, left_alone


def hide_others(
    task: AlignmentTask, own: Int32Array, seed: int
) -> tuple[AlignmentTask, Int32Array]:
    """A task without the names and values of some entities that names found no counterpart for.

    Args:
        task: with or without the names of others.
        own: (m, 2) int32 pairs found by name.
        seed: of the draw.

    Returns:
        The task, and the (a,) joint ids of these entities, of every graph a fifth of all who are
        in none of the pairs, and more of few.
    """
    rng = np.random.default_rng([seed, _PURPOSE, 2])
    asked = [np.empty(0, np.int32)]
    for first, end in zip(task.entity_offsets[:-1], task.entity_offsets[1:], strict=True):
        others = np.setdiff1d(np.arange(first, end, dtype=np.int32), own)
        count = max(int(SHARE * len(others)), min(_LEAST_ASKED, len(others) // 2))
        asked.append(rng.choice(others, count, replace=False))
    chosen = np.concatenate(asked)
    return unnamed(task, chosen), chosen


def unnamed(task: AlignmentTask, entities: Int32Array) -> AlignmentTask:
    """The task without names and attribute values, where names may stand again, of entities."""
    kgs = []
    for kg, first, end in zip(
        task.kgs, task.entity_offsets[:-1], task.entity_offsets[1:], strict=True
    ):
        hidden = np.unique(entities[(entities >= first) & (entities < end)]) - first
        names, literals = kg.entity_names, kg.literals
        if names is not None:
            names = names.copy()
            names[hidden] = ""
        if literals is not None:
            kept = ~np.isin(literals.entities, hidden)
            columns = ("entities", "kinds", "values", "types")
            literals = replace(
                literals, **{name: getattr(literals, name)[kept] for name in columns}
            )
        kgs.append(replace(kg, entity_names=names, literals=literals))
    return replace(task, kgs=tuple(kgs))


def uncontradicted(held_out: Int32Array, links: Int32Array) -> Int32Array:
    """Pairs found by name of which neither entity was linked to another one in the end.

    Names mislead at times. Where all that is known together decides for another partner, the pair
    is no measure of what structure finds.

    Args:
        held_out: (h, 2) joint ids.
        links: (m, 2) of the first model, which saw all names.
    """
    same = np.isin(pair_keys(held_out), pair_keys(links))
    linked = np.isin(held_out[:, 0], links[:, 0]) | np.isin(held_out[:, 1], links[:, 1])
    kept: Int32Array = held_out[same | ~linked]
    return kept


def _drawn(task: AlignmentTask, links: Int32Array, seed: int) -> BoolArray:
    """(m,) a fifth of the links of every pair of graphs."""
    rng = np.random.default_rng([seed, _PURPOSE])
    sources = task.source_of[links]
    held = np.zeros(len(links), dtype=np.bool_)
    for left, right in task.kg_pairs:
        between = np.flatnonzero((sources[:, 0] == left) & (sources[:, 1] == right))
        held[rng.permutation(between)[: int(SHARE * len(between))]] = True
    return held
