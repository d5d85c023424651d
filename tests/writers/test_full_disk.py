"""Files that other libraries write: a full disk is one clear error there too."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pytest
import torch
from safetensors import SafetensorError

from dualamn.bench.synthetic_task import make_task
from dualamn.errors import DataError
from dualamn.files.tensors import write_tensors
from dualamn.link_files.side_tables import write_embeddings

FULL = Path("/dev/full")


def test_tensors_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Error while serializing: I/O error: "

    def fail(*_: object) -> None:
        raise SafetensorError(said)

    monkeypatch.setattr("dualamn.files.tensors.save_file", fail)
    target = tmp_path / "aligner"
    target.write_text("old")
    with pytest.raises(SafetensorError):  # nothing is known of this one
        write_tensors(target, {"a": torch.zeros(2)}, {})
    said += f"No space (os error {errno.ENOSPC})"
    with pytest.raises(DataError, match=f"cannot be written .{os.strerror(errno.ENOSPC)}"):
        write_tensors(target, {"a": torch.zeros(2)}, {})
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


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
