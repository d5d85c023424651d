"""Updates: what comes, what goes, what stays as it was."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualamn import Aligner, ConfigError, DataError, Decision, DualamnError, Growth
from dualamn.progress import Progress
from tests.updating.growing import CALM, World, correct, links


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def model(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An aligner that found links between the old graphs, as a file."""
    path = tmp_path_factory.mktemp("model") / "model"
    aligner = Aligner("fast", **CALM).fit(world.task())
    aligner.align().write(path.with_name("links.tsv"))
    aligner.save(path)
    return path


def written(aligner: Aligner, growth: Growth, path: Path) -> bytes:
    aligner.update(growth).alignment.write(path)
    return path.read_bytes()


def test_an_empty_update_gives_the_same_bytes(model: Path, tmp_path: Path) -> None:
    before = model.with_name("links.tsv").read_bytes()
    aligner = Aligner.load(model)
    for growth in (Growth(), Growth(added={}, links=[])):
        assert written(aligner, growth, tmp_path / "links.tsv") == before
    said = {"a": [tuple(row) for row in World().old["a"][:5]]}
    assert written(aligner, Growth(added=said), tmp_path / "links.tsv") == before


def test_new_entities_are_linked_nearly_as_in_a_full_run(world: World, model: Path) -> None:
    aligner = Aligner.load(model)
    before = links(aligner.update(Growth()).alignment)
    update = aligner.update(Growth(added=world.new))
    found = links(update.alignment)
    full = links(Aligner("fast", **CALM).fit(world.task(world.new)).align())
    assert correct(found) >= correct(full) - 3
    assert len(found - before) > 10
    assert len(before - found) <= 0.03 * len(before)
    assert not update.trained
    assert any("came" in note for note in update.notes)


def test_what_is_added_and_taken_away_leaves_no_trace(
    world: World, model: Path, tmp_path: Path
) -> None:
    before = model.with_name("links.tsv").read_bytes()
    aligner = Aligner.load(model)
    ids = [pair.link_ids for pair in aligner.update(Growth()).alignment.pairs]
    half = {name: own[::2] for name, own in world.new.items()}
    assert written(aligner, Growth(added=half), tmp_path / "more.tsv") != before
    rest = {name: own[1::2] for name, own in world.new.items()}
    aligner.update(Growth(added=rest))
    aligner.save(tmp_path / "model")  # the way is remembered
    again = Aligner.load(tmp_path / "model")
    update = again.update(Growth(gone=world.new))
    update.alignment.write(tmp_path / "links.tsv")
    assert (tmp_path / "links.tsv").read_bytes() == before
    assert [pair.link_ids.tolist() for pair in update.alignment.pairs] == [  # type: ignore[union-attr]
        own.tolist() for own in ids if own is not None
    ]


def test_with_probabilities_all_is_the_same_too(world: World, tmp_path: Path) -> None:
    aligner = Aligner("fast", relation_dim=16).fit(world.task())
    found = aligner.align()
    found.write(tmp_path / "before.tsv")
    aligner.save(tmp_path / "model")
    again = Aligner.load(tmp_path / "model")
    same = again.update(Growth()).alignment
    same.write(tmp_path / "after.tsv")
    assert (tmp_path / "after.tsv").read_bytes() == (tmp_path / "before.tsv").read_bytes()
    assert same.threshold(0.9) == found.threshold(0.9)
    update = again.update(Growth(added=world.new))
    probabilities = update.alignment.probabilities
    assert probabilities is not None
    assert np.isfinite(probabilities).all()
    assert correct(links(update.alignment)) > correct(links(found))
    back = again.update(Growth(gone=world.new)).alignment
    back.write(tmp_path / "back.tsv")
    assert (tmp_path / "back.tsv").read_bytes() == (tmp_path / "before.tsv").read_bytes()


def test_known_links_become_seeds_and_rejected_pairs_never_come_back(model: Path) -> None:
    aligner = Aligner.load(model)
    before = sorted(links(aligner.update(Growth()).alignment))
    wrong, known = before[0], before[1]
    update = aligner.update(Growth(links=[known], not_links=[wrong]))
    now = links(update.alignment)
    assert wrong not in now
    assert known not in now, "a seed link is none of the links that are found"
    assert list(known) in aligner.task.identifiers(aligner.task.seed_links).tolist()
    assert wrong not in links(aligner.update(Growth(added={"a": [(wrong[0], "r", "x")]})).alignment)


def test_an_accepted_link_is_certain_until_it_is_taken_back(world: World) -> None:
    aligner = Aligner("fast", relation_dim=16).fit(world.task())
    before = aligner.align()
    assert before.probabilities is not None
    pair = before.links[before.probabilities.argmin()]
    left, right = aligner.task.identifiers(pair).tolist()
    accepted = Decision(left, right, "accepted", "anna")

    def probability(growth: Growth) -> Any:
        found = aligner.update(growth).alignment
        assert found.probabilities is not None
        return found.probabilities[(found.links == pair).all(axis=1)].tolist()

    assert probability(Growth(decisions=[accepted])) == [1]
    assert all(p < 1 for p in probability(Growth(decisions=[replace(accepted, verdict="unsure")])))


def test_later_knowledge_that_contradicts_a_seed_counts(model: Path) -> None:
    aligner = Aligner.load(model)
    left, right = aligner.task.identifiers(aligner.task.seed_links[0])
    other = next(
        name for name in aligner.task.kgs[1].entities.tolist()
        if name not in aligner.task.identifiers(aligner.task.seed_links)
    )  # fmt: skip
    update = aligner.update(Growth(links=[(left, other)]))
    seeds = aligner.task.identifiers(aligner.task.seed_links).tolist()
    assert [left, other] in seeds
    assert [left, right] not in seeds
    assert any("given up for links that contradict" in note for note in update.notes)
    rejected = aligner.update(Growth(not_links=[(left, other)]))
    assert [left, other] not in aligner.task.identifiers(aligner.task.seed_links).tolist()
    assert any("known to be different now" in note for note in rejected.notes)


def test_links_that_contradict_each_other_are_refused_and_change_nothing(model: Path) -> None:
    aligner = Aligner.load(model)
    left = aligner.task.kgs[0].entities[0]
    one, two = aligner.task.kgs[1].entities[:2]
    with pytest.raises(DataError, match="is linked to"):
        aligner.update(Growth(links=[(left, one), (left, two)]))
    with pytest.raises(DataError, match="given as a link and as a pair that is different"):
        aligner.update(Growth(links=[(left, one)], not_links=[(left, one)]))
    with pytest.raises(DataError, match="no triple of b has it"):
        aligner.update(Growth(links=[(left, "nobody")]))
    with pytest.raises(DataError, match="no knowledge graph 'c' to change"):
        aligner.update(Growth(added={"c": [("x", "r", "y")]}))
    with pytest.raises(ConfigError, match="retrain is 'some'"):
        aligner.update(Growth(), retrain="some")  # type: ignore[arg-type]
    assert (
        written(aligner, Growth(), model.with_name("same.tsv"))
        == model.with_name("links.tsv").read_bytes()
    )


def test_half_of_a_graph_may_go(world: World, model: Path) -> None:
    aligner = Aligner.load(model)
    half = {"b": [row for row in world.old["b"] if row[0] > "b/1" and row[0][:4] < "b/15"]}
    half["b"] = world.old["b"][::2]
    update = aligner.update(Growth(gone=half))
    assert aligner.task.kgs[1].n_triples == len(world.old["b"]) - len(half["b"])
    found = links(update.alignment)
    there = set(aligner.task.kgs[1].entities.tolist())
    assert {right for _, right in found} <= there
    assert correct(found) > 0.6 * len(found)


def test_ctrl_c_leaves_the_aligner_as_it_was(world: World, model: Path, tmp_path: Path) -> None:
    aligner = Aligner.load(model)

    def interrupt(at: Progress) -> None:
        if at.stage == "match":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        aligner.update(Growth(added=world.new), progress=interrupt)
    before = model.with_name("links.tsv").read_bytes()
    assert written(aligner, Growth(), tmp_path / "links.tsv") == before


def test_without_links_of_before_there_is_nothing_to_update(world: World, tmp_path: Path) -> None:
    aligner = Aligner("fast", **CALM).fit(world.task())
    with pytest.raises(DualamnError, match="call align"):
        aligner.update(Growth())
    aligner.save(tmp_path / "model")
    with pytest.raises(DualamnError, match="no links to update"):
        Aligner.load(tmp_path / "model").update(Growth())


@pytest.mark.parametrize("retrain", ["never", "always"])
def test_a_trained_network_goes_on(world: World, retrain: str) -> None:
    settings = {"calibrate": False, "dim": 16, "epochs": 4, "evidence_rounds": 3}
    aligner = Aligner("balanced", **settings).fit(world.task())  # type: ignore[arg-type]
    before = links(aligner.align())
    update = aligner.update(Growth(added=world.new), retrain=retrain)  # type: ignore[arg-type]
    assert update.trained == (retrain == "always")
    assert correct(links(update.alignment)) > correct(before)
