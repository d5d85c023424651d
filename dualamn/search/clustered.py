"""Approximate nearest neighbours of two large pools in each other, by way of clusters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dualamn.kernels.arrays import FloatArray, Int32Array
from dualamn.result import Recall
from dualamn.search.both_ways import LEFT_TILE, RIGHT_TILE, nearest_both_ways, writeable
from dualamn.search.clusters import Clusters
from dualamn.search.exact import checked_rows, nearest
from dualamn.search.heaps import Found, Heaps

AT = 10  # recall is that of so many nearest
_SAMPLED = 500  # queries of a side that choose the number of probes, and as many that judge it
_MOST_SHARE = 0.6  # of all products; an exact search has larger tiles and is as fast

IntArray = NDArray[np.int64]


def nearest_by_clusters(
    left: FloatArray,
    right: FloatArray,
    k: int,
    *,
    recall: float,
    seed: int,
    done: Callable[[int], None] | None = None,
) -> tuple[Found, Found, Recall | None]:
    """Like `nearest_both_ways`, but only rows of clusters that are near each other are compared.

    Every right row is in the nearest cluster, and a left row is compared with those in its
    nearest `probes`: an inverted file (Sivic and Zisserman, ICCV 2003), whose lists are
    multiplied with all the left rows that look into them at once. So products are made at the
    speed of an exact search, serve both directions, and their scores need no second look.

    The exact neighbours of a sample of rows of either side tell beforehand how many probes it
    takes to find a share of them; those of another sample tell afterwards what was found. Rows
    that have no clusters worth the name, for which most products would be made, are searched
    exactly.

    Args:
        left, right: (p, d) and (q, d) float32, neither empty.
        k: how many to return.
        recall: share of the ten nearest that is to be found.
        seed: of the samples and of k-means.
        done: called now and then with the number of left rows that this is worth.

    Returns:
        (p, min(k, q)) scores and positions in `right`, (q, min(k, p)) in `left`, and what they are
        worth, None for an exact search. A row that was compared with fewer than k has positions
        of -1 at the end.

    Raises:
        DataError: an embedding is NaN or infinite.
        ValueError: k is negative, or the widths differ.
    """
    left, right = (writeable(rows) for rows in checked_rows(left, right, k))
    rng = np.random.default_rng([seed, len(left), len(right)])
    clusters = Clusters.of(left, right, rng)
    home = clusters.nearest(right, 1)[:, 0]
    probes = _Sample.of(left, right, rng).probes(left, home, clusters, recall)
    meetings = _Meetings.of(clusters.nearest(left, probes), home, len(clusters))
    if meetings.share > _MOST_SHARE:
        return *nearest_both_ways(left, right, k, done=done), None
    to_right, to_left = _compare(left, right, k, meetings, done)
    judged = _Sample.of(left, right, rng)
    found = judged.recall(to_right[1], to_left[1])
    return to_right, to_left, Recall(found, judged.size, len(clusters), probes, meetings.share)


@dataclass(frozen=True, eq=False)
class _Sample:
    """Some rows of either side and their exact nearest on the other.

    Attributes:
        lefts, rights: (s,) positions of the rows.
        of_lefts: (s, t) positions in right.
        of_rights: (s, t) positions in left.
    """

    lefts: IntArray
    rights: IntArray
    of_lefts: Int32Array
    of_rights: Int32Array

    @classmethod
    def of(cls, left: FloatArray, right: FloatArray, rng: np.random.Generator) -> Self:
        lefts, rights = (
            rng.choice(len(side), min(_SAMPLED, len(side)), replace=False) for side in (left, right)
        )
        of_lefts, of_rights = (
            nearest(left[lefts], right, AT)[1],
            nearest(right[rights], left, AT)[1],
        )
        return cls(lefts, rights, of_lefts, of_rights)

    @property
    def size(self) -> int:
        return len(self.lefts) + len(self.rights)

    def probes(self, left: FloatArray, home: Int32Array, clusters: Clusters, recall: float) -> int:
        """So many clusters of a left row hold this share of the pairs, in either direction."""
        needed = 1
        for seen, there in (
            (np.repeat(self.lefts, self.of_lefts.shape[1]), self.of_lefts.ravel()),
            (self.of_rights.ravel(), np.repeat(self.rights, self.of_rights.shape[1])),
        ):
            near = clusters.nearest(left[seen], len(clusters))
            ranks = np.argmax(near == home[there][:, None], axis=1)
            needed = max(needed, 1 + int(np.quantile(ranks, recall, method="higher")))
        return needed

    def recall(self, to_right: Int32Array, to_left: Int32Array) -> float:
        """The share of the nearest that was found, the mean of both directions."""
        shares = [
            np.mean([np.isin(own, found[row]).mean() for row, own in zip(rows, exact, strict=True)])
            for rows, exact, found in (
                (self.lefts, self.of_lefts, to_right),
                (self.rights, self.of_rights, to_left),
            )
        ]
        return float(np.mean(shares))


@dataclass(frozen=True, eq=False)
class _Meetings:
    """Which rows of either side meet in every cluster.

    Attributes:
        lefts, rights: positions of rows, an array for every cluster.
        share: of all pairs that meet.
    """

    lefts: list[IntArray]
    rights: list[IntArray]
    share: float

    @classmethod
    def of(cls, lists: Int32Array, home: Int32Array, n_clusters: int) -> Self:
        """From the clusters (p, probes) of every left row, and the one (q,) of every right row."""
        lefts = [places // lists.shape[1] for places in _grouped(lists.ravel(), n_clusters)]
        rights = _grouped(home, n_clusters)
        made = sum(len(some) * len(others) for some, others in zip(lefts, rights, strict=True))
        return cls(lefts, rights, made / (len(lists) * len(home)))


def _compare(
    left: FloatArray,
    right: FloatArray,
    k: int,
    meetings: _Meetings,
    done: Callable[[int], None] | None,
) -> tuple[Found, Found]:
    """Multiplies the rows that meet."""
    import torch  # slow to load

    to_right, to_left = Heaps(len(left), min(k, len(right))), Heaps(len(right), min(k, len(left)))
    lefts, rights = torch.from_numpy(left), torch.from_numpy(right)
    finished = 0
    for looking, inside in zip(meetings.lefts, meetings.rights, strict=True):
        for first in range(0, len(inside), RIGHT_TILE):
            columns = inside[first : first + RIGHT_TILE]
            there = rights.index_select(0, torch.from_numpy(columns)).T
            for start in range(0, len(looking), LEFT_TILE):
                rows = looking[start : start + LEFT_TILE]
                tile = lefts.index_select(0, torch.from_numpy(rows)) @ there
                to_right.add_some(rows, columns, tile.numpy())
                to_left.add_some(columns, rows, tile.T.contiguous().numpy())
        finished += len(inside)
        if done is not None:
            done(finished * len(left) // len(right))
    return to_right.sorted(), to_left.sorted()


def _grouped(groups: Int32Array, count: int) -> list[IntArray]:
    """Where each group from 0 to count - 1 occurs."""
    order = np.argsort(groups, kind="stable")
    ends = np.cumsum(np.bincount(groups, minlength=count))
    return np.split(order, ends[:-1])
