"""Freed memory is kept only where a program asks for it."""

import ctypes
import platform
import subprocess
import sys

import pytest

from dualamn.kernels.memory import keep_freed_memory, return_freed_memory

# How many pages a second round of large arrays has the system clear, out of 7,800.
PROGRAM = """
import resource, sys
import numpy as np
if sys.argv[1] == "keep":
    from dualamn.kernels.memory import keep_freed_memory
    assert keep_freed_memory()
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(2):
    before = faults()
    array = np.ones(8_000_000, dtype=np.float32)
    del array
print(faults() - before)
"""


# MiB that a process holds before and after, where every other array was given back.
HOLES = """
from pathlib import Path
import numpy as np
from dualamn.kernels.memory import keep_freed_memory, return_freed_memory
assert keep_freed_memory()
def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) // 256
arrays = [np.ones(1 << 18, dtype=np.float32) for _ in range(200)]
del arrays[::2]
print(held())
return_freed_memory()
print(held())
"""

# MiB that a process holds when one thread after the other made large arrays.
THREADS = """
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
import numpy as np
from dualamn.kernels.memory import keep_freed_memory
assert keep_freed_memory()
both = Barrier(2)
def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) // 256
def use(number):
    for turn in range(2):
        if turn == number:
            array = np.ones(20 << 18, dtype=np.float32)
            del array
        both.wait()
before = held()
with ThreadPoolExecutor(2) as pool:
    list(pool.map(use, range(2)))
print(held() - before)
"""

# MiB that training held at most, and that the process holds after it; which compilers it loaded.
TRAINED = """
import sys
from pathlib import Path
import torch
from dualamn.aligner import Aligner
from dualamn.bench.synthetic_task import make_task
from dualamn.kernels.memory import keep_freed_memory
assert keep_freed_memory()
Aligner("paper", epochs=1, most_batches=1, threads=2).fit(make_task(2000))
status = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
print(*(int(status[name].split()[0]) // 1024 for name in ("VmHWM", "VmRSS")))
print(sum(name in sys.modules for name in ("torch._dynamo", "sympy")))
"""

on_glibc = pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.libc_ver()[0] != "glibc",
    reason="the setting is one of glibc",
)


def numbers(program: str) -> list[int]:
    """What a program prints, run in a process of its own."""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


@on_glibc
def test_memory_between_kept_arrays_goes_back() -> None:
    before, after = numbers(HOLES)
    assert before - after > 80  # of 100


@on_glibc
def test_what_one_thread_frees_serves_another() -> None:
    (held,) = numbers(THREADS)
    assert held < 30  # of two arrays of 20


@on_glibc
def test_training_hands_back_what_its_steps_took_and_loads_no_compiler() -> None:
    most, left, compilers = numbers(TRAINED)
    assert most - left > 60
    assert compilers == 0


@on_glibc
def test_freed_memory_is_used_again() -> None:
    def second_round(how: str) -> int:
        command = [sys.executable, "-c", PROGRAM, how]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert second_round("keep") < second_round("default") / 4


def test_elsewhere_nothing_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_freed_memory()
    monkeypatch.setattr(ctypes, "CDLL", None)
    return_freed_memory()
