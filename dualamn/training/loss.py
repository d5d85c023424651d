"""The normalized hard sample mining loss of Dual-AMN, over mined negatives.

For a pair (a, b) with anchor a, and every other entity e of the whole task:

    l(e) = gamma + |a - b|^2 - |a - e|^2
    z(e) = (l(e) - mu) / sigma              mu, sigma over all e, without gradient
    loss = log sum over e of exp(lambda z(e) + tau)

and the same with b as the anchor. For e = a and e = b, l is 0: these two constant terms are
the margin, without which gamma and tau would have no effect. At lambda = 30 only the hardest
negatives carry weight in the sum, so it runs over those that were mined; mu and sigma come
from the moments of a sample of all entities.

Symbols: q embedded rows of width d; p pairs; k negatives an anchor; s sampled entities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dualamn.kernels.arrays import Int32Array
from dualamn.kernels.autograd import side_by_side
from dualamn.kernels.sparse import Pattern, square_distances


@dataclass(frozen=True, eq=False)
class LossLayout:
    """Which distances one step needs, by position among the rows it embeds.

    Attributes:
        rows: (q,) int64: the entities to embed, distinct joint ids.
        distances: q x q pattern: for every anchor its negatives, then its counterpart.
        slots, counterparts: (2p, k) and (2p,) int64: which entry of `distances` belongs to an
            anchor's i-th negative, and to its counterpart.
        missing: (2p, k) bool: true where an anchor has fewer than k negatives.
        anchors, opposite: (2p,) int64: the rows of anchors, the pairs' left ends and then the
            right, and of their counterparts.
        sample: (s,) int64: rows of the entities that mu and sigma are taken from.
        anchor_sampled, opposite_sampled: (2p,) float: 1 where that row is in the sample.
        n_entities: of the whole task.
    """

    rows: Tensor
    distances: Pattern
    slots: Tensor
    missing: Tensor
    counterparts: Tensor
    anchors: Tensor
    opposite: Tensor
    sample: Tensor
    anchor_sampled: Tensor
    opposite_sampled: Tensor
    n_entities: int

    @classmethod
    def build(
        cls, pairs: Int32Array, negatives: Int32Array, sample: Int32Array, n_entities: int
    ) -> LossLayout:
        """Lays out a step.

        Args:
            pairs: (p, 2) int32 joint ids.
            negatives: (2p, k) int32 joint ids: mined for the left ends, then for the right.
                An anchor itself, its counterpart and -1 are passed over.
            sample: (s,) int32 distinct joint ids, drawn evenly from all entities.
            n_entities: of the whole task.
        """
        anchors = np.concatenate([pairs[:, 0], pairs[:, 1]])
        opposite = np.concatenate([pairs[:, 1], pairs[:, 0]])
        usable = (
            (negatives >= 0) & (negatives != anchors[:, None]) & (negatives != opposite[:, None])
        )
        in_step = np.zeros(n_entities, dtype=bool)
        in_step[anchors] = in_step[sample] = in_step[negatives[usable]] = True
        rows = np.flatnonzero(in_step)
        position = np.cumsum(in_step, dtype=np.int64) - 1
        at, counterpart = position[anchors], position[opposite]

        # Entries in any order, then sorted by row.
        targets = np.concatenate([position[negatives[usable]], counterpart])
        owners = np.concatenate([np.nonzero(usable)[0], np.arange(len(anchors))])
        starts = at[owners]
        order = np.argsort(starts, kind="stable")
        entry_of = np.empty(len(order), dtype=np.int64)
        entry_of[order] = np.arange(len(order))
        slots = np.zeros(negatives.shape, dtype=np.int64)
        n_negatives = int(usable.sum())
        slots[usable] = entry_of[:n_negatives]
        in_sample = np.zeros(n_entities, dtype=np.float32)
        in_sample[sample] = 1.0
        tensor = torch.from_numpy
        shape = len(rows), len(rows)
        return cls(
            rows=tensor(rows),
            distances=Pattern.from_sorted(tensor(starts[order]), tensor(targets[order]), shape),
            slots=tensor(slots),
            missing=tensor(~usable),
            counterparts=tensor(entry_of[n_negatives:]),
            anchors=tensor(at),
            opposite=tensor(counterpart),
            sample=tensor(position[sample]),
            anchor_sampled=tensor(in_sample[anchors]),
            opposite_sampled=tensor(in_sample[opposite]),
            n_entities=n_entities,
        )

    def to(self, device: torch.device) -> LossLayout:
        """The same layout on another device."""
        moved: list[Any] = [
            value.to(device) if isinstance(value, Tensor | Pattern) else value
            for value in vars(self).values()
        ]
        return LossLayout(*moved)


def hard_sample_loss(
    branches: Sequence[Tensor],
    layout: LossLayout,
    *,
    gamma: float = 1.0,
    scale: float = 30.0,
    tau: float = 10.0,
    least_weight: float = 0.0,
) -> Tensor:
    """The loss of one step, a mean over pairs of both anchors' terms: a scalar.

    Args:
        branches: the embeddings of `layout.rows`, as matrices (q, d) that belong side by side.
        layout: which distances to take.
        gamma: the margin between a pair and its negatives, in squared distance.
        scale: lambda, how much the hardest negatives outweigh the others.
        tau: the constant added to every exponent.
        least_weight: terms of less than this share of an anchor's sum get no gradient.
    """
    # (e,) squared distances; branches side by side add up.
    of_each = side_by_side(
        [partial(_distances, layout.distances)] * len(branches), [[branch] for branch in branches]
    )
    distances = torch.stack([distances for (distances,) in of_each]).sum(dim=0)
    pair = distances[layout.counterparts]  # (2p,)
    with torch.no_grad():
        mu, sigma = _moments(branches, layout, pair, gamma)  # (2p,) each
    hardness = gamma + pair.unsqueeze(1) - distances[layout.slots]  # (2p, k)
    z = (hardness - mu.unsqueeze(1)) / sigma.unsqueeze(1)
    exponents = (scale * z + tau).masked_fill(layout.missing, -torch.inf)
    itself = (scale * (0 - mu) / sigma + tau).unsqueeze(1)  # l = 0 for the anchor ...
    terms = torch.cat([exponents, itself, itself], dim=1)  # ... and once more for its counterpart
    if least_weight > 0:
        with torch.no_grad():
            faint = torch.softmax(terms, dim=1) < least_weight
        terms = torch.where(faint, terms.detach(), terms)
    return torch.logsumexp(terms, dim=1).mean() * 2


def _distances(pattern: Pattern, points: Tensor) -> list[Tensor]:
    return [square_distances(pattern, points)]


def _moments(
    branches: Sequence[Tensor], layout: LossLayout, pair: Tensor, gamma: float
) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of l over all entities, for every anchor.

    They follow from the sample's first and second moments, so no anchors x sample matrix is needed.
    The anchor and its counterpart are taken out of the sample where they are in it, and put back as
    the two zeros they count as.
    """
    sampled = [branch.index_select(0, layout.sample) for branch in branches]
    squares = _square_norms(sampled)  # (s,)
    square_mean = squares.mean()
    s, n = len(layout.sample), layout.n_entities

    anchor_squares = _square_norms(branches)[layout.anchors]
    own = [branch.index_select(0, layout.anchors) for branch in branches]
    anchor = torch.cat(own, dim=1)  # (2p, d)
    points = torch.cat(sampled, dim=1)
    centre = points.mean(dim=0)
    points -= centre
    along_centre = anchor @ centre
    # variance of |e|^2 - 2 a.e over e
    slope = (squares - square_mean) @ points / s  # (d,)
    covariance = points.t() @ points / s  # (d, d)
    spread = ((anchor @ covariance) * anchor).sum(dim=1)
    variance = (squares - square_mean).square().mean() - 4 * (anchor @ slope) + 4 * spread
    mean = anchor_squares + square_mean - 2 * along_centre  # of |a - e|^2 over the sample

    # Without the anchor (distance 0) and its counterpart (distance `pair`).
    from_anchor = (0 - mean) * layout.anchor_sampled
    from_counterpart = (pair - mean) * layout.opposite_sampled
    left = (s - layout.anchor_sampled - layout.opposite_sampled).clamp(min=1)
    shift = -(from_anchor + from_counterpart) / left
    variance = (variance * s - from_anchor.square() - from_counterpart.square()) / left
    variance = variance - shift.square()
    mean = gamma + pair - (mean + shift)  # now of l
    # With the two zeros: a mixture of two groups.
    share = (n - 2) / n
    total_mean = share * mean
    total_variance = share * variance + share * (1 - share) * mean.square()
    return total_mean, total_variance.clamp(min=1e-12).sqrt()


def _square_norms(branches: Sequence[Tensor]) -> Tensor:
    squares = [torch.linalg.vector_norm(branch, dim=1).square() for branch in branches]
    return torch.stack(squares).sum(dim=0)
