"""Names in the whole flow: they help, bad ones do no harm, and they are saved."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualamn.aligner import Aligner
from dualamn.bench.records import exact_name_match
from dualamn.eval import evaluate
from dualamn.settings.presets import PresetName
from tests.names.conftest import NamedTask, shuffled

FAST: dict[str, Any] = {"label_dim": 64, "relation_dim": 16, "evidence_rounds": 2}


def hits(aligner: Aligner) -> float:
    scores = evaluate(aligner.align(), aligner.task.test_links).left_to_right
    assert scores is not None
    return float(scores["hits@1"] or 0)


def test_names_find_what_structure_does_not(named_task: NamedTask) -> None:
    task = named_task(200, mean_degree=3.0, keep_triples=0.6)
    alone = hits(Aligner("fast", names="off", **FAST).fit(task))
    assert alone < 0.8
    assert hits(Aligner("fast", **FAST).fit(task)) > 0.9


def test_random_names_do_no_harm(named_task: NamedTask) -> None:
    for seed in range(3):
        task = named_task(200, lambda names, seed=seed: shuffled(names, seed), seed=seed)
        structure = Aligner("fast", names="off", names_turns=0, bootstrap_turns=3, **FAST)
        assert hits(Aligner("fast", **FAST).fit(task)) >= hits(structure.fit(task)) - 0.01


def test_without_names_nothing_changes(named_task: NamedTask) -> None:
    task = named_task(80)
    bare = replace(task, kgs=tuple(replace(kg, entity_names=None) for kg in task.kgs))
    auto, off = (Aligner("fast", names=how, **FAST).fit(bare) for how in ("auto", "off"))
    first, second = auto.align(), off.align()
    np.testing.assert_array_equal(first.links, second.links)
    np.testing.assert_array_equal(first.scores, second.scores)
    np.testing.assert_array_equal(
        first.links, Aligner("fast", names="off", **FAST).fit(task).align().links
    )


def test_a_saved_aligner_gives_the_same_links(named_task: NamedTask, tmp_path: Path) -> None:
    aligner = Aligner("fast", **FAST).fit(named_task(80))
    aligner.save(tmp_path / "aligner")
    again = Aligner.load(tmp_path / "aligner")
    first, second = aligner.align(), again.align()
    np.testing.assert_array_equal(first.links, second.links)
    np.testing.assert_allclose(first.scores, second.scores, atol=1e-6)


@pytest.mark.parametrize("preset", ["paper", "balanced"])
def test_every_preset_takes_names(named_task: NamedTask, preset: PresetName) -> None:
    task = named_task(80, mean_degree=3.0)
    small: dict[str, Any] = {"dim": 16, "epochs": 2, "turn_epochs": 1}
    without = hits(Aligner(preset, names="off", **small).fit(task))
    assert hits(Aligner(preset, **small).fit(task)) > max(without, 0.8)


def test_the_baseline_counts_ties_as_wrong(named_task: NamedTask) -> None:
    task = named_task(100)
    assert exact_name_match(task, task.test_links) == 1.0
    right = task.kgs[1]
    assert right.entity_names is not None
    names = right.entity_names.copy()
    first, second = task.test_links[:2, 1] - task.entity_offsets[1]
    names[first] = names[second]
    tied = replace(task, kgs=(task.kgs[0], replace(right, entity_names=names)))
    n = len(task.test_links)
    assert exact_name_match(tied, task.test_links) == pytest.approx((n - 2) / n)
    assert exact_name_match(tied, task.test_links[:0]) is None
    bare = replace(task, kgs=tuple(replace(kg, entity_names=None) for kg in task.kgs))
    assert exact_name_match(bare, task.test_links) is None


@pytest.mark.parametrize("seeds", [True, False])
def test_names_take_part_however_large_the_graphs(named_task: NamedTask, seeds: bool) -> None:
    task = named_task(200, mean_degree=3.0, keep_triples=0.6)
    if not seeds:
        task = replace(task, seed_links=task.seed_links[:0])
    found = [Aligner("fast", search_limit=limit, **FAST).fit(task) for limit in (1e12, 0.0)]
    assert found[1].rounds
    assert hits(found[0]) > 0.9
    assert hits(found[1]) > hits(found[0]) - 0.02
