"""Estimates of memory, and settings that keep to what there is."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from dualamn import load
from dualamn.aligner import Aligner
from dualamn.bench.export import write_task
from dualamn.bench.synthetic_task import make_task
from dualamn.config import AlignerConfig, PresetName
from dualamn.errors import ConfigError
from dualamn.kernels import compute
from dualamn.planning.execution_plan import GIB, memory_budget, plan, stages, width
from tests.commands.conftest import Run

TASK = make_task(3000)


def of(name: PresetName, **settings: Any) -> AlignerConfig:
    return AlignerConfig.preset(name, **settings)


@pytest.mark.parametrize("preset", get_args(PresetName))
def test_enough_memory_changes_nothing(preset: PresetName) -> None:
    config = of(preset, memory=64.0)
    planned = plan(TASK, config)
    assert planned.config == config
    assert planned.narrowed == ()
    assert planned.budget == 64 * GIB
    assert planned.peak == max(planned.stages.values()) < 64 * GIB


@pytest.mark.parametrize("preset", get_args(PresetName))
def test_too_little_memory_narrows_embeddings_as_far_as_needed(preset: PresetName) -> None:
    config = of(preset)
    whole = max(stages(TASK, config).values())
    least = max(stages(TASK, plan_of_least(config)).values())
    allowed = (whole + least) / 2 / GIB
    planned = plan(TASK, of(preset, memory=allowed))
    assert planned.budget is not None
    assert planned.peak <= planned.budget
    assert width(planned.config) < width(config)
    assert planned.narrowed
    assert all(re.fullmatch(r"\w+ \d+ -> \d+", line) for line in planned.narrowed)


def plan_of_least(config: AlignerConfig) -> AlignerConfig:
    if config.encoder == "propagation":
        return AlignerConfig.from_dict(config.to_dict() | {"relation_dim": 8, "label_dim": 32})
    return AlignerConfig.from_dict(config.to_dict() | {"dim": 16})


def test_what_cannot_fit_is_an_error_that_says_what_would() -> None:
    with pytest.raises(ConfigError, match=r"0\.1 GiB are allowed: use preset fast, which trains"):
        Aligner("balanced", memory=0.1).fit(TASK)
    with pytest.raises(ConfigError, match=r"allowed: use more memory \(--memory\)"):
        Aligner("fast", memory=0.1).fit(TASK)
    with pytest.raises(ConfigError, match="memory must be above 0"):
        of("fast", memory=0.0)


@dataclass
class Sized:
    """A task of which only the sizes count."""

    n_entities: int
    n_triples: int
    n_seeds: int
    n_tests: int
    entity_names: None = None
    seed_links: Any = field(init=False)
    test_links: Any = field(init=False)
    kgs: Any = field(init=False)

    def __post_init__(self) -> None:
        self.seed_links, self.test_links = range(self.n_seeds), range(self.n_tests)
        half = SimpleNamespace(n_entities=self.n_entities // 2, n_triples=self.n_triples // 2)
        self.kgs = half, half


ZH_EN = Sized(38_960, 165_556, 4_500, 10_500)
CONTEA = Sized(236_685, 783_241, 12_955, 30_229)
DWY = Sized(200_000, 912_068, 30_000, 70_000)
MILLION = Sized(2_000_000, 10_000_000, 231_000, 538_000)
NARROW = {"label_dim": 128, "relation_dim": 32}


@pytest.mark.parametrize(
    ("sizes", "preset", "settings", "measured"),
    [
        (ZH_EN, "fast", {}, 0.88),
        (ZH_EN, "balanced", {}, 0.71),
        (ZH_EN, "best", {}, 1.06),
        (ZH_EN, "paper", {}, 0.93),
        (CONTEA, "fast", {}, 2.85),
        (DWY, "fast", {}, 2.44),
        (DWY, "balanced", {}, 2.11),
        (DWY, "best", {}, 3.71),
        (MILLION, "fast", NARROW, 14.31),
        (MILLION, "balanced", {}, 12.18),
    ],
)
def test_estimates_are_within_a_tenth_of_what_whole_runs_took(
    sizes: Any, preset: PresetName, settings: dict[str, Any], measured: float
) -> None:
    """Peaks in GiB of processes on two cores; those with training after one epoch or two.

    Further epochs hold no more.
    """
    config = of(preset, bootstrap_candidates="test_only", **{"calibrate": False} | settings)
    assert max(stages(sizes, config).values()) / GIB == pytest.approx(measured, rel=0.1)


def test_an_approximate_search_holds_a_copy_of_a_graphs_rows() -> None:
    sizes: Any = DWY
    exact, rough = (stages(sizes, of("paper", search_recall=r))["match"] for r in (1.0, 0.9))
    assert rough - exact == 1.5 * 100_000 * 768 * 4


def test_a_second_model_costs_more() -> None:
    alone, both = (stages(TASK, of("fast", calibrate=twice)) for twice in (False, True))
    assert both["match"] > alone["match"]


def test_without_a_limit_it_is_a_share_of_what_the_machine_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = compute.memory_bytes()
    assert there is not None
    budget = memory_budget(of("fast"))
    assert budget is not None
    assert 0.7 * there < budget < there
    monkeypatch.setattr(compute, "memory_bytes", lambda: None)
    assert memory_budget(of("fast")) is None
    assert plan(TASK, of("fast")).config == of("fast")


def test_an_aligner_tells_its_plan_and_keeps_to_it() -> None:
    task = make_task(60)
    least = max(stages(task, plan_of_least(of("fast"))).values()) / GIB
    aligner = Aligner("fast", memory=least + 1e-6).fit(task)
    assert aligner.plan is not None
    assert aligner.config == aligner.plan.config
    assert aligner.embeddings().shape[1] == width(aligner.config) < width(of("fast"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_task(make_task(4000), tmp_path / "made", layout="ids")
    return tmp_path / "made"


def test_a_dry_run_tells_time_and_memory(run: Run, folder: Path) -> None:
    said = run("bench", folder, "--preset", "fast", "--dry-run", "-q")
    assert "GiB of memory at most" in said.stdout, said.stderr
    assert re.search(r"^about \d+ (second|minute)s? on this machine", said.stdout, re.MULTILINE)
    assert "match" in said.stdout


def test_amounts_of_memory_that_mean_nothing(run: Run, folder: Path) -> None:
    for text in ("lots", "0GB", "-1GB", "8 apples"):
        refused = run("bench", folder, f"--memory={text}")
        assert refused.exit_code == 2
        assert "write it as 8GB or 500MB" in refused.stderr
    refused = run("bench", folder, "--memory", "100MB", "-q")
    assert refused.exit_code == 1
    assert "0.1 GiB are allowed" in refused.stderr


# The program, with a limit of the system's on the memory that it can ask for. What its imports ask
# for and never touch takes no memory, and counts all the same.
LIMITED = """
import resource, runpy, sys
import faiss, scipy.sparse, torch, dualamn.aligner, dualamn.eval
status = dict(line.split(":") for line in open("/proc/self/status"))
asked, held = (int(status[name].split()[0]) * 1024 for name in ("VmData", "VmRSS"))
limit = int(sys.argv[1]) + max(0, asked - held)
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
sys.argv = ["dualamn", *sys.argv[2:]]
runpy.run_module("dualamn", run_name="__main__")
"""
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="limits and sizes of Linux")
def test_a_process_keeps_to_its_memory_and_to_the_limit_of_the_system(
    tmp_path: Path, folder: Path
) -> None:
    out = tmp_path / "out.json"
    words = ("--preset", "fast", "--protocol", "test", "-q", "--json", out)
    limited = (sys.executable, "-c", LIMITED, str(int(1.1 * 535e6)))
    ran = subprocess.run(
        [*limited, *map(str, ("bench", folder, "--memory", "535MB", *words))],
        capture_output=True,
        text=True,
        env=os.environ | THREADS,
    )
    assert ran.returncode == 0, ran.stderr
    report = json.loads(out.read_text())
    (run,) = report["runs"]
    assert run["peak_memory_bytes"] <= 1.1 * 535e6
    assert run["planned_memory_bytes"] <= 535e6
    assert max(stages(load(folder), of("fast")).values()) > 535e6  # so it had to take less
