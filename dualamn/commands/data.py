"""`dualamn data`: data sets that are known by name, or made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import console, downloads, options
from dualamn.commands.group import Guessing
from dualamn.commands.synth import synth

if TYPE_CHECKING:
    from dualamn.data_loaders.catalog import Presence
    from dualamn.data_loaders.fetching.known import KnownDataset

NAMES = "NAME..."


@click.group(cls=Guessing, short_help="Lists, fetches and verifies data sets, and makes some.")
def data() -> None:
    """Lists, fetches and verifies data sets that are known by name, and makes others.

    They are looked for in the data folder first, and are fetched to the cache folder, which
    $DUALAMN_CACHE can name. Other commands fetch what they need by themselves.

    \b
    Examples:
      dualamn data list
      dualamn data get dwy100k/dbp_wd
      dualamn data synth made --preset 1m
    """


data.add_command(synth)


@data.command("list", short_help="Shows which data sets are known, and where they are.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@options.data
def list_(as_json: bool, data: Path | None) -> None:
    """Shows which data sets are known by name, and where they are.

    \b
    Examples:
      dualamn data list
      dualamn data list --json
    """
    from dualamn.data_loaders.catalog import data_folder, presence
    from dualamn.data_loaders.fetching.known import cache_folder, known_datasets

    known = list(known_datasets().values())
    places = [presence(dataset, data) for dataset in known]
    if as_json:
        click.echo(json.dumps(_object(known, places), indent=2, ensure_ascii=False))
        return
    to = console.results()
    shown = console.table("data set", "graphs", "files", "here", text_columns=2)
    for dataset, place in zip(known, places, strict=True):
        console.add_row(shown, dataset.name, dataset.graphs, len(dataset.files), _in_words(place))
    to.print(shown)
    root = data_folder(data)
    console.say(to, f"data folder: {'none named' if root is None else root}")
    console.say(to, f"cache: {cache_folder()}")
    sources = {(at.repository, at.commit, at.licence) for at in known}
    for repository, commit, licence in sorted(sources):
        names = sorted({at.name.partition("/")[0] for at in known if at.repository == repository})
        console.say(
            to,
            f"{', '.join(names)}: https://github.com/{repository} at {commit[:8]}, "
            f"licence: {licence}",
        )


@data.command("get", short_help="Fetches data sets.")
@click.argument("names", nargs=-1, required=True, metavar=NAMES)
@click.option(
    "--base",
    metavar="URL",
    help="A server that has the files under the same paths.  [$DUALAMN_MIRROR, else "
    "https://raw.githubusercontent.com]",
)
@options.data
@options.quiet
def get(names: tuple[str, ...], base: str | None, data: Path | None, quiet: bool) -> None:
    """Fetches data sets to the cache, unless the data folder has them.

    What the cache has is read again, and fetched anew where it is not as published.

    \b
    Examples:
      dualamn data get dwy100k/dbp_wd dwy100k/dbp_yg
      dualamn data get contea/FR-EN --base https://mirror.example.org/github
    """
    from dualamn.data_loaders.catalog import presence, require_known

    # All names are looked at before the first byte comes.
    for dataset in [require_known(name) for name in names]:
        path = downloads.fetch(dataset.name, data, base=base, check=True, quiet=quiet)
        click.echo(f"{dataset.name} is in {path}")
        missing = ", ".join(file.name for file in presence(dataset, data).missing)
        if missing:
            console.note(
                f"note: it lacks {missing} there. The data folder comes before the "
                "cache, so complete it, or name another with --data",
                quiet=quiet,
            )


@data.command("path", short_help="Prints where a data set is.")
@click.argument("name")
@options.data
def path(name: str, data: Path | None) -> None:
    """Prints where a data set is, and nothing else; fails if it is not on this machine.

    \b
    Examples:
      dualamn data path dbp15k/zh_en
      ls $(dualamn data path contea/FR-EN)
    """
    from dualamn.data_loaders import resolve
    from dualamn.data_loaders.layouts import split_snapshot

    folder, _ = split_snapshot(resolve(name, data))
    click.echo(folder)


@data.command("verify", short_help="Compares data sets with what was published.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@options.data
@click.pass_context
def verify(ctx: click.Context, names: tuple[str, ...], data: Path | None) -> None:
    """Reads every file of data sets and compares it with what was published.

    Without a name, all known data sets on this machine are verified. Names each file that is
    missing or different, and fails if there is one.

    \b
    Examples:
      dualamn data verify
      dualamn data verify dbp15k/zh_en --data ~/data
    """
    from dualamn.data_loaders.catalog import presence, require_known
    from dualamn.data_loaders.fetching.known import known_datasets

    chosen = [require_known(name) for name in names] or [
        dataset
        for dataset in known_datasets().values()
        if presence(dataset, data).place is not None
    ]
    if not chosen:
        console.note("none of the known data sets is on this machine")
    right = [_verify(dataset, presence(dataset, data)) for dataset in chosen]
    if not all(right):
        ctx.exit(1)


def _verify(dataset: KnownDataset, at: Presence) -> bool:
    """Prints what is wrong with a data set; whether nothing is."""
    from dualamn.data_loaders.fetching.known import damaged_files

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
    words = {"data": "data folder", "cache": "cache"}[at.place]
    if at.missing:
        words += f", lacks {len(at.missing)}"
    return words


def _object(known: Sequence[KnownDataset], places: Sequence[Presence]) -> dict[str, Any]:
    return {
        "datasets": [
            {
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
            for dataset, at in zip(known, places, strict=True)
        ]
    }
