"""What a run computes on: the device, and threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from dualamn.errors import ConfigError

if TYPE_CHECKING:
    import torch

    from dualamn.settings.groups import Device

S = TypeVar("S")
T = TypeVar("T")

_MOST_THREADS = 8
"""Of `in_order`: each holds what it works with, and more would wait for memory or each other."""


def torch_device(setting: Device) -> torch.device:
    """The device that a setting asks for.

    Raises:
        ConfigError: it is "cuda", and there is no GPU.
    """
    import torch

    if setting == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            "device is cuda, but torch sees no GPU: use device auto or cpu, or install a CUDA "
            "build of torch"
        )
    if setting == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(setting)


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Runs the block on a number of threads and puts the caller's setting back afterwards."""
    if count is None:
        yield
        return
    import faiss
    import torch

    before = torch.get_num_threads(), faiss.omp_get_max_threads()
    torch.set_num_threads(count)
    faiss.omp_set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        faiss.omp_set_num_threads(before[1])


def in_order(compute: Callable[[S], T], items: Iterable[S]) -> Iterator[T]:
    """What a computation makes of every item, in their order, some items ahead of who asks.

    For work that leaves Python's lock for most of its time, as numpy does over large arrays. There
    are as many threads as torch would take, and one more result than threads waits at most. What
    the items are is asked in the caller's thread.
    """
    import torch

    workers = min(torch.get_num_threads(), _MOST_THREADS)
    if workers == 1:
        yield from map(compute, items)
        return
    pool = ThreadPoolExecutor(workers)
    waiting: deque[Future[T]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(compute, item))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
