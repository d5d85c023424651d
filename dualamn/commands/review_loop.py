"""The console loop of `dualamn review`: a question, an answer, and what is known by now."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from dualamn.commands.console import say

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from dualamn.link_files.decisions import Verdict
    from dualamn.review import Review
    from dualamn.review.side_by_side import Line, Side, SideBySide

_PROMPT = "same? [y]es, [n]o, [u]nsure, undo, [q]uit: "
_HELP = (
    "y, n or u, and after it the reason if you like, as in: n born in another year; undo takes the "
    "last answer back; q ends, and everything is kept"
)
_VERDICTS: dict[str, Verdict] = {
    **dict.fromkeys(("y", "yes"), "accepted"),
    **dict.fromkeys(("n", "no"), "rejected"),
    **dict.fromkeys(("u", "unsure"), "unsure"),
}

Reads = Callable[[str], str | None]
"""Asks for a line and gives it; None at the end of input."""


def read_line(prompt: str) -> str | None:
    """A line of standard input; None where there is no more."""
    click.echo(prompt, nl=False)
    line = sys.stdin.readline()
    if not line:
        click.echo()
        return None
    return line.strip()


def ask(review: Review, batch: int, to: Console, read: Reads = read_line) -> None:
    """Asks until there is nothing left to ask, or nobody answers any more.

    Args:
        review: where questions come from and answers go.
        batch: after so many answers it is told what is known.
        to: where questions are shown.
        read: asks for an answer.
    """
    number, since, again = 1, 0, -1
    while True:
        coming = [again] if again >= 0 else review.next(1).tolist()
        if not coming:
            say(to, "nothing is left to ask")
            break
        if again < 0:
            show(review.shown(coming[0]), review.question(coming[0]).is_link, number, to)
        again = coming[0]
        line = read(_PROMPT)
        if line is None:
            break
        word, _, why = line.partition(" ")
        word = word.strip(":,").lower()
        if word in ("q", "quit"):
            break
        if word == "undo":
            last = review.undo()
            if last is None:
                say(to, "there is no answer to take back")
                continue
            number, again = number - 1, -1
            say(to, f"taken back: {last.left} and {last.right} were {last.verdict}")
            continue
        if word not in _VERDICTS:
            say(to, _HELP)
            continue
        review.answer(again, _VERDICTS[word], why)
        number, since, again = number + 1, since + 1, -1
        if since == batch:
            since = 0
            for told in review.known().lines():
                say(to, told, style="bold")


def show(pair: SideBySide, is_link: bool, number: int, to: Console) -> None:
    """Shows two entities side by side, what speaks for them, and the runner-up."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    now = "a link" if is_link else "not linked now"
    p = "" if pair.probability is None else f", probability {pair.probability:.3f}"
    say(to)
    say(to, f"{number}: {now}{p}", style="bold")
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, expand=False)
    sides = pair.left, pair.right
    for side in sides:
        shown.add_column(Text(side.graph), ratio=1, overflow="fold", min_width=20)
    shown.add_row(*(_title(side) for side in sides))
    for what in ("values", "neighbours"):
        if any(getattr(side, what) for side in sides):
            shown.add_row()
            shown.add_row(*(_lines(side, what) for side in sides))
    to.print(shown)
    for reason in pair.reasons:
        say(to, f"  {reason}", style="dim")
    if pair.runner_up:
        say(to, f"  runner-up: {pair.runner_up}", style="dim")


def _title(side: Side) -> Text:
    from rich.text import Text

    if not side.name:
        return Text(side.identifier, style="bold")
    return Text.assemble((side.name, "bold"), "\n", (side.identifier, "dim"))


def _lines(side: Side, what: str) -> Text:
    """Values or neighbours one below the other, with an = before what the other has too."""
    from rich.text import Text

    lines: tuple[Line, ...] = getattr(side, what)
    more: int = getattr(side, f"more_{what}")
    text = Text()
    for at, line in enumerate(lines):
        style = "bold green" if line.is_shared else ""
        text.append("\n" if at else "")
        text.append("= " if line.is_shared else "  ", style)
        text.append(f"{line.what} ", "dim")
        text.append(line.value, style)
    if more:
        text.append(f"\n  and {more:,} more {what}", "dim")
    return text
