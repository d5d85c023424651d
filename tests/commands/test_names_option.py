"""`--names` through the program."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

Run = Callable[..., Result]
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
