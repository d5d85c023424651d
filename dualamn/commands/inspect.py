"""`dualamn inspect`: what is in a data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import console, downloads, options, source

if TYPE_CHECKING:
    from rich.table import Table

    from dualamn.data_loaders.summary import TaskSummary


@click.command(short_help="Shows what is in a data set.")
@click.argument("paths", nargs=-1, required=True, metavar=source.PATHS)
@options.links
@options.train_ratio
@click.option("--fold", type=int, metavar="K", help="Which published fold to use.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
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
    """Shows what is in a data set: graphs, triples, links, degrees, isolated entities.

    \b
    Examples:
      dualamn inspect dbp15k/zh_en --data ~/data
      dualamn inspect left.tsv right.tsv --links seeds.tsv
    """
    source.check_paths(paths, links)
    from dualamn.data_loaders import describe

    downloads.fetch_missing(paths, data, quiet=quiet)
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
    summary = describe(task)
    if as_json:
        click.echo(json.dumps(summary.to_dict(), indent=2, ensure_ascii=False))
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
    for text in summary.notes:
        console.say(to, f"note: {text}")


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
