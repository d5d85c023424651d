"""`dualamn slice`: cut the part about some entities out of a saved aligner."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from dualamn.commands import console, options

if TYPE_CHECKING:
    from rich.console import Console

    from dualamn.alignment import Alignment
    from dualamn.graphs.task import AlignmentTask
    from dualamn.kernels.arrays import BoolArray


@click.command(name="slice", short_help="Cut some entities out of a saved aligner.")
@click.argument("saved", type=click.Path(path_type=Path), metavar="SAVED")
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="CLASS",
    help="Keep entities of this class, by IRI or the last part of it. Repeatable.",
)
@click.option(
    "--relations",
    multiple=True,
    metavar="RELATION",
    help="Keep the ends of statements of this relation, likewise. Repeatable.",
)
@options.file_option("--entities", "Keep the entities of this file: identifiers, one a line.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Write the part to this file, which dualamn explain and Aligner.load read.",
)
@click.option(
    "--k",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="K",
    help="Keep this many candidates of every entity.",
)
@options.device
@options.threads
@options.quiet
def slice_(
    saved: Path,
    types: tuple[str, ...],
    relations: tuple[str, ...],
    entities: Path | None,
    out: Path,
    k: int,
    device: str | None,
    threads: int | None,
    quiet: bool,
) -> None:
    """Cut the part about some entities out of a saved aligner.

    SAVED is the file of dualamn align --save. The part has the entities that are asked for, their
    statements, links and best candidates, and one step of neighbours. Its links are those that the
    whole aligner finds, whatever is left out, so nothing is searched when it is loaded.

    \b
    Examples:
      dualamn align en.nt fr.nt --links same.nt --out x.tsv --save aligner
      dualamn slice aligner --type Person --out persons
      dualamn slice aligner --entities wanted.txt --out part
      dualamn explain part Germany
    """
    from dataclasses import replace

    from dualamn.aligner import Aligner
    from dualamn.errors import DataError
    from dualamn.files.atomic import check_writable
    from dualamn.files.text import counted, read_text
    from dualamn.lookup import targets

    if not (types or relations or entities):
        raise click.UsageError("say what to keep: --type CLASS, --relations R or --entities FILE.")
    for path in (saved, entities):
        if path is not None and out.resolve() == path.resolve():
            raise click.UsageError(f"--out {out}: this file is read, and would be lost.")
    check_writable(out)
    listed = list[str]()
    if entities is not None:
        listed = [line for line in read_text(entities).splitlines() if line.strip()]
        if not listed:
            raise DataError("the file is empty; expected identifiers, one a line", path=entities)
    started = time.perf_counter()
    whole = Aligner.load(saved, **options.given(device=device))
    whole.config = replace(whole.config, **options.given(threads=threads))
    task = whole.task
    wanted = np.zeros(task.n_entities, dtype=np.bool_)
    missing = list[str]()
    if types:
        wanted |= targets.of_types(task, types)
    if relations:
        wanted |= targets.of_relations(task, relations)
    if entities is not None:
        found, missing = targets.of_identifiers(task, listed)
        wanted |= found
    with console.progress(quiet=quiet) as progress:
        part = whole.slice(wanted, k=k, progress=progress)
    seconds = time.perf_counter() - started
    part.save(out)
    if quiet:
        return
    if missing:
        said = counted(len(missing), "entity asked for", "entities asked for")
        what = f"{said} in no graph, such as {missing[0]!r}"
        console.note(f"  note: {what}")
    started = time.perf_counter()
    alignment = Aligner.load(out).align()
    spent = time.perf_counter() - started
    to = console.results()
    _print_closing_lines(task, wanted, alignment, to)
    size = out.stat().st_size
    console.say(
        to,
        f"  {size / 1e6:,.2f} MB, {size / saved.stat().st_size:.0%} of {saved}; its links take "
        f"{spent:.1f} s, {spent / max(seconds, 1e-9):.0%} of {seconds:.1f} s",
    )
    console.say(to, f"next: dualamn explain {out} ENTITY")


def _print_closing_lines(
    task: AlignmentTask, wanted: BoolArray, alignment: Alignment, to: Console
) -> None:
    """Says what the part has, and of how many links gold links say that they are correct."""
    from dualamn.eval.verdicts import fraction
    from dualamn.files.text import counted
    from dualamn.kernels.arrays import pair_keys

    written = alignment.written()
    console.say(
        to,
        f"{counted(int(wanted.sum()), 'entity', 'entities')} of {task.n_entities:,}, with "
        f"{counted(len(written), 'link')} and {alignment.task.n_entities - int(wanted.sum()):,} "
        "other entities around them",
    )
    gold = alignment.task.test_links
    known = np.isin(written.links, gold).any(axis=1)
    if known.any():
        correct = np.isin(pair_keys(written.links[known]), pair_keys(gold))
        console.say(
            to,
            f"  of {int(known.sum()):,} links that test links tell of, {fraction(correct.mean())} "
            f"are correct, as in the whole; the other {int((~correct).sum()):,} are its errors too",
        )
