"""Every preset on the data that real users bring."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualamn
from dualamn.aligner import Aligner
from dualamn.alignment import Alignment
from dualamn.bench.synthetic_task import make_task
from dualamn.config import DEFAULT_PRESET, PRESETS, PresetName
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask

every_preset = pytest.mark.parametrize("preset", sorted(PRESETS))
SMALL: dict[str, Any] = {
    "calibrate": False,
    "dim": 32,
    "label_dim": 64,
    "relation_dim": 16,
    "epochs": 3,
    "turn_epochs": 1,
}


def aligned(task: AlignmentTask, preset: PresetName, **settings: Any) -> Alignment:
    return Aligner(preset, **(SMALL | settings)).fit(task).align(matcher="mutual")


@every_preset
def test_most_links_of_an_easy_task_are_found(preset: PresetName) -> None:
    task = make_task(150, keep_triples=0.95)
    links = dualamn.evaluate(aligned(task, preset, epochs=10), task.test_links).pairs[0].links
    assert links.f1 is not None
    assert links.f1 > 0.8


@every_preset
def test_the_same_seed_gives_the_same_links(preset: PresetName) -> None:
    task = make_task(80)
    first, second = (aligned(task, preset) for _ in range(2))
    np.testing.assert_array_equal(first.links, second.links)
    np.testing.assert_array_equal(first.scores, second.scores)


@every_preset
def test_test_links_change_nothing(preset: PresetName) -> None:
    task = make_task(80)
    without = replace(task, test_links=np.empty((0, 2), dtype=np.int32))
    np.testing.assert_array_equal(aligned(task, preset).links, aligned(without, preset).links)


@every_preset
def test_one_seed_link_is_enough_to_run(preset: PresetName) -> None:
    task = make_task(60)
    alone = replace(task, seed_links=task.seed_links[:1])
    alignment = aligned(alone, preset)
    assert not np.isin(alignment.links[:, 0], alone.seed_links[:, 0]).any()
    assert np.isfinite(alignment.scores).all()


@every_preset
def test_one_side_much_larger_than_the_other(preset: PresetName) -> None:
    """Links come out one to one, and no more than the smaller side has entities."""
    task = make_task(200)
    left, right = task.kgs
    few = np.unique(task.seed_links[:, 0])[:5]
    near = np.isin(left.triples[:, [0, 2]], few).any(axis=1)
    small = KnowledgeGraph("small", left.entities, left.relations, left.triples[near])
    smaller = AlignmentTask.from_kgs(
        [small, right], seed_links={(0, 1): task.seed_links[:5] - task.entity_offsets[:2]}
    )
    links = aligned(smaller, preset).links
    assert len(np.unique(links[:, 0])) == len(np.unique(links[:, 1])) == len(links)


@every_preset
def test_three_graphs_with_a_pair_that_has_no_seed_links(preset: PresetName) -> None:
    task = make_task(60, n_kgs=3)
    sides = task.source_of[task.seed_links]
    bridged = replace(task, seed_links=task.seed_links[~((sides == [1, 2]).all(axis=1))])
    alignment = aligned(bridged, preset)
    assert {(pair.left, pair.right) for pair in alignment.pairs} == {(0, 1), (0, 2), (1, 2)}
    assert len(alignment.pairs[2].links)


@every_preset
def test_a_saved_aligner_gives_the_same_links(preset: PresetName, tmp_path: Path) -> None:
    task = make_task(80)
    aligner = Aligner(preset, **SMALL).fit(task)
    aligner.save(tmp_path / "model")
    again = Aligner.load(tmp_path / "model")
    np.testing.assert_array_equal(aligner.align().links, again.align().links)


def test_the_library_starts_from_the_default_preset() -> None:
    assert Aligner().config == Aligner(DEFAULT_PRESET).config
    assert Aligner().config != Aligner("paper").config
    assert all(preset.summary for preset in PRESETS.values())
