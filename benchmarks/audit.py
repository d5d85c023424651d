"""How well an audit finds wrong seed links, and what it brings to drop them.

    python benchmarks/audit.py --dataset dbp15k/zh_en --shuffled .1 .3 .5

Of a share of the seed links the right ends change places, each of which is wrong then. Printed are
the area under the ROC curve of the audit's ranking, the share that it takes for wrong, precision
and recall of its suspects, and the recall of all test links by Hits@1 of a model that learns from
all seed links, from those that are no suspects, and from the correct ones alone.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from harness import describe, get_task, options, run, table

from dualamn import Aligner, AlignmentTask, audit
from dualamn.kernels.arrays import BoolArray, Floats, pair_keys


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a row for every share of wrong links."""
    parser = options(__doc__, dataset="dbp15k/zh_en", repeat=None)
    parser.add_argument("--preset", default="fast", choices=("fast", "balanced", "best"))
    parser.add_argument("--shuffled", type=float, nargs="+", default=[0.1, 0.3, 0.5])
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--only-rank", action="store_true", help="do not train on what is left")
    given = parser.parse_args(arguments)
    task = get_task(given)
    print(f"{describe(task)}, {given.preset}, {given.folds} folds\n")
    rows = []
    for share in given.shuffled:
        noisy = shuffled(task, share, given.seed)
        started = time.perf_counter()
        found = audit(noisy, given.preset, folds=given.folds, seed=given.seed)
        seconds = time.perf_counter() - started
        wrong = ~np.isin(pair_keys(found.links), pair_keys(task.seed_links))
        hits = int(wrong[: found.n_suspects].sum())
        row = [
            f"{share:.0%}",
            f"{area(-found.scores, wrong):.4f}" if wrong.any() else "",
            f"{found.wrong_share:.3f}",
            f"{found.n_suspects:,}",
            f"{hits / max(found.n_suspects, 1):.3f}",
            f"{hits / max(int(wrong.sum()), 1):.3f}",
        ]
        if not given.only_rank:
            clean = np.isin(pair_keys(noisy.seed_links), pair_keys(task.seed_links))
            correct = replace(noisy, seed_links=noisy.seed_links[clean])
            for one in (noisy, found.without_suspects(), correct):
                row.append(f"{recall(one, given.preset, given.seed):.3f}")
        rows.append((*row, f"{seconds:.0f} s"))
        print(rows[-1], flush=True)
    heads = ["shuffled", "area", "wrong", "suspects", "precision", "recall"]
    if not given.only_rank:
        heads += ["found with all", "without suspects", "with correct ones"]
    print("\n" + table((*heads, "time"), rows))


def shuffled(task: AlignmentTask, share: float, seed: int) -> AlignmentTask:
    """The task with a share of its seed links wrong."""
    rng = np.random.default_rng(seed)
    links = task.seed_links.copy()
    at = rng.permutation(len(links))[: round(share * len(links))]
    links[at, 1] = np.roll(links[at, 1], 1)
    return replace(task, seed_links=links)


def area(suspicion: Floats, wrong: BoolArray) -> float:
    """The area under the ROC curve: how often a wrong link is ahead of a correct one."""
    values, place = np.unique(suspicion, return_inverse=True)
    each = np.bincount(place, minlength=len(values))
    rank = (np.cumsum(each) - (each - 1) / 2)[place]
    n = int(wrong.sum())
    return float((rank[wrong].sum() - n * (n + 1) / 2) / (n * (len(wrong) - n)))


def recall(task: AlignmentTask, preset: str, seed: int) -> float:
    """The share of the test links that a model of the seed links finds."""
    aligner = Aligner(preset, seed=seed, calibrate=False).fit(task)  # type: ignore[arg-type]
    links = aligner.align(candidates="test_only").links
    found = np.isin(pair_keys(task.test_links), pair_keys(links))
    return float(found.mean())


if __name__ == "__main__":
    run(main)
