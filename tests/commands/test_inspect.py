"""`dualamn inspect` through its entry point."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Run


def test_json_counts_what_was_made(run: Run, made: Any) -> None:
    shown = run("inspect", made.folder, "--json")
    assert shown.exit_code == 0
    found = json.loads(shown.stdout)
    assert [(g["name"], g["entities"]) for g in found["graphs"]] == [("en", 60), ("fr", 60)]
    assert found["graphs"][0]["triples"] == found["graphs"][1]["triples"] > 300
    (pair,) = found["pairs"]
    assert (pair["seed"], pair["test"]) == (18, 42)


def test_tables_show_graphs_and_links(run: Run, made: Any) -> None:
    shown = run("inspect", made.folder)
    assert shown.exit_code == 0
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert next(row for row in rows if row[:1] == ["en"])[1] == "60"
    assert next(row for row in rows if row[:1] == ["en-fr"]) == ["en-fr", "18", "0", "42", "60"]


def test_files_of_triples_can_be_looked_at_too(run: Run, made: Any) -> None:
    shown = run("inspect", made.left, made.right, "--links", made.seeds, "--json")
    assert shown.exit_code == 0
    (pair,) = json.loads(shown.stdout)["pairs"]
    assert pair["seed"] + pair["test"] == 18


def test_known_names_come_from_the_data_folder(run: Run, made: Any) -> None:
    top = made.folder.parent
    by_option = run("inspect", "en_fr", "--data", top, "--json")
    by_variable = run("inspect", "en_fr", "--json", DUALAMN_DATA=str(top))
    assert by_option.exit_code == by_variable.exit_code == 0
    assert by_option.stdout == by_variable.stdout


def test_a_mistyped_name_is_guessed(run: Run, made: Any) -> None:
    shown = run("inspect", "en_rf", "--data", made.folder.parent)
    assert shown.exit_code == 1
    assert "did you mean en_fr?" in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


@pytest.mark.parametrize("content", ["", "# nothing\n"])
def test_an_empty_folder_or_file_is_one_line(run: Run, tmp_path: Path, content: str) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "triples_1").write_text(content)
    shown = run("inspect", folder)
    assert shown.exit_code == 1
    assert str(folder) in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


def test_brackets_in_names_are_not_taken_for_colours(run: Run, made: Any, tmp_path: Path) -> None:
    left = tmp_path / "[red]en.tsv"
    left.write_bytes(made.left.read_bytes())
    shown = run("inspect", left, made.right, "--links", made.seeds)
    assert shown.exit_code == 0
    assert "[red]en" in shown.stdout


def test_links_need_not_be_given(run: Run, made: Any) -> None:
    shown = run("inspect", made.left, made.right)
    assert shown.exit_code == 0
    assert "warning: there are no seed links" in shown.stdout


def test_health_is_shown_and_told(run: Run, made: Any) -> None:
    shown = run("inspect", made.left, made.right, "--links", made.seeds)
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert ["no", "seed", "within", "2", "hops", "0", "0"] in rows
    assert ["ambiguous", "name", "0", "0"] in rows
    assert ["en-fr", "0", "0", "0"] in rows
    assert "warning: 18 seed links between en and fr, 30.0% of the smaller graph" in shown.stdout
    shown = run("inspect", made.left, made.right, "--links", made.seeds, "--json")
    assert len(json.loads(shown.stdout)["health"]["warnings"]) == 1


def test_names_classes_and_values_are_shown(run: Run, tmp_path: Path) -> None:
    left, right = tmp_path / "l.ttl", tmp_path / "r.ttl"
    rows = "".join(
        f':x{i} a :Opera ; :title "Work {"abcd"[i]}" ; :year {1900 + i} . ' for i in range(4)
    )
    schema = ":Opera a owl:Class ; rdfs:subClassOf :Work . "
    prefixes = (
        "@prefix : <http://e.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> . "
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . "
    )
    for path in (left, right):
        path.write_text(prefixes + schema + rows)
    shown = run("inspect", left, right)
    for text in (
        "note: l: 4 entities named by title (4, found by its values in Opera)",
        "note: l: 2 classes and 0 properties of the schema get no links, individuals do",
        "year = year",
    ):
        assert text in shown.stdout
    asked = run("inspect", left, right, "--entities", "classes", "--json")
    found = json.loads(asked.stdout)
    assert found["health"]["graphs"][0]["unlinkable"] == 4
    assert found["contents"]["classes"] == [
        {"graph": side, "name": "http://www.w3.org/2002/07/owl#Class", "entities": 1, "named": 1}
        for side in "lr"
    ]
