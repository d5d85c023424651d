"""Links that a second model does not see, and the probabilities that its own links then show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dualamn.attributes import PseudoSeeds
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import (
    BoolArray,
    FloatArray,
    Int32Array,
    IntArray,
    components,
    pair_keys,
)
from dualamn.probability.calibration import (
    Calibration,
    Method,
    PairCalibration,
    calibrate,
    label_links,
)
from dualamn.probability.dangling import CounterpartChance, LinkSample
from dualamn.result import PairAlignment

SHARE = 0.2
"""The share of the seed links that is held out."""

FEWEST = 10
"""Held-out links, fewer of which would say too little for the time of a second model."""

_SHARE_OUT = 0.05  # of the pairs found by name, whose right (or left) entity is taken out
_LEAST_OUT, _SHARE_OF_FEW = 100, 0.2  # so many, but no more than this share of few pairs
_LEAST_ASKED = 200  # entities of a graph, but no more than half of those there are

_PURPOSE = 0xCA11B  # keeps these draws apart from others of the same seed


@dataclass(frozen=True, eq=False)
class Holdout:
    """What the second model learns from, and what its links are labelled by.

    Attributes:
        task: without what is held out.
        held_out: (h, 2) int32 seed links, or, where the first model had none, pseudo-seeds whose
            names are not in the task. Empty where there would be too few.
        pseudo_seeds: all of the first model; None where it had seed links.
        gone: (o,) int32 entities that are taken out of the task.
        alone: (o,) int32 entities that have lost their counterpart so, and their names.
        asked: (a,) int32 entities that names found no counterpart for, without their names.
    """

    task: AlignmentTask
    held_out: Int32Array
    pseudo_seeds: PseudoSeeds | None
    gone: Int32Array
    alone: Int32Array
    asked: Int32Array

    @classmethod
    def of(cls, task: AlignmentTask, pseudo_seeds: PseudoSeeds | None, seed: int) -> Holdout:
        """Holds out seed links of a task, or some of the pseudo-seeds that it has instead."""
        nobody = np.empty(0, np.int32)
        if pseudo_seeds is None:
            return cls(*hold_out(task, seed), None, nobody, nobody, nobody)
        own = pseudo_seeds.links
        trial, held = hide_names(task, own, seed)
        if not len(held):
            return cls(trial, held, pseudo_seeds, nobody, nobody, nobody)
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

    Returns:
        The task of the second model, and the (h, 2) links held out; none if they would be fewer
        than `FEWEST`.
    """
    held = _drawn(task, task.seed_links, seed)
    kept = task.seed_links[~held]
    component = components(kept, task.n_entities)
    implied = component[task.seed_links[:, 0]] == component[task.seed_links[:, 1]]
    held &= ~implied
    if held.sum() < FEWEST:
        held[:] = False
    links: Int32Array = task.seed_links[held]
    tested = np.concatenate([task.test_links, links])
    return replace(task, seed_links=task.seed_links[~held], test_links=tested), links


def hide_names(task: AlignmentTask, own: Int32Array, seed: int) -> tuple[AlignmentTask, Int32Array]:
    """A task without the names of a fifth of the (m, 2) pseudo-seeds, and these pairs.

    Their attribute values go too, as these may hold the names once more. A model of it can find
    these pairs by structure alone. Names found them without structure, so that where the two agree,
    neither has it from the other. The pairs join the test side, unlabelled.

    Returns:
        The task of the second model, and the (h, 2) pairs held out; none if they would be fewer
        than `FEWEST`.
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
    """A task in which some entities of (m, 2) pseudo-seeds have lost their counterpart.

    They lose their names too, so that they are as little known as those of `hide_names`.

    Returns:
        The task; the (o,) joint ids of the counterparts, which are in no triple and have neither
        name nor values; and the (o,) of the entities that have lost them.
    """
    rng = np.random.default_rng([seed, _PURPOSE, 1])
    out, alone = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for between in _by_pair(task, own):
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
    """A task without the names and values of some entities that are in no pseudo-seed.

    Returns:
        The task, and the (a,) joint ids of these entities: of every graph a fifth of those in
        none of the (m, 2) pairs, and more of few.
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
    """The task without the names of entities, nor their attribute values, which may repeat them."""
    kgs = []
    for kg, first, end in zip(
        task.kgs, task.entity_offsets[:-1], task.entity_offsets[1:], strict=True
    ):
        hidden = np.unique(entities[(entities >= first) & (entities < end)]) - first
        names, literals, further = kg.entity_names, kg.literals, kg.further_names
        if further is not None:
            further = further.without(hidden)
        if names is not None:
            names = names.copy()
            names[hidden] = ""
        if literals is not None:
            kept = ~np.isin(literals.entities, hidden)
            columns = ("entities", "kinds", "values", "types")
            literals = replace(
                literals, **{name: getattr(literals, name)[kept] for name in columns}
            )
        kgs.append(replace(kg, entity_names=names, literals=literals, further_names=further))
    return replace(task, kgs=tuple(kgs))


def uncontradicted(held_out: Int32Array, links: Int32Array) -> Int32Array:
    """The (h, 2) pairs found by name whose entities got no other counterpart in the end.

    Names mislead at times. Where all that is known together decides for another counterpart, as
    the (m, 2) links of the first model show, the pair is no measure of what structure finds.
    """
    same = np.isin(pair_keys(held_out), pair_keys(links))
    linked = np.isin(held_out[:, 0], links[:, 0]) | np.isin(held_out[:, 1], links[:, 1])
    return np.asarray(held_out[same | ~linked])


def _drawn(task: AlignmentTask, links: Int32Array, seed: int) -> BoolArray:
    """(m,) a fifth of the links of every pair of graphs."""
    rng = np.random.default_rng([seed, _PURPOSE])
    held = np.zeros(len(links), dtype=np.bool_)
    for between in _by_pair(task, links):
        held[rng.permutation(between)[: int(SHARE * len(between))]] = True
    return held


def _by_pair(task: AlignmentTask, links: Int32Array) -> Iterator[IntArray]:
    """Which of the links are between every pair of graphs."""
    sources = task.source_of[links]
    for left, right in task.kg_pairs:
        yield np.flatnonzero((sources[:, 0] == left) & (sources[:, 1] == right))


def with_probabilities(
    pairs: Sequence[PairAlignment],
    of_second: Sequence[PairAlignment],
    holdout: Holdout,
    *,
    many: bool = False,
) -> tuple[tuple[PairAlignment, ...], Calibration]:
    """Links with probabilities, and how they got them.

    Args:
        pairs: links of the first model, with features.
        of_second: links of the second model; the first's where nothing could be held out.
        holdout: what is held out.
        many: an entity may have several counterparts.
    """
    task = holdout.task
    names = [(task.kg_names[pair.left], task.kg_names[pair.right]) for pair in pairs]
    labelled = []
    for own, pair in zip(pairs, of_second, strict=True):
        assert pair.features is not None
        between = task.links_between(holdout.held_out, pair.left, pair.right)
        if not holdout.of_seeds:
            between = uncontradicted(between, own.links)
        labelled.append(label_links(pair.links, pair.features, between, many=many))
    method: Method = "held-out" if holdout.of_seeds else "agreement"
    calibration = calibrate(names, labelled, method=method)
    found, made = [], []
    for own, pair, fitted in zip(pairs, of_second, calibration.pairs, strict=True):
        assert own.features is not None
        chance = _counterpart_chance(holdout, own, pair, fitted)
        made.append(replace(fitted, counterpart_chance=chance))
        found.append(replace(own, probabilities=made[-1].predict(own.features)))
    return tuple(found), replace(calibration, pairs=tuple(made))


def _counterpart_chance(
    holdout: Holdout, pair: PairAlignment, tried: PairAlignment, fitted: PairCalibration
) -> CounterpartChance | None:
    """The chance that entities have a counterpart, where names found only some.

    `pair` has the links of the first model, `tried` those of the second, and `fitted` gives the
    probability of links of entities that have a counterpart.
    """
    if holdout.pseudo_seeds is None or not len(holdout.alone):
        return None
    held, own = (
        holdout.task.links_between(links, pair.left, pair.right)
        for links in (holdout.held_out, holdout.pseudo_seeds.links)
    )
    here = np.flatnonzero(np.isin(holdout.task.source_of, (pair.left, pair.right)))
    others = np.setdiff1d(here, holdout.pseudo_seeds.links)
    on_left = int((holdout.task.source_of[others] == pair.left).sum())
    groups = (
        (held.ravel(), tried),
        (np.intersect1d(holdout.alone, own), tried),
        (np.intersect1d(holdout.asked, here), tried),
        (others, pair),
    )
    samples = []
    for entities, links in groups:
        assert links.features is not None
        p = fitted.predict(links.features)
        samples.append(LinkSample.of(entities.astype(np.int32), links.links, links.features, p))
    return CounterpartChance.of(
        *samples,
        coefficients=fitted.coefficients,
        pure=float(holdout.pseudo_seeds.sure(held).mean()) if len(held) else 1.0,
        found=float(holdout.pseudo_seeds.sure(own).sum()),
        others=(on_left, len(others) - on_left),
    )
