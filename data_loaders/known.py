"""The known data sets, the folder that they are fetched to, and what it lacks of them."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from dualamn.errors import DataError, DownloadError

CACHE_VARIABLE = "DUALAMN_CACHE"
"""The environment variable that names the cache folder where it shall not be the usual one."""

CATALOG = Path(__file__).with_name("known.toml")
"""Where the list is."""

OFFLINE_VARIABLE = "DUALAMN_OFFLINE"
"""The environment variable that forbids to fetch anything."""


def check_online() -> None:
    """Raises a DownloadError where the user has forbidden to fetch anything."""
    if os.environ.get(OFFLINE_VARIABLE, "0") not in ("", "0"):
        raise DownloadError(f"{OFFLINE_VARIABLE} is set, so nothing is fetched")


@dataclass(frozen=True)
class KnownFile:
    """A file of a known data set.

    Attributes:
        name: its path below the data set's folder, with forward slashes.
        blob: the id that Git gives its content.
        address: its path below the base address of a server.
        size: in bytes; None if not known.
    """

    name: str
    blob: str
    address: str
    size: int | None


@dataclass(frozen=True)
class KnownDataset:
    """A data set that is known by name.

    Attributes:
        name: such as "dbp15k/zh_en".
        graphs: what its graphs are, in words.
        repository: the owner and name of the GitHub repository that has it.
        commit: which commit of it.
        licence: the licence that the repository states.
        files: every file that its loader reads.
    """

    name: str
    graphs: str
    repository: str
    commit: str
    licence: str
    files: tuple[KnownFile, ...]


def known_datasets() -> Mapping[str, KnownDataset]:
    """Every known data set by its name, in the order in which to list them."""
    return _read(CATALOG)


def find_known(name: str | Path) -> KnownDataset | None:
    """The known data set of this name, where a ``@K`` at the end does not count."""
    text = name.as_posix() if isinstance(name, Path) else name
    return known_datasets().get(text.partition("@")[0])


@cache
def _read(path: Path) -> Mapping[str, KnownDataset]:
    listed = tomllib.loads(path.read_text(encoding="utf-8"))
    sources = {source["repository"]: source for source in listed["source"]}
    found = {}
    for entry in listed["dataset"]:
        source = sources[entry["source"]]
        repository, commit = source["repository"], source["commit"]
        place = f"{repository}/{commit}/{entry['folder']}"
        files = tuple(
            KnownFile(name, file["blob"], f"{place}/{name}", file.get("size"))
            for name, file in entry["files"].items()
        )
        found[entry["name"]] = KnownDataset(
            entry["name"], entry["graphs"], repository, commit, source["licence"], files
        )
    return MappingProxyType(found)


def cache_folder() -> Path:
    """The folder of fetched data sets, made or not: ``$DUALAMN_CACHE``, or the system's own.

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
    """The id that Git gives to a file's content."""
    with path.open("rb") as file:
        head = b"blob %d\0" % os.fstat(file.fileno()).st_size
        made = hashlib.file_digest(file, lambda: hashlib.sha1(head, usedforsecurity=False))
    return made.hexdigest()


def missing_files(dataset: KnownDataset, folder: Path) -> list[KnownFile]:
    """The files that are not in the folder, or not of their size where that is known.

    This reads none of them: a file gets its name only when it is complete and correct.
    """

    def is_there(file: KnownFile) -> bool:
        path = folder / file.name
        return path.is_file() and file.size in (None, path.stat().st_size)

    return [file for file in dataset.files if not is_there(file)]


def damaged_files(dataset: KnownDataset, folder: Path) -> dict[KnownFile, str | None]:
    """The files that are not as published, found by reading all of them.

    With each goes the id that Git gives to what is there; None if it is missing.
    """
    paths = {file: folder / file.name for file in dataset.files}
    found = {file: blob_id(path) if path.is_file() else None for file, path in paths.items()}
    return {file: blob for file, blob in found.items() if blob != file.blob}
