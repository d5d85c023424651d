"""How the C allocator treats memory that large arrays give back."""

from __future__ import annotations

import platform
import sys

# From malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_RETURN_FROM = 2**25  # larger arrays are rare, and kept ones would leave holes in the heap


def keep_freed_memory() -> bool:
    """Makes this process keep freed arrays of up to 32 MiB for its next, where glibc allocates.

    By default glibc hands the memory of every large array back to the system and asks for it
    again with the next one, and the system clears each page anew: training steps spend part of
    their time on that. It changes the whole process, so the library never calls it by itself;
    the command line does, and a program that embeds the library may, before it trains.

    Returns:
        Whether the allocator took the settings.
    """
    if not sys.platform.startswith("linux") or platform.libc_ver()[0] != "glibc":
        return False
    import ctypes

    mallopt = ctypes.CDLL(None).mallopt
    mallopt.argtypes = (ctypes.c_int, ctypes.c_int)
    settings = ((_M_MMAP_THRESHOLD, _RETURN_FROM), (_M_TRIM_THRESHOLD, 2**31 - 1))
    return all(mallopt(name, value) == 1 for name, value in settings)
