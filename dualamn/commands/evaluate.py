"""`dualamn evaluate`: how many links of a file are right."""

from __future__ import annotations

import json
from pathlib import Path

import click

from dualamn.commands import console, options


@click.command(short_help="Score a links file.")
@click.argument("links", type=click.Path(path_type=Path), metavar="LINKS")
@click.argument("gold", type=click.Path(path_type=Path), metavar="GOLD")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--curve",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Write precision and recall of the links down to every score.",
)
@click.option(
    "--base",
    metavar="IRI",
    help="In files of IRIs: the --base that names were written under.",
)
@click.option("--many", is_flag=True, help="GOLD may have several counterparts of an entity.")
@options.quiet
def evaluate(
    links: Path,
    gold: Path,
    as_json: bool,
    curve: Path | None,
    base: str | None,
    many: bool,
    quiet: bool,
) -> None:
    """Score a links file: precision, recall and F1.

    GOLD holds links known to be right: two columns, or the columns of a links file. Both may be
    any file that dualamn align --links reads: tables, JSON Lines, Parquet, RDF or SSSOM. A link
    is wrong if GOLD has another counterpart for either of its ends; if GOLD knows neither, it is
    counted as unjudged. The strict figures take unjudged links for wrong. Where LINKS has
    probabilities, a line says how far they can be believed. An entity has one counterpart in
    GOLD, unless --many says otherwise: then every link to one of them is right.

    \b
    Examples:
      dualamn evaluate links.tsv gold.tsv
      dualamn evaluate links.parquet gold.csv --curve curve.csv
      dualamn evaluate links.sssom.tsv gold.nt
    """
    options.can_be_written(curve)
    from dualamn.link_files import evaluate_files

    evaluation = evaluate_files(links, gold, base=base, many=many)
    if curve is not None:
        if evaluation.verdicts.scores is None:
            raise click.UsageError(f"--curve {curve}: the links in {links} have no scores.")
        evaluation.curve().to_csv(curve)
    if as_json:
        click.echo(json.dumps(evaluation.as_dict(), indent=2, ensure_ascii=False))
        return
    from dualamn.commands.console_tables import link_score_table
    from dualamn.eval.reliability import calibration_in_words

    rows = {name: metrics.as_dict() for name, metrics in evaluation.pairs.items()}
    if len(rows) != 1:
        rows["all"] = evaluation.total.as_dict()
    to = console.results()
    to.print(link_score_table(rows))
    if evaluation.reliability:
        console.say(to, calibration_in_words(evaluation.reliability))
    for text in evaluation.notes:
        console.note(f"note: {text}", quiet=quiet)
