"""The training loop of Dual-AMN: steps, averages, checkpoints."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dualamn.config import AlignerConfig
from dualamn.encoders.dual_amn import DualAMN
from dualamn.encoders.message_graph import RelationGraph
from dualamn.errors import TrainingError
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array
from dualamn.kernels.memory import return_freed_memory
from dualamn.kernels.rmsprop import RMSprop
from dualamn.progress import Progress, ProgressCallback
from dualamn.training.checkpoint import Checkpoint, fingerprint
from dualamn.training.micro_batch import MicroBatchedStep, StepSizes, draw_micro_batches

_LEAST_LINKS, _MOST_LINKS = 180, 2048
"""Seed links that a step is meant for: fewer were not tried."""

_STEP_TRIPLES = 5000
"""A step is meant for the square of the task's triples over this many seed links."""

_SMALL_STEP = _MOST_LINKS / 4
"""Seed links below which steps are so small that an epoch may have many of them."""

_LEAST_STEPS, _MOST_LARGE_STEPS = 5, 10
"""Steps of an epoch at least, and at most where they are large: one step over all seed links
an epoch finds fewer links, however long it trains, and few large ones cost less than many."""

_AVERAGE_SHARE = 0.25
"""The last share of the epochs, over whose steps the parameters that training ends with are
averaged. A constant learning rate keeps them moving around a place that the mean is nearer to."""

_SETTLING_STEPS = 60
"""Of training longer than that, what comes after so many steps is averaged as well."""

_EXPLODED = 10.0
"""A loss this many times the first one has exploded: it starts near its largest value."""


class Trainer:
    """Trains a network on a task's seed links.

    Every epoch draws from generators of its own, made from the seed and the epoch's number, so
    a run that was interrupted and continued takes the same steps as an unbroken one.

    Args:
        network: its parameters change in place.
        graph: the task's graph, on the network's device.
        task: gives the seed links.
        config: the settings.
        sizes: what a step searches its negatives among.

    Raises:
        TrainingError: the task has no seed links.
    """

    def __init__(
        self,
        network: DualAMN,
        graph: RelationGraph,
        task: AlignmentTask,
        config: AlignerConfig,
        sizes: StepSizes | None = None,
    ) -> None:
        if not len(task.seed_links):
            raise TrainingError(
                f"{task.name} has no seed links to learn from: give some known pairs of entities"
            )
        self.network = network
        if config.tie_links:
            graph = graph.tied(torch.from_numpy(task.seed_links).long().to(graph.position.device))
        self.graph = graph
        self.config = config
        self.sizes = sizes or StepSizes()
        self.seed_links = task.seed_links
        self.linked = np.unique(task.seed_links)  # sorted
        everyone = np.arange(graph.n_entities, dtype=np.int32)
        self.others = np.setdiff1d(everyone, self.linked, assume_unique=True)
        self.fingerprint = fingerprint(task, config)
        self.device = network.relations.device
        self.optimizer = RMSprop(network.parameters())
        self.batches = steps_an_epoch(len(self.seed_links), task.n_triples, config.most_batches)
        share = len(self.linked) / graph.n_entities
        self.batched_step = MicroBatchedStep(network, graph, share, config, self.sizes)
        self.total_steps = config.epochs * self.batches
        self.first_averaged = first_averaged_epoch(config.epochs, self.batches)
        self._first_loss: float | None = None
        self._sums: list[torch.Tensor] = []  # of the parameters, over the last steps
        self._summed = 0

    def run(self, progress: ProgressCallback, checkpoint: Path | None, resume: bool) -> None:
        """Trains to the last epoch.

        Args:
            progress: told of every step.
            checkpoint: file that the state is kept in, written before every epoch and at the end.
            resume: go on from the checkpoint if the file exists.

        Raises:
            TrainingError: the loss is not finite or exploded.
            CheckpointError: the checkpoint is damaged or of another run.
        """
        return_freed_memory()  # such as a search and evidence have left
        with _matmul_precision(self.config.matmul_precision):
            self._run(progress, checkpoint, resume)
        return_freed_memory()

    def _run(self, progress: ProgressCallback, checkpoint: Path | None, resume: bool) -> None:
        done = 0
        if checkpoint is not None and resume and checkpoint.exists():
            done = self._restore(Checkpoint.read(checkpoint, self.fingerprint))
        for epoch in range(done, self.config.epochs):
            if checkpoint is not None:
                self._keep(epoch).write(checkpoint)
            rng = np.random.default_rng([self.config.seed, 1, epoch])
            order = rng.permutation(len(self.seed_links))
            others = self._others(rng)
            generator = self._generator(epoch)
            for batch, chosen in enumerate(np.array_split(order, self.batches)):
                step = epoch * self.batches + batch
                loss = self._step(chosen, others, step, rng, generator)
                if epoch >= self.first_averaged:
                    self._add_up()
                progress(Progress("train", step + 1, self.total_steps, loss))
        self.optimizer.zero_grad()  # gradients are as large as the parameters
        self.batched_step.let_go()
        self._take_mean()
        if checkpoint is not None:
            self._keep(self.config.epochs).write(checkpoint)

    def _others(self, rng: np.random.Generator) -> Int32Array:
        """Entities without link that the steps of an epoch draw from.

        Where a step has all linked entities, the others stay for an epoch as well: then all its
        steps need the layers of the same entities.
        """
        if len(self.linked) > self.sizes.linked:
            return self.others
        return rng.choice(self.others, min(self.sizes.others, len(self.others)), False)

    def _step(
        self,
        chosen: NDArray[np.int64],
        others: Int32Array,
        step: int,
        rng: np.random.Generator,
        generator: torch.Generator,
    ) -> float:
        self.optimizer.zero_grad()
        batches = draw_micro_batches(self.seed_links[chosen], self.linked, others, self.sizes, rng)
        try:
            value = self.batched_step.backward(batches, rng, generator)
        except FloatingPointError:
            value = math.nan
        if self._first_loss is None:
            self._first_loss = value
        if not math.isfinite(value) or value > _EXPLODED * max(self._first_loss, 1.0):
            what = "is not a number" if not math.isfinite(value) else f"exploded to {value:.4g}"
            raise TrainingError(
                f"the loss {what} at step {step + 1} of {self.total_steps}: lower the learning "
                f"rate (now {self.config.learning_rate:g}) or the loss scale "
                f"(now {self.config.loss_scale:g})"
            )
        self.optimizer.step(self.config.learning_rate)
        return value

    @torch.no_grad()
    def _add_up(self) -> None:
        """Adds the parameters as they are to the sums that `_take_mean` divides."""
        parameters = list(self.network.parameters())
        if not self._sums:
            self._sums = [torch.zeros_like(parameter) for parameter in parameters]
        for total, parameter in zip(self._sums, parameters, strict=True):
            total.add_(parameter)
        self._summed += 1

    @torch.no_grad()
    def _take_mean(self) -> None:
        for total, parameter in zip(self._sums, self.network.parameters(), strict=False):
            parameter.copy_(total / self._summed)
        self._sums, self._summed = [], 0
        if self.config.tie_links:  # every entity gets the embedding that it shared
            self.network.entities.copy_(self.network.entities[self.graph.owner])

    def _keep(self, epoch: int) -> Checkpoint:
        return Checkpoint(
            fingerprint=self.fingerprint,
            epoch=epoch,
            first_loss=self._first_loss,
            parameters={name: p.detach() for name, p in self.network.named_parameters()},
            mean_squares=self.optimizer.mean_squares,
            sums=self._sums,
            summed=self._summed,
        )

    def _restore(self, kept: Checkpoint) -> int:
        with torch.no_grad():
            for name, parameter in self.network.named_parameters():
                parameter.copy_(kept.parameters[name])
            for mean_square, value in zip(
                self.optimizer.mean_squares, kept.mean_squares, strict=True
            ):
                mean_square.copy_(value)
        self._sums = [total.to(self.device) for total in kept.sums]
        self._summed = kept.summed
        self._first_loss = kept.first_loss
        return kept.epoch

    def _generator(self, epoch: int) -> torch.Generator:
        sequence = np.random.SeedSequence([self.config.seed, 2, epoch])
        seed = int(sequence.generate_state(1, np.uint64)[0] >> 1)
        return torch.Generator(self.device).manual_seed(seed)


def first_averaged_epoch(epochs: int, batches: int) -> int:
    """The epoch from which on parameters are averaged, for so many steps (batches) an epoch.

    That of the last share, or one from the middle on that begins after the settling steps; the
    number of epochs, for none, where that share is less than half an epoch.
    """
    last = round(_AVERAGE_SHARE * epochs)
    settled = max(math.ceil(_SETTLING_STEPS / batches), math.ceil(epochs / 2))
    return min(epochs - last, settled) if last else epochs


def steps_an_epoch(links: int, triples: int, most: int) -> int:
    """How many steps an epoch has.

    Many small steps find more links than few large ones, but the graph layers cost the same for any
    number of links, and grow with the triples t: small graphs are given more steps than they save.

        links a step = (t / 5000)^2, within 180 and 2048,
        steps = links / (links a step), within 5 and `most`, or 10 where (t / 5000)^2 >= 512.

    `most`, the setting `most_batches`, comes before 5 and 10, and there are never more than links.
    """
    size = (triples / _STEP_TRIPLES) ** 2
    if size >= _SMALL_STEP:
        most = min(most, _MOST_LARGE_STEPS)
    wanted = math.ceil(links / min(_MOST_LINKS, max(size, _LEAST_LINKS)))
    return min(max(wanted, _LEAST_STEPS), most, links)


@contextmanager
def _matmul_precision(setting: str) -> Iterator[None]:
    """Float32 products of this precision inside the block."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(setting)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
