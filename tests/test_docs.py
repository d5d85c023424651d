"""What README and docs show is run, and prints what they say.

Blocks of Markdown are told apart by the words behind their fence:

- ``python``: run in order, all of a file in one namespace, in a folder of their own where
  `examples` can be reached. A block whose first line is a comment with a file name
  (`# own_encoder.py`) is written to that file.
- ``text`` right after a python block: what it prints, where `...` stands for anything.
- ``text roughly``: the same, but numbers may be somewhat off: another processor adds up in
  another order, and training carries that on.
- ``sh`` and ``console``: commands have to exist with all their options, and those of the README
  on the example are run. Those of the tutorial are run in order between its python blocks.
"""

import contextlib
import io
import re
import shlex
import subprocess
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from dualamn import AlignerConfig
from dualamn.commands.command_line import cli
from dualamn.encoders import ENCODERS
from dualamn.matching import MATCHERS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TUTORIAL = ROOT / "docs" / "tutorial.md"
PROSE = [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
FENCE = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"-?\d[\d,]*(\.\d+)?")


@dataclass(frozen=True)
class Block:
    """A fenced block: the words behind its fence, its text, and the line its text begins in."""

    kind: str
    body: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(m["kind"].strip(), m["body"], text.count("\n", 0, m.start()) + 2)
        for m in FENCE.finditer(text)
    ]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder with the example in reach; registries are put back afterwards."""
    (tmp_path / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("DUALAMN_DATA", raising=False)
    encoders, matchers = dict(ENCODERS), dict(MATCHERS)
    yield tmp_path
    for name in ENCODERS.keys() - encoders:
        del ENCODERS[name]
    for name in MATCHERS.keys() - matchers:
        del MATCHERS[name]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_python_runs_and_prints_what_the_page_shows(page: Path, place: Path) -> None:
    names: dict[str, Any] = {"__name__": "docs"}
    shown = blocks(page)
    for block, following in zip_longest(shown, shown[1:]):
        if block.kind == "sh" and page == TUTORIAL:
            run_commands(block)
        if block.kind != "python":
            continue
        at = f"{name_of(page)}, line {block.line}"
        if match := re.match(r"# (\w+\.py)\n", block.body):
            (place / match[1]).write_text(block.body, encoding="utf-8")
            continue
        printed = io.StringIO()
        # Line numbers in a traceback are those of the page.
        code = compile("\n" * (block.line - 1) + block.body, str(page), "exec", dont_inherit=True)
        try:
            with contextlib.redirect_stdout(printed):
                exec(code, names)
        except Exception:
            pytest.fail(f"{at}:\n{traceback.format_exc()}")
        if following is not None and following.kind in ("text", "text roughly"):
            assert_alike(printed.getvalue(), following, at)


def run_commands(block: Block) -> None:
    """Runs every line; what is to be installed is there already."""
    for command in lines_of(block):
        arguments = program_arguments(command)
        if arguments is not None:
            result = CliRunner().invoke(cli, arguments, prog_name="dualamn")
            assert result.exit_code == 0, f"{command}\n{result.output}"
        elif command.startswith("python "):
            subprocess.run([sys.executable, *shlex.split(command)[1:]], check=True)
        else:
            assert command.startswith("pip install "), command


def assert_alike(printed: str, shown: Block, at: str) -> None:
    alike = roughly if shown.kind == "text roughly" else exactly
    if not alike(printed, shown.body):
        pytest.fail(f"{at} prints\n{printed}\nand not\n{shown.body}")


def exactly(printed: str, shown: str) -> bool:
    pattern = re.escape(stripped(shown)).replace(re.escape("..."), ".*?")
    return re.fullmatch(pattern, stripped(printed), re.DOTALL) is not None


def stripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def roughly(printed: str, shown: str) -> bool:
    """The same words, and numbers that are `near`."""
    words, expected = printed.split(), shown.split()
    return len(words) == len(expected) and all(map(near, words, expected))


def near(word: str, expected: str) -> bool:
    """Counts at most 30 or a tenth off, fractions 0.05, other numbers up to three times."""
    if not (NUMBER.fullmatch(word) and (match := NUMBER.fullmatch(expected))):
        return word == expected
    value, wanted = (float(text.replace(",", "")) for text in (word, expected))
    if match[1] is None:
        return abs(value - wanted) <= max(30, 0.1 * wanted)
    if wanted > 1:
        return wanted / 3 <= value <= wanted * 3
    return abs(value - wanted) <= 0.05


def test_comparisons_can_fail() -> None:
    shown = "english -> french   0.936   1,030"
    assert roughly("english -> french  0.951  1,040", shown)
    for other in ("0.8  1,030", "0.936  800", "0.936"):
        assert not roughly(f"english -> french  {other}", shown)
    assert not roughly("french -> english  0.936  1,030", shown)
    assert exactly("a  b \nc\n", "a  b\n...\n")
    assert not exactly("a b\n", "a  b\n")
    assert not exactly("a\nb\nd\n", "a\n...\nc\n")


def commands() -> list[tuple[str, str]]:
    """Page and command line, for every line of every shell block."""
    return [
        (name_of(page), command)
        for page in PAGES
        for block in blocks(page)
        if block.kind in ("sh", "console")
        for command in lines_of(block)
    ]


def lines_of(block: Block) -> list[str]:
    """The commands of a shell block."""
    found = []
    for line in block.body.replace("\\\n", " ").splitlines():
        command = line.removeprefix("$ ").partition(" #")[0].strip()
        if command and (block.kind == "sh" or line.startswith("$ ")):
            found.append(command)
    return found


def program_arguments(command: str) -> list[str] | None:
    """What follows `dualamn` or `python cli.py`; None if it is another program."""
    words = shlex.split(command)
    for program in (["dualamn"], ["python", "cli.py"]):
        if words[: len(program)] == program:
            return words[len(program) :]
    return None


@pytest.mark.parametrize(("page", "command"), commands())
def test_commands_exist_with_their_options(page: str, command: str) -> None:
    arguments = program_arguments(command)
    if arguments is None:
        words = shlex.split(command)
        assert words[0] in ("make", "pip", "python", "export"), command
        if words[0] == "make":
            targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
            assert words[1] in targets
        return
    name, *rest = arguments
    if name in ("--help", "--version"):
        return
    found: click.Command = cli.commands[name]
    while isinstance(found, click.Group) and rest[0] in found.commands:
        name, *rest = rest
        found = found.commands[name]
    try:
        found.make_context(name, rest)
    except click.exceptions.Exit:  # of --help
        pass
    except click.ClickException as error:
        pytest.fail(f"{page}: {command}: {error.format_message()}")


@pytest.mark.usefixtures("place")
def test_commands_on_the_example_work() -> None:
    ran = 0
    for page, command in commands():
        arguments = program_arguments(command)
        if page == "README.md" and arguments is not None and "examples/" in command:
            result = CliRunner().invoke(cli, arguments, prog_name="dualamn")
            assert result.exit_code == 0, f"{command}\n{result.output}"
            ran += 1
    assert ran >= 3


@pytest.mark.parametrize("page", PROSE, ids=name_of)
def test_links_lead_to_files(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    for target in targets:
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), f"{name_of(page)} links to {target}"


def test_settings_in_the_docs_are_the_defaults() -> None:
    text = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    _, _, text = text.partition("\n## Settings\n")
    told = re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", text.partition("\n## ")[0], re.MULTILINE)
    defaults = AlignerConfig().to_dict()
    assert [name for name, _ in told] == list(defaults)
    for name, value in told:
        assert value.replace(",", "") == str(defaults[name]), name
