"""Where triples tell nothing, embeddings say nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dualamn import Aligner, AlignmentTask, KnowledgeGraph
from dualamn.bench.synthetic_task import make_task
from dualamn.config import AlignerConfig, PresetName
from dualamn.encoders.dual_amn_encoder import TrainedDualAMN
from dualamn.encoders.no_structure import NoStructure
from dualamn.graphs.reach import in_triples, structure_tells, within_hops
from dualamn.kernels.arrays import strings
from dualamn.progress import silent

Triples = list[tuple[int, int, int]]


def twice(triples: Triples, n: int, known: int, named: bool = False) -> AlignmentTask:
    """One graph as two, the first entities of which are linked."""
    kgs = []
    for side in "ab":
        kg = KnowledgeGraph.from_arrays(side, triples, [f"{side}{i}" for i in range(n)], ["r"])
        words = [f"{chr(97 + i % 26)}{i * 7919 % 1009} {i}" for i in range(n)]
        kgs.append(replace(kg, entity_names=strings(words)) if named else kg)
    links = np.stack([np.arange(known)] * 2, axis=1)
    return AlignmentTask.from_kgs(kgs, {(0, 1): links}, seed=3)


def number(task: AlignmentTask, joint: np.ndarray) -> list[list[str]]:
    """Which of the made entities linked ones are."""
    return [[str(name)[1:] for name in row] for row in task.identifiers(joint).tolist()]


def test_hops_are_counted_along_triples_of_either_direction() -> None:
    task = twice([(0, 0, 1), (2, 0, 1), (2, 0, 3), (4, 0, 4)], 6, 1)
    for hops, expected in enumerate((["0"], ["0", "1"], ["0", "1", "2"], ["0", "1", "2", "3"])):
        reached = np.flatnonzero(within_hops(task, task.seed_links.ravel(), hops))
        assert sorted(name[1:] for name in task.identifiers(reached)) == sorted(expected * 2)
    joined = task.identifiers(np.flatnonzero(in_triples(task)))
    assert sorted(joined) == [f"{side}{i}" for side in "ab" for i in range(4)]


def test_structure_tells_only_what_leads_on_from_a_link() -> None:
    pair = twice([(0, 0, 1)], 3, 1)
    assert structure_tells(pair, pair.seed_links)
    loops = twice([(i, 0, i) for i in range(5)], 5, 2)
    assert not structure_tells(loops, loops.seed_links)
    table = twice([], 5, 2)
    assert not structure_tells(table, table.seed_links)


def test_the_network_says_nothing_of_entities_alone_nor_apart_of_what_it_never_saw() -> None:
    """A long path with one seed: further than two hops all that it knows is what all share."""
    path = [(i, 0, i + 1) for i in range(30)]
    task = twice(path, 33, 1)
    config = AlignerConfig(dim=8, epochs=2, negatives=8)
    encoder = TrainedDualAMN(task, config, torch.device("cpu"))
    encoder.fit(task.seed_links, progress=silent, checkpoint=None, resume=False)
    rows = encoder.embeddings()
    place = {name: i for i, name in enumerate(task.identifiers(np.arange(task.n_entities)))}
    assert not rows[[place["a31"], place["b32"]]].any()
    far = [place[f"{side}{i}"] for side in "ab" for i in range(10, 25)]
    np.testing.assert_allclose(rows[far] @ rows[far].T, 1, atol=1e-5)
    # As soon as it learns from more, it tells more of them apart.
    new = np.array([[place["a15"], place["b15"]]], dtype=np.int32)
    encoder.refit(np.concatenate([task.seed_links, new]), 1, progress=silent)
    assert (encoder.embeddings()[far] @ rows[far].T).min() < 0.99


@pytest.mark.parametrize("preset", ["fast", "balanced"])
def test_indistinguishable_entities_get_no_links(preset: PresetName) -> None:
    loops = twice([(i, 0, i) for i in range(30)], 30, 6)
    aligner = Aligner(preset, epochs=2).fit(loops)
    assert len(aligner.align()) == 0
    assert "structure takes no part" in aligner.notes[0]


def test_a_table_has_the_same_links_whatever_the_preset(tmp_path: Path) -> None:
    task = twice([], 60, 12, named=True)
    found = {}
    for preset in ("fast", "balanced", "best"):
        aligner = Aligner(preset, epochs=2, turn_epochs=1).fit(task)
        assert isinstance(aligner.fitted.model.encoder, NoStructure)
        found[preset] = number(task, aligner.align(matcher="mutual").links)
    assert found["fast"] == found["balanced"] == found["best"]
    assert len(found["fast"]) == 48
    assert all(left == right for left, right in found["fast"])
    aligner.save(tmp_path / "aligner")
    again = Aligner.load(tmp_path / "aligner").align(matcher="mutual")
    assert number(task, again.links) == found["best"]


def test_many_entities_in_no_triple_are_noted() -> None:
    task = twice([(i, 0, i + 1) for i in range(20)], 40, 10)
    aligner = Aligner("fast", calibrate=False).fit(task)
    assert "38 of 80 entities are in no triple with another" in aligner.notes[0]
    assert not Aligner("fast", calibrate=False).fit(make_task(60, seed=1)).notes


def test_a_link_needs_more_than_a_near_embedding() -> None:
    """Those of the second half are near each other somehow, and have nothing known in common."""
    ring = [(i, 0, (i + 1) % 40) for i in range(40)]
    other = [(40 + a, 0, 40 + b) for a, _, b in ring]
    task = twice(ring + other, 80, 30)
    for preset in ("fast", "balanced"):
        links = Aligner(preset, epochs=2).fit(task).align(matcher="mutual").links
        named = number(task, links)
        assert all(left == right for left, right in named)
        assert 5 <= len(named) <= 10
