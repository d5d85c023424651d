"""`dualamn fuse` through its entry point."""

import json
from pathlib import Path

import pytest

from tests.commands.conftest import Run


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    (tmp_path / "l.nt").write_text(
        '<http://l/a> <http://p/n> "A" .\n<http://l/a> <http://p/at> <http://l/b> .\n'
    )
    (tmp_path / "r.nt").write_text(
        '<http://r/a> <http://p/n> "A" .\n<http://r/a> <http://p/at> <http://r/b> .\n'
    )
    (tmp_path / "links.tsv").write_text("http://l/a\thttp://r/a\n")
    (tmp_path / "more.nt").write_text(
        "<http://r/b> <http://www.w3.org/2002/07/owl#sameAs> <http://l/b> .\n"
        "<http://r/z> <http://www.w3.org/2002/07/owl#sameAs> <http://l/z> .\n"
    )
    return ["fuse", "l.nt", "r.nt", "--links", "links.tsv"]


def test_the_last_lines_say_what_was_done(run: Run, words: list[str], tmp_path: Path) -> None:
    shown = run(*words, "--links", "more.nt", "--out", "one.nt", "--conflicts", "c.csv")
    assert shown.exit_code == 0
    assert shown.stdout.splitlines() == [
        "2 statements in one.nt (N-Triples), of l 2 + r 2",
        "  2 duplicates removed",
        "  4 identifiers became 2 entities by 3 links",
        "  2 linked identifiers in no graph",
        "0 conflicts in c.csv, of 0 properties with one value at most",
    ]
    assert (tmp_path / "one.nt").read_text().count("\n") == 2
    shown = run(*words, "--out", "one.nt")
    assert "next: --conflicts conflicts.tsv" in shown.stdout


def test_standard_output_holds_the_graph_alone(run: Run, words: list[str]) -> None:
    shown = run(*words, "--out", "-", "--format", "ntriples")
    assert shown.stdout.splitlines()[0] == '<http://l/a> <http://p/n> "A" .'
    assert len(shown.stdout.splitlines()) == 3
    assert "3 statements in standard output (N-Triples)" in shown.stderr
    assert run(*words, "--out", "-", "-q").stderr == ""


def test_json(run: Run, words: list[str]) -> None:
    found = json.loads(run(*words, "--out", "one.ttl", "--json").stdout)
    assert (found["n_statements"], found["graphs"]) == (3, {"l": 2, "r": 2})


def test_a_graph_of_several_files(run: Run, words: list[str], tmp_path: Path) -> None:
    shown = run("fuse", "l.nt,r.nt", *words[3:], "--out", "one.nt")
    assert shown.exit_code == 0
    assert "of l 4" in shown.stdout


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--out", "r.nt"], "r.nt: this file is read, and would be lost"),
        (["--out", "one.nt", "--conflicts", "links.tsv"], "this file is read"),
        (["--out", "one.nt", "--prefer", "short"], "did you mean shortest?"),
        (["--out", "one.rdf"], ".rdf tells no format"),
        (["--out", "-", "--format", "parquet"], "Parquet is no text"),
        (["--out", "-", "--json"], "both go to standard output"),
        (["--out", "one.nt", "--conflicts", "-"], "--conflicts needs a file of its own"),
        (["--out", "no/one.nt"], "there is no folder no"),
        (["--out", "one.nt", "--links", "none.tsv"], "no such file"),
    ],
)
def test_what_cannot_be_is_one_line(
    run: Run, words: list[str], tmp_path: Path, more: list[str], said: str
) -> None:
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    shown = run(*words, *more)
    assert shown.exit_code in (1, 2)
    assert said in shown.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
