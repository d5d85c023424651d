"""`dualamn index`: from a saved aligner to an index for look-ups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dualamn.commands import console, options
from dualamn.commands.source import parse_pair

if TYPE_CHECKING:
    from dualamn.lookup.packed_rows import Precision


@click.command(short_help="Make an index of a saved aligner, for look-ups.")
@click.argument("saved", type=click.Path(path_type=Path), metavar="SAVED")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Write the index to this file, which dualamn match and dualamn.Lookup open.",
)
@click.option(
    "--pair",
    metavar="A-B",
    help="Index these two graphs, where there are more.",
)
@click.option(
    "--rows",
    type=click.Choice(["int8", "bit", "float32"]),
    default="int8",
    show_default=True,
    help="Keep embeddings in this precision: a byte, a bit or four bytes a number.",
)
@options.device
@options.threads
@options.quiet
def index(
    saved: Path,
    out: Path,
    pair: str | None,
    rows: Precision,
    device: str | None,
    threads: int | None,
    quiet: bool,
) -> None:
    """Make an index in which entities are looked up that were not there before.

    SAVED is the file of dualamn align --save; links are computed from it again, without training.
    The index has all that look-ups need: entities, statements, links, embeddings and names of two
    graphs. It is opened in a moment, however large it is. To learn how probable candidates are,
    known entities are taken out and looked up in what a model knows of the rest.

    \b
    Examples:
      dualamn align en.nt fr.nt --links same.nt --out x.tsv --save aligner
      dualamn index aligner --out en-fr.index
      dualamn match en-fr.index new.nt --side left --out links.tsv
    """
    from dataclasses import replace

    from dualamn.aligner import Aligner
    from dualamn.files.atomic import check_writable
    from dualamn.files.text import counted
    from dualamn.lookup.entity_lookup import Lookup

    check_writable(out)
    if out.resolve() == saved.resolve():
        raise click.UsageError(f"--out {out}: this file is read, and would be lost.")
    aligner = Aligner.load(saved, **options.given(device=device))
    aligner.config = replace(aligner.config, **options.given(threads=threads))
    graphs = None if pair is None else parse_pair(pair, aligner.task.kg_names)
    with console.progress(quiet=quiet) as progress:
        lookup = Lookup.build(aligner, out, pair=graphs, rows=rows, progress=progress)
    if quiet:
        return
    to = console.results()
    for text in lookup.notes:
        console.note(f"  note: {text}")
    sizes = (
        f"{name} ({counted(n, 'entity', 'entities')})"
        for name, n in zip(lookup.graphs, lookup.n_entities, strict=True)
    )
    console.say(to, f"index of {' and '.join(sizes)} in {out}, {out.stat().st_size / 1e6:,.1f} MB")
    if lookup.n_asked:
        console.say(
            to, f"  probabilities by {counted(lookup.n_asked, 'look-up')} of what was taken out"
        )
    console.say(to, f"next: dualamn match {out} NEW --side left --out links.tsv")
