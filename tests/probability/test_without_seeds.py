"""Probabilities without seed links: names of pairs found by them are hidden from a second model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dualamn import Aligner, Alignment, AlignmentTask
from dualamn.bench.synthetic_task import make_task
from dualamn.eval import judge
from dualamn.graphs.knowledge_graph import Literals
from dualamn.kernels.arrays import StringArray, strings
from dualamn.probability.holdout import FEWEST, hide_names, uncontradicted
from tests.attributes.conftest import rename
from tests.conftest import there


def forgetting(
    share: float, n_entities: int = 300, unmatched: float = 0.1, seed: int = 0
) -> AlignmentTask:
    """A task without seed links, in which some entities of the left graph have no name."""

    def some(names: StringArray) -> StringArray:
        kept = names.copy()
        kept[np.random.default_rng(seed).random(len(names)) < share] = ""
        return kept

    made = make_task(n_entities, mean_degree=5, keep_triples=0.8, unmatched=unmatched, seed=seed)
    task = rename(made, some)
    return replace(task, seed_links=task.seed_links[:0])


@pytest.fixture(scope="module")
def task() -> AlignmentTask:
    return forgetting(0.5)


@pytest.fixture(scope="module")
def aligner(task: AlignmentTask) -> Aligner:
    return Aligner("fast", calibrate=True).fit(task)


@pytest.fixture(scope="module")
def alignment(aligner: Aligner) -> Alignment:
    return aligner.align(matcher="mutual")


def test_the_second_model_does_not_see_the_names(task: AlignmentTask) -> None:
    own = task.test_links[:100]
    trial, held = hide_names(task, own, 0)
    assert len(held) == 20
    assert {*map(tuple, held.tolist())} <= {*map(tuple, own.tolist())}
    names, before = trial.entity_names, task.entity_names
    assert names is not None
    assert before is not None
    assert (names[held] == "").all()
    others = np.setdiff1d(np.arange(task.n_entities), held)
    assert (names[others] == before[others]).all()
    assert len(np.unique(trial.test_links, axis=0)) == len(trial.test_links) == len(task.test_links)
    np.testing.assert_array_equal(hide_names(task, own, 0)[1], held)
    assert not np.array_equal(hide_names(task, own, 1)[1], held)


def test_values_that_may_hold_the_names_go_too(task: AlignmentTask) -> None:
    kg = task.kgs[0]
    entities = np.arange(kg.n_entities, dtype=np.int32)
    literals = Literals(
        strings(["label"]),
        entities,
        np.zeros(kg.n_entities, dtype=np.int32),
        strings(f"label of {entity}" for entity in entities),
        strings([""] * kg.n_entities),
    )
    told = replace(task, kgs=(replace(kg, literals=literals), task.kgs[1]))
    trial, held = hide_names(told, task.test_links[:100], 0)
    left = there(trial.kgs[0].literals)
    assert len(left) == kg.n_entities - len(held)
    assert not np.isin(left.entities, held[:, 0] - task.entity_offsets[0]).any()
    assert left.values.tolist() == [f"label of {entity}" for entity in left.entities]


def test_few_pairs_found_by_name_are_not_held_out(task: AlignmentTask) -> None:
    trial, held = hide_names(task, task.test_links[: 5 * FEWEST - 1], 0)
    assert len(held) == 0
    assert (there(trial.entity_names) == task.entity_names).all()


def test_pairs_that_the_first_model_gave_up_do_not_judge() -> None:
    held = np.array([[0, 10], [1, 11], [2, 12], [3, 13]], dtype=np.int32)
    links = np.array([[0, 10], [1, 19], [8, 12]], dtype=np.int32)
    assert uncontradicted(held, links).tolist() == [[0, 10], [3, 13]]
    assert uncontradicted(held, links[:0]).tolist() == held.tolist()


def test_they_come_from_agreement(aligner: Aligner, alignment: Alignment) -> None:
    assert alignment.calibration is not None
    (pair,) = alignment.calibration.pairs
    assert pair.method == "agreement"
    assert len(aligner.held_out) == len(there(aligner.pseudo_seeds).links) // 5
    assert 0.9 * len(aligner.held_out) < pair.n_held_out <= len(aligner.held_out)
    assert pair.n_labelled > 0
    assert "no seed links" in alignment.calibration.notes[0]


def test_right_links_are_the_more_probable_ones(alignment: Alignment, task: AlignmentTask) -> None:
    verdicts = judge(alignment.links, task.test_links, alignment.probabilities, task.seed_links)
    assert verdicts.scores is not None
    known = verdicts.correct | verdicts.incorrect
    share = verdicts.correct.sum() / known.sum()
    assert verdicts.scores[known].mean() == pytest.approx(share, abs=0.1)
    assert (
        verdicts.scores[verdicts.correct].mean() > verdicts.scores[verdicts.incorrect].mean() + 0.1
    )


def test_entities_without_a_counterpart_are_allowed_for() -> None:
    promised, kept = [], []
    for seed in (1, 2):
        task = forgetting(0.3, n_entities=1_000, unmatched=0.45, seed=seed)
        aligner = Aligner("fast", calibrate=True).fit(task)
        found = aligner.align(matcher="mutual")
        assert aligner.pseudo_seeds is not None
        having = there(there(found.calibration).pairs[0].counterpart_chance)
        # An entity's number is the same in both graphs.
        number = np.concatenate([strings(x.split("/")[1] for x in kg.entities) for kg in task.kgs])
        left, right = np.split(number, task.entity_offsets[1:-1])
        shared = np.isin(number, np.intersect1d(left, right))
        free = np.setdiff1d(np.arange(task.n_entities), aligner.pseudo_seeds.links)
        assert having.share == pytest.approx(shared[free].mean(), abs=0.15)
        assert 0.05 < having.deviation < 0.3
        by_structure = ~np.isin(found.links, aligner.pseudo_seeds.links).any(axis=1)
        ends = number[found.links[by_structure]]
        promised.append(there(found.probabilities)[by_structure].mean())
        kept.append((ends[:, 0] == ends[:, 1]).mean())
    assert np.mean(promised) == pytest.approx(np.mean(kept), abs=0.1)


def test_graphs_that_names_find_no_pair_of_have_no_estimate() -> None:
    named = rename(make_task(240, n_kgs=3, mean_degree=5, keep_triples=0.8, seed=0))
    last = replace(named.kgs[2], entity_names=strings([""] * named.kgs[2].n_entities))
    task = replace(named, kgs=(*named.kgs[:2], last), seed_links=named.seed_links[:0])
    found = Aligner("fast", calibrate=True).fit(task).align(matcher="mutual")
    first, *others = there(found.calibration).pairs
    assert first.counterpart_chance is not None
    assert [pair.counterpart_chance for pair in others] == [None, None]
    # Nothing is known of the last graph: being near in an embedding is no reason for a link.
    assert [len(pair.links) > 0 for pair in found.pairs] == [True, False, False]


def test_a_saved_aligner_gives_the_same(
    aligner: Aligner, alignment: Alignment, tmp_path: Path
) -> None:
    aligner.save(tmp_path / "aligner")
    again = Aligner.load(tmp_path / "aligner")
    np.testing.assert_array_equal(again.held_out, aligner.held_out)
    found = again.align(matcher="mutual")
    assert there(found.calibration).pairs[0].method == "agreement"
    assert alignment.probabilities is not None
    np.testing.assert_allclose(there(found.probabilities), alignment.probabilities, atol=1e-6)
