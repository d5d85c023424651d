"""`dualamn diff` through its entry point."""

import json
from pathlib import Path

import pytest

from tests.commands.conftest import Run

OLD = "left\tright\tprobability\nRome\tRoma\t.9\nBern\tBerna\t.8\nPo\tAdda\t.7\n"
NEW = "left\tright\tprobability\nRome\tRoma\t.7\nPo\tPo\t.8\nEbro\tEbro\t.6\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "old.tsv").write_text(OLD)
    (tmp_path / "new.tsv").write_text(NEW)
    return "old.tsv", "new.tsv"


def test_counts_and_some_links_are_shown(run: Run, files: tuple[str, str]) -> None:
    shown = run("diff", *files)
    assert shown.exit_code == 0
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["all", "3", "3", "1", "1", "1", "1"] in lines
    assert ["moved", "Po", "Po", "Adda", "0.700", "0.800"] in lines
    assert ["dropped", "Bern", "Berna", "0.800", "-"] in lines
    assert "4 links of before or now: 1 kept, 1 new, 1 dropped, 1 moved" in shown.stdout
    assert "the probability of 1 kept link changed by 0.1 or more" in shown.stdout
    assert "next: --out changes.tsv" in shown.stdout


def test_the_table_is_written(run: Run, files: tuple[str, str], tmp_path: Path) -> None:
    shown = run("diff", *files, "--out", "changes.csv", "--show", 0)
    assert shown.exit_code == 0
    assert "in changes.csv (CSV)" in shown.stdout
    lines = (tmp_path / "changes.csv").read_text().splitlines()
    assert lines[1] == "moved,,Po,,Po,Po,Adda,0.700000,0.800000,"
    assert len(lines) == 5


def test_standard_output_holds_the_table_alone(run: Run, files: tuple[str, str]) -> None:
    shown = run("diff", *files, "--out", "-", "--format", "jsonl")
    assert [json.loads(line)["change"] for line in shown.stdout.splitlines()] == [
        *("moved", "dropped", "new", "kept")
    ]
    assert "in standard output (JSON Lines)" in shown.stderr
    assert run("diff", *files, "--out", "-", "-q").stderr == ""


def test_json(run: Run, files: tuple[str, str]) -> None:
    found = json.loads(run("diff", *files, "--json").stdout)
    assert (found["kept"], found["moved"], found["new"], found["dropped"]) == (1, 1, 1, 1)
    assert list(found["pairs"]) == ["all"]


def test_the_same_links(run: Run, files: tuple[str, str]) -> None:
    shown = run("diff", files[0], files[0])
    assert "the links are the same, all 3 links" in shown.stdout


def test_files_that_do_not_meet_are_remarked_on(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("1\ta\n")
    (tmp_path / "b.tsv").write_text("a\t1\n")
    assert "are the columns swapped?" in run("diff", "a.tsv", "b.tsv").stderr
    assert run("diff", "a.tsv", "b.tsv", "-q").stderr == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "new.tsv"], "this file is read, and would be lost"),
        (["--out", "changes.nt"], "can hold links alone"),
        (["--out", "no/changes.tsv"], "there is no folder no"),
        (["--out", "-", "--format", "parquet"], "Parquet is no text"),
        (["--format", "csv"], "--format goes with --out"),
        (["--out", "-", "--json"], "both go to standard output"),
    ],
)
def test_what_cannot_be_written_is_said_first(
    run: Run, files: tuple[str, str], tmp_path: Path, words: list[str], said: str
) -> None:
    (tmp_path / "old.tsv").unlink()  # nothing is read yet
    shown = run("diff", *files, *words)
    assert shown.exit_code in (1, 2)
    assert said in shown.stderr
    assert (tmp_path / "new.tsv").read_text() == NEW
