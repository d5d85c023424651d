"""Mined negatives are the nearest entities."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dualamn.training.mining import highest, mine, principal_projection, project


def branches(n: int, seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(n, d, generator=generator) for d in (6, 4)]


def test_without_projection_they_are_exactly_the_nearest_others() -> None:
    embedded = branches(60)
    anchors = np.array([5, 0, 59], dtype=np.int32)
    joined = torch.cat(embedded, dim=1)
    found = mine(embedded, anchors, 7, torch.eye(10))
    assert found.dtype == np.int32
    distances = torch.cdist(joined[anchors], joined)
    distances[torch.arange(3), torch.from_numpy(anchors).long()] = torch.inf
    assert found.tolist() == distances.argsort(dim=1)[:, :7].tolist()


@given(st.integers(1, 5), st.integers(0, 6), st.integers(1, 17), st.integers(0, 9), st.integers(0))
@settings(max_examples=60, deadline=None)
def test_the_highest_by_way_of_groups_are_those_of_topk(
    rows: int, k: int, together: int, more: int, seed: int
) -> None:
    n = together * (k + more + 1)
    generator = torch.Generator().manual_seed(seed % 2**62)
    scores = torch.stack([torch.randperm(n, generator=generator) for _ in range(rows)]).float()
    scores[:, 0] = -torch.inf
    assert torch.equal(highest(scores, k, together), scores.topk(k, dim=1).indices)


@pytest.mark.parametrize(("n", "k"), [(1, 3), (2, 1), (33, 32), (97, 6), (500, 32)])
def test_of_any_number_of_entities_they_are_the_nearest(n: int, k: int) -> None:
    embedded = branches(n)
    joined = torch.cat(embedded, dim=1)
    distances = torch.cdist(joined, joined, compute_mode="donot_use_mm_for_euclid_dist")
    distances.fill_diagonal_(torch.inf)
    found = mine(embedded, np.arange(n, dtype=np.int32), k, torch.eye(10))
    most = min(k, n - 1)
    assert found[:, :most].tolist() == distances.argsort(dim=1)[:, :most].tolist()
    assert (found[:, most:] == -1).all()


def test_fewer_entities_than_asked_for_leave_places_empty() -> None:
    found = mine(branches(3), np.array([1], dtype=np.int32), 4, torch.eye(10))
    assert sorted(found[0].tolist()) == [-1, -1, 0, 2]


def test_an_anchor_is_never_its_own_negative_even_among_duplicates() -> None:
    same = [torch.ones(30, 6), torch.ones(30, 4)]
    anchors = np.arange(30, dtype=np.int32)
    found = mine(same, anchors, 5, torch.eye(10))
    assert not (found == anchors[:, None]).any()
    assert (found >= 0).all()


def test_as_many_threads_as_there_are_find_the_same() -> None:
    embedded, matrix = branches(90), torch.eye(10)
    anchors = np.arange(70, dtype=np.int32)
    alone = torch.get_num_threads()
    found = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        found.append(mine(embedded, anchors, 5, matrix).tolist())
        found.append(mine(embedded, anchors[:1], 5, matrix).tolist())
    torch.set_num_threads(alone)
    assert found[2:] == found[:2] * 2


def test_projection_is_that_of_the_parts_side_by_side() -> None:
    embedded = branches(8)
    matrix = torch.randn(10, 3, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(project(embedded, matrix), torch.cat(embedded, dim=1) @ matrix)


def test_principal_directions_are_orthonormal_and_hold_what_differs() -> None:
    generator = torch.Generator().manual_seed(1)
    # All that differs much lies in three directions; where the middle is does not matter.
    inside = torch.randn(3000, 3, generator=generator) @ torch.randn(3, 10, generator=generator)
    points = 5 + inside + 0.05 * torch.randn(3000, 10, generator=generator)
    found = principal_projection([points[:, :6], points[:, 6:]], 3, generator)
    torch.testing.assert_close(found.t() @ found, torch.eye(3))
    centred = points - points.mean(dim=0)
    kept = (centred @ found).square().sum() / centred.square().sum()
    assert kept > 0.98


def test_there_are_no_more_directions_than_columns_even_of_equal_embeddings() -> None:
    same = [torch.ones(30, 6), torch.ones(30, 4)]
    found = principal_projection(same, 64, torch.Generator().manual_seed(1))
    assert found.shape == (10, 10)
    assert found.isfinite().all()
