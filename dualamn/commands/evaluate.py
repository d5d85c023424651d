"""`dualamn evaluate`: how many links of a file are correct."""

from __future__ import annotations

from pathlib import Path

import click

from dualamn.commands import console, options


@click.command(short_help="Score a links file.")
@click.argument("links", type=click.Path(path_type=Path), metavar="LINKS")
@click.argument("gold", type=click.Path(path_type=Path), metavar="GOLD")
@options.as_json
@options.file_option(
    "--curve",
    "Write precision and recall at every threshold of the probability, or of the score where there "
    "is none.",
    metavar="FILE.csv",
)
@options.links_base
@options.encoding
@click.option("--many", is_flag=True, help="Allow several counterparts of an entity in GOLD.")
@options.quiet
def evaluate(
    links: Path,
    gold: Path,
    as_json: bool,
    curve: Path | None,
    base: str | None,
    many: bool,
    encoding: str | None,
    quiet: bool,
) -> None:
    """Score a links file: precision, recall and F1.

    GOLD holds links known to be correct, as two columns or as a links file. Both files may be
    any that dualamn align --links reads: tables, JSON Lines, Parquet, RDF or SSSOM. A link is
    incorrect if GOLD has another counterpart for either of its ends, and unknown if GOLD has
    neither end; where there are unknown links, a row "strict" counts them as incorrect. Where
    LINKS has probabilities, a line compares them with GOLD. An entity has one counterpart in
    GOLD, unless --many allows several: then a link to any of them is correct.

    \b
    Examples:
      dualamn evaluate links.tsv gold.tsv
      dualamn evaluate links.parquet gold.csv --curve curve.csv
      dualamn evaluate links.sssom.tsv gold.nt
    """
    options.can_be_written(curve)
    from dualamn.link_files import evaluate_files

    evaluation = evaluate_files(links, gold, base=base, many=many, encoding=encoding)
    if curve is not None:
        if evaluation.verdicts.scores is None:
            raise click.UsageError(f"--curve {curve}: the links in {links} have no scores.")
        evaluation.curve().to_csv(curve)
    if as_json:
        console.print_json(evaluation.as_dict())
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
