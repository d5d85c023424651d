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

Run = Callable[..., Result]
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
    assert set(COMMANDS) == {"align", "bench", "data", "evaluate", "explain", "inspect"}
    assert set(ALL) - set(COMMANDS) == {
        *("data get", "data list", "data path", "data synth", "data verify"),
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
    ("typed", "meant"), [("aling", "align"), ("benhc", "bench"), ("eval", "evaluate")]
)
def test_a_mistyped_command_is_guessed(run: Run, typed: str, meant: str) -> None:
    shown = run(typed)
    assert shown.exit_code == 2
    assert f"did you mean {meant}?" in shown.stderr


def test_an_unknown_command_gets_the_list(run: Run) -> None:
    shown = run("zzz")
    assert shown.exit_code == 2
    assert all(name in shown.stderr for name in COMMANDS)


def test_a_mistyped_option_is_guessed(run: Run) -> None:
    shown = run("align", "x", "--oout", "y")
    assert shown.exit_code == 2
    assert "--out" in shown.stderr


def loaded_by(*arguments: str) -> set[str]:
    """Which heavy packages a fresh process has loaded when the program ends."""
    code = (
        f"import sys; sys.argv = ['dualamn', *{arguments!r}]\n"
        "from dualamn.commands.command_line import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('loaded', *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], *([*name.split(), "--help"] for name in ALL)]
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    assert loaded_by(*arguments) == set()


def test_python_m_dualamn_is_the_program(
    process: Callable[..., "subprocess.CompletedProcess[str]"],
) -> None:
    done = process("--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: dualamn ")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DataError("3 fields wanted", path="kg.tsv", line=7), "kg.tsv, line 7: 3 fields wanted"),
        (PermissionError(13, "Permission denied", "secret.tsv"), "secret.tsv: Permission denied"),
    ],
)
def test_errors_are_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setitem(cli.commands, "fail", click.Command("fail", callback=fail))
    shown = run("fail")
    assert shown.exit_code == 1
    assert shown.stderr == f"Error: {said}\n"
    assert shown.stdout == ""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
        RuntimeError("alloc_cpu.cpp: DefaultCPUAllocator: not enough memory: you tried"),
        type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory."),
    ],
    ids=["python", "torch", "torch on windows", "gpu"],
)
def test_running_out_of_memory_is_one_line_that_says_what_to_do(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setitem(cli.commands, "fail", click.Command("fail", callback=fail))
    shown = run("fail")
    assert shown.exit_code == 1
    said = r"Error: not enough memory .*: --dry-run .* --memory .* --preset fast .*\n"
    assert re.fullmatch(said, shown.stderr)


def test_another_runtime_error_keeps_its_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("a bug")

    monkeypatch.setitem(cli.commands, "fail", click.Command("fail", callback=fail))
    with pytest.raises(RuntimeError, match="a bug"):
        run("fail")


def test_a_programming_error_keeps_its_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setitem(cli.commands, "fail", click.Command("fail", callback=fail))
    with pytest.raises(ZeroDivisionError):
        run("fail")


def test_ctrl_c_has_its_own_exit_status(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.commands, "fail", click.Command("fail", callback=fail))
    shown = run("fail")
    assert shown.exit_code == 130
    assert shown.stderr == "\nStopped: nothing was written.\n"


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


@pytest.fixture(params=["installed", "-m", "cli.py"])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The words that start the program: as installed, as a module, or in a checkout."""
    if request.param == "-m":
        return ["-m", "dualamn"]
    if request.param == "cli.py":
        return [str(ROOT / "cli.py")]
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    scripts = config["options.entry_points"]["console_scripts"]
    module, function = scripts.partition("=")[2].strip().split(":")
    script = tmp_path / "installed"
    script.write_text(f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n")
    return [str(script)]


@pytest.mark.parametrize("moment", ["click", "dualamn.commands.bench", "dualamn.aligner"])
def test_ctrl_c_during_imports(tmp_path: Path, program: list[str], moment: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(SIGNAL)
    done = subprocess.run(
        [sys.executable, *program, "explain", "aligner", "Germany"],
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
