"""How true probabilities are without seed links, where graphs have few entities in common.

    python benchmarks/overlap.py DATASET --names FILE [--entities 5000] [--overlap 0.1 0.4 0.8 1]

Of a connected part of the data set's first graph every linked entity goes to the left graph, the
right one, or both, so that either has as many entities as asked for and a share of them are in
both. Everyone's counterpart is known then, or that there is none: each link is right or wrong.
Pseudo-seeds are found by name. DATASET is a folder, or a name under --data or $DUALAMN_DATA.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from harness import machine, run, table
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order

from dualamn import Aligner, AlignmentTask, KnowledgeGraph, load
from dualamn.data_loaders import resolve
from dualamn.data_loaders.entity_names import with_names
from dualamn.eval import expected_calibration_error
from dualamn.kernels.arrays import Int32Array

Ints = NDArray[np.int64]


def restricted(kg: KnowledgeGraph, entities: Int32Array) -> KnowledgeGraph:
    """The graph of some of its entities, in this order, with the triples between them."""
    new = np.full(kg.n_entities, -1, dtype=np.int32)
    new[entities] = np.arange(len(entities), dtype=np.int32)
    heads, kinds, tails = kg.triples.T
    kept = (new[heads] >= 0) & (new[tails] >= 0)
    triples = np.stack([new[heads[kept]], kinds[kept], new[tails[kept]]], axis=1)
    names = None if kg.entity_names is None else kg.entity_names[entities]
    return KnowledgeGraph(kg.name, kg.entities[entities], kg.relations, triples, names)


def connected(kg: KnowledgeGraph, linked: Int32Array, count: int) -> Ints:
    """Which links have an entity of this graph near its best-known one, by number of steps."""
    heads, _, tails = kg.triples.T
    one_way = coo_array((np.ones(len(heads)), (heads, tails)), shape=(kg.n_entities,) * 2)
    start = int(np.argmax(kg.degrees))
    reached = breadth_first_order(one_way, start, directed=False, return_predecessors=False)
    place = np.full(kg.n_entities, kg.n_entities, dtype=np.int64)
    place[reached] = np.arange(len(reached))
    return np.argsort(place[linked], kind="stable")[:count]


def overlapping(task: AlignmentTask, size: int, share: float, seed: int) -> AlignmentTask:
    """Two graphs of so many entities, with counterparts for a share; all links are test links."""
    gold = np.concatenate([task.seed_links, task.valid_links, task.test_links])
    both = round(share * size)
    if 2 * size - both > len(gold):
        raise SystemExit(f"{2 * size - both:,} linked entities are needed, {len(gold):,} are there")
    left, right = task.kgs[:2]
    near = connected(left, gold[:, 0], 2 * size - both)
    near = np.random.default_rng(seed).permutation(near)
    chosen = near[:size], np.concatenate([near[:both], near[size:]])
    kgs = [
        restricted(left, gold[chosen[0], 0]),
        restricted(right, gold[chosen[1], 1] - left.n_entities),
    ]
    links = np.repeat(np.arange(both)[:, None], 2, axis=1)
    return AlignmentTask.from_kgs(kgs, {}, {(0, 1): links}, seed=seed)


def measured(full: AlignmentTask, share: float, given: argparse.Namespace) -> list[str]:
    """One line of the table."""
    started = time.perf_counter()
    task = overlapping(full, given.entities, share, given.seed)
    gold = {(x, y) for x, y in task.test_links.tolist()}
    aligner = Aligner(given.preset, seed=given.seed, calibrate=True)
    found = aligner.fit(replace(task, test_links=task.test_links[:0])).align(matcher="mutual")
    (pair,) = found.pairs
    assert pair.probabilities is not None
    assert aligner.pseudo_seeds is not None
    p = pair.probabilities.astype(np.float64)
    right = np.array([(x, y) in gold for x, y in pair.links.tolist()], dtype=np.bool_)
    sure = p > given.above
    return [
        f"{share:.0%}",
        f"{len(aligner.pseudo_seeds.links):,}",
        f"{len(p):,}",
        f"{right.mean():.3f}",
        f"{p.mean():.3f}",
        f"{expected_calibration_error(p, right, np.ones(len(p))):.3f}",
        f"{sure.sum():,}",
        f"{right[sure].mean():.3f}" if sure.any() else "",
        f"{time.perf_counter() - started:.0f} s",
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a line for every share."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("dataset", metavar="DATASET")
    parser.add_argument("--data", type=Path, help="folder of data sets, else $DUALAMN_DATA")
    parser.add_argument("--names", metavar="FILE", required=True, help="names of the entities")
    parser.add_argument("--entities", type=int, default=5000, help="of either graph  [5000]")
    parser.add_argument(
        "--overlap", type=float, nargs="+", default=[0.1, 0.4, 0.8, 1.0], help="[.1 .4 .8 1]"
    )
    parser.add_argument("--above", type=float, default=0.9, help="what counts as sure  [.9]")
    parser.add_argument("--preset", default="fast", help="[fast]")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    if given.entities < 1 or not all(0 < share <= 1 for share in given.overlap):
        parser.error("--entities must be 1 or more, and each --overlap above 0 and at most 1")
    folder = resolve(given.dataset, given.data)
    full = with_names(load(folder, seed=given.seed), given.names, folder)
    print(machine())
    print(f"{given.dataset}, preset {given.preset}, matcher mutual, seed {given.seed}")
    rows: list[list[str]] = []
    for share in given.overlap:
        rows.append(measured(full, share, given))
        print("  ".join(rows[-1]), flush=True)
    header = ("in both", "by name", "links", "right", "probability", "error")
    print()
    print(table((*header, f"above {given.above:g}", "right", "time"), rows))


if __name__ == "__main__":
    run(main)
