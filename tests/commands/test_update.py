"""`dualamn update`: from files to files, again and again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dualamn import Aligner
from tests.commands.conftest import Run, write
from tests.updating.growing import World

FAST = ("--preset", "fast", "--no-calibrate")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Graphs of a world, what is added to them later, and a model of the first day."""
    from click.testing import CliRunner

    from dualamn.commands.command_line import cli

    world, top = World(120), tmp_path_factory.mktemp("days")
    for name in ("a", "b"):
        write(top / f"{name}.tsv", world.old[name])
        write(top / f"{name}_new.tsv", world.new[name])
    write(top / "seeds.tsv", world.seeds)
    graphs = [str(top / f"{name}.tsv") for name in ("a", "b")]
    outputs = ["--out", str(top / "day0.tsv"), "--save", str(top / "day0.model")]
    words = ["align", *graphs, "--links", str(top / "seeds.tsv"), *FAST, *outputs]
    result = CliRunner().invoke(cli, words, prog_name="dualamn", catch_exceptions=False)
    assert result.exit_code == 0
    return top


def lines(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def test_days_follow_each_other(run: Run, files: Path, tmp_path: Path) -> None:
    day1 = run(
        *("update", files / "day0.model", "--left", files / "a_new.tsv"),
        *("--right", files / "b_new.tsv", "--out", "day1.tsv"),
        *("--changes", "changes.tsv", "--save", "day1.model"),
    )
    assert day1.exit_code == 0
    header, *rows = lines(tmp_path / "changes.tsv")
    table = [dict(zip(header, row, strict=True)) for row in rows]
    assert {row["change"] for row in table} <= {"kept", "new", "moved", "dropped"}
    now = {(row["left"], row["right"]): row for row in table if row["change"] != "dropped"}
    _, *written = lines(tmp_path / "day1.tsv")
    assert {(row[1], row[3]) for row in written} == set(now)
    new = [row for row in table if row["change"] == "new"]
    assert len(new) > 3
    assert all(row["link_id"] and row["cluster_id"] for row in new)
    assert any("~" in row["reason"] for row in new), "the statement that told most"
    assert "kept" in day1.output
    assert "what became of every link: changes.tsv" in day1.output
    day2 = run(
        *("update", "day1.model", "--left-gone", files / "a_new.tsv"),
        *("--right-gone", files / "b_new.tsv", "--out", "day2.tsv", "-q"),
    )
    assert day2.exit_code == 0
    assert day2.output == ""
    assert (tmp_path / "day2.tsv").read_bytes() == (files / "day0.tsv").read_bytes()


def test_an_update_of_nothing_writes_the_same_file(run: Run, files: Path, tmp_path: Path) -> None:
    result = run("update", files / "day0.model", "--out", "links.tsv", "--save", "again.model")
    assert result.exit_code == 0
    assert "the links are the same as before" in result.output
    assert (tmp_path / "links.tsv").read_bytes() == (files / "day0.tsv").read_bytes()
    asked = run("update", "again.model", "--out", "links.tsv", "--candidates", "c.tsv")
    assert asked.exit_code == 1
    assert "nothing was searched for" in asked.stderr
    again = run("update", "again.model", "--out", "links.tsv", "-q")
    assert again.exit_code == 0
    assert (tmp_path / "links.tsv").read_bytes() == (files / "day0.tsv").read_bytes()


def test_graphs_may_be_named(run: Run, files: Path, tmp_path: Path) -> None:
    named = run(
        *("update", files / "day0.model", "--added", f"a={files / 'a_new.tsv'}"),
        *("--added", f"b={files / 'b_new.tsv'}", "--out", "named.tsv"),
    )
    sides = run(
        *("update", files / "day0.model", "--left", files / "a_new.tsv"),
        *("--right", files / "b_new.tsv", "--out", "sides.tsv"),
    )
    assert named.exit_code == sides.exit_code == 0
    assert (tmp_path / "named.tsv").read_bytes() == (tmp_path / "sides.tsv").read_bytes()
    wrong = run("update", files / "day0.model", "--gone", "c=x.tsv", "--out", "links.tsv")
    assert wrong.exit_code == 2
    assert "give GRAPH=FILE, of the graphs a, b." in wrong.output


def test_decisions_and_rejected_pairs_are_read(run: Run, files: Path, tmp_path: Path) -> None:
    first, second = lines(files / "day0.tsv")[1:3]
    write(tmp_path / "wrong.tsv", [(first[1], first[3])])
    write(tmp_path / "known.tsv", [(second[1], second[3])])
    result = run(
        *("update", files / "day0.model", "--not-links", "wrong.tsv", "--links", "known.tsv"),
        *("--out", "links.tsv", "--changes", "changes.tsv"),
    )
    assert result.exit_code == 0
    rows = {(row[2], row[4]): (row[0], row[-1]) for row in lines(tmp_path / "changes.tsv")}
    assert rows[first[1], first[3]] == ("rejected", "known to be different")
    assert rows[second[1], second[3]] == ("dropped", "a seed link now")


def test_ids_are_those_of_the_changes(run: Run, files: Path, tmp_path: Path) -> None:
    graphs = [files / f"{name}.tsv" for name in ("a", "b")]
    first = run("align", *graphs, "--links", files / "seeds.tsv", *FAST, "--out", "0.tsv", "--ids")
    assert first.exit_code == 0
    same = run("update", files / "day0.model", "--out", "same.tsv", "--ids")
    assert same.exit_code == 0
    assert (tmp_path / "same.tsv").read_bytes() == (tmp_path / "0.tsv").read_bytes()
    added = "--left", files / "a_new.tsv", "--right", files / "b_new.tsv"
    words = *added, "--out", "1.tsv", "--ids", "--changes", "changes.tsv"
    assert run("update", files / "day0.model", *words).exit_code == 0
    header, *rows = lines(tmp_path / "1.tsv")
    assert header[-2:] == ["link_id", "cluster_id"]
    ids = {(row[1], row[3]): row[-2:] for row in rows}
    names, *changes = lines(tmp_path / "changes.tsv")
    at = [names.index(name) for name in ("link_id", "cluster_id")]
    now = {(row[2], row[4]): [row[i] for i in at] for row in changes if row[0] != "dropped"}
    assert now == ids
    old = {(row[1], row[3]): row[-2:] for row in lines(tmp_path / "0.tsv")[1:]}
    assert all(ids[pair] == own for pair, own in old.items() if pair in ids)
    assert run("evaluate", "1.tsv", files / "seeds.tsv").exit_code == 0, "the file can be read"
    iris = run("update", files / "day0.model", "--out", "x.nt", "--base", "http://x/", "--ids")
    assert "N-Triples has no columns for ids" in " ".join(iris.output.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing.model", "--out", "links.tsv"), "missing.model cannot be read"),
        (("{model}", "--out", "{model}"), "this file is read, and would be lost"),
        (("{model}", "--out", "x.tsv", "--changes", "{model}"), ".model tells no format"),
        (("{model}", "--out", "x.tsv", "--changes", "x.tsv"), "this needs a file of its own"),
        (("{model}", "--out", "{model}.tsv", "--left", "{model}.tsv"), "would be lost"),
        (("{model}", "--out", "x.tsv", "--left", "none.tsv"), "there is no such file"),
        (("{model}", "--out", "x.tsv", "--all", "--precision", "0.9"), "--all writes every link"),
        (("{model}", "--out", "x.tsv", "--changes", "x.nt"), "x.nt"),
        (("{model}", "--out", "x.tsv", "--added", "new.nt"), "--added new.nt: give GRAPH=FILE"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    run: Run, files: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    words = [word.format(model=files / "day0.model") for word in arguments]
    before = (files / "day0.model").read_bytes()
    result = run("update", *words)
    assert result.exit_code != 0
    assert message in " ".join(result.output.split())
    assert (files / "day0.model").read_bytes() == before
    assert list(tmp_path.iterdir()) == []


def test_a_model_may_be_saved_in_its_own_place(run: Run, files: Path, tmp_path: Path) -> None:
    model = tmp_path / "my.model"
    model.write_bytes((files / "day0.model").read_bytes())
    added = "--left", files / "a_new.tsv", "--right", files / "b_new.tsv"
    assert run("update", model, *added, "--out", "links.tsv", "--save", model).exit_code == 0
    assert Aligner.load(model).task.n_entities > Aligner.load(files / "day0.model").task.n_entities
    again = run("update", model, *added, "--out", "again.tsv")
    assert again.exit_code == 0
    assert (tmp_path / "again.tsv").read_bytes() == (tmp_path / "links.tsv").read_bytes()


def test_after_ctrl_c_nothing_is_written(
    run: Run, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dualamn.model.Model.align", interrupt)
    added = "--left", files / "a_new.tsv"
    result = run("update", files / "day0.model", *added, "--out", "links.tsv", "--save", "m")
    assert result.exit_code == 130
    assert list(tmp_path.iterdir()) == []


def test_it_runs_as_a_program(process: Callable[..., object], files: Path, tmp_path: Path) -> None:
    process("update", files / "day0.model", "--out", "links.tsv")
    assert (tmp_path / "links.tsv").read_bytes() == (files / "day0.tsv").read_bytes()
