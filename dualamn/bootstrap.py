"""Self-training: sure pairs become pseudo-labels to learn from, found anew every round."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dualamn.attributes import PseudoSeeds
from dualamn.attributes.pseudo_seeds import ENOUGH
from dualamn.config import AlignerConfig
from dualamn.decoding import Decoder
from dualamn.encoders import Encoder
from dualamn.evidence import Judgement
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array, find, keys_of, largest_of, pair_keys
from dualamn.kernels.logistic import Comparisons, fit_logit
from dualamn.progress import ProgressCallback, within
from dualamn.search.candidate_search import explores

_AGREED = 20  # pairs found by structure and by name, fewer of which say too little of types
_FOUND_AGAIN = 0.5  # of the hidden pairs: from then on structure knows what names do not
_ODDS = 4  # pairs found again for one that contradicts the hidden ones
_FEWEST_HIDDEN = 8  # pairs, fewer of which say nothing of the weight of structure
_LEAST_STRUCTURE = 0.1  # of what structure says is left at least
_SETTLED = 0.01  # share of the pairs that changes in a round, below which it was the last


@dataclass(frozen=True)
class Round:
    """What one self-training round worked with.

    Attributes:
        number: from 1.
        pairs: how many pseudo-labels it learned from, beside the seed links.
        new: pairs that the round before did not have.
        dropped: pairs of the round before that are no longer among them.
        kept: pairs that both have.
        seconds: wall-clock seconds for finding the pairs and learning from them.
    """

    number: int
    pairs: int
    new: int
    dropped: int
    kept: int
    seconds: float


def learn(
    encoder: Encoder,
    decoder: Decoder,
    pseudo_seeds: PseudoSeeds | None = None,
    *,
    structure_weight: float | None = None,
    progress: ProgressCallback,
    checkpoint: Path | None = None,
    resume: bool = False,
) -> tuple[Round, ...]:
    """Fits an encoder to what is known of a task, and lets it learn on from its own sure pairs.

    It begins with the seed links and pseudo-seeds; with `config.evidence_first` already the first
    fit has pairs that evidence finds from these. With few seed links or none it begins with
    pseudo-seeds as well. Up to
    `config.bootstrap_turns` rounds follow, each with the pairs that are sure by then.

    No pair is kept for having been there before: each round takes the pairs that the model of
    the round before finds sure. It ends early as soon as fewer than one pair in a hundred
    changes; no test link is looked at. With `config.bootstrap_candidates` "test_only" the
    entities of the test links are all that pairs are looked for among, which tells the model
    who has a counterpart. Where names and values take part, the pairs teach which words and
    properties stand for each other.

    Args:
        encoder: not fitted yet.
        decoder: of the task; its match weights of names and values are learned as well.
        pseudo_seeds: pairs found by name and value, of entities without a seed link.
        structure_weight: see `Decoder`; found out if None.
        progress: told of every step, stages "train" and "search".
        checkpoint, resume: see `Encoder.fit`; they are about the first fit.

    Returns:
        A report of every round that had pairs.
    """

    most = decoder.config.most_rounds(named=decoder.attributes.named)
    tell, progress = progress, within(progress, round=0, rounds=most)

    def first_fit(links: Int32Array) -> None:
        encoder.fit(links, progress=progress, checkpoint=checkpoint, resume=resume)

    rounds: list[Round] = []
    before = np.empty(0, dtype=np.int64)  # keys of the pairs of the round before, sorted
    started = time.perf_counter()
    seeds = decoder.task.seed_links
    if pseudo_seeds is None or len(seeds) >= ENOUGH:
        beside = np.empty((0, 2), dtype=np.int32) if pseudo_seeds is None else pseudo_seeds.links
        links = np.concatenate([beside, _found_by_evidence(decoder, beside, progress)])
        first_fit(np.concatenate([seeds, links]))
        if decoder.config.evidence_first:
            before = np.unique(pair_keys(links))
            seconds = time.perf_counter() - started
            rounds.append(Round(1, len(links), len(links), 0, 0, seconds))
    else:
        begun = pseudo_seeds.beside(seeds)
        first_fit(begun.links)
        _weigh_by_structure(encoder, decoder, begun, progress)

    attributes = decoder.attributes
    if structure_weight is not None:
        decoder.structure_weight = structure_weight
    elif attributes.has_weight:
        pairs = [seeds] if pseudo_seeds is None else [seeds, pseudo_seeds.links]
        decoder.structure_weight = weight_of_structure(decoder, np.concatenate(pairs))
    for _ in range(decoder.config.most_rounds(named=attributes.named)):
        started = time.perf_counter()
        number = len(rounds) + 1
        progress = within(tell, round=min(number, most), rounds=most)
        links = decoder.sure_links(encoder.embeddings(), progress)
        keys = np.unique(pair_keys(links))
        kept = len(np.intersect1d(keys, before, assume_unique=True))
        new, dropped = len(keys) - kept, len(before) - kept
        if rounds and new + dropped <= _SETTLED * max(len(keys), 1):
            break
        known = np.concatenate([decoder.task.seed_links, links])
        if not len(known):
            break  # nothing is sure: the encoder keeps what it learned from
        attributes.learn(known)
        encoder.refit(known, number, progress=progress)
        rounds.append(Round(number, len(keys), new, dropped, kept, time.perf_counter() - started))
        before = keys
    return tuple(rounds)


def _found_by_evidence(
    decoder: Decoder, beside: Int32Array, progress: ProgressCallback
) -> Int32Array:
    """(m, 2) pairs that evidence finds before there are embeddings.

    It begins with the seed links and (p, 2) pseudo-seeds beside them, whose entities are in none.

    They teach names and values too. Where seed links were too few to tell of values, these pairs
    do, which structure found.
    """
    task, attributes = decoder.task, decoder.attributes
    seeds = np.concatenate([task.seed_links, beside])
    if not decoder.config.evidence_first or not len(seeds):
        return np.empty((0, 2), dtype=np.int32)
    if len(beside):
        trial = Decoder(replace(task, seed_links=seeds), decoder.config, attributes)
        links = trial.sure_links(None, progress)
        links = links[~np.isin(links, seeds).any(axis=1)]
    else:
        links = decoder.sure_links(None, progress)
    if len(links):
        known = np.concatenate([seeds, links])
        names, values = attributes.names, attributes.values
        if names is not None:
            names.learn(known)
        if values is not None:
            # Pairs that values helped to find would make any values look good.
            if not values.has_weight and len(links) >= ENOUGH:
                values.weigh(known, names)
            else:
                values.learn(known)
    return links


def _weigh_by_structure(
    encoder: Encoder, decoder: Decoder, pseudo_seeds: PseudoSeeds, progress: ProgressCallback
) -> None:
    """Learns match weights of names and values where there are few seed links or none.

    From pairs that structure alone is sure of, if it knows something, or else from pseudo-seeds.
    """
    attributes = decoder.attributes
    if attributes.taking_part:
        found = np.empty((0, 2), dtype=np.int32)
        if _structure_knows(decoder, pseudo_seeds):
            # Names and values tell nothing yet, so these pairs are found without them.
            found = decoder.sure_links(encoder.embeddings(), progress)
        attributes.weigh_without_seeds(pseudo_seeds, found)
        # Names may be those of another class, and structure may be wrong, but rarely both.
        both = found[np.isin(pair_keys(found), pair_keys(pseudo_seeds.links))]
        known = np.unique(np.concatenate([decoder.task.seed_links, both]), axis=0)
        if attributes.types is not None and len(known) >= _AGREED:
            attributes.types.weigh(known)


def _structure_knows(decoder: Decoder, pseudo_seeds: PseudoSeeds) -> bool:
    """Whether evidence finds the one half of the pseudo-seeds again, knowing nothing but the other.

    Where structure says nothing, as in tables, its pairs would make any names look worthless.
    """
    if not explores(decoder.config):
        return True
    links = pseudo_seeds.links
    order = np.random.default_rng([decoder.config.seed, len(links)]).permutation(len(links))
    known, hidden = links[order[::2]], links[order[1::2]]
    trial = Decoder(replace(decoder.task, seed_links=known), decoder.config)
    found = trial.sure_links(None)
    again = np.isin(pair_keys(hidden), pair_keys(found)).sum()
    others = np.isin(found, hidden).any(axis=1).sum() - again
    return bool(again >= max(_FOUND_AGAIN * len(hidden), _ODDS * others))


def weight_of_structure(decoder: Decoder, known: Int32Array) -> float:
    """How far scores by structure are to be believed beside names and values.

    A fifth of the known pairs is hidden, and evidence from the others gives every candidate of
    theirs a score s. With T the temperature, the weight w makes the hidden counterparts most
    probable among all entities, each of which has a probability proportional to exp(w s / T):
    where structure is sure of what is not so, little is left of it.

    Args:
        decoder: of the task.
        known: (m, 2) joint ids of linked entities.

    Returns:
        From .1 to 1; 1 where there are too few pairs to say, or evidence says nothing of them.
    """
    config, task = decoder.config, decoder.task
    order = np.random.default_rng([config.seed, len(known), 1]).permutation(len(known))
    hidden, rest = np.split(known[order], [len(known) // 5])
    if not explores(config) or len(hidden) < _FEWEST_HIDDEN:
        return 1.0
    trial = Decoder(replace(task, seed_links=rest), config)
    asked: list[Comparisons] = []
    for left, right in task.kg_pairs:
        links = task.links_between(hidden, left, right)
        if len(links):
            judged = trial.by_evidence(left, right)
            asked += [_beside_others(judged, links, side, task, config) for side in (0, 1)]
    if sum(int((one.features[0] != 0).any(axis=1).sum()) for one in asked) < _FEWEST_HIDDEN:
        return 1.0
    (weight,) = fit_logit(asked, 1.0, 1)
    return max(weight, _LEAST_STRUCTURE)


def _beside_others(
    judged: Judgement, links: Int32Array, side: int, task: AlignmentTask, config: AlignerConfig
) -> Comparisons:
    """The scores of counterparts of one side's entities beside those of all others."""
    ends = (links - judged.offsets).T.astype(np.int64)
    place, found = find(judged.table.keys, keys_of(*ends))
    n_own, n_other = (
        task.kgs[int(task.source_of[links[0, end]])].n_entities for end in (side, 1 - side)
    )
    own = np.zeros(len(links))
    own[found] = judged.scores[place[found]]
    number = np.full(n_own, -1)
    number[ends[side]] = np.arange(len(links))
    of_link = number[judged.table.columns if side else judged.table.rows]
    of_link[place[found]] = -1
    at = np.flatnonzero(of_link >= 0)
    most = int(np.bincount(of_link[at], minlength=1).max())  # others that one of them has
    others, rank = largest_of(of_link[at], judged.scores[at], most)
    scores = np.zeros((len(links), 2 + most))
    counts = np.zeros((len(links), 2 + most), dtype=np.float32)
    scores[:, 0], counts[:, 0] = own, 1
    scores[of_link[at][others], 2 + rank] = judged.scores[at][others]
    counts[of_link[at][others], 2 + rank] = 1
    # Whom evidence says nothing of has no score.
    counts[:, 1] = n_other - counts.sum(axis=1)
    return Comparisons([scores / config.temperature], counts)
