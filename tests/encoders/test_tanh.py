import pytest
import torch

from dualamn.kernels.autograd import fast_tanh, fast_tanh_


@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (700, 200)])
def test_it_is_the_tangent(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 5
    expected = torch.tanh(matrix.double())
    torch.testing.assert_close(fast_tanh_(matrix).double(), expected, atol=3e-7, rtol=0)


def test_far_out_it_ends_at_one_and_nan_stays() -> None:
    matrix = torch.tensor([[1e30, -1e30, torch.inf, -torch.inf, torch.nan, 0.0]])
    expected = torch.tensor([[1.0, -1.0, 1.0, -1.0, torch.nan, 0.0]])
    torch.testing.assert_close(fast_tanh_(matrix), expected, equal_nan=True)


def test_its_gradient_is_right() -> None:
    matrix = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: fast_tanh(x * 1), matrix)
