"""Folders that are either written whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dualamn.errors import DataError


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Gives a temporary folder beside `path` that takes its name when the block is done.

    If the block fails, Ctrl-C included, the temporary folder is removed with all that is in it,
    and `path` is as it was.

    Raises:
        DataError: see `check_new_folder`; or the disk is full.
    """
    path = check_new_folder(path)
    # A symbolic link to an empty folder stays one.
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.tmp")
    try:
        temporary.mkdir()
        yield temporary
        if target.exists():
            target.rmdir()
        temporary.rename(target)
    except OSError as error:
        inside = error.filename is None or Path(error.filename).is_relative_to(temporary)
        if not inside and error.filename != str(target):  # another file's trouble
            raise
        reason = error.strerror or str(error)
        raise DataError(f"cannot be written ({reason})", path=path) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_new_folder(path: str | Path) -> Path:
    """The path, once it is clear that a new folder can be made there.

    Raises:
        DataError: there is a file, or a folder that is not empty; or the folder that it would be
            in does not exist or may not be written to.
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise DataError("is a file, give the name of a folder to make", path=path)
    if path.is_dir() and any(path.iterdir()):
        raise DataError(
            "this folder is not empty, and nothing is overwritten; give a new name or remove it",
            path=path,
        )
    parent = Path(os.path.realpath(path)).parent
    if not parent.is_dir():
        raise DataError(
            f"cannot be written: there is no folder {parent}, create it first", path=path
        )
    if not os.access(parent, os.W_OK):
        raise DataError(f"cannot be written: no permission to write to {parent}", path=path)
    return path
