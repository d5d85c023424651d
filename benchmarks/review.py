"""How many answers a reviewer gives until links are as good as asked for: what `dualamn review`
asks first against pairs at random.

    python benchmarks/review.py --files museum.ttl library.nt --gold gold.tsv
    python benchmarks/review.py --dataset dbp15k/zh_en --names names.json --overlap .4

Gold answers in the place of a person: a pair is accepted if it is a gold link, and else rejected.
After every batch of answers the model is trained anew with all of them, and its links are scored:
those of a probability of .5 or more and the accepted ones, against all gold links but those that
were given as seed links (--start of them, drawn at random). All orders ask about the same kinds of
pairs: links, and the best candidates of entities without one. `links at random` asks about
written links alone, in any order.

The last table says how many answers each order took to reach an F1, from one run to the next by
a straight line. Each seed draws another start and another order.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from harness import machine, run, table
from trust import overlapping

from dualamn import Aligner, Alignment, AlignmentTask, Review, load, load_files, with_decisions
from dualamn.data_loaders import resolve
from dualamn.data_loaders.entity_names import with_names
from dualamn.kernels.arrays import BoolArray, IntArray, pair_keys

ORDERS = ("active", "pairs at random", "links at random")


@dataclass(frozen=True)
class Point:
    """Links after so many answers."""

    answers: int
    precision: float
    recall: float
    f1: float
    told: str = ""


def scored(alignment: Alignment, gold: IntArray, answers: int, told: str) -> Point:
    """The links that are written, against all gold links that were not given."""
    links = pair_keys(alignment.likely().links)
    right = int(np.isin(links, gold).sum())
    precision, recall = right / max(len(links), 1), right / max(len(gold), 1)
    return Point(answers, precision, recall, 2 * right / max(len(links) + len(gold), 1), told)


def chosen(review: Review, order: str, n: int, rng: np.random.Generator) -> IntArray:
    """The next questions."""
    if order == "active":
        return review.next(n)
    open_: BoolArray = ~review.asked
    if order == "links at random":
        open_ &= review.proposals.askable.written
    return np.asarray(rng.permutation(np.flatnonzero(open_))[:n], dtype=np.int64)


def reviewed(task: AlignmentTask, order: str, seed: int, given: argparse.Namespace) -> list[Point]:
    """Scores after every batch of answers."""
    rng = np.random.default_rng([seed, ORDERS.index(order)])
    start = np.random.default_rng([seed, 3]).permutation(len(task.test_links))[: given.start]
    known = np.zeros(len(task.test_links), dtype=np.bool_)
    known[start] = True
    gold = pair_keys(task.test_links[~known])
    begun = replace(task, seed_links=task.test_links[known], test_links=task.test_links[:0])
    points: list[Point] = []
    with TemporaryDirectory() as folder:
        path = Path(folder, "decisions.sssom.tsv")
        answers = 0
        while True:
            told = begun if not path.exists() else with_decisions(begun, path)
            started = time.perf_counter()
            aligner = Aligner(given.preset, seed=seed, calibrate=True).fit(told)
            alignment = aligner.align()
            review = Review(alignment, path, who="gold", seed=seed)
            points.append(scored(alignment, gold, answers, review.known().lines()[1]))
            last = points[-1]
            print(
                f"seed {seed}, {order}: {answers:,} answers, P {last.precision:.3f}, "
                f"R {last.recall:.3f}, F1 {last.f1:.3f} ({time.perf_counter() - started:.0f} s)",
                flush=True,
            )
            if answers >= given.answers:
                return points
            numbers = chosen(review, order, min(given.batch, given.answers - answers), rng)
            if not len(numbers):
                return points
            keys = pair_keys(review.proposals.pairs)
            for number in numbers.tolist():
                correct = bool(np.isin(keys[number], gold))
                review.answer(number, "accepted" if correct else "rejected")
            answers += len(numbers)


def needed(points: Sequence[Point], f1: float) -> float:
    """The answers after which an F1 was reached for good, by a straight line; infinite if never."""
    below = [at for at, point in enumerate(points) if point.f1 < f1]
    if not below:
        return 0.0
    if below[-1] == len(points) - 1:
        return float("inf")
    one, two = points[below[-1]], points[below[-1] + 1]
    share = (f1 - one.f1) / (two.f1 - one.f1)
    return one.answers + share * (two.answers - one.answers)


def the_task(given: argparse.Namespace, seed: int) -> AlignmentTask:
    """All gold links are test links."""
    if given.files:
        return load_files(given.files, test_links=given.gold, seed=seed)
    folder = resolve(given.dataset, given.data)
    full = load(folder, seed=seed)
    if given.names is not None:
        full = with_names(full, given.names, folder)
    return overlapping(full, given.entities, given.overlap, seed)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints every step, and how many answers it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--dataset", metavar="DATASET", help="folder, or a name under --data")
    parser.add_argument("--data", type=Path, help="folder of data sets, else $DUALAMN_DATA")
    parser.add_argument("--names", metavar="FILE", help="names of the data set's entities")
    parser.add_argument("--files", type=Path, nargs=2, metavar="FILE", help="two graphs")
    parser.add_argument("--gold", type=Path, metavar="FILE", help="all links between the two")
    parser.add_argument("--entities", type=int, default=4000, help="of either graph  [4000]")
    parser.add_argument("--overlap", type=float, default=0.4, help="entities in both  [0.4]")
    parser.add_argument("--start", type=int, default=0, help="seed links to begin with  [0]")
    parser.add_argument("--answers", type=int, default=200, help="at most  [200]")
    parser.add_argument("--batch", type=int, default=20, help="answers before training  [20]")
    parser.add_argument("--orders", nargs="+", choices=ORDERS, default=list(ORDERS))
    parser.add_argument("--preset", default="fast", help="[fast]")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    given = parser.parse_args(arguments)
    if (given.dataset is None) == (given.files is None) or (
        given.files is not None and given.gold is None
    ):
        parser.error("give --dataset, or --files with --gold")
    print(machine())
    print(f"preset {given.preset}, {given.start} seed links, batches of {given.batch}")
    found: dict[str, list[list[Point]]] = {order: [] for order in given.orders}
    for seed in given.seeds:
        task = the_task(given, seed)
        for order in given.orders:
            found[order].append(reviewed(task, order, seed, given))
    rows = [
        [
            order,
            *(f"{np.mean([run[at].f1 for run in runs]):.3f}" for at in range(min(map(len, runs)))),
        ]
        for order, runs in found.items()
    ]
    steps = [str(p.answers) for p in found[given.orders[0]][0][: len(rows[0]) - 1]]
    print("\nF1 after so many answers, mean over the seeds")
    print(table(("order", *steps), rows))
    print("\nanswers to reach an F1 for good, mean over the seeds")
    # Levels from where all begin to where the best order ends.
    low = max(run[0].f1 for runs in found.values() for run in runs)
    high = max(min(run[-1].f1 for run in runs) for runs in found.values())
    rows = []
    for share in (0.25, 0.5, 0.75, 1.0):
        level = low + share * (high - low)
        means = [np.mean([needed(run, level) for run in runs]) for runs in found.values()]
        told = [f"{mean:.0f}" if np.isfinite(mean) else f"> {given.answers}" for mean in means]
        rows.append([f"{level:.3f}", *told])
    print(table(("F1", *found), rows))


if __name__ == "__main__":
    run(main)
