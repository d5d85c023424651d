"""`--links` given again and `--not-links`, through the program."""

from pathlib import Path
from typing import Any

from tests.commands.conftest import Run, write


def test_links_in_several_files_and_rejected_pairs(run: Run, made: Any, tmp_path: Path) -> None:
    seeds = [line.split("\t") for line in made.seeds.read_text(encoding="utf-8").splitlines()]
    first = write(tmp_path / "first.tsv", [tuple(row) for row in seeds[::2]])
    second = write(tmp_path / "second.csv", [])
    second.write_text("".join(f"{a},{b}\n" for a, b in seeds[1::2]), encoding="utf-8")
    both = ("align", made.left, made.right, "--links", first, "--links", second)
    given = (*both, "--preset", "fast", "--no-calibrate", "--out", "links.tsv")
    shown = run(*given)
    assert shown.exit_code == 0, shown.output
    assert f"{len(seeds)} seed links" in shown.stderr
    links = [tuple(row.split("\t")[1:4:2]) for row in Path("links.tsv").read_text().splitlines()]
    rejected = write(tmp_path / "no.tsv", links[1:6])
    shown = run(*given, "--not-links", rejected)
    assert shown.exit_code == 0, shown.output
    assert "5 rejected pairs" in shown.stderr
    again = [tuple(row.split("\t")[1:4:2]) for row in Path("links.tsv").read_text().splitlines()]
    assert not {*again} & {*links[1:6]}


def test_rejected_pairs_of_a_data_set_folder(run: Run, made: Any, tmp_path: Path) -> None:
    no = write(tmp_path / "no.tsv", [("en:1", "fr:2")])
    shown = run("inspect", made.folder, "--not-links", no)
    assert shown.exit_code == 0, shown.output


def test_a_contradiction_is_told_with_its_line(run: Run, made: Any) -> None:
    shown = run(
        *("align", made.left, made.right, "--links", made.seeds),
        *("--not-links", made.seeds, "--out", "x.tsv"),
    )
    assert shown.exit_code == 1
    assert f"{made.seeds}, line 1" in shown.stderr or "line 1" in shown.stderr
    assert "remove one of the two" in shown.stderr
    assert not Path("x.tsv").exists()


def test_a_file_of_pairs_is_never_replaced(run: Run, made: Any, tmp_path: Path) -> None:
    no = write(tmp_path / "no.tsv", [("en:1", "fr:2")])
    shown = run("align", made.left, made.right, "--not-links", no, "--out", no)
    assert shown.exit_code == 2
    assert no.read_text(encoding="utf-8") == "en:1\tfr:2\n"
