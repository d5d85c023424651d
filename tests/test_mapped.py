"""Embeddings in half precision and in a temporary file: the same links, in less memory."""

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

from dualamn.aligner import Aligner
from dualamn.bench.synthetic_task import make_task
from dualamn.config import GONE, AlignerConfig, PresetName
from dualamn.errors import ConfigError
from dualamn.files.atomic import write_tensors
from dualamn.fitted import Fitted
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels import memory
from dualamn.kernels.arrays import EmbeddingArray, Int32Array
from dualamn.kernels.memory import Storage, blocks_of, empty_rows, is_mapped, let_go, rows_at_once
from dualamn.model import fit
from dualamn.planning.execution_plan import GIB, plan, stages
from dualamn.progress import silent
from dualamn.search import pair_cosines

TASK = make_task(120)
PLAIN = Storage()


def test_mapped_rows_are_an_array_like_any_other(tmp_path: Path) -> None:
    rows = empty_rows(50, 3, Storage(mapped=True))
    assert rows.shape == (50, 3)
    assert rows.dtype == np.float32
    assert is_mapped(rows)
    assert is_mapped(rows[3:7, :2])
    rows[:] = np.arange(150).reshape(50, 3)
    let_go(rows)
    np.testing.assert_array_equal(rows.ravel(), np.arange(150))
    for plain in (empty_rows(50, 3, Storage()), empty_rows(0, 3, Storage(mapped=True))):
        assert not is_mapped(plain)
        let_go(plain)


def test_half_rows_take_half_the_room() -> None:
    for in_file in (False, True):
        rows = empty_rows(50, 3, Storage(half=True, mapped=in_file))
        assert rows.shape == (50, 3)
        assert rows.dtype == np.float16
        assert rows.nbytes == 300
        assert is_mapped(rows) == in_file


def test_the_file_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rows = empty_rows(50, 3, Storage(mapped=True))
    assert is_mapped(rows)
    assert list(tmp_path.iterdir()) == []


def test_blocks_are_whole_rows_of_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "BLOCK", 4 * 3 * 20 + 5)
    rows = empty_rows(50, 3, Storage(mapped=True))
    assert rows_at_once(rows) == 20
    for some in (rows, np.empty((50, 3), np.float32)):
        assert list(blocks_of(some)) == [slice(0, 20), slice(20, 40), slice(40, 50)]
    assert rows_at_once(np.empty((50, 3), np.float32)) == 50
    assert list(blocks_of(np.empty((0, 3), np.float32))) == []


def test_a_disk_without_room_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = r"nor into a temporary file in .*\(0\.0 GiB are free\): set TMPDIR"
    usage = shutil.disk_usage(".")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=599))
    with pytest.raises(ConfigError, match=refused):
        empty_rows(50, 3, Storage(mapped=True))
    planned = replace(plan(TASK, AlignerConfig.preset("fast")), file_bytes=600)
    monkeypatch.setattr("dualamn.aligner.plan", lambda *_: planned)
    with pytest.raises(ConfigError, match=refused):  # before it trains
        Aligner("fast").fit(TASK)
    assert not is_mapped(empty_rows(50, 3, Storage(mapped=False)))


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="where space can be reserved")
def test_a_disk_that_refuses_is_the_same_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(ConfigError, match=r"\(No space left on device\): set TMPDIR"):
        empty_rows(50, 3, Storage(mapped=True))


def test_cosines_of_mapped_rows_are_those_of_rows_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "BLOCK", 4 * 8 * 7)
    rng = np.random.default_rng(0)
    plain = rng.normal(size=(50, 8)).astype(np.float32)
    rows = empty_rows(50, 8, Storage(mapped=True))
    rows[:] = plain
    left, right = rng.integers(50, size=(2, 400))
    expected = np.einsum("pd,pd->p", plain[left], plain[right])
    half = plain.astype(np.float16)
    np.testing.assert_allclose(pair_cosines(half, left, right), expected, rtol=5e-3, atol=2e-2)
    np.testing.assert_allclose(pair_cosines(rows, left, right), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(pair_cosines(rows, left, right), pair_cosines(plain, left, right))
    assert pair_cosines(rows, left[:0], right[:0]).shape == (0,)


def fitted(storage: Storage, task: AlignmentTask = TASK, **settings: Any) -> Aligner:
    """A run of `fast` whose embeddings are made so, as a plan may say."""
    aligner = Aligner(**{"config": "fast"} | settings)
    aligner._fitted = Fitted(fit(task, aligner.config, storage, progress=silent))
    return aligner


def rows_and_links(encoder: str, storage: Storage = PLAIN) -> tuple[EmbeddingArray, Int32Array]:
    """What a small run without a search makes."""
    small: dict[str, Any] = {
        "dim": 8,
        "epochs": 2,
        "label_dim": 32,
        "relation_dim": 40,
        "neighbour_dim": 16,
    }
    aligner = fitted(storage, config="balanced", encoder=encoder, search_limit=0.0, **small)
    return aligner.embeddings(), aligner.align().links


@pytest.mark.parametrize("encoder", ["propagation", "dual_amn", "joint"])
def test_a_mapped_run_gives_the_same_links(encoder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "BLOCK", 5_000)
    found = []
    for mapping in (False, True):
        found.append(rows_and_links(encoder, Storage(mapped=mapping)))
        assert is_mapped(found[-1][0]) == mapping
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(found[0][1]) > 20


@pytest.mark.parametrize("encoder", ["propagation", "dual_amn", "joint"])
def test_half_precision_rounds_and_changes_no_more(encoder: str) -> None:
    whole, exact = rows_and_links(encoder)
    rounded, near = rows_and_links(encoder, Storage(half=True))
    assert rounded.dtype == np.float16
    # Eleven bits of every number, and of a length that is one.
    np.testing.assert_allclose(rounded.astype(np.float32), whole, atol=1e-3)
    links, others = (set(map(tuple, found.tolist())) for found in (exact, near))
    assert len(links & others) > 0.98 * len(links | others)


def test_half_precision_holds_the_rows_of_hubs() -> None:
    n = 70_000
    triples = [[i, 0, 0] for i in range(n)]
    names = [str(i) for i in range(n)]
    kgs = [KnowledgeGraph.from_arrays(name, triples, names, ["r"]) for name in "ab"]
    task = AlignmentTask.from_kgs(kgs, {(0, 1): [[i, i] for i in range(100)]})
    small = {"label_dim": 16, "relation_dim": 2, "neighbour_dim": 2}
    rows = fitted(Storage(half=True), task, **small).embeddings()
    lengths = np.linalg.norm(rows.astype(np.float32), axis=1)
    np.testing.assert_allclose(lengths, 1, atol=2e-3)


def test_half_rows_can_be_searched_and_written(tmp_path: Path) -> None:
    aligner = fitted(Storage(half=True), label_dim=32, relation_dim=8)
    assert len(aligner.align().links) > 20
    aligner.save_embeddings(tmp_path / "rows.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "rows.npy"), aligner.embeddings())


@pytest.mark.parametrize("older", [False, True])
def test_a_loaded_aligner_makes_its_rows_as_the_saved_one(tmp_path: Path, older: bool) -> None:
    aligner = fitted(Storage(half=True), label_dim=32, relation_dim=8)
    path = tmp_path / "saved"
    aligner.save(path)
    if older:  # when it was a setting where embeddings are made
        with safe_open(path, framework="pt") as file:
            head = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        del head["storage"]
        earlier = {name: value for name, (value, _) in GONE.items()} | {"half_embeddings": True}
        head["config"] = json.dumps(json.loads(head["config"]) | earlier)
        write_tensors(path, tensors, head)
    rows = Aligner.load(path).embeddings()
    assert rows.dtype == np.float16
    np.testing.assert_array_equal(rows, aligner.embeddings())


def of(preset: PresetName, **settings: Any) -> AlignerConfig:
    return AlignerConfig.preset(preset, **{"calibrate": False} | settings)


def test_what_fits_but_for_its_rows_has_half_of_them_and_then_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "BLOCK", 1 << 16)
    task = make_task(3000)
    config = of("fast", search_limit=0.0)
    ways = Storage(half=True, mapped=True), Storage(half=True), Storage()
    less, half, whole = (max(stages(task, config, way).values()) for way in ways)
    rows = 2 * task.n_entities * config.relation_dim * config.neighbour_dim
    assert whole - half == rows
    assert half - less == rows - 2 * memory.BLOCK
    planned = plan(task, of("fast", search_limit=0.0, memory=(half + 1000) / GIB))
    assert planned.config == replace(config, memory=planned.config.memory)
    assert planned.storage == Storage(half=True)
    assert planned.changes == ("embeddings in half precision",)
    assert (planned.file_bytes, planned.narrowed, planned.peak) == (0, (), half)
    planned = plan(task, of("fast", search_limit=0.0, memory=(less + 1000) / GIB))
    assert planned.storage.mapped
    assert planned.narrowed == ()
    assert planned.file_bytes == rows
    assert planned.changes == (
        f"embeddings in half precision, in a temporary file of {rows / GIB:.2f} GiB",
    )
    assert planned.peak == less
    tight = plan(task, of("fast", search_limit=0.0, memory=(less - 1000) / GIB))
    assert tight.narrowed
    assert tight.peak < less
    enough = plan(task, of("fast", search_limit=0.0, memory=(whole + 1000) / GIB))
    assert enough.changes == ()


@pytest.mark.parametrize(
    "settings", [{"search_limit": 1e15}, {"search_limit": 0.0, "evidence_explored": 0}]
)
def test_what_is_searched_stays_in_memory(settings: dict[str, Any]) -> None:
    task = make_task(3000)
    if "evidence_explored" in settings:
        settings = settings | {"evidence_first": False}
    whole = max(stages(task, of("fast", **settings)).values())
    planned = plan(task, of("fast", memory=(whole - 1000) / GIB, **settings))
    assert planned.storage == Storage()
    assert planned.narrowed


PEAK = """
from dualamn.aligner import Aligner
from dualamn.fitted import Fitted
from dualamn.bench.synthetic_task import make_task
from dualamn.kernels import memory
from dualamn.kernels.compute import peak_memory_bytes
from dualamn.model import fit
from dualamn.progress import silent
memory.BLOCK = 1 << 22
task = make_task(3000, mean_degree=4)
wide = dict(relation_dim=256, neighbour_dim=16, label_dim=16, evidence_rounds=1, search_limit=0.0)
for in_file in (True, False):
    aligner = Aligner("fast", threads=1, **wide)
    storage = memory.Storage(mapped=in_file)
    aligner._fitted = Fitted(fit(task, aligner.config, storage, progress=silent))
    aligner.align()
    print(aligner.embeddings().nbytes, peak_memory_bytes())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="pages leave on Linux")
def test_a_mapped_run_takes_less_memory() -> None:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PEAK], capture_output=True, text=True, check=True, env=environment
    )
    size, mapped_peak, _, peak = map(int, done.stdout.split())  # the peak of a process only grows
    assert size > 80e6
    assert mapped_peak < peak - 0.7 * size
