"""Linked entities may share one embedding, and a step may hide those of its own links."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dualamn import AlignmentTask
from dualamn.bench.synthetic_task import make_task
from dualamn.config import AlignerConfig
from dualamn.encoders.dual_amn import DualAMN
from dualamn.encoders.dual_amn_encoder import TrainedDualAMN
from dualamn.encoders.message_graph import RelationGraph
from dualamn.progress import silent
from tests.encoders.networks import network_of

SMALL: dict[str, Any] = {"dim": 8, "epochs": 2, "negatives": 8, "tie_links": True}
# The third link joins two that are linked already, the last two make a set of three graphs.
LINKS = np.array([[0, 50], [3, 55], [0, 50], [7, 60], [60, 99]], dtype=np.int64)
OWNERS = {0: 0, 50: 0, 3: 3, 55: 3, 7: 7, 60: 7, 99: 7}


@pytest.fixture(scope="module")
def task() -> AlignmentTask:
    return make_task(60, seed=2)


def outcome(network: DualAMN, graph: RelationGraph) -> tuple[Tensor, Tensor, list[Tensor]]:
    """What a network makes of all entities, and the gradients of a sum of it."""
    found = torch.cat(network(graph, torch.arange(graph.n_entities)), dim=1)
    weighting = torch.rand(found.shape, generator=torch.Generator().manual_seed(5))
    network.zero_grad()
    (found * weighting).sum().backward()  # type: ignore[no-untyped-call]
    others = [p.grad for name, p in network.named_parameters() if name != "entities"]
    assert network.entities.grad is not None
    return (
        found.detach(),
        network.entities.grad.clone(),
        [g.clone() for g in others if g is not None],
    )


def inside(graph: RelationGraph, entities: list[int]) -> Tensor:
    return graph.position[torch.tensor(entities)]


def test_a_tied_graph_is_a_plain_one_over_copied_embeddings(task: AlignmentTask) -> None:
    network, graph = network_of(task)
    tied = graph.tied(torch.from_numpy(LINKS))
    sets = [[e for e in OWNERS if OWNERS[e] == owner] for owner in (0, 3, 7)]
    for members in sets:
        assert len(np.unique(tied.owner[inside(graph, members)])) == 1
        assert int(tied.owner[inside(graph, members)][0]) in inside(graph, members).tolist()
    alone = np.setdiff1d(np.arange(graph.n_entities), list(OWNERS)).tolist()
    torch.testing.assert_close(tied.owner[inside(graph, alone)], inside(graph, alone))

    found, gradient, others = outcome(network, tied)
    with torch.no_grad():
        network.entities.copy_(network.entities[tied.owner])
    expected, apart, other_gradients = outcome(network, graph)
    torch.testing.assert_close(found, expected)
    together = torch.zeros_like(apart).index_add_(0, tied.owner, apart)
    torch.testing.assert_close(gradient, together)
    torch.testing.assert_close(others, other_gradients)


def test_hidden_embeddings_are_as_good_as_zero(task: AlignmentTask) -> None:
    network, graph = network_of(task)
    tied = graph.tied(torch.from_numpy(LINKS))
    found, gradient, others = outcome(network, tied.hiding(torch.tensor([55, 20])))
    hidden = inside(graph, [3, 55, 20])
    assert (gradient[hidden] == 0).all()
    with torch.no_grad():
        network.entities[hidden] = 0.0
    expected, shown, other_gradients = outcome(network, tied)
    torch.testing.assert_close(found, expected)
    shown[hidden] = 0.0
    torch.testing.assert_close(gradient, shown)
    torch.testing.assert_close(others, other_gradients)


def test_training_leaves_linked_entities_with_equal_embeddings(task: AlignmentTask) -> None:
    encoder = TrainedDualAMN(task, AlignerConfig(**SMALL), torch.device("cpu"))
    before = encoder.network.entities.detach().clone()
    encoder.fit(task.seed_links, progress=silent, checkpoint=None, resume=False)
    first, second = encoder.graph.position[torch.from_numpy(task.seed_links).long()].T
    entities = encoder.network.entities.detach()
    torch.testing.assert_close(entities[first], entities[second], rtol=0, atol=0)
    assert (entities[first] != before[first]).any(dim=1).all()
    alone = np.setdiff1d(np.arange(task.n_entities), task.seed_links)
    own = entities[inside(encoder.graph, alone.tolist())].numpy()
    assert len(np.unique(own, axis=0)) == len(alone)
