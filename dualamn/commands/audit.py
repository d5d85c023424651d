"""`dualamn audit`: seed links that look wrong, and what no method can find."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import console, options
from dualamn.commands.outputs import check_table, write_table
from dualamn.commands.source import Source, describe_task, given_files, reading

if TYPE_CHECKING:
    from rich.table import Table

    from dualamn.config import PresetName
    from dualamn.seed_audit import Audit

_SHOWN = 10


@click.command(short_help="Find seed links that look wrong.")
@reading
@options.names
@options.file_option(
    "--out",
    "Write the suspects with their rivals and reasons to this file, in the format of its ending: "
    ".tsv, .csv, .jsonl or .parquet. An existing file is replaced; - is standard output.",
)
@options.table_format
@click.option(
    "--max-probability",
    "suspect",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    metavar="P",
    help="Suspects are the seed links that are less probable than this.",
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    metavar="K",
    help="Judge the seed links in K parts, each by a model of the others.",
)
@click.option(
    "--preset",
    metavar="NAME",
    default="fast",
    show_default=True,
    help="Choose the settings of these models: fast, balanced or best.",
)
@options.seed_option("Random seed; the same seed gives the same suspects.")
@options.show_option(_SHOWN, "Print the N most suspect links.")
@options.as_json
@options.device
@options.threads
@options.quiet
def audit(
    source: Source,
    names: str | None,
    out: Path | None,
    format_name: str | None,
    suspect: float,
    folds: int,
    preset: PresetName,
    seed: int,
    show: int,
    as_json: bool,
    quiet: bool,
    **machine: Any,
) -> None:
    """Find seed links that look wrong, before anything is learned from them.

    Every seed link is judged by a model that did not see it: by the statements, names, values and
    embeddings of its ends, beside their rivals. Also shown are how many entities nothing tells
    apart, which bounds what any method can find, and how many links a name or an identifier gives
    away. Give graphs as for dualamn align.

    \b
    Examples:
      dualamn audit left.tsv right.tsv --links seeds.tsv --out suspects.tsv
      dualamn audit dbp15k/zh_en --data ~/data --show 20
      dualamn review suspects.tsv left.tsv right.tsv
    """
    if format_name is not None and out is None:
        raise click.UsageError("--format goes with --out FILE.")
    if as_json and out == options.STDOUT:
        raise click.UsageError("--json and --out - both go to standard output; name a file.")
    source.check()
    if out is not None:
        check_table("--out", out, format_name, read=given_files(source, names))
    from dualamn.config import AlignerConfig
    from dualamn.seed_audit import audit as judge

    config = AlignerConfig.preset(preset, **options.given(**machine))
    task = source.load(seed, quiet=quiet)
    if names is not None:
        task = source.with_names(task, names)
    for line in (describe_task(task), *(f"  note: {text}" for text in task.notes)):
        console.note(line, quiet=quiet)
    with console.progress(quiet=quiet) as progress:
        found = judge(task, config, folds=folds, suspect=suspect, seed=seed, progress=progress)
    place = "" if out is None else write_table(found.suspects(), out, format_name)
    if as_json:
        console.print_json(found.as_dict())
        return
    if quiet and out == options.STDOUT:
        return
    to = console.results(to_stderr=out == options.STDOUT)
    if show and found.n_suspects:
        to.print(_suspects(found, show))
    to.print(_ceilings(found))
    to.print(_leaks(found))
    for line in _closing(found, source, out, place):
        console.say(to, line)


def _suspects(found: Audit, count: int) -> Table:
    shown = console.table("suspect", "with", "reason", "probability", text_columns=3)
    columns = found.suspects().columns
    for at in range(min(count, found.n_suspects)):
        cells = (columns[name][at] for name in ("left", "right", "reason"))
        console.add_row(shown, *cells, float(columns["probability"][at]))
    return shown


def _ceilings(found: Audit) -> Table:
    shown = console.table("entities without a seed link", "all", "like another", "at most found")
    for one in found.ceilings:
        console.add_row(shown, one.graph, one.entities, one.alike, one.most)
    return shown


def _leaks(found: Audit) -> Table:
    shown = console.table("links given away", "links", "same name", "same identifier")
    for one in found.leaks:
        shares = one.same_name / one.links, one.same_identifier / one.links
        console.add_row(shown, f"{one.left}-{one.right}", one.links, *shares)
    return shown


def _closing(found: Audit, source: Source, out: Path | None, place: str) -> list[str]:
    from dualamn.files.text import counted

    suspects = counted(found.n_suspects, "suspect")
    lines = [
        f"{suspects} among {counted(len(found.links), 'seed link')}, of which "
        f"{found.wrong_share:.1%} look wrong" + (f"; in {place}" if place else "")
    ]
    if not found.n_suspects:
        return [*lines, "nothing to drop: no seed link looks worse than one at random"]
    if out is None:
        return [*lines, "next: --out suspects.tsv writes them all, to review or to drop"]
    graphs = source.paths if len(source.paths) > 1 else ()
    file = "suspects.tsv" if out == options.STDOUT else str(out)
    lines.append(
        f"next: {shlex.join(['dualamn', 'review', file, *graphs])} asks about them; take those "
        "that are wrong out of the seed links, or give their decisions to dualamn align "
        "--decisions"
    )
    return lines
