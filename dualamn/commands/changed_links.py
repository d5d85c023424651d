"""How many links changed, on the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualamn.commands.console import add_row, say, table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from dualamn.link_files.changes import Changes


def counts_table(changes: Changes) -> Table:
    """A row for every pair of graphs: links before and now, and what became of them."""
    from dualamn.link_files.changes import HEADER

    shown = table(*HEADER)
    for name, figures in changes.rows():
        add_row(shown, name, *figures)
    return shown


def print_changes(changes: Changes, place: str, to: Console) -> None:
    """Says what became of the links of before, and where all of it is written, if anywhere."""
    if changes.is_empty:
        say(to, "the links are the same as before")
        return
    to.print(counts_table(changes))
    if place:
        say(to, f"what became of every link: {place}")
