"""A step in micro-batches has the loss and the gradient of the step as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from dualamn import Aligner, AlignmentTask
from dualamn.bench.synthetic_task import make_task
from dualamn.config import AlignerConfig
from dualamn.encoders.dual_amn import DualAMN
from dualamn.encoders.message_graph import RelationGraph
from dualamn.training.loss import LossLayout, hard_sample_loss
from dualamn.training.micro_batch import LEAST_WEIGHT, MicroBatchedStep, draw_micro_batches
from dualamn.training.trainer import steps_an_epoch
from tests.encoders.networks import network_of

WIDE: dict[str, Any] = {"dim": 8, "proxies": 4, "dropout": 0.0, "matmul_precision": "highest"}
"""Every entity of a batch is a negative of all its anchors, and is sampled."""


@pytest.fixture(scope="module")
def task() -> AlignmentTask:
    return make_task(150, seed=1)


def gradient(network: DualAMN) -> Tensor:
    grads = []
    for parameter in network.parameters():
        assert parameter.grad is not None
        grads.append(parameter.grad.flatten().clone())
    network.zero_grad()
    return torch.cat(grads)


def test_a_step_in_parts_is_the_mean_over_its_links(task: AlignmentTask) -> None:
    network, graph = network_of(task)
    config = AlignerConfig(**WIDE, mining_limit=20, mining_pool=30, negatives=500)
    linked = np.unique(task.seed_links)
    others = np.setdiff1d(np.arange(task.n_entities, dtype=np.int32), linked)
    batches = draw_micro_batches(
        task.seed_links[:25], linked, others, config, np.random.default_rng(0)
    )
    assert [len(batch.links) for batch in batches] == [9, 8, 8]
    config = AlignerConfig.from_dict(
        config.to_dict() | {"sampled_entities": max(len(batch.entities) for batch in batches)}
    )
    # Linked entities are all sampled, and so are all others.
    step = MicroBatchedStep(network, graph, 20 / config.sampled_entities, config)

    loss = step.backward(batches, np.random.default_rng(1), torch.Generator().manual_seed(1))
    found = gradient(network)

    # The same by the plain network and one layout a batch, each over the whole graph's layers.
    terms = []
    for batch in batches:
        anchors = batch.entities[batch.links]
        everyone = np.tile(batch.entities, (2 * len(anchors), 1))
        layout = LossLayout.build(anchors, everyone, batch.entities, task.n_entities)
        embedded = network(graph, layout.rows)
        terms.append(len(anchors) * hard_sample_loss(embedded, layout, least_weight=LEAST_WEIGHT))
    whole = torch.stack(terms).sum() / 25
    whole.backward()  # type: ignore[no-untyped-call]
    assert loss == pytest.approx(whole.item(), rel=1e-5)
    torch.testing.assert_close(found, gradient(network), rtol=1e-3, atol=1e-6)


def test_gradients_add_to_those_that_are_there(task: AlignmentTask) -> None:
    network, graph = network_of(task)
    config = AlignerConfig(**WIDE, mining_limit=16, mining_pool=20, negatives=6, mining_dim=8)
    linked = np.unique(task.seed_links)
    others = np.setdiff1d(np.arange(task.n_entities, dtype=np.int32), linked)
    step = MicroBatchedStep(network, graph, len(linked) / task.n_entities, config)

    def once() -> float:
        rng, generator = np.random.default_rng(2), torch.Generator().manual_seed(2)
        return step.backward(
            draw_micro_batches(task.seed_links, linked, others, config, rng), rng, generator
        )

    first = once()
    alone = gradient(network)
    assert [once(), once()] == [first, first]
    torch.testing.assert_close(gradient(network), 2 * alone)


@given(
    st.integers(1, 60), st.integers(1, 50), st.integers(0, 40), st.integers(1, 80), st.booleans()
)
def test_parts_have_every_link_once_and_other_entities_beside_it(
    n_links: int, limit: int, n_others: int, pool: int, shared: bool
) -> None:
    # With three graphs an entity may be in several links.
    lefts = np.arange(n_links) // 2 if shared else np.arange(n_links)
    links = np.stack([lefts, 100 + np.arange(n_links)], axis=1).astype(np.int32)
    others = np.arange(200, 200 + n_others, dtype=np.int32)
    config = AlignerConfig(mining_limit=limit, mining_pool=pool)
    linked = np.unique(np.concatenate([links.ravel(), np.arange(300, 320, dtype=np.int32)]))
    batches = draw_micro_batches(links, linked, others, config, np.random.default_rng(0))
    np.testing.assert_array_equal(
        np.concatenate([batch.entities[batch.links] for batch in batches]), links
    )
    for batch in batches:
        own = np.unique(batch.entities[batch.links])
        assert (batch.entities[: len(own)] == own).all()
        assert batch.n_linked == min(max(limit, len(own)), len(linked))
        assert len(batch.entities) == batch.n_linked + min(pool, n_others)
        assert len(np.unique(batch.entities)) == len(batch.entities)
        assert np.isin(batch.entities[: batch.n_linked], linked).all()
        assert np.isin(batch.entities[batch.n_linked :], others).all()


@pytest.mark.parametrize(("mining_limit", "graphs"), [(10_000, 3), (40, 12)])
def test_steps_of_the_same_entities_share_a_graph(
    task: AlignmentTask, monkeypatch: pytest.MonkeyPatch, mining_limit: int, graphs: int
) -> None:
    made, focused = [], RelationGraph.focused

    def counted(graph: RelationGraph, entities: Tensor, depth: int) -> RelationGraph:
        made.append(len(entities))
        return focused(graph, entities, depth)

    monkeypatch.setattr(RelationGraph, "focused", counted)
    settings: dict[str, Any] = {"dim": 8, "epochs": 3, "batches": 4, "most_batches": 4}
    Aligner("paper", **settings, mining_limit=mining_limit, mining_pool=30).fit(task)
    # All linked entities and as many others, drawn once an epoch; or every step has its own.
    assert len(made) == graphs


def test_training_in_parts_finds_as_many_links(task: AlignmentTask) -> None:
    truth = {tuple(link) for link in task.test_links.tolist()}

    def right(**settings: int) -> float:
        aligner = Aligner("paper", dim=32, epochs=10, batches=4, **settings).fit(task)
        found = aligner.align(candidates="test_only").links
        return sum(tuple(link) in truth for link in found.tolist()) / len(truth)

    whole, batches = right(), right(mining_limit=40, mining_pool=60)
    assert batches > 0.5  # by chance it would be below 0.02
    assert batches > whole - 0.1


def test_training_in_parts_goes_on_as_it_would_have(task: AlignmentTask, tmp_path: Any) -> None:
    settings: dict[str, Any] = {"dim": 8, "epochs": 3, "mining_limit": 30, "mining_pool": 40}
    unbroken = Aligner("paper", **settings).fit(task)
    checkpoint = tmp_path / "run.safetensors"

    def interrupt(progress: Any) -> None:
        if progress.step > 0.7 * progress.total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Aligner("paper", **settings).fit(task, progress=interrupt, checkpoint=checkpoint)
    steps: list[int] = []
    continued = Aligner("paper", **settings).fit(
        task, progress=lambda p: steps.append(p.step), checkpoint=checkpoint, resume=True
    )
    assert steps[0] > 1, "it started anew"
    assert continued.embeddings().tobytes() == unbroken.embeddings().tobytes()


@pytest.mark.parametrize(
    ("links", "triples", "steps"),
    [
        (1, 165_556, 1),
        (3, 165_556, 3),
        (4500, 165_556, 5),
        (4500, 10_000_000, 5),
        (10_240, 783_241, 5),
        (12_955, 783_241, 7),
        (4500, 120_000, 8),
        (4500, 75_740, 20),
        (4500, 70_040, 20),
        (3000, 81_011, 12),
        (3000, 0, 17),
        (900, 0, 5),
        (40_000, 100_000, 20),
        (300_000, 10_000_000, 10),
    ],
)
def test_steps_of_an_epoch_follow_from_links_and_triples(
    links: int, triples: int, steps: int
) -> None:
    assert steps_an_epoch(links, triples, AlignerConfig()) == steps


def test_more_steps_may_be_asked_for_than_an_epoch_has_at_most() -> None:
    assert steps_an_epoch(300_000, 10_000_000, AlignerConfig(batches=40)) == 40
