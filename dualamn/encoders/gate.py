"""The proxy matching gate of Dual-AMN, for the rows that are asked for and no others.

With m a row's layers side by side, and c proxies Q shared by all graphs:

    s   = softmax(cos(m, Q))
    t   = s Q                           what the proxies explain of m
    g   = sigmoid((m - t) W + b)
    out = g m + (1 - g) (m - t) = m - (1 - g) t

Rows pass through in blocks that fit the processor's cache, forward and backward, so that the
side-by-side matrix of all rows never exists. Dropout is part of the pass.
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
    layers: Sequence[Tensor],
    rows: Sequence[Tensor],
    proxies: Tensor,
    weight: Tensor,
    bias: Tensor,
    *,
    dropout: float = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Gated embeddings of some entities, with gradients for layers and parameters.

    Args:
        layers: the outputs of the l graph layers, each (n, d), the n of its own.
        rows: l times (q,) int64: where each layer has the entities wanted.
        proxies: (c, l * d) for l layers.
        weight: (l * d, l * d).
        bias: (l * d,).
        dropout: the share of output numbers set to zero; the rest are scaled up.
        generator: draws the dropout mask.

    Returns:
        (q, l * d).
    """
    if dropout > 0:
        shape = (len(rows[0]), proxies.shape[1])
        keep = dropout_mask(shape, dropout, proxies.device, generator)
    else:
        keep = None
    out: Tensor = _Gate.apply(  # type: ignore[no-untyped-call]
        tuple(rows), keep, 1.0 / (1.0 - dropout), proxies, weight, bias, *layers
    )
    return out


def dropout_mask(
    shape: tuple[int, int],
    dropout: float,
    device: torch.device,
    generator: torch.Generator | None,
) -> Tensor:
    """A boolean mask whose entries are true with probability 1 - dropout, to 1 in 65,536.

    Drawn as 16-bit numbers, four to a random word: one draw an entry takes longer than the
    matrix products it guards.
    """
    count = shape[0] * shape[1]
    words = torch.empty((count + 3) // 4, dtype=torch.int64, device=device)
    words.random_(-(2**63), None, generator=generator)
    threshold = round(dropout * 65536) - 32768
    keep: Tensor = words.view(torch.int16)[:count] >= threshold
    return keep.view(shape)


class _Gate(Function):
    @staticmethod
    def forward(
        ctx: Any,
        rows: tuple[Tensor, ...],
        keep: Tensor | None,
        scale: float,
        proxies: Tensor,
        weight: Tensor,
        bias: Tensor,
        *layers: Tensor,
    ) -> Tensor:
        width = proxies.shape[1]
        n_rows = len(rows[0])
        out = proxies.new_empty(n_rows, width)
        opening = torch.empty_like(out) if any(ctx.needs_input_grad) else None
        unit_proxies = _unit(proxies)
        for start in range(0, n_rows, BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            m = _gather(layers, rows, block)
            share = torch.softmax(_unit(m) @ unit_proxies.t(), dim=1)
            t = share @ proxies
            g = torch.addmm(
                bias, m - t, weight, out=None if opening is None else opening[block]
            ).sigmoid_()
            torch.addcmul(m, g.sub(1), t, out=out[block])
            if keep is not None:
                out[block].mul_(keep[block]).mul_(scale)
        ctx.save_for_backward(proxies, weight, opening, *layers)
        ctx.rows, ctx.keep, ctx.scale = rows, keep, scale
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        proxies, weight, opening, *layers = ctx.saved_tensors
        rows: tuple[Tensor, ...] = ctx.rows
        d_proxies, d_weight = torch.zeros_like(proxies), torch.zeros_like(weight)
        d_bias = proxies.new_zeros(proxies.shape[1])
        d_unit_proxies = torch.zeros_like(proxies)
        d_layers = [torch.zeros_like(layer) for layer in layers]
        unit_proxies = _unit(proxies)
        for start in range(0, len(rows[0]), BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            d_out = grads[0][block]
            if ctx.keep is not None:
                d_out = (d_out * ctx.keep[block]).mul_(ctx.scale)
            m = _gather(layers, rows, block)
            norm = m.norm(dim=1, keepdim=True).clamp_(min=_EPSILON)
            unit = m / norm
            share = torch.softmax(unit @ unit_proxies.t(), dim=1)
            t = share @ proxies
            g = opening[block]
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
            _scatter(d_layers, rows, block, d_m)
        proxy_norm = proxies.norm(dim=1, keepdim=True).clamp_(min=_EPSILON)
        inward = (unit_proxies * d_unit_proxies).sum(dim=1, keepdim=True)
        d_proxies += (d_unit_proxies - unit_proxies * inward).div_(proxy_norm)
        return None, None, None, d_proxies, d_weight, d_bias, *d_layers


def _gather(layers: Sequence[Tensor], rows: Sequence[Tensor], block: slice) -> Tensor:
    # index_select: the same as layer[rows], several times faster.
    parts = zip(layers, rows, strict=True)
    return torch.cat([layer.index_select(0, own[block]) for layer, own in parts], dim=1)


def _scatter(d_layers: Sequence[Tensor], rows: Sequence[Tensor], block: slice, d_m: Tensor) -> None:
    width = d_layers[0].shape[1]
    for number, (d_layer, own) in enumerate(zip(d_layers, rows, strict=True)):
        part = d_m[:, number * width : (number + 1) * width].contiguous()
        d_layer.index_add_(0, own[block], part)


def _unit(matrix: Tensor) -> Tensor:
    lengths: Tensor = matrix.norm(dim=1, keepdim=True)
    return matrix / lengths.clamp_(min=_EPSILON)
