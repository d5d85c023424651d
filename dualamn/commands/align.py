"""`dualamn align`: from graphs and seed links to a file of links."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import NOTHING, console, options
from dualamn.commands.options import UnderHeadings
from dualamn.commands.outputs import Outputs, writing
from dualamn.commands.source import (
    Source,
    check_start,
    describe_task,
    given_files,
    parse_pair,
    reading,
)
from dualamn.commands.wanted import Wanted, thresholds

if TYPE_CHECKING:
    from dualamn.config import PresetName


@click.command(
    cls=UnderHeadings,
    short_help="Find links between knowledge graphs.",
    headings={
        "links": "Input",
        "labels": "Names and values",
        "out": "Output",
        "matcher": "Links and probabilities",
        "preset": "Training",
        "device": "Machine",
        "show": "Display",
    },
)
@reading
@options.names
@options.names_model
@options.values
@options.same_type
@writing
@options.matcher
@click.option(
    "--pairs",
    multiple=True,
    metavar="A-B",
    help="Align only these two graphs. Repeatable.  [every pair]",
)
@click.option(
    "--many",
    is_flag=True,
    help="Allow several entities of a graph to be linked to the same one, for graphs with "
    "duplicates.",
)
@click.option(
    "--distinct-identifiers",
    is_flag=True,
    help="Compare entities with the same IRI like all others. Without it they are links with "
    "probability 1.",
)
@click.option(
    "--calibrate/--no-calibrate",
    default=None,
    help="Estimate the probability that each link is correct, with further models that do not see "
    "some of the seed links and entities. Takes twice the time or more.  [calibrate; not with "
    "the preset paper]",
)
@thresholds
@options.preset
@options.epochs
@options.seed_option("Random seed; the same seed gives the same links.")
@options.file_option(
    "--checkpoint", "Save the state of training here, to continue after an interruption."
)
@click.option("--resume", is_flag=True, help="Continue from the checkpoint of an interrupted run.")
@options.device
@options.threads
@options.memory
@options.dry_run
@click.option(
    "--show",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Print N links: of the best connected entities, and for a quarter the least sure.",
)
@options.quiet
def align(
    source: Source,
    outputs: Outputs,
    names: str | None,
    values: bool,
    pairs: tuple[str, ...],
    many: bool,
    distinct_identifiers: bool,
    wanted: Wanted,
    preset: PresetName,
    checkpoint: Path | None,
    resume: bool,
    dry_run: bool,
    show: int,
    quiet: bool,
    **settings: Any,
) -> None:
    """Find links between two or more knowledge graphs.

    LEFT, RIGHT and MORE are RDF files (.nt, .ttl, .nq, .trig, .rdf, .jsonld), tables of triples
    (head, relation, tail; .tsv, .csv, .parquet) or with --table of records, or folders of them,
    also compressed (.gz, .bz2, .zst), or sparql+https:// and the address of an endpoint. Join
    several files of one graph by commas, or give a pattern in quotes, 'left/*.nt.gz'. A DATASET
    is a folder in the layout of a published data set, a name known under --data, or a name of
    dualamn data list, which is fetched if it is missing. Without seed links, the model starts
    from pseudo-seeds: pairs with the same unique name or attribute values. RDF labels are names;
    --names adds or replaces them.

    \b
    Examples:
      dualamn align left.tsv right.tsv --links seeds.tsv --out links.tsv
      dualamn align left.nt.gz,names.nt.gz right.ttl --links same.nt --out x.tsv
      dualamn align left.tsv right.tsv --names names.tsv --out links.tsv
      dualamn align shop.csv catalogue.csv --table id --out links.tsv
      dualamn align dbp15k/zh_en --data ~/data --epochs 10 --out links.csv
      dualamn align left.ttl right.ttl --out links.sssom.tsv --unmatched rest.csv
      dualamn align left.nt right.nt --out links.tsv --report report.html
      dualamn align dbp15k/zh_en --data ~/data --precision 0.95 --out links.tsv
      dualamn align left.tsv right.tsv --links seeds.tsv --many --out links.tsv
      dualamn align left.nt right.nt --links a.sssom.tsv --links b.nt \\
          --not-links wrong.tsv --out links.tsv
      dualamn align dbp5l --data ~/data --out links.tsv --clusters clusters.tsv
    """
    if settings["calibrate"] is False and wanted.asks_for_probabilities:
        raise click.UsageError(
            "--min-probability and --precision need probabilities: leave out --no-calibrate."
        )
    wanted.check()
    if wanted.asks_for_probabilities:
        settings["calibrate"] = True
    source.check()
    if resume and checkpoint is None:
        raise click.UsageError("--resume needs --checkpoint FILE, the one of the interrupted run.")
    if not values:
        settings["values"] = "off"
    from dualamn.config import AlignerConfig

    config = AlignerConfig.preset(preset, **options.given(**settings))
    outputs.check(config.matcher, checkpoint, given_files(source, names))
    if checkpoint is not None and checkpoint.exists() and not resume:
        raise click.UsageError(
            f"--checkpoint {checkpoint}: there is one already. Add --resume to go on from it, "
            "or delete it to start anew."
        )
    from dualamn.aligner import Aligner
    from dualamn.commands import console_tables as tables
    from dualamn.commands.closing_lines import print_closing_lines
    from dualamn.kernels.memory import keep_freed_memory
    from dualamn.matching import check_many
    from dualamn.planning.execution_plan import plan

    keep_freed_memory()
    aligner = Aligner(config)
    if many:
        check_many(config.matcher)
    task = source.load(settings["seed"], many=many, quiet=quiet)
    if names is not None:
        task = source.with_names(task, names)
    if distinct_identifiers:
        task = replace(task, distinct_identifiers=True)
    check_start(task)
    outputs.check_task(task)
    chosen_pairs = [parse_pair(pair, task.kg_names) for pair in pairs] or None
    for line in (describe_task(task), *(f"  note: {text}" for text in task.notes)):
        console.note(line, quiet=quiet)
    planned = plan(task, aligner.config)
    if dry_run:
        tables.print_plan(planned, task, console.results())
        return
    for line in planned.changes:
        console.note(f"  note: {line}, to fit into memory", quiet=quiet)

    console.keeps(outputs.kept)
    try:
        with console.progress(quiet=quiet) as progress:
            aligner.fit(task, progress=progress, checkpoint=checkpoint, resume=resume)
            outputs.write_trained(aligner)
            found = aligner.align(pairs=chosen_pairs, many=many, progress=progress)
    except KeyboardInterrupt:
        if not outputs.kept and checkpoint is not None and checkpoint.exists():
            console.keeps(f"{checkpoint} keeps what was trained; add --resume to go on from there.")
        elif not outputs.kept and checkpoint is None:
            console.keeps(f"{NOTHING} With --checkpoint FILE a run can be continued.")
        raise
    alignment, threshold = wanted.chosen(found)
    if outputs.ids:
        alignment = aligner.with_ids(alignment)
    iris = wanted.notes(alignment, str(outputs.out), has_iris=outputs.form.has_iris)
    notes = [*aligner.notes, *found.notes, *iris]
    pseudo_seeds = [] if aligner.pseudo_seeds is None else [str(aligner.pseudo_seeds)]
    written = outputs.write(alignment, aligner.seconds, [*notes, *pseudo_seeds, *threshold])
    if outputs.save is not None:
        aligner.save(outputs.save, alignment)  # with its links, which an update goes by
    to = console.results(to_stderr=outputs.to_stdout)
    if not quiet:
        for text in (*(f"  note: {text}" for text in notes), *pseudo_seeds):
            console.note(text)
        tables.print_rounds(aligner.rounds)
        tables.print_links(alignment, show, to)
        tables.print_probabilities(found, to)
        for line in written:
            console.say(to, line)
    if outputs.clusters is not None:
        clusters = alignment.clusters()
        clusters.to_tsv(outputs.clusters)
        outputs.kept.append(f"the clusters in {outputs.clusters}")
        if not quiet:
            tables.print_clusters(clusters, outputs.clusters, to)
    if not quiet:
        print_closing_lines(alignment, outputs, threshold, to)
