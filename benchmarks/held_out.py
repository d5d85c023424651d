"""Tries settings on links held out from the seed links; test links are never scored.

    python benchmarks/held_out.py DATASET [NAME=VALUE ...] [-- NAME=VALUE ...]

A fifth of the seed links is kept back and joins the test side unlabelled: candidates are the
entities of both, hits are counted for the fifth alone. Every group of settings between "--" is
one line of the table; `preset` may be among them, and `names_from`, a file of names or "uri".
`parts=5` keeps back one fifth after the other, each with a seed of its own, and shows the mean:
a single fifth says little of less than two points. DATASET is a folder, or a name under
$DUALAMN_DATA.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import dualamn
from dualamn.data_loaders import resolve
from dualamn.data_loaders.entity_names import with_names
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array

PARTS, SEED = 5, 77


def trial(task: AlignmentTask, part: int) -> tuple[AlignmentTask, Int32Array]:
    """The task with a fifth of its seed links moved to the test side, and that fifth."""
    order = np.random.default_rng(SEED).permutation(len(task.seed_links))
    fifths = np.array_split(order, PARTS)
    held = task.seed_links[fifths.pop(part)]
    tests = np.concatenate([held, task.test_links])
    kept = task.seed_links[np.concatenate(fifths)]
    return replace(task, seed_links=kept, test_links=tests), held


def settings_of(words: list[str]) -> dict[str, Any]:
    """{"epochs": 8} from ["epochs=8"]."""
    settings: dict[str, Any] = {}
    for word in words:
        name, _, value = word.partition("=")
        try:
            settings[name] = json.loads(value)
        except ValueError:
            settings[name] = value
    return settings


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one line for every group of settings."""
    dataset, *words = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if dataset in ("-h", "--help"):
        print(__doc__)
        return
    groups: list[list[str]] = [[]]
    for word in words:
        if word == "--":
            groups.append([])
        else:
            groups[-1].append(word)
    task = dualamn.load(resolve(dataset, None), seed=0)
    print(f"{dataset}: {len(task.seed_links):,} seed links, a fifth of them held out")
    for group in groups:
        settings = {"bootstrap_candidates": "test_only", "calibrate": False} | settings_of(group)
        named, source = task, settings.pop("names_from", None)
        if source is not None:
            named = with_names(task, source, resolve(dataset, None))
        preset, parts = settings.pop("preset", None), settings.pop("parts", 1)
        started = time.perf_counter()
        scores, turns = [], []
        for part in range(parts):
            seen, held = trial(named, part)
            aligner = dualamn.Aligner(preset, **({"seed": part} | settings)).fit(seen)
            scores.append(dualamn.evaluate(aligner.align(candidates="test_only"), held))
            turns.append([turn.pairs for turn in aligner.rounds])
        seconds = (time.perf_counter() - started) / parts
        print(
            " ".join(group) or "balanced",
            *(
                f"| {arrow}: " + ", ".join(mean(name, ranks) for name in ("hits@1", "mrr"))
                for arrow, ranks in (
                    ("->", [score.left_to_right for score in scores]),
                    ("<-", [score.right_to_left for score in scores]),
                )
                if None not in ranks  # not every matcher ranks
            ),
            f"| {seconds:.0f} s each",
            f"| pairs {turns}" if any(turns) else "",
            flush=True,
        )


def mean(name: str, ranks: Sequence[Mapping[str, float | None] | None]) -> str:
    """A measure and its mean over some runs."""
    values = [rank[name] for rank in ranks if rank is not None]
    return f"{name} {np.mean([value for value in values if value is not None]):.4f}"


if __name__ == "__main__":
    main()
