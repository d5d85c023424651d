"""Entities that are taken out of a data set and looked up, beside what aligning all of it finds.

    python benchmarks/lookup.py --dataset contea/FR-EN --preset fast balanced
    python benchmarks/lookup.py --dataset contea/FR-EN --preset balanced --rows float32 int8 bit

So many entities of one graph, ends of test links drawn at random, are taken out with all their
statements. An index is made of the rest, and they are looked up in it by these statements: all
together, as a file of new entities, and one by one. Their neighbours may have been taken out as
well, and one by one nothing is known of those.

Columns: Hits@1 of the same entities where all of the data set is aligned; Hits@1 of look-ups
together and one by one; how far the best candidates' probabilities are from the share of them that
is correct (expected calibration error); megabytes of the index, and bytes an entity of its rows;
milliseconds to open it; and of one look-up, the median and the 99th percentile.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from harness import describe, get_task, machine, options, run, set_threads, table

from dualamn import Aligner, Alignment, AlignmentTask, Lookup, Matches, NewEntity
from dualamn.eval import expected_calibration_error
from dualamn.kernels.arrays import Int32Array, strings
from dualamn.lookup.packed_rows import PRECISIONS
from dualamn.probability.holdout import without
from dualamn.result import TopK

HEADER = (
    *("preset", "rows", "batch", "together", "one by one", "error", "MB", "bytes a row"),
    *("open ms", "median ms", "p99 ms"),
)
SIDES = ("left", "right")


def drawn(task: AlignmentTask, count: int, side: str, seed: int) -> Int32Array:
    """(m, 2) entities of one graph to be taken out, and their counterparts."""
    order = np.random.default_rng(seed).permutation(len(task.test_links))[:count]
    links = task.test_links[order]
    return links if side == "left" else links[:, ::-1]


def taken_out(task: AlignmentTask, gone: Int32Array) -> AlignmentTask:
    """The task without these entities, whose ids stay but whose identifiers nobody knows."""
    rest = without(task, gone)
    kgs = []
    for kg, first in zip(rest.kgs, task.entity_offsets.tolist(), strict=False):
        entities = kg.entities.copy()
        local = gone[(gone >= first) & (gone < first + kg.n_entities)] - first
        entities[local] = strings(f"taken out {at}" for at in local.tolist())
        kgs.append(replace(kg, entities=entities))
    return replace(rest, kgs=tuple(kgs), test_links=rest.test_links[:0])


def described(task: AlignmentTask, side: str, entities: Int32Array) -> list[NewEntity]:
    """Entities of one graph with all of their triples and names."""
    number = SIDES.index(side)
    kg, first = task.kgs[number], int(task.entity_offsets[number])
    triples: dict[int, list[tuple[str, str, str]]] = {int(at): [] for at in entities - first}
    for head, relation, tail in kg.triples.tolist():
        for end in {head, tail} & triples.keys():
            row = kg.entities[head], kg.relations[relation], kg.entities[tail]
            triples[end].append((str(row[0]), str(row[1]), str(row[2])))
    return [
        NewEntity(str(kg.entities[at]), tuple(own), () if not named(kg, at) else (named(kg, at),))
        for at, own in triples.items()
    ]


def named(kg: object, at: int) -> str:
    """What an entity of a graph is called, "" without a name."""
    names = getattr(kg, "entity_names", None)
    return "" if names is None else str(names[at])


def first_of(ranked: TopK | None, entities: Int32Array) -> Int32Array:
    """The best candidate of each entity, -1 without one."""
    assert ranked is not None
    place = np.searchsorted(ranked.queries, entities)
    if not ranked.candidates.shape[1]:
        return np.full(len(entities), -1, dtype=np.int32)
    best: Int32Array = ranked.candidates[place, 0]
    return best


def batch_hits(alignment: Alignment, side: str, links: Int32Array) -> float:
    """Hits@1 of entities where everything was aligned."""
    pair = alignment.pairs[0]
    ranked = pair.left_to_right if side == "left" else pair.right_to_left
    return float((first_of(ranked, links[:, 0]) == links[:, 1]).mean())


def scores(found: Sequence[Matches], task: AlignmentTask, links: Int32Array) -> tuple[float, float]:
    """Hits@1 of look-ups, and the calibration error of the best candidates."""
    correct, probability = [], []
    for one, wanted in zip(found, task.identifiers(links[:, 1]).tolist(), strict=True):
        best = one.candidates[0] if one.candidates else None
        correct.append(best is not None and best.entity == wanted)
        probability.append(best.probability if best is not None else 0.0)
    error = expected_calibration_error(probability, correct)
    assert error is not None
    return float(np.mean(correct)), error


def row_of(
    task: AlignmentTask, links: Int32Array, side: str, aligner: Aligner, rows: str, path: Path
) -> list[str]:
    """Figures of one index, from the column `together` on."""
    Lookup.build(aligner, path, rows=rows)  # type: ignore[arg-type]
    started = time.perf_counter()
    lookup = Lookup(path)
    opened = time.perf_counter() - started
    asked = described(task, side, links[:, 0])
    lookup.match_all(asked[:20], side=side)  # pages come into memory
    together = lookup.match_all(asked, side=side)
    alone: list[Matches] = []
    spent = []
    for one in asked:
        started = time.perf_counter()
        alone += lookup.match_all([one], side=side)
        spent.append((time.perf_counter() - started) * 1e3)
    hits, error = scores(together, task, links)
    width = aligner.embeddings().shape[1]
    size = {"float32": 4.0 * width, "int8": width + 4.0, "bit": width / 8 + 4}[rows]
    return [
        f"{hits:.3f}",
        f"{scores(alone, task, links)[0]:.3f}",
        f"{error:.3f}",
        f"{path.stat().st_size / 1e6:.1f}",
        f"{size:,.0f}",
        f"{opened * 1e3:.0f}",
        f"{np.median(spent):.1f}",
        f"{np.quantile(spent, 0.99):.1f}",
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a row for every preset and precision."""
    parser = options(__doc__, dataset="contea/FR-EN", repeat=None)
    parser.add_argument("--preset", nargs="+", default=["fast"], metavar="NAME")
    parser.add_argument("--rows", nargs="+", default=["int8"], choices=PRECISIONS)
    parser.add_argument("--side", default="left", choices=SIDES, help="whose  [left]")
    parser.add_argument("--taken", type=int, default=2_000, metavar="N", help="entities  [2,000]")
    given = parser.parse_args(arguments)
    set_threads(given.threads)
    task = get_task(given)
    links = drawn(task, given.taken, given.side, given.seed)
    rest = taken_out(task, links[:, 0])
    print(f"{describe(task)}; {len(links):,} entities taken out; {machine()}\n", flush=True)
    shown = []
    for preset in given.preset:
        whole = Aligner(preset, seed=given.seed, calibrate=False).fit(task).align()
        batch = f"{batch_hits(whole, given.side, links):.3f}"
        aligner = Aligner(preset, seed=given.seed, calibrate=True).fit(rest)
        with tempfile.TemporaryDirectory() as folder:
            for rows in given.rows:
                path = Path(folder) / "x.index"
                figures = row_of(task, links, given.side, aligner, rows, path)
                shown.append([preset, rows, batch, *figures])
    print(table(HEADER, shown))


if __name__ == "__main__":
    run(main)
