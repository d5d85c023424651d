"""Dropout on the embeddings of the rows that a training step looks at."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function


def dropped_rows(
    matrix: Tensor, rows: Tensor, share: float, generator: torch.Generator | None = None
) -> Tensor:
    """Some rows of a matrix with a share of their numbers set to zero, the rest scaled up.

    Args:
        matrix: (n, d).
        rows: (q,) int64, distinct.
        share: from 0 up to, not including, 1.
        generator: draws the mask.

    Returns:
        (q, d), with gradient for the matrix.
    """
    if share == 0:
        return matrix.index_select(0, rows)
    keep = dropout_mask((len(rows), matrix.shape[1]), share, matrix.device, generator)
    out: Tensor = _Dropped.apply(  # type: ignore[no-untyped-call]
        matrix, rows, keep, 1.0 / (1.0 - share)
    )
    return out


def dropout_mask(
    shape: tuple[int, int],
    share: float,
    device: torch.device,
    generator: torch.Generator | None,
) -> Tensor:
    """A boolean mask whose entries are true with probability 1 - share, to 1 in 65,536.

    Drawn as 16-bit numbers, four to a random word: one draw an entry takes longer than all else
    that dropout does.
    """
    count = shape[0] * shape[1]
    words = torch.empty((count + 3) // 4, dtype=torch.int64, device=device)
    words.random_(-(2**63), None, generator=generator)
    threshold = round(share * 65536) - 32768
    keep: Tensor = words.view(torch.int16)[:count] >= threshold
    return keep.view(shape)


class _Dropped(Function):
    @staticmethod
    def forward(ctx: Any, matrix: Tensor, rows: Tensor, keep: Tensor, scale: float) -> Tensor:
        ctx.rows, ctx.keep, ctx.scale, ctx.shape = rows, keep, scale, matrix.shape
        return matrix.index_select(0, rows).mul_(keep).mul_(scale)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (grad,) = grads
        own = (grad * ctx.keep).mul_(ctx.scale)
        return grad.new_zeros(ctx.shape).index_add_(0, ctx.rows, own), None, None, None
