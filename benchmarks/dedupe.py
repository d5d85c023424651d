"""How many duplicates are found where they are known: a graph whose entities were split in two.

    python benchmarks/dedupe.py --dataset dbp15k/fr_en --side 1 --data ~/data
    python benchmarks/dedupe.py --made 500

A graph is cut to the entities around a random one, by breadth. A share of them becomes two each:
statements fall to one of the two by lot, or where `--shared` is given, that share of them to both.
The second has a varied name: its words moved, the first one an initial, a word left out or one
more, all in capitals, or two letters swapped. Then `dualamn.dedupe` looks for them, with no pair
known.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import numpy as np
from harness import get_task, machine, options, run, set_threads, table

import dualamn
from dualamn.data_loaders.entity_names import FROM_URIS, with_names

Triple = tuple[str, str, str]
_MORE = ("new", "old", "archive", "copy")


def varied(name: str, lot: random.Random) -> str:
    """Another way to write a name."""
    words, way = name.split(), lot.randrange(6)
    if way == 0 and len(words) > 1:
        return " ".join([*words[1:], words[0]])
    if way == 1 and len(words) > 1:
        return " ".join([f"{words[0][0]}.", *words[1:]])
    if way == 2 and len(words) > 2:
        at = lot.randrange(len(words))
        return " ".join(words[:at] + words[at + 1 :])
    if way == 3:
        return f"{name} ({lot.choice(_MORE)})"
    if way == 4:
        return name.upper()
    at = lot.randrange(max(len(name) - 1, 1))
    return name[:at] + name[at + 1 : at + 2] + name[at : at + 1] + name[at + 2 :]


def split_in_two(
    triples: list[Triple], names: dict[str, str], share: float, shared: float, seed: int
) -> tuple[list[Triple], dict[str, str], set[tuple[str, str]]]:
    """Triples and names in which a share of the entities are two, and the pairs that these are."""
    lot = random.Random(seed)
    entities = sorted(names)
    second = {one: f"{one}/2" for one in lot.sample(entities, int(share * len(entities)))}
    made: set[Triple] = set()
    for head, relation, tail in sorted(triples):
        other = second.get(head, head), relation, second.get(tail, tail)
        if lot.random() < shared:
            made |= {(head, relation, tail), other}
            continue
        made.add(
            (
                other[0] if lot.random() < 0.5 else head,
                relation,
                other[2] if lot.random() < 0.5 else tail,
            )
        )
    called = names | {two: varied(names[one], lot) for one, two in second.items()}
    there = {end for head, _, tail in made for end in (head, tail)}
    pairs = {(one, two) for one, two in second.items() if {one, two} <= there}
    return sorted(made), {entity: called[entity] for entity in there}, pairs


def part_of(
    graph: dualamn.KnowledgeGraph, size: int, seed: int
) -> tuple[list[Triple], dict[str, str]]:
    """The triples between some of the entities, those around a random one, and their names."""
    assert graph.entity_names is not None
    beside: dict[int, list[int]] = {}
    for head, _, tail in graph.triples.tolist():
        beside.setdefault(head, []).append(tail)
        beside.setdefault(tail, []).append(head)
    begin = random.Random(seed).choice(sorted(beside))
    kept, waiting = {begin: None}, [begin]
    for entity in waiting:
        for other in beside[entity]:
            if other not in kept and len(kept) < size:
                kept[other] = None
                waiting.append(other)
    ids, words = graph.entities.tolist(), graph.relations.tolist()
    triples = [
        (ids[head], words[relation], ids[tail])
        for head, relation, tail in graph.triples.tolist()
        if head in kept and tail in kept
    ]
    ends = {end for head, _, tail in triples for end in (head, tail)}
    return triples, {ids[at]: str(graph.entity_names[at]) for at in kept if ids[at] in ends}


def main(arguments: Sequence[str] | None = None) -> None:
    """Splits, looks for duplicates, and prints a table."""
    parser = options(__doc__, dataset="dbp15k/fr_en", repeat=None)
    parser.add_argument("--side", type=int, default=1, help="which graph of the data set")
    parser.add_argument("--size", type=int, default=3_000, help="entities before they are split")
    parser.add_argument("--share", type=float, default=1 / 3, help="of entities that are split")
    parser.add_argument("--shared", type=float, default=0.0, help="of statements that both have")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args(arguments)
    set_threads(given.threads)
    task = get_task(given)
    if task.entity_names is None:
        task = with_names(task, FROM_URIS)
    rows = []
    for seed in range(given.seeds):
        part = part_of(task.kgs[given.side], given.size, given.seed + seed)
        triples, names, pairs = split_in_two(*part, given.share, given.shared, given.seed + seed)
        graph = dualamn.as_graph(triples, "graph", entity_names=names)
        begin = time.perf_counter()
        found = dualamn.dedupe(graph)
        seconds = time.perf_counter() - begin
        likely = found.probabilities >= 0.5
        ends = graph.entities[found.pairs[likely]].tolist()
        correct = sum((a, b) in pairs or (b, a) in pairs for a, b in ends)
        precision, recall = correct / max(len(ends), 1), correct / max(len(pairs), 1)
        f1 = 2 * correct / max(len(ends) + len(pairs), 1)
        mean = float(np.mean(found.probabilities[likely])) if len(ends) else 0.0
        counts = (str(seed), f"{graph.n_entities:,}", f"{len(pairs):,}", f"{len(ends):,}")
        scores = (f"{number:.3f}" for number in (precision, recall, f1, mean))
        rows.append([*counts, *scores, f"{seconds:.1f}"])
    print(f"{machine()}\n")
    header = ("seed", "entities", "duplicates", "found", "precision", "recall", "F1", "mean p", "s")
    print(table(header, rows))


if __name__ == "__main__":
    run(main)
