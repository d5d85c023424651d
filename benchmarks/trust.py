"""Whether probabilities mean what they say, where every entity's counterpart is known, or that
there is none.

    python benchmarks/trust.py --dataset dbp15k/zh_en --names FILE --overlap .1 1 --seeds 0 .3
    python benchmarks/trust.py --files left.nt right.ttl --gold gold.tsv --seeds 0 .5

With --dataset two graphs are cut out of one: of a connected part of it every linked entity goes to
the left graph, the right one, or both, so that either has as many entities as asked for and a share
of them are in both. With --files gold must be complete: it says of every entity who its counterpart
is, or else that there is none. --seeds are shares of the gold links that are given as seed links,
drawn at random; the rest says which links are correct.

Columns: links, their share that is correct and their mean probability; the expected calibration
error; links of a probability of .5 or more, their precision, recall and F1 among the links that
were not given; links kept by a precision of .95, how precise they are, and their recall as a part
of what the best threshold would have had, chosen by gold.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from harness import machine, run, table
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order

from dualamn import Aligner, AlignmentTask, KnowledgeGraph, load, load_files
from dualamn.data_loaders import resolve
from dualamn.data_loaders.entity_names import with_names
from dualamn.eval import expected_calibration_error
from dualamn.kernels.arrays import BoolArray, Floats, Int32Array, pair_keys

Ints = NDArray[np.int64]

HEADER = (
    *("case", "seeds", "links", "correct", "probability", "error", "above .5", "P", "R", "F1"),
    *("kept at .95", "P", "R of best", "time"),
)


@dataclass(frozen=True)
class Case:
    """A task whose test links are all gold links, and what to call it."""

    name: str
    task: AlignmentTask


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


def seeded(task: AlignmentTask, share: float, seed: int) -> AlignmentTask:
    """The task with a share of its test links as seed links."""
    order = np.random.default_rng([seed, 7]).permutation(len(task.test_links))
    cut = round(share * len(order))
    seeds, test = task.test_links[order[:cut]], task.test_links[order[cut:]]
    return replace(task, seed_links=seeds, test_links=test)


def measured(case: Case, given: argparse.Namespace) -> list[str]:
    """One line of the table."""
    started = time.perf_counter()
    gold = case.task.test_links
    task = replace(case.task, test_links=gold[:0])
    found = Aligner(given.preset, seed=given.seed, calibrate=True).fit(task).align(matcher="mutual")
    seconds = time.perf_counter() - started
    (pair,) = found.pairs
    assert pair.probabilities is not None
    p = pair.probabilities.astype(np.float64)
    correct: BoolArray = np.isin(pair_keys(pair.links), pair_keys(gold))
    threshold = found.threshold(0.95)
    kept = p >= np.float32(threshold.probability)
    best = recall_of_best(p, correct, 0.95)
    likely = p >= 0.5
    n_right = int(correct[likely].sum())
    precision, recall = n_right / max(likely.sum(), 1), n_right / max(len(gold), 1)
    error = expected_calibration_error(p, correct, np.ones(len(p))) if len(p) else 0.0
    return [
        case.name,
        f"{len(task.seed_links):,}",
        f"{len(p):,}",
        f"{correct.mean() if len(p) else 0:.3f}",
        f"{p.mean() if len(p) else 0:.3f}",
        f"{error:.3f}",
        f"{likely.sum():,}",
        f"{precision:.3f}",
        f"{recall:.3f}",
        f"{2 * precision * recall / max(precision + recall, 1e-9):.3f}",
        f"{kept.sum():,}",
        f"{correct[kept].mean():.3f}" if kept.any() else "",
        f"{correct[kept].sum() / best:.3f}" if best else "",
        f"{seconds:.0f} s",
    ]


def recall_of_best(p: Floats, correct: BoolArray, precision: float) -> int:
    """How many correct links the lowest threshold keeps that reaches a precision by gold."""
    order = np.argsort(-p, kind="stable")
    right = np.cumsum(correct[order])
    good = np.flatnonzero(right >= precision * np.arange(1, len(p) + 1))
    return int(right[good[-1]]) if len(good) else 0


def cases(given: argparse.Namespace) -> Iterator[Case]:
    """Every case that the options ask for."""
    for share in given.seeds:
        said = f"{share:.0%} seeds"
        if given.files:
            task = load_files(given.files, test_links=given.gold, seed=given.seed)
            yield Case(f"{task.name}, {said}", seeded(task, share, given.seed))
            continue
        folder = resolve(given.dataset, given.data)
        full = load(folder, seed=given.seed)
        named = [(full, "no names")] if given.names is None or given.without_names else []
        if given.names is not None:
            named.append((with_names(full, given.names, folder), "names"))
        for task, how in named:
            if not share and how == "no names":
                continue  # there is nothing to begin with
            for overlap in given.overlap:
                cut = overlapping(task, given.entities, overlap, given.seed)
                name = f"{given.dataset} {overlap:.0%}, {how}, {said}"
                yield Case(name, seeded(cut, share, given.seed))


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a line for every case."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--dataset", metavar="DATASET", help="folder, or a name under --data")
    parser.add_argument("--data", type=Path, help="folder of data sets, else $DUALAMN_DATA")
    parser.add_argument("--names", metavar="FILE", help="names of the data set's entities")
    parser.add_argument("--without-names", action="store_true", help="also each case without")
    parser.add_argument("--files", type=Path, nargs=2, metavar="FILE", help="two graphs")
    parser.add_argument("--gold", type=Path, metavar="FILE", help="all links between the two")
    parser.add_argument("--entities", type=int, default=4000, help="of either graph  [4000]")
    parser.add_argument("--overlap", type=float, nargs="+", default=[0.1, 0.25, 0.4, 0.6, 0.8, 1.0])
    parser.add_argument("--seeds", type=float, nargs="+", default=[0, 0.01, 0.1, 0.3])
    parser.add_argument("--preset", default="fast", help="[fast]")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    if (given.dataset is None) == (given.files is None) or (
        given.files is not None and given.gold is None
    ):
        parser.error("give --dataset, or --files with --gold")
    if given.entities < 1 or not all(0 < share <= 1 for share in given.overlap):
        parser.error("--entities must be 1 or more, and each --overlap above 0 and at most 1")
    print(machine())
    print(f"preset {given.preset}, matcher mutual, seed {given.seed}")
    rows: list[list[str]] = []
    for case in cases(given):
        rows.append(measured(case, given))
        print("  ".join(rows[-1]), flush=True)
    errors = [float(row[5]) for row in rows]
    print()
    print(table(HEADER, rows))
    print(f"\ncalibration error: mean {np.mean(errors):.3f}, worst {max(errors):.3f}")


if __name__ == "__main__":
    run(main)
