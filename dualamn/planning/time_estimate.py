"""How long a run will take, roughly: before it starts, from the sizes of its task.

Work is counted: numbers that dense products multiply, and triples and entities that all else goes
over. What each takes was read off the run files in benchmarks/results and benchmarks/scale_results,
on two cores of a server (AMD EPYC with AVX-512) of speed 1; `Speed.measured` compares this machine.
Estimates are right to a factor of two, and a test holds them to that. Names are not counted.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from dualamn.config import AlignerConfig
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.compute import threads
from dualamn.kernels.sparse import Pattern, multiply
from dualamn.planning.execution_plan import width
from dualamn.probability.holdout import n_trials
from dualamn.search.candidate_search import explores, way_to_search
from dualamn.training.micro_batch import StepSizes
from dualamn.training.trainer import steps_an_epoch

_START = 2.0  # seconds until everything is imported
_LOAD = 1e-6  # a triple
_PROPAGATION = 7e-6  # a triple
_EVIDENCE = 9e-6  # a triple: pairs that share statements, searched and decided
_PRODUCTS = 2e11  # a second, of numbers that an exact search multiplies
_LOOKED_UP = 1.2e-4  # seconds for an entity that looks up the names that are like its own
_APPROXIMATE = 0.1  # of the time of an exact search that an approximate one takes
_STEP = 5e-9  # an edge and a number of an entity's features, in a training step
_MICRO_BATCH = 2.3e-8  # an entity of it and a number of its embedding: gate, mining, loss
_ENTITY = 8  # edges that an entity weighs as much as
_FIXED_SHARE = 0.25  # of a step, whatever share of the entities is linked
_FOUND_SHARE = 0.6  # of the entities that bootstrapping links on its way
_FOUND_EACH = 20  # for each seed link, at most
_CORES_POWER = 0.77  # 1.7 times as fast with two cores as with one
_CORES = 2  # that the above was measured on
_DENSE_PROBE = 6.7e-4  # seconds that one of those cores takes for the products below
_SPARSE_PROBE = 3.9e-4
_PROBED = 0.04  # seconds that each is tried again and again for


@dataclass(frozen=True)
class Speed:
    """How fast a machine is, by how often it does in a second what two cores of that server do:
    in products of dense matrices, and in passes over memory, of which all else consists."""

    dense: float = 1.0
    sparse: float = 1.0

    @classmethod
    def measured(cls, cores: int | None = None) -> Speed:
        """The speed of this machine with so many cores, all if None: a tenth of a second.

        One core is measured, at its best, as others may be busy at the moment.
        """
        more = math.pow((cores or os.cpu_count() or 1) / _CORES, _CORES_POWER)
        draw = torch.Generator().manual_seed(0)
        left, right = (torch.randn(size, generator=draw) for size in ((128, 512), (512, 512)))
        rows = torch.arange(20_000) // 4
        columns = torch.randint(5000, (len(rows),), generator=draw)
        pattern = Pattern.from_sorted(rows, columns, (5000, 5000))
        values, points = torch.ones(len(rows)), torch.randn(5000, 128, generator=draw)
        with threads(1):
            dense = _least_seconds(lambda: left @ right)
            sparse = _least_seconds(lambda: multiply(pattern, values, points))
        return cls(more * _DENSE_PROBE / dense, more * _SPARSE_PROBE / sparse)


def _least_seconds(work: Callable[[], object]) -> float:
    least, end = math.inf, time.perf_counter() + _PROBED
    while (started := time.perf_counter()) < end:
        work()
        least = min(least, time.perf_counter() - started)
    return least


@dataclass(frozen=True)
class Sizes:
    """What of a task decides how long it takes: `entities` of every graph, `triples` of all graphs,
    `seeds` links, whether entities have names, and `trials`, the models that probabilities need."""

    entities: tuple[int, ...]
    triples: int
    seeds: int
    has_names: bool = False
    trials: int = 1

    @classmethod
    def of(cls, task: AlignmentTask) -> Sizes:
        """The sizes of a task."""
        return cls(
            tuple(kg.n_entities for kg in task.kgs),
            task.n_triples,
            len(task.seed_links),
            task.entity_names is not None,
            n_trials(task, None),
        )


def seconds(sizes: Sizes, config: AlignerConfig, speed: Speed, *, models: int = 1) -> float:
    """About how many seconds a whole run takes on a CPU, mostly right to a factor of two.

    Args:
        sizes: of the task.
        config: the settings, as they were planned.
        speed: of the machine, with the cores that the run uses.
        models: that are trained and searched one after the other, those for probabilities aside.
    """
    rounds = 1 + _self_training_rounds(sizes, config)
    work = _training(sizes, config, speed) + rounds * _searching(sizes, config, speed)
    if _finds_first(sizes, config):
        work += _EVIDENCE * sizes.triples / speed.sparse
    if config.encoder != "dual_amn":
        work += _PROPAGATION * sizes.triples / speed.sparse
    if config.calibrate:  # every trial trains a model and searches with it
        models *= 1 + sizes.trials
    return _START + _LOAD * sizes.triples + models * work


def _training(sizes: Sizes, config: AlignerConfig, speed: Speed) -> float:
    if config.encoder == "propagation":
        return 0.0
    rest = round(_FOUND_SHARE * max(0, min(sizes.entities) - sizes.seeds))
    # Without seed links names find the first pairs.
    found = sizes.seeds + min(rest, _FOUND_EACH * sizes.seeds or rest)
    first = found if _finds_first(sizes, config) else sizes.seeds
    epochs = _self_training_rounds(sizes, config) * config.turn_epochs
    rounds = epochs * _epoch(found, sizes, config, speed)
    return config.epochs * _epoch(first or found, sizes, config, speed) + rounds


def _self_training_rounds(sizes: Sizes, config: AlignerConfig) -> int:
    """How many there are at most; they end early where pairs no longer change."""
    return config.most_rounds(named=sizes.has_names and config.names != "off")


def _finds_first(sizes: Sizes, config: AlignerConfig) -> bool:
    """Whether evidence finds pairs before anything is trained."""
    return config.evidence_first and sizes.seeds > 0


def _epoch(links: int, sizes: Sizes, config: AlignerConfig, speed: Speed) -> float:
    if not links:
        return 0.0
    n, steps = sum(sizes.entities), steps_an_epoch(links, sizes.triples, config.most_batches)
    linked = min(n, 2 * links)
    layers = (2 * sizes.triples + _ENTITY * n) * config.dim * (_FIXED_SHARE + linked / max(n, 1))
    drawn = StepSizes()
    batches = math.ceil(links / steps / (drawn.linked // 2))
    entities = min(linked, drawn.linked) + min(n - linked, drawn.others)
    embedded = batches * entities * 2 * (config.depth + 1) * config.dim
    return steps * (_STEP * layers / speed.sparse + _MICRO_BATCH * embedded / speed.dense)


def _searching(sizes: Sizes, config: AlignerConfig, speed: Speed) -> float:
    evidence = _EVIDENCE * sizes.triples if config.evidence_rounds else 0.0
    left, right = (max(1, n - sizes.seeds) for n in sorted(sizes.entities)[-2:])
    products = left * right * width(config)
    named = config.names != "off" and sizes.has_names
    way = way_to_search(products, config, seeds=sizes.seeds > 0, names=named)
    by_names = 0.0 if explores(config) else _APPROXIMATE  # who is near by structure
    made = {"exact": 1.0, "approximate": _APPROXIMATE, "names": by_names, "evidence": 0.0}[way]
    looked_up = _LOOKED_UP * (left + right) if way == "names" else 0.0
    return 2 * made * products / _PRODUCTS / speed.dense + (evidence + looked_up) / speed.sparse


def in_words(duration: float) -> str:
    """A duration as roughly as it is known.

    >>> in_words(14), in_words(3700)
    ('about 15 seconds', 'about 1 hour')
    """
    if duration < 55:
        return f"about {max(5, 5 * round(duration / 5))} seconds"
    units = (60, "minute", 55 * 60), (3600, "hour", 40 * 3600), (86400, "day", math.inf)
    unit, name = next((unit, name) for unit, name, largest in units if duration < largest)
    value = duration / unit
    # One digit is known, and hardly that.
    whole = max(1, round(value)) if value < 10 else 5 * round(value / 5)
    return f"about {whole} {name}{'' if whole == 1 else 's'}"
