"""`dualamn explain` from a saved aligner."""

import json
from typing import Any

import pytest


@pytest.fixture
def saved(run: Any, made: Any) -> str:
    arguments = ("align", made.folder, "--preset", "fast", "--out", "links.tsv")
    assert run(*arguments, "--save", "aligner", "--train-ratio", 0.5).exit_code == 0
    return "aligner"


def test_a_link_is_explained_as_text_and_json(run: Any, saved: str, tmp_path: Any) -> None:
    lines = (tmp_path / "links.tsv").read_text(encoding="utf-8").splitlines()[1:]
    _, left, _, right, probability = lines[0].split("\t")
    shown = run("explain", saved, left, "-q")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith(f"{left} of en and {right} of fr are linked, probability ")
    assert "shared statements: " in shown.stdout
    found = json.loads(run("explain", saved, left, right, "--json").stdout)
    assert found["is_linked"]
    assert found["probability"] == pytest.approx(float(probability), abs=1e-4)
    assert found["right"]["identifier"] == right


def test_what_cannot_be_explained(run: Any, saved: str) -> None:
    unknown = run("explain", saved, "en:foo")
    assert unknown.exit_code == 1
    assert "there is no entity 'en:foo' in en, fr" in unknown.stderr
    assert run("explain", saved, "en:1", "--pair", "en-xx").exit_code == 2
    missing = run("explain", "nothing", "en:1")
    assert missing.exit_code == 1
    assert "cannot be read as a saved aligner" in missing.stderr
