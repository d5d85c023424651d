"""Synthetic graphs that grow, and how updates of them are measured."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualamn.bench.growing import Growing, growth_between, score
from dualamn.bench.synthetic_task import make_task
from dualamn.data_loaders import load
from dualamn.data_loaders.growth import grown_by
from dualamn.errors import ConfigError
from tests.commands.conftest import Run

SMALL = ("--entities", 200, "--grow", 2)
FAST: dict[str, Any] = {"calibrate": False, "relation_dim": 16}


@pytest.fixture
def days(run: Run, tmp_path: Path) -> Path:
    assert run("data", "synth", "aa_bb", *SMALL, "-q").exit_code == 0
    return tmp_path / "aa_bb"


def test_every_statement_and_link_arrives_once(run: Run, days: Path, tmp_path: Path) -> None:
    assert run("data", "synth", "whole", "--entities", 200, "-q").exit_code == 0

    def lines(*paths: Path) -> list[str]:
        return [line for path in paths for line in path.read_text().splitlines()]

    batches = [days / f"batch{number}" for number in (1, 2)]
    for name in ("triples_1", "triples_2"):
        parts = [days / "base" / name, *(batch / f"new_{name}" for batch in batches)]
        assert all(lines(part) for part in parts)
        assert sorted(lines(*parts)) == sorted(lines(tmp_path / "whole" / name))
    first = [days / "base" / f"{use}_links" for use in ("train", "valid", "test")]
    links = lines(*first, *(batch / "new_test_links" for batch in batches))
    assert sorted(links) == sorted(lines(tmp_path / "whole" / "ref_ent_ids"))
    assert lines(batches[1] / "all_test_links") == lines(
        first[2], *(batch / "new_test_links" for batch in batches)
    )
    tasks = [load(days.with_name(f"aa_bb@{number}")) for number in (0, 1, 2)]
    assert [len(task.seed_links) for task in tasks] == [len(lines(first[0]))] * 3
    assert tasks[0].n_entities < tasks[1].n_entities < tasks[2].n_entities


def test_the_same_seed_gives_the_same_days(run: Run, days: Path, tmp_path: Path) -> None:
    assert run("data", "synth", "cc_dd", *SMALL, "-q").exit_code == 0
    for path in days.rglob("*_*"):
        again = tmp_path / "cc_dd" / path.relative_to(days)
        assert path.read_bytes() == again.read_bytes()
    refused = run("data", "synth", "three", "--graphs", 3, "--grow", 2)
    assert refused.exit_code == 1
    assert "graphs that grow are two" in refused.output


def test_snapshots_are_scored_one_after_the_other(days: Path) -> None:
    growing = Growing(days, "days", 0, 2, "fast", FAST, full=True)
    found = list(growing.runs())
    assert [one["snapshot"] for one in found] == [0, 1, 2]
    for one in found[1:]:
        update, full = one["update"], one["full"]
        assert 0 <= update["all"]["churn"] <= 1
        assert update["all"]["f1"] > full["all"]["f1"] - 0.1
        assert {"new", "written", "new_written", "seconds"} <= set(full)
    assert found[2]["update"]["all"]["lost"] < 0.1
    assert json.dumps(growing.report(found))


def test_they_are_printed_and_written(run: Run, days: Path, tmp_path: Path) -> None:
    result = run("bench", f"{days}@0-1", "--grow", "--preset", "fast", "--json", "out.json")
    assert result.exit_code == 0
    assert "F1 new" in result.output
    found = json.loads((tmp_path / "out.json").read_text())["snapshots"]
    assert [one["snapshot"] for one in found] == [0, 1]


def test_links_are_scored_as_contea_does() -> None:
    found, test = {("a", "x"), ("b", "y"), ("c", "q")}, {("a", "x"), ("b", "z")}
    assert score(found, test) == {"links": 3, "precision": 1 / 3, "recall": 0.5, "f1": 0.4}
    assert score(set(), test)["f1"] == 0


def test_what_is_between_two_tasks_makes_the_one_of_the_other() -> None:
    old, new = make_task(60, seed=1), make_task(60, seed=2)
    grown = grown_by(old, growth_between(old, new)).grown.task
    again = growth_between(grown, new)
    assert (again.added, again.gone) == ({}, {})
    assert np.array_equal(
        np.sort([kg.n_entities for kg in grown.kgs]), np.sort([kg.n_entities for kg in new.kgs])
    )


def test_snapshots_must_grow(run: Run, days: Path) -> None:
    with pytest.raises(ConfigError, match="do not grow"):
        Growing(days, "days", 2, 2)
    for words, message in (
        ((days, "--full"), "go with --grow"),
        ((days, "--grow", "--seeds", 2), "--seeds does not go with --grow"),
        ((days / "base", "--grow"), "has no snapshots"),
        ((f"{days}@0-7", "--grow"), "has snapshots up to 2, not 7"),
    ):
        result = run("bench", *words)
        assert result.exit_code != 0
        assert message in " ".join(result.output.split())
