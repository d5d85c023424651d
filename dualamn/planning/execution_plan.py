"""How much memory a run will take, and settings that keep it within what there is.

Sizes are counted from the arrays that the stages hold at once; what they hold for every edge was
measured on synthetic graphs of a million entities each (docs/scale.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from dualamn.config import AlignerConfig
from dualamn.errors import ConfigError
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels import compute, memory
from dualamn.kernels.memory import Storage
from dualamn.search.candidate_search import Way, explores, way_to_search
from dualamn.training.micro_batch import StepSizes

GIB = 2**30
SHARE = 0.8  # of the machine's memory that a run may take if nothing else is said

_PROGRAM = 450 * 2**20  # the interpreter with PyTorch and FAISS
_ENTITY = 300  # bytes of identifiers and of ids around them
_NAME = 2_300  # of a name: its words and pieces, as written and with synonyms
_TRIPLE = 24
_EDGE_IN_GRAPH = 80  # bytes of sparse patterns, for each of a triple's two directions
_EDGE_TIED = 24  # of one more pattern and its weights, where linked entities are tied
_EDGE_IN_STATEMENTS = 100  # of what evidence knows of it between its rounds
_EDGE_IN_EVIDENCE = 150  # of that and of pairs that share statements, in a round
_CANDIDATE = 60  # of scores, positions and pairs
_CANDIDATE_IN_EVIDENCE = 130  # of the same, through rounds of evidence
_LISTS = 1.5  # of one graph's rows: what an approximate search holds, in lists that double to grow
_MICRO_BATCH_COPIES = 6  # layers, gate, dropped rows, and gradients
_FLOAT, _HALF = 4, 2
_LABEL_COPIES = 4  # of labels as they start, after two rounds, and while they are added up
_COLUMNS = 256  # that propagation projects at a time at least


@dataclass(frozen=True)
class ExecutionPlan:
    """What a run will hold in memory at most, stage by stage.

    Attributes:
        config, storage: with fewer dimensions, in half precision, in a file where memory asks so.
        stages: bytes that each stage holds, with what it needs from the stages before.
        budget: bytes that the run may take; None if the machine's memory is not known.
        narrowed: the settings that differ from those asked for, as "name 128 -> 64".
        file_bytes: of embeddings in a temporary file; 0 where they are in memory.
    """

    config: AlignerConfig
    storage: Storage
    stages: dict[str, int]
    budget: int | None
    narrowed: tuple[str, ...] = ()
    file_bytes: int = 0

    @property
    def peak(self) -> int:
        """The most that is held at once, in bytes."""
        return max(self.stages.values())

    @property
    def changes(self) -> tuple[str, ...]:
        """What is not as asked for so that the run fits, in words."""
        kept = ["in half precision"] if self.storage.half else []
        if self.file_bytes:
            kept.append(f"in a temporary file of {self.file_bytes / GIB:.2f} GiB")
        changes = [f"embeddings {', '.join(kept)}"] if kept else []
        return (*changes, *(f"embeddings of fewer dimensions, {line}" for line in self.narrowed))


def plan(task: AlignmentTask, config: AlignerConfig) -> ExecutionPlan:
    """Settings with which a run fits into its memory, as near as can be to those asked for.

    Where it would take too much, embeddings that nothing searches are made in half precision, then
    go into a temporary file as well (`dualamn.kernels.memory`), and if that is not enough they are
    given fewer dimensions, half by half; nothing else is changed. With enough memory the settings
    stay as they are. Of the task only its sizes count.

        >>> from dualamn.bench.synthetic_task import make_task
        >>> planned = plan(make_task(), AlignerConfig(memory=2.0))
        >>> planned.changes, planned.peak < 2 * GIB
        ((), True)

    Raises:
        ConfigError: not even the fewest dimensions fit.
    """
    budget = memory_budget(config)
    tried = _planned(task, config, Storage(), config, budget)
    if budget is None or tried.peak <= budget:
        return tried
    for settings in (config, *_fewer_dimensions(config)):
        ways = [Storage()]
        if _only_scores(task, settings):
            ways += [Storage(half=True), Storage(half=True, mapped=True)]
        for way in ways:
            tried = _planned(task, settings, way, config, budget)
            if tried.peak <= budget:
                return tried
    others = "preset fast, which trains nothing, or " if config.encoder != "propagation" else ""
    raise ConfigError(
        f"aligning {task.name} takes about {tried.peak / GIB:.1f} GiB even with the fewest "
        f"dimensions, and {budget / GIB:.1f} GiB are allowed: use {others}more memory (--memory)"
    )


def _planned(
    task: AlignmentTask,
    config: AlignerConfig,
    storage: Storage,
    asked: AlignerConfig,
    budget: int | None,
) -> ExecutionPlan:
    rows = _all_rows(task.n_entities, config, storage) * (2 if config.calibrate else 1)
    before, after = asked.to_dict(), config.to_dict()
    narrowed = tuple(
        f"{name} {before[name]} -> {after[name]}" for name in before if before[name] != after[name]
    )
    stored = rows if storage.mapped else 0
    return ExecutionPlan(config, storage, stages(task, config, storage), budget, narrowed, stored)


def memory_budget(config: AlignerConfig) -> int | None:
    """Bytes that a run with these settings may take, None if nobody can tell."""
    if config.memory is not None:
        return int(config.memory * GIB)
    there = compute.memory_bytes()
    return None if there is None else int(SHARE * there)


def stages(
    task: AlignmentTask, config: AlignerConfig, storage: Storage | None = None
) -> dict[str, int]:
    """Bytes that each stage of a run holds at once, by counting."""
    n, edges = task.n_entities, 2 * task.n_triples
    storage = storage or Storage()
    seeds, named = len(task.seed_links) > 0, _named(task, config)
    held = _PROGRAM + n * _ENTITY + edges // 2 * _TRIPLE
    evidence = edges * _EDGE_IN_EVIDENCE if config.evidence_rounds else 0
    # Without pairs to learn from, evidence comes to be when training is over.
    kept = edges * _EDGE_IN_STATEMENTS if config.evidence_rounds else 0
    early = kept if config.evidence_first or config.most_rounds(named=named) else 0
    graph = edges * _EDGE_IN_GRAPH
    tied = edges * _EDGE_TIED if config.tie_links and config.encoder != "propagation" else 0
    names = n * _NAME if named else 0
    rows = _rows(n, config, storage)
    network = n * config.dim * _FLOAT if config.encoder != "propagation" else 0
    # A second model is trained and searched while the rows of the first are there.
    waiting = rows if config.calibrate else 0
    left, right = sorted(kg.n_entities for kg in task.kgs)[-2:]
    tests = len(task.test_links)

    def way(pairs: int) -> Way:
        return way_to_search(pairs * width(config), config, seeds=seeds, names=named)

    def of_one(pairs: int, each: int) -> int:
        """Bytes of one entity's candidates, if so many pairs of entities come into question."""
        searched = 0 if way(pairs) == "evidence" else config.candidates * each
        return searched + config.evidence_explored * _CANDIDATE

    # Candidates may be all entities, or the test side alone, which is searched at larger sizes.
    each = _CANDIDATE_IN_EVIDENCE if config.evidence_rounds else _CANDIDATE
    candidates = max(
        # Runs with names were seen to hold as much for each of all entities as for the test side's.
        n * of_one(left * right, each if named else _CANDIDATE),
        2 * tests * of_one(tests * tests, each),
    )
    beside_names = not explores(config) and config.search_recall < 1
    lists = 0
    if way(left * right) == "approximate" or (way(left * right) == "names" and beside_names):
        lists = int(_LISTS * right * width(config) * _FLOAT)
    return {
        "load": held,
        "train": held + names + graph + tied + waiting + _training(n, config) + early,
        "embed": held + names + graph + waiting + _embedding(n, config, storage) + early,
        "match": held + names + graph + network + waiting + rows + evidence + candidates + lists,
    }


def _named(task: AlignmentTask, config: AlignerConfig) -> bool:
    return config.names != "off" and task.entity_names is not None


def _only_scores(task: AlignmentTask, config: AlignerConfig) -> bool:
    """Whether embeddings score pairs that were found otherwise, and are never searched.

    A search reads all rows time and again; a file would be slow, and what it saves is little at
    sizes that are searched.
    """
    named = _named(task, config)
    for left, right in task.kg_pairs:
        seeds, tests = (
            len(task.links_between(links, left, right))
            for links in (task.seed_links, task.test_links)
        )
        free = [task.kgs[kg].n_entities - seeds for kg in (left, right)]
        for pairs in (free[0] * free[1], *([tests * tests] if tests else [])):
            way = way_to_search(pairs * width(config), config, seeds=seeds > 0, names=named)
            if not (way == "evidence" or (way == "names" and explores(config))):
                return False
    return True


def width(config: AlignerConfig) -> int:
    """How many numbers an entity's embedding has."""
    network = 2 * (config.depth + 1) * config.dim
    labels = config.relation_dim * config.neighbour_dim
    return {"propagation": labels, "dual_amn": network}.get(config.encoder, network + labels)


def _all_rows(n: int, config: AlignerConfig, storage: Storage) -> int:
    """Bytes of embeddings."""
    return n * width(config) * (_HALF if storage.half else _FLOAT)


def _rows(n: int, config: AlignerConfig, storage: Storage) -> int:
    """Bytes of embeddings that are in memory at once."""
    rows = _all_rows(n, config, storage)
    return min(rows, 2 * memory.BLOCK) if storage.mapped else rows


def _training(n: int, config: AlignerConfig) -> int:
    if config.encoder == "propagation":
        return 0
    parameters = 4 * n * config.dim  # with gradient, mean square and sum
    layers = 2 * 2 * (config.depth + 1) * n * config.dim  # of two branches, with gradient
    sizes = StepSizes()
    entities = min(n, sizes.linked + sizes.others)
    batch = _MICRO_BATCH_COPIES * entities * 2 * (config.depth + 1) * config.dim
    return (parameters + layers + batch) * _FLOAT


def _embedding(n: int, config: AlignerConfig, storage: Storage) -> int:
    rows = _rows(n, config, storage)
    if config.encoder == "dual_amn":
        return rows + (3 + 2 * (config.depth + 1)) * n * config.dim * _FLOAT
    labels = _LABEL_COPIES * n * config.label_dim
    projected = n * max(_COLUMNS, config.neighbour_dim)
    joined = rows if config.encoder != "propagation" else 0  # of the network, before it is joined
    return rows + joined + (labels + projected) * _FLOAT


def _fewer_dimensions(config: AlignerConfig) -> Iterator[AlignerConfig]:
    """The same settings with ever fewer dimensions."""
    trains, labels = config.encoder != "propagation", config.encoder != "dual_amn"
    for parts in (2, 4, 8, 16):
        changes: dict[str, Any] = {}
        if trains:
            changes["dim"] = max(config.dim // parts, 16)
        if labels:
            changes["relation_dim"] = max(config.relation_dim // parts, 8)
            changes["label_dim"] = max(config.label_dim // parts, 32)
        yield replace(config, **changes)
