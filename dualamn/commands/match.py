"""`dualamn match`: look new entities up in an index."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import console, options
from dualamn.commands.options import UnderHeadings
from dualamn.commands.source import GraphSource, reading_one

if TYPE_CHECKING:
    from rich.console import Console

    from dualamn.link_files.table import Table
    from dualamn.lookup.entity_lookup import Lookup, Matches


@click.command(
    cls=UnderHeadings,
    short_help="Look new entities up in an index.",
    headings={"columns": "Input", "side": "Look-up", "out": "Output", "quiet": "Display"},
)
@click.argument("index", type=click.Path(path_type=Path), metavar="INDEX")
@reading_one
@click.option(
    "--side",
    metavar="NAME",
    default="left",
    show_default=True,
    help="Say whose entities are new: left, right, or the name of the graph.",
)
@click.option(
    "--k",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="K",
    help="Give this many candidates of every entity.",
)
@options.likely_option("Write links with this probability or more.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write the links to this table: .tsv, .csv, .jsonl or .parquet. An existing file is "
    "replaced; - is standard output.  [-]",
)
@options.file_option(
    "--candidates", "Write the candidates of every entity, with the reasons for them, as a table."
)
@options.file_option("--unmatched", "Write the entities without a link, and why, as a table.")
@options.quiet
def match(
    index: Path,
    source: GraphSource,
    side: str,
    k: int,
    min_probability: float,
    out: Path | None,
    candidates: Path | None,
    unmatched: Path | None,
    quiet: bool,
) -> None:
    """Look entities up that are new in one of the two graphs of an index.

    INDEX is a file of dualamn index. NEW has triples of the new entities, in any format that
    dualamn align reads; their neighbours are known by the identifiers that their graph has. All
    entities of NEW are looked up that the index does not have. Nothing is trained and the index
    stays as it is.

    NEW may be -, for JSON Lines on standard input: an object for each entity, which is answered by
    one on standard output before the next is read. "triples" has lists of head, relation and tail,
    "entity" says which of them it is ("?" if left out), "name" is a name or a list of them, and
    "values" an object of attributes with a value or a list of them.

    \b
    Examples:
      dualamn match en-fr.index new.nt --side left --out links.tsv
      dualamn match en-fr.index new.tsv --side fr --candidates c.csv --out l.csv
      echo '{"triples": [["?", "in", "France"]]}' | dualamn match en-fr.index -
    """
    from dualamn.lookup.entity_lookup import Lookup

    if source.new == "-":
        given = {"--out": out, "--candidates": candidates, "--unmatched": unmatched}
        for name, path in given.items():
            if path is not None:
                raise click.UsageError(f"{name} goes with a file NEW; - answers line by line.")
        _answer_lines(Lookup(index), side, k)
        return
    out = out or options.STDOUT
    _check(index, source, out, candidates, unmatched)
    lookup = Lookup(index)
    which = lookup.side(side)
    notes: list[str] = []
    graph = source.load(lookup.graphs[0 if which == "left" else 1], notes)
    new = lookup.new_in(graph, side=which)
    found = lookup.match_all(new, side=which, k=k)
    from dualamn.lookup import match_tables as tables

    about = lookup.graphs, which, min_probability
    names = [one.names[0] if one.names else "" for one in new]
    links = tables.link_rows(found, *about, names=names)
    lines = []
    if candidates is not None:
        table = tables.candidate_rows(found, *about)
        lines.append(_written(table, candidates, "candidates"))
    if unmatched is not None:
        table = tables.unmatched_rows(found, *about)
        lines.append(_written(table, unmatched, "entities without a link"))
    _write_links(links, out)
    if quiet:
        return
    for text in (*notes, *lookup.notes):
        console.note(f"  note: {text}")
    to = console.results(to_stderr=out == options.STDOUT)
    known = graph.n_entities - len(new)
    _print_closing_lines(found, links, out, known, min_probability, lines, to)


def _check(index: Path, source: GraphSource, out: Path, *more: Path | None) -> None:
    """Refuses, before the work begins, what cannot be written."""
    from dualamn.commands.source import files_of
    from dualamn.link_files.formats import format_of
    from dualamn.link_files.table import WriteOptions

    taken = {index.resolve(), *(path.resolve() for path in files_of(source.new))}
    for name, path in zip(("--out", "--candidates", "--unmatched"), (out, *more), strict=True):
        if path is None or path == options.STDOUT:
            continue
        if path.resolve() in taken:
            raise click.UsageError(f"{name} {path}: this file is read or written already.")
        taken.add(path.resolve())
        format_of(path, tables=True).check(WriteOptions())
    options.can_be_written(out, *more)


def _answer_lines(lookup: Lookup, side: str, k: int) -> None:
    """Answers objects of JSON Lines one by one.

    Raises:
        DataError: a line is no such object.
    """
    from dualamn.errors import DataError

    # Bytes, since in some locales text that is no UTF-8 would go through as it is.
    for number, read in enumerate(sys.stdin.buffer, start=1):
        try:
            line = read.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError(
                f"is not UTF-8 (byte {read[error.start]:#04x} at byte {error.start + 1})",
                path="standard input",
                line=number,
            ) from None
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
        except (ValueError, RecursionError) as error:
            said = getattr(error, "msg", error)
            raise DataError(
                f"is no JSON ({said}): {_shown(line)}", path="standard input", line=number
            ) from None
        if not isinstance(asked, dict):
            raise DataError(
                f"is no JSON object: {_shown(line)}", path="standard input", line=number
            )
        unknown = sorted(asked.keys() - {"entity", "triples", "name", "values"})
        if unknown:
            raise DataError(
                f"unknown field {unknown[0]!r}; the fields are entity, triples, name and values",
                path="standard input",
                line=number,
            )
        try:
            found = lookup.match(side=side, k=k, **asked)
        except DataError as error:
            raise DataError(str(error), path="standard input", line=number) from None
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False))
        sys.stdout.flush()


def _shown(line: str, most: int = 80) -> str:
    """A line as an error shows it."""
    line = line.strip()
    return line if len(line) <= most else f"{line[:most]}…"


def _written(table: Table, path: Path, what: str) -> str:
    from dualamn.link_files.formats import format_of, table_writer

    table_writer(path)(table, path)
    return f"{len(table):,} {what} in {path} ({format_of(path, tables=True).title})"


def _write_links(links: Table, out: Path) -> None:
    from dualamn.link_files.formats import table_writer

    if out != options.STDOUT:
        table_writer(out)(links, out)
        return
    click.echo("\t".join(links.columns))
    for row in links.text():
        click.echo("\t".join(row))


def _print_closing_lines(
    found: Sequence[Matches],
    links: Table,
    out: Path,
    known: int,
    least: float,
    lines: Sequence[str],
    to: Console,
) -> None:
    """Says how many entities were looked up, how many got a link, and why others did not."""
    from dualamn.files.text import counted
    from dualamn.lookup.match_tables import why_not

    p: Any = links.columns["probability"]
    place = "standard output" if out == options.STDOUT else str(out)
    expected = f", of which {p.sum():,.0f} expected to be correct" if len(p) else ""
    console.say(to, f"{counted(len(links), 'link')} in {place}{expected}")
    for line in lines:
        console.say(to, line)
    reasons: dict[str, int] = {}
    for one in found:
        reason = why_not(one, least)
        if reason:
            reasons[reason] = reasons.get(reason, 0) + 1
    shown = console.table("looked up", "linked", "no link", *reasons, text_columns=0)
    console.add_row(shown, len(found), len(links), len(found) - len(links), *reasons.values())
    to.print(shown)
    if known:
        console.say(to, f"{counted(known, 'entity', 'entities')} of NEW were there before")
    if len(found) and not len(links):
        console.say(to, "next: --candidates FILE shows who came near, and why")
    elif len(found):
        console.say(to, "next: --candidates FILE shows the runners-up, and why")
