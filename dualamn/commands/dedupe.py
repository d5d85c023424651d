"""`dualamn dedupe`: which entities of one graph are the same thing."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dualamn.commands import console, options
from dualamn.commands.outputs import check_table, refuse_input, write_table, write_to
from dualamn.commands.source import GraphSource, files_of, reading_alone

if TYPE_CHECKING:
    from dualamn.graphs.knowledge_graph import KnowledgeGraph


@click.command(short_help="Find duplicates within one graph.")
@reading_alone
@options.names
@options.file_option(
    "--links",
    "Read pairs known to be the same, in any format of links. Repeatable.",
    multiple=True,
)
@options.file_option(
    "--not-links",
    "Read pairs known to be different, which are never found and never in one cluster. Repeatable.",
    multiple=True,
)
@options.min_confidence
@click.option(
    "--same-type",
    is_flag=True,
    help="Find no pair of entities that both have types (rdf:type), but none in common; without "
    "this it counts as far as the graph shows that it matters.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Write the pairs to this file, in the format of its ending: .tsv, .csv, .jsonl, .parquet, "
    ".nt, .ttl, .rdf or .sssom.tsv. An existing file is replaced; - is standard output.",
)
@click.option(
    "--format",
    "format_name",
    metavar="NAME",
    help="Set the format of --out where its ending does not: tsv, csv, jsonl, parquet, ntriples, "
    "turtle, alignment or sssom.",
)
@click.option(
    "--base",
    metavar="IRI",
    help="In formats of IRIs: make IRIs under this one for entities that have none.",
)
@options.file_option(
    "--clusters",
    "Write which entities are one thing, a row for each, as a table: .tsv, .csv, .jsonl or "
    ".parquet.",
)
@options.likely_option("Write pairs with this probability or more. Clusters are made of all.")
@options.quiet
def dedupe(
    source: GraphSource,
    names: str | None,
    links: tuple[Path, ...],
    not_links: tuple[Path, ...],
    min_confidence: float,
    same_type: bool,
    out: Path,
    format_name: str | None,
    base: str | None,
    clusters: Path | None,
    min_probability: float,
    quiet: bool,
) -> None:
    """Find entities of one graph that are the same thing.

    GRAPH is read as dualamn align reads graphs: files of RDF, of triples, or with --table of
    records. Its entities need names. Each is compared with those of the most alike names, by
    names, numbers in them, neighbours, values and types; what each of these means is learned from
    the graph itself, so no known pairs are needed. Nothing is trained.

    \b
    Examples:
      dualamn dedupe graph.nt --out pairs.tsv --clusters clusters.tsv
      dualamn dedupe graph.ttl --links known.tsv --not-links wrong.tsv --out p.tsv
      dualamn dedupe people.csv --table id --out pairs.tsv --min-probability 0.9
      dualamn fuse graph.nt --links pairs.tsv --out clean.nt
    """
    from dualamn.deduping import dedupe as find
    from dualamn.files.text import counted
    from dualamn.link_files.formats import format_of
    from dualamn.link_files.table import WriteOptions, check_iris

    form, write_options = format_of(out, format_name), WriteOptions(base)
    form.check(write_options)
    read = [*files_of(source.new), *links, *not_links]
    _check(out, clusters, read if names is None else [*read, Path(names)])
    to_stdout = out == options.STDOUT
    if to_stdout and not form.is_text:
        raise click.UsageError(f"{form.title} is no text, give the name of a file to write.")
    notes: list[str] = []
    graph = _load(source, names, notes)
    told = counted(graph.n_entities, "entity", "entities"), counted(graph.n_triples, "triple")
    console.note(f"{graph.name}: {', '.join(told)}", quiet=quiet)
    with console.progress(quiet=quiet) as progress:
        found = find(
            graph,
            list(links) or None,
            not_links=list(not_links) or None,
            same_type=same_type,
            min_confidence=min_confidence,
            encoding=source.encoding,
            progress=progress,
        )
    for text in (*notes, *found.notes):
        console.note(f"  note: {text}", quiet=quiet)
    pairs = found.links(min_probability)
    if form.has_iris:
        check_iris(pairs.task, write_options.iris)
    write_to(out, lambda path: form.write_links(pairs, path, write_options))
    to = console.results(to_stderr=to_stdout)
    place = "standard output" if to_stdout else str(out)
    lines = [f"{counted(len(pairs), 'pair')} in {place} ({form.title})"]
    if clusters is not None:
        table = found.cluster_table()
        n_clusters = len(set(table.columns["cluster"].tolist()))
        put = write_table(table, clusters)
        members = counted(len(table), "entity", "entities")
        lines.append(f"{counted(n_clusters, 'cluster')} of {members} in {put}")
    if quiet:
        return
    for line in lines:
        console.say(to, line)
    if len(pairs) and not to_stdout:
        file = shlex.quote(str(out))
        merge = f", then dualamn fuse {shlex.quote(source.new)} --links {file} --out clean.nt"
        # Tables of one entity a row cannot be fused.
        console.say(to, f"next: look through {file}{'' if source.table else merge}")


def _check(out: Path, clusters: Path | None, read: list[Path]) -> None:
    """Refuses, before the work begins, what cannot be written."""
    if out != options.STDOUT:
        refuse_input("--out", out, {path.resolve() for path in read})
        options.can_be_written(out)
    if clusters is None:
        return
    if clusters == options.STDOUT or clusters.resolve() == out.resolve():
        raise click.UsageError(f"--clusters {clusters}: this needs a file of its own.")
    check_table("--clusters", clusters, read=read)


def _load(source: GraphSource, names: str | None, notes: list[str]) -> KnowledgeGraph:
    """The graph, with the names that the user gave."""
    from dualamn.data_loaders.entity_names import with_names
    from dualamn.files.opening import stem
    from dualamn.graphs.task import AlignmentTask
    from dualamn.kernels.arrays import no_links

    graph = source.load(stem(files_of(source.new)[0]), notes)
    if names is None:
        return graph
    none = no_links()
    named = with_names(AlignmentTask(graph.name, (graph,), none, none, none), names)
    notes.extend(named.notes)
    return named.kgs[0]
