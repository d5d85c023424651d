"""Benchmark runs: the whole flow on a data set, once for every seed and fold, measured."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from dualamn.alignment import Alignment
from dualamn.bench.records import (
    Run,
    detail_record,
    exact_name_match,
    mean_and_deviation,
    score_record,
)
from dualamn.config import DEFAULT_PRESET, AlignerConfig, PresetName
from dualamn.errors import ConfigError, DataError
from dualamn.eval.evaluation import Evaluation, evaluate
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels import compute
from dualamn.progress import Progress, ProgressCallback, silent
from dualamn.result import CandidateProtocol

__all__ = ["Benchmark", "ProtocolChoice", "Run", "run_benchmark"]

_MATCHER = {"paper": "csls"}  # of a preset; of the others it is sinkhorn

ProtocolChoice = Literal["auto", "test", "all", "unaligned"]
"""Which protocols are run beside the test side only: "test" none, "all" all entities of the
other graph, "unaligned" all entities without a seed link on both sides, as a user has them, and
"auto" the same as "all" where no graph has more than `ALL_ENTITIES_UP_TO` entities."""

ALL_ENTITIES_UP_TO = 50_000


@dataclass(frozen=True)
class Benchmark:
    """What to run and how often.

    A preset that bootstraps looks for pseudo-labels among the entities of the test links, as the
    papers do, and is then scored by that protocol alone: for another it trains once more, among
    all entities without a seed link.

    Attributes:
        path: the data set's folder, as `dualamn.load` takes it.
        dataset: what the report calls it.
        preset: a named set of settings.
        settings: settings of `AlignerConfig` that differ from the preset.
        seeds: one run each, for every fold.
        folds: published folds; None stands for the data set's own choice.
        train_ratio: the share of all links drawn as seeds, in place of a published split.
        protocol: whose entities are candidates.
        names: where the names of entities are from, see `entity_names.with_names`; None for
            structure alone, whatever names the graphs have, as published figures have it.
        values: attribute values of the graphs take part as well.
        no_seeds: hide all seed links from the model, which then begins with pseudo-seeds, and
            looks for further ones among all entities. Test links stay as they are.
        process_start: when the process started, on the clock of `time.monotonic()`: start-up, up
            to the first run, is added to the total of every run. None for runs in a process that
            does other things too: totals then begin with the run.
    """

    path: Path
    dataset: str
    preset: PresetName = DEFAULT_PRESET
    settings: Mapping[str, Any] = field(default_factory=dict)
    seeds: Sequence[int] = (0,)
    folds: Sequence[int | None] = (None,)
    train_ratio: float | None = None
    protocol: ProtocolChoice = "auto"
    names: str | Path | None = None
    values: bool = False
    no_seeds: bool = False
    process_start: float | None = None

    def __post_init__(self) -> None:
        if self.protocol not in get_args(ProtocolChoice):
            known = ", ".join(get_args(ProtocolChoice))
            raise ConfigError(f"there is no protocol {self.protocol!r}, choose one of {known}")
        if not self.seeds or not self.folds:
            raise ConfigError("a benchmark needs one seed or more, and one fold or more")
        if self.no_seeds and self.names is None and not self.values:
            raise ConfigError("a benchmark without seed links needs names or values to begin with")

    def config(self, seed: int) -> AlignerConfig:
        """The settings of one run."""
        # Papers rank candidates: one model, and a link for every entity that is asked about.
        links = {"calibrate": False, "matcher": _MATCHER.get(self.preset, "sinkhorn")}
        settings = {"bootstrap_candidates": "test_only", **links, **self.settings, "seed": seed}
        if self.names is None:
            settings["names"] = "off"
        if not self.values:
            settings["values"] = "off"
        if self.no_seeds:
            settings["bootstrap_candidates"] = "unaligned"
        return AlignerConfig.preset(self.preset, **settings)

    def runs(self, progress: ProgressCallback = silent) -> Iterator[Run]:
        """Runs one after the other, each given out as it is done.

        Raises:
            DataError: the data set cannot be loaded, or has no test links to score by.
            ConfigError: an unknown preset, matcher or setting.
        """
        # A wrong setting shows before anything is loaded; and imports count as start-up.
        import dualamn.data_loaders  # noqa: F401
        from dualamn.aligner import Aligner

        Aligner(self.config(self.seeds[0]))
        begin = time.monotonic()
        startup = 0.0 if self.process_start is None else begin - self.process_start
        for fold in self.folds:
            for seed in self.seeds:
                yield self._run(seed, fold, startup, progress)

    def task(
        self, seed: int, fold: int | None, progress: ProgressCallback = silent
    ) -> AlignmentTask:
        """The task of one run."""
        from dualamn.data_loaders import load
        from dualamn.data_loaders.entity_names import with_names

        task = load(
            self.path, train_ratio=self.train_ratio, fold=fold, seed=seed, progress=progress
        )
        if self.names is not None:
            task = with_names(task, self.names, self.path)
        return replace(task, seed_links=task.seed_links[:0]) if self.no_seeds else task

    def _run(self, seed: int, fold: int | None, startup: float, progress: ProgressCallback) -> Run:
        from dualamn.aligner import Aligner

        aligner = Aligner(self.config(seed))
        clock = _Clock(startup)
        task = self.task(seed, fold, progress)
        clock.stage("load")
        if not len(task.test_links):
            raise DataError(
                "this data set has no test links, so there is nothing to score by; "
                "hold some back with a train ratio below 1",
                path=self.path,
            )
        aligner.fit(task, progress=progress)
        clock.stage("train")
        evaluations: dict[CandidateProtocol, tuple[Evaluation, Evaluation | None]] = {}
        run: Run = {"seed": seed, "fold": fold}
        run |= {"bootstrap_candidates": {}, "turns": {}, "notes": {}}
        for protocol in self._protocols(task):
            if protocol != "test_only" and aligner.saw_test_side:
                aligner = Aligner(replace(aligner.config, bootstrap_candidates="unaligned"))
                aligner.fit(task, progress=progress)
                clock.stage("train")
            among = aligner.config.bootstrap_candidates if aligner.rounds else None
            run["bootstrap_candidates"][protocol] = among
            run["turns"][protocol] = [asdict(learned) for learned in aligner.rounds]
            alignment = aligner.align(candidates=protocol, progress=progress)
            run["notes"][protocol] = list(alignment.notes)
            clock.stages(alignment.seconds, rest="search")
            progress(Progress("evaluate", 0, 1))
            evaluations[protocol] = _evaluate(alignment)
            del alignment  # a second model may train, which has no use for it
            progress(Progress("evaluate", 1, 1))
            clock.stage("evaluate")
        full = {name: whole for name, (whole, _) in evaluations.items()}
        if aligner.pseudo_seeds is not None:
            run["own_seeds"] = str(aligner.pseudo_seeds)
        if self.names is not None:
            run["names"] = task.notes[-1]
            run["exact_name_match"] = {
                name: exact_name_match(task, task.test_links, name) for name in evaluations
            }
        run |= score_record(task, full) | detail_record(full)
        if len(task.kgs) > 2:
            rest = {name: free for name, (_, free) in evaluations.items() if free is not None}
            run["implied_test_links"] = int(task.implied_by_seeds.sum())
            run["without_implied"] = score_record(task, rest)
        clock.stage("evaluate")
        run["seconds"] = clock.seconds()
        run["peak_memory_bytes"] = compute.peak_memory_bytes()
        plan = aligner.plan
        assert plan is not None
        return run | {
            "planned_memory_bytes": plan.peak,
            "narrowed": list(plan.narrowed),
            "planned_file_bytes": plan.file_bytes,
            "half_precision": plan.storage.half,
        }

    def models(self, task: AlignmentTask) -> int:
        """How many models one run trains: another where the first is told of the test side."""
        config = self.config(self.seeds[0])
        named = config.names != "off" and task.entity_names is not None
        told = config.sees_test_side(named=named) and len(task.test_links) > 0
        return 2 if told and len(self._protocols(task)) > 1 else 1

    def _protocols(self, task: AlignmentTask) -> Sequence[CandidateProtocol]:
        largest = max(kg.n_entities for kg in task.kgs)
        if self.protocol == "test" or (self.protocol == "auto" and largest > ALL_ENTITIES_UP_TO):
            return ("test_only",)
        return ("test_only", "unaligned" if self.protocol == "unaligned" else "all_entities")

    def report(self, runs: Sequence[Run]) -> dict[str, Any]:
        """Everything about the runs in one object that can be written as JSON.

        `mean` and `std` are those of `mean_and_deviation`.

        Raises:
            ConfigError: no run, or runs that were scored by different protocols.
        """
        import torch

        settings = self.config(self.seeds[0]).to_dict()
        del settings["seed"]
        settings |= {"protocol": self.protocol, "train_ratio": self.train_ratio}
        if self.names is not None:
            settings["names_from"] = str(self.names)
        if self.names is not None or self.values:
            settings["no_seeds"] = self.no_seeds
        if settings["device"] == "auto":
            settings["device"] = "cuda" if torch.cuda.is_available() else "cpu"
        settings["threads"] = settings["threads"] or torch.get_num_threads()
        mean, std = mean_and_deviation(runs)
        return {
            "dataset": self.dataset,
            "preset": self.preset,
            "settings": settings,
            "versions": compute.versions(),
            "machine": compute.machine(settings["device"]),
            "runs": list(runs),
            "mean": mean,
            "std": std,
        }


def run_benchmark(
    path: str | Path,
    *,
    progress: ProgressCallback = silent,
    **request: Any,
) -> dict[str, Any]:
    """Runs a benchmark and reports it; `request` holds the fields of `Benchmark`.

        run_benchmark("data/dbp15k/zh_en", preset="paper", seeds=range(3), protocol="test")

    Returns:
        `dataset`, `preset`, `settings`, `versions`, `machine`, `runs` (see `Run`), `mean`, `std`.

    Raises:
        DualamnError: as `Benchmark.runs`.
    """
    request.setdefault("dataset", str(path))
    benchmark = Benchmark(Path(path), **request)
    return benchmark.report(list(benchmark.runs(progress)))


class _Clock:
    """Adds up the seconds of the stages of one run."""

    def __init__(self, startup: float) -> None:
        self._spent = dict.fromkeys(("load", "train", "search", "match", "evaluate"), 0.0)
        self._startup = startup
        self._begin = self._last = time.monotonic()

    def stage(self, name: str) -> None:
        """Charges what passed since the last call to a stage."""
        now = time.monotonic()
        self._spent[name] += now - self._last
        self._last = now

    def stages(self, measured: Mapping[str, float], rest: str) -> None:
        """Charges what passed since to stages that were measured, the rest to one of them."""
        self.stage(rest)
        for name, seconds in measured.items():
            if name in self._spent:
                self._spent[name] += seconds
                self._spent[rest] -= seconds

    def seconds(self) -> dict[str, float]:
        """Seconds of every stage, and the total with the start-up."""
        return {**self._spent, "total": self._startup + time.monotonic() - self._begin}


def _evaluate(alignment: Alignment) -> tuple[Evaluation, Evaluation | None]:
    """By all test links, and with more than two graphs by those not implied by seed links."""
    task = alignment.task
    full = evaluate(alignment, task.test_links)
    if len(task.kgs) == 2:
        return full, None
    return full, evaluate(alignment, task.test_links[np.logical_not(task.implied_by_seeds)])
