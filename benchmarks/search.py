"""How much of an exact search an approximate one finds, and in what time.

    python benchmarks/search.py DATASET --preset paper

Trains on the data set's seed links, and searches all entities of its first two graphs in each
other: exactly, and once for every share of the ten nearest that is to be found.

DATASET is a folder, or a name under --data or $DUALAMN_DATA.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from harness import machine, run, table

from dualamn import Aligner, load
from dualamn.data_loaders import resolve
from dualamn.kernels.arrays import FloatArray
from dualamn.kernels.memory import keep_freed_memory
from dualamn.search.approximate import nearest_approximately
from dualamn.search.exact import nearest_both_ways

RECALLS = (0.9, 0.95, 0.99)


def measured(left: FloatArray, right: FloatArray, k: int, seed: int) -> list[list[str]]:
    """A line for the exact search and for every recall."""
    started = time.perf_counter()
    nearest_both_ways(left, right, k)
    exact = time.perf_counter() - started
    rows = [["1", "", "", "100%", "1", f"{exact:.1f}", "1.0"]]
    for recall in RECALLS:
        started = time.perf_counter()
        *_, found = nearest_approximately(left, right, k, recall=recall, seed=seed)
        spent = time.perf_counter() - started
        times = f"{spent:.1f}", f"{exact / spent:.1f}"
        if found is None:
            rows.append([f"{recall:g}", "", "", "100%", "1", *times])
            continue
        rows.append(
            [
                f"{recall:g}",
                f"{found.clusters:,}",
                f"{found.probes:,}",
                f"{found.share:.1%}",
                f"{found.at_10:.3f}",
                *times,
            ]
        )
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("dataset", metavar="DATASET")
    parser.add_argument("--data", type=Path, help="folder of data sets, else $DUALAMN_DATA")
    parser.add_argument("--preset", default="paper", help="[paper]")
    parser.add_argument("--train-ratio", type=float, help="share of all links that are seeds")
    parser.add_argument("--candidates", type=int, default=100, help="of each entity [100]")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    keep_freed_memory()
    ratio = {} if given.train_ratio is None else {"train_ratio": given.train_ratio}
    task = load(resolve(given.dataset, given.data), seed=given.seed, **ratio)
    embeddings = Aligner(given.preset, seed=given.seed, calibrate=False).fit(task).embeddings()
    left, right = (embeddings[ids] for ids in (task.entity_range(0), task.entity_range(1)))
    print(machine())
    print(
        f"{given.dataset}, preset {given.preset}, seed {given.seed}: {len(left):,} and "
        f"{len(right):,} rows of {left.shape[1]} numbers"
    )
    header = "asked for", "clusters", "probes", "compared", "recall@10", "s", "times as fast"
    print(table(header, measured(left, right, given.candidates, given.seed)))


if __name__ == "__main__":
    run(main)
