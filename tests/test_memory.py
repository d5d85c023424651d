"""Freed memory is kept only where a program asks for it."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# How many pages a second round of large arrays has the system clear, out of 7,800.
PROGRAM = """
import resource, sys
import numpy as np
if sys.argv[1] == "keep":
    from dualamn.memory import keep_freed_memory
    assert keep_freed_memory()
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(2):
    before = faults()
    array = np.ones(8_000_000, dtype=np.float32)
    del array
print(faults() - before)
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.libc_ver()[0] != "glibc",
    reason="the setting is one of glibc",
)
def test_freed_memory_is_used_again() -> None:
    def second_round(how: str) -> int:
        command = [sys.executable, "-c", PROGRAM, how]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert second_round("keep") < second_round("default") / 4


def test_elsewhere_nothing_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    from dualamn.memory import keep_freed_memory

    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_freed_memory()
