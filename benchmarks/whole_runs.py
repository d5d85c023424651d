"""Whole runs on the published data sets, each `dualamn bench` in a process of its own.

    python benchmarks/whole_runs.py --data DIR               # all of them, one after the other
    python benchmarks/whole_runs.py --data DIR dbp15k/zh_en  # some of them
    python benchmarks/whole_runs.py --preset best            # with another preset than paper
    python benchmarks/whole_runs.py --show                   # the table of results that are there
    python benchmarks/whole_runs.py --commands               # what would be run

Results are JSON files under benchmarks/results/PRESET, one a line of the table. What follows `--`
goes to `dualamn bench`, as in `whole_runs.py dbp15k/zh_en -- --epochs 2`.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import program, run, table

RESULTS = Path(__file__).parent / "results"

RUNS: dict[str, tuple[str, ...]] = {
    "dbp15k/zh_en": ("dbp15k/zh_en", "--seeds", "3"),
    "dbp15k/ja_en": ("dbp15k/ja_en", "--seeds", "3"),
    "dbp15k/fr_en": ("dbp15k/fr_en", "--seeds", "3"),
    "srprs/en_fr": ("srprs/en_fr", "--seeds", "3"),
    "srprs/en_de": ("srprs/en_de", "--seeds", "3"),
    "openea/D_W_15K_V1_ids": ("openea/D_W_15K_V1_ids", "--fold", "all"),
    "dbp5l": ("dbp5l", "--seeds", "3", "--train-ratio", "0.3"),
    "contea/FR-EN@5": ("contea/FR-EN@5", "--train-ratio", "0.3"),
    "once": ("dbp15k/zh_en",),
}
"""The lines of the table: data set and options. The last is for seconds and memory of a process
that does one run and nothing else."""

PUBLISHED = {
    "dbp15k/zh_en": (0.731, 0.923, 0.799),
    "dbp15k/ja_en": (0.726, 0.927, 0.799),
    "dbp15k/fr_en": (0.756, 0.948, 0.827),
    "srprs/en_fr": (0.452, 0.748, 0.552),
    "srprs/en_de": (0.591, 0.820, 0.670),
}
"""Hits@1, Hits@10 and MRR of the basic Dual-AMN in the paper, arXiv 2103.15452, whose authors'
program ranks right to left."""


def command(
    name: str, preset: str, data: Path | None, results: Path, more: Sequence[str] = ()
) -> list[str]:
    """What follows `dualamn` on one line."""
    where = [] if data is None else ["--data", str(data)]
    fixed = ["--preset", preset, "--protocol", "test"]
    out = ["--json", str(file_of(name, results))]
    dataset, *own = RUNS[name]
    return ["bench", dataset, *fixed, *own, *where, *out, *more]


def file_of(name: str, results: Path) -> Path:
    """Where a line's figures are kept."""
    return results / f"{name.replace('/', '_')}.json"


def row(name: str, report: dict[str, Any]) -> list[str]:
    """One line of the table: means over its runs, left to right, with published figures."""
    mean, std = report["mean"], report["std"]
    right, left = (mean["metrics"]["test_only"][way] for way in ("left_to_right", "right_to_left"))
    published = PUBLISHED.get(name)
    spread = (
        "" if std is None else f" ±{std['metrics']['test_only']['left_to_right']['hits@1']:.3f}"
    )
    figures = (("hits@1", spread), ("hits@10", ""), ("mrr", ""))
    return [
        name,
        str(len(report["runs"])),
        *(f"{right[key]:.3f}{after}" for key, after in figures),
        f"{left['hits@1']:.3f}",
        "" if published is None else " / ".join(f"{figure:.3f}" for figure in published),
        f"{mean['seconds']['train']:.1f}",
        f"{mean['seconds']['total']:.1f}",
        f"{mean['peak_memory_bytes'] / 2**30:.2f}",
    ]


def show(results: Path) -> str:
    """The table of all results that are there.

    Raises:
        SystemExit: there are none.
    """
    rows = []
    for name in RUNS:
        file = file_of(name, results)
        if file.exists():
            rows.append(row(name, json.loads(file.read_text(encoding="utf-8"))))
    if not rows:
        raise SystemExit(f"there are no results in {results}; run this without --show first")
    head = ["test side only", "runs", "Hits@1 →", "Hits@10 →", "MRR →", "Hits@1 ←", "published"]
    head += ["train s", "total s", "peak GiB"]
    return table(head, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs what was asked for, and prints the table of all there is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RUNS))
    parser.add_argument("--data", type=Path, help="folder of data sets, else $DUALAMN_DATA")
    parser.add_argument("--preset", default="paper", help="settings of every run  [paper]")
    parser.add_argument("--results", type=Path, help="folder of the JSON files")
    parser.add_argument("--show", action="store_true", help="only print the table")
    parser.add_argument("--commands", action="store_true", help="only print the commands")
    given, more = split(sys.argv[1:] if arguments is None else list(arguments), parser)
    names = given.names or list(RUNS)
    if unknown := [name for name in names if name not in RUNS]:
        parser.error(f"there is no run {unknown[0]!r}; choose from {', '.join(RUNS)}")
    results = given.results or RESULTS / given.preset
    failed = []
    for name in [] if given.show else names:
        words = command(name, given.preset, given.data, results, more)
        if given.commands:
            print(shlex.join(("dualamn", *words)))
            continue
        results.mkdir(parents=True, exist_ok=True)
        if not program(words):
            failed.append(name)
    if not given.commands:
        print(f"\n{show(results)}")
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def split(
    words: list[str], parser: argparse.ArgumentParser
) -> tuple[argparse.Namespace, list[str]]:
    """The options of this script, and the words after `--`."""
    at = words.index("--") if "--" in words else len(words)
    return parser.parse_args(words[:at]), words[at + 1 :]


if __name__ == "__main__":
    run(main)
