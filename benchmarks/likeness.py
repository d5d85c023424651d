"""How alike data sets are in what makes links hard to find: a column for each, a row a statistic.

    python benchmarks/likeness.py dbp15k/zh_en made/zh_en --data DIR

For data sets of two graphs. Where two figures stand, they are those of the left and the right
graph. What each row means is said in docs/synthetic_data.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from harness import run, table
from numpy.typing import NDArray

from dualamn import AlignmentTask, load
from dualamn.data_loaders import resolve
from dualamn.graphs.knowledge_graph import distinct_rows

Numbers = NDArray[np.int64]


def statistics(task: AlignmentTask) -> dict[str, str]:
    """What is told of a data set, by the name of the row."""
    links = np.concatenate([task.seed_links, task.valid_links, task.test_links]).astype(np.int64)
    counterpart = np.full(task.n_entities, -1)
    counterpart[links[:, 0]], counterpart[links[:, 1]] = links[:, 1], links[:, 0]
    triples = task.triples.astype(np.int64)
    sides = [triples[task.source_of[triples[:, 0]] == graph] for graph in (0, 1)]
    near = [neighbours(side, task.n_entities) for side in sides]
    shown = [one_graph(side, counterpart, links[:, graph]) for graph, side in enumerate(sides)]
    rows = {name: " / ".join(own[name] for own in shown) for name in shown[0]}
    kept = [found(a, b, counterpart) for a, b in ((sides[0], near[1]), (sides[1], near[0]))]
    rows["triples with a counterpart"] = " / ".join(f"{joined.mean():.3f}" for _, joined in kept)
    rows["the same by head, 5th to 95th percentile"] = " / ".join(
        " ".join(f"{share:.2f}" for share in by_head(*of_side)) for of_side in kept
    )
    return rows | of_links(near, links, task.n_entities)


def one_graph(triples: Numbers, counterpart: Numbers, linked: Numbers) -> dict[str, str]:
    """Statistics of one graph alone."""
    degree = np.bincount(triples[:, [0, 2]].ravel(), minlength=len(counterpart))[linked]
    inside = (counterpart[triples[:, [0, 2]]] >= 0).all(axis=1)
    count = len(triples)
    used = np.sort(np.bincount(triples[:, 1]))[::-1]
    ends = np.sort(triples[:, [0, 2]], axis=1)
    apart = len(distinct_rows(triples[:, [0, 2]])) / count
    return {
        "triples": f"{count:,}",
        "relations used": f"{np.count_nonzero(used):,}",
        "triples of the ten commonest": f"{used[:10].sum() / count:.2f}",
        "degree of linked entities, mean": f"{degree.mean():.1f}",
        "median": f"{np.median(degree):.0f}",
        "99th percentile": f"{np.percentile(degree, 99):.0f}",
        "largest": f"{degree.max()}",
        "triples between linked entities": f"{inside.mean():.2f}",
        "distinct head and relation": f"{len(distinct_rows(triples[:, :2])) / count:.2f}",
        "distinct relation and tail": f"{len(distinct_rows(triples[:, 1:])) / count:.2f}",
        "distinct head and tail": f"{apart:.2f}",
        "distinct ends": f"{len(distinct_rows(ends)) / count:.2f}",
    }


def neighbours(triples: Numbers, n_entities: int) -> sp.csr_matrix:
    """(n, n) ones where two entities have a triple in common."""
    ends = (triples[:, 0], triples[:, 2])
    one_way = sp.csr_matrix((np.ones(len(triples)), ends), shape=(n_entities, n_entities))
    return ((one_way + one_way.T) > 0).astype(np.float64).tocsr()


def found(triples: Numbers, other: sp.csr_matrix, counterpart: Numbers) -> tuple[Numbers, Numbers]:
    """Heads of the triples between linked entities, and whether their counterparts are joined."""
    ends = counterpart[triples[:, [0, 2]]]
    both = (ends >= 0).all(axis=1)
    joined = np.asarray(other[ends[both, 0], ends[both, 1]]).ravel() > 0
    return triples[both, 0], joined.astype(np.int64)


def by_head(heads: Numbers, joined: Numbers) -> NDArray[np.float64]:
    """Percentiles of a head's share of joined triples, of heads with five or more."""
    count, of_those = np.bincount(heads), np.bincount(heads, weights=joined)
    many = count >= 5
    if not many.any():
        return np.full(5, np.nan)
    shares: NDArray[np.float64] = np.percentile(of_those[many] / count[many], [5, 25, 50, 75, 95])
    return shares


def of_links(near: list[sp.csr_matrix], links: Numbers, n_entities: int) -> dict[str, str]:
    """What the two entities of a link have in common, all other links given."""
    own = []
    for graph, of_all in enumerate(near):
        linked = links[:, graph]
        own.append(of_all[linked][:, linked].tocsr())
    common = np.asarray(own[0].multiply(own[1]).sum(axis=1)).ravel()
    sizes = [np.asarray(of_all[links[:, g]].sum(axis=1)).ravel() for g, of_all in enumerate(near)]
    overlap = common / np.maximum(sizes[0] + sizes[1] - common, 1)
    told = " ".join(f"{share:.2f}" for share in np.percentile(overlap, [10, 25, 50, 75, 90]))
    return {
        "common neighbours, mean": f"{common.mean():.2f}",
        "links without any": f"{(common == 0).mean():.3f}",
        "share of neighbours in common, mean": f"{overlap.mean():.3f}",
        "10th to 90th percentile": told,
        "told by neighbours alone": f"{told_apart(own):.3f}",
    }


def told_apart(own: list[sp.csr_matrix]) -> float:
    """The share of left entities whose own counterpart has most neighbours in common with it.

    All other links are given. Neighbours count by the logarithm of their rarity, as words do in
    searching texts. A tie is no hit.
    """
    count = own[0].shape[0]
    degree = sum(np.asarray(matrix.sum(axis=0)).ravel() for matrix in own)
    rare = sp.diags(np.log(1 + count / np.maximum(degree, 1)))
    unit = []
    for matrix in own:
        weighted = matrix @ rare
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        unit.append(sp.diags(1 / np.maximum(length, 1e-9)) @ weighted)
    alike = (unit[0] @ unit[1].T).tocsr()
    right = alike.diagonal()
    wrong = (alike - sp.diags(right)).max(axis=1).toarray().ravel()
    return float((right > wrong + 1e-9).mean())


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("datasets", nargs="+", help="names or paths")
    parser.add_argument("--data", type=Path, help="folder of data sets, else $DUALAMN_DATA")
    given = parser.parse_args(arguments)
    columns = [statistics(load(resolve(name, given.data))) for name in given.datasets]
    rows = [(name, *(column[name] for column in columns)) for name in columns[0]]
    print(table(("statistic", *given.datasets), rows))


if __name__ == "__main__":
    run(main)
