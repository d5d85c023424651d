"""Files and folders that are written whole or not at all, also on a full disk."""

import errno
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load

from dualamn.bench.synthetic_task import make_task
from dualamn.errors import DataError
from dualamn.files.atomic import (
    atomic_folder,
    atomic_path,
    atomic_write,
    atomic_write_bytes,
    check_new_folder,
    check_writable,
    write_tensors,
)
from dualamn.files.opening import opened
from dualamn.link_files.side_tables import write_embeddings


def test_a_file_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    with atomic_write(target) as file:
        file.write("ä\n")
        assert not target.exists()
    assert target.read_bytes() == "ä\n".encode()
    assert list(tmp_path.iterdir()) == [target]


def test_an_old_file_stays_until_the_new_one_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "out.bin"
    target.write_bytes(b"old")
    with atomic_write_bytes(target) as file:
        file.write(b"new")
        file.flush()
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_and_nothing_else(
    error: type[BaseException], tmp_path: Path
) -> None:
    target = tmp_path / "out.txt"
    target.write_text("old")

    def fail() -> None:
        with atomic_write(target) as file:
            file.write("half")
            raise error

    with pytest.raises(error):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_one_clear_error(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.txt"
    target.write_text("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if call == "fsync":
        monkeypatch.setattr("dualamn.files.atomic.os.fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    with (
        pytest.raises(DataError, match=r"out\.txt: cannot be written \(No space left on device\)"),
        atomic_write(target) as file,
    ):
        file.write("new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_device_is_written_to_directly_and_its_errors_are_told() -> None:
    with pytest.raises(DataError, match="No space left"), atomic_write("/dev/full") as file:
        file.write("x")
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_errors_of_other_files_are_not_claimed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "out.txt"):
        (tmp_path / "missing").read_text()
    assert list(tmp_path.iterdir()) == []


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "real.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    with atomic_write(link) as file:
        file.write("new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_path_for_writers_that_open_files_themselves(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "out.txt") as temporary:
        assert temporary.parent == tmp_path
        temporary.write_text("x")
    assert (tmp_path / "out.txt").read_text() == "x"


def test_new_files_get_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("x")
    with atomic_write(tmp_path / "ours") as file:
        file.write("x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_folder_or_a_missing_folder_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder"):
        check_writable(tmp_path)
    with pytest.raises(DataError, match=r"no folder .*missing, create it first"):
        check_writable(tmp_path / "missing" / "out.txt")
    assert check_writable(tmp_path / "out.txt") == tmp_path / "out.txt"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dualamn.files.atomic.os.access", lambda *_: False)
    with pytest.raises(DataError, match="no permission to write"):
        check_writable(tmp_path / "out.txt")


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with atomic_folder(target) as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "file").write_text("x")
        assert not target.exists()
    assert (target / "sub" / "file").read_text() == "x"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("was_there", [False, True])
def test_an_error_leaves_what_was_there(
    tmp_path: Path, error: type[BaseException], was_there: bool
) -> None:
    target = tmp_path / "out"
    if was_there:
        target.mkdir()

    def fail() -> None:
        with atomic_folder(target) as folder:
            (folder / "file").write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert list(tmp_path.iterdir()) == ([target] if was_there else [])


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    with atomic_folder(tmp_path / "link") as folder:
        (folder / "file").write_text("x")
    assert (tmp_path / "real" / "file").read_text() == "x"
    assert (tmp_path / "link").is_symlink()


def test_a_folder_filled_in_the_meantime_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "out"

    def fail() -> None:
        with atomic_folder(target):
            target.mkdir()
            (target / "theirs").write_text("x")

    with pytest.raises(DataError, match="cannot be written"):
        fail()
    assert (target / "theirs").read_text() == "x"
    assert list(tmp_path.iterdir()) == [target]


def test_places_where_no_folder_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("x")
    with pytest.raises(DataError, match="not empty, and nothing is overwritten"):
        check_new_folder(tmp_path / "full")
    with pytest.raises(DataError, match="is a file"):
        check_new_folder(tmp_path / "full" / "file")
    with pytest.raises(DataError, match=r"there is no folder .*none, create it first"):
        check_new_folder(tmp_path / "none" / "out")
    assert check_new_folder(tmp_path / "new") == tmp_path / "new"
    assert not (tmp_path / "new").exists()


FULL = Path("/dev/full")


def test_tensors_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Error while serializing: I/O error: "

    def fail(*_: object) -> None:
        raise SafetensorError(said)

    monkeypatch.setattr("safetensors.torch.save_file", fail)
    target = tmp_path / "aligner"
    target.write_text("old")
    with pytest.raises(SafetensorError):  # nothing is known of this one
        write_tensors(target, {"a": torch.zeros(2)}, {})
    said += f"No space (os error {errno.ENOSPC})"
    with pytest.raises(DataError, match=f"cannot be written .{os.strerror(errno.ENOSPC)}"):
        write_tensors(target, {"a": torch.zeros(2)}, {})
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_tensors_go_into_a_device_and_not_in_its_place(tmp_path: Path) -> None:
    # A pipe, since a file in the place of a device would be left after the test.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        read = pool.submit(pipe.read_bytes)
        write_tensors(pipe, {"a": torch.zeros(2)}, {"b": "c"})
        assert pipe.is_fifo()
        assert load(read.result())["a"].tolist() == [0, 0]


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")
def test_embeddings_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def full(_: object) -> Iterator[IO[bytes]]:
        with FULL.open("wb", buffering=0) as file:
            yield file

    monkeypatch.setattr("dualamn.link_files.side_tables.atomic_write_bytes", full)
    task = make_task(30)
    rows = np.zeros((task.n_entities, 4), dtype=np.float32)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        write_embeddings(task, rows, tmp_path / "rows.npy")


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".zst"])
def test_text_is_compressed_as_the_name_says(ending: str, tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.tsv{ending}" for name in "ab"]
    for file in files:
        with atomic_write(file) as stream:
            stream.write("ä\n" * 1000)
    with opened(files[0]) as packed:
        assert packed.read().decode() == "ä\n" * 1000
    assert len(files[0].read_bytes()) < 200
    assert files[0].read_bytes() == files[1].read_bytes()
