"""Mining: which entities lie closest to every anchor, and so carry the loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from dualamn.arrays import Int32Array
from dualamn.search.exact import nearest


def mine(parts: Sequence[Tensor], anchors: Int32Array, k: int, projection: Tensor) -> Int32Array:
    """The k entities nearest to every anchor, itself aside, by Euclidean distance.

    The search runs on a random projection of the embeddings, which keeps distances well enough
    to find hard negatives and costs a sixth of the arithmetic.

    Args:
        parts: embeddings of all n entities, as matrices that belong side by side.
        anchors: (m,) int32 joint ids.
        k: how many.
        projection: (d, f) float32, d the width of all parts together.

    Returns:
        (m, k) int32 joint ids, nearest first; -1 where there are fewer than k entities.
    """
    points = project(parts, projection)
    # |a - e|^2 falls as a.e - |e|^2 / 2 rises: one more column makes it an inner product.
    pool = np.empty((points.shape[0], points.shape[1] + 1), dtype=np.float32)
    pool[:, :-1] = points.numpy(force=True)
    pool[:, -1] = -0.5 * np.einsum("nd,nd->n", pool[:, :-1], pool[:, :-1])
    queries = pool[anchors]
    queries[:, -1] = 1.0
    _, found = nearest(queries, pool, k + 1)
    others = found != anchors[:, None]
    # Every row drops itself, or its last entry where duplicates pushed itself out.
    others[others.all(axis=1), -1] = False
    kept = found[others].reshape(len(anchors), -1)
    missing = k - kept.shape[1]
    return np.pad(kept, ((0, 0), (0, max(missing, 0))), constant_values=-1)[:, :k]


def project(parts: Sequence[Tensor], projection: Tensor) -> Tensor:
    """(n, f): the parts side by side times the projection, without laying them side by side."""
    widths = [part.shape[1] for part in parts]
    pieces = torch.split(projection, widths)
    out: Tensor = parts[0] @ pieces[0]
    for part, piece in zip(parts[1:], pieces[1:], strict=True):
        out.addmm_(part, piece)
    return out


def random_projection(width: int, dim: int, generator: torch.Generator) -> Tensor:
    """(width, dim) Gaussian numbers scaled so that squared distances are kept on average."""
    numbers: Tensor = torch.randn(width, dim, generator=generator, device=generator.device)
    return numbers.div_(dim**0.5)
