"""The file of an index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dualamn.errors import CheckpointError
from dualamn.files.array_file import Arrays, open_arrays, write_arrays

_KIND = "dualamn index"
_VERSION = 1


def write_index(path: str | Path, arrays: Arrays, about: dict[str, Any]) -> None:
    """Writes arrays and plain values, whole or not at all; errors as `write_arrays`."""
    write_arrays(path, arrays, about | {"kind": _KIND, "version": _VERSION})


def read_index(path: str | Path) -> tuple[Arrays, dict[str, Any]]:
    """The arrays of an index, which lie in the file, and its plain values.

    Raises:
        CheckpointError: the file is damaged, no index, or of another version.
    """
    arrays, about = open_arrays(path)
    if not isinstance(about, dict) or about.get("kind") != _KIND:
        raise CheckpointError(f"{path} is no index; dualamn index makes one of a saved aligner")
    if about.get("version") != _VERSION:
        raise CheckpointError(
            f"{path} was made by another version of dualamn; make it anew with dualamn index"
        )
    return arrays, about
