"""How true probabilities of links are, on links held out from the seed links.

    python benchmarks/calibration.py DATASET... --preset fast

A fifth of the seed links of every data set plays the test links: neither model sees it. The rest
is what a user would give: links are found with it and calibrated by a fifth of it. Then the played
test links say how many links are right beside their probabilities, and what precision is
reached where a precision is asked for. The data set's own test links are thrown away unread.
With --parts 5 all of this is done once for every fifth, and the links of all five are judged
together: five times as many, so that luck has less of a say.

With --no-seeds, no model sees any seed link: pairs to begin with are found by name, and
probabilities rest on them too. All seed links then play the test links.

    python benchmarks/calibration.py dbp15k/zh_en --preset fast --no-seeds --names names.json

DATASET is a folder, or a name under --data or $DUALAMN_DATA. Data sets with a published split use
it unless --train-ratio is given.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from harness import machine, run, table

from dualamn import Aligner, AlignmentTask, load
from dualamn.data_loaders import resolve
from dualamn.data_loaders.entity_names import with_names
from dualamn.eval import expected_calibration_error
from dualamn.kernels.arrays import FloatArray, Int32Array
from dualamn.probability.calibration import LabelledLinks, label_links

PARTS, PURPOSE = 5, 101


def without(
    task: AlignmentTask, seed: int, part: int = 0, parts: int = PARTS
) -> tuple[AlignmentTask, Int32Array]:
    """The task without test links and without one part of its seed links, and that part."""
    order = np.random.default_rng([seed, PURPOSE]).permutation(len(task.seed_links))
    ends = np.arange(parts + 1) * len(order) // parts
    chosen = np.zeros(len(order), dtype=np.bool_)
    chosen[order[ends[part] : ends[part + 1]]] = True
    none = np.empty((0, 2), dtype=np.int32)
    hidden = replace(task, seed_links=task.seed_links[~chosen], test_links=none, valid_links=none)
    return hidden, task.seed_links[chosen]


def together(parts: Sequence[LabelledLinks]) -> LabelledLinks:
    """The labelled links of several runs as if they were one's."""
    return LabelledLinks(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.is_correct for part in parts]),
        np.concatenate([part.weights for part in parts]),
        sum(part.n_held_out for part in parts),
    )


def precision_of(judged: LabelledLinks) -> float:
    """The share of links that is right; wrong ones count half for each end that judges them."""
    return (
        float(np.average(judged.is_correct, weights=judged.weights))
        if len(judged.is_correct)
        else np.nan
    )


def luck(judged: LabelledLinks) -> float:
    """The error that true probabilities would have with so few links, the mean of 20 draws."""
    p, rng = judged.features[:, 0].astype(np.float64), np.random.default_rng(0)
    errors = [
        expected_calibration_error(p, rng.random(len(p)) < p, judged.weights) or 0.0
        for _ in range(20)
    ]
    return float(np.mean(errors))


def measured(name: str, given: argparse.Namespace) -> list[str]:
    """One line of the table."""
    started = time.perf_counter()
    runs = [once(name, given, part) for part in range(given.parts)]
    seconds = time.perf_counter() - started
    all_judged, all_kept, shares, seeds = zip(*runs, strict=True)
    judged, kept = together(all_judged), together(all_kept)
    p = judged.features[:, 0]
    error = expected_calibration_error(p, judged.is_correct, judged.weights)
    return [
        name,
        f"{seeds[0]:,}",
        f"{len(judged.is_correct):,}",
        f"{precision_of(judged):.3f}",
        f"{np.average(p, weights=judged.weights):.3f}",
        f"{error:.3f}",
        f"{luck(judged):.3f}",
        f"{precision_of(kept):.3f}",
        f"{np.mean(shares):.0%}",
        f"{seconds:.0f} s",
    ]


def once(
    name: str, given: argparse.Namespace, part: int
) -> tuple[LabelledLinks, LabelledLinks, float, int]:
    """One run: its labelled links, those at the precision asked for, their share, and the seeds."""
    ratio = {} if given.train_ratio is None else {"train_ratio": given.train_ratio}
    folder = resolve(name, given.data)
    task = load(folder, seed=given.seed, **ratio)
    if given.names is not None:
        task = with_names(task, given.names, folder)
    task, held = without(task, given.seed, part, 1 if given.no_seeds else PARTS)
    found = (
        Aligner(given.preset, seed=given.seed, calibrate=True)
        .fit(task)
        .align(matcher=given.matcher, pairs=[(task.kg_names[0], task.kg_names[1])])
    )
    (pair,) = found.pairs
    assert pair.probabilities is not None
    assert found.calibration is not None

    def judge(links: Int32Array, probabilities: FloatArray) -> LabelledLinks:
        return label_links(links, probabilities[:, None], held)

    judged = judge(pair.links, pair.probabilities)
    threshold = found.threshold(given.precision)
    chosen = pair.probabilities >= np.float32(threshold.probability)
    kept = judge(pair.links[chosen], pair.probabilities[chosen])
    return judged, kept, float(chosen.mean()), len(task.seed_links)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a line for every data set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("datasets", nargs="+", metavar="DATASET")
    parser.add_argument("--data", type=Path, help="folder of data sets, else $DUALAMN_DATA")
    parser.add_argument("--preset", default="fast", help="[fast]")
    parser.add_argument("--matcher", default="mutual", help="[mutual]")
    parser.add_argument("--precision", type=float, default=0.95, help="asked for  [.95]")
    parser.add_argument("--train-ratio", type=float, help="share of all links that are seeds")
    parser.add_argument("--names", metavar="FILE", help="names of the entities, as for align")
    parser.add_argument(
        "--no-seeds", action="store_true", help="hide all seed links, and judge by all of them"
    )
    parser.add_argument(
        "--parts", type=int, default=1, choices=range(1, PARTS + 1), help="fifths, each a run  [1]"
    )
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    if given.no_seeds and given.parts > 1:
        parser.error("--no-seeds judges by all seed links in one run: leave out --parts")
    print(machine())
    print(f"preset {given.preset}, matcher {given.matcher}, seed {given.seed}")
    rows: list[list[str]] = []
    for name in given.datasets:
        rows.append(measured(name, given))
        print("  ".join(rows[-1]), flush=True)
    header = (
        *("data set", "seeds", "judged", "right", "probability", "error", "luck"),
        *(f"right at {given.precision:g}", "kept", "time"),
    )
    print()
    print(table(header, rows))


if __name__ == "__main__":
    run(main)
