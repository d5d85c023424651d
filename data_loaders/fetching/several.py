"""Downloads several files at once, and tells in one thread how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread

import requests

from dualamn.data_loaders.fetching.download import StoppedError, Watcher, download
from dualamn.data_loaders.fetching.known import KnownDataset, KnownFile
from dualamn.data_loaders.fetching.progress import FetchCallback, FetchProgress

AT_ONCE = 4
"""How many files are fetched at the same time."""

SECONDS_BETWEEN_LOOKS = 0.2
"""How long Ctrl-C may have to wait for the thread that would see it."""

SECONDS_TO_STOP = 1.0
"""How long to wait for downloads that were told to stop; they may hang in the network."""


@dataclass(frozen=True)
class _News:
    """What a worker tells: how far a file is, a line for people, or that the worker ended.

    Attributes:
        file: the file's name.
        received, total: bytes that are here and that there will be.
        done: the file has its name.
        message: what went wrong and will be tried again.
        ended: the worker has nothing more to do.
        error: what ended it.
    """

    file: str = ""
    received: int = 0
    total: int | None = None
    done: bool = False
    message: str = ""
    ended: bool = False
    error: BaseException | None = None


def download_all(
    dataset: KnownDataset,
    files: Sequence[KnownFile],
    folder: Path,
    base: str,
    progress: FetchCallback,
) -> None:
    """Downloads files of a data set.

    Args:
        dataset: the data set.
        files: which files of it.
        folder: where they go; their own folders are there.
        base: the address that theirs begin with.
        progress: called in this thread.

    Raises:
        DownloadError: one of them could not be fetched; the others are then stopped.
        OSError: one of them could not be written.
    """
    jobs, news, stop = SimpleQueue[KnownFile](), SimpleQueue[_News](), Event()
    for file in files:
        jobs.put(file)
    # Workers that hang in the network must not keep an interrupted program alive.
    workers = [
        Thread(target=_work, args=(jobs, news, folder, base, stop), daemon=True)
        for _ in range(min(AT_ONCE, len(files)))
    ]
    for worker in workers:
        worker.start()
    try:
        _watch(dataset, files, news, len(workers), progress)
    finally:
        stop.set()
        for worker in workers:
            worker.join(SECONDS_TO_STOP / len(workers))


def _watch(
    dataset: KnownDataset,
    files: Sequence[KnownFile],
    news: SimpleQueue[_News],
    running: int,
    progress: FetchCallback,
) -> None:
    """Passes on what the workers tell until they have ended, or raises what ended the first."""
    received = {file.name: 0 for file in files}
    totals = {file.name: file.size for file in files}
    done, said = 0, ""
    while running:
        try:
            at = news.get(timeout=SECONDS_BETWEEN_LOOKS)
        except Empty:
            continue
        if at.error is not None:
            raise at.error
        if at.ended:
            running -= 1
            continue
        done += at.done
        if not at.message and not at.done:
            received[at.file], totals[at.file] = at.received, at.total
        # What befalls all files at once is said once.
        message = f"{at.file}: {at.message}" if at.message not in ("", said) else ""
        said = at.message or said
        known = [total for total in totals.values() if total is not None]
        total = sum(known) if len(known) == len(files) else None
        progress(
            FetchProgress(dataset.name, done, len(files), sum(received.values()), total, message)
        )


def _work(
    jobs: SimpleQueue[KnownFile],
    news: SimpleQueue[_News],
    folder: Path,
    base: str,
    stop: Event,
) -> None:
    """Takes one file after the other, over one connection as long as the server keeps it."""
    try:
        with requests.Session() as session:
            while not stop.is_set():
                file = jobs.get_nowait()
                _download(session, file, folder, base, news, stop)
    except (Empty, StoppedError):
        news.put(_News(ended=True))
    except BaseException as error:
        news.put(_News(error=error))


def _download(
    session: requests.Session,
    file: KnownFile,
    folder: Path,
    base: str,
    news: SimpleQueue[_News],
    stop: Event,
) -> None:
    watcher = Watcher(
        received=lambda here, total: news.put(_News(file.name, here, total)),
        say=lambda text: news.put(_News(file.name, message=text)),
        stop=stop,
    )
    download(session, file, f"{base}/{file.address}", folder / file.name, watcher)
    news.put(_News(file.name, done=True))
