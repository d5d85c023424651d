"""`--names` through the program."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

Run = Callable[..., Result]
SMALL = ("--preset", "fast", "--protocol", "test")


def write_names(path: Path, count: int = 60) -> Path:
    words = [f"{'bcdfghklmn'[i % 10]}a{'prstvwxz'[i // 10]}o" for i in range(count)]
    rows = [[i, ["the", words[i % count]]] for i in range(2 * count)]
    path.write_text(json.dumps(rows))
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
    assert "the same name alone, test side, left → right: Hits@1 1.000" in shown.stdout


def test_bench_goes_by_structure_alone_unless_told(run: Run, made: Any, tmp_path: Path) -> None:
    shown = run("bench", made.folder, *SMALL, "--json", "out.json")
    assert shown.exit_code == 0, shown.output
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["settings"]["names"] == "off"
    assert "exact_name_match" not in report["mean"]
    assert "the same name" not in shown.stdout


def test_identifiers_as_names(run: Run, made: Any, tmp_path: Path) -> None:
    shown = run("bench", made.folder, *SMALL, "--names", "uri")
    assert shown.exit_code == 0, shown.output
    assert "the same name alone, test side" in shown.stdout


def test_a_wrong_path_is_one_line(run: Run, made: Any) -> None:
    shown = run("bench", made.folder, *SMALL, "--names", "nmaes.tsv")
    assert shown.exit_code == 1
    assert shown.stderr.strip().splitlines()[-1] == (
        "Error: nmaes.tsv: this file is missing; add it or correct the path"
    )
