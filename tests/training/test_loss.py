"""The mined loss equals the published dense one when every entity is a candidate."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from dualamn.kernels.arrays import Int32Array
from dualamn.training.loss import LossLayout, hard_sample_loss
from tests.conftest import there


def dense_loss(
    branches: list[Tensor], pairs: Tensor, gamma: float, scale: float, tau: float
) -> Tensor:
    """Over all entities, as the paper's formula and the authors' program have it."""
    everything = torch.cat(branches, dim=1)
    n = len(everything)

    def one_side(anchor: Tensor, counterpart: Tensor) -> Tensor:
        pair = (everything[anchor] - everything[counterpart]).square().sum(dim=1)
        differences = everything[anchor].unsqueeze(1) - everything.unsqueeze(0)
        hardness = gamma + pair.unsqueeze(1) - differences.square().sum(dim=2)  # (p, n)
        kept = torch.ones(len(anchor), n, dtype=everything.dtype)
        kept[torch.arange(len(anchor)), anchor] = 0
        kept[torch.arange(len(anchor)), counterpart] = 0
        hardness = hardness * kept
        mean = hardness.detach().mean(dim=1, keepdim=True)
        deviation = hardness.detach().std(dim=1, correction=0, keepdim=True)
        return torch.logsumexp(scale * (hardness - mean) / deviation + tau, dim=1)

    left, right = pairs.long().t()
    return (one_side(left, right) + one_side(right, left)).mean()


def made(n: int, p: int, seed: int) -> tuple[list[Tensor], Int32Array]:
    rng = np.random.default_rng(seed)
    branches = [torch.from_numpy(rng.normal(size=(n, d))).requires_grad_() for d in (5, 3)]
    pairs = rng.permutation(n)[: 2 * p].reshape(p, 2).astype(np.int32)
    return branches, pairs


def layout_of_everything(pairs: Int32Array, n: int) -> LossLayout:
    everyone = np.tile(np.arange(n, dtype=np.int32), (2 * len(pairs), 1))
    return LossLayout.build(pairs, everyone, np.arange(n, dtype=np.int32), n)


def grads(loss: Tensor, branches: list[Tensor]) -> Tensor:
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, branches)])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("gamma", "scale", "tau"), [(1.0, 30.0, 10.0), (3.0, 2.0, 0.0)])
def test_complete_candidates_give_the_dense_loss_and_gradient(
    seed: int, gamma: float, scale: float, tau: float
) -> None:
    branches, pairs = made(20, 4, seed)
    layout = layout_of_everything(pairs, 20)
    assert layout.rows.tolist() == list(range(20))
    mined = hard_sample_loss(branches, layout, gamma=gamma, scale=scale, tau=tau)
    dense = dense_loss(branches, torch.from_numpy(pairs), gamma, scale, tau)
    torch.testing.assert_close(mined, dense)
    torch.testing.assert_close(grads(mined, branches), grads(dense, branches), rtol=1e-5, atol=1e-7)


def test_an_entity_may_be_in_several_pairs_of_one_step() -> None:
    branches, _ = made(12, 1, 0)
    pairs = np.array([[0, 5], [0, 9], [5, 9]], dtype=np.int32)  # as with three graphs
    mined = hard_sample_loss(branches, layout_of_everything(pairs, 12))
    dense = dense_loss(branches, torch.from_numpy(pairs), 1.0, 30.0, 10.0)
    torch.testing.assert_close(mined, dense)


def test_hardest_negatives_alone_keep_the_gradient_direction() -> None:
    branches, pairs = made(400, 30, 1)
    anchors = np.concatenate([pairs[:, 0], pairs[:, 1]])
    joined = torch.cat(branches, dim=1).detach()
    near = torch.cdist(joined[anchors], joined).argsort(dim=1)[:, 1:65].numpy().astype(np.int32)
    layout = LossLayout.build(pairs, near, np.arange(400, dtype=np.int32), 400)
    mined = hard_sample_loss(branches, layout)
    dense = dense_loss(branches, torch.from_numpy(pairs), 1.0, 30.0, 10.0)
    assert cosine_similarity(grads(mined, branches), grads(dense, branches), dim=0) > 0.999
    assert mined <= dense


def test_terms_of_little_weight_count_but_get_no_gradient() -> None:
    branches, pairs = made(400, 30, 1)
    layout = layout_of_everything(pairs, 400)
    whole = hard_sample_loss(branches, layout)
    heavy = hard_sample_loss(branches, layout, least_weight=1e-4)
    assert heavy.item() == whole.item()
    all_rows, heavy_rows = (torch.autograd.grad(loss, branches)[0] for loss in (whole, heavy))
    assert int((heavy_rows != 0).any(dim=1).sum()) < 0.8 * int((all_rows != 0).any(dim=1).sum())
    assert cosine_similarity(all_rows.flatten(), heavy_rows.flatten(), dim=0) > 0.99999


def test_sampled_moments_are_close_to_those_of_all() -> None:
    branches, pairs = made(3000, 20, 2)
    everything = layout_of_everything(pairs, 3000)
    sample = np.random.default_rng(0).choice(3000, 1000, replace=False).astype(np.int32)
    everyone = np.tile(np.arange(3000, dtype=np.int32), (40, 1))
    sampled = LossLayout.build(pairs, everyone, sample, 3000)
    full, part = hard_sample_loss(branches, everything), hard_sample_loss(branches, sampled)
    assert abs(part.item() / full.item() - 1) < 0.05
    assert cosine_similarity(grads(full, branches), grads(part, branches), dim=0) > 0.99


def test_plan_embeds_only_what_the_step_touches() -> None:
    pairs = np.array([[3, 40]], dtype=np.int32)
    negatives = np.array([[7, 3, -1], [40, 9, 3]], dtype=np.int32)
    layout = LossLayout.build(pairs, negatives, np.array([60], dtype=np.int32), 100)
    assert layout.rows.tolist() == [3, 7, 9, 40, 60]
    # An anchor itself, its counterpart and -1 are no negatives.
    assert layout.missing.tolist() == [[False, True, True], [True, False, True]]


def test_anchors_without_any_negative_leave_a_finite_loss() -> None:
    pairs = np.array([[0, 1]], dtype=np.int32)
    layout = LossLayout.build(pairs, np.full((2, 3), -1, np.int32), np.array([0, 1], np.int32), 2)
    part = torch.randn(2, 4, requires_grad=True)
    loss = hard_sample_loss([part], layout)
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.isfinite()
    assert there(part.grad).isfinite().all()
