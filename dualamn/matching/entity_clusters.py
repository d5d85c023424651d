"""Clusters: which entities of all graphs are the same, from the links between each two.

The links of three or more graphs need not agree: a ~ b and b ~ c, but not a ~ c, or a ~ another
entity of c's graph. Links are taken up one by one, seed links and then the surest first, and each
brings the clusters of its two ends together. Two clusters that have a graph in common stay apart,
for no graph holds an entity twice, and so do two with a rejected pair between them: the link is
then dropped, and counted. So a chain of weak links
cannot reach an entity that has a surer counterpart. Links go by their probabilities, or where they
have none by their scores; only the order matters, so any matcher's scores will do.

Equal scores are ordered by a hash of the two joint ids and the task's seed: it depends neither
on the order of the links nor on whether linked entities are numbered alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from dualamn.errors import ConfigError
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, FloatArray, Int32Array, pair_keys, splitmix64
from dualamn.result import AlignedLinks, PairAlignment

Links = TypeVar("Links", bound=AlignedLinks)

_SEED_SCORE = 1.0  # of clusters that seed links alone hold together


@dataclass(frozen=True, eq=False)
class Clusters(Generic[Links]):
    """Sets of entities that are the same, at most one of each graph.

    Made by `Alignment.clusters`. No entity is in two clusters, and one without a link is in none.

    >>> from dualamn import AlignmentTask, KnowledgeGraph
    >>> from dualamn.result import AlignedLinks
    >>> triples = {kg: [(f"{kg}:Rome", "in", f"{kg}:Italy")] for kg in "abc"}
    >>> kgs = [KnowledgeGraph.from_triples(kg, own) for kg, own in triples.items()]
    >>> rome = [kg.entities.tolist().index(f"{kg.name}:Rome") for kg in kgs]
    >>> seeds = {(0, 1): [(rome[0], rome[1])], (1, 2): [(rome[1], rome[2])]}
    >>> task = AlignmentTask.from_kgs(kgs, seeds)
    >>> clusters = cluster(AlignedLinks(task, (), "unaligned", "mutual"))
    >>> [task.identifiers(row).tolist() for row in clusters.members], clusters.n_implied
    ([['a:Rome', 'b:Rome', 'c:Rome']], 1)

    Attributes:
        alignment: whose links, and whose task's seed links, the clusters were made of.
        members: (c, g) int32 joint ids, two or more in every row, in the order of the first. The
            column is the graph's position in the task; -1 where a cluster has nothing of a graph.
        scores: (c,) float32: of the links that a cluster needs to hold together, the least sure
            one's score; 1 where seed links alone do.
        n_kept: links of the alignment with both ends in one cluster.
        n_dropped: links that would have put two entities of one graph, or a rejected pair, into a
            cluster.
        n_below: links with a score below the lowest asked for. These three add up to all links.
        n_implied: pairs of entities in one cluster that have neither a link that was kept nor a
            seed link.
        n_seeds_dropped: seed links that others contradict.
    """

    alignment: Links
    members: Int32Array
    scores: FloatArray
    n_kept: int
    n_dropped: int
    n_below: int
    n_implied: int
    n_seeds_dropped: int

    def __len__(self) -> int:
        return len(self.members)

    def __repr__(self) -> str:
        return (
            f"Clusters({self.task.name!r}: {len(self):,} with {int(self.sizes.sum()):,} entities, "
            f"{self.n_kept:,} links kept, {self.n_dropped:,} dropped)"
        )

    def __str__(self) -> str:
        sizes = "".join(f", {count:,} of {size}" for size, count in self.by_size.items())
        below = f", {self.n_below:,} below the lowest score" if self.n_below else ""
        lines = [
            f"{self.task.name}: {len(self):,} clusters with {int(self.sizes.sum()):,} entities"
            + sizes.replace(",", ":", 1),
            f"links: {self.n_kept:,} kept, {self.n_dropped:,} dropped as conflicts{below}",
            f"pairs implied without a link: {self.n_implied:,}",
        ]
        if self.n_seeds_dropped:
            lines.append(f"seed links dropped as contradictions: {self.n_seeds_dropped:,}")
        return "\n".join(lines)

    @property
    def task(self) -> AlignmentTask:
        """The task, which turns ids into identifiers."""
        return self.alignment.task

    @cached_property
    def sizes(self) -> Int32Array:
        """(c,) int32: how many entities each cluster has."""
        sizes: Int32Array = (self.members >= 0).sum(axis=1, dtype=np.int32)
        return sizes

    @property
    def by_size(self) -> dict[int, int]:
        """How many clusters there are of each size that occurs."""
        sizes, counts = np.unique(self.sizes, return_counts=True)
        return dict(zip(sizes.tolist(), counts.tolist(), strict=True))

    @cached_property
    def cluster_of(self) -> Int32Array:
        """(n,) int32: the row of each joint id's cluster, -1 for those that are in none."""
        found = np.full(self.task.n_entities, -1, dtype=np.int32)
        rows, columns = np.nonzero(self.members >= 0)
        found[self.members[rows, columns]] = rows
        return found

    def to_alignment(self) -> Links:
        """Every two entities of a cluster as a link, between all pairs of graphs.

        Seed links are left out, as in other alignments. A pair that had a link has its score, one
        that is implied the cluster's. There is no ranking.
        """
        made_of, task = self.alignment, self.task
        keys, given = pair_keys(made_of.links), pair_keys(task.seed_links)
        order = np.lexsort((made_of.sureness, keys))  # of a repeated link the surest comes last
        keys, known = keys[order], made_of.sureness[order]
        pairs = []
        for left, right in task.kg_pairs:
            ends = self.members[:, [left, right]]
            found = np.flatnonzero((ends >= 0).all(axis=1))
            found = found[~np.isin(pair_keys(ends[found]), given)]
            links, scores = ends[found], self.scores[found]
            wanted = pair_keys(links)
            at = np.searchsorted(keys, wanted, side="right") - 1
            has_link = np.append(keys, -1)[at] == wanted  # at -1 nothing is found
            scores[has_link] = known[at[has_link]]
            pairs.append(PairAlignment(left, right, links, scores, None, None))
        return made_of.with_pairs(tuple(pairs), f"{made_of.matcher}, clustered")

    def to_tsv(self, path: str | Path) -> None:
        """Writes a line for every cluster, see `dualamn.link_files.side_tables`."""
        from dualamn.link_files.side_tables import write_clusters

        write_clusters(self.task, self.members, self.scores, path)

    def summary(self) -> dict[str, Any]:
        """Counts for a report."""
        return {
            "clusters": len(self),
            "by_size": self.by_size,
            "links_kept": self.n_kept,
            "links_dropped": self.n_dropped,
            "links_below": self.n_below,
            "pairs_implied": self.n_implied,
            "seed_links_dropped": self.n_seeds_dropped,
        }


def cluster(alignment: Links, *, min_score: float | None = None) -> Clusters[Links]:
    """Clusters from the links of an alignment and the seed links of its task.

    Links with a score below `min_score` are not looked at; seed links always are.

    Raises:
        ConfigError: `min_score` is not a number.
    """
    if min_score is not None and np.isnan(min_score):
        raise ConfigError("min_score is not a number; use a score, or None to take every link")
    task = alignment.task
    seeds, links, scores = task.seed_links, alignment.links, alignment.sureness
    looked_at = scores >= (-inf if min_score is None else min_score)
    every = np.concatenate([seeds, links[looked_at]])
    sureness = np.concatenate([np.full(len(seeds), inf), scores[looked_at].astype(np.float64)])

    lots = splitmix64(pair_keys(every).astype(np.uint64), task.seed)
    order = np.lexsort((lots, -sureness))
    owner, joined = _merge(every[order], task.source_of, task.not_links)
    members, first = _table(owner, task)
    weakest = np.full(task.n_entities, inf)
    np.minimum.at(weakest, owner[every[order[joined], 0]], sureness[order[joined]])
    weakest[weakest == inf] = _SEED_SCORE

    together = owner[every[:, 0]] == owner[every[:, 1]]
    sizes = (members >= 0).sum(axis=1)
    n_pairs = int((sizes * (sizes - 1) // 2).sum())
    n_kept = int(together[len(seeds) :].sum())
    return Clusters(
        alignment,
        members,
        weakest[first].astype(np.float32),
        n_kept,
        n_dropped=int(looked_at.sum()) - n_kept,
        n_below=len(links) - int(looked_at.sum()),
        n_implied=n_pairs - len(np.unique(pair_keys(every[together]))),
        n_seeds_dropped=int((~together[: len(seeds)]).sum()),
    )


def _merge(
    links: Int32Array, source_of: Int32Array, rejected: Int32Array
) -> tuple[Int32Array, BoolArray]:
    """Brings clusters together link by link, unless they have a graph in common or are rejected.

    Returns:
        (n,) the first entity of each entity's cluster, and (m,) whether each link brought two
        clusters together.
    """
    parent = list(range(len(source_of)))
    graphs = [1 << source for source in source_of.tolist()]  # a bit for every graph

    def root(entity: int) -> int:
        while (above := parent[entity]) != entity:
            parent[entity] = entity = parent[above]
        return entity

    apart: dict[int, set[int]] = {}  # of a cluster's first entity, who may not be with it
    for one, two in rejected.tolist():
        apart.setdefault(one, set()).add(two)
        apart.setdefault(two, set()).add(one)

    def is_rejected(first: int, other: int) -> bool:
        return any(root(entity) == other for entity in apart.get(first, ()))

    joined = np.zeros(len(links), dtype=np.bool_)
    for at, (left, right) in enumerate(links.tolist()):
        first, other = sorted((root(left), root(right)))
        if first != other and not graphs[first] & graphs[other] and not is_rejected(first, other):
            parent[other] = first
            if other in apart:
                apart.setdefault(first, set()).update(apart.pop(other))
            graphs[first] |= graphs[other]
            joined[at] = True
    return np.array([root(entity) for entity in parent], dtype=np.int32), joined


def _table(owner: Int32Array, task: AlignmentTask) -> tuple[Int32Array, Int32Array]:
    """The members of every cluster of two or more, and (c,) the first of them."""
    first, row, sizes = np.unique(owner, return_inverse=True, return_counts=True)
    table = np.full((len(first), len(task.kgs)), -1, dtype=np.int32)
    table[row, task.source_of] = np.arange(task.n_entities, dtype=np.int32)
    return table[sizes > 1], first[sizes > 1]
