"""Memory: large rows in half precision or in a temporary file, and what the allocator keeps.

Pages of a mapped file come into memory as they are touched and stay as long as there is room: going
through the rows in blocks and calling `let_go` after each keeps what the process holds small. The
file has no name and goes with its last array.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dualamn.errors import ConfigError
from dualamn.kernels.arrays import EmbeddingArray

BLOCK = 1 << 28
"""Bytes of rows to go through at a time: of two blocks, one a side, a quarter of a GiB each, every
row is compared with every other before the next comes from the file."""

_GIB = 2**30

# From malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_RETURN_FROM = 2**25  # larger arrays are rare, and kept ones would leave holes in the heap


@dataclass(frozen=True)
class Storage:
    """Where rows of embeddings are, and how exact.

    Attributes:
        half: float16 numbers rather than float32.
        mapped: in a temporary file, in the folder that `tempfile.gettempdir()` names, rather than
            in memory.
    """

    half: bool = False
    mapped: bool = False


def empty_rows(n: int, width: int, storage: Storage) -> EmbeddingArray:
    """An (n, width) array to be filled.

    Raises:
        ConfigError: the folder for temporary files has no room for it.
    """
    dtype: Any = np.float16 if storage.half else np.float32
    size = n * width * np.dtype(dtype).itemsize
    if not storage.mapped or not size:
        return np.empty((n, width), dtype=dtype)
    check_room(size)
    try:
        with tempfile.TemporaryFile() as file:
            if hasattr(os, "posix_fallocate"):  # a disk that is full later would end the process
                os.posix_fallocate(file.fileno(), 0, size)
            else:  # macOS, Windows
                file.truncate(size)
            memory = mmap.mmap(file.fileno(), size)
    except OSError as error:
        raise _no_room(size, error.strerror) from None
    rows: EmbeddingArray = np.ndarray((n, width), dtype=dtype, buffer=memory)
    return rows


def check_room(size: int) -> None:
    """Sees to it that the folder for temporary files has room for so many bytes.

    Raises:
        ConfigError: it has not.
    """
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < size:
        raise _no_room(size, f"{free / _GIB:.1f} GiB are free")


def _no_room(size: int, why: str | None) -> ConfigError:
    return ConfigError(
        f"embeddings of {size / _GIB:.1f} GiB do not fit into memory, nor into a temporary file in "
        f"{tempfile.gettempdir()} ({why}): set TMPDIR to a folder with room, or give more memory "
        "(--memory)"
    )


def is_mapped(rows: EmbeddingArray) -> bool:
    """Whether `empty_rows` put these rows, or those that they are a view of, into a file."""
    return _mapping(rows) is not None


def let_go(rows: EmbeddingArray) -> None:
    """Takes the pages of mapped rows out of the process; what was written stays in the file."""
    memory = _mapping(rows)
    if memory is not None and hasattr(mmap, "MADV_DONTNEED"):
        memory.madvise(mmap.MADV_DONTNEED)


def rows_at_once(rows: EmbeddingArray) -> int:
    """How many rows to go through before `let_go`: all of those that are not mapped."""
    return max(1, BLOCK // (rows.strides[0] or 1)) if is_mapped(rows) else max(1, len(rows))


def blocks_of(rows: EmbeddingArray) -> Iterator[slice]:
    """Stretches of rows of a quarter of a GiB; mapped ones are let go of before the next comes."""
    step = max(1, BLOCK // (rows.strides[0] or 1))
    for start in range(0, len(rows), step):
        yield slice(start, min(start + step, len(rows)))
        let_go(rows)


def _mapping(rows: EmbeddingArray) -> mmap.mmap | None:
    base: object = rows
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) else None


def keep_freed_memory() -> bool:
    """Makes this process keep freed arrays of up to 32 MiB for its next, where glibc allocates.

    By default glibc hands the memory of every large array back to the system, which clears each
    page anew for the next one: training steps spend some of their time on that. And what one thread
    frees would serve that thread alone: from now on all share one heap, so that sixty steps of
    training hold no more than five, where they held half as much again. It changes the whole
    process, so the library never calls it by itself; the command line does, and a program that
    embeds the library may, before it trains.

    Returns:
        Whether the allocator took the settings.
    """
    if not _is_glibc():
        return False
    mallopt = ctypes.CDLL(None).mallopt
    mallopt.argtypes = (ctypes.c_int, ctypes.c_int)
    settings = {_M_MMAP_THRESHOLD: _RETURN_FROM, _M_TRIM_THRESHOLD: 2**31 - 1, _M_ARENA_MAX: 1}
    return all(mallopt(name, value) == 1 for name, value in settings.items())


def return_freed_memory() -> None:
    """Hands what arrays gave back on to the system, where glibc allocates.

    Else a stage holds what it needs and much of what the one before needed. New pages take about a
    quarter of a second for a GiB, so it is for the end of long stages.
    """
    if _is_glibc():
        ctypes.CDLL(None).malloc_trim(ctypes.c_size_t(0))


def _is_glibc() -> bool:
    return sys.platform.startswith("linux") and platform.libc_ver()[0] == "glibc"
