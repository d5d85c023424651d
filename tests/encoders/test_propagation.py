"""Label propagation against the same steps with dense matrices."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dualamn.bench.synthetic_task import make_task
from dualamn.config import AlignerConfig
from dualamn.encoders.propagation import Propagation, _groups
from dualamn.errors import CheckpointError, TrainingError
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.progress import silent

CPU = torch.device("cpu")
CONFIG = AlignerConfig(label_dim=48, relation_dim=6, neighbour_dim=5, dim=16, epochs=1)
Matrix = NDArray[np.float64]


def unit(rows: Matrix) -> Matrix:
    scaled: Matrix = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return scaled


def fitted(task: AlignmentTask, config: AlignerConfig = CONFIG) -> Propagation:
    encoder = Propagation(task, config, CPU)
    encoder.fit(task.seed_links, progress=silent, checkpoint=None, resume=False)
    return encoder


def dense(task: AlignmentTask, config: AlignerConfig, rounds: int = 2) -> Matrix:
    """Three views, one edge after the other."""
    heads, kinds, tails = task.triples.T.astype(int)
    half = task.n_relations
    edges = [*zip(heads, kinds, tails, strict=True), *zip(tails, kinds + half, heads, strict=True)]
    uses = np.bincount([k for _, k, _ in edges], minlength=2 * half)
    generator = torch.Generator().manual_seed(config.seed)
    groups: list[set[int]] = []
    for a, b in task.seed_links.tolist():
        met = [group for group in groups if group & {a, b}] or [set()]
        if not met[0]:
            groups.append(met[0])
        met[0].update({a, b}, *met[1:])  # the first one met takes in all others
        groups = [group for group in groups if not any(group is other for other in met[1:])]
    labels = torch.randn(len(groups), config.label_dim, generator=generator)
    e = np.zeros((task.n_entities, config.label_dim))
    for group, label in zip(groups, unit(labels.double().numpy()), strict=True):
        e[list(group)] = label
    r = np.zeros((2 * half, config.label_dim))
    views = [(e, r)]
    for _ in range(rounds):
        next_e, next_r = np.zeros_like(e), np.zeros_like(r)
        for i, k, j in edges:
            next_e[i] += np.log(len(edges) / uses[k]) * e[j] + r[k]
            next_r[k] += e[j]
        e, r = unit(next_e), unit(next_r)
        views.append((e, r))
    e, r = (unit(np.concatenate(side, axis=1)) for side in zip(*views, strict=True))
    generator = torch.Generator().manual_seed(config.seed)

    def drawn(width: int) -> Matrix:
        normal = torch.randn(e.shape[1], width, generator=generator).double().numpy()
        return np.asarray(normal / width**0.5)

    narrow = r @ drawn(config.relation_dim)
    columns = []
    for number in range(config.relation_dim):
        near, part = e @ drawn(config.neighbour_dim), np.zeros((len(e), config.neighbour_dim))
        for i, k, j in edges:
            part[i] += narrow[k, number] * near[j]
        columns.append(part)
    return unit(np.concatenate(columns, axis=1))


@pytest.mark.parametrize(("rounds", "columns"), [(1, 256), (2, 256), (2, 10), (2, 1)])
def test_it_equals_the_dense_steps(
    rounds: int, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dualamn.encoders.propagation._COLUMNS", columns)
    task = make_task(30, n_relations=4)
    encoder = Propagation(task, CONFIG, torch.device("cpu"), rounds=rounds)
    encoder.fit(task.seed_links, progress=silent, checkpoint=None, resume=False)
    np.testing.assert_allclose(encoder.embeddings(), dense(task, CONFIG, rounds), atol=2e-5)


def task_of(triples: list[tuple[int, int, int]], n: int, r: int, seeds: int = 1) -> AlignmentTask:
    """Two graphs of the same triples, each calling its relations its own."""
    kgs = [
        KnowledgeGraph.from_arrays(
            name, triples, [f"e{i}" for i in range(n)], [f"{name}{i}" for i in range(r)]
        )
        for name in "ab"
    ]
    return AlignmentTask.from_kgs(kgs, {(0, 1): [[i, i] for i in range(seeds)]})


@pytest.mark.parametrize(
    "task",
    [
        make_task(20, n_kgs=3, n_relations=3),
        make_task(20, n_relations=3, shared_relations=True),
        task_of([], 1, 0),
        task_of([], 3, 2, seeds=2),
        task_of([(0, 0, 0)], 1, 1),
        task_of([(0, 0, 1), (1, 0, 0), (0, 1, 1), (1, 1, 2)], 3, 2),
        task_of([(i, i % 2, 0) for i in range(9)], 9, 3, seeds=3),
    ],
    ids=[
        "three graphs",
        "shared relations",
        "one entity",
        "no triples",
        "loop",
        "both ways",
        "hub",
    ],
)
def test_it_equals_the_dense_steps_at_the_edges(task: AlignmentTask) -> None:
    embedded = fitted(task).embeddings()
    assert embedded.dtype == np.float32
    np.testing.assert_allclose(embedded, dense(task, CONFIG), atol=2e-5)


def test_all_entities_that_links_join_start_from_one_label() -> None:
    """As in a task of three graphs, or of links that are not one to one."""
    task = make_task(20, n_kgs=3, n_relations=3)
    shared = [[0, 30], [0, 31], [5, 30], [0, 30]]
    several = replace(task, seed_links=np.array(shared, dtype=np.int32))
    np.testing.assert_allclose(fitted(several).embeddings(), dense(several, CONFIG), atol=2e-5)


def test_far_from_every_link_there_is_nothing_to_tell() -> None:
    """A label comes as far as it has rounds, where no relation carries it further."""
    task = task_of([(i, i, i + 1) for i in range(9)], 10, 9)
    reached = fitted(task).embeddings().any(axis=1)
    near = {f"e{i}" for i in range(2 + 1)}
    names = task.identifiers(np.arange(task.n_entities))
    assert {str(name) for name in names[reached]} == near


def test_rows_have_length_one_or_zero() -> None:
    task = make_task(60)
    alone = replace(task, seed_links=task.seed_links[:1])
    length = np.linalg.norm(fitted(alone).embeddings(), axis=1)
    assert ((np.abs(length - 1) < 1e-5) | (length == 0)).all()


def test_links_of_a_turn_take_the_place_of_the_seed_links() -> None:
    task = make_task(60)
    encoder = fitted(task)
    before = encoder.embeddings()
    both = np.concatenate([task.seed_links, task.test_links])
    encoder.refit(both, 1, progress=silent)
    np.testing.assert_array_equal(
        encoder.embeddings(), fitted(replace(task, seed_links=both)).embeddings()
    )
    assert not np.array_equal(before, encoder.embeddings())


def test_no_seed_links_is_an_error() -> None:
    task = make_task(30)
    with pytest.raises(TrainingError, match="no seed links"):
        fitted(replace(task, seed_links=np.empty((0, 2), dtype=np.int32)))


def test_a_state_of_another_task_is_refused() -> None:
    state = fitted(make_task(60)).state()
    links = state["links"]
    for wrong in (
        {},
        {"links": links + 1_000},
        {"links": links - 1_000},
        {"links": links[:0]},
        {"links": links[:, :1]},
        {"links": links.flatten()},
        {"links": links % 30 + 0.5},
    ):
        with pytest.raises(CheckpointError, match="do not fit"):
            Propagation(make_task(30), CONFIG, CPU).load_state(wrong)


def test_all_that_chains_of_links_join_starts_from_one_label() -> None:
    linked, group = _groups(np.array([[7, 9], [1, 5], [5, 12], [2, 9]], dtype=np.int32))
    assert linked.tolist() == [1, 2, 5, 7, 9, 12]
    # 7 - 9 - 2 by way of the first and the last link, 1 - 5 - 12 by the others.
    assert group.tolist() == [1, 0, 1, 0, 0, 1]
