"""Hits@1 of every preset on real data is what docs/results.md says; run by `make bench-check`."""

import json
from pathlib import Path

import pytest

from dualamn.bench.benchmark import run_benchmark

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"
NAME = "dbp15k/zh_en"
TOLERANCE = 0.01  # processors round differently, and training carries that on
WAYS = ("left_to_right", "right_to_left")


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["fast", "balanced", "best", "paper"])
def test_hits_at_1_is_what_the_results_page_says(preset: str, real_data: Path | None) -> None:
    if real_data is None or not (real_data / NAME).is_dir():
        pytest.fail(f"set DUALAMN_DATA to a folder that holds {NAME}; it is {real_data}")
    # The page is made from this file; every seed draws links of its own, so seeds do not mix.
    file = RESULTS / preset / f"{NAME.replace('/', '_')}.json"
    published = json.loads(file.read_text(encoding="utf-8"))
    wanted, found = (
        {way: run["metrics"]["test_only"][way]["hits@1"] for way in WAYS}
        for report in (published, run_benchmark(real_data / NAME, preset=preset, protocol="test"))
        for run in report["runs"]
        if run["seed"] == 0
    )
    assert found == pytest.approx(wanted, abs=TOLERANCE)
