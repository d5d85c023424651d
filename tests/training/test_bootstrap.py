"""Learning from the model's own pairs."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from dualamn.aligner import Aligner
from dualamn.attributes import PseudoSeeds
from dualamn.bench.synthetic_task import make_task
from dualamn.bootstrap import learn, weight_of_structure
from dualamn.config import AlignerConfig
from dualamn.decoding import Decoder
from dualamn.encoders import Encoder
from dualamn.errors import DualamnError
from dualamn.eval import evaluate
from dualamn.kernels.arrays import FloatArray, Int32Array, keys_of
from dualamn.kernels.memory import Storage
from dualamn.progress import ProgressCallback, silent
from tests.conftest import there

SETTINGS: dict[str, Any] = {
    "calibrate": False,
    "label_dim": 64,
    "relation_dim": 16,
    "evidence_rounds": 2,
}


class Scripted:
    """An encoder that says in every turn which entities are near each other."""

    def __init__(self, turns: list[FloatArray]) -> None:
        self.turns = turns
        self.storage = Storage()
        self.fitted = np.empty((0, 2), dtype=np.int32)
        self.learned: list[Int32Array] = []
        self.turn_numbers: list[int] = []

    def fit(
        self,
        links: Int32Array,
        *,
        progress: ProgressCallback,
        checkpoint: Path | None,
        resume: bool,
    ) -> None:
        self.fitted = links

    def refit(self, links: Int32Array, turn: int, *, progress: ProgressCallback) -> None:
        self.turn_numbers.append(turn)
        self.learned.append(links)

    def take_over(self, old: Encoder, new_id: Int32Array, links: Int32Array) -> bool:
        return False

    def embeddings(self) -> FloatArray:
        return self.turns[min(len(self.learned), len(self.turns) - 1)]

    def state(self) -> dict[str, Any]:
        return {}

    def load_state(self, state: dict[str, Any]) -> None:
        raise AssertionError("nothing was saved")


def near(task: Any, links: Int32Array) -> FloatArray:
    """Rows at right angles, except that both ends of these links have one."""
    rows = np.eye(task.n_entities, dtype=np.float32)
    rows[links[:, 1]] = rows[links[:, 0]]
    return rows


def test_pairs_are_judged_anew_and_counted() -> None:
    task = make_task(40)
    first, second = task.test_links[:10], task.test_links[4:14]
    encoder = Scripted([near(task, first), near(task, second)])
    config = AlignerConfig(bootstrap_turns=2, bootstrap_probability=0.9)
    turns = learn(encoder, Decoder(task, config), progress=silent)
    counts = [(t.number, t.pairs, t.new, t.dropped, t.kept) for t in turns]
    assert counts == [(1, 10, 10, 0, 0), (2, 10, 4, 4, 6)]
    assert encoder.turn_numbers == [1, 2]
    for links, pairs in zip(encoder.learned, (first, second), strict=True):
        np.testing.assert_array_equal(links[: len(task.seed_links)], task.seed_links)
        own = links[len(task.seed_links) :].tolist()
        assert {*map(tuple, own)} == {*map(tuple, pairs.tolist())}


def test_a_turn_without_any_sure_pair_leaves_the_encoder_as_it_is() -> None:
    task = make_task(40)
    own = PseudoSeeds(task.test_links[:5], np.zeros(5, np.float32), 5, 0)
    encoder = Scripted([np.eye(task.n_entities, dtype=np.float32)])
    config = AlignerConfig(bootstrap_turns=2, bootstrap_probability=0.9)
    unseen = replace(task, seed_links=task.seed_links[:0])
    assert not learn(encoder, Decoder(unseen, config), own, progress=silent)
    np.testing.assert_array_equal(encoder.fitted, own.links)
    assert not encoder.learned


def test_it_ends_when_the_pairs_settle() -> None:
    task = make_task(40)
    encoder = Scripted([near(task, task.test_links[:10])])
    config = AlignerConfig(bootstrap_turns=7, bootstrap_probability=0.9)
    assert len(learn(encoder, Decoder(task, config), progress=silent)) == 1
    assert len(encoder.learned) == 1


def test_no_turns_learn_nothing() -> None:
    task = make_task(40)
    encoder = Scripted([near(task, task.test_links)])
    assert not learn(encoder, Decoder(task, AlignerConfig()), progress=silent)
    assert not encoder.learned
    np.testing.assert_array_equal(encoder.fitted, task.seed_links)


def test_evidence_finds_the_first_pairs_without_embeddings() -> None:
    task = make_task(300, keep_triples=0.9)
    config = AlignerConfig(evidence_first=True, evidence_rounds=3, evidence_explored=10)
    encoder = Scripted([near(task, task.test_links[:10])])
    (turn,) = learn(encoder, Decoder(task, config), progress=silent)
    assert (turn.number, turn.new, turn.dropped, turn.kept) == (1, turn.pairs, 0, 0)
    seeds, pairs = np.split(encoder.fitted, [len(task.seed_links)])
    np.testing.assert_array_equal(seeds, task.seed_links)
    assert len(pairs) == turn.pairs
    right = {*map(tuple, pairs.tolist())} & {*map(tuple, task.test_links.tolist())}
    assert len(right) > 0.8 * len(pairs) > 0.5 * len(task.test_links)

    again = Scripted([near(task, pairs)])
    more = replace(config, bootstrap_turns=3)
    first, *others = learn(again, Decoder(task, more), progress=silent)
    assert first == replace(turn, seconds=first.seconds)
    assert [t.number for t in others] == again.turn_numbers == [2][: len(others)]


def test_graphs_too_large_for_a_search_do_without() -> None:
    task = make_task(300, keep_triples=0.9)
    settings = SETTINGS | {"evidence_explored": 10}
    searched, explored = (
        evaluate(
            Aligner("fast", search_limit=limit, **settings).fit(task).align(candidates="test_only"),
            task.test_links,
        )
        for limit in (1e12, 0.0)
    )
    for scores in (searched, explored):
        assert (there(scores.left_to_right)["hits@1"] or 0) > 0.6
    assert str(searched) != str(explored)


def test_turns_find_more_links() -> None:
    task = make_task(400, train_ratio=0.05, keep_triples=0.9)
    found = []
    for turns in (0, 3):
        settings = SETTINGS | {"evidence_first": False, "evidence_explored": 0}
        aligner = Aligner("fast", bootstrap_turns=turns, **settings).fit(task)
        scores = evaluate(aligner.align(candidates="test_only"), task.test_links)
        hits = there(there(scores.left_to_right)["hits@1"])
        found.append(hits)
    assert found[1] > found[0] + 0.02


def test_a_model_that_saw_the_test_side_is_scored_by_it_alone() -> None:
    task = make_task(60)
    told = Aligner("fast", bootstrap_candidates="test_only", **SETTINGS).fit(task)
    assert told.saw_test_side
    evaluate(told.align(candidates="test_only"), task.test_links)
    with pytest.raises(DualamnError, match="test"):
        evaluate(told.align(candidates="all_entities"), task.test_links)
    assert not Aligner("fast", **SETTINGS).fit(task).saw_test_side
    without = replace(task, test_links=np.empty((0, 2), dtype=np.int32))
    assert not Aligner("fast", **SETTINGS).fit(without).saw_test_side


@pytest.mark.parametrize(("right", "expected"), [(True, 1.0), (False, 0.1)])
def test_structure_that_is_sure_of_what_is_not_so_is_hardly_believed(
    monkeypatch: pytest.MonkeyPatch, right: bool, expected: float
) -> None:
    task = make_task(100, seed=3)
    known = np.concatenate([task.seed_links, task.test_links])
    n = task.entity_offsets[1]

    def by_evidence(self: Decoder, left: int, right_graph: int) -> Any:
        rows, columns = (known - [0, n]).T.astype(np.int64)
        columns = columns if right else np.roll(columns, 1)
        keys = keys_of(rows, columns)
        order = np.argsort(keys)
        table = SimpleNamespace(keys=keys[order], rows=rows[order], columns=columns[order])
        return SimpleNamespace(table=table, scores=np.full(len(keys), 0.5), offsets=[0, n])

    monkeypatch.setattr(Decoder, "by_evidence", by_evidence)
    weight = weight_of_structure(Decoder(task, AlignerConfig.preset("fast")), known)
    assert weight == pytest.approx(expected, abs=0.15)


def test_structure_is_believed_as_far_as_hidden_pairs_show() -> None:
    task = make_task(300, mean_degree=6, keep_triples=0.9, seed=3)
    known = np.concatenate([task.seed_links, task.test_links])[:150]
    config = AlignerConfig.preset("fast")
    weight = weight_of_structure(Decoder(task, config), known)
    assert weight > 0.5
    assert weight_of_structure(Decoder(task, config), known[:20]) == 1.0
    lonely = replace(task, kgs=tuple(replace(kg, triples=kg.triples[:0]) for kg in task.kgs))
    assert weight_of_structure(Decoder(lonely, config), known) == 1.0
