"""`dualamn evaluate` through its entry point."""

import json
from pathlib import Path

import pytest

from tests.commands.conftest import Run

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
    assert (scores["strict_precision"], scores["strict_f1"]) == (0.5, 0.5)
    counts = {key: scores[key] for key in ("correct", "incorrect", "unknown", "missed")}
    assert counts == {"correct": 2, "incorrect": 1, "unknown": 1, "missed": 2}


def test_the_table_shows_the_same(run: Run, files: tuple[Path, Path]) -> None:
    shown = run("evaluate", *files)
    assert shown.exit_code == 0
    rows = [line.split() for line in shown.stdout.splitlines() if "0.5" in line]
    assert "strict: unknown links counted as incorrect" in shown.stdout
    assert rows == [
        ["en-fr", "0.667", "0.500", "0.571", "2", "1", "1", "2"],
        ["strict", "0.500", "0.500", "0.500", "2", "2", "0"],
    ]


def test_the_table_fits_a_narrow_terminal(run: Run, files: tuple[Path, Path]) -> None:
    shown = run("evaluate", *files, COLUMNS="80")
    header = next(line for line in shown.stdout.splitlines() if "precision" in line)
    assert header.split() == [
        *("links", "precision", "recall", "F1", "correct", "incorrect", "unknown", "missed")
    ]


def test_the_strict_row_is_left_out_where_it_says_the_same(
    run: Run, files: tuple[Path, Path]
) -> None:
    links, gold = files
    gold.write_text("a\t1\nb\t2\nc\t3\nx\tz\n")
    assert "counted as incorrect" not in run("evaluate", links, gold).stdout


def test_the_curve_is_written_as_csv(run: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    links, gold = files
    rows = [("x", "y", 4), ("a", "1", 3), ("c", "9", 2), ("b", "2", 1)]
    links.write_text("".join(f"{left}\t{right}\t{score}\n" for left, right, score in rows))
    shown = run("evaluate", links, gold, "--curve", "curve.csv")
    assert shown.exit_code == 0
    assert (tmp_path / "curve.csv").read_text().splitlines() == [
        "threshold,links,precision,recall,f1,strict_precision,strict_f1",
        "4,1,,0,0,0,0",
        "3,2,1,0.25,0.4,0.5,0.333333333",
        "2,3,0.5,0.25,0.333333333,0.333333333,0.285714286",
        "1,4,0.666666667,0.5,0.571428571,0.5,0.5",
    ]


def test_a_curve_needs_scores(run: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    links, gold = files
    links.write_text("a\t1\n")
    shown = run("evaluate", links, gold, "--curve", "curve.csv")
    assert shown.exit_code == 2
    assert "have no scores" in shown.stderr
    assert not (tmp_path / "curve.csv").exists()


def test_a_curve_that_cannot_be_written_is_said_first(run: Run, files: tuple[Path, Path]) -> None:
    shown = run("evaluate", *files, "--curve", "no/such/curve.csv")
    assert shown.exit_code == 1
    assert "there is no folder no/such" in shown.stderr


def test_a_missing_file_is_one_line(run: Run, files: tuple[Path, Path]) -> None:
    shown = run("evaluate", "lniks.tsv", files[1])
    assert shown.exit_code == 1
    assert "lniks.tsv" in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


def test_files_that_do_not_meet_are_remarked_on(run: Run, files: tuple[Path, Path]) -> None:
    files[1].write_text("1\ta\n2\tb\n")
    shown = run("evaluate", *files)
    assert shown.exit_code == 0
    assert "are the columns swapped?" in " ".join(shown.stderr.split())


def test_an_entity_may_have_several_links(run: Run, tmp_path: Path) -> None:
    links, gold = tmp_path / "links.tsv", tmp_path / "gold.tsv"
    gold.write_text("a\t1\na again\t1\nb\t2\n")
    links.write_text("a\t1\na again\t1\nx\t2\n")
    refused = run("evaluate", links, gold).stderr
    assert "remove one of the two, or allow several counterparts (--many)" in refused
    shown = run("evaluate", links, gold, "--json", "--many")
    assert shown.exit_code == 0
    scores = json.loads(shown.stdout)
    assert (scores["correct"], scores["incorrect"], scores["missed"]) == (2, 1, 1)
    assert scores["precision"] == pytest.approx(2 / 3)


def test_files_in_another_encoding(run: Run, tmp_path: Path) -> None:
    (tmp_path / "links.tsv").write_text("Z\u00fcrich\t1\n", encoding="utf-8")
    (tmp_path / "gold.tsv").write_bytes("Z\u00fcrich\t1\n".encode("latin-1"))
    shown = run("evaluate", "links.tsv", "gold.tsv")
    assert shown.exit_code == 1
    assert "--encoding" in shown.stderr
    shown = run("evaluate", "links.tsv", "gold.tsv", "--encoding", "latin-1", "--json")
    assert json.loads(shown.stdout)["correct"] == 1
