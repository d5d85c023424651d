"""Synthetic graphs as folders: `load` reads them, and a folder is whole or not there."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from dualamn import Progress, load
from dualamn.bench.export import write_synthetic
from dualamn.bench.synthetic_options import PRESETS, SyntheticOptions, preset_options
from dualamn.data_loaders import describe
from dualamn.data_loaders.catalog import recognise
from dualamn.errors import DataError


def files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("name", list(PRESETS))
def test_presets_in_a_small_size_load(tmp_path: Path, name: str) -> None:
    made = write_synthetic(preset_options(name, entities=700), tmp_path / "made")
    task = load(tmp_path / "made")
    summary = describe(task)
    for graph, counts in zip(summary.graphs, made.counts.graphs, strict=True):
        assert (graph.entities, graph.triples) == (counts.entities, counts.triples)
        assert graph.linked == made.counts.links
    assert summary.shared_relations == 0
    split = [note for note in task.notes if not note.startswith("no split is published")]
    assert split == []
    assert len(task.seed_links) == (made.n_seeds or round(0.3 * made.counts.links))
    assert len(task.seed_links) + len(task.test_links) == made.counts.links


def test_links_in_the_folder_are_those_of_the_graphs(tmp_path: Path) -> None:
    made = write_synthetic(SyntheticOptions(entities=(90, 80), seeds=0.5), tmp_path / "made")
    task = load(tmp_path / "made")
    named = {tuple(f"kg{i}/{n}" for i, n in enumerate(row, 1)) for row in made.links(0, 1).tolist()}
    read = [*task.identifiers(task.seed_links), *task.identifiers(task.test_links)]
    assert {tuple(row) for row in read} == named
    (first, *_), *_ = (rows.tolist() for rows in made.triples(1))
    kg = task.kgs[1]
    heads, _, tails = kg.triples.T
    pairs = set(zip(kg.entities[heads], kg.entities[tails], strict=True))
    assert (f"kg2/{first[0]}", f"kg2/{first[2]}") in pairs


def test_shared_relations(tmp_path: Path) -> None:
    options = SyntheticOptions(entities=300, relations=8, shared_relations=True)
    write_synthetic(options, tmp_path / "made")
    summary = describe(load(tmp_path / "made"))
    assert summary.shared_relations > 4
    assert summary.relations <= 8


@pytest.mark.parametrize("shared", [False, True])
def test_more_than_two_graphs(tmp_path: Path, shared: bool) -> None:
    options = SyntheticOptions(
        entities=(300, 250, 200, 150), graphs=4, lone_heads=0.3, shared_relations=shared
    )
    made = write_synthetic(options, tmp_path / "made")
    assert recognise(tmp_path / "made").name == "dbp5l"
    summary = describe(load(tmp_path / "made"))
    assert [graph.name for graph in summary.graphs] == list(made.names)
    for graph, counts in zip(summary.graphs, made.counts.graphs, strict=True):
        assert (graph.entities, graph.triples) == (counts.entities, counts.triples)
    assert [pair.seed + pair.test for pair in summary.pairs] == [made.counts.links] * 6
    assert (summary.shared_relations > 0) == shared
    assert not any("repeated" in note for note in summary.notes)


@pytest.mark.parametrize("graphs", [2, 3])
def test_the_same_options_give_the_same_bytes(tmp_path: Path, graphs: int) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_synthetic(SyntheticOptions(entities=200, graphs=graphs, seed=seed), tmp_path / name)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    first, other = files(tmp_path / "a"), files(tmp_path / "c")
    assert first.keys() == other.keys()
    assert sum(first[name] != other[name] for name in first) >= 2 * graphs - 1


def test_more_than_two_graphs_publish_no_split(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="publishes no split; leave seeds out"):
        write_synthetic(SyntheticOptions(entities=100, graphs=3, seeds=0.3), tmp_path / "made")
    with pytest.raises(DataError, match="needs 10 triples each, not 9"):
        write_synthetic(SyntheticOptions(entities=100, graphs=3, triples=9), tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


def test_progress_goes_up_to_its_total(tmp_path: Path) -> None:
    seen: list[Progress] = []
    write_synthetic(SyntheticOptions(entities=100), tmp_path / "made", seen.append)
    assert {at.stage for at in seen} == {"make"}
    assert [at.step for at in seen] == list(range(1, (seen[0].total or 0) + 1))


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("when", [1, 2])
def test_what_is_interrupted_leaves_nothing(tmp_path: Path, stop: BaseException, when: int) -> None:
    def interrupt(at: Progress) -> None:
        inside = [path for path in tmp_path.iterdir() if path.is_dir()]
        assert len(inside) == 1
        assert files(inside[0])
        if at.step == when:
            raise stop

    with pytest.raises(type(stop)):
        write_synthetic(SyntheticOptions(entities=100), tmp_path / "made", interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("dualamn.bench.export.rows_to_text", full)
    with pytest.raises(DataError, match=r"made: cannot be written \(No space left on device\)"):
        write_synthetic(SyntheticOptions(entities=100), tmp_path / "made")
    assert list(tmp_path.iterdir()) == []
