"""Trials: what is held out, and what probabilities are worth where many entities are dangling."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dualamn import Aligner, Alignment, AlignmentTask, KnowledgeGraph
from dualamn.bench.synthetic_task import make_task
from dualamn.eval import expected_calibration_error
from dualamn.graphs.knowledge_graph import FurtherNames, Literals
from dualamn.kernels.arrays import BoolArray, pair_keys, strings
from dualamn.probability.holdout import Holdout, n_trials, without
from tests.attributes.conftest import rename
from tests.conftest import there


def overlapping(
    unmatched: float, *, seeds: float, named: bool = True, size: int = 500
) -> AlignmentTask:
    """Graphs of which some entities are in both; names say who, but for a fifth of them."""
    made = make_task(size, mean_degree=5, keep_triples=0.8, unmatched=unmatched, seed=1)
    if named:
        made = rename(made, lambda names: names)
        kgs = []
        for kg in made.kgs:
            assert kg.entity_names is not None
            names = kg.entity_names.copy()
            names[np.random.default_rng(2).random(len(names)) < 0.2] = ""
            kgs.append(replace(kg, entity_names=names))
        made = replace(made, kgs=tuple(kgs))
    gold = np.concatenate([made.seed_links, made.test_links])
    gold = np.random.default_rng(5).permutation(gold)
    cut = int(seeds * len(gold))
    return replace(made, seed_links=gold[:cut], test_links=gold[cut:])


def correct(alignment: Alignment, task: AlignmentTask) -> BoolArray:
    return np.isin(pair_keys(alignment.links), pair_keys(task.test_links))


@pytest.mark.parametrize("seeds", [0.0, 0.3])
@pytest.mark.parametrize("unmatched", [0.0, 0.6])
def test_probabilities_are_true_however_many_are_dangling(seeds: float, unmatched: float) -> None:
    task = overlapping(unmatched, seeds=seeds)
    blind = replace(task, test_links=task.test_links[:0])
    found = Aligner("fast", calibrate=True).fit(blind).align(matcher="mutual")
    p, is_correct = there(found.probabilities).astype(np.float64), correct(found, task)
    assert there(expected_calibration_error(p, is_correct, np.ones(len(p)), bins=5)) < 0.12
    kept = p >= found.threshold(0.9).probability
    assert not kept.any() or is_correct[kept].mean() > 0.88


def test_graphs_that_share_nothing_have_no_likely_links() -> None:
    tasks = [overlapping(0.0, seeds=0.0), overlapping(0.0, seeds=0.0, size=501)]
    left, right = tasks[0].kgs[0], replace(tasks[1].kgs[1], name="other")
    names = strings(f"{name} {at}" for at, name in enumerate(there(right.entity_names)))
    right = replace(right, entity_names=names)
    links = np.stack([np.arange(40), np.arange(40)], axis=1)
    task = AlignmentTask.from_kgs([left, right], {(0, 1): links}, seed=1)
    found = Aligner("fast", calibrate=True).fit(task).align(matcher="mutual")
    assert (there(found.probabilities) >= 0.5).mean() < 0.1


def test_entities_that_are_gone_leave_no_trace() -> None:
    task = overlapping(0.3, seeds=0.3)
    first = task.kgs[0]
    literals = Literals(
        strings(["age"]),
        np.array([0, 1], np.int32),
        np.zeros(2, np.int32),
        strings(["7", "8"]),
        strings(["", ""]),
    )
    further = FurtherNames(np.array([0, 1], np.int32), strings(["a", "b"]))
    first = replace(first, literals=literals, further_names=further)
    task = replace(task, kgs=(first, task.kgs[1]))
    out = np.array([0, *task.seed_links[0]], dtype=np.int32)
    left = without(task, out)
    assert not np.isin(left.triples[:, [0, 2]], out).any()
    assert (there(left.entity_names)[out] == "").all()
    assert not left.is_linkable[out].any()
    assert left.is_linkable.sum() == task.n_entities - 3
    assert there(left.kgs[0].literals).values.tolist() == ["8"]
    assert there(left.further_names).names.tolist() == ["b"]
    assert not np.isin(left.seed_links, out).any()
    assert len(left.triples) == (~np.isin(task.triples[:, [0, 2]], out).any(axis=1)).sum()


def test_known_pairs_lose_one_end_and_others_go_too() -> None:
    task = overlapping(0.3, seeds=0.3)
    holdout = Holdout.of(task, None, 0)
    gone = np.isin(holdout.parted, holdout.gone)
    assert (gone.sum(axis=1) == 1).mean() > 0.8  # the other may have gone by another draw
    assert 0 < np.isin(holdout.gone, task.seed_links).sum() < len(holdout.gone)
    sides = np.bincount(task.source_of[holdout.gone])
    assert abs(int(sides[0]) - int(sides[1])) < 0.1 * task.n_entities
    np.testing.assert_array_equal(Holdout.of(task, None, 0).gone, holdout.gone)
    assert not np.array_equal(Holdout.of(task, None, 0, 1).gone, holdout.gone)


def test_small_graphs_are_tried_several_times() -> None:
    assert n_trials(overlapping(0.0, seeds=0.3, size=60), None) == 6
    assert n_trials(overlapping(0.0, seeds=0.3, size=6_000), None) == 2


def test_a_saved_aligner_gives_the_same_probabilities_without_seeds(tmp_path: Path) -> None:
    task = overlapping(0.3, seeds=0.0, size=150)
    aligner = Aligner("fast", calibrate=True).fit(task)
    aligner.save(tmp_path / "aligner")
    one, other = aligner.align(), Aligner.load(tmp_path / "aligner").align()
    np.testing.assert_allclose(there(one.probabilities), there(other.probabilities), atol=1e-6)
    (pair,) = there(one.calibration).pairs
    assert pair.method == "taken-out"
    assert there(pair.chance).share.max() < 1


def test_links_among_those_who_have_a_counterpart_are_not_doubted_for_it() -> None:
    task = overlapping(0.5, seeds=0.3)
    aligner = Aligner("fast", calibrate=True).fit(task)
    found = aligner.align(candidates="test_only", matcher="mutual")
    assert there(found.calibration).pairs[0].chance is None


def test_graphs_too_small_for_a_trial_have_probabilities_that_are_never_sure() -> None:
    def graph(name: str, names: list[str]) -> KnowledgeGraph:
        kg = KnowledgeGraph.from_triples(name, [(f"{name}{at}", "r", name) for at in range(3)])
        return replace(kg, entity_names=strings([names[0], "", *names[1:]]))

    left, right = graph("l", ["Anna", "Berta", "Cora"]), graph("r", ["Anna", "Dora", "Emil"])
    task = AlignmentTask.from_kgs([left, right], {})
    found = Aligner("fast", calibrate=True).fit(task).align(matcher="mutual")
    assert len(found) >= 1
    assert there(found.probabilities).max() < 0.95


def test_nobody_is_surer_than_what_tells_them_apart() -> None:
    def twins(name: str) -> list[tuple[str, str, str]]:
        """Thirty hubs with a name each by their links, and two leaves alike at every one."""
        hubs = [f"{name}{at}" for at in range(30)]
        chain = [(one, "next", other) for one, other in pairwise(hubs)]
        return chain + [(f"{hub}{leaf}", "at", hub) for hub in hubs for leaf in "xy"]

    left, right = (KnowledgeGraph.from_triples(name, twins(name)) for name in "lr")
    hubs = [
        (left.entities.tolist().index(f"l{at}"), right.entities.tolist().index(f"r{at}"))
        for at in range(30)
    ]
    task = AlignmentTask.from_kgs([left, right], {(0, 1): hubs})
    found = Aligner("fast", calibrate=True).fit(task).align(matcher="mutual")
    leaves = ~np.isin(found.links, task.seed_links).any(axis=1)
    assert there(found.probabilities)[leaves].max(initial=0) <= 0.5
