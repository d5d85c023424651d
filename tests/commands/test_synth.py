"""`dualamn data synth`, as users type it."""

import subprocess
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from dualamn import load
from dualamn.bench.synthetic_options import PRESETS, SyntheticOptions
from dualamn.commands.data import DEFAULT_PRESET, synth
from tests.commands.conftest import Run


def test_a_pair_is_made_and_read_back(run: Run, tmp_path: Path) -> None:
    shown = run("data", "synth", "made", "--entities", "400,300", "--triples", 2000, "--seeds", 0.3)
    assert shown.exit_code == 0, shown.output
    assert "2,000" in shown.stdout
    assert "232 links, 70 of them seed links" in shown.stdout
    assert "Next: dualamn inspect made" in shown.stdout
    task = load(tmp_path / "made")
    assert [kg.n_entities for kg in task.kgs] == [400, 300]
    assert run("inspect", "made").exit_code == 0


def test_three_graphs(run: Run, tmp_path: Path) -> None:
    shown = run("data", "synth", "made", "--graphs", 3, "--entities", 200, "--seed", 5)
    assert shown.exit_code == 0, shown.output
    assert "155 links between every two graphs" in shown.stdout
    assert len(load(tmp_path / "made").kgs) == 3


def test_quiet_says_nothing(run: Run) -> None:
    shown = run("data", "synth", "made", "--entities", 100, "-q")
    assert (shown.exit_code, shown.output) == (0, "")


def test_the_program_as_a_process(
    process: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    done = process("data", "synth", "made", "--preset", "1m", "--entities", 300)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made" / "sup_ent_ids").is_file()


def test_a_folder_that_is_not_empty_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "file").write_text("x")
    shown = run("data", "synth", "made", "--entities", 100)
    assert shown.exit_code == 1
    assert shown.stderr.startswith("Error: made: this folder is not empty")
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--entities", "1e3"], 2, "'1e3' is no whole number, nor one for each graph"),
        (["--entities", "5,6,7"], 1, "entities has 3 numbers for 2 graphs"),
        (["--overlap", "2"], 1, "overlap is 2.0; use a number from 0 to 1"),
        (["--preset", "1mm"], 1, "did you mean '1m'?"),
        (["--triples", "9", "--degree", "3"], 2, "give either"),
        (["--graphs", "3", "--seeds", "0.3"], 1, "leave seeds out"),
    ],
)
def test_what_cannot_be_made(
    run: Run, tmp_path: Path, arguments: list[str], status: int, said: str
) -> None:
    shown = run("data", "synth", "made", *arguments)
    assert shown.exit_code == status
    assert said in shown.stderr
    assert "Traceback" not in shown.output
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dualamn.bench.export.rows_to_text", stop)
    shown = run("data", "synth", "made", "--entities", 100)
    assert shown.exit_code == 130
    assert "Stopped: made was not made." in shown.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_option_of_the_library_can_be_given() -> None:
    named = {parameter.name for parameter in synth.params}
    others = "out", "preset", "grow", "quiet"
    assert named == {*(field.name for field in fields(SyntheticOptions)), *others}
    assert DEFAULT_PRESET in PRESETS
