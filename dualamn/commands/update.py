"""`dualamn update`: from a saved model and what has changed to the links of now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import console, options
from dualamn.commands.changed_links import print_changes
from dualamn.commands.options import UnderHeadings
from dualamn.commands.outputs import Outputs, check_table, write_table, writing
from dualamn.commands.source import files_of
from dualamn.commands.wanted import Wanted, thresholds

if TYPE_CHECKING:
    from dualamn.aligner import Aligner
    from dualamn.data_loaders.growth import Growth
    from dualamn.updating.updated import Retrain


def _part(side: str, what: str) -> Callable[..., Any]:
    return click.option(
        f"--{side}{'-gone' if what == 'gone' else ''}",
        f"{side}_{what}",
        multiple=True,
        metavar="FILE",
        help=f"Read what {'is no longer in' if what == 'gone' else 'was added to'} the "
        f"{'first' if side == 'left' else 'second'} graph from this file. Repeatable.",
    )


@click.command(
    cls=UnderHeadings,
    short_help="Update links when graphs have changed.",
    headings={
        "model": "Input",
        "out": "Output",
        "min_probability": "Links and probabilities",
        "retrain": "Training",
        "device": "Machine",
        "quiet": "Display",
    },
)
@click.argument("model", type=click.Path(path_type=Path), metavar="MODEL")
@_part("left", "added")
@_part("right", "added")
@_part("left", "gone")
@_part("right", "gone")
@click.option(
    "--added",
    multiple=True,
    metavar="GRAPH=FILE",
    help="Read what was added to the graph of this name, of three or more. Repeatable.",
)
@click.option(
    "--gone",
    multiple=True,
    metavar="GRAPH=FILE",
    help="Read what is no longer in the graph of this name. Repeatable.",
)
@options.file_option(
    "--links",
    "Read links that are known now; they count before what was known. Repeatable.",
    multiple=True,
)
@options.file_option(
    "--not-links", "Read pairs that are known to be different now. Repeatable.", multiple=True
)
@options.file_option("--decisions", "Read what people decided about pairs, all of it up to now.")
@click.option(
    "--columns",
    metavar="H,R,T",
    help="Take head, relation and tail from these columns of tables, by name or number.",
)
@click.option(
    "--table",
    metavar="ID",
    help="Read tables of one entity a row, whose identifiers are in this column.",
)
@options.encoding
@writing
@options.file_option(
    "--changes",
    "Write what became of every link, and what told most of new ones, as a table.",
)
@thresholds
@click.option(
    "--retrain",
    type=click.Choice(["never", "auto", "always"]),
    default="auto",
    show_default=True,
    help="Train embeddings on for a few epochs: auto where many sure links of before are no "
    "longer found.",
)
@options.device
@options.quiet
def update(
    model: Path,
    outputs: Outputs,
    changes: Path | None,
    wanted: Wanted,
    retrain: Retrain,
    device: Any,
    quiet: bool,
    **growth: Any,
) -> None:
    """Update links when graphs have changed, from a MODEL that align --save wrote.

    Give what was added and what is gone, as files of any format that align reads: statements,
    with names and values where RDF has some. An entity of which nothing is left is gone. Links of
    before give way only to others that are clearly ahead of them; where nothing has changed, the
    links are the same, and an update without changes writes the same file. Links are written with
    the probability that was asked for when the model was saved.

    --save writes the model as it is then, which the next update starts from; it may be MODEL
    itself, which is replaced once the links are written.

    \b
    Examples:
      dualamn align left.nt right.nt --out links.tsv --save day0.model
      dualamn update day0.model --left new.nt --out links.tsv --save day1.model
      dualamn update day1.model --left new.nt --out x.tsv --changes changes.tsv
      dualamn update day1.model --right-gone old.nt --right new.ttl --out x.tsv
      dualamn update day1.model --not-links wrong.tsv --out links.tsv
      dualamn update three.model --added fr=new.nt --out links.tsv
    """
    from dualamn.aligner import Aligner
    from dualamn.commands.closing_lines import print_closing_lines
    from dualamn.kernels.memory import keep_freed_memory

    wanted.check()
    read = _read(**growth)
    outputs.check("mutual", None, read, replaced=model)
    if changes is not None:
        check_table("--changes", changes, None, read=[model, *read])
        outputs.refuse_twice("--changes", changes)
    keep_freed_memory()
    aligner = Aligner.load(model, device=device)
    outputs.check_task(aligner.task)
    notes = list[str]()
    made = _growth(aligner, notes, **growth)
    console.keeps(outputs.kept)
    with console.progress(quiet=quiet) as progress:
        found = aligner.update(made, retrain=retrain, progress=progress)
    alignment, threshold = (
        wanted.chosen(found.alignment) if wanted.is_given else (found.written, [])
    )
    if outputs.ids:
        alignment = aligner.with_ids(alignment)
    notes += [
        *found.notes,
        *found.alignment.notes,
        *wanted.notes(alignment, str(outputs.out), has_iris=outputs.form.has_iris),
    ]
    written = outputs.write(alignment, {"update": found.seconds}, notes)
    became = found.changes_to(alignment)
    place = "" if changes is None else write_table(became.table, changes)
    outputs.kept += [] if changes is None else [f"what changed in {changes}"]
    outputs.write_trained(aligner, alignment)
    to = console.results(to_stderr=outputs.to_stdout)
    if outputs.clusters is not None:
        alignment.clusters().to_tsv(outputs.clusters)
        outputs.kept.append(f"the clusters in {outputs.clusters}")
    if quiet:
        return
    for text in notes:
        console.note(f"  note: {text}")
    for line in written:
        console.say(to, line)
    print_changes(became, place, to)
    print_closing_lines(alignment, outputs, threshold, to)


def _read(
    *, links: tuple[Path, ...], not_links: tuple[Path, ...], decisions: Path | None, **growth: Any
) -> list[Path]:
    """The files that the options name; none may be replaced."""
    sides = ("left_added", "right_added", "left_gone", "right_gone")
    graphs = [path for side in sides for path in growth[side]]
    for what in ("added", "gone"):
        for text in growth[what]:
            name, _, path = text.partition("=")
            if not (name and path):
                raise click.UsageError(f"--{what} {text}: give GRAPH=FILE, such as fr=new.nt.")
            graphs.append(path)
    paths = [*(Path(path) for path in graphs), *links, *not_links, decisions]
    return [path for path in paths if path is not None]


def _growth(
    aligner: Aligner,
    notes: list[str],
    *,
    left_added: tuple[str, ...],
    right_added: tuple[str, ...],
    left_gone: tuple[str, ...],
    right_gone: tuple[str, ...],
    added: tuple[str, ...],
    gone: tuple[str, ...],
    links: tuple[Path, ...],
    not_links: tuple[Path, ...],
    decisions: Path | None,
    columns: str | None,
    table: str | None,
    encoding: str | None,
) -> Growth:
    """What has changed, as the options say it."""
    from dualamn.data_loaders import as_graph
    from dualamn.data_loaders.growth import Growth

    names = aligner.task.kg_names
    parts: dict[str, dict[str, list[Path]]] = {"added": {}, "gone": {}}
    for what, own in (("added", (left_added, right_added)), ("gone", (left_gone, right_gone))):
        for name, paths in zip(names, own, strict=False):
            for path in paths:
                parts[what].setdefault(name, []).extend(files_of(path))
    for what, given in (("added", added), ("gone", gone)):
        for text in given:
            name, equals, path = text.partition("=")
            if not equals or name not in names:
                raise click.UsageError(
                    f"--{what} {text}: give GRAPH=FILE, of the graphs {', '.join(names)}."
                )
            parts[what].setdefault(name, []).extend(files_of(path))
    reading: dict[str, Any] = {
        "columns": None if columns is None else [name.strip() for name in columns.split(",")],
        "table": table,
        "encoding": encoding,
    }
    graphs = {
        what: {name: as_graph(paths, name, notes=notes, **reading) for name, paths in own.items()}
        for what, own in parts.items()
    }
    return Growth(
        graphs["added"],
        graphs["gone"],
        list(links) or None,
        list(not_links) or None,
        decisions=decisions,
    )
