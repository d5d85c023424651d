"""`dualamn fuse`: one graph of several, in which linked entities are one."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dualamn.commands import console, options
from dualamn.commands.outputs import write_to
from dualamn.commands.source import files_of

if TYPE_CHECKING:
    from dualamn.fusion.fusing import Fusion


@click.command(short_help="Write one graph of several.")
@click.argument("graphs", nargs=-1, required=True, metavar="LEFT RIGHT [MORE]...")
@click.option(
    "--links",
    type=click.Path(path_type=Path),
    required=True,
    multiple=True,
    metavar="FILE",
    help="Read what is the same from this file, in any format of links. Repeatable.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Write the graph to this file, in the format of its ending: .nt, .nq, .ttl, .trig, .tsv, "
    ".csv or .parquet. An existing file is replaced; - is standard output.",
)
@click.option(
    "--format",
    "format_name",
    metavar="NAME",
    help="Set the format of --out where its ending does not: ntriples, nquads, turtle, trig, tsv, "
    "csv or parquet.",
)
@click.option(
    "--prefer",
    metavar="RULE",
    default="first",
    show_default=True,
    help="Call an entity by its identifier in the graph that is named first, by the one in most "
    "statements (most-statements), or by the shortest.",
)
@options.file_option(
    "--conflicts",
    "Write the values in which members of an entity differ, of properties that have one value at "
    "most, as a table with their sources.",
)
@click.option(
    "--provenance",
    is_flag=True,
    help="Say where statements come from: named graphs in .nq and .trig, a column in tables, else "
    "prov:wasDerivedFrom.",
)
@click.option(
    "--same-as", is_flag=True, help="Add owl:sameAs from every merged entity to its other IRIs."
)
@click.option(
    "--base",
    metavar="IRI",
    help="Where tables become RDF: make IRIs under this one for names that are none.",
)
@options.min_confidence
@options.columns
@options.separator
@options.encoding
@options.skip_bad_lines
@options.as_json
@options.quiet
def fuse(
    graphs: tuple[str, ...],
    links: tuple[Path, ...],
    out: Path,
    format_name: str | None,
    prefer: str,
    conflicts: Path | None,
    provenance: bool,
    same_as: bool,
    base: str | None,
    min_confidence: float,
    columns: list[str] | None,
    separator: str | None,
    encoding: str | None,
    skip_bad_lines: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write one graph of several, in which linked entities are one.

    LEFT, RIGHT and more are files of RDF or of triples, read as dualamn align reads them; one
    alone will do, to join its duplicates. Every linked entity gets one identifier wherever it
    stands, statements that become the same are written once, and all names and values are kept.
    The graphs are streamed, so they need not fit into memory.

    \b
    Examples:
      dualamn fuse left.nt right.ttl --links links.tsv --out merged.nt
      dualamn fuse left.nt right.nt --links links.tsv --out merged.nq --provenance
      dualamn fuse a.tsv b.tsv --links same.tsv --out ab.tsv --conflicts c.tsv
    """
    from dualamn.fusion import fuse as merge
    from dualamn.fusion.fused_files import graph_format
    from dualamn.fusion.identities import PREFERENCES

    if prefer not in PREFERENCES:
        raise click.UsageError(f"--prefer {prefer}: {options.hint(prefer, PREFERENCES)}")
    form = graph_format(out, format_name)
    to_stdout = out == options.STDOUT
    if to_stdout and not form.is_text:
        raise click.UsageError(f"{form.title} is no text, give the name of a file to write.")
    if to_stdout and as_json:
        raise click.UsageError("--json and --out - both go to standard output; name a file.")
    if conflicts == options.STDOUT:
        raise click.UsageError("--conflicts needs a file of its own.")
    sources = [files_of(text) for text in graphs]
    found: list[Fusion] = []

    with console.progress(quiet=quiet) as progress:

        def write(path: Path) -> None:
            made = merge(
                sources,
                list(links),
                path,
                format=form.name,
                prefer=prefer,
                conflicts=conflicts,
                provenance=provenance,
                same_as=same_as,
                base=base,
                columns=columns,
                separator=separator,
                encoding=encoding,
                skip_bad_lines=skip_bad_lines,
                min_confidence=min_confidence,
                progress=progress,
            )
            found.append(made)

        write_to(out, write)
    fusion = found[0]
    for text in fusion.notes:
        console.note(f"note: {text}", quiet=quiet)
    if as_json:
        console.print_json(fusion.as_dict())
        return
    if to_stdout and quiet:
        return
    to = console.results(to_stderr=to_stdout)
    place = "standard output" if to_stdout else str(out)
    for line in _closing(fusion, f"{place} ({form.title})", conflicts):
        console.say(to, line)


def _closing(fusion: Fusion, place: str, conflicts: Path | None) -> Iterator[str]:
    """What was written, what became one, and what to look at."""
    from dualamn.files.text import counted

    read = " + ".join(f"{name} {count:,}" for name, count in fusion.graphs.items())
    yield f"{counted(fusion.n_statements, 'statement')} in {place}, of {read}"
    yield f"  {counted(fusion.n_duplicates, 'duplicate')} removed{_left_out(fusion)}"
    yield (
        f"  {counted(fusion.n_merged, 'identifier')} became "
        f"{counted(fusion.n_entities, 'entity', 'entities')} by {counted(fusion.n_links, 'link')}"
        + (f"; the largest has {fusion.largest:,}" if fusion.largest > len(fusion.graphs) else "")
    )
    if fusion.n_shared:
        yield f"  {counted(fusion.n_shared, 'entity', 'entities')} under one IRI in several graphs"
    if fusion.n_not_found:
        yield f"  {counted(fusion.n_not_found, 'linked identifier')} in no graph"
    if fusion.n_loops:
        yield (
            f"  {counted(fusion.n_loops, 'statement')} between members of one entity, now with "
            "itself at both ends: are these links right?"
        )
    if conflicts is None:
        yield "next: --conflicts conflicts.tsv lists values in which the sources differ"
        return
    yield (
        f"{counted(fusion.n_conflicts or 0, 'conflict')} in {conflicts}, of "
        f"{counted(len(fusion.functional), 'property', 'properties')} with one value at most"
    )
    if fusion.n_conflicts:
        yield f"next: look through {shlex.quote(str(conflicts))}: all values are in the graph"


def _left_out(fusion: Fusion) -> str:
    if not fusion.n_same:
        return ""
    return f", and {fusion.n_same:,} owl:sameAs or the like of what is one now"
