"""Names and values in the whole flow: they help, bad ones do no harm, and they are saved."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualamn.aligner import Aligner
from dualamn.bench.records import exact_name_match
from dualamn.config import AlignerConfig, PresetName
from dualamn.errors import ConfigError
from tests.attributes.conftest import FAST, Row, described_task, hits, named_task, noise, shuffled
from tests.conftest import there

SPARSE: dict[str, Any] = {"mean_degree": 3.0, "keep_triples": 0.6}


def test_names_find_what_structure_does_not() -> None:
    task = named_task(200, **SPARSE)
    assert hits(Aligner("fast", names="off", **FAST).fit(task)) < 0.8
    assert hits(Aligner("fast", **FAST).fit(task)) > 0.9


def test_random_names_do_no_harm() -> None:
    for seed in range(3):
        task = named_task(200, partial(shuffled, seed=seed), seed=seed)
        structure = Aligner("fast", names="off", names_turns=0, bootstrap_turns=3, **FAST)
        assert hits(Aligner("fast", **FAST).fit(task)) >= hits(structure.fit(task)) - 0.01


def test_without_names_nothing_changes() -> None:
    task = named_task(80)
    bare = replace(task, kgs=tuple(replace(kg, entity_names=None) for kg in task.kgs))
    auto, off = (Aligner("fast", names=how, **FAST).fit(bare) for how in ("auto", "off"))
    first, second = auto.align(), off.align()
    np.testing.assert_array_equal(first.links, second.links)
    np.testing.assert_array_equal(first.scores, second.scores)
    np.testing.assert_array_equal(
        first.links, Aligner("fast", names="off", **FAST).fit(task).align().links
    )


def test_a_saved_aligner_gives_the_same_links(tmp_path: Path) -> None:
    aligner = Aligner("fast", **FAST).fit(named_task(80))
    aligner.save(tmp_path / "aligner")
    again = Aligner.load(tmp_path / "aligner")
    first, second = aligner.align(), again.align()
    np.testing.assert_array_equal(first.links, second.links)
    np.testing.assert_allclose(first.scores, second.scores, atol=1e-6)


@pytest.mark.parametrize("preset", ["paper", "balanced"])
def test_every_preset_takes_names(preset: PresetName) -> None:
    task = named_task(80, mean_degree=3.0)
    small: dict[str, Any] = {"calibrate": False, "dim": 16, "epochs": 2, "turn_epochs": 1}
    without = hits(Aligner(preset, names="off", **small).fit(task))
    assert hits(Aligner(preset, **small).fit(task)) > max(without, 0.8)


def test_the_baseline_counts_ties_as_wrong() -> None:
    task = named_task(100)
    assert exact_name_match(task, task.test_links) == 1.0
    right = task.kgs[1]
    names = there(right.entity_names).copy()
    first, second = task.test_links[:2, 1] - task.entity_offsets[1]
    names[first] = names[second]
    tied = replace(task, kgs=(task.kgs[0], replace(right, entity_names=names)))
    n = len(task.test_links)
    assert exact_name_match(tied, task.test_links) == pytest.approx((n - 2) / n)
    assert exact_name_match(tied, task.test_links[:0]) is None
    bare = replace(task, kgs=tuple(replace(kg, entity_names=None) for kg in task.kgs))
    assert exact_name_match(bare, task.test_links) is None


@pytest.mark.parametrize("seeds", [True, False])
def test_names_take_part_however_large_the_graphs(seeds: bool) -> None:
    task = named_task(200, **SPARSE)
    if not seeds:
        task = replace(task, seed_links=task.seed_links[:0])
    found = [Aligner("fast", search_limit=limit, **FAST).fit(task) for limit in (1e12, 0.0)]
    assert found[1].rounds
    assert hits(found[0]) > 0.9
    assert hits(found[1]) > hits(found[0]) - 0.02


def test_values_find_what_structure_does_not() -> None:
    task = described_task(**SPARSE)
    alone = hits(Aligner("fast", values="off", **FAST).fit(task))
    aligner = Aligner("fast", **FAST).fit(task)
    assert alone < 0.7
    assert hits(aligner) > 0.85
    assert aligner.align().used_names


def test_random_values_change_nothing() -> None:
    for seed in range(3):
        task = described_task(noise, seed=seed, **SPARSE)
        on, off = (Aligner("fast", values=how, **FAST).fit(task) for how in ("auto", "off"))
        np.testing.assert_array_equal(on.align().links, off.align().links)


def test_a_handful_of_seed_links_is_not_misled() -> None:
    for seed in range(3):
        task = described_task(noise, seed=seed)
        few = replace(task, seed_links=task.seed_links[:6])
        on, off = (hits(Aligner("fast", values=how, **FAST).fit(few)) for how in ("auto", "off"))
        assert on >= off - 0.02


def test_a_saved_aligner_with_values_gives_the_same_links(tmp_path: Path) -> None:
    aligner = Aligner("fast", **FAST).fit(described_task(**SPARSE))
    aligner.save(tmp_path / "aligner")
    first, second = aligner.align(), Aligner.load(tmp_path / "aligner").align()
    np.testing.assert_array_equal(first.links, second.links)
    np.testing.assert_allclose(first.scores, second.scores, atol=1e-6)


@pytest.mark.parametrize("preset", ["paper", "balanced"])
def test_other_presets_take_values(preset: PresetName) -> None:
    task = described_task(**SPARSE)
    small: dict[str, Any] = {"calibrate": False, "dim": 16, "epochs": 2, "turn_epochs": 1}
    without = hits(Aligner(preset, values="off", **small).fit(task))
    assert hits(Aligner(preset, **small).fit(task)) > without + 0.2


def test_values_that_are_not_compared_are_counted() -> None:
    def rows(side: int, number: int) -> list[Row]:
        text = {0: "x" * 101, 1: "x" * 100, 2: "?!"}.get(number % 3, "")
        return [(0, "text", text, "")]

    task = described_task(rows, n_entities=60)
    total = sum(kg.n_entities for kg in task.kgs)
    unread = sum(int(entity.split("/")[1]) % 3 == 2 for kg in task.kgs for entity in kg.entities)
    (note,) = Aligner("fast", **FAST).fit(task).notes
    assert note.startswith(f"{unread} of {total} attribute values not compared: without a")
    assert Aligner("fast", values="off", **FAST).fit(task).notes == ()


def test_values_is_a_choice() -> None:
    with pytest.raises(ConfigError, match="values must be one of auto, off"):
        AlignerConfig.from_dict({"values": "on"})
