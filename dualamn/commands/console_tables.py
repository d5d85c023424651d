"""What a run found, how good it is and what it takes, as tables and lines for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dualamn.commands.console import (
    RANKING,
    STRICT,
    add_row,
    note,
    same_name_line,
    say,
    table,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from dualamn.alignment import Alignment
    from dualamn.bootstrap import Round
    from dualamn.eval import Evaluation
    from dualamn.graphs.task import AlignmentTask
    from dualamn.kernels.arrays import FloatArray
    from dualamn.matching.entity_clusters import Clusters
    from dualamn.planning.execution_plan import ExecutionPlan
    from dualamn.result import PairAlignment

Scores = Mapping[str, Any]
_LONGEST = 40  # characters of a name that are shown


def link_table(alignment: Alignment, count: int) -> Table:
    """Some links, and whether they are correct where the task knows gold links.

    First those of the entities with the most triples, which people are likely to know; then,
    below a gap, a quarter of the rows, the least sure ones by probability, or by score where
    there is none.
    """
    task = alignment.task
    left, right = "left", "right"
    if len(alignment.pairs) == 1:
        (pair,) = alignment.pairs
        left, right = task.kg_names[pair.left], task.kg_names[pair.right]
    probabilities = alignment.probabilities
    measure = "score" if probabilities is None else "probability"
    shown = table(left, "", right, measure, text_columns=3)
    gold = [_counterparts(task, pair) for pair in alignment.pairs]
    has_gold = any(gold)
    if has_gold:
        shown.add_column("")
    sure = alignment.scores if probabilities is None else probabilities
    links, ends = alignment.links, np.cumsum([len(pair.links) for pair in alignment.pairs])
    for chosen in _choose(alignment, sure, count):
        for at in chosen:
            one, other = links[at].tolist()
            value = None if np.isnan(sure[at]) else float(sure[at])
            cells = (_called(task, one), "↔", _called(task, other), value)
            known = gold[int(np.searchsorted(ends, at, side="right"))]
            add_row(shown, *cells, *([_verdict(task, known, one, other)] if has_gold else []))
        shown.add_section()
    return shown


def _choose(alignment: Alignment, sure: FloatArray, count: int) -> tuple[list[int], list[int]]:
    """Positions of the best connected links, and of the least sure among the others."""
    task, links = alignment.task, alignment.links
    degrees = np.concatenate([kg.degrees for kg in task.kgs])
    names = task.identifiers(links)
    order = np.lexsort((names[:, 1], names[:, 0], -degrees[links].sum(axis=1)))
    best = count - count // 4
    rest = order[best:]
    doubtful = rest[np.argsort(sure[rest], kind="stable")][: count - best]
    return order[:best].tolist(), doubtful[::-1].tolist()


def _counterparts(task: AlignmentTask, pair: PairAlignment) -> dict[int, int]:
    """The counterpart of every entity, both ways, as far as the task knows."""
    known = np.concatenate([task.valid_links, task.test_links])
    links = task.links_between(known, pair.left, pair.right).tolist()
    return {one: other for ends in links for one, other in (ends, ends[::-1])}


def _called(task: AlignmentTask, joint: int) -> str:
    """What people call an entity: its name where the graph has one, else its identifier."""
    name = " ".join(task.name_of(joint).split())
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST - 1]}…"
    return name or str(task.identifiers(joint))


def _verdict(task: AlignmentTask, gold: Mapping[int, int], left: int, right: int) -> Text:
    from rich.text import Text

    if gold.get(left) == right or gold.get(right) == left:
        return Text("✓ correct", style="green")
    if left in gold:
        return Text(f"✗ should be {_called(task, gold[left])}", style="red")
    if right in gold:
        return Text(f"✗ {_called(task, gold[right])} belongs there", style="red")
    return Text("? unknown", style="dim")


def score_table(evaluation: Evaluation) -> Table:
    """Both directions of every pair of graphs, under the protocol that they were ranked by."""
    shown = table(f"ranking, {evaluation.protocol}", *RANKING.values())
    for pair in evaluation.pairs:
        _ranking_row(shown, f"{pair.left} → {pair.right}", pair.left_to_right)
        _ranking_row(shown, f"{pair.right} → {pair.left}", pair.right_to_left)
    if len(evaluation.pairs) > 1:
        _ranking_row(shown, "mean, left → right", evaluation.left_to_right)
        _ranking_row(shown, "mean, right → left", evaluation.right_to_left)
    return shown


def _ranking_row(shown: Table, name: str, metrics: Scores | None) -> None:
    if metrics is not None:
        add_row(shown, name, *(metrics[key] for key in RANKING))


def link_score_table(links: Mapping[str, Scores], *, name: str = "links") -> Table:
    """Precision, recall and F1 of links, a row for every name, under a name for all of them.

    Where some links are unknown, a second row counts them as incorrect.
    """
    shown = table(name, "precision", "recall", "F1", "correct", "incorrect", "unknown", "missed")
    for row, at in links.items():
        rates = (at["precision"], at["recall"], at["f1"])
        counts = [round(at[key]) for key in ("correct", "incorrect", "unknown", "missed")]
        add_row(shown, row, *rates, *counts)
        if at["unknown"]:
            rates = (at["strict_precision"], at["recall"], at["strict_f1"])
            incorrect = round(at["incorrect"] + at["unknown"])
            add_row(shown, "  strict", *rates, counts[0], incorrect, 0, "")
            shown.rows[-1].style = "dim"
            shown.caption = STRICT
    return shown


def print_rounds(rounds: Sequence[Round]) -> None:
    """What every self-training round learned from."""
    for at in rounds:
        note(
            f"self-training round {at.number}: {at.pairs:,} pseudo-labels ({at.new:,} new, "
            f"{at.kept:,} kept, {at.dropped:,} dropped), {at.seconds:.1f} s"
        )


def print_links(alignment: Alignment, show: int, to: Console) -> None:
    """Some of the links, `show`, and scores of all of them if there are test links."""
    from dualamn.bench.records import exact_name_match
    from dualamn.eval import PROTOCOL_IN_WORDS, evaluate

    task = alignment.task
    if show:
        to.print(link_table(alignment, show))
    if len(task.test_links):
        evaluation = evaluate(alignment, task.test_links)
        say(to)
        say(to, f"Scores on {len(task.test_links):,} test links", style="bold")
        say(to, f"matcher {evaluation.matcher}; {PROTOCOL_IN_WORDS[evaluation.protocol]}")
        to.print(score_table(evaluation))
        hits = exact_name_match(task, task.test_links, evaluation.protocol)
        if hits is not None:
            say(to, same_name_line(hits))
        to.print(link_score_table(_link_scores(evaluation)))


def print_probabilities(found: Alignment, to: Console) -> None:
    """Where the probabilities come from, and how good they are."""
    from dualamn.eval.reliability import ENOUGH_LABELLED

    if found.calibration is not None:
        for pair in found.calibration.pairs:
            if pair.method == "held-out" and pair.n_held_out:
                error = ""
                if pair.n_labelled >= ENOUGH_LABELLED:
                    error = f"; calibration error {pair.calibration_error:.3f}"
                say(
                    to,
                    f"probabilities of {pair.name}: {pair.n_held_out:,} seed links held out, which "
                    f"label {pair.n_labelled:,} links{error}",
                )
        for text in found.calibration.notes:
            note(f"  note: {text}")


def print_clusters(clusters: Clusters[Alignment], file: Path, to: Console) -> None:
    """How many clusters were written, and scores of their pairs where there are test links."""
    from dualamn.eval import evaluate

    task = clusters.task
    sizes = ", ".join(f"{count:,} of {size}" for size, count in clusters.by_size.items())
    seeds = f" and {clusters.n_seeds_dropped:,} seed links" if clusters.n_seeds_dropped else ""
    say(
        to,
        f"{len(clusters):,} clusters in {file}"
        + (f" ({sizes})" if sizes else "")
        + f": {clusters.n_kept:,} links kept, {clusters.n_dropped:,}{seeds} dropped as conflicts, "
        f"{clusters.n_implied:,} pairs implied without a link",
    )
    if len(task.test_links):
        say(to)
        if easy := int(task.implied_by_seeds.sum()):
            say(to, f"{easy:,} of the test links follow from chains of seed links")
        evaluation = evaluate(clusters.to_alignment(), task.test_links)
        to.print(link_score_table(_link_scores(evaluation), name="pairs in clusters"))


def _link_scores(evaluation: Evaluation) -> dict[str, Any]:
    """Measures of the links of every pair of graphs, and of more than one the mean."""
    rows: dict[str, Any] = {pair.name: pair.links.as_dict() for pair in evaluation.pairs}
    if len(rows) > 1:
        rows["mean"] = evaluation.links
    return rows


def print_plan(plan: ExecutionPlan, task: AlignmentTask, to: Console, *, models: int = 1) -> None:
    """Memory of every stage, what was changed to keep within it, and about how long it takes.

    `models` is how many the run trains, without those for probabilities.
    """
    from dualamn.planning.execution_plan import GIB
    from dualamn.planning.time_estimate import Sizes, Speed, in_words, seconds

    stages = table("stage", "GiB")
    for name, size in plan.stages.items():
        add_row(stages, name, f"{size / GIB:.2f}")
    to.print(stages)
    allowed = "" if plan.budget is None else f", {plan.budget / GIB:.2f} GiB are allowed"
    say(to, f"about {plan.peak / GIB:.2f} GiB of memory at most{allowed}")
    for line in plan.changes:
        say(to, f"to fit into memory: {line}")
    speed = Speed.measured(plan.config.threads)
    duration = in_words(seconds(Sizes.of(task), plan.config, speed, models=models))
    say(to, f"{duration} on this machine, within a factor of two; less on a GPU")
