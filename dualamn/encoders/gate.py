"""The proxy matching gate of Dual-AMN, for the rows that are asked for and no others.

With m a row's layers side by side, and c proxies Q shared by all graphs:

    s   = softmax(cos(m, Q))
    t   = s Q                           what the proxies explain of m
    g   = sigmoid((m - t) W + b)
    out = g m + (1 - g) (m - t) = m - (1 - g) t

Rows pass through in blocks that fit the processor's cache, forward and backward, so that the
side-by-side matrix of all rows never exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

BLOCK_ROWS = 1024
"""Rows a block: with 384 columns a float32 block is 1.5 MiB."""

_EPSILON = 1e-12


def gate(
    layers: Sequence[Tensor], rows: Sequence[Tensor], proxies: Tensor, weight: Tensor, bias: Tensor
) -> Tensor:
    """Gated embeddings of some entities, with gradients for layers and parameters.

    Args:
        layers: the outputs of the l graph layers, each (n, d), the n of its own.
        rows: l times (q,) int64: where each layer has the entities wanted.
        proxies: (c, l * d) for l layers.
        weight: (l * d, l * d).
        bias: (l * d,).

    Returns:
        (q, l * d).
    """
    out: Tensor = _Gate.apply(  # type: ignore[no-untyped-call]
        tuple(rows), proxies, weight, bias, *layers
    )
    return out


class _Gate(Function):
    @staticmethod
    def forward(
        ctx: Any,
        rows: tuple[Tensor, ...],
        proxies: Tensor,
        weight: Tensor,
        bias: Tensor,
        *layers: Tensor,
    ) -> Tensor:
        width = proxies.shape[1]
        n_rows = len(rows[0])
        out = proxies.new_empty(n_rows, width)
        trains = any(ctx.needs_input_grad)
        opening = torch.empty_like(out) if trains else None
        shares = proxies.new_empty(n_rows, len(proxies)) if trains else None
        unit_proxies = _unit(proxies)
        for start in range(0, n_rows, BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            m = _gather(layers, [places[block] for places in rows])
            share = torch.softmax(_unit(m) @ unit_proxies.t(), dim=1)
            if shares is not None:
                shares[block] = share
            t = share @ proxies
            g = torch.addmm(
                bias, m - t, weight, out=None if opening is None else opening[block]
            ).sigmoid_()
            torch.addcmul(m, g.sub(1), t, out=out[block])
        ctx.save_for_backward(proxies, weight, opening, shares, *layers)
        ctx.rows = rows
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        proxies, weight, opening, shares, *layers = ctx.saved_tensors
        rows: tuple[Tensor, ...] = ctx.rows
        d_proxies, d_weight = torch.zeros_like(proxies), torch.zeros_like(weight)
        d_bias = proxies.new_zeros(proxies.shape[1])
        d_unit_proxies = torch.zeros_like(proxies)
        d_layers = [torch.zeros_like(layer) for layer in layers]
        unit_proxies = _unit(proxies)
        for used in _with_gradient(grads[0]):
            d_out = grads[0].index_select(0, used)
            own = [places.index_select(0, used) for places in rows]
            m = _gather(layers, own)
            norm = m.norm(dim=1, keepdim=True).clamp_(min=_EPSILON)
            unit = m / norm
            share, g = shares.index_select(0, used), opening.index_select(0, used)
            t = share @ proxies
            # out = m - (1 - g) t
            d_z = (d_out * t).mul_(g).mul_(1 - g)
            d_p = d_z @ weight.t()
            d_weight.addmm_((m - t).t(), d_z)
            d_bias += d_z.sum(dim=0)
            d_t = (g - 1).mul_(d_out).sub_(d_p)
            # t = share Q, share = softmax(unit Q'), unit = m / |m|
            d_proxies.addmm_(share.t(), d_t)
            d_share = d_t @ proxies.t()
            d_logits = share * (d_share - (share * d_share).sum(dim=1, keepdim=True))
            d_unit_proxies.addmm_(d_logits.t(), unit)
            d_unit = d_logits @ unit_proxies
            d_m = (d_unit - unit * (unit * d_unit).sum(dim=1, keepdim=True)).div_(norm)
            d_m += d_out
            d_m += d_p
            _scatter(d_layers, own, d_m)
        proxy_norm = proxies.norm(dim=1, keepdim=True).clamp_(min=_EPSILON)
        inward = (unit_proxies * d_unit_proxies).sum(dim=1, keepdim=True)
        d_proxies += (d_unit_proxies - unit_proxies * inward).div_(proxy_norm)
        return None, d_proxies, d_weight, d_bias, *d_layers


def _with_gradient(grad: Tensor) -> Sequence[Tensor]:
    """The rows that have a gradient, in blocks: the loss looks at a part of what it is given.

    The last block is filled up with rows without one, so that products have shapes that recur.
    """
    has = torch.linalg.vector_norm(grad, ord=1, dim=1) != 0  # half the time of (grad != 0).any()
    order = has.logical_not().sort(stable=True).indices  # those with a gradient first
    count = int(has.sum())
    return torch.split(order[: count + -count % BLOCK_ROWS], BLOCK_ROWS) if count else ()


def _gather(layers: Sequence[Tensor], rows: Sequence[Tensor]) -> Tensor:
    # index_select: the same as layer[rows], several times faster.
    parts = zip(layers, rows, strict=True)
    return torch.cat([layer.index_select(0, own) for layer, own in parts], dim=1)


def _scatter(d_layers: Sequence[Tensor], rows: Sequence[Tensor], d_m: Tensor) -> None:
    width = d_layers[0].shape[1]
    for number, (d_layer, own) in enumerate(zip(d_layers, rows, strict=True)):
        part = d_m[:, number * width : (number + 1) * width].contiguous()
        d_layer.index_add_(0, own, part)


def _unit(matrix: Tensor) -> Tensor:
    lengths: Tensor = matrix.norm(dim=1, keepdim=True)
    return matrix / lengths.clamp_(min=_EPSILON)
