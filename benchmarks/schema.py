"""How many correspondences of relations, properties and classes are correct, where they are known.

    python benchmarks/schema.py dbp5l made [--data DIR]
    python benchmarks/schema.py person1 restaurants spimbench --data DIR/real --preset balanced

In DBP5L all graphs call their relations alike, and so do the two graphs of synthetic data (`made`,
`--made ENTITIES`); in some real pairs the last parts of their IRIs are the same. The names of all
terms are hidden before the graphs are aligned: each graph gets its own. A correspondence of
equivalent terms is correct if both had the same name, and incorrect if one of them has another
counterpart of its name. Recall is over terms with enough support: those of which --support
statements or more, between entities that the gold links join, are found again in the other graph,
over whatever term, and as many the other way round.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from harness import machine, run, table
from real_pairs import PAIRS

import dualamn
from dualamn.bench.synthetic_task import make_task
from dualamn.data_loaders import resolve
from dualamn.files.rdf import RDF_TYPE
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import strings
from dualamn.link_files.formats import read_links
from dualamn.schema.schema_alignment import SchemaAlignment, shares_of_pair

BANDS = (0.5, 0.7, 0.9, 0.99, 1.0)
MADE = "made"


def hidden(kg: KnowledgeGraph) -> KnowledgeGraph:
    """The graph with names of its own for its relations, properties and classes."""

    def own(names: Sequence[str]) -> list[str]:
        return [name if name == RDF_TYPE else f"{kg.name}|{name}" for name in names]

    literals = kg.literals
    if literals is not None:
        values = literals.values.copy()
        is_type = (literals.attributes == RDF_TYPE)[literals.kinds]
        values[is_type] = strings(own(values[is_type].tolist()))
        literals = replace(
            literals, attributes=strings(own(literals.attributes.tolist())), values=values
        )
    return replace(kg, relations=strings(own(kg.relations.tolist())), literals=literals)


def shown(term: str) -> str:
    """The last part of what a term was called before it was hidden."""
    return re.split(r"[/#]", term.partition("|")[2] or term)[-1]


@dataclass
class Count:
    """Correspondences of one kind, against names that are known to be in both, and those found."""

    correct: int = 0
    incorrect: int = 0
    unknown: int = 0
    known: int = 0
    found: int = 0

    def row(self) -> list[str]:
        """Counts and rates as text."""
        judged = self.correct + self.incorrect
        precision = f"{self.correct / judged:.3f}" if judged else ""
        recall = f"{self.found / self.known:.3f}" if self.known else ""
        counts = (self.known, self.correct, self.incorrect, self.unknown)
        return [*(f"{count:,}" for count in counts), precision, recall]


def task_of(name: str, given: argparse.Namespace) -> AlignmentTask:
    """The task of a name, its terms hidden; gold links are its test links."""
    if name == MADE:
        task = make_task(
            given.made,
            n_relations=given.relations,
            keep_triples=0.6,
            unmatched=0.3,
            shared_relations=True,
            seed=given.seed,
        )
    elif name in PAIRS:
        pair, folder = PAIRS[name], given.data / name
        task = dualamn.load_files([folder / pair.left, folder / pair.right], seed=given.seed)
        gold = read_links(folder / pair.gold)
        known = [set(task.kgs[side].entities.tolist()) for side in (0, 1)]
        rows = [
            (left, right)
            for left, right in zip(gold.left, gold.right, strict=True)
            if left in known[0] and right in known[1]
        ]
        ends = [task.ids(side, [row[side] for row in rows]) for side in (0, 1)]
        task = replace(task, test_links=np.stack(ends, axis=1).astype(np.int32))
    else:
        ratio = {"train_ratio": given.train_ratio} if given.train_ratio else {}
        task = dualamn.load(resolve(name, given.data), seed=given.seed, **ratio)
    return replace(task, kgs=tuple(map(hidden, task.kgs)))


def known_terms(task: AlignmentTask, left: int, right: int, support: int) -> dict[str, set[str]]:
    """The names that terms of each kind of both graphs have, of those with enough support."""
    gold = np.concatenate([task.seed_links, task.valid_links, task.test_links])
    links = task.links_between(gold, left, right)
    found = {}
    for kind, names, shares in shares_of_pair(task, left, right, links, np.ones(len(links))):
        sides = [
            {shown(name) for name, count in zip(own, counts, strict=True) if count >= support}
            for own, counts in zip(names, (shares.left_found, shares.right_found), strict=True)
        ]
        found[kind] = sides[0] & sides[1]
    return found


def judge(
    schema: SchemaAlignment, task: AlignmentTask, support: int
) -> tuple[dict[str, Count], list[tuple[float, bool]]]:
    """Counts by kind, and probability and verdict of every correspondence that is known."""
    counts: dict[str, Count] = {}
    sure: list[tuple[float, bool]] = []
    for left, right in task.kg_pairs:
        terms = known_terms(task, left, right, support)
        graphs = task.kg_names[left], task.kg_names[right]
        for kind, names in terms.items():
            count = counts.setdefault(kind, Count())
            count.known += len(names)
            right = set[str]()
            for item in schema:
                if (item.left_source, item.right_source) != graphs or item.kind != kind:
                    continue
                if item.meaning != "equivalent":
                    continue
                one, other = shown(item.left), shown(item.right)
                if one not in names and other not in names:
                    count.unknown += 1
                    continue
                is_correct = one == other and not item.inverse
                count.correct += is_correct
                count.incorrect += not is_correct
                right |= {one} if is_correct else set()
                sure.append((item.probability, is_correct))
            count.found += len(right)
    return counts, sure


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a line for every data set and kind of term, and how true the probabilities are."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", default=["dbp5l", MADE])
    parser.add_argument("--data", type=Path, help="folder of data sets, else $DUALAMN_DATA")
    parser.add_argument("--made", type=int, default=10_000, metavar="ENTITIES", help="[10,000]")
    parser.add_argument("--relations", type=int, default=200, help="of synthetic data  [200]")
    parser.add_argument("--train-ratio", type=float, help="share of the links that are seeds")
    parser.add_argument("--support", type=int, nargs="+", default=[10, 20], help="[10 20]")
    parser.add_argument("--preset", default="fast", help="[fast]")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    print(machine())
    rows: list[list[str]] = []
    sure: list[tuple[float, bool]] = []
    for name in given.names:
        task = task_of(name, given)
        schema = dualamn.Aligner(given.preset, seed=given.seed).fit(task).align().schema()
        for support in given.support:
            counts, of_name = judge(schema, task, support)
            for kind, count in counts.items():
                if count.known:
                    rows.append([name, kind, str(support), *count.row()])
                    print("  ".join(rows[-1]), flush=True)
        sure += of_name
    print()
    header = ("data", "terms", "support", "known", "correct", "incorrect", "unknown", "P", "R")
    print(table(header, rows))
    print("\nprobability of equivalence: mean, share that is correct, of how many")
    for low, high in pairwise(BANDS):
        band = [(p, is_correct) for p, is_correct in sure if low < p <= high]
        if band:
            mean, share = (float(np.mean(column)) for column in zip(*band, strict=True))
            print(f"{low} to {high}: {mean:.2f}, {share:.2f}, {len(band):,}")


if __name__ == "__main__":
    run(main)
