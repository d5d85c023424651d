"""Links and scores as tables for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dualamn.commands.console import add_row, table

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from dualamn.alignment import Alignment
    from dualamn.eval import Evaluation
    from dualamn.graphs.task import AlignmentTask
    from dualamn.kernels.arrays import FloatArray
    from dualamn.result import PairAlignment

Scores = Mapping[str, Any]
_LONGEST = 40  # characters of a name that are shown
RANKING = {"hits@1": "Hits@1", "hits@5": "Hits@5", "hits@10": "Hits@10", "mrr": "MRR"}
LINK_RATES = {
    "precision": "precision",
    "strict_precision": "strict",
    "recall": "recall",
    "f1": "F1",
    "strict_f1": "strict",
}


def fraction(value: float | None) -> str:
    """Three decimals, or a dash for what was not measured."""
    return "-" if value is None else f"{value:.3f}"


def link_table(alignment: Alignment, count: int) -> Table:
    """Some links and whether they are right, as far as the task knows.

    First those of the entities with the most triples, which are the ones that people know; then
    below a gap, for a quarter of the rows, the least sure ones. How sure they are is their
    probability where they have one, else their score. Entities are called by name where they have
    one; where the task has no known answers, nothing is said of them.
    """
    task = alignment.task
    left, right = "left", "right"
    if len(alignment.pairs) == 1:
        (pair,) = alignment.pairs
        left, right = task.kg_names[pair.left], task.kg_names[pair.right]
    chances = alignment.probabilities
    measure = "score" if chances is None else "probability"
    shown = table(left, "", right, measure, text_columns=3)
    answers = [_known_answers(task, pair) for pair in alignment.pairs]
    judged = any(answers)
    if judged:
        shown.add_column("")
    sure = alignment.scores if chances is None else chances
    links, ends = alignment.links, np.cumsum([len(pair.links) for pair in alignment.pairs])
    for chosen in _choose(alignment, sure, count):
        for at in chosen:
            one, other = links[at].tolist()
            value = None if np.isnan(sure[at]) else float(sure[at])
            cells = (_called(task, one), "↔", _called(task, other), fraction(value))
            known = answers[int(np.searchsorted(ends, at, side="right"))]
            add_row(shown, *cells, *([_verdict(task, known, one, other)] if judged else []))
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


def _known_answers(task: AlignmentTask, pair: PairAlignment) -> dict[int, int]:
    """The right partner of every entity, both ways, as far as the task knows."""
    known = np.concatenate([task.valid_links, task.test_links])
    links = task.links_between(known, pair.left, pair.right).tolist()
    return {one: other for ends in links for one, other in (ends, ends[::-1])}


def _called(task: AlignmentTask, joint: int) -> str:
    """What people call an entity: its name where the graph has one, else its identifier."""
    name = " ".join(task.name_of(joint).split())
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST - 1]}…"
    return name or str(task.identifiers(joint))


def _verdict(task: AlignmentTask, answers: Mapping[int, int], left: int, right: int) -> Text:
    from rich.text import Text

    if answers.get(left) == right or answers.get(right) == left:
        return Text("✓ right", style="green")
    if left in answers:
        return Text(f"✗ should be {_called(task, answers[left])}", style="red")
    if right in answers:
        return Text(f"✗ {_called(task, answers[right])} belongs there", style="red")
    return Text("? no known answer", style="dim")


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


def same_name_line(hits: float, candidates: str | None = None) -> str:
    """What the same string of a name alone finds, for beside scores that names took part in."""
    where = "" if candidates is None else f", {candidates}"
    return f"the same name alone{where}, left → right: Hits@1 {fraction(hits)} (ties are wrong)"


def _ranking_row(shown: Table, name: str, metrics: Scores | None) -> None:
    if metrics is not None:
        add_row(shown, name, *(fraction(metrics[key]) for key in RANKING))


def link_score_table(links: Mapping[str, Scores], *, name: str = "links") -> Table:
    """Precision, recall and F1 of links, a row for every name, under a name for all of them.

    Where links are unknown, a second row counts them as incorrect.
    """
    shown = table(name, "precision", "recall", "F1", "correct", "incorrect", "unknown", "missed")
    for row, at in links.items():
        rates = (fraction(at[key]) for key in ("precision", "recall", "f1"))
        counts = (f"{at[key]:,.0f}" for key in ("correct", "incorrect", "unknown", "missed"))
        add_row(shown, row, *rates, *counts)
        if at["unknown"]:
            rates = (fraction(at[key]) for key in ("strict_precision", "recall", "strict_f1"))
            incorrect = f"{at['incorrect'] + at['unknown']:,.0f}"
            add_row(
                shown,
                "  strictly",
                *rates,
                f"{at['correct']:,.0f}",
                incorrect,
                "0",
                "",
            )
            shown.rows[-1].style = "dim"
    return shown
