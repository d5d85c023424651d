"""`dualamn inspect`: what is in a data set, and what makes it hard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from dualamn.commands import console, options
from dualamn.commands.source import Source, reading

if TYPE_CHECKING:
    from rich.table import Table

    from dualamn.data_loaders.contents import Contents
    from dualamn.data_loaders.summary import Health, TaskSummary


@click.command(short_help="Show what is in a data set.")
@reading
@options.as_json
@options.quiet
def inspect(source: Source, as_json: bool, quiet: bool) -> None:
    """Show what is in a data set, and warn of what makes an alignment hard.

    Counted are entities, relations, triples, degrees and links; entities in no triple (isolated),
    with no seed link within two hops, with exactly the neighbours of another one
    (indistinguishable), or with its name (ambiguous); and what two graphs have in common.
    The largest classes and the properties with most values in common are shown; notes say which
    properties name how many entities. Give graphs as for dualamn align; --links is optional.

    \b
    Examples:
      dualamn inspect dbp15k/zh_en --data ~/data
      dualamn inspect left.tsv right.tsv --links seeds.tsv
      dualamn inspect left.nt.gz right.ttl
    """
    source.check()
    from dualamn.data_loaders import check_health, describe
    from dualamn.data_loaders.contents import look_into

    task = source.load(many=True, quiet=quiet)
    summary, health, contents = describe(task), check_health(task), look_into(task)
    if as_json:
        found = {"health": health.to_dict(), "contents": contents.to_dict()}
        console.print_json({**summary.to_dict(), **found})
        return
    to = console.results()
    console.say(to, summary.name, style="bold")
    to.print(_graphs(summary))
    shown = console.table("links", "seed", "validation", "test", "all")
    for links in summary.pairs:
        counts = (links.seed, links.valid, links.test)
        console.add_row(shown, f"{links.left}-{links.right}", *counts, sum(counts))
    to.print(shown)
    console.say(
        to,
        f"{summary.relations:,} distinct relations, "
        f"{summary.shared_relations:,} of them in two graphs or more",
    )
    console.say(to)
    to.print(_entities(health))
    shown = console.table("in common", "relations", "names", "identifiers")
    for pair in health.pairs:
        counts = (pair.relations, pair.names, pair.identifiers)
        console.add_row(shown, f"{pair.left}-{pair.right}", *counts)
    to.print(shown)
    for table in _contents(contents):
        to.print(table)
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
            graph.entities,
            graph.relations,
            graph.triples,
            f"{graph.mean_degree:.1f}",
            f"{graph.median_degree:g}",
            graph.max_degree,
            graph.isolated,
            f"{graph.linked_share:.0%}",
        )
    return shown


def _entities(health: Health) -> Table:
    shown = console.table("entities", *(graph.name for graph in health.graphs))
    rows = {
        "isolated": [graph.isolated for graph in health.graphs],
        "no seed within 2 hops": [graph.no_seed_within_2_hops for graph in health.graphs],
        "indistinguishable": [graph.indistinguishable for graph in health.graphs],
        "named": [graph.named for graph in health.graphs],
        "further names": [graph.further_names for graph in health.graphs],
        "ambiguous name": [graph.ambiguous_name for graph in health.graphs],
        "blank nodes": [graph.blank for graph in health.graphs],
        "no links by kind": [graph.unlinkable for graph in health.graphs],
        "attribute triples": [graph.attribute_triples for graph in health.graphs],
    }
    for name, counts in rows.items():
        console.add_row(shown, name, *counts)
    return shown


def _contents(contents: Contents) -> Iterator[Table]:
    from dualamn.data_loaders.naming import local_name, readable

    if contents.classes:
        shown = console.table("class", "graph", "entities", "named", text_columns=2)
        for one in contents.classes:
            console.add_row(shown, local_name(one.name), one.graph, one.entities, one.named)
        yield shown
    if contents.shared:
        shown = console.table(
            "values in common", "graphs", "values", "of left", "of right", text_columns=2
        )
        for row in contents.shared:
            both = " = ".join(map(readable, (row.left_property, row.right_property)))
            graphs = f"{row.left}-{row.right}"
            console.add_row(shown, both, graphs, row.values, row.of_left, row.of_right)
        yield shown
