"""Downloads one file with pooch, again where trouble may pass, and checks what came.

Until Git gives the content the id that was published, it lies in a hidden folder beside the file.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pooch
import requests

from dualamn.data_loaders.known import KnownFile, blob_id
from dualamn.errors import DownloadError
from dualamn.version import __version__

TRIES = 5
"""How often a file is asked for; pooch waits a second longer after each."""

TIMEOUT = 30.0
"""Seconds in which a server must answer, and in which some bytes must come."""

MAY_PASS = {408, 425, 429, 500, 502, 503, 504}
"""HTTP answers after which trying again makes sense."""

PART = ".part"
"""The hidden folder of what is not complete."""

Told = Callable[[int, str], None]
"""Called with the bytes of the file that are here, and a line for people or nothing."""


class PassingError(ValueError):
    """What may be over at the next try; pooch tries again after a ValueError."""


def download(file: KnownFile, url: str, folder: Path, told: Told) -> None:
    """Downloads a file of a data set into its folder, where the file's own folder is.

    Args:
        told: called as bytes come, and where something went wrong and will be tried again.

    Raises:
        DownloadError: the server has no such file, or does not give it after a few tries.
        OSError: the file cannot be written, or the disk is full.
    """
    part = folder / PART
    shutil.rmtree(part, ignore_errors=True)  # of a process that was killed
    # No hash that pooch knows is known of all files; `_Try` compares Git's instead.
    keeper = pooch.create(
        part, "", registry={file.name: None}, urls={file.name: url}, retry_if_failed=TRIES - 1
    )
    log = pooch.get_logger()
    level = log.level
    log.setLevel(logging.CRITICAL)  # it would print what it does
    try:
        keeper.fetch(file.name, downloader=_Try(file, told))
        (part / file.name).replace(folder / file.name)
    except PassingError as error:
        raise DownloadError(f"{url}: {error}, {TRIES} times") from None
    finally:
        log.setLevel(level)
        shutil.rmtree(part, ignore_errors=True)


class _Try:
    """Called by pooch for every try: downloads, and checks what came. A progress bar to pooch."""

    def __init__(self, file: KnownFile, told: Told) -> None:
        self.file, self.told = file, told
        self.tries = self.received = self.total = 0

    def __call__(self, url: str, to: str, _: object) -> None:
        self.tries += 1
        self.received = 0
        try:
            self._receive(url, Path(to))
        except (requests.RequestException, PassingError) as error:
            words = str(error) if isinstance(error, PassingError) else words_of(url, error)
            if self.tries < TRIES:
                self.told(0, f"{self.file.name}: {words}; trying again")
            raise PassingError(words) from None

    def _receive(self, url: str, to: Path) -> None:
        # Pooch has made a file that others may not read; a new one has usual permissions.
        to.unlink()
        # Compressed on its way, its length would say nothing.
        headers = {"Accept-Encoding": "identity", "User-Agent": f"dualamn/{__version__}"}
        receive = pooch.HTTPDownloader(self, 1 << 15, timeout=TIMEOUT, headers=headers)
        receive(url, str(to), None)
        found = blob_id(to)
        if found != self.file.blob:
            raise PassingError(
                f"this is not {self.file.name} as it was published: expected the Git blob "
                f"{self.file.blob}, got {found}; a proxy or a login page may answer in place of "
                "the server"
            )
        with to.open("rb+") as done:
            os.fsync(done.fileno())  # a crash after the renaming must not leave an empty file

    def update(self, more: int) -> None:
        """Pooch counts the last chunk as a whole one, and the whole file once more at the end."""
        self.received = min(self.received + more, self.total or self.received + more)
        self.told(self.received, "")

    def reset(self) -> None:
        """Pooch asks a progress bar for this and for `close`."""

    close = reset


def words_of(url: str, error: requests.RequestException) -> str:
    """What went wrong, if it may be over at the next try; else a DownloadError is raised."""
    if error.response is not None:
        error.response.close()  # pooch leaves it open
        status = error.response.status_code
        answer = f"{status} {error.response.reason}".strip()
        if status in MAY_PASS:
            return f"the server answers {answer}"
        if status in (404, 410):
            raise DownloadError(
                f"{url}: the server has no such file ({answer}); the repository may have moved, "
                "or the mirror may lack it"
            )
        raise DownloadError(f"{url}: the server refuses ({answer})")
    if isinstance(error, ValueError):  # an address or a proxy that cannot be used
        raise DownloadError(f"{url}: {error}")
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not answer"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection was dropped"
    if "timed out" in str(error):
        return f"nothing came for {TIMEOUT:.0f} s"
    # Within the errors of requests and urllib3 stands what the system said.
    within = error.args[0] if error.args else error
    return f"no connection ({str(getattr(within, 'reason', within)).rpartition(': ')[2]})"
