"""`dualamn bench` through its entry point, with the real engine on small synthetic data."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dualamn.bench.export import write_task
from dualamn.bench.synthetic_task import make_task
from dualamn.commands import console
from dualamn.kernels import compute
from dualamn.progress import Progress, ProgressCallback
from tests.commands.conftest import Run


def test_the_table_and_the_json_agree(run: Run, made: Any, tmp_path: Path) -> None:
    shown = run("bench", made.folder, "--epochs", 2, "--seeds", 2, "--json", "out.json")
    assert shown.exit_code == 0, shown.output
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["dataset"] == str(made.folder)
    assert [run["seed"] for run in report["runs"]] == [0, 1]
    assert report["settings"]["epochs"] == 2
    assert f"matcher {report['settings']['matcher']}" in shown.stdout
    for protocol, name in (("test_only", "test side"), ("all_entities", "all entities")):
        for direction, arrow in (
            ("left_to_right", "left → right"),
            ("right_to_left", "right → left"),
        ):
            mean = report["mean"]["metrics"][protocol][direction]
            std = report["std"]["metrics"][protocol][direction]
            (line,) = (line for line in shown.stdout.splitlines() if name in line and arrow in line)
            for metric in ("hits@1", "hits@5", "hits@10", "mrr"):
                assert f"{mean[metric]:.3f} ± {std[metric]:.3f}".replace("± 0", "±") in line
    lines = shown.stdout.splitlines()
    table = lines[next(i for i, line in enumerate(lines) if "links among" in line) :]
    for protocol, name in (("test_only", "test side"), ("all_entities", "all entities")):
        mean, std = (report[part]["links"][protocol] for part in ("mean", "std"))
        (line,) = (line for line in table if name in line)
        for key in ("precision", "strict_precision", "recall", "f1", "strict_f1"):
            assert f"{mean[key]:.3f} ±{std[key]:.3f}".replace("±0", "±") in line
    assert "mean ± deviation of 2 runs" in shown.stdout
    assert "run 2 of 2, seed 1: Hits@1" in shown.stderr


def test_published_figures_stand_below_where_they_can_be_compared(run: Run, tmp_path: Path) -> None:
    write_task(make_task(60), tmp_path / "data" / "dbp15k" / "zh_en", layout="ids")
    asked = ("bench", "dbp15k/zh_en", "--data", tmp_path / "data", "--epochs", 1)
    usual = run(*asked, "--protocol", "test")
    assert usual.exit_code == 0, usual.output
    (line,) = (line for line in usual.stdout.splitlines() if "Dual-AMN, basic" in line)
    assert "right → left" in line
    assert "0.731" in line
    other_share = run(*asked, "--protocol", "test", "--train-ratio", 0.1)
    assert other_share.exit_code == 0, other_share.output
    assert "Dual-AMN, basic" not in other_share.stdout


def test_test_protocol_leaves_the_other_null(run: Run, made: Any) -> None:
    shown = run("bench", made.folder, "--epochs", 1, "--protocol", "test", "--json", "-")
    assert shown.exit_code == 0
    report = json.loads(shown.stdout)
    (only,) = report["runs"]
    assert only["metrics"]["test_only"]["left_to_right"]["mrr"] > 0
    assert set(only["metrics"]["all_entities"]["left_to_right"].values()) == {None}
    assert report["std"] is None
    # The table goes where it does not spoil the object.
    assert "test side" in shown.stderr
    assert "all entities" not in shown.stderr


def test_a_single_run_is_shown_with_intervals(run: Run, made: Any, tmp_path: Path) -> None:
    shown = run("bench", made.folder, "--epochs", 1, "--json", "out.json")
    (only,) = json.loads((tmp_path / "out.json").read_text())["runs"]
    rows = [line for line in shown.stdout.splitlines() if "95%" in line]
    ends = [only["intervals"][p][d] for p in only["intervals"] for d in only["intervals"][p]]
    assert len(rows) == len(ends) == 4
    for row, intervals in zip(rows, ends, strict=True):
        low, high = intervals["hits@1"]
        assert f"{low:.3f}-{high:.3f}" in row


def test_one_seed_can_be_chosen(run: Run, made: Any) -> None:
    shown = run("bench", made.folder, "--epochs", 1, "--seed", 7, "--json", "-", "-q")
    assert [run["seed"] for run in json.loads(shown.stdout)["runs"]] == [7]


def test_total_counts_from_the_start_of_the_process(
    run: Run, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = time.monotonic() - 1000
    monkeypatch.setattr(compute, "process_start", lambda: earlier)
    shown = run("bench", made.folder, "--epochs", 1, "--seeds", 2, "--json", "-", "-q")
    seconds = [run["seconds"] for run in json.loads(shown.stdout)["runs"]]
    inside = [sum(value for key, value in of.items() if key != "total") for of in seconds]
    startup = [of["total"] - own for of, own in zip(seconds, inside, strict=True)]
    assert min(startup) >= 1000  # each run is charged with the whole start-up
    assert startup[0] + sum(inside) < time.monotonic() - earlier


@pytest.fixture
def folds(made: Any, tmp_path: Path) -> Path:
    """The synthetic data set with two published folds."""
    folder = tmp_path / "folded"
    shutil.copytree(made.folder, folder)
    links = (folder / "ref_ent_ids").read_text().splitlines(keepends=True)
    for fold in (1, 2):
        place = folder / "721_5fold" / str(fold)
        place.mkdir(parents=True)
        mine, others = links[fold * 20 - 20 : fold * 20], links[40:]
        (place / "train_links").write_text("".join(mine))
        (place / "test_links").write_text("".join(others))
        (place / "valid_links").write_text("".join(links[40 - fold * 20 : 60 - fold * 20]))
    return folder


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [(("--fold", "all"), [1, 2]), (("--fold", "2"), [2]), (("--fold", "2", "--fold", "1"), [2, 1])],
)
def test_published_folds(
    run: Run, folds: Path, arguments: tuple[str, ...], wanted: list[int]
) -> None:
    shown = run("bench", folds, *arguments, "--epochs", 1, "--json", "-", "--protocol", "test")
    assert shown.exit_code == 0, shown.output
    assert [run["fold"] for run in json.loads(shown.stdout)["runs"]] == wanted


def test_ctrl_c_keeps_the_runs_that_were_done(
    run: Run, made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = 0

    @contextmanager
    def pressing_ctrl_c(**_: object) -> Iterator[ProgressCallback]:
        def press(at: Progress) -> None:
            nonlocal loads
            loads += at.stage == "train" and at.step == 1
            if loads == 3:
                raise KeyboardInterrupt

        yield press

    monkeypatch.setattr(console, "progress", pressing_ctrl_c)
    asked = ("--protocol", "test", "--epochs", 2, "--seeds", 5, "--json", "out.json")
    shown = run("bench", made.folder, *asked)
    assert shown.exit_code == 130
    assert "out.json holds the 2 of 5 runs that were done" in shown.stderr
    report = json.loads((tmp_path / "out.json").read_text())
    assert [run["seed"] for run in report["runs"]] == [0, 1]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ("{folder} --seeds 3 --seed 1", 2, "give either"),
        ("{folder} --fold one", 2, "--fold one: give the number of a fold, or all."),
        ("{folder} --fold all", 2, "has no published folds"),
        ("{folder} --fold 3", 1, "publishes no folds"),
        ("{folder} --train-ratio 1", 1, "no test links"),
        ("{folder} --json no/such/out.json", 1, "no/such"),
        ("{folder} --matcher cslss", 1, "csls"),
        ("{folder} --preset papre", 1, "paper"),
        ("en_fq --data {folder}/..", 1, "did you mean en_fr?"),
        ("en_fr --data {folder}/nowhere", 1, "nowhere"),
    ],
)
def test_what_cannot_work_is_said_in_a_line(
    run: Run, made: Any, tmp_path: Path, arguments: str, status: int, said: str
) -> None:
    shown = run("bench", *arguments.format(**vars(made)).split())
    assert shown.exit_code == status, shown.output
    error = shown.stderr.splitlines()[-1]
    assert error.startswith("Error: ")
    assert said in error
    assert shown.stdout == ""
    assert not list(tmp_path.iterdir())
