"""Bootstrapping: confident pairs become links to learn from, judged anew every turn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dualamn.attributes import Attributes, PseudoSeeds
from dualamn.config import AlignerConfig
from dualamn.decoding import Decoder
from dualamn.encoders.encoder import Encoder
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import EmbeddingArray, Int32Array
from dualamn.progress import ProgressCallback

_ENOUGH = 50  # pairs found by structure, fewer of which say too little of values
_SETTLED = 0.01  # share of the pairs that changes in a turn below which another is not worth it


@dataclass(frozen=True)
class Turn:
    """What one turn of bootstrapping worked with.

    Attributes:
        number: from 1.
        pairs: how many confident pairs it learned from, beside the seed links.
        new: pairs that the turn before did not have.
        dropped: pairs of the turn before that are no longer among them.
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
    task: AlignmentTask,
    config: AlignerConfig,
    beside: Attributes | None = None,
    own: PseudoSeeds | None = None,
    *,
    progress: ProgressCallback,
    checkpoint: Path | None = None,
    resume: bool = False,
) -> Iterator[Turn]:
    """Fits an encoder to the seed links, and lets it learn on from confident pairs.

    With `config.evidence_first` its first turn has pairs already, which evidence finds from the
    seed links alone; up to `config.bootstrap_turns` more have those of its own embeddings.

    No pair is kept for having been there before: each turn takes the pairs that the model of
    the turn before finds sure. It ends early as soon as fewer than one pair in a hundred
    changes; no test link is looked at. With `config.bootstrap_candidates` "test_only" the
    entities of the test links are all that pairs are looked for among, which tells the model
    who has a partner. Where names and values take part, the pairs teach which words and properties
    stand for each other.

    Args:
        encoder: not fitted yet.
        beside: what names and attribute values are worth; neither takes part if None. Where seed
            links are too few to tell of values, the first pairs that structure finds do.
        own: pairs found by name and value to begin with, where there are no seed links; they are
            judged anew in the first turn, and with them what names and values are worth.
        checkpoint, resume: see `Encoder.fit`; they are about the first fit.

    Yields:
        A report of every turn that had pairs, when it is done.
    """
    beside = beside or Attributes()
    names, values = beside.names, beside.values
    decoder = Decoder(task, config, beside)
    none = np.empty((0, 2), dtype=np.int32)
    before = np.empty(0, dtype=np.int64)

    def found(embeddings: EmbeddingArray | None) -> Int32Array:
        return decoder.sure_links(embeddings, config.bootstrap_candidates, progress)

    started = time.perf_counter()
    early = config.evidence_first and own is None
    links = found(None) if early and len(task.seed_links) else none
    known = np.concatenate([task.seed_links, links]) if own is None else own.links
    if names is not None and len(links):
        names.learn(known)
    if values is not None and len(links):
        # Pairs that values helped to find would make any values look good.
        if not values.tells and len(links) >= _ENOUGH:
            values.weigh(known, names)
        else:
            values.learn(known)
    encoder.fit(
        known,
        progress=progress,
        checkpoint=checkpoint,
        resume=resume,
    )
    if own is not None and beside.taking_part:
        # Names and values tell nothing yet, so these pairs are found by structure alone.
        beside.weigh(own.labels(found(encoder.embeddings())))
    number = 0
    if early:
        before, number = _keys(links, task.n_entities), 1
        yield Turn(1, len(links), len(links), 0, 0, time.perf_counter() - started)
    for _ in range(config.turns(named=beside.named)):
        started = time.perf_counter()
        links = found(encoder.embeddings())
        keys = _keys(links, task.n_entities)
        kept = len(np.intersect1d(keys, before, assume_unique=True))
        new, dropped = len(keys) - kept, len(before) - kept
        if number and new + dropped <= _SETTLED * max(len(keys), 1):
            return
        known = np.concatenate([task.seed_links, links])
        if not len(known):
            return  # nothing is sure: the encoder keeps what it learned from
        number += 1
        beside.learn(known)
        encoder.refit(known, number, progress=progress)
        yield Turn(number, len(keys), new, dropped, kept, time.perf_counter() - started)
        before = keys


def _keys(links: Int32Array, n_entities: int) -> NDArray[np.int64]:
    """(m,) one number for every link, sorted."""
    wide = links.astype(np.int64)
    return np.unique(wide[:, 0] * n_entities + wide[:, 1])
