"""The hyperbolic tangent, faster than torch computes it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

_NUMBERS = 1 << 16  # a block: four passes over 256 KiB stay in the processor's cache


def fast_tanh_(matrix: Tensor) -> Tensor:
    """tanh of a contiguous matrix in place, without gradient, to 2e-7 in float32.

    tanh(x) = 2 sigmoid(2x) - 1, and torch's sigmoid takes a third of the time of its tanh on an
    AMD EPYC.
    """
    if matrix.device.type != "cpu":
        return matrix.tanh_()
    for block in torch.split(matrix.view(-1), _NUMBERS):
        block.mul_(2).sigmoid_().mul_(2).sub_(1)
    return matrix


def fast_tanh(matrix: Tensor) -> Tensor:
    """`fast_tanh_` with gradient: what goes in is overwritten."""
    out: Tensor = _Tanh.apply(matrix)  # type: ignore[no-untyped-call]
    return out


class _Tanh(Function):
    @staticmethod
    def forward(ctx: Any, matrix: Tensor) -> Tensor:
        ctx.mark_dirty(matrix)
        out = fast_tanh_(matrix)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor]:
        (out,) = ctx.saved_tensors
        return (torch.ops.aten.tanh_backward(grads[0], out),)
