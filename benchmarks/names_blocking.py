"""What looking up rare words and pieces of names finds, beside the search over projected names.

    python benchmarks/names_blocking.py dbp15k/fr_en names/dbp_fr_en.json
    python benchmarks/names_blocking.py dbp15k/fr_en names/dbp_fr_en.json --products 300 3000

Paths are looked up in the folder DUALAMN_DATA. What is counted are seed links whose right entity is
among the most alike of either side, with all entities of both graphs in question.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import dualamn
from dualamn.attributes import NameSimilarity
from dualamn.attributes.blocking import PRODUCTS, alike_by_name
from dualamn.attributes.candidates import search_with_names
from dualamn.attributes.names import NameWeights
from dualamn.data_loaders.entity_names import with_names
from dualamn.graphs.task import AlignmentTask
from dualamn.result import Candidates


def found(candidates: Candidates, task: AlignmentTask) -> float:
    """The share of seed links that either direction has."""
    held = np.zeros(len(task.seed_links), dtype=np.bool_)
    for side, topk in enumerate((candidates.left_to_right, candidates.right_to_left)):
        own, other = task.seed_links[:, side], task.seed_links[:, 1 - side]
        held |= (topk.candidates[own - topk.queries[0]] == other[:, None]).any(axis=1)
    return float(held.mean())


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the shares, and the seconds that each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("names")
    parser.add_argument("--products", type=int, nargs="+", default=[100, 300, 1000, PRODUCTS])
    parser.add_argument("--candidates", type=int, nargs="+", default=[10, 50])
    given = parser.parse_args(arguments)
    data = Path(os.environ.get("DUALAMN_DATA", "."))
    folder = data / given.dataset
    task = with_names(dualamn.load(folder), data / given.names, folder)
    texts = task.entity_names
    assert texts is not None
    names = NameSimilarity(texts, task.source_of, width=256, seed=0)
    names.weights = NameWeights(1.0)  # similarity alone
    pools = task.entity_range(0), task.entity_range(1)
    nothing = np.empty((task.n_entities, 0), dtype=np.float32)
    print(f"{task.name}: {len(task.seed_links):,} seed links")
    for k in given.candidates:
        started = time.perf_counter()
        share = found(search_with_names(nothing, names, 1.0, *pools, k), task)
        print(f"{k:4} candidates, search: {share:.3f} ({time.perf_counter() - started:.1f} s)")
        for products in given.products:
            started = time.perf_counter()
            share = found(alike_by_name(names, *pools, k, products=products), task)
            spent = time.perf_counter() - started
            print(f"{k:4} candidates, {products:,} products: {share:.3f} ({spent:.1f} s)")


if __name__ == "__main__":
    main()
