"""How many links are correct on pairs of graphs as people have them, with no option chosen.

    python benchmarks/real_pairs.py [NAME...] [--preset P] [--data DIR]

`dualamn align LEFT RIGHT --out links.tsv` and `dualamn evaluate links.tsv GOLD` are run for every
pair, on the files as they are and without seed links. Precision, recall and F1 are those of the
links that are written by default, on the gold's side. DIR holds a folder for each pair.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import machine, run, table


@dataclass(frozen=True)
class Pair:
    """Two graphs and what says which links are correct, as paths in the pair's folder.

    Attributes:
        left, right, gold: the files.
        options: what reading them cannot do without.
        many: an entity may have several counterparts in gold.
    """

    left: str
    right: str
    gold: str = "gold.tsv"
    options: tuple[str, ...] = ()
    many: bool = False


PAIRS = {
    "person1": Pair("person11.rdf", "person12.rdf"),
    "restaurants": Pair("restaurant1.rdf", "restaurant2.rdf"),
    "spimbench": Pair("Abox1.nt", "Abox2.nt"),
    "doremus-ht9": Pair("PP-1.owl", "BnF-1.owl"),
    "anatomy": Pair("source.xml", "target.xml", many=True),
    "abt-buy": Pair("abt.csv", "buy.csv", "gt.csv", ("--table", "id")),
    "dblp-acm": Pair("dblp.csv", "acm.csv", "gt.csv", ("--table", "id")),
    "museum": Pair("museum.ttl", "library.nt"),
}


def command(*arguments: str) -> str:
    """What `dualamn` prints with these arguments; its error ends the run."""
    done = subprocess.run(
        [sys.executable, "-m", "dualamn", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"dualamn {' '.join(arguments)}:\n{done.stderr}")
    return done.stdout


def measured(name: str, given: argparse.Namespace) -> list[str]:
    """One line of the table."""
    pair, folder = PAIRS[name], given.data / name
    started = time.perf_counter()
    with TemporaryDirectory() as made:
        links = f"{made}/links.tsv"
        sides = [
            ",".join(str(folder / part) for part in side.split(","))
            for side in (pair.left, pair.right)
        ]
        options = [*pair.options, *(["--preset", given.preset] if given.preset else [])]
        command("align", *sides, "--out", links, "--quiet", *options)
        seconds = time.perf_counter() - started
        many = ["--many"] if pair.many else []
        found = json.loads(command("evaluate", links, str(folder / pair.gold), "--json", *many))
    return [
        name,
        *(f"{found[what]:,}" for what in ("correct", "incorrect", "unknown")),
        *(
            "" if found[what] is None else f"{found[what]:.3f}"
            for what in ("precision", "recall", "f1", "calibration_error")
        ),
        f"{seconds:.0f} s",
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a line for every pair."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", default=list(PAIRS))
    parser.add_argument("--data", type=Path, required=True, help="folder of the pairs")
    parser.add_argument("--preset", help="[that of align]")
    given = parser.parse_args(arguments)
    for name in given.names:
        if name not in PAIRS:
            parser.error(f"there is no pair {name}; they are {', '.join(PAIRS)}")
    print(machine())
    rows: list[list[str]] = []
    for name in given.names:
        rows.append(measured(name, given))
        print("  ".join(rows[-1]), flush=True)
    print()
    print(
        table(
            (
                *("pair", "correct", "incorrect", "unknown"),
                *("P", "R", "F1", "calibration error", "time"),
            ),
            rows,
        )
    )


if __name__ == "__main__":
    run(main)
