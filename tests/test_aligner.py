"""The whole flow, and everything a trained aligner can be asked for."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualamn
from dualamn import Aligner, AlignmentTask, CheckpointError, ConfigError, DualamnError
from dualamn.bench.synthetic_task import make_task
from dualamn.encoders import ENCODERS, get_encoder
from dualamn.graphs.packed_records import pack
from dualamn.progress import Progress
from tests.conftest import there

SMALL: dict[str, Any] = {"calibrate": False, "dim": 16, "epochs": 4, "negatives": 8}


@pytest.fixture(scope="module")
def task() -> AlignmentTask:
    return make_task(80, n_kgs=3, seed=1)


@pytest.fixture(scope="module")
def aligner(task: AlignmentTask) -> Aligner:
    return Aligner(**SMALL).fit(task)


def test_links_come_out_for_every_pair_or_those_named(
    aligner: Aligner, task: AlignmentTask
) -> None:
    everything = aligner.align()
    assert [(p.left, p.right) for p in everything.pairs] == [(0, 1), (0, 2), (1, 2)]
    named = aligner.align(pairs=[("c", "a"), ("a", "c")])
    assert [(p.left, p.right) for p in named.pairs] == [(0, 2)]
    assert (named.links == everything.pairs[1].links).all()
    columns = named.columns()
    assert set(columns.left_source) == {"a"}
    assert set(columns.right_source) == {"c"}


def test_new_links_leave_out_entities_with_a_seed_link(
    aligner: Aligner, task: AlignmentTask
) -> None:
    for pair in aligner.align().pairs:
        seeds = task.links_between(task.seed_links, pair.left, pair.right)
        assert not np.isin(pair.links, seeds).any()


@pytest.mark.parametrize("pair", [("a", "x"), ("a", "a")])
def test_pairs_that_cannot_be_are_refused(aligner: Aligner, pair: tuple[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"graph"):
        aligner.align(pairs=[pair])


def test_a_saved_aligner_gives_the_same_links_and_scores(
    aligner: Aligner, task: AlignmentTask, tmp_path: Path
) -> None:
    aligner.save(tmp_path / "aligner")
    (tmp_path / "plain").touch()
    modes = [(tmp_path / name).stat().st_mode for name in ("aligner", "plain")]
    assert modes[0] == modes[1], "others may read it as they may read any new file"
    loaded = Aligner.load(tmp_path / "aligner")
    assert loaded.config == aligner.config
    assert loaded.embeddings().tobytes() == aligner.embeddings().tobytes()
    mine, theirs = aligner.align(), loaded.align()
    assert mine.links.tolist() == theirs.links.tolist()
    assert mine.columns().left.tolist() == theirs.columns().left.tolist()
    score = dualamn.evaluate(mine, task.test_links)
    assert str(dualamn.evaluate(theirs, loaded.task.test_links)) == str(score)


def test_odd_identifiers_survive_saving(tmp_path: Path) -> None:
    task = make_task(30, seed=3)
    odd = task.kgs[0].entities.copy()
    odd[:4] = ["tab\there", "line\nend", "", "\N{GREEK SMALL LETTER ALPHA}\N{PILE OF POO}"]
    task = replace(task, kgs=(replace(task.kgs[0], entities=odd), task.kgs[1]))
    Aligner(**SMALL).fit(task).save(tmp_path / "aligner")
    assert Aligner.load(tmp_path / "aligner").task.kgs[0].entities.tolist() == odd.tolist()


def test_files_that_are_no_aligner_are_refused(aligner: Aligner, tmp_path: Path) -> None:
    path = tmp_path / "aligner"
    with pytest.raises(CheckpointError, match="cannot be read"):
        Aligner.load(path)
    path.write_bytes(b"")
    with pytest.raises(CheckpointError, match="cannot be read"):
        Aligner.load(path)
    aligner.save(path)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(CheckpointError, match="cannot be read"):
        Aligner.load(path)


def test_embeddings_have_length_one_and_name_their_entities(
    aligner: Aligner, task: AlignmentTask, tmp_path: Path
) -> None:
    table = aligner.save_embeddings(tmp_path / "vectors.npy")
    stored = np.load(tmp_path / "vectors.npy", allow_pickle=False)
    assert stored.shape == (task.n_entities, 2 * 3 * SMALL["dim"])
    np.testing.assert_allclose(np.linalg.norm(stored, axis=1), 1, rtol=1e-5)
    lines = table.read_text(encoding="utf-8").splitlines()
    assert table.name == "vectors.entities.tsv"
    assert lines[0] == "source\tentity"
    assert len(lines) == task.n_entities + 1
    assert lines[1 + task.n_entities // 2].split("\t")[1] == task.identifiers(task.n_entities // 2)


def test_an_aligner_that_learned_nothing_says_so(tmp_path: Path) -> None:
    for call in (
        lambda: Aligner().align(),
        lambda: Aligner().embeddings(),
        lambda: Aligner().save(tmp_path / "x"),
    ):
        with pytest.raises(DualamnError, match="call fit"):
            call()


def test_misspelt_encoder_and_matcher_are_named_before_any_work() -> None:
    with pytest.raises(ConfigError, match="did you mean 'dual_amn'"):
        Aligner(encoder="dual_am")
    with pytest.raises(ConfigError, match="did you mean 'csls'"):
        Aligner(matcher="cssl")


def test_cuda_without_a_gpu_says_what_to_do(
    task: AlignmentTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ConfigError, match="torch sees no GPU"):
        Aligner(**SMALL, device="cuda").fit(task)


@pytest.mark.parametrize("name", ENCODERS)
def test_every_encoder_keeps_the_contract(name: str, task: AlignmentTask) -> None:
    import torch

    config = dualamn.AlignerConfig.from_dict(SMALL | {"encoder": name})
    factory = get_encoder(name)
    encoder = factory(task, config, torch.device("cpu"))
    links = task.seed_links.copy(), task.test_links.copy()
    encoder.fit(task.seed_links, progress=lambda _: None, checkpoint=None, resume=False)
    embedded = encoder.embeddings()
    assert embedded.dtype == np.float32
    assert len(embedded) == task.n_entities
    lengths = np.linalg.norm(embedded, axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-4) | (lengths == 0))
    other = factory(task, config, torch.device("cpu"))
    other.load_state(encoder.state())
    assert other.embeddings().tobytes() == embedded.tobytes()
    assert (task.seed_links == links[0]).all()
    assert (task.test_links == links[1]).all()
    with pytest.raises(CheckpointError):
        factory(make_task(30, seed=0), config, torch.device("cpu")).load_state(encoder.state())


def test_progress_says_how_much_of_the_run_is_done() -> None:
    seen: list[Progress] = []
    aligner = Aligner("fast", bootstrap_turns=2).fit(make_task(60), progress=seen.append)
    aligner.align(progress=seen.append)
    shares = [at.share for at in seen if at.share is not None]
    assert len(shares) == len(seen)
    assert min(shares) >= 0
    assert shares[-1] == 1
    # Whatever is told later is in a later part of the run, but for a search before a first fit.
    assert all(after >= before - 1 / 8 for before, after in itertools.pairwise(shares))
    assert {at.model for at in seen} >= {1, 2}
    assert "model 1 of" in seen[0].place


def test_a_saved_aligner_knows_what_it_found_last(tmp_path: Path) -> None:
    aligner = Aligner("fast").fit(make_task(80, seed=1))
    aligner.save(tmp_path / "bare")
    found = aligner.align()
    aligner.save(tmp_path / "full", found.confident(0.2))
    bare, full = (Aligner.load(tmp_path / name)._state() for name in ("bare", "full"))
    assert bare is None
    assert full is not None
    assert full.links.tolist() == found.links.tolist()
    assert full.least_probability == 0.2
    (pair,), (own,) = full.pairs, found.pairs
    assert pair.features is not None
    for name in ("scores", "probabilities", "features"):
        assert getattr(pair, name).tobytes() == getattr(own, name).tobytes()
    assert len(set(there(pair.link_ids))) == len(found)
    clusters = found.confident(0.2).clusters()
    assert full.clusters.members.tolist() == clusters.members.tolist()
    of = dict(zip(there(pair.link_ids), there(pair.cluster_ids), strict=True))
    likely = found.confident(0.2).pairs[0].links.tolist()
    written = [x for x, link in zip(of, pair.links.tolist(), strict=True) if link in likely]
    assert {of[x] for x in written} <= set(full.clusters.ids)
    assert all(of[x] == "" for x in of if x not in written)
    assert len(full.found) == 1 + len(aligner.fitted.trials)
    again = Aligner.load(tmp_path / "full")
    again.save(tmp_path / "again")
    kept, others = pack(full), pack(there(Aligner.load(tmp_path / "again")._state()))
    assert kept.values == others.values
    assert kept.arrays.keys() == others.arrays.keys()
    assert all((array == others.arrays[name]).all() for name, array in kept.arrays.items())
