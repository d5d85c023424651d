"""Our RMSprop takes the steps of torch's."""

import pytest
import torch

from dualamn.kernels import rmsprop
from dualamn.kernels.rmsprop import RMSprop


@pytest.mark.parametrize("numbers", [5, 1 << 17])
def test_steps_are_those_of_torch(monkeypatch: pytest.MonkeyPatch, numbers: int) -> None:
    monkeypatch.setattr(rmsprop, "_NUMBERS", numbers)
    torch.manual_seed(0)
    start = [torch.randn(4, 3), torch.randn(5), torch.randn(2)]
    mine = [p.clone().requires_grad_() for p in start]
    theirs = [p.clone().requires_grad_() for p in start]
    ours = RMSprop(mine, alpha=0.9, eps=1e-7)
    reference = torch.optim.RMSprop(theirs, lr=0.01, alpha=0.9, eps=1e-7)
    for step in range(5):
        lr = 0.01 / (step + 1)
        for group in reference.param_groups:
            group["lr"] = lr
        for optimizer, (a, b, _) in ((ours, mine), (reference, theirs)):
            optimizer.zero_grad()
            ((a.square().sum() + 1) * b.sin()).sum().backward()  # type: ignore[no-untyped-call]
        ours.step(lr)
        reference.step()
        for p, q in zip(mine, theirs, strict=True):
            torch.testing.assert_close(p, q)
    assert torch.equal(mine[2], start[2])  # it never had a gradient
