"""Dropout of some rows: what stays, what is scaled, and its gradient."""

import pytest
import torch
from torch import Tensor

from dualamn.kernels.autograd import dropout_mask, dropped_rows

ROWS = torch.tensor([6, 0, 3])


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(1)


def test_rows_are_multiplied_with_the_mask_and_scaled_up() -> None:
    matrix = torch.randn(8, 5, dtype=torch.float64, requires_grad=True)
    keep = dropout_mask((3, 5), 0.4, torch.device("cpu"), generator())
    plain = matrix[ROWS] * keep / 0.6
    fast = dropped_rows(matrix, ROWS, 0.4, generator())
    torch.testing.assert_close(fast, plain)
    weighting = torch.randn(3, 5, dtype=torch.float64)
    torch.testing.assert_close(
        *(torch.autograd.grad((out * weighting).sum(), matrix) for out in (fast, plain))
    )


def test_without_dropout_rows_are_as_they_were() -> None:
    matrix = torch.randn(8, 5)
    assert torch.equal(dropped_rows(matrix, ROWS, 0.0), matrix[ROWS])


def test_its_gradient_is_right() -> None:
    def function(matrix: Tensor) -> Tensor:
        return dropped_rows(matrix, ROWS, 0.3, generator())

    assert torch.autograd.gradcheck(
        function, torch.randn(7, 3, dtype=torch.float64, requires_grad=True)
    )


def test_no_rows_give_no_rows() -> None:
    none = torch.empty(0, dtype=torch.int64)
    assert dropped_rows(torch.randn(4, 3), none, 0.3, generator()).shape == (0, 3)


@pytest.mark.parametrize("dropout", [0.1, 0.3, 0.9])
def test_dropout_mask_drops_its_share_everywhere(dropout: float) -> None:
    mask = dropout_mask((501, 303), dropout, torch.device("cpu"), torch.Generator().manual_seed(0))
    spread = (dropout * (1 - dropout) / mask.numel()) ** 0.5
    assert abs((~mask).float().mean().item() - dropout) < 5 * spread
    # Neighbouring entries are cut from one random word and must not depend on each other.
    both = (~mask[:, 1:] & ~mask[:, :-1]).float().mean().item()
    assert abs(both - dropout**2) < 10 * spread
