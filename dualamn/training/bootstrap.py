"""Bootstrapping: confident pairs become links to learn from, judged anew every turn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualamn.arrays import Int32Array
from dualamn.config import AlignerConfig
from dualamn.decoding import Decoder
from dualamn.encoders.base import Encoder
from dualamn.names import NameSimilarity
from dualamn.progress import ProgressCallback
from dualamn.task import AlignmentTask

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


def bootstrap(
    encoder: Encoder,
    task: AlignmentTask,
    config: AlignerConfig,
    names: NameSimilarity | None = None,
    *,
    progress: ProgressCallback,
) -> Iterator[Turn]:
    """Lets a fitted encoder learn on from its own confident pairs, turn after turn.

    No pair is kept for having been there before: each turn takes the pairs that the model of
    the turn before finds sure. It ends after `config.turns`, or as soon as fewer
    than one pair in a hundred changes; no test link is looked at. With
    `config.bootstrap_candidates` "test_only" the entities of the test links are all that pairs
    are looked for among, which tells the model who has a partner. Where names take part,
    the pairs teach which words stand for each other.

    Yields:
        A report of every turn, when it is done.
    """
    decoder = Decoder(task, config, names)
    before = np.empty(0, dtype=np.int64)
    for number in range(1, config.turns(named=names is not None) + 1):
        started = time.perf_counter()
        links = decoder.sure_links(encoder.embeddings(), config.bootstrap_candidates, progress)
        keys = _keys(links, task.n_entities)
        kept = len(np.intersect1d(keys, before, assume_unique=True))
        new, dropped = len(keys) - kept, len(before) - kept
        if number > 1 and new + dropped <= _SETTLED * max(len(keys), 1):
            return
        known = np.concatenate([task.seed_links, links])
        if names is not None:
            names.learn(known)
        encoder.refit(known, number, progress=progress)
        yield Turn(number, len(keys), new, dropped, kept, time.perf_counter() - started)
        before = keys


def _keys(links: Int32Array, n_entities: int) -> NDArray[np.int64]:
    """(m,) one number for every link, sorted."""
    wide = links.astype(np.int64)
    return np.unique(wide[:, 0] * n_entities + wide[:, 1])
