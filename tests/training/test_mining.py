"""Mined negatives are the nearest entities."""

from __future__ import annotations

import numpy as np
import torch

from dualamn.training.mining import mine, project, random_projection


def parts(n: int, seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(n, d, generator=generator) for d in (6, 4)]


def test_without_projection_they_are_exactly_the_nearest_others() -> None:
    embedded = parts(60)
    anchors = np.array([5, 0, 59], dtype=np.int32)
    joined = torch.cat(embedded, dim=1)
    found = mine(embedded, anchors, 7, torch.eye(10))
    assert found.dtype == np.int32
    distances = torch.cdist(joined[anchors], joined)
    distances[torch.arange(3), torch.from_numpy(anchors).long()] = torch.inf
    assert found.tolist() == distances.argsort(dim=1)[:, :7].tolist()


def test_fewer_entities_than_asked_for_leave_places_empty() -> None:
    found = mine(parts(3), np.array([1], dtype=np.int32), 4, torch.eye(10))
    assert sorted(found[0].tolist()) == [-1, -1, 0, 2]


def test_an_anchor_is_never_its_own_negative_even_among_duplicates() -> None:
    same = [torch.ones(30, 6), torch.ones(30, 4)]
    anchors = np.arange(30, dtype=np.int32)
    found = mine(same, anchors, 5, torch.eye(10))
    assert not (found == anchors[:, None]).any()
    assert (found >= 0).all()


def test_projection_is_that_of_the_parts_side_by_side() -> None:
    embedded = parts(8)
    matrix = random_projection(10, 3, torch.Generator().manual_seed(1))
    torch.testing.assert_close(project(embedded, matrix), torch.cat(embedded, dim=1) @ matrix)


def test_random_projection_keeps_squared_lengths_on_average() -> None:
    embedded = parts(500)
    matrix = random_projection(10, 4000, torch.Generator().manual_seed(1))
    before = torch.cat(embedded, dim=1).square().sum(dim=1)
    after = project(embedded, matrix).square().sum(dim=1)
    assert abs((after / before).mean().item() - 1) < 0.02
