"""Fetches a known data set into the cache, or says what to place there by hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dualamn.data_loaders.catalog import find
from dualamn.data_loaders.known import (
    CACHE_VARIABLE,
    KnownDataset,
    KnownFile,
    cache_folder,
    check_online,
    damaged_files,
    find_known,
    missing_files,
)
from dualamn.errors import DataError, DownloadError
from dualamn.files.text import counted

BASE = "https://raw.githubusercontent.com"
"""Where the files of GitHub's repositories are, each by its commit."""

BASE_VARIABLE = "DUALAMN_MIRROR"
"""The environment variable that names another server with the same paths."""

SECONDS_BETWEEN_LOOKS = 0.2
"""How often to look whether another process has ended."""


@dataclass(frozen=True)
class FetchProgress:
    """How far the fetching of a data set is.

    Attributes:
        dataset: its name.
        files, n_files: how many files are done, and how many there are to fetch.
        received: bytes that have come.
        total: how many bytes there will be; None if the size of a file is not known.
        message: a line that people should see; empty where only the numbers changed.
    """

    dataset: str
    files: int
    n_files: int
    received: int
    total: int | None
    message: str = ""


FetchCallback = Callable[[FetchProgress], None]


def silent(_: FetchProgress) -> None:
    """The callback that does nothing."""


def fetch(
    name: str | Path,
    data: str | Path | None = None,
    *,
    base: str | None = None,
    check: bool = False,
    progress: FetchCallback = silent,
) -> Path:
    """The path of a data set, ready for `load`; what is known and not here yet is fetched.

    It is looked for as `resolve` does. What is fetched comes from the data set's public
    repository, file by file, and goes to the cache folder.

        >>> from tempfile import TemporaryDirectory
        >>> from dualamn import fetch
        >>> with TemporaryDirectory() as folder:
        ...     str(fetch(folder)) == folder
        True

    Args:
        name: the name, such as ``dwy100k/dbp_wd``, or a path; a ``@K`` at its end is kept.
        data: the data folder, which is looked at first; ``$DUALAMN_DATA`` if not given.
        base: address of a server that has the files in place of GitHub's; ``$DUALAMN_MIRROR``
            if not given.
        check: read what the cache has of it, and fetch anew what is not as published.
        progress: called as bytes come.

    Raises:
        DataError: there is no data set of this name or path, or the cache folder cannot be
            written.
        DownloadError: it could not be fetched, or ``$DUALAMN_OFFLINE`` forbids it; the message
            says which files to place where.
    """
    path = find(name, data)
    known = find_known(name)
    cached = cache_folder() / name
    if path is not None and (known is None or not check or path != cached):
        return path
    if known is not None:
        base = _checked_base(base or os.environ.get(BASE_VARIABLE) or BASE)
        _fill(known, cache_folder() / known.name, base, check, progress)
    return cached


def _checked_base(base: str) -> str:
    """The base address, without a slash at its end, if it is that of a web server."""
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise DataError(
            f"{base!r} is no address to fetch from; write it as https://server/path, with --base "
            f"or {BASE_VARIABLE}"
        )
    return base.rstrip("/")


def _fill(
    dataset: KnownDataset, folder: Path, base: str, check: bool, progress: FetchCallback
) -> None:
    """Fetches what the folder lacks."""
    wanted = damaged_files if check else missing_files
    try:
        if not wanted(dataset, folder):
            return
        check_online()
        for file in dataset.files:
            (folder / file.name).parent.mkdir(parents=True, exist_ok=True)
        with _lock(dataset, folder, progress):
            # Another process may have fetched some of it in the meantime.
            _download(dataset, list(wanted(dataset, folder)), folder, base, progress)
    except DownloadError as error:
        files = missing_files(dataset, folder)
        raise DownloadError(_by_hand(dataset, folder, files, base, str(error))) from None
    except OSError as error:
        raise DataError(
            f"cannot be written ({error.strerror or error}); complete files are kept, and "
            f"{CACHE_VARIABLE} can name another place",
            path=error.filename or folder,
        ) from error


def _download(
    dataset: KnownDataset,
    files: Sequence[KnownFile],
    folder: Path,
    base: str,
    progress: FetchCallback,
) -> None:
    """Downloads one file after the other."""
    if not files:
        return
    from dualamn.data_loaders.download import download

    sizes = [file.size for file in files if file.size is not None]
    total = sum(sizes) if len(sizes) == len(files) else None
    done = before = 0

    def told(received: int, message: str = "") -> None:
        progress(FetchProgress(dataset.name, done, len(files), before + received, total, message))

    size = "" if total is None else f", {megabytes(total)},"
    source = f"{counted(len(files), 'file')}{size} from {base}/{dataset.repository}"
    told(0, f"{dataset.name}: fetching {source} to {folder}")
    for file in files:
        (folder / file.name).unlink(missing_ok=True)
    for file in files:
        download(file, f"{base}/{file.address}", folder, told)
        done += 1
        before += (folder / file.name).stat().st_size
        told(0)


def megabytes(size: int) -> str:
    """A number of bytes in words."""
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size / 1e3:,.1f} kB"


def _by_hand(
    dataset: KnownDataset, folder: Path, files: Sequence[KnownFile], base: str, cause: str
) -> str:
    """What went wrong, and which files to place where if it stays so."""
    width = max((len(file.name) for file in files), default=0)
    lines = (f"  {file.name:<{width}}  {base}/{file.address}" for file in files)
    return "\n".join(
        (
            f"{dataset.name} could not be fetched: {cause}.",
            "The same command later fetches what is still missing, and another server can be named "
            f"with {BASE_VARIABLE}.",
            f"By hand, place these files in {folder}, then run dualamn data verify {dataset.name}:",
            *lines,
        )
    )


def _lock(
    dataset: KnownDataset, folder: Path, progress: FetchCallback
) -> AbstractContextManager[object]:
    """Takes the data set's lock, so that two processes do not write the same files."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock")
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        words = f"{dataset.name}: another process is fetching it; waiting for its end"
        progress(FetchProgress(dataset.name, 0, len(dataset.files), 0, None, words))
        return lock.acquire(poll_interval=SECONDS_BETWEEN_LOOKS)
