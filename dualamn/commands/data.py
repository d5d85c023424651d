"""`dualamn data`: data sets known by name, and synthetic ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import console, options, source
from dualamn.commands.options import Guessing

if TYPE_CHECKING:
    from dualamn.bench.synthetic_graphs import SyntheticGraphs
    from dualamn.data_loaders.catalog import Presence
    from dualamn.data_loaders.known import KnownDataset

DEFAULT_PRESET = "dbp15k-like"


@click.group(cls=Guessing, short_help="List, fetch, verify and generate data sets.")
def data() -> None:
    """List, fetch and verify data sets known by name, and generate synthetic ones.

    Data sets are looked for in the data folder (--data) first, and fetched to the cache folder,
    $DUALAMN_CACHE. Other commands fetch what they need by themselves.

    \b
    Examples:
      dualamn data list
      dualamn data get dwy100k/dbp_wd
      dualamn data synth made --preset 1m
    """


@data.command("list", short_help="Show the known data sets and where they are.")
@options.as_json
@options.data
def list_(as_json: bool, data: Path | None) -> None:
    """Show which data sets are known by name, and where they are.

    \b
    Examples:
      dualamn data list
      dualamn data list --json
    """
    from dualamn.data_loaders.catalog import data_folder, presence
    from dualamn.data_loaders.known import cache_folder, known_datasets

    known = [(dataset, presence(dataset, data)) for dataset in known_datasets().values()]
    if as_json:
        console.print_json({"datasets": [_object(*one) for one in known]})
        return
    to = console.results()
    shown = console.table("data set", "graphs", "files", "here", text_columns=2)
    for dataset, place in known:
        console.add_row(shown, dataset.name, dataset.graphs, len(dataset.files), _in_words(place))
    to.print(shown)
    root = data_folder(data)
    console.say(to, f"data folder: {'none named' if root is None else root}")
    console.say(to, f"cache: {cache_folder()}")
    sources = {(at.repository, at.commit, at.licence) for at, _ in known}
    for repository, commit, licence in sorted(sources):
        of_it = [at.name for at, _ in known if at.repository == repository]
        names = sorted({name.partition("/")[0] for name in of_it})
        console.say(
            to,
            f"{', '.join(names)}: https://github.com/{repository} at {commit[:8]}, "
            f"licence: {licence}",
        )


@data.command("get", short_help="Fetch data sets.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "--base",
    metavar="URL",
    help="Fetch from this server, which has the files under the same paths.  [$DUALAMN_MIRROR, "
    "else https://raw.githubusercontent.com]",
)
@options.data
@options.quiet
def get(names: tuple[str, ...], base: str | None, data: Path | None, quiet: bool) -> None:
    """Fetch data sets to the cache, unless the data folder has them.

    Files in the cache are verified, and fetched again where they are not as published.

    \b
    Examples:
      dualamn data get dwy100k/dbp_wd dwy100k/dbp_yg
      dualamn data get contea/FR-EN --base https://mirror.example.org/github
    """
    from dualamn.data_loaders.catalog import presence, require_known

    # All names are looked at before the first byte comes.
    for dataset in [require_known(name) for name in names]:
        path = source.fetch(dataset.name, data, base=base, check=True, quiet=quiet)
        click.echo(f"{dataset.name} is in {path}")
        missing = ", ".join(file.name for file in presence(dataset, data).missing)
        if missing:
            console.note(
                f"note: it lacks {missing} there. The data folder comes before the "
                "cache, so complete it, or name another with --data",
                quiet=quiet,
            )


@data.command("path", short_help="Print where a data set is.")
@click.argument("name")
@options.data
def path(name: str, data: Path | None) -> None:
    """Print where a data set is, and nothing else; fail if it is not on this machine.

    \b
    Examples:
      dualamn data path dbp15k/zh_en
      ls $(dualamn data path contea/FR-EN)
    """
    from dualamn.data_loaders import resolve
    from dualamn.data_loaders.catalog import split_snapshot

    folder, _ = split_snapshot(resolve(name, data))
    click.echo(folder)


@data.command("verify", short_help="Compare data sets with what was published.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@options.data
def verify(names: tuple[str, ...], data: Path | None) -> None:
    """Compare every file of data sets with what was published.

    Without a name, verify all known data sets on this machine. Name each file that is missing or
    different, and fail if there is one.

    \b
    Examples:
      dualamn data verify
      dualamn data verify dbp15k/zh_en --data ~/data
    """
    from dualamn.data_loaders.catalog import presence, require_known
    from dualamn.data_loaders.known import known_datasets

    chosen = [require_known(name) for name in names] or known_datasets().values()
    found = [(dataset, presence(dataset, data)) for dataset in chosen]
    if not names:
        found = [(dataset, at) for dataset, at in found if at.place is not None]
    if not found:
        console.note("none of the known data sets is on this machine")
    intact = [_verify(dataset, at) for dataset, at in found]
    if not all(intact):
        click.get_current_context().exit(1)


def _verify(dataset: KnownDataset, at: Presence) -> bool:
    """Prints what is wrong with a data set; whether nothing is."""
    from dualamn.data_loaders.known import damaged_files

    if at.place is None:
        click.echo(f"{dataset.name}: not on this machine")
        return False
    damages = damaged_files(dataset, at.folder)
    for file, found in damages.items():
        what = "missing" if found is None else f"expected the Git blob {file.blob}, got {found}"
        click.echo(f"{dataset.name}: {file.name}: {what}")
    if damages:
        cure = f"dualamn data get {dataset.name} fetches them"
        if at.place == "data":
            cure = "the data folder is never written to, so replace them by hand"
        count = f"{len(damages)} of {len(dataset.files)}"
        click.echo(f"{dataset.name}: {count} files are not as published, in {at.folder}; {cure}")
        return False
    click.echo(f"{dataset.name}: all {len(dataset.files)} files are as published, in {at.folder}")
    return True


def _in_words(at: Presence) -> str:
    if at.place is None:
        return "-"
    words = "data folder" if at.place == "data" else "cache"
    return f"{words}, lacks {len(at.missing)}" if at.missing else words


def _object(dataset: KnownDataset, at: Presence) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "graphs": dataset.graphs,
        "files": [file.name for file in dataset.files],
        "repository": f"https://github.com/{dataset.repository}",
        "commit": dataset.commit,
        "licence": dataset.licence,
        "place": at.place,
        "path": None if at.place is None else str(at.folder),
        "missing": [file.name for file in at.missing],
    }


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


@data.command("synth", short_help="Generate synthetic graphs with known links.")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT")
@click.option(
    "--preset",
    default=DEFAULT_PRESET,
    show_default=True,
    metavar="NAME",
    help="Start from these settings: dbp15k-like or dwy100k-like, of the sizes of these data "
    "sets; 1m or 10m, of so many entities in each of two graphs.",
)
@_per_graph("entities", int, "Give a graph this many entities; or one number for each graph.")
@_option("graphs", int, "K", "Make this many graphs.  [2]")
@_per_graph("triples", int, "Give a graph this many triples.")
@_per_graph("degree", float, "Give an entity this many triples on average; for --triples.")
@_per_graph("relations", int, "Give a graph this many relations at most.")
@_option("overlap", float, "R", "Give this share of the smallest graph's entities counterparts.")
@_option("missing", float, "R", "Leave out this share of the triples of linked entities.")
@_option("uneven", float, "X", "Spread the missing triples so unevenly over entities; 0 is even.")
@_option("contradictory", float, "R", "Change the tail of this share of triples in one graph.")
@_option("lone-degree", float, "R", "Give dangling entities this multiple of the degree of others.")
@_option("lone-heads", float, "R", "Let dangling entities head this share of their triples.")
@_option("degree-exponent", float, "X", "Set the exponent of the power law of degrees.")
@_option("relation-exponent", float, "X", "Set that of the power law of relation frequencies.")
@_option("functional", float, "R", "Use relations of one tail per head in this share of triples.")
@_option("repeated", float, "R", "Repeat a head's last relation with this probability.")
@_option("typical", float, "R", "Draw this share of relations as typical of the head's class.")
@_option("values", float, "R", "Make this share of tails values, as in attribute triples.")
@_option("popularity", float, "X", "Give a relation this many values per triple; few are popular.")
@_option("local", float, "R", "Give this share of values to nearby entities too.")
@_option("nearness", float, "X", "Set the mean distance of nearby entities.")
@_option("parallel", float, "R", "Join the ends of this share of triples by another one too.")
@_option("relation-split", float, "R", "Make this share of relations a part of a hidden one.")
@click.option(
    "--shared-relations/--own-relations",
    default=None,
    help="Give relations the same names in all graphs.  [own]",
)
@_option("seeds", float, "R", "Publish this share of the links as seed links.  [no split]")
@_option("seed", int, "S", "Set the random seed.  [0]")
@click.option(
    "--grow",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Let two graphs grow in N batches from half of their entities on, in the layout of "
    "ContEA.",
)
@options.quiet
def synth(out: Path, preset: str, grow: int | None, quiet: bool, **given: Any) -> None:
    """Generate synthetic knowledge graphs of any size, with all links known, in the folder OUT.

    Two graphs are written in the layout of DBP15K, more in that of DBP5L. The same options and
    seed give the same bytes. Options override the preset.

    \b
    Examples:
      dualamn data synth made/small --entities 2000
      dualamn data synth made/dwy --preset dwy100k-like --seed 1
      dualamn data synth made/hard --entities 20000 --triples 90000 --overlap 0.8
      dualamn data synth made/three --graphs 3 --entities 9000,8000,7000
      dualamn data synth made/days --entities 5000 --grow 10
    """
    from dualamn.bench.export import write_synthetic
    from dualamn.bench.synthetic_options import preset_options

    changes = options.given(**given)
    if "triples" in changes and "degree" in changes:
        raise click.UsageError("--triples and --degree both say how many triples; give either.")
    console.keeps(f"{out} was not made.")
    with console.progress(quiet=quiet) as progress:
        made = write_synthetic(preset_options(preset, **changes), out, progress, grow=grow or 0)
    if not quiet:
        _tell(made, out, grow)


def _tell(made: SyntheticGraphs, out: Path, grow: int | None) -> None:
    """What was generated, and the next command."""
    to = console.results()
    shown = console.table("graph", "entities", "dangling", "triples")
    for name, graph in zip(made.names, made.counts.graphs, strict=True):
        console.add_row(shown, name, graph.entities, graph.dangling, graph.triples)
    to.print(shown)
    pair = "" if len(made.names) == 2 else " between every two graphs"
    seeds = "" if made.n_seeds is None else f", {made.n_seeds:,} of them seed links"
    console.say(to, f"{made.counts.links:,} links{pair}{seeds}")
    if grow:
        console.say(to, f"Next: dualamn bench {out} --grow")
    else:
        console.say(to, f"Next: dualamn inspect {out}")
