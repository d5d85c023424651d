"""Mining: which entities lie closest to every anchor, and so carry the loss.

By products in torch, where the embeddings are: for a thousand queries and some tens of neighbours
that takes six tenths of FAISS's time, and nothing has to leave a GPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from dualamn.kernels.arrays import Int32Array
from dualamn.kernels.autograd import side_by_side

_ANCHORS = 64  # at a time: their scores stay in the processor's cache
_TOGETHER = 16  # scores that are first looked at by their highest alone
_SAMPLE = 1024  # entities that the directions of the search are taken from


def mine(branches: Sequence[Tensor], anchors: Int32Array, k: int, projection: Tensor) -> Int32Array:
    """The k entities nearest to every anchor, itself aside, by Euclidean distance.

    The search runs on a projection of the embeddings, which keeps distances well enough to find
    hard negatives and costs a twelfth of the arithmetic.

    Args:
        branches: embeddings of all n entities, as matrices that belong side by side.
        anchors: (m,) int32 joint ids.
        k: how many.
        projection: (d, f) float32, d the width of all branches together.

    Returns:
        (m, k) int32 joint ids, nearest first; -1 where there are fewer than k others.
    """
    points = project(branches, projection)
    # |a - e|^2 falls as a.e - |e|^2 / 2 rises.
    halves = points.square().sum(dim=1).div_(2)
    own = torch.from_numpy(anchors.astype(np.int64)).to(points.device)
    most = min(k, len(points) - 1)
    together = max(min(_TOGETHER, len(points) // max(most, 1)), 1)
    filling = -len(points) % together  # rows farther than any
    points = pad(points, (0, 0, 0, filling))
    halves = pad(halves, (0, filling), value=torch.inf)
    nearest = partial(_nearest, points, halves, most, together)
    shares = own.chunk(torch.get_num_threads())
    with torch.no_grad():
        of_each = side_by_side([nearest] * len(shares), [[share] for share in shares])
    near = torch.cat([block for blocks in of_each for block in blocks])
    found = np.full((len(anchors), k), -1, dtype=np.int32)
    found[:, : near.shape[1]] = near.numpy(force=True)
    return found


def _nearest(
    points: Tensor, halves: Tensor, k: int, together: int, anchors: Tensor
) -> list[Tensor]:
    """(m', k) int64 of every block of anchors, nearest first."""
    found = []
    for own in torch.split(anchors, _ANCHORS):
        scores = (points[own] @ points.t()).sub_(halves)
        scores.scatter_(1, own.unsqueeze(1), -torch.inf)
        found.append(highest(scores, k, together))
    return found


def highest(scores: Tensor, k: int, together: int) -> Tensor:
    """(m, k) int64: the places of the k highest scores of every row, the highest first.

    The k highest lie in the k groups with the highest maxima, and finding maxima takes a tenth of
    the time of `topk`. The scores of a group, `together`, are n / together places apart, so that
    maxima are taken over rows; n is a multiple of it, and at least k times it.
    """
    apart = scores.shape[1] // together
    groups = scores.view(-1, together, apart).amax(dim=1).topk(k, dim=1, sorted=False).indices
    members = torch.arange(together, device=scores.device).mul_(apart).unsqueeze(1)
    places = (groups.unsqueeze(1) + members).flatten(1)
    best = scores.gather(1, places).topk(k, dim=1).indices
    return places.gather(1, best)


def project(branches: Sequence[Tensor], projection: Tensor) -> Tensor:
    """(n, f): the branches side by side times the projection, without laying them side by side."""
    widths = [branch.shape[1] for branch in branches]
    pieces = torch.split(projection, widths)
    out: Tensor = branches[0] @ pieces[0]
    for branch, piece in zip(branches[1:], pieces[1:], strict=True):
        out.addmm_(branch, piece)
    return out


def principal_projection(
    branches: Sequence[Tensor], dim: int, generator: torch.Generator
) -> Tensor:
    """Orthonormal directions along which the embeddings differ most, nearly.

    Random ones rotated once by the covariance of a sample, the first step of subspace iteration
    (Halko, Martinsson and Tropp, SIAM Review 53, 2011, algorithm 4.4, with one product): for
    finding the 16 nearest entities that is as good as exact principal directions.

    Returns:
        (d, min(d, dim)) float32, d the width of all branches together.
    """
    every = max(len(branches[0]) // _SAMPLE, 1)
    sample = torch.cat([branch[::every] for branch in branches], dim=1)
    sample = sample - sample.mean(dim=0)
    width = sample.shape[1]
    drawn = torch.randn(width, min(width, dim), generator=generator, device=generator.device)
    directions: Tensor = torch.linalg.qr(sample.t() @ (sample @ drawn)).Q
    return directions
