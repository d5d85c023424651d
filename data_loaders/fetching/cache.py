"""The folder that fetched data sets lie in, and whether their files are there and right."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from stat import S_ISREG

from dualamn.data_loaders.fetching.known import KnownDataset, KnownFile
from dualamn.errors import DataError

CACHE_VARIABLE = "DUALAMN_CACHE"
"""The environment variable that names the cache folder where it shall not be the usual one."""


def cache_folder() -> Path:
    """The folder that fetched data sets lie in, made or not: ``$DUALAMN_CACHE``, or the place
    that the system has for such files.

    Raises:
        DataError: ``$DUALAMN_CACHE`` begins with the home folder of a user who has none.
    """
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        try:
            return Path(given).expanduser().absolute()
        except RuntimeError as error:
            raise DataError(f"{error}; correct {CACHE_VARIABLE}", path=given) from None
    from platformdirs import user_cache_path

    return user_cache_path("dualamn", appauthor=False)


def blob_id(path: Path) -> str:
    """The id that Git gives to a file's content.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        head = b"blob %d\0" % os.fstat(file.fileno()).st_size
        made = hashlib.file_digest(file, lambda: hashlib.sha1(head, usedforsecurity=False))
    return made.hexdigest()


def missing_files(dataset: KnownDataset, folder: Path) -> list[KnownFile]:
    """The files that are not in the folder, or not of their size where that is known.

    This reads none of them: a file gets its name only when it is complete and right.
    """
    return [file for file in dataset.files if not _is_there(folder / file.name, file.size)]


def damaged_files(dataset: KnownDataset, folder: Path) -> dict[KnownFile, str | None]:
    """The files that are not as published, found by reading all of them.

    Returns:
        Each such file, and the id that Git gives to what is there; None if it is missing.

    Raises:
        OSError: a file cannot be read.
    """
    paths = {file: folder / file.name for file in dataset.files}
    found = {file: blob_id(path) if path.is_file() else None for file, path in paths.items()}
    return {file: blob for file, blob in found.items() if blob != file.blob}


def _is_there(path: Path, size: int | None) -> bool:
    try:
        about = path.stat()
    except OSError:
        return False
    return S_ISREG(about.st_mode) and size in (None, about.st_size)
