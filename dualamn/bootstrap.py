"""Self-training: sure pairs become pseudo-labels to learn from, found anew every round."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dualamn.attributes import PseudoSeeds
from dualamn.attributes.pseudo_seeds import ENOUGH
from dualamn.decoding import Decoder
from dualamn.encoders import Encoder
from dualamn.kernels.arrays import Int32Array, pair_keys
from dualamn.progress import ProgressCallback, within
from dualamn.search.candidate_search import explores

_FOUND_AGAIN = 0.5  # of the hidden pairs: from then on structure knows what names do not
_ODDS = 4  # pairs found again for one that contradicts the hidden ones
_AGREED = 20  # pairs found by structure and by name, fewer of which say too little of types
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
        both = found[np.isin(pair_keys(found), pair_keys(pseudo_seeds.links))]
        if attributes.types is not None and len(both) >= _AGREED:
            # Names may be those of another class, and structure may be wrong, but rarely both.
            attributes.types.weigh(both)


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
