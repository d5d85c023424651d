"""Time and memory of fusing two graphs of any size into one.

    python benchmarks/fuse.py --triples 10000000
    python benchmarks/fuse.py --triples 1000000 --format parquet -- --provenance

Two graphs in N-Triples are made in a temporary folder, with so many triples together: half of them
between entities, half with literals (names with a language, and dates). Half of the entities of
each are in both, and four fifths of what is said of these is said alike. Then `dualamn fuse` runs
in a process of its own, with `--conflicts` and what follows `--`. The same numbers give the same
graphs.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness import machine, run

RELATIONS = 50
EACH = 8  # triples of an entity
ALIKE = 0.8  # of what is said of an entity is said alike by both
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
DATE = "<http://www.w3.org/2001/XMLSchema#date>"


def statements(graph: str, numbers: range) -> Iterator[str]:
    """The triples of a graph whose entities have these numbers, much alike by number."""
    own = random.Random(graph)
    entity = f"<http://{graph}.example.org/resource/Entity_number_{{}}>".format
    for number in numbers:
        world, name = random.Random(number), entity(number)
        for at in range(EACH):
            drawn, relation = world.random(), world.randrange(RELATIONS)
            if own.random() >= ALIKE:
                drawn = own.random()
            if at % 2:
                other = entity(numbers[int(drawn * len(numbers))])
                yield f"{name} <http://example.org/property/relation_{relation}> {other} .\n"
            elif at:
                day = f'"{1500 + int(drawn * 500)}-0{1 + at}-11"^^{DATE}'
                yield f"{name} <http://example.org/property/date_{at}> {day} .\n"
            else:
                yield f'{name} {LABEL} "The {int(drawn * 1000)}th of number {number}"@en .\n'


def make(folder: Path, n_triples: int) -> tuple[list[Path], Path]:
    """Writes the graphs, and the links of all entities that are in both."""
    each = n_triples // (2 * EACH)
    graphs = {"left": range(each), "right": range(each // 2, each // 2 + each)}
    paths = []
    for graph, numbers in graphs.items():
        paths.append(folder / f"{graph}.nt")
        with paths[-1].open("w", encoding="utf-8") as file:
            file.writelines(statements(graph, numbers))
    links = folder / "links.tsv"
    names = "http://{}.example.org/resource/Entity_number_{}".format
    with links.open("w", encoding="utf-8") as file:
        file.write("left\tright\n")
        for number in range(each // 2, each):
            file.write(f"{names('left', number)}\t{names('right', number)}\n")
    return paths, links


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints what `dualamn fuse` says, its seconds, and the most memory that it had."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triples", type=int, default=1_000_000)
    parser.add_argument("--format", default="nt", help="the ending of the file that is written")
    parser.add_argument("more", nargs="*", help="more options of dualamn fuse")
    given = parser.parse_args(arguments)
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        started = time.perf_counter()
        paths, links = make(folder, given.triples)
        size = sum(path.stat().st_size for path in paths) / 2**30
        print(f"made {given.triples:,} triples, {size:.2f} GiB, in", end=" ")
        print(f"{time.perf_counter() - started:.0f} s")
        out, conflicts = folder / f"merged.{given.format}", folder / "conflicts.tsv"
        files = [*paths, "--links", links, "--out", out, "--conflicts", conflicts]
        words = [sys.executable, "-m", "dualamn", "fuse", *files, *given.more, "-q"]
        started = time.perf_counter()
        process = subprocess.Popen(list(map(str, words)))
        _, status, usage = os.wait4(process.pid, 0)
        spent = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"dualamn fuse ended with status {process.returncode}")
        print(f"{spent:.0f} s, {usage.ru_utime + usage.ru_stime:.0f} s of one core,", end=" ")
        print(f"{usage.ru_maxrss / 2**20:.2f} GiB at most, {given.triples / spent:,.0f} triples/s")


if __name__ == "__main__":
    run(main)
