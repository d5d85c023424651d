from __future__ import annotations

from pathlib import Path

import pytest

from dualamn.errors import DataError
from dualamn.files.atomic import atomic_folder, check_new_folder


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
