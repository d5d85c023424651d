"""Embeddings of entities from their neighbours alone, against those that encoders make."""

import numpy as np
import pytest
import torch

from dualamn.bench.synthetic_task import make_task
from dualamn.config import AlignerConfig
from dualamn.encoders import get_encoder
from dualamn.encoders.dual_amn_encoder import TrainedDualAMN
from dualamn.encoders.joint import Joint
from dualamn.encoders.new_entities import Freezes, embed_new
from dualamn.progress import silent

CONFIG = AlignerConfig(dim=16, epochs=1, label_dim=32, relation_dim=12, neighbour_dim=4)


@pytest.mark.parametrize("name", ["propagation", "dual_amn", "joint"])
def test_an_entity_is_embedded_as_the_encoder_embeds_it(name: str) -> None:
    task = make_task(80, mean_degree=4, seed=2)
    encoder = get_encoder(name)(task, CONFIG, torch.device("cpu"))
    encoder.fit(task.seed_links, progress=silent, checkpoint=None, resume=False)
    network = encoder.network if isinstance(encoder, Joint) else encoder
    if isinstance(network, TrainedDualAMN):  # new entities have no embedding of their own
        with torch.no_grad():
            network.network.entities.zero_()
    assert isinstance(encoder, Freezes)
    frozen = encoder.frozen()
    rows = encoder.embeddings()
    heads, relations, tails = task.triples.astype(np.int64).T
    for entity in range(0, task.n_entities, 7):
        out, back = heads == entity, tails == entity
        neighbours = np.concatenate([tails[out], heads[back]])
        kinds = np.concatenate([relations[out], relations[back] + task.n_relations])
        found = embed_new(
            frozen.kind,
            frozen.shared,
            lambda part, which: frozen.entities[part][which],
            neighbours,
            kinds,
            share=frozen.share,
        )
        if len(neighbours):
            np.testing.assert_allclose(found, rows[entity], atol=2e-4)
        else:
            assert not found.any()


def test_of_no_structure_nothing_is_embedded() -> None:
    none = np.empty(0, dtype=np.int64)
    assert len(embed_new("none", {}, lambda _, __: np.empty((0, 0), np.float32), none, none)) == 0
