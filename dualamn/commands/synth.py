"""`dualamn data synth`: makes knowledge graphs of any size whose every link is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import console, options

if TYPE_CHECKING:
    from dualamn.bench.synthetic_graphs import SyntheticGraphs

DEFAULT_PRESET = "dbp15k-like"
_SIZES = ("triples", "degree")


def _numbers(kind: type[int] | type[float]) -> Callable[..., Any]:
    """A callback that reads one number, or one for each graph with commas between."""

    def read(_: click.Context, __: click.Parameter, text: str | None) -> Any:
        if text is None:
            return None
        try:
            numbers = tuple(kind(part) for part in text.split(","))
        except ValueError:
            what = "whole number" if kind is int else "number"
            raise click.BadParameter(
                f"{text!r} is no {what}, nor one for each graph with commas between."
            ) from None
        return numbers[0] if len(numbers) == 1 else numbers

    return read


def _option(name: str, kind: type, metavar: str, text: str) -> Callable[..., Any]:
    return click.option(f"--{name}", type=kind, metavar=metavar, help=text)


def _per_graph(name: str, kind: type[int] | type[float], text: str) -> Callable[..., Any]:
    return click.option(f"--{name}", callback=_numbers(kind), metavar="N[,N]", help=text)


@click.command(short_help="Makes graphs of any size, with every link known.")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT")
@click.option(
    "--preset",
    default=DEFAULT_PRESET,
    show_default=True,
    metavar="NAME",
    help="What the other options change: dbp15k-like or dwy100k-like, of the sizes of these data "
    "sets; 1m or 10m, of so many entities in each of two graphs.",
)
@_per_graph("entities", int, "Entities of a graph, or of each with commas between.")
@_option("graphs", int, "K", "How many graphs.  [2]")
@_per_graph("triples", int, "Triples of a graph.")
@_per_graph("degree", float, "In place of triples: of how many an entity is part.")
@_per_graph("relations", int, "Relations a graph may use.")
@_option("overlap", float, "R", "Share of the smallest graph's entities that have a counterpart.")
@_option("missing", float, "R", "Share of the triples of linked entities that a graph lacks.")
@_option("uneven", float, "X", "How unevenly they are missing; 0 is evenly.")
@_option("contradictory", float, "R", "Share of common triples whose tail differs in one graph.")
@_option("lone-degree", float, "R", "Degree of entities without counterpart, by that of others.")
@_option("lone-heads", float, "R", "Share of their triples that start at one of them.")
@_option("degree-exponent", float, "X", "Exponent of the power law of degrees.")
@_option("relation-exponent", float, "X", "Exponent of the power law of relation frequencies.")
@_option("functional", float, "R", "Share of triples with relations that have one tail for a head.")
@_option("repeated", float, "R", "Chance that a head goes on with its last relation.")
@_option("typical", float, "R", "Share of triples with a relation typical of the head's kind.")
@_option("values", float, "R", "Share of triples that lead to values, as those of attributes do.")
@_option("popularity", float, "X", "Values a relation has for every triple; few are popular.")
@_option("local", float, "R", "Share of values that nearby entities have too.")
@_option("nearness", float, "X", "How far off entities nearby are, the mean.")
@_option("parallel", float, "R", "Share of triples whose ends another triple joins too.")
@_option("relation-split", float, "R", "Share of relations that are parts of hidden ones.")
@click.option(
    "--shared-relations/--own-relations",
    default=None,
    help="Whether all graphs call their relations alike.  [own]",
)
@_option("seeds", float, "R", "Share of the links to publish as seeds.  [no split is published]")
@_option("seed", int, "S", "Draws everything.  [0]")
@options.quiet
def synth(out: Path, preset: str, quiet: bool, **given: Any) -> None:
    """Makes knowledge graphs of any size whose every link is known, as the folder OUT.

    Two graphs are written in the layout of DBP15K, more in that of DBP5L. The same options and
    seed give the same bytes. What is not given is as in the preset.

    \b
    Examples:
      dualamn data synth made/small --entities 2000
      dualamn data synth made/dwy --preset dwy100k-like --seed 1
      dualamn data synth made/hard --entities 20000 --triples 90000 --overlap 0.8
      dualamn data synth made/three --graphs 3 --entities 9000,8000,7000
    """
    from dualamn.bench.export import write_synthetic
    from dualamn.bench.synthetic_options import preset_options

    changes = options.given(**given)
    if len([name for name in _SIZES if name in changes]) > 1:
        raise click.UsageError("--triples and --degree both say how many triples; give either.")
    click.get_current_context().meta[console.KEPT] = f"{out} was not made."
    with console.progress(quiet=quiet) as progress:
        made = write_synthetic(preset_options(preset, **changes), out, progress)
    if not quiet:
        _tell(made, out)


def _tell(made: SyntheticGraphs, out: Path) -> None:
    """What was made, and how to go on."""
    to = console.results()
    shown = console.table("graph", "entities", "without counterpart", "triples")
    for name, graph in zip(made.names, made.counts.graphs, strict=True):
        counts = (graph.entities, graph.dangling, graph.triples)
        console.add_row(shown, name, *(f"{count:,}" for count in counts))
    to.print(shown)
    pair = "" if len(made.names) == 2 else " between every two graphs"
    seeds = "" if made.n_seeds is None else f", {made.n_seeds:,} of them seeds"
    console.say(to, f"{made.counts.links:,} links{pair}{seeds}")
    console.say(to, f"Next: dualamn inspect {out}")
