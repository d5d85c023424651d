"""`dualamn audit`: suspects in every table format, and what to do about them."""

import csv
import json
from pathlib import Path

import pytest

from tests.commands.conftest import Made, Run, write

WRONG = (0, 7, 3, 11, 5, 14)


@pytest.fixture
def seeds(made: Made, tmp_path: Path) -> Path:
    links = [line.split("\t") for line in made.seeds.read_text().splitlines()]
    rights = [links[at][1] for at in WRONG]
    for at, right in zip(WRONG, rights[1:] + rights[:1], strict=True):
        links[at][1] = right
    return write(tmp_path / "wrong.tsv", links)


def test_suspects_are_written_and_can_be_reviewed(run: Run, made: Made, seeds: Path) -> None:
    asked = ("audit", made.left, made.right, "--links", seeds, "--folds", 2)
    done = run(*asked, "--out", "suspects.tsv", "--max-probability", 0.9)
    assert done.exit_code == 0, done.output
    with Path("suspects.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert rows
    wrong = {f"en:{at}" for at in WRONG}
    assert {row["left"] for row in rows[:4]} <= wrong
    assert f"{len(rows)} suspect" in done.stdout
    assert "next: dualamn review suspects.tsv" in done.stdout
    for heading in ("like another", "same identifier", "probability"):
        assert heading in done.stdout
    review = run("review", "suspects.tsv", made.left, made.right, "-q")
    assert "rror" not in review.output


def test_json_and_standard_output(run: Run, made: Made, seeds: Path) -> None:
    asked = ("audit", made.left, made.right, "--links", seeds, "--folds", 2, "-q")
    found = json.loads(run(*asked, "--json").stdout)
    rows = run(*asked, "--out", "-", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(row)["left"] for row in rows] == [one["left"] for one in found["suspects"]]
    assert found["ceilings"][0]["graph"] == "en"


def test_what_cannot_be_asked_for(run: Run, made: Made, seeds: Path) -> None:
    asked = ("audit", made.left, made.right, "--links", seeds)
    assert "would be lost" in run(*asked, "--out", seeds).output
    assert "--format goes with --out" in run(*asked, "--format", "tsv").output
    assert "both go to standard output" in run(*asked, "--out", "-", "--json").output
    assert "audit needs 10 or more" in run("audit", made.left, made.right).output
