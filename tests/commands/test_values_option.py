"""Attribute values and embedding models through the program."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]
COUNT = 60


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
        file.write(f'<http://left.org/e0> <http://left.org/about> "{"word " * 30}" .\n')
    arguments = ("align", *graphs, "--preset", "fast", "--no-calibrate", "--out", "l.tsv")
    shown = run(*arguments, "--report", "r.html")
    assert shown.exit_code == 0, shown.output
    told = "1 of 121 attribute values not compared: of more than 100 characters"
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
