"""How long a run will take, roughly: before it starts, from the sizes of its task.

What each stage takes for a triple, a step or a comparison was read off the run files in
benchmarks/results and benchmarks/scale_results. Those machines had two cores of a server and no
GPU: on the slower ones estimates are right to a factor of two, on the fastest they are up to four
times what a run takes, and a test holds them to that. Names are not counted.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from dualamn.config import AlignerConfig
from dualamn.graphs.task import AlignmentTask
from dualamn.planning.execution_plan import width
from dualamn.search.search_way import explores, way_to_search
from dualamn.training.micro_batch import StepSizes
from dualamn.training.trainer import steps_an_epoch

_START = 3.5  # seconds until everything is imported
_LOAD = 2e-6  # a triple
_PROPAGATION = 1.6e-5  # a triple
_EVIDENCE = 2.1e-5  # a triple: pairs that share statements, searched and decided
_PRODUCTS = 8e10  # a second, of numbers that an exact search multiplies
_LOOKED_UP = 3e-4  # seconds for an entity that looks up the names that are like its own
_CLUSTERED = 0.1  # of the products of an exact search that one by way of clusters makes
_STEP = 1.2e-8  # an edge and a number of an entity's features, in a training step
_PART = 5.5e-8  # an entity of a part of it and a number of its embedding: gate, mining, loss
_ENTITY = 8  # edges that an entity weighs as much as
_FIXED_SHARE = 0.15  # of a step, whatever share of the entities is linked
_FOUND_SHARE = 0.6  # of the entities that bootstrapping links on its way
_FOUND_EACH = 10  # for each seed link, at most
_CORES_POWER = 0.77  # 1.7 times as fast with two cores as with one
_CORES = 2  # that the above was measured on


@dataclass(frozen=True)
class Sizes:
    """What of a task decides how long it takes.

    Attributes:
        entities: of every graph.
        triples: of all graphs.
        seeds: seed links.
        has_names: whether entities have names.
    """

    entities: tuple[int, ...]
    triples: int
    seeds: int
    has_names: bool = False

    @classmethod
    def of(cls, task: AlignmentTask) -> Sizes:
        """The sizes of a task."""
        return cls(
            tuple(kg.n_entities for kg in task.kgs),
            task.n_triples,
            len(task.seed_links),
            task.entity_names is not None,
        )


def seconds(
    sizes: Sizes, config: AlignerConfig, *, cores: int | None = None, models: int = 1
) -> float:
    """About how long a whole run takes on a CPU.

    Args:
        sizes: of the task.
        config: the settings, as they were planned.
        cores: that the run uses; `config.threads` or all of the machine's if None.
        models: that are trained and searched one after the other, those for probabilities aside.

    Returns:
        Seconds, mostly right to a factor of two on processors of some years ago; new ones take a
        quarter or a third of that.
    """
    cores = cores or config.threads or os.cpu_count() or 1
    slower = math.pow(_CORES / cores, _CORES_POWER)
    rounds = 1 + config.bootstrap_turns
    work = slower * _training(sizes, config) + rounds * _searching(sizes, config, slower)
    if _finds_first(sizes, config):
        work += slower * _EVIDENCE * sizes.triples
    if config.encoder != "dual_amn":
        work += _PROPAGATION * sizes.triples
    # A second model is trained and searched to tell probabilities by.
    return _START + _LOAD * sizes.triples + models * (2 if config.calibrate else 1) * work


def _training(sizes: Sizes, config: AlignerConfig) -> float:
    if config.encoder == "propagation":
        return 0.0
    rest = round(_FOUND_SHARE * max(0, min(sizes.entities) - sizes.seeds))
    # Without seed links names find the first pairs.
    found = sizes.seeds + min(rest, _FOUND_EACH * sizes.seeds or rest)
    turns = config.bootstrap_turns * config.turn_epochs * _epoch(found, sizes, config)
    first = found if _finds_first(sizes, config) else sizes.seeds
    return config.epochs * _epoch(first, sizes, config) + turns


def _finds_first(sizes: Sizes, config: AlignerConfig) -> bool:
    """Whether evidence finds pairs before anything is trained."""
    return config.evidence_first and sizes.seeds > 0


def _epoch(links: int, sizes: Sizes, config: AlignerConfig) -> float:
    if not links:
        return 0.0
    n, steps = sum(sizes.entities), steps_an_epoch(links, sizes.triples, config.most_batches)
    linked = min(n, 2 * links)
    layers = (2 * sizes.triples + _ENTITY * n) * config.dim * (_FIXED_SHARE + linked / max(n, 1))
    drawn = StepSizes()
    parts = math.ceil(links / steps / (drawn.linked // 2))
    entities = min(linked, drawn.linked) + min(n - linked, drawn.others)
    embedded = parts * entities * 2 * (config.depth + 1) * config.dim
    return steps * (_STEP * layers + _PART * embedded)


def _searching(sizes: Sizes, config: AlignerConfig, slower: float) -> float:
    evidence = slower * _EVIDENCE * sizes.triples if config.evidence_rounds else 0.0
    left, right = (max(1, n - sizes.seeds) for n in sorted(sizes.entities)[-2:])
    products = left * right * width(config)
    named = config.names != "off" and sizes.has_names
    way = way_to_search(products, config, seeds=sizes.seeds > 0, names=named)
    by_names = 0.0 if explores(config) else _CLUSTERED  # who is near by structure
    made = {"exact": 1.0, "clusters": _CLUSTERED, "names": by_names, "evidence": 0.0}[way]
    looked_up = _LOOKED_UP * (left + right) if way == "names" else 0.0
    return evidence + slower * (2 * made * products / _PRODUCTS + looked_up)


def in_words(duration: float) -> str:
    """A duration as roughly as it is known: "about 15 seconds", "about 3 hours"."""
    if duration < 55:
        return f"about {max(5, 5 * round(duration / 5))} seconds"
    for unit, name, largest in ((60, "minute", 55 * 60), (3600, "hour", 40 * 3600)):
        if duration < largest:
            return _counted(duration / unit, name)
    return _counted(duration / 86400, "day")


def _counted(value: float, name: str) -> str:
    # One digit is known, and hardly that.
    whole = max(1, round(value)) if value < 10 else 5 * round(value / 5)
    return f"about {whole} {name}{'' if whole == 1 else 's'}"
