"""`dualamn index` and `dualamn match`, from a saved aligner to links of new entities."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import dualamn
from dualamn.commands.command_line import cli
from tests.commands.conftest import N_ENTITIES


@pytest.fixture(scope="module")
def saved(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    task = dualamn.load_files([made.left, made.right], made.seeds)
    path = tmp_path_factory.mktemp("saved") / "aligner"
    dualamn.Aligner("fast").fit(task).save(path)
    return path


@pytest.fixture(scope="module")
def index(saved: Path) -> str:
    path = saved.with_name("x.index")
    dualamn.Lookup.build(dualamn.Aligner.load(saved), path)
    return str(path)


def answered(lines: str | bytes, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["match", *arguments], input=lines, prog_name="dualamn")


def test_an_index_of_a_saved_aligner(run: Any, saved: Path, index: str, tmp_path: Path) -> None:
    shown = run("index", saved, "--out", "x.index")
    assert shown.exit_code == 0, shown.output
    assert f"({N_ENTITIES} entities)" in shown.stdout
    assert "next: dualamn match x.index NEW" in shown.stdout
    assert (tmp_path / "x.index").read_bytes() == Path(index).read_bytes()


def test_a_file_of_new_entities(run: Any, index: str, made: Any, tmp_path: Path) -> None:
    seed = made.seeds.read_text(encoding="utf-8").split("\n")[0].split("\t")[0]
    triples = made.left.read_text(encoding="utf-8").splitlines()
    twin = [row.replace(f"{seed}\t", "new\t", 1) for row in triples if row.startswith(f"{seed}\t")]
    (tmp_path / "new.tsv").write_text("\n".join([*twin, "nobody\tr\tnothing"]) + "\n")
    shown = run(
        *("match", index, "new.tsv", "--out", "found.csv", "--min-probability", 0),
        *("--candidates", "c.tsv", "--unmatched", "u.tsv", "--side", "left"),
    )
    assert shown.exit_code == 0, shown.output
    links = (tmp_path / "found.csv").read_text(encoding="utf-8").splitlines()
    assert links[0] == "left_source,left,right_source,right,probability"
    assert [row.split(",")[1] for row in links[1:]] == ["new"]
    head, *rows = (tmp_path / "c.tsv").read_text(encoding="utf-8").splitlines()
    columns = head.split("\t")
    assert columns[:6] == [
        *("source", "entity", "rank", "candidate_source", "candidate", "candidate_name")
    ]
    assert len(rows) == 5
    unmatched = (tmp_path / "u.tsv").read_text(encoding="utf-8")
    assert "nobody" in unmatched
    assert "too little is known" in unmatched
    assert "1 link in found.csv" in shown.stdout
    assert "of NEW were there before" in shown.stdout


def test_columns_of_a_table_are_chosen(run: Any, index: str, made: Any, tmp_path: Path) -> None:
    seed = made.seeds.read_text(encoding="utf-8").split("\n")[0].split("\t")[0]
    triples = made.left.read_text(encoding="utf-8").splitlines()
    twin = [row.split("\t")[1:] for row in triples if row.startswith(f"{seed}\t")]
    rows = ["note\tto\tby\tfrom", *(f"-\t{tail}\t{by}\tnew" for by, tail in twin)]
    (tmp_path / "new.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    shown = run("match", index, "new.tsv", "--columns", "from, by,to", "--candidates", "c.tsv")
    assert shown.exit_code == 0, shown.output
    found = (tmp_path / "c.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert {row.split("\t")[1] for row in found} == {"new"}


def test_json_lines(index: str, made: Any) -> None:
    _, relation, tail = made.left.read_text(encoding="utf-8").splitlines()[0].split("\t")
    asked = json.dumps({"triples": [["?", relation, tail]]})
    shown = answered(f"{asked}\n\n{asked}\n", index, "-", "--k", "2")
    assert shown.exit_code == 0, shown.output
    first, second = (json.loads(line) for line in shown.stdout.splitlines())
    assert first == second
    assert first["known"] == 1
    assert len(first["candidates"]) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 1: is no JSON"),
        ("[]", "line 1: is no JSON object"),
        ('{"tripels": []}', "line 1: unknown field 'tripels'"),
        ('{"triples": [["a", "b", "c"]]}', "line 1: ['a', 'b', 'c'] is not about '?'"),
        ('{"triples": 3}', "line 1: triples must be a list, got 3"),
        ('{"triples": [3]}', "line 1: a triple must be a list, got 3"),
        ('{"triples": [["?", 1, 2]]}', "line 1: a triple has a head, a relation and a tail"),
        ('{"name": 5}', "line 1: name must be a list, got 5"),
        ('{"name": ["a", 5]}', "line 1: name has to be a string or a list of them, got 5"),
        ('{"values": []}', "line 1: values has to be an object of attributes, got []"),
        ('{"values": {"a": 1}}', "line 1: what 'a' has must be a list, got 1"),
        ('{"entity": 5}', "line 1: entity has to be a string, got 5"),
        ('{"name": "abc', 'line 1: is no JSON (Unterminated string starting at): {"name": "abc'),
        ("[" * 100_000, "line 1: is no JSON"),
    ],
)
def test_bad_lines(index: str, line: str, said: str) -> None:
    shown = answered(line, index, "-")
    assert shown.exit_code == 1
    assert said in shown.stderr


def test_lines_that_are_no_utf_8(index: str) -> None:
    shown = answered(b'{}\n{"name": "\xff"}\n', index, "-")
    assert shown.exit_code == 1
    assert "line 2: is not UTF-8 (byte 0xff at byte 11)" in shown.stderr


def test_what_cannot_be_done(run: Any, index: str, saved: Path, tmp_path: Path) -> None:
    (tmp_path / "new.tsv").write_text("a\tb\tc\n")
    assert run("match", index, "-", "--out", "x.tsv").exit_code == 2
    assert "this file is read" in run("match", index, "new.tsv", "--out", "new.tsv").stderr
    assert "hold links alone" in run("match", index, "new.tsv", "--out", "x.nt").stderr
    assert "is no index" in run("match", saved, "new.tsv").stderr
    assert "side must be" in run("match", index, "new.tsv", "--side", "up").stderr
    assert "would be lost" in run("index", saved, "--out", saved).stderr
