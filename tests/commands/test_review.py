"""`dualamn review` through its entry point, with answers on standard input."""

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dualamn.commands.command_line import cli
from dualamn.link_files.decisions import read_decisions
from tests.commands.conftest import Run

Ask = Callable[..., Result]


@pytest.fixture(scope="session")
def model(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    given = ["align", made.left, made.right, "--links", made.seeds, "--preset", "fast", "-q"]
    given += ["--all", "--out", folder / "links.tsv", "--save", folder / "model"]
    shown = CliRunner().invoke(cli, list(map(str, given)))
    assert shown.exit_code == 0, shown.output
    return folder / "model"


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, answers: str) -> Result:
        given = ["review", *map(str, arguments), "--who", "anna"]
        return CliRunner().invoke(cli, given, input=answers)

    return run


def test_answers_are_kept_and_align_takes_them(
    ask: Ask, run: Run, made: Any, model: Path, tmp_path: Path
) -> None:
    file = tmp_path / "d.sssom.tsv"
    shown = ask(model, "--decisions", file, "--batch", 2, answers="y the same\nn\nu\nq\n")
    assert shown.exit_code == 0, shown.output
    assert "en" in shown.stdout
    assert "1: a link, probability" in shown.stdout or "1: not linked now" in shown.stdout
    assert "2 answers: 1 accepted, 1 rejected, 0 unsure" in shown.stdout
    assert "ten more answers: " in shown.stdout
    assert "3 answers in " in shown.stdout
    assert "--decisions" in shown.stdout.splitlines()[-1]
    yes, no, unsure = read_decisions(file).decisions
    assert (yes.verdict, no.verdict, unsure.verdict) == ("accepted", "rejected", "unsure")
    assert (yes.who, yes.why, yes.left_source) == ("anna", "the same", "en")
    again = run(
        *("align", made.left, made.right, "--links", made.seeds, "--preset", "fast"),
        *("--no-calibrate", "--decisions", file, "--out", "links.tsv"),
    )
    assert again.exit_code == 0, again.output
    assert "1 accepted by decision" in again.stdout
    lines = (tmp_path / "links.tsv").read_text(encoding="utf-8").splitlines()
    found = [line for line in lines if line.endswith("\taccepted")]
    assert len(found) == 1
    assert yes.left in found[0]
    assert not any(no.left in line.split("\t") and no.right in line.split("\t") for line in lines)


def test_undo_help_and_the_end_of_input(ask: Ask, model: Path, tmp_path: Path) -> None:
    file = tmp_path / "d.sssom.tsv"
    shown = ask(model, "--decisions", file, answers="undo\nwhat?\ny\nundo\nn other year\n")
    assert shown.exit_code == 0, shown.output
    assert "there is no answer to take back" in shown.stdout
    assert "y, n or u, and after it the reason" in shown.stdout
    assert "were accepted" in shown.stdout
    (decision,) = read_decisions(file).decisions
    assert (decision.verdict, decision.why) == ("rejected", "other year")
    # The question of the answer that was taken back comes again.
    assert shown.stdout.count("\n1: ") == 2


def test_links_of_a_file_with_and_without_graphs(
    ask: Ask, made: Any, model: Path, tmp_path: Path
) -> None:
    links = model.with_name("links.tsv")
    shown = ask(links, "--decisions", "d.sssom.tsv", answers="y\n")
    assert shown.exit_code == 0, shown.output
    assert "recall not known" in shown.stdout
    shown = ask(links, made.left, made.right, "--decisions", "d.sssom.tsv", answers="n\n")
    assert shown.exit_code == 0, shown.output
    assert "1 answered already" in shown.stdout
    assert "en_r" in shown.stdout
    assert [d.verdict for d in read_decisions("d.sssom.tsv").decisions] == ["accepted", "rejected"]


def test_without_an_answer_nothing_is_written(ask: Ask, model: Path, tmp_path: Path) -> None:
    shown = ask(model, "--decisions", "d.sssom.tsv", answers="q\n")
    assert shown.exit_code == 0
    assert "no answer was given" in shown.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none"], "none"),
        (["MODEL", "left.tsv", "right.tsv"], "leave out left.tsv right.tsv"),
        (["LINKS", "left.tsv"], "was a graph forgotten"),
        (["LINKS", "--decisions", "LINKS"], "name another one"),
        (["MODEL", "--decisions", "no/folder/d.tsv"], "no folder"),
        (["MODEL", "--decisions", "/dev/null"], "kept in a file, no device"),
    ],
)
def test_what_cannot_be_is_told(ask: Ask, model: Path, arguments: list[str], message: str) -> None:
    places = {"MODEL": str(model), "LINKS": str(model.with_name("links.tsv"))}
    shown = ask(*(places.get(word, word) for word in arguments), answers="")
    assert shown.exit_code in (1, 2)
    assert message in shown.output
    assert "Traceback" not in shown.output


def test_web_serves_until_finished_or_ctrl_c(model: Path, tmp_path: Path) -> None:
    for way in ("finish", "ctrl-c"):
        running = subprocess.Popen(
            [
                *(sys.executable, "-m", "dualamn", "review", str(model), "--web", "--no-browser"),
                *("--decisions", f"{way}.sssom.tsv", "--who", "anna"),
            ],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        assert running.stdout is not None
        address = ""
        while not address:
            line = running.stdout.readline()
            assert line, running.communicate()[1]
            found = re.search(r"http://127\.0\.0\.1:\d+/\S+/", line)
            address = found[0] if found else ""

        def send(path: str, *, to: str = address, **content: Any) -> Any:
            body = json.dumps(content).encode()
            asked = urllib.request.Request(to + path, body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(asked) as reply:
                return json.load(reply)

        send("answer", number=0, verdict="rejected")
        if way == "finish":
            send("finish")
        else:
            running.send_signal(signal.SIGINT)
        out, err = running.communicate()
        assert running.returncode == 0, err
        assert f"1 answer in {way}.sssom.tsv (1 rejected)" in out
        assert "Traceback" not in err
        assert len(read_decisions(tmp_path / f"{way}.sssom.tsv")) == 1
