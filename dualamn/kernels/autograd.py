"""Operations with gradients of their own: two computations at once, tanh, dropout.

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

T = TypeVar("T")
Computation = Callable[..., Sequence[Tensor]]

_NUMBERS = 1 << 16  # a block: four passes over 256 KiB stay in the processor's cache


def carrier(tensors: Sequence[Tensor], grads: Sequence[Tensor]) -> Tensor:
    """A number whose backward pass starts at these tensors with these gradients.

    The same as giving both to `torch.autograd`, which then loads a computer algebra system to
    compare their shapes: a second and 100 MB. Its value means nothing.
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
        return _computed(computations, inputs, grad=False)
    counts, made = [len(own) for own in inputs], list[int]()
    outputs: tuple[Tensor, ...] = _SideBySide.apply(  # type: ignore[no-untyped-call]
        computations, counts, made, *(tensor for own in inputs for tensor in own)
    )
    return _split(outputs, made)


def fork(generator: torch.Generator) -> torch.Generator:
    """A new generator on the same device, whose numbers follow from the state of this one."""
    drawn = torch.randint(2**62, (1,), generator=generator, device=generator.device)
    return torch.Generator(generator.device).manual_seed(int(drawn))


class _SideBySide(Function):
    """Keeps either end of every computation's own graph; `made` takes their numbers of outputs."""

    @staticmethod
    def forward(
        ctx: Any,
        computations: Sequence[Computation],
        counts: list[int],
        made: list[int],
        *flat: Tensor,
    ) -> tuple[Tensor, ...]:
        leaves = [tensor.detach().requires_grad_(tensor.requires_grad) for tensor in flat]
        ctx.inputs = _split(leaves, counts)
        ctx.outputs = _computed(computations, ctx.inputs, grad=True)
        made += [len(own) for own in ctx.outputs]
        return tuple(tensor.detach() for own in ctx.outputs for tensor in own)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        own_grads = _split(grads, [len(own) for own in ctx.outputs])
        ends = zip(ctx.outputs, ctx.inputs, own_grads, strict=True)
        found = each(partial(_gradients, *own) for own in ends)
        return None, None, None, *(grad for own in found for grad in own)


def _computed(
    computations: Sequence[Computation], inputs: Sequence[Sequence[Tensor]], *, grad: bool
) -> list[list[Tensor]]:
    def of(compute: Computation, own: Sequence[Tensor]) -> list[Tensor]:
        with torch.set_grad_enabled(grad):  # of this thread alone
            return list(compute(*own))

    return each(partial(of, *both) for both in zip(computations, inputs, strict=True))


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

    A single call is made in the thread that asks, with all of them. Every thread has its own mode
    of gradients, which the calls set, and its own GPU stream: work for a GPU is a single call.
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


def fast_tanh_(matrix: Tensor) -> Tensor:
    """tanh of a contiguous matrix in place, without gradient, to 2e-7 in float32.

    2 sigmoid(2x) - 1: torch's sigmoid takes a third of the time of its tanh on an AMD EPYC.
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


def dropped_rows(
    matrix: Tensor, rows: Tensor, share: float, generator: torch.Generator | None = None
) -> Tensor:
    """(q, d) rows of a matrix with a share of their numbers set to zero, the rest scaled up.

    Args:
        matrix: (n, d), which gets a gradient.
        rows: (q,) int64, distinct.
        share: from 0 up to, not including, 1.
        generator: draws the mask.
    """
    if share == 0:
        return matrix.index_select(0, rows)
    keep = dropout_mask((len(rows), matrix.shape[1]), share, matrix.device, generator)
    out: Tensor = _Dropped.apply(  # type: ignore[no-untyped-call]
        matrix, rows, keep, 1.0 / (1.0 - share)
    )
    return out


def dropout_mask(
    shape: tuple[int, int], share: float, device: torch.device, generator: torch.Generator | None
) -> Tensor:
    """A boolean mask whose entries are true with probability 1 - share, to 1 in 65,536.

    Drawn as 16-bit numbers, four to a random word: a draw an entry would take most of the time.
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
