"""`dualamn explain`: why two entities are linked, or one is not."""

from __future__ import annotations

from pathlib import Path

import click

from dualamn.commands import console, options
from dualamn.commands.source import parse_pair


@click.command(short_help="Show why two entities are linked.")
@click.argument("saved", type=click.Path(path_type=Path), metavar="SAVED")
@click.argument("left", metavar="ENTITY")
@click.argument("right", required=False, metavar="[OTHER]")
@click.option(
    "--pair",
    metavar="A-B",
    help="Name the graphs of ENTITY and OTHER, where the same is in several.",
)
@options.matcher
@options.as_json
@options.device
@options.threads
@options.quiet
def explain(
    saved: Path,
    left: str,
    right: str | None,
    pair: str | None,
    matcher: str,
    as_json: bool,
    device: str | None,
    threads: int | None,
    quiet: bool,
) -> None:
    """Show why two entities are linked, or why one is not.

    SAVED is the file of dualamn align --save; links are computed from it again, without training.
    ENTITY and OTHER are identifiers, names, or the last parts of identifiers that are IRIs.
    The explanation lists the statements that both entities share, names and values that agree or
    differ, the runner-up, and the probability without each piece of evidence.

    \b
    Examples:
      dualamn align en.tsv fr.tsv --links same.tsv --out x.tsv --save aligner
      dualamn explain aligner Germany
      dualamn explain aligner Germany Allemagne --json
    """
    from dataclasses import replace

    from dualamn.aligner import Aligner

    aligner = Aligner.load(saved, **options.given(device=device))
    aligner.config = replace(aligner.config, **options.given(threads=threads))
    graphs = None if pair is None else parse_pair(pair, aligner.task.kg_names)
    with console.progress(quiet=quiet) as progress:
        alignment = aligner.align(
            pairs=None if graphs is None else [graphs], matcher=matcher, progress=progress
        )
    explanation = alignment.explain(left, right, graphs=graphs)
    if as_json:
        console.print_json(explanation.as_dict())
        return
    to = console.results()
    for line in explanation.lines():
        console.say(to, line)
