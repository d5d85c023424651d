"""`dualamn align --schema` through its entry point."""

from pathlib import Path

import pytest

from tests.commands.conftest import Made, Run


@pytest.fixture
def words(made: Made) -> list[object]:
    links = ["--links", made.seeds, "--out", "links.tsv"]
    return ["align", made.left, made.right, "--preset", "fast", *links]


def test_correspondences_are_written(run: Run, words: list[object], tmp_path: Path) -> None:
    shown = run(*words, "--schema", "schema.csv")
    assert shown.exit_code == 0
    assert "6 correspondences in schema.csv (6 of relations)" in shown.stdout
    rows = [line.split(",") for line in (tmp_path / "schema.csv").read_text().splitlines()[1:]]
    # Both graphs number their relations alike.
    assert sorted(row[2].replace("en", "fr") for row in rows) == [f"fr_r{r}" for r in range(6)]
    assert all(row[4] == row[2].replace("en", "fr") for row in rows)
    assert {row[6] for row in rows} == {"equivalent"}


def test_rdf_takes_the_base_though_the_links_do_not(
    run: Run, words: list[object], tmp_path: Path
) -> None:
    shown = run(*words, "--schema", "schema.nt", "--base", "https://e.org/")
    assert shown.exit_code == 0, shown.stderr
    assert "<https://e.org/en_r0> <http" in (tmp_path / "schema.nt").read_text()
    assert (tmp_path / "links.tsv").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--schema", "schema.nt"], "give a base IRI"),
        (["--schema", "schema.rdf"], "has no word for properties"),
        (["--schema", "links.tsv"], "this needs a file of its own"),
        (["--schema", "s.csv", "--base", "https://e.org/"], "a base goes with"),
        (["--schema", "no/s.csv"], "there is no folder no"),
    ],
)
def test_what_cannot_be_is_said_before_training(
    run: Run, words: list[object], tmp_path: Path, more: list[str], said: str
) -> None:
    shown = run(*words, *more)
    assert shown.exit_code in (1, 2)
    assert said in shown.stderr
    assert not list(tmp_path.iterdir())
