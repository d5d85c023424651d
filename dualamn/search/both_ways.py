"""Exact nearest neighbours of two pools in each other, from one pass over their products."""

from __future__ import annotations

from collections.abc import Callable

from dualamn.kernels.arrays import FloatArray
from dualamn.search.exact import checked_rows
from dualamn.search.heaps import Found, Heaps

LEFT_TILE, RIGHT_TILE = 1_024, 4_096  # 16 MiB of scores: large enough for fast products


def nearest_both_ways(
    left: FloatArray,
    right: FloatArray,
    k: int,
    *,
    done: Callable[[int], None] | None = None,
) -> tuple[Found, Found]:
    """The same as `nearest(left, right, k)` and `nearest(right, left, k)`, in less time.

    Nearly all time of a search goes into inner products, and both directions need the same
    ones. So every tile of products is made once and goes into FAISS's heaps of its rows and,
    turned, into those of its columns. A pair has one score, whichever way it is seen.

    Args:
        left, right: (p, d) and (q, d) float32; either may be empty.
        k: how many to return, at most all of the other side.
        done: called after every block of left rows with the number of rows done so far.

    Returns:
        (p, min(k, q)) scores and positions in `right`, and (q, min(k, p)) in `left`.

    Raises:
        DataError: an embedding is NaN or infinite.
        ValueError: k is negative, or the widths differ.
    """
    import torch  # slow to load, as is faiss below

    left, right = (writeable(rows) for rows in checked_rows(left, right, k))
    n_left, n_right = len(left), len(right)
    to_right = Heaps(n_left, min(k, n_right))
    to_left = Heaps(n_right, min(k, n_left))
    if not to_right.scores.size:
        return to_right.sorted(), to_left.sorted()
    lefts, rights = torch.from_numpy(left), torch.from_numpy(right)
    size = min(n_left, LEFT_TILE) * min(n_right, RIGHT_TILE)
    buffer, turned_buffer = torch.empty(size), torch.empty(size)
    for start in range(0, n_left, LEFT_TILE):
        rows = slice(start, min(start + LEFT_TILE, n_left))
        height = rows.stop - start
        for first in range(0, n_right, RIGHT_TILE):
            columns = slice(first, min(first + RIGHT_TILE, n_right))
            width = columns.stop - first
            tile = buffer[: height * width].view(height, width)
            turned = turned_buffer[: height * width].view(width, height)
            torch.mm(lefts[rows], rights[columns].T, out=tile)
            turned.copy_(tile.T)
            to_right.add(rows, first, tile.numpy())
            to_left.add(columns, start, turned.numpy())
        if done is not None:
            done(rows.stop)
    return to_right.sorted(), to_left.sorted()


def writeable(rows: FloatArray) -> FloatArray:
    """PyTorch takes no read-only memory, such as that of a mapped file."""
    return rows if rows.flags.writeable else rows.copy()
