"""`dualamn evaluate` through its entry point."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
HEADER = "left_source\tleft\tright_source\tright\tscore\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two right links, one wrong, one that nobody knows about; one right link is missing."""
    links, gold = tmp_path / "links.tsv", tmp_path / "gold.tsv"
    rows = [("a", "1"), ("b", "2"), ("c", "9"), ("x", "y")]
    links.write_text(HEADER + "".join(f"en\t{left}\tfr\t{right}\t0.5\n" for left, right in rows))
    gold.write_text("a\t1\nb\t2\nc\t3\nd\t4\n")
    return links, gold


def test_json_has_rates_and_counts(run: Run, files: tuple[Path, Path]) -> None:
    shown = run("evaluate", *files, "--json")
    assert shown.exit_code == 0
    scores = json.loads(shown.stdout)
    assert scores["precision"] == pytest.approx(2 / 3)
    assert scores["recall"] == 0.5
    assert scores["f1"] == pytest.approx(4 / 7)
    counts = {key: scores[key] for key in ("right", "wrong", "unjudged", "missed")}
    assert counts == {"right": 2, "wrong": 1, "unjudged": 1, "missed": 2}


def test_the_table_shows_the_same(run: Run, files: tuple[Path, Path]) -> None:
    shown = run("evaluate", *files)
    assert shown.exit_code == 0
    row = next(line.split() for line in shown.stdout.splitlines() if "en-fr" in line)
    assert row == ["en-fr", "0.667", "0.500", "0.571", "2", "1", "1", "2"]


def test_a_missing_file_is_one_line(run: Run, files: tuple[Path, Path]) -> None:
    shown = run("evaluate", "lniks.tsv", files[1])
    assert shown.exit_code == 1
    assert "lniks.tsv" in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


def test_files_that_do_not_meet_are_remarked_on(run: Run, files: tuple[Path, Path]) -> None:
    files[1].write_text("1\ta\n2\tb\n")
    shown = run("evaluate", *files)
    assert shown.exit_code == 0
    assert "note: no link shares an entity" in shown.stderr
