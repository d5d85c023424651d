"""Progress on a terminal, elsewhere, and not at all."""

import io
import itertools

import pytest
from rich.console import Console

from dualamn.commands import console
from dualamn.progress import Progress


def test_without_a_terminal_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    seconds = itertools.count(0, 4)  # 4 s pass between any two calls
    tell = console._lines(clock=lambda: next(seconds))
    for step in range(1, 10):
        tell(Progress("train", step, 10, loss=1 / step))
    assert capsys.readouterr().err.splitlines() == [
        "train: 3 of 10, loss 0.333",
        "train: 6 of 10, loss 0.167",
        "train: 9 of 10, loss 0.111",
    ]


def test_short_work_needs_no_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress() as tell:
        for step in range(1, 100):
            tell(Progress("search", step, None))
    assert capsys.readouterr().err == ""


def test_what_is_done_needs_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    seconds = itertools.count(0, 100)
    tell = console._lines(clock=lambda: next(seconds))
    tell(Progress("match", 1, 1))
    tell(Progress("load", 1, None))
    assert capsys.readouterr().err == "load: 1\n"


def test_quiet_work_has_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress(quiet=True) as tell:
        tell(Progress("train", 1, 2, loss=1.0))
    assert capsys.readouterr() == ("", "")


def test_bars_show_stage_and_loss_and_go_away() -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True, width=100)
    assert isinstance(terminal.file, io.StringIO)
    with console._bar(terminal) as tell:
        for stage, total in (("load", None), ("train", 2), ("search", 2)):
            tell(Progress(stage, 1, total, loss=0.25 if stage == "train" else None))
    shown = terminal.file.getvalue()
    assert "search" in shown
    assert "0:00:00" in shown
    # The last thing written is the erased line.
    assert shown.endswith("\x1b[2K")


def test_rows_do_not_take_names_for_styles() -> None:
    table = console.table("name", "count")
    console.add_row(table, "[red]x[/red]", 3)
    out = Console(file=io.StringIO(), width=60)
    out.print(table)
    assert isinstance(out.file, io.StringIO)
    assert "[red]x[/red]" in out.file.getvalue()
