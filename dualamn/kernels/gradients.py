"""Going on with a backward pass from gradients that are known already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function


def carrier(tensors: Sequence[Tensor], grads: Sequence[Tensor]) -> Tensor:
    """A number whose backward pass starts at these tensors with these gradients.

    The same as giving both to `torch.autograd`, which then loads a computer algebra system to
    compare their shapes: a second and 100 MB.

    Args:
        tensors: of one graph or several.
        grads: one for each, of its shape.

    Returns:
        A scalar; its value means nothing.
    """
    number: Tensor = _Carrier.apply(grads, *tensors)  # type: ignore[no-untyped-call]
    return number


class _Carrier(Function):
    @staticmethod
    def forward(ctx: Any, grads: Sequence[Tensor], *tensors: Tensor) -> Tensor:
        ctx.grads = grads
        return torch.zeros((), dtype=tensors[0].dtype, device=tensors[0].device)

    @staticmethod
    def backward(ctx: Any, *_: Tensor) -> tuple[Tensor | None, ...]:
        return None, *ctx.grads
