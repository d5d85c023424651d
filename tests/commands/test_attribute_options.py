"""`--names`, `--names-model`, `--no-values` and `--report` through the program."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Run

SMALL = ("--preset", "fast", "--protocol", "test")


COUNT = 60
WORDS = [f"{'bcdfghklmn'[i % 10]}a{'prstvwxz'[i // 10]}o" for i in range(COUNT)]


def write_names(path: Path) -> Path:
    path.write_text(json.dumps([[i, ["the", WORDS[i % COUNT]]] for i in range(2 * COUNT)]))
    return path


def test_bench_uses_names_and_tells_the_baseline(run: Run, made: Any, tmp_path: Path) -> None:
    names = write_names(tmp_path / "names.json")
    shown = run("bench", made.folder, *SMALL, "--names", names, "--json", "out.json")
    assert shown.exit_code == 0, shown.output
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["mean"]["exact_name_match"] == {"test_only": 1.0}
    assert report["runs"][0]["names"] == "names.json: 120 of 120 entities named"
    assert report["settings"]["names"] == "auto"
    assert report["settings"]["names_from"] == str(names)
    assert report["mean"]["metrics"]["test_only"]["left_to_right"]["hits@1"] == 1.0
    assert "exact name match, test side, left → right: Hits@1 1.000" in shown.stdout


def test_bench_goes_by_structure_alone_unless_told(run: Run, made: Any, tmp_path: Path) -> None:
    shown = run("bench", made.folder, *SMALL, "--json", "out.json")
    assert shown.exit_code == 0, shown.output
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["settings"]["names"] == "off"
    assert "exact_name_match" not in report["mean"]
    assert "exact name match" not in shown.stdout


def test_identifiers_as_names(run: Run, made: Any, tmp_path: Path) -> None:
    shown = run("bench", made.folder, *SMALL, "--names", "uri")
    assert shown.exit_code == 0, shown.output
    assert "exact name match, test side" in shown.stdout


def test_a_wrong_path_is_one_line(run: Run, made: Any) -> None:
    shown = run("bench", made.folder, *SMALL, "--names", "nmaes.tsv")
    assert shown.exit_code == 1
    assert shown.stderr.strip().splitlines()[-1] == (
        "Error: nmaes.tsv: this file is missing; add it or correct the path"
    )


def test_bench_without_seed_links_finds_its_own(run: Run, made: Any, tmp_path: Path) -> None:
    names = write_names(tmp_path / "names.json")
    shown = run("bench", made.folder, *SMALL, "--names", names, "--no-seeds", "--json", "out.json")
    assert shown.exit_code == 0, shown.output
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["settings"]["no_seeds"] is True
    assert report["settings"]["bootstrap_candidates"] == "unaligned"
    assert report["runs"][0]["own_seeds"].startswith("60 pseudo-seeds: 60")
    assert report["mean"]["metrics"]["test_only"]["left_to_right"]["hits@1"] == 1.0
    assert "no seed links, seed 0: 60 pseudo-seeds: 60" in shown.stdout
    assert run("bench", made.folder, "--no-seeds").exit_code == 2


def test_align_needs_no_links_where_there_are_names(run: Run, made: Any, tmp_path: Path) -> None:
    names = tmp_path / "names.tsv"
    lines = [f"{graph}:{i}\tthe {word}\n" for graph in ("en", "fr") for i, word in enumerate(WORDS)]
    names.write_text("entity\tname\n" + "".join(lines))
    shown = run(
        "align", made.left, made.right, "--names", names, "--preset", "fast", "--out", "l.tsv"
    )
    assert shown.exit_code == 0, shown.output
    assert "note: names.tsv: 120 of 120 entities named" in shown.stderr
    assert "60 pseudo-seeds: " in shown.stderr
    rows = [line.split("\t") for line in (tmp_path / "l.tsv").read_text().splitlines()[1:]]
    links = {(row[1], row[3]) for row in rows}
    assert links == {(f"en:{i}", f"fr:{i}") for i in range(60)}


def test_align_tells_the_baseline_beside_its_scores(run: Run, made: Any, tmp_path: Path) -> None:
    names = write_names(tmp_path / "names.json")
    shown = run("align", made.folder, "--names", names, "--preset", "fast", "--out", "l.tsv")
    assert shown.exit_code == 0, shown.output
    assert "exact name match, left → right: Hits@1 1.000 (ties are incorrect)" in shown.stdout


def test_align_with_neither_links_nor_names_says_what_is_missing(run: Run, made: Any) -> None:
    shown = run("align", made.left, made.right, "--out", "l.tsv")
    assert shown.exit_code == 2
    assert "2 graphs need --links FILE" in shown.stderr
    assert "--names FILE" in shown.stderr


def write_graph(path: Path, space: str) -> Path:
    """Entities in a ring with chords, each with a code that its counterpart has too."""
    at = f"<http://{space}.org/"
    lines = []
    for i in range(COUNT):
        for step in (1, 7, i * i % 11 + 2):
            lines.append(f"{at}e{i}> {at}near{step % 3}> {at}e{(i + step) % COUNT}> .\n")
        lines.append(f'{at}e{i}> {at}code> "{978_000_000 + 7919 * i}" .\n')
    path.write_text("".join(lines))
    return path


@pytest.fixture
def graphs(tmp_path: Path) -> list[Path]:
    pytest.importorskip("pyoxigraph")
    return [write_graph(tmp_path / f"{name}.nt", name) for name in ("left", "right")]


def links_in(path: Path) -> set[tuple[str, str]]:
    rows = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    return {(row[1].rpartition("/")[2], row[3].rpartition("/")[2]) for row in rows}


def test_align_needs_no_links_where_values_say_enough(
    run: Run, graphs: list[Path], tmp_path: Path
) -> None:
    shown = run("align", *graphs, "--preset", "fast", "--out", "l.tsv")
    assert shown.exit_code == 0, shown.output
    assert "60 pseudo-seeds: 60 by unique value" in shown.stderr
    assert links_in(tmp_path / "l.tsv") == {(f"e{i}", f"e{i}") for i in range(COUNT)}


def test_values_that_are_not_compared_are_told_of(
    run: Run, graphs: list[Path], tmp_path: Path
) -> None:
    with graphs[0].open("a") as file:
        file.write(f'<http://left.org/e0> <http://left.org/about> "{"?! " * 3}" .\n')
    arguments = ("align", *graphs, "--preset", "fast", "--no-calibrate", "--out", "l.tsv")
    shown = run(*arguments, "--report", "r.html")
    assert shown.exit_code == 0, shown.output
    told = "1 of 121 attribute values not compared: without a letter or digit"
    assert f"note: {told}" in shown.stderr
    assert told in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_values_can_be_left_out(run: Run, graphs: list[Path]) -> None:
    shown = run("align", *graphs, "--no-values", "--preset", "fast", "--out", "l.tsv")
    assert shown.exit_code == 1
    assert "no seed links to learn from" in shown.stderr


def test_a_wrong_model_is_one_line(run: Run, made: Any) -> None:
    shown = run("align", made.folder, "--names", "uri", "--names-model", "mdoel", "--out", "l.tsv")
    assert shown.exit_code == 1
    assert "there is no folder mdoel" in shown.stderr.strip().splitlines()[-1]
    shown = run("bench", made.folder, "--names-model", "mdoel")
    assert shown.exit_code == 2
    assert "--names-model needs --names" in shown.stderr


def test_a_report_beside_the_links(run: Run, made: Any, tmp_path: Path) -> None:
    arguments = ("align", made.folder, "--preset", "fast", "--train-ratio", 0.9)
    shown = run(*arguments, "--out", "l.tsv", "--report", "r.html", "--min-probability", 0.5)
    assert shown.exit_code == 0, shown.output
    assert "report in r.html" in shown.stdout
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    links = len((tmp_path / "l.tsv").read_text().splitlines()) - 1
    assert f"<dt>links written</dt><dd>{links}</dd>" in page
    assert "<dt>preset</dt><dd>fast" in page
    assert "en:" in page
    plain = run(*arguments, "--out", "-", "--report", "p.html", "--no-calibrate")
    assert "report in p.html" in plain.stderr
    assert "report" not in plain.stdout
    assert "This run was not calibrated." in (tmp_path / "p.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("report.txt", "the name has to end in .html"),
        ("-", "needs a file of its own"),
        ("links.html", "needs a file of its own"),
        ("nowhere/report.html", "there is no folder nowhere"),
    ],
)
def test_what_cannot_be_written_is_told_before_the_work(
    run: Run, made: Any, tmp_path: Path, name: str, told: str
) -> None:
    files = ("--out", "links.html", "--format", "tsv", "--report", name)
    shown = run("align", made.folder, *files)
    assert shown.exit_code != 0
    assert told in shown.stderr.replace("\n", " ")
    assert list(tmp_path.iterdir()) == []
