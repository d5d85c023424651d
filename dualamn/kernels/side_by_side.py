"""Computations that need nothing of each other, each on its own share of the threads.

Cut into many small operations, the two branches of a network keep two cores busy better next to
each other than one after the other with every operation shared out: nobody waits at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.autograd import Function

from dualamn.kernels.gradients import carrier

T = TypeVar("T")
Computation = Callable[..., Sequence[Tensor]]


def side_by_side(
    computations: Sequence[Computation], inputs: Sequence[Sequence[Tensor]]
) -> list[list[Tensor]]:
    """The tensors that every computation makes, with gradients for its inputs.

    On a GPU, or with a single thread, they run one after the other. One backward pass goes
    through, a second one over the same graph does not.

    Args:
        computations: each makes tensors of its inputs. What else it reads gets no gradient, and
            none may share a random generator with another.
        inputs: of each; the same tensor may be in several.
    """
    on_cpu = all(tensor.device.type == "cpu" for own in inputs for tensor in own)
    if not on_cpu or torch.get_num_threads() == 1:
        return [list(compute(*own)) for compute, own in zip(computations, inputs, strict=True)]
    if not torch.is_grad_enabled():
        return each(
            partial(_without_gradient, compute, own)
            for compute, own in zip(computations, inputs, strict=True)
        )
    run = _Run(computations, [len(own) for own in inputs])
    flat = [tensor for own in inputs for tensor in own]
    outputs: tuple[Tensor, ...] = _SideBySide.apply(run, *flat)  # type: ignore[no-untyped-call]
    return _split(outputs, [len(own) for own in run.outputs])


def fork(generator: torch.Generator) -> torch.Generator:
    """A new generator on the same device, whose numbers follow from the state of this one."""
    drawn = torch.randint(2**62, (1,), generator=generator, device=generator.device)
    return torch.Generator(generator.device).manual_seed(int(drawn))


class _Run:
    """What forward keeps for backward: either end of every computation's own graph."""

    def __init__(self, computations: Sequence[Computation], counts: Sequence[int]) -> None:
        self.computations = computations
        self.counts = counts
        self.inputs: list[list[Tensor]] = []
        self.outputs: list[list[Tensor]] = []

    def forward(self, flat: Sequence[Tensor]) -> list[Tensor]:
        leaves = [tensor.detach().requires_grad_(tensor.requires_grad) for tensor in flat]
        self.inputs = _split(leaves, self.counts)
        self.outputs = each(
            partial(_with_gradient, compute, own)
            for compute, own in zip(self.computations, self.inputs, strict=True)
        )
        return [tensor.detach() for own in self.outputs for tensor in own]

    def backward(self, grads: Sequence[Tensor]) -> list[Tensor | None]:
        own_grads = _split(grads, [len(own) for own in self.outputs])
        found = each(
            partial(_gradients, *ends)
            for ends in zip(self.outputs, self.inputs, own_grads, strict=True)
        )
        return [grad for own in found for grad in own]


class _SideBySide(Function):
    @staticmethod
    def forward(ctx: Any, run: _Run, *flat: Tensor) -> tuple[Tensor, ...]:
        ctx.run = run
        return tuple(run.forward(flat))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        run: _Run = ctx.run
        return None, *run.backward(grads)


def _without_gradient(compute: Computation, own: Sequence[Tensor]) -> list[Tensor]:
    with torch.no_grad():
        return list(compute(*own))


def _with_gradient(compute: Computation, own: Sequence[Tensor]) -> list[Tensor]:
    with torch.enable_grad():
        return list(compute(*own))


def _gradients(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], grads: Sequence[Tensor]
) -> list[Tensor | None]:
    wanted = [tensor for tensor in inputs if tensor.requires_grad]
    if not wanted:
        return [None] * len(inputs)
    found = iter(torch.autograd.grad(carrier(outputs, grads), wanted, allow_unused=True))
    return [next(found) if tensor.requires_grad else None for tensor in inputs]


def each(calls: Iterable[Callable[[], T]]) -> list[T]:
    """What the calls return, each made in a thread with its share of torch's own threads.

    A single call is made in the thread that asks, with all of them. Whether gradients are kept is
    a matter of each thread, and so is a GPU's stream: the calls say the first themselves, and work
    for a GPU is to be a single call.
    """
    calls = list(calls)
    if len(calls) == 1:
        return [calls[0]()]
    share = max(1, torch.get_num_threads() // len(calls))

    def limited(call: Callable[[], T]) -> T:
        torch.set_num_threads(share)  # of this thread alone
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(limited, calls))


def _split(flat: Sequence[Tensor], counts: Sequence[int]) -> list[list[Tensor]]:
    rest = iter(flat)
    return [[next(rest) for _ in range(count)] for count in counts]
