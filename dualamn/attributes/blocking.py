"""The most alike names without comparing every name with every other.

Two names that are alike have some rare word or piece in common, so each name looks up those that
have its rare ones: record linkage calls that blocking (Christen, "A survey of indexing techniques
for scalable record linkage and deduplication", IEEE TKDE 2012).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array, csr_matrix

from dualamn.attributes.base import repeated
from dualamn.attributes.name_sets import best_entities
from dualamn.attributes.names import NameSimilarity
from dualamn.kernels.arrays import BoolArray, FloatArray, Int32Array, IntArray
from dualamn.result import Candidates, TopK

PRODUCTS = 3_000
"""Numbers that one name is multiplied with at most. More finds hardly more on DBP15K, where a
tenth already finds what the dense search does; see docs/names.md."""

_BLOCK = 1 << 15  # names at a time: some seconds, so that Ctrl-C and progress need not wait


def alike_by_name(
    names: NameSimilarity,
    left_ids: Int32Array,
    right_ids: Int32Array,
    k: int,
    *,
    products: int = PRODUCTS,
    done: Callable[[int], None] | None = None,
) -> Candidates:
    """The k most alike names of each entity in the other pool, in both directions.

    A name is looked up by its rarest words and pieces, as long as those who have them in the other
    pool are no more than `products` in all. So a pool of n names takes n times that at most,
    however large the other one is. Names that have only what very many have are looked for among
    those of the same words. An embedding model of names takes no part.

    Args:
        names: sparse rows of words and pieces.
        left_ids, right_ids: (q,) and (p,) int32 joint ids of the two pools, without repeats;
            either may be empty.
        k: candidates of each entity; at most all of the other pool.
        products: see above.
        done: called after every block of names with how many of both pools are done so far.

    Returns:
        Candidates, fewer than k where fewer names are alike, and none without a name. Scores are
        similarities by the words and pieces that were looked up, less than those of whole names
        may be, and 1 for names of the same words where some were not. Equal scores come by
        position.
    """

    def right_done(rows: int) -> None:
        if done is not None:
            done(len(left_ids) + rows)

    return Candidates(
        look_up(names, left_ids, right_ids, k, products=products, done=done),
        look_up(names, right_ids, left_ids, k, products=products, done=right_done),
    )


def look_up(
    names: NameSimilarity,
    queries: Int32Array,
    pool: Int32Array,
    k: int,
    *,
    products: int = PRODUCTS,
    done: Callable[[int], None] | None = None,
) -> TopK:
    """The k most alike names of each query in a pool, see `alike_by_name`."""
    k = min(k, len(pool))
    candidates = np.full((len(queries), k), -1, dtype=np.int32)
    scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
    found = TopK(queries, candidates, scores, len(pool))
    if not candidates.size:
        return found
    # A query is looked up by each of its names, among those of all names of the pool together.
    index = _Index.of(names.joined_rows[pool], products)
    place, offered = names.owners.names_of(pool.astype(np.int64))
    namesakes = _Namesakes(names.whole[offered], place)
    for start in range(0, len(queries), _BLOCK):
        block = slice(start, min(start + _BLOCK, len(queries)))
        which, asked = names.owners.names_of(queries[block].astype(np.int64))
        rare, cut = index.rare_of(names.rows[asked], products)
        near = index.nearest(rare, k)
        counts = np.diff(near.indptr)
        filled = np.arange(k) < counts[:, None]
        size = int(near.indptr[-1])  # an empty result has one number too many
        here = np.full(filled.shape, -1, dtype=np.int64)
        alike = np.full(filled.shape, -np.inf, dtype=np.float32)
        here[filled], alike[filled] = near.indices[:size], near.data[:size]
        namesakes.put_first(here, alike, names.whole[asked], cut)
        if not names.owners.single:
            query, column = np.nonzero(here >= 0)
            rows = which[query], here[query, column], alike[query, column]
            here, alike = best_entities(*rows, block.stop - start, k)
        candidates[block] = np.where(here >= 0, pool[here], -1)
        scores[block] = np.minimum(alike, 1)
        if done is not None:
            done(block.stop)
    return found


def alike_rows(
    queries: csr_array, pool: csr_array, k: int, *, products: int = PRODUCTS
) -> csr_array:
    """(q, p) products of (q, f) rows with the k of (p, f) others that they are the largest with.

    As far as their rarest numbers show it, see `alike_by_name`.
    """
    index = _Index.of(pool, products)
    rare, _ = index.rare_of(queries, products)
    near = index.nearest(rare, k)
    size = int(near.indptr[-1])  # an empty result has one number too many
    shape = queries.shape[0], pool.shape[0]
    return csr_array((near.data[:size], near.indices[:size], near.indptr), shape=shape)


@dataclass(frozen=True, eq=False)
class _Index:
    """Who in a pool has names with which words and pieces.

    Attributes:
        used: (f,) how many have each.
        names_with: (f, p) float32, what each weighs in whose names; none for those that too many
            have.
    """

    used: IntArray
    names_with: csr_matrix

    @classmethod
    def of(cls, rows: csr_array, products: int) -> _Index:
        used = np.bincount(rows.indices, minlength=rows.shape[1])
        kept = _only(rows, used[rows.indices] <= products)
        return cls(used, kept.T.tocsr())

    def nearest(self, rare: csr_matrix, k: int) -> csr_matrix:
        """(q, p) the k largest products of rows with those of the pool, the largest first."""
        import torch  # slow to load
        from sparse_dot_topn import sp_matmul_topn

        return sp_matmul_topn(
            rare,
            self.names_with,
            k,
            sort=True,
            n_threads=torch.get_num_threads(),
            idx_dtype=self.names_with.indices.dtype,
        )

    def rare_of(self, rows: csr_array, products: int) -> tuple[csr_matrix, BoolArray]:
        """The rarest numbers of every row that all together meet so many, and who has others."""
        count = np.diff(rows.indptr)
        owner = np.repeat(np.arange(rows.shape[0]), count)
        cost = self.used[rows.indices]
        order = np.argsort(owner * (self.used.max(initial=0) + 1) + cost, kind="stable")
        total = np.append(0, np.cumsum(cost[order]))
        spent = total[1:] - total[rows.indptr[owner]]  # rows lie in `order` as they lay before
        kept = np.zeros(len(cost), dtype=np.bool_)
        kept[order] = spent <= products
        cut = np.zeros(rows.shape[0], dtype=np.bool_)
        cut[owner[~kept]] = True
        return _only(rows, kept & (cost > 0)), cut


@dataclass(frozen=True, eq=False)
class _Namesakes:
    """Who in a pool has a name of the same words.

    Attributes:
        whole: (r,) one number for all such names of the pool; -1 for none.
        place: (r,) whose names they are, by position in the pool; nobody has two of a number.
    """

    whole: IntArray
    place: IntArray

    @cached_property
    def order(self) -> IntArray:
        """(r,) the names by these numbers."""
        return np.argsort(self.whole, kind="stable")

    def put_first(
        self, near: IntArray, scores: FloatArray, wholes: IntArray, asked: BoolArray
    ) -> None:
        """Puts names of the same words in front of what else was found for those who ask.

        Args:
            near: (q, k) positions in the pool, -1 for none; changed.
            scores: (q, k) theirs; changed.
            wholes: (q,) the numbers of the names looked for.
            asked: (q,) whose rows are to be changed.
        """
        k = near.shape[1]
        rows = np.flatnonzero(asked & (wholes >= 0))
        ordered = self.whole[self.order]
        first, last = (np.searchsorted(ordered, wholes[rows], side) for side in ("left", "right"))
        some = last > first
        rows, first, last = rows[some], first[some], last[some]
        # More than k have no place, and all are equal by name.
        at = first[:, None] + np.arange(k)
        those = self.place[self.order[np.minimum(at, len(ordered) - 1)]]
        same = np.where(at < last[:, None], those, -1)
        places = np.concatenate([same, near[rows]], axis=1)
        values = np.concatenate([np.where(same >= 0, np.float32(1), -np.inf), scores[rows]], axis=1)
        twice = repeated(places)
        places[twice], values[twice] = -1, -np.inf
        best = np.argsort(-values, axis=1, kind="stable")[:, :k]
        near[rows] = np.take_along_axis(places, best, axis=1)
        scores[rows] = np.take_along_axis(values, best, axis=1)


def _only(rows: csr_array, kept: BoolArray) -> csr_matrix:
    """The rows with some of their numbers, in the form that the products are made in."""
    ends = np.append(0, np.cumsum(kept))[rows.indptr]
    return csr_matrix((rows.data[kept], rows.indices[kept], ends), shape=rows.shape)
