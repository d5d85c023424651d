import errno
import os
import stat
from pathlib import Path

import pytest

from dualamn.errors import DataError
from dualamn.files.atomic import atomic_path, atomic_write, atomic_write_bytes, check_writable


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
