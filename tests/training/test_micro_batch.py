"""A step in micro-batches has the loss and the gradient of the step as a whole."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from dualamn import AlignmentTask
from dualamn.bench.synthetic_task import make_task
from dualamn.config import AlignerConfig
from dualamn.encoders.dual_amn import DualAMN
from dualamn.encoders.dual_amn_encoder import TrainedDualAMN
from dualamn.encoders.message_graph import RelationGraph
from dualamn.progress import ProgressCallback, silent
from dualamn.training.loss import LossLayout, hard_sample_loss
from dualamn.training.micro_batch import (
    LEAST_WEIGHT,
    MicroBatchedStep,
    StepSizes,
    draw_micro_batches,
)
from dualamn.training.trainer import Trainer, steps_an_epoch
from tests.conftest import there
from tests.encoders.networks import network_of

WIDE: dict[str, Any] = {"dim": 8, "proxies": 4, "dropout": 0.0, "matmul_precision": "highest"}
"""Every entity of a batch is a negative of all its anchors, and is sampled."""


@pytest.fixture(scope="module")
def task() -> AlignmentTask:
    return make_task(150, seed=1)


def trained(
    task: AlignmentTask,
    config: AlignerConfig,
    sizes: StepSizes,
    *,
    progress: ProgressCallback = silent,
    checkpoint: Path | None = None,
) -> TrainedDualAMN:
    """An encoder whose network was trained by steps of these sizes, from the checkpoint if any."""
    encoder = TrainedDualAMN(task, config, torch.device("cpu"))
    trainer = Trainer(encoder.network, encoder.graph, task, config, sizes)
    trainer.run(progress=progress, checkpoint=checkpoint, resume=True)
    return encoder


def gradient(network: DualAMN) -> Tensor:
    grads = []
    for parameter in network.parameters():
        grads.append(there(parameter.grad).flatten().clone())
    network.zero_grad()
    return torch.cat(grads)


def test_a_step_in_parts_is_the_mean_over_its_links(task: AlignmentTask) -> None:
    network, graph = network_of(task)
    config, sizes = AlignerConfig(**WIDE, negatives=500), StepSizes(linked=20, others=30)
    linked = np.unique(task.seed_links)
    others = np.setdiff1d(np.arange(task.n_entities, dtype=np.int32), linked)
    rng = np.random.default_rng(0)
    batches = draw_micro_batches(task.seed_links[:25], linked, others, sizes, rng)
    assert [len(batch.links) for batch in batches] == [9, 8, 8]
    sizes = replace(sizes, sampled=max(len(batch.entities) for batch in batches))
    # Linked entities are all sampled, and so are all others.
    step = MicroBatchedStep(network, graph, 20 / sizes.sampled, config, sizes)

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
    config, sizes = AlignerConfig(**WIDE, negatives=6), StepSizes(linked=16, others=20, dim=8)
    linked = np.unique(task.seed_links)
    others = np.setdiff1d(np.arange(task.n_entities, dtype=np.int32), linked)
    step = MicroBatchedStep(network, graph, len(linked) / task.n_entities, config, sizes)

    def once() -> float:
        rng, generator = np.random.default_rng(2), torch.Generator().manual_seed(2)
        return step.backward(
            draw_micro_batches(task.seed_links, linked, others, sizes, rng), rng, generator
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
    sizes = StepSizes(linked=limit, others=pool)
    linked = np.unique(np.concatenate([links.ravel(), np.arange(300, 320, dtype=np.int32)]))
    batches = draw_micro_batches(links, linked, others, sizes, np.random.default_rng(0))
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


@pytest.mark.parametrize(("limit", "graphs"), [(10_000, 3), (40, 12)])
def test_steps_of_the_same_entities_share_a_graph(
    task: AlignmentTask, monkeypatch: pytest.MonkeyPatch, limit: int, graphs: int
) -> None:
    made, focused = [], RelationGraph.focused

    def counted(graph: RelationGraph, entities: Tensor, depth: int) -> RelationGraph:
        made.append(len(entities))
        return focused(graph, entities, depth)

    monkeypatch.setattr(RelationGraph, "focused", counted)
    config = AlignerConfig(dim=8, epochs=3, most_batches=4)
    trained(task, config, StepSizes(linked=limit, others=30))
    # All linked entities and as many others, drawn once an epoch; or every step has its own.
    assert len(made) == graphs


def test_training_in_parts_finds_as_many_links(task: AlignmentTask) -> None:
    config = AlignerConfig(dim=32, epochs=10, most_batches=4)

    def correct(sizes: StepSizes) -> float:
        rows = trained(task, config, sizes).embeddings()
        cosines = rows[task.test_links[:, 0]] @ rows[task.test_links[:, 1]].T
        return float((cosines.argmax(axis=1) == np.arange(len(cosines))).mean())

    whole, batches = correct(StepSizes()), correct(StepSizes(linked=40, others=60))
    assert batches > 0.5  # by chance it would be below 0.02
    assert batches > whole - 0.1


def test_training_in_parts_goes_on_as_it_would_have(task: AlignmentTask, tmp_path: Any) -> None:
    config, sizes = AlignerConfig(dim=8, epochs=3), StepSizes(linked=30, others=40)
    unbroken = trained(task, config, sizes)
    checkpoint = tmp_path / "run.safetensors"

    def interrupt(progress: Any) -> None:
        if progress.step > 0.7 * progress.total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(task, config, sizes, progress=interrupt, checkpoint=checkpoint)
    steps: list[int] = []
    continued = trained(
        task, config, sizes, progress=lambda p: steps.append(p.step), checkpoint=checkpoint
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
def test_steps_an_epoch_follow_from_links_and_triples(links: int, triples: int, steps: int) -> None:
    assert steps_an_epoch(links, triples, AlignerConfig().most_batches) == steps


@pytest.mark.parametrize(
    ("links", "triples", "steps"), [(4500, 70_040, 3), (1, 0, 1), (9, 10**7, 3)]
)
def test_fewer_steps_may_be_asked_for(links: int, triples: int, steps: int) -> None:
    assert steps_an_epoch(links, triples, 3) == steps
