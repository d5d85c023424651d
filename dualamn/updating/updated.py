"""An update: from the links of before and what has changed to the links of now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from dualamn.config import AlignerConfig
from dualamn.data_loaders.growth import Grown
from dualamn.decoding import Decoder
from dualamn.errors import ConfigError
from dualamn.files.text import counted
from dualamn.fitted import Fitted, Linked
from dualamn.graphs.fingerprint import entity_hashes, fingerprint
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, Int32Array, find, pair_keys
from dualamn.kernels.compute import threads
from dualamn.model import Model
from dualamn.probability.holdout import Holdout
from dualamn.progress import ProgressCallback, within
from dualamn.result import EarlierLinks, PairAlignment
from dualamn.updating.alignment_state import AlignmentState
from dualamn.updating.carrying import carried, carried_holdout, known_links
from dualamn.updating.stability import margins

Retrain = Literal["never", "auto", "always"]
"""Whether embeddings are trained on in an update: `auto` where sure links are no longer found."""

SURE = 0.9
"""The probability from which a link of before should be found again."""

_MISSED = 0.05  # of the sure links of before: if so many are not found, embeddings are out of date
_ROUNDS, _CANDIDATES = 3, 20  # of evidence, and of an entity
_FEW = 20  # sure links of before, fewer of which say nothing


@dataclass(frozen=True, eq=False)
class Updated:
    """What an update leaves.

    Attributes:
        fitted: the models of the task as it is now.
        linked: what they found; None where the links are those of a state of before.
        state: of before, in joint ids of the task as it is now; where nothing was found anew, the
            state of now.
        trained: whether embeddings were trained on.
        missed: share of the sure links of before that was not found without training.
    """

    fitted: Fitted
    linked: Linked | None
    state: AlignmentState
    trained: bool
    missed: float


def check_retrain(retrain: str) -> None:
    """Refuses a word that is none of `Retrain`.

    Raises:
        ConfigError: it is not.
    """
    if retrain not in get_args(Retrain):
        known = ", ".join(get_args(Retrain))
        raise ConfigError(f"retrain is {retrain!r}; use {known}")


def updated(
    fitted: Fitted,
    config: AlignerConfig,
    state: AlignmentState,
    known: Grown,
    *,
    retrain: Retrain = "auto",
    progress: ProgressCallback,
) -> Updated:
    """Finds the links of a task that has changed.

    Args:
        fitted: models of the task before.
        config: their settings.
        state: the links of before.
        known: what has changed.
        retrain: whether embeddings are trained on.
        progress: told of training, search and matching.
    """
    if known.is_same and retrain != "always":
        return Updated(fitted, None, state, False, 0.0)
    grown = known.grown
    task = grown.task
    hashes = entity_hashes(task)
    mark = fingerprint(task, hashes)
    moved = state.moved(grown.new_id)
    # What is known by now to be other than it was found gives its id to no other link.
    moved = moved.kept(_are_possible(moved.links, task, many=state.many))
    old_hashes = entity_hashes(fitted.model.task)
    past = replace(
        state, fingerprint=state.fingerprint or fingerprint(fitted.model.task, old_hashes)
    )
    holdouts = [carried_holdout(holdout, grown) for holdout, _ in fitted.trials]
    models = [fitted.model, *(model for _, model in fitted.trials)]
    tasks = [task, *(holdout.task for holdout in holdouts)]
    configs = [config, *(model.config for model in models[1:])]
    now = Fitted(fitted.model)
    for number, (model, own, settings) in enumerate(zip(models, tasks, configs, strict=True)):
        learn = known_links(own, moved.found[number], config.bootstrap_probability)
        told = within(progress, model=number + 1, models=len(models))
        made = carried(model, own, grown.new_id, learn, settings, told)
        now = _with_model(now, number, made, holdouts)
    there_again = past.again(mark, hashes) if retrain != "always" else None
    if there_again is not None:
        return Updated(now, None, there_again, False, 0.0)
    moved = replace(
        moved.after(past, old_hashes),
        step=state.step + 1,
        fingerprint=mark,
    )
    linked = _linked(now, config, moved, grown.touched, progress)
    missed = _missed(moved, linked, task)
    trained = retrain == "always" or (retrain == "auto" and missed > _MISSED)
    if trained:
        now = _trained(now, config, moved, linked, progress)
        linked = _linked(now, config, moved, grown.touched, progress)
    # Of accepted links, now or then, the probability comes from the decision alone.
    decided = np.concatenate([task.accepted_links, grown.moved(fitted.model.task.accepted_links)])
    kept = _kept_as_they_were(linked.pairs, moved, grown.touched, decided)
    linked = replace(linked, pairs=kept)
    return Updated(now, linked, moved, trained, missed)


def _with_model(now: Fitted, number: int, model: Model, holdouts: Sequence[Holdout]) -> Fitted:
    if not number:
        return Fitted(model)
    return replace(now, trials=(*now.trials, (holdouts[number - 1], model)))


def _linked(
    now: Fitted,
    config: AlignerConfig,
    state: AlignmentState,
    touched: BoolArray,
    progress: ProgressCallback,
) -> Linked:
    """What the models find, beginning with what they found before."""
    models = [now.model, *(model for _, model in now.trials)]
    earlier = []
    for number, (model, found) in enumerate(zip(models, state.found, strict=True)):
        own = _possible(found, model.task, many=state.many)
        again = 0 if number else _contested(state, own.links)
        stands = np.asarray(~touched[own.links].any(axis=1))
        earlier.append(replace(own, margins=margins(own.links, again, touched), stands=stands))
    return _quicker(now).link(
        [(pair.left, pair.right) for pair in state.pairs],
        state.protocol,
        state.matcher,
        many=state.many,
        calibrate=config.calibrate,
        earlier=earlier,
        progress=progress,
    )


def _quicker(now: Fitted) -> Fitted:
    """The models with fewer rounds of evidence and candidates: they begin with links of before.

    On the first batch of ContEA FR-EN this takes three quarters of the time and finds as many
    validation links.
    """

    def quicker(model: Model) -> Model:
        config = replace(
            model.config,
            evidence_rounds=min(model.config.evidence_rounds, _ROUNDS),
            candidates=min(model.config.candidates, _CANDIDATES),
        )
        decoder = Decoder(model.task, config, model.attributes)
        decoder.structure_weight = model.decoder.structure_weight
        return replace(model, config=config, decoder=decoder)

    trials = tuple((holdout, quicker(model)) for holdout, model in now.trials)
    return Fitted(quicker(now.model), trials)


def _possible(found: EarlierLinks, task: AlignmentTask, *, many: bool) -> EarlierLinks:
    """The links of before that are neither rejected nor at odds with a seed link by now."""
    kept = _are_possible(found.links, task, many=many)
    kept &= ~np.isin(pair_keys(found.links), pair_keys(task.seed_links))
    return EarlierLinks(found.links[kept], found.probabilities[kept])


def _are_possible(links: Int32Array, task: AlignmentTask, *, many: bool) -> BoolArray:
    """(m,) which links are neither rejected nor, unless `many` may be of one entity, other than the
    seed links of their entities."""
    possible = ~np.isin(pair_keys(links), pair_keys(task.not_links))
    seeds = task.seed_links
    for left, right in () if many else task.kg_pairs:
        own = np.flatnonzero(task.are_between(links, left, right))
        known = task.links_between(seeds, left, right)
        possible[own] &= ~np.isin(links[own], known).any(axis=1)
    return np.asarray(possible | np.isin(pair_keys(links), pair_keys(seeds)))


def _contested(state: AlignmentState, links: Int32Array) -> Int32Array:
    """(m,) in how many updates running a rival was ahead of links of before."""
    keys = pair_keys(state.links)
    order = np.argsort(keys, kind="stable")
    place, here = find(keys[order], pair_keys(links))
    found: Int32Array = np.where(here, state.contested[order[place]], 0).astype(np.int32)
    return found


def _missed(state: AlignmentState, linked: Linked, task: AlignmentTask) -> float:
    """The share of the sure links of before that are not found again."""
    found = linked.by_models[0]
    before = _possible(state.found[0], task, many=state.many)
    possible = before.links[before.probabilities >= SURE]
    if len(possible) < _FEW:
        return 0.0
    return 1 - float(np.isin(pair_keys(possible), pair_keys(found.links)).mean())


def _trained(
    now: Fitted,
    config: AlignerConfig,
    state: AlignmentState,
    linked: Linked,
    progress: ProgressCallback,
) -> Fitted:
    """The models after a few epochs over what is known and surely found by now."""
    models = [now.model, *(model for _, model in now.trials)]
    for number, model in enumerate(models):
        learn = known_links(model.task, linked.by_models[number], config.bootstrap_probability)
        told = within(progress, model=number + 1, models=len(models))
        with threads(config.threads):
            model.encoder.refit(learn, state.step, progress=told)
        model.attributes.learn(learn)
    # Embeddings that were asked for before are not those of the same model any more.
    trials = tuple((holdout, replace(model)) for holdout, model in now.trials)
    return Fitted(replace(now.model), trials)


def _kept_as_they_were(
    pairs: Sequence[PairAlignment],
    before: AlignmentState,
    touched: BoolArray,
    decided: Int32Array,
) -> tuple[PairAlignment, ...]:
    """The links of now; those that were there before, of entities of which nothing has changed,
    with the probability of then, unless somebody decided on them."""
    found = []
    for pair in pairs:
        old = next(own for own in before.pairs if (own.left, own.right) == (pair.left, pair.right))
        keys = pair_keys(old.links)
        order = np.argsort(keys, kind="stable")
        place, here = find(keys[order], pair_keys(pair.links))
        own = np.isin(pair_keys(pair.links), pair_keys(decided))
        kept = np.flatnonzero(here & ~own & ~touched[pair.links].any(axis=1))
        at = order[place[kept]]
        changed = {}
        for name in ("scores", "probabilities", "features"):
            own, theirs = getattr(pair, name), getattr(old, name)
            if own is not None and theirs is not None:
                own = own.copy()
                own[kept] = theirs[at]
                changed[name] = own
        found.append(replace(pair, **changed))
    return tuple(found)


def notes_on(made: Updated, known: Grown) -> tuple[str, ...]:
    """What a reader should know of an update, a sentence each."""
    grown = known.grown
    notes = list(known.notes)
    if made.linked is None and not known.is_same:
        notes.append("the graphs are as they were once before, and so are the links")
    if made.trained:
        notes.append(f"embeddings were trained on, {made.missed:.1%} of the sure links missed")
    n_new = int(grown.is_new.sum())
    gone = int((grown.new_id < 0).sum())
    if n_new or gone:
        new = counted(n_new, "entity", "entities")
        notes.append(f"{new} came, {counted(gone, 'entity', 'entities')} went")
    return tuple(notes)
