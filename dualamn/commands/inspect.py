"""`dualamn inspect`: what is in a data set, and what makes it hard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import console, options, source

if TYPE_CHECKING:
    from rich.table import Table

    from dualamn.data_loaders.summary import Health, TaskSummary


@click.command(short_help="Show what is in a data set.")
@click.argument("paths", nargs=-1, required=True, metavar=source.PATHS)
@options.links
@options.train_ratio
@options.fold
@options.as_json
@options.reading
@options.data
@options.quiet
def inspect(
    paths: tuple[str, ...],
    links: Path | None,
    train_ratio: float | None,
    fold: int | None,
    as_json: bool,
    reading: dict[str, Any],
    data: Path | None,
    quiet: bool,
) -> None:
    """Show what is in a data set, and warn of what makes an alignment hard.

    Counted are entities, relations, triples, degrees and links; entities in no triple (isolated),
    with no seed link within two hops, with exactly the neighbours of another one
    (indistinguishable), or with its name (ambiguous); and what two graphs have in common.
    Give graphs as for dualamn align; --links is optional.

    \b
    Examples:
      dualamn inspect dbp15k/zh_en --data ~/data
      dualamn inspect left.tsv right.tsv --links seeds.tsv
      dualamn inspect left.nt.gz right.ttl
    """
    if links is not None or len(paths) == 1:
        source.check_paths(paths, links)
    from dualamn.data_loaders import check_health, describe

    source.fetch_missing(paths, data, quiet=quiet)
    with console.progress(quiet=quiet) as progress:
        task = source.load_task(
            paths,
            links=links,
            data=data,
            train_ratio=train_ratio,
            fold=fold,
            seed=0,
            reading=reading,
            progress=progress,
        )
    summary, health = describe(task), check_health(task)
    if as_json:
        content = {**summary.to_dict(), "health": health.to_dict()}
        console.print_json(content)
        return
    to = console.results()
    console.say(to, summary.name, style="bold")
    to.print(_graphs(summary))
    to.print(_links(summary))
    console.say(
        to,
        f"{summary.relations:,} distinct relations, "
        f"{summary.shared_relations:,} of them in two graphs or more",
    )
    console.say(to)
    to.print(_entities(health))
    to.print(_in_common(health))
    for text in summary.notes:
        console.say(to, f"note: {text}")
    for text in health.warnings:
        console.say(to, f"warning: {text}", style="yellow")
    if not health.warnings:
        console.say(to, "nothing to warn of")


def _graphs(summary: TaskSummary) -> Table:
    columns = ("entities", "relations", "triples", "degree", "median", "max", "isolated", "linked")
    shown = console.table("graph", *columns)
    for graph in summary.graphs:
        console.add_row(
            shown,
            graph.name,
            f"{graph.entities:,}",
            f"{graph.relations:,}",
            f"{graph.triples:,}",
            f"{graph.mean_degree:.1f}",
            f"{graph.median_degree:g}",
            f"{graph.max_degree:,}",
            f"{graph.isolated:,}",
            f"{graph.linked_share:.0%}",
        )
    return shown


def _links(summary: TaskSummary) -> Table:
    shown = console.table("links", "seed", "validation", "test", "all")
    for pair in summary.pairs:
        counts = (pair.seed, pair.valid, pair.test)
        name = f"{pair.left}-{pair.right}"
        console.add_row(shown, name, *(f"{n:,}" for n in (*counts, sum(counts))))
    return shown


def _entities(health: Health) -> Table:
    shown = console.table("entities", *(graph.name for graph in health.graphs))
    rows = {
        "isolated": [graph.isolated for graph in health.graphs],
        "no seed within 2 hops": [graph.no_seed_within_2_hops for graph in health.graphs],
        "indistinguishable": [graph.indistinguishable for graph in health.graphs],
        "named": [graph.named for graph in health.graphs],
        "ambiguous name": [graph.ambiguous_name for graph in health.graphs],
        "blank nodes": [graph.blank for graph in health.graphs],
        "attribute triples": [graph.attribute_triples for graph in health.graphs],
    }
    for name, counts in rows.items():
        console.add_row(shown, name, *(f"{count:,}" for count in counts))
    return shown


def _in_common(health: Health) -> Table:
    shown = console.table("in common", "relations", "names", "identifiers")
    for pair in health.pairs:
        counts = (pair.relations, pair.names, pair.identifiers)
        console.add_row(shown, f"{pair.left}-{pair.right}", *(f"{count:,}" for count in counts))
    return shown
