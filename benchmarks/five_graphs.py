"""Several graphs trained at once against each pair of them trained alone.

    python benchmarks/five_graphs.py --data DIR   # DIR/dbp5l, or $DUALAMN_DATA
    python benchmarks/five_graphs.py --made       # synthetic data, no download

Both have the same seed links: a pair alone has those between its two graphs, and the model for
all graphs has those of every pair. So it also sees links over a third graph. Some test links
follow from two such seed links; the last columns are without them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from harness import describe, get_task, machine, options, run, set_threads, table

from dualamn import Aligner, AlignerConfig, AlignmentTask, evaluate
from dualamn.alignment import Alignment
from dualamn.files.atomic import atomic_write
from dualamn.kernels.arrays import BoolArray, Int32Array
from dualamn.kernels.memory import keep_freed_memory

Run = dict[str, Any]
"""One seed's figures: `seed`, `pairs` with what `hits` gives for both, and `seconds`."""

Figures = tuple[float | None, float | None]
"""Hits@1 of a pair trained alone, and together with all others."""

COLUMNS = {
    "all right": "all →",
    "all left": "all ←",
    "rest right": "without implied →",
    "rest left": "without implied ←",
}


def hits(alignment: Alignment, links: Int32Array, implied: BoolArray) -> dict[str, float | None]:
    """Hits@1 of the one pair of graphs that the alignment is of, by the keys of `COLUMNS`.

    Args:
        alignment: of one pair.
        links: (m, 2) the pair's test links.
        implied: (m,) whether a link follows from seed links over other graphs.
    """
    found: dict[str, float | None] = {}
    for name, gold in (("all", links), ("rest", links[np.logical_not(implied)])):
        score = evaluate(alignment, gold)
        for arrow, metrics in (("right", score.left_to_right), ("left", score.right_to_left)):
            found[f"{name} {arrow}"] = None if metrics is None else metrics["hits@1"]
    return found


def compare(task: AlignmentTask, config: AlignerConfig) -> Run:
    """Trains once on everything and once on every pair, and scores all pairs both ways."""
    begin = time.perf_counter()
    joint = Aligner(config).fit(task)
    seconds = {"together": time.perf_counter() - begin, "alone": 0.0}
    pairs: dict[str, Any] = {}
    sources = task.source_of[task.test_links]
    for left, right in task.kg_pairs:
        names = task.kg_names[left], task.kg_names[right]
        between = (sources == (left, right)).all(axis=1)
        if not between.any():
            continue
        implied = task.implied_by_seeds[between]
        of_joint = joint.align(pairs=[names], candidates="test_only")
        row = {
            "test": int(between.sum()),
            "implied": int(implied.sum()),
            "together": hits(of_joint, task.test_links[between], implied),
            "alone": None,
        }
        # Its links are in the same order, see `restricted_to`.
        part = task.restricted_to(names)
        if len(part.seed_links):
            begin = time.perf_counter()
            alone = Aligner(config).fit(part)
            seconds["alone"] += time.perf_counter() - begin
            row["alone"] = hits(alone.align(candidates="test_only"), part.test_links, implied)
        pairs["-".join(names)] = row
    return {"seed": config.seed, "pairs": pairs, "seconds": seconds}


def report(runs: Sequence[Run]) -> str:
    """Means over the runs: Hits@1 of every pair, and how many pairs are better off together."""
    rows, better = [], 0
    columns: list[list[Figures]] = []
    names = list(dict.fromkeys(pair for run in runs for pair in run["pairs"]))
    for pair in names:
        of_pair = [run["pairs"][pair] for run in runs if pair in run["pairs"]]
        figures = [
            (
                _mean([row["alone"][column] for row in of_pair if row["alone"]]),
                _mean([row["together"][column] for row in of_pair]),
            )
            for column in COLUMNS
        ]
        columns.append(figures)
        better += all(
            alone is None or together is None or together > alone for alone, together in figures
        )
        counts = (statistics.fmean(row[key] for row in of_pair) for key in ("test", "implied"))
        rows.append([pair, *(f"{count:,.0f}" for count in counts), *map(_both, figures)])
    means = [
        (_mean([pair[i][0] for pair in columns]), _mean([pair[i][1] for pair in columns]))
        for i in range(len(COLUMNS))
    ]
    rows.append(["mean", "", "", *map(_both, means)])
    alone, together = (
        statistics.fmean(run["seconds"][how] for run in runs) for how in ("alone", "together")
    )
    return "\n".join(
        [
            table(["Hits@1: alone, together", "test", "implied", *COLUMNS.values()], rows),
            "",
            f"better together in every column: {better} of {len(names)} pairs",
            f"training: {alone:.0f} s for all pairs alone, {together:.0f} s together",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = options(__doc__, dataset="dbp5l", repeat=None)
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="seeds 0 to N-1  [1]")
    parser.add_argument("--epochs", type=int, help="passes over the seed links")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures as JSON")
    given = parser.parse_args(arguments)
    set_threads(given.threads)
    keep_freed_memory()
    print(machine())
    settings = {} if given.epochs is None else {"epochs": given.epochs}
    runs: list[Run] = []
    for seed in range(given.seed, given.seed + given.seeds):
        task = get_task(argparse.Namespace(**{**vars(given), "seed": seed}), n_kgs=5)
        if not runs:
            print(describe(task), flush=True)
        config = AlignerConfig.preset("paper", seed=seed, threads=given.threads, **settings)
        runs.append(compare(task, config))
    print(f"\nmean of {len(runs)} seeds\n" if len(runs) > 1 else "")
    print(report(runs))
    if given.json is not None:
        with atomic_write(given.json) as file:
            json.dump(runs, file, indent=2)


def _both(figures: Figures) -> str:
    return ", ".join("-" if figure is None else f"{figure:.3f}" for figure in figures)


def _mean(figures: Sequence[float | None]) -> float | None:
    measured = [figure for figure in figures if figure is not None]
    return statistics.fmean(measured) if measured else None


if __name__ == "__main__":
    run(main)
