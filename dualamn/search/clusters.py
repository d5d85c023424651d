"""Parts the rows of two pools into clusters of rows that are near each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from dualamn.kernels.arrays import FloatArray, Int32Array
from dualamn.search.exact import QUERY_BLOCK

_ITERATIONS = 8  # of k-means, which need not converge
_POINTS = 64  # rows a cluster that k-means looks at


@dataclass(frozen=True, eq=False)
class Clusters:
    """The centres of clusters, by Euclidean distance.

    Attributes:
        centroids: (c, d) float32.
    """

    centroids: FloatArray

    @classmethod
    def of(cls, left: FloatArray, right: FloatArray, rng: np.random.Generator) -> Self:
        """Finds them by k-means over a sample of the rows of both sides.

        There are as many that to find a row's nearest takes about as long as to look into some.
        """
        import faiss  # slow to load

        count = max(1, round(2 * (len(left) * len(right)) ** 0.25))
        half = _POINTS * count // 2
        sample = np.concatenate(
            [
                side[np.sort(rng.choice(len(side), min(half, len(side)), replace=False))]
                for side in (left, right)
            ]
        )
        kmeans = faiss.Kmeans(
            left.shape[1],
            count,
            niter=_ITERATIONS,
            seed=int(rng.integers(1 << 31)),
            min_points_per_centroid=1,  # fewer than it would like are no reason for a warning
            max_points_per_centroid=_POINTS,
        )
        kmeans.train(sample)
        assert kmeans.centroids is not None
        return cls(kmeans.centroids)

    def __len__(self) -> int:
        return len(self.centroids)

    def nearest(self, rows: FloatArray, k: int) -> Int32Array:
        """(n, k) clusters that each row is nearest to, the nearest first."""
        import faiss

        found = np.empty((len(rows), k), dtype=np.int32)
        for start in range(0, len(rows), QUERY_BLOCK):
            part = slice(start, start + QUERY_BLOCK)
            _, found[part] = faiss.knn(rows[part], self.centroids, k, metric=faiss.METRIC_L2)
        return found
