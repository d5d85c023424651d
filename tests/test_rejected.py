"""Rejected pairs: never linked, never learned from as links, and counted against what they show."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualamn import Aligner, AlignmentTask, KnowledgeGraph
from dualamn.attributes import Attributes
from dualamn.bench.synthetic_task import make_task
from dualamn.decoding import Decoder
from dualamn.errors import DataError
from dualamn.graphs.aligner_file import read_aligner
from dualamn.graphs.pyg_data import EVERY_LINK
from dualamn.kernels.arrays import pair_keys
from dualamn.matching.pairs import without_pairs
from dualamn.probability.calibration import label_links
from dualamn.probability.holdout import SHARE, Holdout
from dualamn.result import Candidates, TopK
from tests.attributes.conftest import named_task

FAST: dict[str, Any] = {"calibrate": False}


def keys(links: Any) -> set[int]:
    return set(pair_keys(np.asarray(links)).tolist())


@pytest.fixture(scope="module")
def task() -> AlignmentTask:
    return make_task(120, n_kgs=3, seed=2)


def test_they_are_told_in_local_numbers_and_the_earlier_graph_comes_first() -> None:
    kgs = [KnowledgeGraph.from_triples(n, [(f"{n}0", "r", f"{n}1")]) for n in "abc"]
    task = AlignmentTask.from_kgs(kgs, {}, not_links={(2, 0): [(0, 1)], (0, 1): [(0, 0), (0, 0)]})
    named = task.identifiers(task.not_links).tolist()
    assert sorted(named) == [["a0", "b0"], ["a1", "c0"]]
    assert task.not_links.dtype == np.int32
    assert task.restricted_to(["a", "c"]).not_links.shape == (1, 2)
    assert len(AlignmentTask.from_kgs(kgs, {}).not_links) == 0


def test_a_pair_that_is_a_seed_link_too_or_of_one_graph_is_refused() -> None:
    kgs = [KnowledgeGraph.from_triples(n, [(f"{n}0", "r", f"{n}1")]) for n in "ab"]
    with pytest.raises(DataError, match=r"'a0' and 'b0' are a seed link and a rejected pair"):
        AlignmentTask.from_kgs(kgs, {(0, 1): [(0, 0)]}, not_links={(0, 1): [(0, 0)]})
    task = AlignmentTask.from_kgs(kgs, {})
    with pytest.raises(DataError, match="of one graph"):
        task.with_not_links(task.ids(0, ["a0", "a1"])[None])


@pytest.mark.parametrize("preset", ["fast", "paper"])
def test_a_rejected_link_does_not_come_back_and_frees_its_ends(
    task: AlignmentTask, preset: Any
) -> None:
    settings = FAST if preset == "fast" else {**FAST, "epochs": 6, "dim": 16}
    before = Aligner(preset, **settings).fit(task).align().links
    rejected = before[::7]
    after = Aligner(preset, **settings).fit(task.with_not_links(rejected)).align()
    assert not keys(after.links) & keys(rejected)
    for pair in after.pairs:
        for topk, order in ((pair.left_to_right, [0, 1]), (pair.right_to_left, [1, 0])):
            if topk is not None:
                rows = np.repeat(topk.queries, topk.candidates.shape[1]), topk.candidates.ravel()
                ranked = np.stack(rows, axis=1)[:, order]
                assert not keys(ranked[ranked.min(axis=1) >= 0]) & keys(rejected)
    # Most links stay, and ends of rejected pairs may be linked to others.
    assert len(keys(after.links) & keys(before)) > 0.6 * len(before)
    assert np.isin(after.links, rejected).any()


def test_no_pair_of_evidence_alone_is_rejected(task: AlignmentTask) -> None:
    config = Aligner("fast").config
    found = Decoder(task, config).sure_links(None)
    assert len(found) > 20
    again = Decoder(task.with_not_links(found[:10]), config).sure_links(None)
    assert not keys(again) & keys(found[:10])
    assert len(again) > 10


def test_candidates_close_ranks() -> None:
    nothing = -np.inf
    to_right = TopK(
        np.array([0, 1], np.int32),
        np.array([[5, 6, 7], [6, 5, -1]], np.int32),
        np.array([[0.9, 0.8, 0.7], [0.6, 0.5, nothing]], np.float32),
        3,
    )
    to_left = TopK(
        np.array([5, 6, 7], np.int32),
        np.array([[0, 1], [0, 1], [0, -1]], np.int32),
        np.array([[0.9, 0.5], [0.8, 0.6], [0.7, nothing]], np.float32),
        2,
    )
    made = Candidates(to_right, to_left)
    rejected = np.array([[0, 6], [1, 7]], np.int32)
    found = without_pairs(made, rejected)
    assert found.left_to_right.candidates.tolist() == [[5, 7, -1], [6, 5, -1]]
    assert found.left_to_right.scores[0].tolist() == pytest.approx([0.9, 0.7, nothing])
    assert found.right_to_left.candidates.tolist() == [[0, 1], [1, -1], [0, -1]]
    assert to_right.candidates[0].tolist() == [5, 6, 7], "what was given stays as it was"
    assert without_pairs(made, rejected[:0]) is made
    # Nobody of the pairs was searched for, or nobody has a candidate.
    elsewhere = without_pairs(made, np.array([[3, 9]], np.int32))
    assert elsewhere.left_to_right is to_right
    nobody = Candidates.none(to_right.queries, to_left.queries)
    assert without_pairs(nobody, rejected).left_to_right.candidates.shape == (2, 0)


def test_pseudo_seeds_leave_them_out() -> None:
    task = replace(named_task(60), seed_links=np.empty((0, 2), np.int32))
    config = Aligner("fast").config
    begun = Attributes.of(task, config).find_seeds(task)
    rejected = begun.links[:5]
    told = task.with_not_links(rejected)
    again = Attributes.of(told, config).find_seeds(told)
    assert not keys(again.links) & keys(rejected)
    assert len(again.links) >= len(begun.links) - 10


def test_equal_names_count_for_less_where_pairs_of_equal_names_are_rejected() -> None:
    task = named_task(300)
    names = task.entity_names
    assert names is not None
    left, right = task.links_between(task.seed_links, 0, 1).T
    others = task.links_between(task.test_links, 0, 1)[: len(left), 1]
    n = min(len(left), len(others)) // 2
    names = names.copy()
    # For half of the seed links somebody else has the very name, and the counterpart another one.
    names[others[:n]] = names[left[:n]]
    names[right[:n]] = names[left[n : 2 * n]]
    kgs = [
        replace(kg, entity_names=names[task.entity_offsets[at] : task.entity_offsets[at + 1]])
        for at, kg in enumerate(task.kgs)
    ]
    task = replace(task, kgs=tuple(kgs))
    wrong = np.stack([left[:n], others[:n]], axis=1)

    def weight(told: AlignmentTask) -> float:
        attributes = Attributes.of(told, Aligner("fast").config)
        attributes.weigh(told.seed_links)
        found = attributes.match_weight(*wrong.T.astype(np.int64), names=1.0, values=0.0)
        return float(np.mean(found))

    assert weight(task.with_not_links(wrong)) < weight(task)
    # Of entities whose counterpart is not known nothing is learned: they may have none.
    unknown = np.stack([task.test_links[:-1, 0], task.test_links[1:, 1]], axis=1)
    assert weight(task.with_not_links(unknown)) == weight(task)


def test_a_second_model_does_not_know_some_and_its_links_of_them_are_incorrect() -> None:
    task = make_task(200, seed=3)
    rejected = np.stack([task.test_links[:-1, 0], task.test_links[1:, 1]], axis=1)
    told = task.with_not_links(rejected)
    holdout = Holdout.of(told, None, seed=0)
    hidden = keys(holdout.rejected)
    assert len(hidden) == int(SHARE * len(rejected)) > 5
    assert hidden | keys(holdout.task.not_links) == keys(rejected)
    links = np.concatenate([holdout.rejected, task.test_links[:3]])
    features = np.zeros((len(links), 2), np.float32)
    none = np.empty((0, 2), np.int32)
    labels = label_links(links, features, none, rejected=holdout.rejected)
    assert labels.is_correct.tolist() == [False] * len(hidden)
    assert labels.weights.tolist() == [1.0] * len(hidden)
    # Without any, all else is drawn as before.
    assert keys(Holdout.of(task, None, seed=0).held_out) == keys(holdout.held_out)


def test_accepted_links_are_no_fair_sample_and_not_held_out() -> None:
    task = make_task(400, seed=3)
    accepted = task.seed_links[::2]
    told = replace(task, accepted_links=accepted)
    assert len(Holdout.of(task, None, seed=0).held_out) > 10
    held = keys(Holdout.of(told, None, seed=0).held_out)
    assert not held & keys(accepted)
    every = replace(task, accepted_links=task.seed_links)
    assert len(Holdout.of(every, None, seed=0).held_out) == 0


def test_the_same_iri_is_no_link_where_it_was_rejected() -> None:
    triples = [(f"http://x/{i}", "http://r", f"http://x/{i + 1}") for i in range(20)]
    kgs = [KnowledgeGraph.from_triples(name, triples) for name in ("a", "b")]
    task = AlignmentTask.from_kgs(kgs, {})
    shared = task.same_identifiers
    told = task.with_not_links(shared[:2])
    assert keys(told.same_identifiers) == keys(shared[2:])
    found = Aligner("fast", **FAST).fit(told).align()
    assert not keys(found.links) & keys(shared[:2])


def test_a_cluster_holds_no_rejected_pair(task: AlignmentTask) -> None:
    alignment = Aligner("fast", **FAST).fit(task).align()
    whole = alignment.clusters()
    three = whole.members[whole.sizes == 3][:5]
    told = replace(alignment, task=replace(task, not_links=three[:, [0, 2]]))
    clusters = told.clusters()
    assert len(three) == 5
    assert (clusters.cluster_of[three[:, 0]] != clusters.cluster_of[three[:, 2]]).all()
    assert clusters.n_dropped + clusters.n_seeds_dropped >= 5


def test_they_are_saved_and_older_files_have_none(task: AlignmentTask, tmp_path: Path) -> None:
    from safetensors import safe_open
    from safetensors.torch import save_file

    told = task.with_not_links(task.test_links[:3, :])
    Aligner("fast", **FAST).fit(told).save(tmp_path / "model")
    assert keys(Aligner.load(tmp_path / "model").task.not_links) == keys(told.not_links)
    with safe_open(tmp_path / "model", framework="pt") as file:
        head = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys() if name != "not_links"}  # noqa: SIM118
    save_file(tensors, tmp_path / "old", head)
    _, _, old, _, _ = read_aligner(tmp_path / "old")
    assert old.not_links.shape == (0, 2)
    assert (old.seed_links == told.seed_links).all()


def test_they_go_to_pyg_and_back(task: AlignmentTask) -> None:
    pytest.importorskip("torch_geometric")
    told = task.with_not_links(task.test_links[:3])
    back = AlignmentTask.from_pyg(told.to_pyg())
    for name in EVERY_LINK:
        assert (getattr(back, name) == getattr(told, name)).all()
