"""`dualamn diff`: what changed from one links file to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dualamn.commands import console, options
from dualamn.commands.changed_links import counts_table
from dualamn.commands.outputs import check_table, write_table

if TYPE_CHECKING:
    from rich.table import Table

    from dualamn.link_files.changes import Changes

_SHOWN = 5
_FAR = 0.1  # a change of probability that is worth a word


@click.command(short_help="Compare two links files.")
@click.argument("old", type=click.Path(path_type=Path), metavar="OLD")
@click.argument("new", type=click.Path(path_type=Path), metavar="NEW")
@options.file_option(
    "--out",
    "Write what became of every link to this file, in the format of its ending: .tsv, .csv, "
    ".jsonl or .parquet. An existing file is replaced; - is standard output.",
)
@options.table_format
@options.show_option(_SHOWN, "Print N links that moved, were dropped or are new.")
@options.as_json
@options.links_base
@options.encoding
@options.quiet
def diff(
    old: Path,
    new: Path,
    out: Path | None,
    format_name: str | None,
    show: int,
    as_json: bool,
    base: str | None,
    encoding: str | None,
    quiet: bool,
) -> None:
    """Compare two links files: which links were kept, moved, dropped, and which are new.

    OLD and NEW may be of any format that dualamn align --links reads: tables, JSON Lines,
    Parquet, RDF or SSSOM. A link moved if one of its ends had another counterpart before. Where
    the files have probabilities, --out has those of before and of now.

    \b
    Examples:
      dualamn diff monday.tsv tuesday.tsv
      dualamn diff old.nt new.sssom.tsv --out changes.tsv
      dualamn diff old.tsv new.tsv --out - --format jsonl
    """
    if format_name is not None and out is None:
        raise click.UsageError("--format goes with --out FILE.")
    if as_json and out == options.STDOUT:
        raise click.UsageError("--json and --out - both go to standard output; name a file.")
    if out is not None:
        check_table("--out", out, format_name, read=(old, new))
    from dualamn.link_files.changes import diff as compare

    changes = compare(old, new, base=base, encoding=encoding)
    for text in changes.notes:
        console.note(f"note: {text}", quiet=quiet)
    place = "" if out is None else write_table(changes.table, out, format_name)
    if as_json:
        console.print_json(changes.as_dict())
    elif out != options.STDOUT or not quiet:
        to = console.results(to_stderr=out == options.STDOUT)
        to.print(counts_table(changes))
        if show and not changes.is_empty:
            to.print(_some(changes, show))
        for line in _closing(changes, new, place):
            console.say(to, line)


def _some(changes: Changes, count: int) -> Table:
    """Links that are not as they were, some of every kind."""
    import numpy as np

    kinds = changes.table.columns["change"]
    different = [kind for kind in changes.total if kind != "kept"]
    rows: list[int] = []
    for place, kind in enumerate(different):
        share = -(-(count - len(rows)) // (len(different) - place))
        rows += np.flatnonzero(kinds == kind)[:share].tolist()
    table = changes.table.take(np.array(rows, dtype=np.int64)).columns
    shown = console.table("change", "left", "right", "before", "was", "now", text_columns=4)
    for at in range(len(rows)):
        left, right = (str(table[side][at]) for side in ("left", "right"))
        other = str(table["right_before"][at])
        if str(table["left_before"][at]) not in ("", left):
            other = str(table["left_before"][at])
        chances = (float(table[name][at]) for name in ("probability_before", "probability"))
        cells = (None if chance != chance else chance for chance in chances)
        console.add_row(shown, table["change"][at], left, right, other, *cells)
    return shown


def _closing(changes: Changes, new: Path, place: str) -> list[str]:
    import shlex

    from dualamn.files.text import counted

    total = changes.total
    n_different = len(changes) - total.get("kept", 0)
    if not n_different:
        first = f"the links are the same, all {counted(len(changes), 'link')}"
    else:
        parts = (f"{count:,} {kind}" for kind, count in reversed(total.items()))
        first = f"{counted(len(changes), 'link')} of before or now: {', '.join(parts)}"
    lines = [f"{first}; in {place}" if place else first, *_shifted(changes)]
    if n_different and not place:
        lines.append("next: --out changes.tsv writes them all, with the probabilities of both")
    elif n_different:
        lines.append(f"next: {shlex.join(['dualamn', 'evaluate', str(new), 'GOLD'])} scores them")
    return lines


def _shifted(changes: Changes) -> list[str]:
    """How far the probabilities of links moved that were kept."""
    import numpy as np

    from dualamn.files.text import counted

    table = changes.table.columns
    shift = np.abs(table["probability"] - table["probability_before"])
    known = shift[(table["change"] == "kept") & ~np.isnan(shift)]
    if not len(known):
        return []
    far = counted(int((known >= _FAR).sum()), "kept link")
    mean = f"on average by {known.mean():.3f}"
    return [f"  the probability of {far} changed by {_FAR} or more; {mean}"]
