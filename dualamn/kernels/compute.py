"""What a run computes on, and what it costs: device, threads, machine, versions, time and memory.

Nothing here starts a process, and torch and FAISS are imported where they are asked for, so that
measuring changes nothing measured.
"""

from __future__ import annotations

import functools
import os
import platform
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dualamn.errors import ConfigError

if TYPE_CHECKING:
    import torch

    from dualamn.settings.groups import Device

_IMPORTED = time.monotonic()
_DISTRIBUTIONS = (
    "faiss-cpu",
    "faiss-gpu",
    "faiss-gpu-cu12",
    "numpy",
    "safetensors",
    "scipy",
    "torch",
    "torch-geometric",
)

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
    """Runs the block on a number of threads; the caller's setting comes back afterwards."""
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
    are as many threads as torch would take; items are taken in the caller's thread.
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


def process_start() -> float:
    """When this process started, on the clock of `time.monotonic()`.

    Elsewhere than on Linux, the moment this module was imported.
    """
    age = _age_from_proc()
    return _IMPORTED if age is None else min(time.monotonic() - age, _IMPORTED)


def _age_from_proc() -> float | None:
    """Seconds since the start of the process by /proc, to a hundredth, or None."""
    try:
        stat = Path("/proc/self/stat").read_text()
        # The second field is the program's name in brackets, and may hold spaces and brackets.
        ticks = int(stat.rpartition(")")[2].split()[19])
        since_boot = time.clock_gettime(time.CLOCK_BOOTTIME)
        return since_boot - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def peak_memory_bytes() -> int:
    """The most memory this process has held at once, plus that of its largest ended child.

    Resident size, that is, without what was reserved and never touched. It only ever grows.
    """
    return _own_peak() + _max_resident("RUSAGE_CHILDREN")


def _own_peak() -> int:
    # On Linux a process started with vfork inherits its parent's peak in ru_maxrss, not in VmHWM.
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return _max_resident("RUSAGE_SELF")


def _max_resident(who: str) -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(getattr(resource, who)).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def machine(device: str = "cpu") -> dict[str, Any]:
    """The machine as a benchmark reports it, with the GPU's name if the model ran on "cuda".

    `instructions` are the widest that torch's kernels use, such as AVX2: processors of one name
    differ by it.
    """
    import torch

    cuda = device.startswith("cuda") and torch.cuda.is_available()
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}".strip(),
        "processor": processor(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "cores": cores(),
        "memory_bytes": memory_bytes(),
        "gpu": torch.cuda.get_device_name() if cuda else None,
    }


def cores() -> int:
    """How many CPU cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@functools.cache
def processor() -> str:
    """What the processor calls itself, its architecture where that is not known."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


def memory_bytes() -> int | None:
    """The memory that this process may use: the machine's, or its control group's if that is less.

    None where it is not known.
    """
    try:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError, AttributeError):
        return None
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return physical
    return min(physical, int(limit)) if limit.isdecimal() else physical


def versions() -> dict[str, str]:
    """Versions of Python, of this package and of those the results may depend on."""
    from dualamn.version import __version__

    found = {"dualamn": __version__, "python": platform.python_version()}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
