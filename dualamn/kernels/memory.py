"""How the C allocator treats memory that arrays give back."""

from __future__ import annotations

import ctypes
import platform
import sys

# From malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_RETURN_FROM = 2**25  # larger arrays are rare, and kept ones would leave holes in the heap


def keep_freed_memory() -> bool:
    """Makes this process keep freed arrays of up to 32 MiB for its next, where glibc allocates.

    By default glibc hands the memory of every large array back to the system and asks for it
    again with the next one, and the system clears each page anew: training steps spend part of
    their time on that. And what one thread frees would serve that thread alone: from now on all
    share one heap, so that sixty steps of training hold no more than five, where they held half
    as much again. It changes the whole process, so the library never calls it by itself; the
    command line does, and a program that embeds the library may, before it trains.

    Returns:
        Whether the allocator took the settings.
    """
    if not _is_glibc():
        return False
    mallopt = ctypes.CDLL(None).mallopt
    mallopt.argtypes = (ctypes.c_int, ctypes.c_int)
    settings = (
        (_M_MMAP_THRESHOLD, _RETURN_FROM),
        (_M_TRIM_THRESHOLD, 2**31 - 1),
        (_M_ARENA_MAX, 1),
    )
    return all(mallopt(name, value) == 1 for name, value in settings)


def return_freed_memory() -> None:
    """Hands what arrays gave back on to the system, where glibc allocates.

    What lies between kept arrays fits few others: without this a stage holds what it needs and
    much of what the one before needed. The next stage gets cleared pages anew, about a quarter of
    a second for a GiB, so it is for the end of long stages. Nothing else changes.
    """
    if _is_glibc():
        ctypes.CDLL(None).malloc_trim(ctypes.c_size_t(0))


def _is_glibc() -> bool:
    return sys.platform.startswith("linux") and platform.libc_ver()[0] == "glibc"
