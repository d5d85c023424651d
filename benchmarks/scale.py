"""Time and memory of whole runs on synthetic data of growing size.

    python benchmarks/scale.py                         # every size with fast and balanced
    python benchmarks/scale.py --presets best 1m       # some of them, or the slowest preset
    python benchmarks/scale.py --show                  # the table of results that are there

Data is made by `dualamn data synth` in the folder --work and used again if it is there; 1m takes
300 MB. Every run is a `dualamn bench` in a process of its own, and what it reports is kept under
benchmarks/scale_results; `make results` draws docs/scale.md's plots from there.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness import program, run
from render.scale import read_runs, table

RESULTS = Path(__file__).parent / "scale_results"
SIZES = ("dbp15k-like", "dwy100k-like", "1m")
"""Presets of synthetic data, from 19,500 to a million entities a side."""

PRESETS = ("fast", "balanced", "best")


def show(results: Path) -> str:
    """The table of all results that are there.

    Raises:
        SystemExit: there are none.
    """
    runs = read_runs(results)
    if not runs:
        raise SystemExit(f"there are no results in {results}; run this without --show first")
    return table(runs)


def count_triples(folder: Path) -> int:
    """How many triples both graphs of a made folder have."""
    total = 0
    for side in (1, 2):
        with (folder / f"triples_{side}").open("rb") as file:
            total += sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return total


def bench(name: str, preset: str, work: Path, results: Path, more: Sequence[str]) -> bool:
    """Makes the data if it is not there, runs the benchmark, and keeps what it reports.

    Returns:
        Whether all of it went well.
    """
    folder = work / name
    if not folder.exists():
        work.mkdir(parents=True, exist_ok=True)
        if not program(("data", "synth", str(folder), "--preset", name, "-q")):
            return False
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "run.json"
        fixed = ("--preset", preset, "--protocol", "test", "--json", str(out))
        if not program(("bench", str(folder), *fixed, *more)):
            return False
        report = json.loads(out.read_text(encoding="utf-8"))
    report["dataset"] = f"made {name}"
    report["graphs"] = {"triples": count_triples(folder)}
    results.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    (results / f"{name}_{preset}.json").write_text(text, encoding="utf-8")
    return True


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs what was asked for, and prints the table of all there is."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    at = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("sizes", nargs="*", metavar="SIZE", help=", ".join(SIZES))
    parser.add_argument("--presets", nargs="+", choices=PRESETS, default=("fast", "balanced"))
    parser.add_argument("--work", type=Path, default=Path("made"), help="folder of synthetic data")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the JSON files")
    parser.add_argument("--show", action="store_true", help="only print the table")
    given, more = parser.parse_args(words[:at]), words[at + 1 :]
    sizes = given.sizes or SIZES
    if unknown := [name for name in sizes if name not in SIZES]:
        parser.error(f"there is no size {unknown[0]!r}; choose from {', '.join(SIZES)}")
    failed = []
    for preset in () if given.show else given.presets:
        for name in sizes:
            if not bench(name, preset, given.work, given.results, more):
                failed.append(f"{name} with {preset}")
    print(f"\n{show(given.results)}")
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    run(main)
