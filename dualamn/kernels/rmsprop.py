"""RMSprop, without what comes along with torch.optim.

The first optimiser of torch.optim loads a compiler and a computer algebra system, which takes
about a second and 100 MB: a thirtieth of a whole benchmark run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import torch
from torch import Tensor

from dualamn.kernels.autograd import each

_NUMBERS = 1 << 17  # a block


class RMSprop:
    """Steps along the gradient divided by the root of its running mean square.

    The same as `torch.optim.RMSprop(parameters, lr, alpha, eps)`.

    Args:
        parameters: what to change in place.
        alpha: how much of the running mean stays at every step.
        eps: added to the root, so that still parameters stay still.
    """

    def __init__(
        self, parameters: Iterable[Tensor], *, alpha: float = 0.9, eps: float = 1e-7
    ) -> None:
        self.parameters = list(parameters)
        self.alpha = alpha
        self.eps = eps
        self.mean_squares = [torch.zeros_like(p, requires_grad=False) for p in self.parameters]

    def zero_grad(self) -> None:
        """Forgets the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    def step(self, lr: float) -> None:
        """Changes every parameter that has a gradient, with this learning rate."""
        blocks: list[Sequence[Tensor]] = []
        for parameter, mean_square in zip(self.parameters, self.mean_squares, strict=True):
            grad = parameter.grad
            if grad is None:
                continue
            same = (_blocks(tensor) for tensor in (parameter, grad.contiguous(), mean_square))
            blocks += zip(*same, strict=True)
        on_cpu = all(values.device.type == "cpu" for values, _, _ in blocks)
        shares = torch.get_num_threads() if on_cpu else 1
        each(partial(self._change, blocks[start::shares], lr) for start in range(shares))

    @torch.no_grad()
    def _change(self, blocks: Sequence[Sequence[Tensor]], lr: float) -> None:
        for values, slope, square in blocks:
            # Five passes over numbers that stay in the processor's cache.
            square.mul_(self.alpha).addcmul_(slope, slope, value=1 - self.alpha)
            values.addcdiv_(slope, square.sqrt().add_(self.eps), value=-lr)


def _blocks(tensor: Tensor) -> Sequence[Tensor]:
    flat = tensor.view(-1)
    return torch.split(flat, _NUMBERS) if tensor.device.type == "cpu" else [flat]
