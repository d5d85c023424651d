"""The fused graph layer equals PyG message passing over the same edges."""

import numpy as np
import pytest
import torch

from dualamn.encoders.dual_amn import DualAMN
from dualamn.encoders.message_graph import RelationGraph
from dualamn.encoders.reflection import reflect
from dualamn.pyg.conv import RelationalReflectionConv


def made_triples(
    seed: int, n: int, r: int, t: int
) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    rng = np.random.default_rng(seed)
    columns = [rng.integers(0, size, t) for size in (n, r, n)]
    return np.unique(np.stack(columns, axis=1), axis=0).astype(np.int32)


def edges_both_ways(
    triples: np.ndarray[tuple[int, int], np.dtype[np.int32]], r: int
) -> tuple[torch.Tensor, torch.Tensor]:
    heads, relations, tails = (torch.from_numpy(column.astype(np.int64)) for column in triples.T)
    # A message goes from neighbour to receiver: the head receives over k, the tail over k + r.
    edge_index = torch.stack([torch.cat([tails, heads]), torch.cat([heads, tails])])
    return edge_index, torch.cat([relations, relations + r])


@pytest.mark.parametrize("reorder", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_fused_layer_equals_message_passing(seed: int, reorder: bool) -> None:
    n, r, d = 12, 3, 5
    # 40 triples over 12 entities: parallel edges, self-loops and isolated entities all occur.
    triples = made_triples(seed, n - 2, r, 40)
    graph = RelationGraph.from_triples(triples, n, r, reorder=reorder)
    edge_index, edge_type = edges_both_ways(triples, r)
    torch.manual_seed(seed)
    layer = RelationalReflectionConv(d).double()
    x = torch.randn(n, d, dtype=torch.float64)
    relations = torch.randn(2 * r, d, dtype=torch.float64)
    weighting = torch.randn(n, d, dtype=torch.float64)

    results = []
    for way in ((graph,), (edge_index, edge_type)):
        inputs = [x.clone().requires_grad_(), relations.clone().requires_grad_()]
        layer.zero_grad()
        out = layer(*inputs, *way)
        (out * weighting).sum().backward()
        results.append([out, *(leaf.grad for leaf in inputs), layer.attention.grad.clone()])
    for fused, plain in zip(*results, strict=True):
        torch.testing.assert_close(fused, plain)
    assert results[0][0][-2:].abs().sum() == 0  # the two isolated entities receive nothing


def test_fused_layer_passes_gradcheck() -> None:
    graph = RelationGraph.from_triples(made_triples(0, 6, 2, 14), 6, 2)
    layer = RelationalReflectionConv(3).double()
    x = torch.randn(6, 3, dtype=torch.float64, requires_grad=True)
    relations = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda h, z: layer(h, z, graph), (x, relations))


@pytest.mark.parametrize("reorder", [False, True])
@pytest.mark.parametrize("wanted", [[], [3], [7, 1, 4], list(range(12))])
def test_a_layer_of_some_receivers_is_that_of_all_with_the_other_rows_left_out(
    wanted: list[int], reorder: bool
) -> None:
    n, r, d = 12, 3, 5
    graph = RelationGraph.from_triples(made_triples(5, n - 2, r, 40), n, r, reorder=reorder)
    rows = torch.tensor(wanted, dtype=torch.int64)
    focused = graph.focused(rows, 1)
    torch.manual_seed(0)
    leaves = [
        torch.randn(shape, dtype=torch.float64, requires_grad=True)
        for shape in ((n, d), (2 * r, d), (d,))
    ]
    weighting = torch.randn(len(wanted), d, dtype=torch.float64)
    every = reflect(graph.hop, *leaves)[graph.position[rows]]
    some = reflect(focused.last, *leaves)[focused.last_position[rows]]
    torch.testing.assert_close(some, every)
    for mine, theirs in zip(
        torch.autograd.grad((some * weighting).sum(), leaves),
        torch.autograd.grad((every * weighting).sum(), leaves),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs)
    assert focused.last.places.shape == (len(wanted), n)
    assert len(focused.last.edge_place) <= len(graph.hop.edge_place)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("wanted", [[], [3], [7, 1, 4], list(range(12))])
def test_a_network_on_the_graph_around_some_entities_is_that_on_all(
    wanted: list[int], depth: int
) -> None:
    n, r = 12, 3
    # The last two entities have no triple.
    graph = RelationGraph.from_triples(made_triples(5, n - 2, r, 14), n, r, reorder=True)
    generator = torch.Generator().manual_seed(1)
    network = DualAMN(n, 2 * r, dim=4, depth=depth, n_proxies=3, generator=generator)
    rows = torch.tensor(wanted, dtype=torch.int64)
    focused = graph.focused(rows, depth)
    assert [hop.places.shape[0] for hop in focused.hops(depth)][-1] == len(wanted)
    some, every = network(focused, rows), network(graph, rows)
    torch.testing.assert_close(some, every)
    weighting = torch.randn(len(wanted), (depth + 1) * 4)
    grads = [
        torch.autograd.grad(
            sum((part * weighting).sum() for part in parts), list(network.parameters())
        )
        for parts in (some, every)
    ]
    torch.testing.assert_close(*grads)


def test_the_middle_layer_computes_only_the_entities_wanted_and_their_neighbours() -> None:
    # A path: 0 - 1 - 2 - 3 - 4
    triples = np.array([[i, 0, i + 1] for i in range(4)], dtype=np.int32)
    graph = RelationGraph.from_triples(triples, 5, 1)
    focused = graph.focused(torch.tensor([0, 4]), 2)
    middle, last = focused.hops(2)
    assert middle.places.shape == (4, 5)
    assert last.places.shape == (2, 4)
    _, after_first, after_second = focused.positions(2)
    assert after_first.tolist() == [0, 1, -1, 2, 3]
    assert after_second.tolist() == [0, -1, -1, -1, 1]
    assert graph.focused(torch.tensor([0, 4]), 3).hops(3)[0] is graph.hop


def test_edges_are_merged_to_their_distinct_couples() -> None:
    # Two relations from 0 to 1, and one of them from 0 to 2 as well.
    triples = np.array([[0, 0, 1], [0, 1, 1], [0, 0, 2]], dtype=np.int32)
    hop = RelationGraph.from_triples(triples, 3, 2).hop
    assert len(hop.edge_place) == 6
    assert hop.places.n_entries == 4
    assert hop.incident.n_entries == hop.pairs.n_entries == 5
    assert hop.counts.tolist() == [2, 1, 1, 1, 1]


def test_reflection_keeps_the_length_of_a_single_neighbour() -> None:
    graph = RelationGraph.from_triples(np.array([[0, 0, 1]], dtype=np.int32), 2, 1)
    layer = RelationalReflectionConv(4).double()
    x = torch.randn(2, 4, dtype=torch.float64)
    out = torch.atanh(layer(x, torch.randn(2, 4, dtype=torch.float64), graph))
    torch.testing.assert_close(out.norm(dim=1), x.norm(dim=1).flip(0))


def test_an_edge_index_without_edge_types_is_refused() -> None:
    with pytest.raises(ValueError, match="edge_type"):
        RelationalReflectionConv(2)(torch.ones(2, 2), torch.ones(2, 2), torch.zeros(2, 1).long())


def test_graph_of_no_triples_has_only_the_entities_themselves() -> None:
    graph = RelationGraph.from_triples(np.empty((0, 3), dtype=np.int32), 3, 0)
    assert (
        len(graph.hop.edge_place) == graph.hop.pairs.n_entries == graph.hop.incident.n_entries == 0
    )
    assert graph.neighbours.indices.tolist() == [0, 1, 2]


def test_neighbour_and_relation_means_count_every_distinct_one_once() -> None:
    triples = np.array([[0, 0, 1], [0, 1, 1], [0, 0, 2]], dtype=np.int32)
    graph = RelationGraph.from_triples(triples, 3, 2)
    ends = graph.neighbours.indptr.tolist()
    assert graph.neighbours.indices[: ends[1]].tolist() == [0, 1, 2]
    torch.testing.assert_close(graph.neighbour_weights[: ends[1]], torch.full((3,), 1 / 3))
    ends = graph.hop.incident.indptr.tolist()
    assert graph.hop.incident.indices[: ends[1]].tolist() == [0, 1]  # outgoing
    assert graph.hop.incident.indices[ends[1] : ends[2]].tolist() == [2, 3]  # their inverses


def test_reordering_puts_neighbours_near_each_other_and_keeps_ids_apart() -> None:
    # A path through 200 entities whose ids are shuffled.
    path = np.random.default_rng(0).permutation(200).astype(np.int32)
    zeros = np.zeros(199, dtype=np.int32)
    triples = np.stack([path[:-1], zeros, path[1:]], axis=1)
    graph = RelationGraph.from_triples(triples, 200, 1, reorder=True)
    assert graph.position[graph.order].tolist() == list(range(200))
    apart = (graph.hop.places.rows - graph.hop.places.indices).abs()
    assert apart.max() == 1
