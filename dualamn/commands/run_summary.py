"""What `dualamn align` prints of what it found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualamn.commands import console

if TYPE_CHECKING:
    from rich.console import Console

    from dualamn.alignment import Alignment
    from dualamn.bootstrap import Turn
    from dualamn.commands.outputs import Outputs
    from dualamn.eval import Evaluation
    from dualamn.matching.entity_clusters import Clusters


def say_turns(turns: Sequence[Turn]) -> None:
    """What every turn of bootstrapping learned from."""
    for turn in turns:
        console.note(
            f"turn {turn.number} learned from {turn.pairs:,} pairs of its own: {turn.new:,} new, "
            f"{turn.kept:,} kept, {turn.dropped:,} dropped, {turn.seconds:.1f} s",
            quiet=False,
        )


def print_links(alignment: Alignment, outputs: Outputs, show: int, seconds: float) -> None:
    """How many links there are and where; some of them, and scores where there are test links.

    Args:
        alignment: the links that were written.
        outputs: where they went.
        show: how many to print.
        seconds: that training took.
    """
    from dualamn.bench.records import exact_name_match
    from dualamn.commands.console_tables import (
        link_score_table,
        link_table,
        same_name_line,
        score_table,
    )
    from dualamn.eval import PROTOCOL_IN_WORDS, evaluate

    task, to = alignment.task, console.results(to_stderr=outputs.to_stdout)
    if show:
        to.print(link_table(alignment, show))
    counts = alignment.summary()["links"]
    per_pair = ", ".join(f"{pair} {count:,}" for pair, count in counts.items())
    console.say(
        to,
        f"{len(alignment):,} links in {outputs.place} ({outputs.form.title}; {per_pair}), "
        f"after {seconds:.1f} s of training",
    )
    if len(task.test_links):
        evaluation = evaluate(alignment, task.test_links)
        console.say(to)
        console.say(to, f"Scores by {len(task.test_links):,} test links", style="bold")
        console.say(to, f"matcher {evaluation.matcher}; {PROTOCOL_IN_WORDS[evaluation.protocol]}")
        to.print(score_table(evaluation))
        hits = exact_name_match(task, task.test_links, evaluation.protocol)
        if hits is not None:
            console.say(to, same_name_line(hits))
        to.print(link_score_table(_link_scores(evaluation)))


def print_probabilities(found: Alignment, chosen_by: list[str], to: Console) -> None:
    """What the probabilities are made of and how good they are; then what was chosen by them."""
    if found.calibration is not None:
        for pair in found.calibration.pairs:
            if pair.method != "prior" and pair.n_judged:
                what = "seed links" if pair.method == "held-out" else "pairs found by name"
                console.say(
                    to,
                    f"probabilities of {pair.name}: {pair.n_held_out:,} {what} held out, "
                    f"{pair.n_judged:,} links judged by them, calibration error {pair.error:.3f}",
                )
        for text in found.calibration.notes:
            console.note(f"  note: {text}")
    for text in chosen_by:
        console.say(to, text)


def print_clusters(clusters: Clusters[Alignment], file: Path, to: Console) -> None:
    """How many clusters were written, and scores of their pairs where there are test links."""
    from dualamn.commands.console_tables import link_score_table
    from dualamn.eval import evaluate

    task = clusters.task
    sizes = ", ".join(f"{count:,} of {size}" for size, count in clusters.by_size.items())
    seeds = f" and {clusters.n_seeds_dropped:,} seed links" if clusters.n_seeds_dropped else ""
    console.say(
        to,
        f"{len(clusters):,} clusters in {file}"
        + (f" ({sizes})" if sizes else "")
        + f": {clusters.n_kept:,} links kept, {clusters.n_dropped:,}{seeds} dropped as conflicts, "
        f"{clusters.n_implied:,} pairs implied without a link",
    )
    if len(task.test_links):
        console.say(to)
        if easy := int(task.implied_by_seeds.sum()):
            console.say(to, f"{easy:,} of the test links follow from chains of seed links")
        evaluation = evaluate(clusters.to_alignment(), task.test_links)
        to.print(link_score_table(_link_scores(evaluation), name="pairs in clusters"))


def _link_scores(evaluation: Evaluation) -> dict[str, Any]:
    """Measures of the links of every pair of graphs, and of more than one the mean."""
    rows: dict[str, Any] = {pair.name: pair.links.as_dict() for pair in evaluation.pairs}
    if len(rows) > 1:
        rows["mean"] = evaluation.links
    return rows
