"""Downloads one file: goes on where an earlier try ended, tries again, and checks what came.

What has come so far lies beside the file as ``NAME.part``. Only when Git gives it the right id
does it take the file's name.
"""

from __future__ import annotations

import email.utils
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import requests

from dualamn.data_loaders.fetching.cache import blob_id
from dualamn.data_loaders.fetching.known import KnownFile
from dualamn.errors import DownloadError
from dualamn.version import __version__

TRIES = 5
"""How often in a row a request may fail without bringing a byte."""

WRONG_CONTENTS = 3
"""How often the whole file may come with another content than was published."""

FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0
"""Seconds before the second try, doubled each time, and the longest wait that a server may ask
for."""

CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 30.0
"""Seconds until a server must answer, and seconds in which some bytes must come."""

CHUNK = 1 << 15
"""Bytes written at once; as many may have to come again after a drop."""

MAY_PASS = {408, 425, 429, 500, 502, 503, 504}
"""HTTP answers after which trying again makes sense."""


class StoppedError(Exception):
    """Another part of the same work failed or was interrupted, so this one ended early."""


class PassingError(Exception):
    """What may be over at the next try.

    Args:
        message: what happened.
        wait: seconds that the server asks to wait.
    """

    def __init__(self, message: str, wait: float = 0.0) -> None:
        self.wait = wait
        super().__init__(message)


@dataclass(frozen=True)
class Watcher:
    """What a download tells and asks while it runs.

    Attributes:
        received: called with how many bytes of the file are here, and how many it has if known.
        say: called with a line of text when something went wrong and will be tried again.
        stop: set from outside to end the download.
    """

    received: Callable[[int, int | None], None]
    say: Callable[[str], None]
    stop: Event


def download(session: requests.Session, file: KnownFile, url: str, to: Path, on: Watcher) -> None:
    """Downloads a file of a data set, as `to`.

    Args:
        session: what sends the requests; used by one thread only.
        file: which file.
        url: where it is.
        to: the path that it gets; its folder is there.
        on: what is told and asked meanwhile.

    Raises:
        DownloadError: the server has no such file, does not answer, or answers with another
            content again and again.
        OSError: the file cannot be written, or the disk is full.
        StoppedError: `on.stop` was set.
    """
    part = to.with_name(to.name + ".part")
    patience = _Patience(file, url, on)
    # An earlier run may have ended between the last byte and the new name.
    come = part.exists() and blob_id(part) == file.blob
    while not come:
        before = _size(part)
        try:
            _receive(session, file, url, part, on)
        except PassingError as trouble:
            patience.bear(trouble, progress=_size(part) > before)
            continue
        found = blob_id(part)
        come = found == file.blob
        if not come:
            # Nothing tells which bytes are wrong, so none of them is kept.
            part.unlink()
            patience.bear_wrong(found)
    with part.open("rb+") as done:
        os.fsync(done.fileno())  # a crash after the renaming must not leave an empty file
    part.replace(to)


class _Patience:
    """Waits after each failure, up to the point where trying again makes no sense."""

    def __init__(self, file: KnownFile, url: str, on: Watcher) -> None:
        self.file, self.url, self.on = file, url, on
        self.failures = self.wrong = 0

    def bear(self, trouble: PassingError, *, progress: bool) -> None:
        """Waits before the next try; failures count in a row, and a try that brought bytes
        begins a new row."""
        self.failures = 1 if progress else self.failures + 1
        if self.failures >= TRIES:
            raise DownloadError(f"{self.url}: {trouble}, {TRIES} times") from None
        if trouble.wait > LONGEST_WAIT:
            raise DownloadError(
                f"{self.url}: {trouble}, and asks to wait for {trouble.wait:,.0f} s"
            ) from None
        pause = max(FIRST_WAIT * 2 ** (self.failures - 1), trouble.wait)
        self.on.say(f"{trouble}; trying again in {pause:.1f} s")
        if self.on.stop.wait(pause):
            raise StoppedError

    def bear_wrong(self, found: str) -> None:
        """Allows another try after a whole file with another content, a few times."""
        self.wrong += 1
        if self.wrong >= WRONG_CONTENTS:
            raise DownloadError(
                f"{self.url}: this is not {self.file.name} as it was published: expected the Git "
                f"blob {self.file.blob}, got {found}, {self.wrong} times; a proxy or a login page "
                "may answer in place of the server"
            )
        self.on.say("what came is damaged; fetching it anew")


def _receive(session: requests.Session, file: KnownFile, url: str, part: Path, on: Watcher) -> None:
    """One request, whose answer is added to the part.

    Raises:
        PassingError: not all has come, and it makes sense to try again.
    """
    have = _size(part)
    # Compressed on its way, half a file could not be gone on with.
    headers = {"Accept-Encoding": "identity", "User-Agent": f"dualamn/{__version__}"}
    if have:
        headers["Range"] = f"bytes={have}-"
    timeout = (CONNECT_TIMEOUT, READ_TIMEOUT)
    try:
        with session.get(url, headers=headers, stream=True, timeout=timeout) as answer:
            have, total = _begin(answer, url, part, have)
            total = file.size if total is None else total
            on.received(have, total)
            with part.open("ab" if have else "wb") as out:
                for chunk in answer.iter_content(CHUNK):
                    if on.stop.is_set():
                        raise StoppedError
                    out.write(chunk)
                    out.flush()  # kept, whatever happens to this process
                    have += len(chunk)
                    on.received(have, total)
    except requests.RequestException as error:
        if isinstance(error, ValueError):  # an address or a proxy that cannot be used
            raise DownloadError(f"{url}: {error}") from None
        raise PassingError(_reason(error)) from None
    if total is not None and have < total:
        raise PassingError(f"the answer ended after {have:,} of {total:,} bytes")


def _begin(answer: requests.Response, url: str, part: Path, have: int) -> tuple[int, int | None]:
    """Where in the file the answer begins, and how long the whole file is, if it says so."""
    status = answer.status_code
    encoded = answer.headers.get("Content-Encoding", "identity") != "identity"
    if status == 200:
        length = answer.headers.get("Content-Length", "")
        return 0, int(length) if length.isdecimal() and not encoded else None
    if status == 206:
        match = re.fullmatch(
            r"bytes ([0-9]+)-[0-9]+/([0-9]+|\*)", answer.headers.get("Content-Range", "")
        )
        if match and int(match[1]) == have and not encoded:
            return have, None if match[2] == "*" else int(match[2])
    if status in (206, 416):
        part.unlink()
        raise PassingError("the server cannot go on from what is here, so it has to begin anew")
    message = f"{status} {answer.reason}".strip()
    if status in MAY_PASS:
        raise PassingError(f"the server answers {message}", _asked_wait(answer))
    if status in (404, 410):
        raise DownloadError(
            f"{url}: the server has no such file ({message}); the repository may have moved, or "
            "the mirror may lack it"
        )
    raise DownloadError(f"{url}: the server refuses ({message})")


def _asked_wait(answer: requests.Response) -> float:
    """Seconds that the header Retry-After asks for, written as a number or as a date."""
    asked = answer.headers.get("Retry-After", "")
    if asked.isdecimal():
        return float(asked)
    with suppress(ValueError):
        return max(0.0, email.utils.parsedate_to_datetime(asked).timestamp() - time.time())
    return 0.0


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _reason(error: requests.RequestException) -> str:
    """What went wrong, without the names of classes and addresses of objects around it."""
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not answer"
    if isinstance(error, requests.exceptions.SSLError):
        return f"no safe connection ({_innermost(error)})"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"no connection within {CONNECT_TIMEOUT:.0f} s"
    if isinstance(error, requests.exceptions.ReadTimeout) or "timed out" in str(error):
        return f"nothing came for {READ_TIMEOUT:.0f} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection was dropped"
    return f"no connection ({_innermost(error)})"


def _innermost(error: BaseException) -> str:
    """The reason that the system gave, which lies below those of several libraries."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror
        within = [item for item in seen.args if isinstance(item, BaseException)]
        reason = getattr(seen, "reason", None)
        if isinstance(reason, BaseException):
            within.append(reason)
        seen = within[0] if within else seen.__cause__ or seen.__context__
    return type(error).__name__
