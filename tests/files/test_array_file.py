"""Arrays in a file that is mapped, and what is said of files that are no such thing."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from dualamn.errors import CheckpointError
from dualamn.files.array_file import open_arrays, write_arrays


def test_what_is_written_is_read_and_safetensors_reads_it_too(tmp_path: Path) -> None:
    arrays = {
        "flags": np.array([True, False, True]),
        "rows": np.arange(12, dtype=np.float32).reshape(3, 4),
        "none": np.empty((0, 5), dtype=np.int8),
        "hashes": np.array([2**64 - 1], dtype=np.uint64),
    }
    path = tmp_path / "x.index"
    write_arrays(path, arrays, {"name": "ü", "n": [1, 2]})
    found, about = open_arrays(path)
    assert about == {"name": "ü", "n": [1, 2]}
    theirs = load_file(path)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        np.testing.assert_array_equal(theirs[name], array)
        assert found[name].dtype == array.dtype
        assert found[name].ctypes.data % 16 == 0 or not array.size
    with pytest.raises(ValueError, match="read-only"):
        found["rows"][0, 0] = 1
    again = tmp_path / "y.index"
    write_arrays(again, arrays, {"name": "ü", "n": [1, 2]})
    assert again.read_bytes() == path.read_bytes()


def test_without_arrays(tmp_path: Path) -> None:
    write_arrays(tmp_path / "x", {}, None)
    assert open_arrays(tmp_path / "x") == ({}, None)


@pytest.mark.parametrize("content", [b"", b"12345678", b"x" * 100, (5).to_bytes(8, "little")])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="is damaged, or another kind of file"):
        open_arrays(path)
    with pytest.raises(CheckpointError, match="cannot be read"):
        open_arrays(tmp_path / "missing")


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_arrays(path, {"rows": np.zeros(100)}, {})
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="is damaged"):
        open_arrays(path)
