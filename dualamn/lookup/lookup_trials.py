"""Trials of look-ups: entities that a model has not seen are looked up in what it knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dualamn.aligner import Aligner
from dualamn.alignment import Alignment
from dualamn.encoders.propagation import Propagation
from dualamn.graphs.knowledge_graph import Literals
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, FloatArray, Int32Array
from dualamn.lookup.chances import Chances, Choice, share_with_counterpart
from dualamn.lookup.freezing import SIDES, KnownLinks, freeze
from dualamn.lookup.frozen_values import Value
from dualamn.lookup.scoring import Asked, Scorer
from dualamn.model import Model, fit, restored
from dualamn.probability.holdout import without
from dualamn.progress import ProgressCallback

_MOST_PARTED = 500  # links a side, one end of which is taken out
_MOST_OTHERS = 300  # entities a side that are taken out besides
_OTHERS_OUT = 0.025  # share of all of them at most
_LEAST_SHARE = 0.02  # of entities with a counterpart, and of those without one
_SEEDS_OUT = 0.05  # of the seed links, one end of which is taken out of a model that is not trained
_FEWEST_OUT = 40  # of them, or a fifth of all
_TOO_FEW = 10
_TRIALS = 3  # at most of such models

_PURPOSE = 0x100CED  # keeps these draws apart from others of the same seed


@dataclass(frozen=True, eq=False)
class LookupTrial:
    """What look-ups of a model say of entities that it has not seen.

    Attributes:
        found: of entities whose counterpart is known the choice, and the place of the counterpart
            in it, -1 where it is not among the candidates.
        missing: the choices of the same entities, as if their counterparts were not there.
        others: choices of entities of which it is not known whether they have a counterpart.
        still_there: the share of all possible counterparts of these others that was not taken out
            itself.
    """

    found: list[tuple[Choice, int]]
    missing: list[Choice]
    others: list[Choice]
    still_there: float

    @classmethod
    def of(
        cls, aligner: Aligner, alignment: Alignment, number: int, progress: ProgressCallback
    ) -> LookupTrial:
        """Takes entities out of a task, and looks them up in what a model knows of the rest.

        Those are one end of known links, and some others. Where fitting takes no time, the model is
        fitted anew on all the rest, which a few links fewer hardly change. Otherwise it is the
        second model of this number, with the statements of all the rest around its parameters, and
        what is taken out are entities that it has not seen.

        Args:
            aligner: fitted.
            alignment: of the two graphs.
            number: of the trial, see `n_lookup_trials`.
            progress: told of searches.
        """
        task, first = aligner.task, aligner.fitted.model
        left, right = alignment.pairs[0].left, alignment.pairs[0].right
        rng = np.random.default_rng([aligner.config.seed, _PURPOSE, number])
        seeds = task.links_between(task.seed_links, left, right)
        second = None
        if _is_untrained(aligner):
            unseen = np.ones(task.n_entities, dtype=np.bool_)
            order = np.random.default_rng([aligner.config.seed, _PURPOSE]).permutation(len(seeds))
            count = _taken_links(len(seeds))
            parted = seeds[order[number * count : (number + 1) * count]]
            ends = [parted[::2], parted[1::2]]
        else:
            holdout, second = aligner.fitted.trials[number]
            unseen = np.zeros(task.n_entities, dtype=np.bool_)
            unseen[holdout.gone] = True
            parted = task.links_between(holdout.parted, left, right)
            parted = parted[unseen[parted].sum(axis=1) == 1]
            ends = [parted[unseen[parted[:, side]]][:_MOST_PARTED] for side in (0, 1)]
        taken = np.zeros(task.n_entities, dtype=np.bool_)
        for side in (0, 1):
            taken[ends[side][:, side]] = True
        others, still_there = _others(task, (left, right), taken, unseen, rng)
        taken[np.concatenate(others)] = True
        gone = np.flatnonzero(taken).astype(np.int32)
        rest = without(task, gone)
        meaning = _hidden(first.attributes.meaning, gone)
        config = replace(aligner.config, calibrate=False)
        storage = first.encoder.storage
        if second is None:
            model = fit(rest, config, storage, meaning, weights_of=first, progress=progress)
        else:
            model = restored(rest, config, storage, second.state(), meaning)
        scorer = _scorer(model, alignment, progress)
        asked_ends = [ends[side][:, side] for side in (0, 1)]
        found: list[tuple[Choice, int]] = []
        missing: list[Choice] = []
        unlabelled: list[Choice] = []
        temperature = model.config.temperature
        for side, kg in enumerate((left, right)):
            counterparts = ends[side][:, 1 - side] - task.entity_offsets[(right, left)[side]]
            for asked, counterpart in zip(
                asked_of(task, kg, asked_ends[side], taken), counterparts.tolist(), strict=True
            ):
                scored = scorer.score(asked, SIDES[side])
                choice = Choice.of(scored, temperature)
                at = np.flatnonzero(scored.entities[choice.place] == counterpart)
                found.append((choice, int(at[0]) if len(at) else -1))
                missing.append(Choice.of(scored, temperature, counterpart))
            unlabelled += [
                Choice.of(scorer.score(asked, SIDES[side]), temperature)
                for asked in asked_of(task, kg, others[side], taken)
            ]
        return cls(found, missing, unlabelled, still_there)


def n_lookup_trials(aligner: Aligner) -> int:
    """How many trials there can be: second models, or some for an encoder that is not trained."""
    if not _is_untrained(aligner):
        return len(aligner.fitted.trials)
    count = _taken_links(len(aligner.task.seed_links))
    return min(_TRIALS, -(-2 * _MOST_PARTED // count)) if count >= _TOO_FEW else 0


def _taken_links(n_seeds: int) -> int:
    """How many links have one end taken out of a model that is fitted anew."""
    few = min(_FEWEST_OUT, n_seeds // 5)
    return min(max(int(_SEEDS_OUT * n_seeds), few), 2 * _MOST_PARTED)


def _is_untrained(aligner: Aligner) -> bool:
    return isinstance(aligner.fitted.model.encoder, Propagation)


def chances_by(trials: Sequence[LookupTrial], linked: float) -> Chances:
    """What trials show of how probable candidates are, and how many entities have none.

    Args:
        trials: of look-ups.
        linked: the share of entities that has a link, which stands for the share that has a
            counterpart where trials do not show that.
    """
    found = [example for trial in trials for example in trial.found]
    missing = [choice for trial in trials for choice in trial.missing]
    others = [choice for trial in trials for choice in trial.others]
    share = share_with_counterpart(found, missing, others)
    if share is None:
        share = linked
    elif trials:
        share /= float(np.mean([trial.still_there for trial in trials]))
    share = float(np.clip(share, _LEAST_SHARE, 1 - _LEAST_SHARE))
    examples = [(choice, at, share) for choice, at in found]
    examples += [(choice, -1, 1 - share) for choice in missing]
    return Chances.fitted(examples, share)


def _others(
    task: AlignmentTask,
    pair: tuple[int, int],
    taken: BoolArray,
    unseen: BoolArray,
    rng: np.random.Generator,
) -> tuple[list[Int32Array], float]:
    """Entities of either graph that no known link is about, and what share of them stays."""
    known = np.zeros(task.n_entities, dtype=np.bool_)
    known[task.seed_links] = True
    drawn, stays = [], []
    for kg in pair:
        own = task.entity_range(kg)
        # Those that the second model has not seen either.
        free = own[(task.is_linkable & ~known & ~taken)[own]]
        usable = free[unseen[free]]
        count = min(_MOST_OTHERS, int(_OTHERS_OUT * len(free)), len(usable))
        drawn.append(rng.choice(usable, count, replace=False).astype(np.int32))
        stays.append(1 - count / max(len(free), 1))
    return drawn, float(np.mean(stays))


def _hidden(meaning: FloatArray | None, gone: Int32Array) -> FloatArray | None:
    if meaning is None:
        return None
    meaning = meaning.copy()
    meaning[gone] = 0
    return meaning


def _scorer(model: Model, alignment: Alignment, progress: ProgressCallback) -> Scorer:
    """What looks entities up in a model, whose links get probabilities as the alignment's do."""
    pair = alignment.pairs[0]
    left, right = pair.left, pair.right
    (found,), _ = model.align(
        [(left, right)], alignment.protocol, alignment.matcher, features=True, progress=progress
    )
    probability = None
    if alignment.calibration is not None and found.features is not None:
        probability = alignment.calibration.pairs[0].predict(found.features)
    known = KnownLinks.of(model.task, found.links, probability, (left, right))
    scorer = Scorer(*freeze(model, left, right, known, progress=progress))
    model.decoder.forget()
    return scorer


def asked_of(
    task: AlignmentTask, kg: int, entities: Int32Array, unknown: BoolArray
) -> Iterator[Asked]:
    """Entities of a task as if they were new: (m,) joint ids of one graph, in their order.

    (n,) `unknown` says which entities are not known as neighbours.
    """
    graph, first = task.kgs[kg], int(task.entity_offsets[kg])
    local = entities.astype(np.int64) - first
    heads, relations, tails = graph.triples.T.astype(np.int64)
    own = np.concatenate([heads, tails])
    others = np.concatenate([tails, heads])
    both = np.concatenate([relations, relations + graph.n_relations])
    wanted = np.zeros(graph.n_entities, dtype=np.bool_)
    wanted[local] = True
    chosen = np.flatnonzero(wanted[own])
    chosen = chosen[np.argsort(own[chosen], kind="stable")]
    starts = np.searchsorted(own[chosen], local)
    ends = np.searchsorted(own[chosen], local, side="right")
    further, literals = graph.further_names, graph.literals
    for at, start, end in zip(local.tolist(), starts.tolist(), ends.tolist(), strict=True):
        rows = chosen[start:end]
        neighbours = np.where(unknown[others[rows] + first], -1, others[rows])
        names = [] if graph.entity_names is None else [str(graph.entity_names[at])]
        if further is not None:
            names += further.names[further.entities == at].tolist()
        values: list[Value] = []
        if literals is not None:
            values = [
                _value(literals, row) for row in np.flatnonzero(literals.entities == at).tolist()
            ]
        yield Asked(neighbours, both[rows], tuple(name for name in names if name), tuple(values))


def _value(literals: Literals, row: int) -> Value:
    attribute = literals.attributes[literals.kinds[row]]
    return str(attribute), str(literals.values[row]), str(literals.types[row])
