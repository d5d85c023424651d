"""Estimates of time keep to what whole runs took."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from dualamn.bench.synthetic_task import make_task
from dualamn.config import PRESETS, AlignerConfig, PresetName
from dualamn.planning.time_estimate import Sizes, Speed, in_words, seconds

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"

# Entities of both graphs, triples and seed links of the public data sets.
SIZES = {
    "dbp15k/zh_en": Sizes((19388, 19572), 165_556, 4500),
    "dbp15k/ja_en": Sizes((19814, 19780), 170_698, 4500),
    "dbp15k/fr_en": Sizes((19661, 19993), 221_720, 4500),
    "srprs/en_fr": Sizes((15000, 15000), 70_040, 4500),
    "srprs/en_de": Sizes((15000, 15000), 75_740, 4500),
    "made dbp15k-like": Sizes((19500, 19500), 165_556, 4500),
    "made dwy100k-like": Sizes((100_000, 100_000), 912_068, 30_000),
    "made 1m": Sizes((1_000_000, 1_000_000), 10_000_000, 231_000),
}


def of_cores(cores: int, speed: float = 1.0) -> Speed:
    """A machine of so many cores; two are said to do 1.7 times what one does."""
    scaled = speed * (cores / 2) ** 0.77
    return Speed(scaled, scaled)


LINKS = 15_000  # of the data sets that were run with a share of them as seeds


def whole_runs() -> Iterator[Any]:
    for folder in ("results", "scale_results"):
        for path in sorted((BENCHMARKS / folder).rglob("*.json")):
            report = json.loads(path.read_text(encoding="utf-8"))
            if report["dataset"] in SIZES and not report["machine"]["gpu"]:
                yield pytest.param(report, id=f"{path.parent.name}/{path.stem}")


def config_of(report: dict[str, Any]) -> AlignerConfig:
    known = AlignerConfig.preset(report["preset"]).to_dict()
    given = {name: v for name, v in report["settings"].items() if name in known and v is not None}
    return AlignerConfig.from_dict(known | given)


@pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="a source archive is without the benchmarks")
@pytest.mark.parametrize("report", list(whole_runs()))
def test_estimates_are_near_what_runs_took(report: dict[str, Any]) -> None:
    """Within a factor of two. How fast the other machines were was read off their runs."""
    took = report["mean"]["seconds"]["total"]
    config = config_of(report)
    # One for every set of entities that pairs to learn from were looked for in.
    models = len(set(report["runs"][0]["bootstrap_candidates"].values()))
    sizes = SIZES[report["dataset"]]
    if (ratio := report["settings"]["train_ratio"]) is not None:
        sizes = replace(sizes, seeds=round(ratio * LINKS))
    machine = report["machine"]
    new = "AVX512" in (machine.get("instructions") or "")
    speed = 1.0 if "EPYC" in machine["processor"] else (0.8 if new else 0.4)
    estimate = seconds(sizes, config, of_cores(config.threads or 2, speed), models=models)
    assert took / 2 < estimate < took * 2


def of(preset: PresetName, **settings: Any) -> AlignerConfig:
    return AlignerConfig.from_dict(AlignerConfig().to_dict() | PRESETS[preset].settings | settings)


def test_more_work_takes_longer() -> None:
    small, large = SIZES["srprs/en_fr"], SIZES["made dwy100k-like"]
    for preset in ("fast", "balanced", "best", "paper"):
        config = of(preset)
        assert seconds(small, config, Speed()) < seconds(large, config, Speed())
        once, twice = of(preset, calibrate=False), of(preset, calibrate=True)
        assert seconds(small, once, Speed()) < seconds(small, twice, Speed())
        # Where names take part there are more self-training rounds, and each trains and searches.
        named = replace(small, has_names=True)
        more = seconds(named, config, Speed()) > seconds(small, config, Speed())
        assert more == (config.names_turns > config.bootstrap_turns)
    slow, quick = (seconds(small, of("best"), of_cores(cores)) for cores in (1, 8))
    assert quick < slow
    fast, balanced, best = (
        seconds(small, of(preset), Speed()) for preset in get_args(PresetName)[:3]
    )
    assert fast < balanced < best


def test_a_measured_machine_has_a_speed_that_grows_with_its_cores() -> None:
    started = time.perf_counter()
    one = Speed.measured(1)
    assert time.perf_counter() - started < 2
    assert 0.01 < one.dense < 100
    assert 0.01 < one.sparse < 100
    assert Speed.measured(64).dense > one.dense


def test_sizes_are_those_of_a_task() -> None:
    task = make_task(60)
    sizes = Sizes.of(task)
    assert sizes.entities == tuple(kg.n_entities for kg in task.kgs)
    assert sizes.triples == sum(kg.n_triples for kg in task.kgs)
    assert sizes.seeds == len(task.seed_links)
    assert seconds(sizes, of("fast"), Speed()) < 10


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (0.1, "about 5 seconds"),
        (14.2, "about 15 seconds"),
        (54.9, "about 55 seconds"),
        (55, "about 1 minute"),
        (200, "about 3 minutes"),
        (760, "about 15 minutes"),
        (3400, "about 1 hour"),
        (3 * 3600, "about 3 hours"),
        (50 * 3600, "about 2 days"),
    ],
)
def test_durations_are_no_more_exact_than_they_are_known(duration: float, words: str) -> None:
    assert in_words(duration) == words
