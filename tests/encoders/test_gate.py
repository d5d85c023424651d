"""The blockwise gate equals its formula, forward and gradient."""

import pytest
import torch
from torch import Tensor

from dualamn.encoders import gate as gate_module
from dualamn.encoders.gate import gate


def plain_gate(m: Tensor, proxies: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    cosine = torch.nn.functional.normalize(m) @ torch.nn.functional.normalize(proxies).t()
    p = m - cosine.softmax(dim=1) @ proxies
    opening = torch.sigmoid(p @ weight + bias)
    return opening * m + (1 - opening) * p


def inputs(n: int, d: int, count: int) -> list[Tensor]:
    width = d * count
    shapes = [*[(n, d)] * count, (4, width), (width, width), (width,)]
    return [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


@pytest.mark.parametrize("block_rows", [1, 3, 100])
def test_gate_equals_its_formula(monkeypatch: pytest.MonkeyPatch, block_rows: int) -> None:
    monkeypatch.setattr(gate_module, "BLOCK_ROWS", block_rows)
    torch.manual_seed(block_rows)
    rows = torch.tensor([5, 0, 3, 3, 1, 6, 2])
    weighting = torch.randn(len(rows), 9, dtype=torch.float64)
    leaves = inputs(8, 3, 3)
    *layers, proxies, weight, bias = leaves
    fast = gate(layers, [rows] * 3, proxies, weight, bias)
    m = torch.cat(layers, dim=1)[rows]
    plain = plain_gate(m, proxies, weight, bias)
    torch.testing.assert_close(fast, plain)
    fast_grads = torch.autograd.grad((fast * weighting).sum(), leaves)
    plain_grads = torch.autograd.grad((plain * weighting).sum(), leaves)
    for mine, theirs in zip(fast_grads, plain_grads, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_gate_passes_gradcheck() -> None:
    *layers, proxies, weight, bias = inputs(4, 2, 2)
    rows = torch.tensor([0, 2, 3])

    def function(*leaves: Tensor) -> Tensor:
        return gate(leaves[:2], [rows] * 2, *leaves[2:])

    assert torch.autograd.gradcheck(function, (*layers, proxies, weight, bias))


def test_gate_of_no_rows_and_of_zero_rows_is_finite() -> None:
    *layers, proxies, weight, bias = inputs(4, 2, 2)
    none = gate(layers, [torch.empty(0, dtype=torch.int64)] * len(layers), proxies, weight, bias)
    assert none.shape == (0, 4)
    zeros = [torch.zeros_like(layer).requires_grad_() for layer in layers]
    out = gate(zeros, [torch.arange(4)] * len(zeros), proxies, weight, bias)
    assert out.isfinite().all()
    assert all(g.isfinite().all() for g in torch.autograd.grad(out.sum(), zeros))


@pytest.mark.parametrize("block_rows", [2, 4, 100])
def test_rows_without_gradient_are_passed_over(
    monkeypatch: pytest.MonkeyPatch, block_rows: int
) -> None:
    monkeypatch.setattr(gate_module, "BLOCK_ROWS", block_rows)
    leaves = inputs(8, 3, 2)
    *layers, proxies, weight, bias = leaves
    rows = torch.arange(8)
    weighting = torch.randn(8, 6, dtype=torch.float64)
    weighting[[0, 3, 4, 6, 7]] = 0
    fast = gate(layers, [rows] * 2, proxies, weight, bias)
    plain = plain_gate(torch.cat(layers, dim=1), proxies, weight, bias)
    fast_grads = torch.autograd.grad((fast * weighting).sum(), leaves)
    plain_grads = torch.autograd.grad((plain * weighting).sum(), leaves)
    for mine, theirs in zip(fast_grads, plain_grads, strict=True):
        torch.testing.assert_close(mine, theirs)
