"""The program as a whole: help, version, typing errors, and what it does not load."""

import configparser
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

import dualamn
from dualamn.commands.command_line import cli, main
from dualamn.errors import DataError
from tests.commands.conftest import Run

ROOT = Path(__file__).parents[2]
HEAVY = ("faiss", "scipy", "torch", "torch_geometric")
COMMANDS = sorted(cli.commands)


def below(name: str, command: click.Command) -> dict[str, click.Command]:
    """A command and, if it is a group, those in it, by the words that call them."""
    found = {name: command}
    if isinstance(command, click.Group):
        for word, inner in command.commands.items():
            found |= below(f"{name} {word}", inner)
    return found


ALL = {
    words: command
    for name in COMMANDS
    for words, command in below(name, cli.commands[name]).items()
}


def test_there_is_a_command_for_every_job() -> None:
    assert set(COMMANDS) == {
        *(
            "align",
            "audit",
            "bench",
            "data",
            "dedupe",
            "diff",
            "evaluate",
            "explain",
            "fuse",
            "index",
            "inspect",
            "match",
            "review",
            "slice",
            "update",
        )
    }
    assert set(ALL) - set(COMMANDS) == {
        *("data get", "data list", "data path", "data synth", "data verify")
    }


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_help_and_an_example(run: Run, name: str) -> None:
    shown = run(*name.split(), "--help")
    assert shown.exit_code == 0
    example = re.search(rf"\n    [^\n]*dualamn {name}\b", shown.output)
    assert example is not None
    assert shown.output.index("Example") < example.start()
    command = ALL[name]
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name != "help":
            assert parameter.help, parameter.name
            # A sentence ends; what stands in brackets after it is the default.
            assert parameter.help.partition("  [")[0].endswith("."), parameter.help


@pytest.mark.parametrize("name", ["", *ALL])
def test_help_fits_80_columns(run: Run, name: str) -> None:
    assert [
        line for line in run(*name.split(), "--help").output.splitlines() if len(line) > 80
    ] == []


@pytest.mark.parametrize(
    ("name", "headings"),
    [
        ("align", {"--links", "--label", "--out", "--matcher", "--preset", "--device", "--show"}),
        ("bench", {"--data", "--names", "--preset", "--seeds", "--device", "-q,"}),
    ],
)
def test_long_lists_of_options_stand_under_headings(
    run: Run, name: str, headings: set[str]
) -> None:
    shown = run(name, "--help").output
    lines = shown[shown.index("\nInput:") :].splitlines()
    flags = [number for number, line in enumerate(lines) if line.startswith("  -")]
    first = {lines[at].split()[0] for at in flags if re.fullmatch("[A-Z].*:", lines[at - 1])}
    assert first == headings
    assert "Options:" not in lines
    options = [part for part in ALL[name].params if isinstance(part, click.Option)]
    assert len({lines[at].split()[0] for at in flags}) == len(flags) == len(options) + 1  # --help


def test_help_lists_the_commands_with_whole_sentences(run: Run) -> None:
    shown = run("--help")
    for name in COMMANDS:
        assert f"\n  {name} " in shown.output
    assert "..." not in shown.output.partition("\nCommands:")[2]


@pytest.mark.parametrize("flag", ["-V", "--version"])
def test_version(run: Run, flag: str) -> None:
    assert run(flag).output == f"dualamn, version {dualamn.__version__}\n"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("aling", ["did you mean align?"]),
        ("benhc", ["did you mean bench?"]),
        ("eval", ["did you mean evaluate?"]),
        ("zzz", COMMANDS),
        ("align x --oout y", ["--out"]),
    ],
)
def test_what_is_mistyped_is_guessed_or_listed(run: Run, typed: str, told: list[str]) -> None:
    shown = run(*typed.split())
    assert shown.exit_code == 2
    assert all(words in shown.stderr for words in told)


def test_help_loads_nothing_heavy() -> None:
    asked = [["--help"], ["--version"], *([*name.split(), "--help"] for name in ALL)]
    code = (
        "import contextlib, sys\n"
        "from dualamn.commands.command_line import main\n"
        f"for arguments in {asked!r}:\n"
        "    sys.argv = ['dualamn', *arguments]\n"
        "    with contextlib.suppress(SystemExit): main()\n"
        f"    print('loaded', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = [line for line in done.stdout.splitlines() if line.startswith("loaded ")]
    assert loaded == ["loaded []"] * len(asked)


def test_python_m_dualamn_is_the_program(
    process: Callable[..., "subprocess.CompletedProcess[str]"],
) -> None:
    done = process("--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: dualamn ")
    assert done.stderr == ""


@pytest.fixture
def fail(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], Result]:
    """Runs a command that raises an error."""

    def fail(error: BaseException) -> Result:
        def callback() -> None:
            raise error

        monkeypatch.setitem(cli.commands, "fail", click.Command("fail", callback=callback))
        return run("fail")

    return fail


MEMORY = r"Error: not enough memory .*: --dry-run .* --memory .* --preset fast .*\n"
TRIED = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (DataError("3 wanted", path="kg.tsv", line=7), 1, r"Error: kg\.tsv, line 7: 3 wanted\n"),
        (PermissionError(13, "Permission denied", "kg"), 1, "Error: kg: Permission denied\n"),
        (KeyboardInterrupt(), 130, r"\nStopped: nothing was written\.\n"),
        (MemoryError(), 1, MEMORY),
        (RuntimeError(TRIED), 1, MEMORY),
        (RuntimeError("alloc_cpu.cpp: DefaultCPUAllocator: not enough memory: you"), 1, MEMORY),
        (type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory."), 1, MEMORY),
    ],
    ids=["data", "file", "ctrl-c", "memory", "torch", "torch on windows", "gpu"],
)
def test_errors_are_one_line(
    fail: Callable[[BaseException], Result], error: BaseException, status: int, said: str
) -> None:
    shown = fail(error)
    assert shown.exit_code == status
    assert re.fullmatch(said, shown.stderr)
    assert shown.stdout == ""


@pytest.mark.parametrize("error", [RuntimeError("a bug"), ZeroDivisionError("a bug")])
def test_bugs_keep_their_traceback(
    fail: Callable[[BaseException], Result], error: Exception
) -> None:
    with pytest.raises(type(error), match="a bug"):
        fail(error)


def test_ctrl_c_before_the_command_is_known(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "parse_args", fail)
    shown = run("align")
    assert shown.exit_code == 130
    assert shown.stderr == "\nStopped: nothing was written.\n"


SIGNAL = """
import os, signal, sys

class Sender:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["CTRL_C_AT"]:
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
sys.meta_path.insert(0, Sender())
"""


def starting(way: str, tmp_path: Path) -> list[str]:
    """The words that start the program: as installed, as a module, or in a checkout."""
    if way == "-m":
        return ["-m", "dualamn"]
    if way == "cli.py":
        return [str(ROOT / "cli.py")]
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    scripts = config["options.entry_points"]["console_scripts"]
    module, function = scripts.partition("=")[2].strip().split(":")
    script = tmp_path / "installed"
    script.write_text(f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n")
    return [str(script)]


@pytest.mark.parametrize(
    ("way", "moment"),
    [
        ("installed", "click"),
        ("cli.py", "click"),
        *(("-m", moment) for moment in ("click", "dualamn.commands.bench", "dualamn.aligner")),
    ],
)
def test_ctrl_c_during_imports(tmp_path: Path, way: str, moment: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(SIGNAL)
    done = subprocess.run(
        [sys.executable, *starting(way, tmp_path), "explain", "aligner", "Germany"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "CTRL_C_AT": moment},
    )
    assert done.returncode == 130
    assert done.stdout == ""
    assert done.stderr == "\nStopped: nothing was written.\n"


@pytest.mark.parametrize(("given", "used"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_waiting_threads_leave_the_cores_to_others(
    run: Run, monkeypatch: pytest.MonkeyPatch, given: str | None, used: str
) -> None:
    # Set first, so that the test's end undoes what the program sets.
    monkeypatch.setenv("OMP_WAIT_POLICY", given or "")
    if given is None:
        monkeypatch.delenv("OMP_WAIT_POLICY")
    monkeypatch.setattr("sys.argv", ["dualamn", "--version"])
    with pytest.raises(SystemExit):
        main()
    assert os.environ["OMP_WAIT_POLICY"] == used


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device")
@pytest.mark.parametrize("arguments", [("--help",), ("evaluate", "l.tsv", "l.tsv", "--json")])
def test_a_full_disk_behind_standard_output_is_one_line(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "l.tsv").write_text("left\tright\na\tb\n")
    with Path("/dev/full").open("w") as full:
        shown = subprocess.run(
            [sys.executable, "-m", "dualamn", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
    assert shown.returncode == 1
    (line,) = shown.stderr.splitlines()
    assert line == "Error: standard output cannot be written (No space left on device)"
