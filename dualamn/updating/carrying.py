"""Models that know of changed graphs what they knew of the graphs before, without training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dualamn.attributes import Attributes, PseudoSeeds
from dualamn.config import AlignerConfig
from dualamn.decoding import Decoder
from dualamn.graphs.graph_change import GrownTask, identifier_hash
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array, pair_keys
from dualamn.kernels.compute import threads
from dualamn.model import Model, make_encoder
from dualamn.probability.holdout import OTHERS_OUT, Holdout
from dualamn.progress import ProgressCallback
from dualamn.result import EarlierLinks

EPOCHS = 2
"""Of training on in an update."""


def known_links(task: AlignmentTask, earlier: EarlierLinks, least: float) -> Int32Array:
    """(m, 2) links to learn from: seed links, and those found before that are sure and possible."""
    sure = task.not_rejected(earlier.links[earlier.probabilities >= least])
    free = ~np.isin(sure, task.seed_links).any(axis=1)
    return np.concatenate([task.seed_links, sure[free]])


def carried(
    model: Model,
    task: AlignmentTask,
    new_id: Int32Array,
    known: Int32Array,
    config: AlignerConfig,
    progress: ProgressCallback,
) -> Model:
    """A model for a task that has changed.

    Entities of before keep their embeddings, and a new one starts from its neighbours; match
    weights of names and values stay, and which words and properties stand for each other comes from
    the known links. Only where nothing was known of structure it is fitted to them.

    Args:
        model: of the task before.
        task: as it is now.
        new_id: (n,) the joint id now of every joint id of before, -1 for who is gone.
        known: (m, 2) joint ids of links to learn from.
        config: the settings.
        progress: told of training, where there is some.
    """
    attributes = _attributes(model.attributes, task, known, config)
    further = replace(config, turn_epochs=min(EPOCHS, config.turn_epochs))
    encoder = make_encoder(task, further, model.encoder.storage, known)
    with threads(config.threads):
        if not encoder.take_over(model.encoder, new_id, known):
            encoder.fit(known, progress=progress, checkpoint=None, resume=False)
    decoder = Decoder(task, config, attributes)
    decoder.structure_weight = model.decoder.structure_weight
    return Model(task, config, encoder, decoder, _pseudo_seeds(model, new_id, task))


def _attributes(
    old: Attributes, task: AlignmentTask, known: Int32Array, config: AlignerConfig
) -> Attributes:
    """Names and values of the task as it is now; what takes part for the first time is weighed."""
    attributes = Attributes.of(task, config)
    before = {one.what: one for one in old.taking_part}
    beside = None
    for own in attributes.taking_part:
        if own.what in before:
            own.take_weights(before[own.what])
            own.learn(known)
        else:
            own.weigh(known, beside)
        beside = own
    return attributes


def _pseudo_seeds(model: Model, new_id: Int32Array, task: AlignmentTask) -> PseudoSeeds | None:
    """Those of before whose entities are there still, and neither known nor rejected by now."""
    old = model.pseudo_seeds
    if old is None:
        return None
    there = (new_id[old.links] >= 0).all(axis=1)
    links, chance = new_id[old.links[there]], old.chance[there]
    free = ~np.isin(links, task.seed_links).any(axis=1)
    free &= ~np.isin(pair_keys(links), pair_keys(task.not_links))
    return PseudoSeeds(links[free], chance[free])


def carried_holdout(holdout: Holdout, grown: GrownTask) -> Holdout:
    """What a second model does not see of the task as it is now: what it did not see before.

    Of new entities a share is taken out as well, by a hash of their identifiers, so that it does
    not matter by which updates they came.
    """
    task, new_id = grown.task, grown.new_id
    held_out = grown.moved(holdout.held_out)
    known = np.isin(pair_keys(held_out), pair_keys(task.seed_links))
    parted = grown.moved(holdout.parted)
    rejected = grown.moved(holdout.rejected)
    rejected = rejected[np.isin(pair_keys(rejected), pair_keys(task.not_links))]
    gone = new_id[holdout.gone]
    free = grown.is_new & task.is_linkable
    free[task.seed_links] = False
    new = np.flatnonzero(free)
    names = task.identifiers(new).tolist()
    graphs = [task.kg_names[kg] for kg in task.source_of[new].tolist()]
    out = [
        identifier_hash(f"{graph}\0{holdout.number}", name) < OTHERS_OUT * 2**64
        for graph, name in zip(graphs, names, strict=True)
    ]
    gone = np.concatenate([gone[gone >= 0], new[np.array(out, dtype=np.bool_)]])
    gone = np.unique(gone[~np.isin(gone, held_out[known])]).astype(np.int32)
    return Holdout.made(task, held_out[known], parted, gone, holdout.number, rejected)
