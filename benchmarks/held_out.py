"""Tries settings on links held out from the seed links; test links are never scored.

    python benchmarks/held_out.py DATASET [NAME=VALUE ...] [-- NAME=VALUE ...]

A fifth of the seed links is kept back and joins the test side unlabelled: candidates are the
entities of both, hits are counted for the fifth alone. Every group of settings between "--" is
one line of the table; `preset` may be among them, and `names_from`, a file of names or "uri".
DATASET is a folder, or a name under $DUALAMN_DATA.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np

import dualamn
from dualamn.arrays import Int32Array
from dualamn.data_loaders import resolve
from dualamn.data_loaders.names import with_names
from dualamn.task import AlignmentTask

SHARE, SEED = 0.2, 77


def trial(task: AlignmentTask) -> tuple[AlignmentTask, Int32Array]:
    """The task with a fifth of its seed links moved to the test side, and that fifth."""
    order = np.random.default_rng(SEED).permutation(len(task.seed_links))
    held, kept = np.split(task.seed_links[order], [int(SHARE * len(order))])
    tests = np.concatenate([held, task.test_links])
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


def main() -> None:
    """Prints one line for every group of settings."""
    dataset, *words = sys.argv[1:] or sys.exit(__doc__)
    groups: list[list[str]] = [[]]
    for word in words:
        if word == "--":
            groups.append([])
        else:
            groups[-1].append(word)
    task, held = trial(dualamn.load(resolve(dataset, None), seed=0))
    print(f"{dataset}: {len(task.seed_links):,} seed links, {len(held):,} held out")
    for group in groups:
        settings = {"bootstrap_candidates": "test_only"} | settings_of(group)
        named, source = task, settings.pop("names_from", None)
        if source is not None:
            named = with_names(task, source, resolve(dataset, None))
        started = time.perf_counter()
        aligner = dualamn.Aligner(settings.pop("preset", None), **settings).fit(named)
        scores = dualamn.evaluate(aligner.align(candidates="test_only"), held)
        seconds = time.perf_counter() - started
        print(
            " ".join(group) or "balanced",
            *(
                f"| {name}: Hits@1 {ranks['hits@1']:.3f}, MRR {ranks['mrr']:.3f}"
                for name, ranks in (("->", scores.left_to_right), ("<-", scores.right_to_left))
                if ranks is not None
            ),
            f"| {seconds:.0f} s",
            f"| pairs {[turn.pairs for turn in aligner.turns]}" if aligner.turns else "",
            flush=True,
        )


if __name__ == "__main__":
    main()
