"""Progress on a terminal, elsewhere, and not at all."""

import io
import itertools

import pytest
from rich.console import Console

from dualamn.commands import console
from dualamn.progress import Progress


def test_without_a_terminal_a_line_for_a_stage_at_most(capsys: pytest.CaptureFixture[str]) -> None:
    seconds = itertools.count(0, 4)  # 4 s pass between any two calls
    tell = console._lines(clock=lambda: next(seconds))
    for stage in ("search", "train"):
        for step in range(1, 2000):
            tell(Progress(stage, step, 2000, model=2, models=2, round=1, rounds=3))
    tell(Progress("load", 1, None))
    tell(Progress("load", 2, None))
    tell(Progress("load", 3, None))
    assert capsys.readouterr().err.splitlines() == [
        "model 2 of 2, round 1 of 3, search: 3 of 2,000, 50% of the run",
        "model 2 of 2, round 1 of 3, train: 3 of 2,000, 55% of the run",
        "load: 3",
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


def test_one_bar_shows_a_whole_run() -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True, width=120)
    assert isinstance(terminal.file, io.StringIO)
    run = [
        Progress("train", 1, 2, loss=0.5, models=2, rounds=2),
        Progress("search", 1, 2, models=2, round=2, rounds=2),
        Progress("train", 2, 2, models=2, round=2, rounds=2, model=2),
        Progress("match", 1, 1, models=2, round=3, rounds=2, model=2),
    ]
    shares = [at.share or 0 for at in run]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    with console._bar(terminal) as tell:
        for at in run:
            tell(at)
        bars = terminal.file.getvalue()
    assert [at.place for at in run] == [
        "model 1 of 2",
        "model 1 of 2, round 2 of 2",
        "model 2 of 2, round 2 of 2",
        "model 2 of 2, links",
    ]
    assert "run" in terminal.file.getvalue()
    assert bars.count("model 1 of 2, train, loss 0.500") <= 1
    assert Progress("load", 1, 2).share is None


def test_time_to_go_is_told_by_the_share_that_is_done() -> None:
    assert console._rest(60, 0.25) == "3:00"
    assert console._rest(60, 0.01) == console._rest(0.1, 0.9) == "-:--"
