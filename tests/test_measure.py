"""What a run costs is measured from outside too, and agrees."""

import subprocess
import sys
import time

import pytest

from dualamn.kernels import compute

MIB = 2**20


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_process_start_lies_between_launch_and_first_line() -> None:
    before = time.monotonic()
    start, first_line = map(
        float,
        run(
            "import time; first = time.monotonic(); time.sleep(0.3)\n"
            "from dualamn.kernels.compute import process_start; print(process_start(), first)"
        ).split(),
    )
    tick = 0.02  # the system counts in hundredths of a second
    assert before - tick <= start <= first_line + tick


def test_process_start_falls_back_to_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "_age_from_proc", lambda: None)
    assert compute.process_start() == compute._IMPORTED


def test_process_start_is_never_after_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "_age_from_proc", lambda: -5.0)
    assert compute.process_start() == compute._IMPORTED


def test_peak_memory_counts_what_was_freed_again() -> None:
    code = (
        "from dualamn.kernels.compute import peak_memory_bytes as peak\n"
        "before = peak(); block = bytearray(200 * 2**20)\n"
        "for i in range(0, len(block), 4096): block[i] = 1\n"
        "del block; print(before, peak())"
    )
    before, after = map(int, run(code).split())
    assert 2 * MIB < before < 100 * MIB
    assert 195 * MIB < after - before < 210 * MIB


def test_peak_memory_is_not_inherited_from_the_parent() -> None:
    block = bytearray(200 * MIB)
    for i in range(0, len(block), 4096):
        block[i] = 1
    assert (
        int(run("from dualamn.kernels.compute import peak_memory_bytes as p; print(p())"))
        < 100 * MIB
    )
    del block


def test_peak_memory_includes_ended_children() -> None:
    child = "b = bytearray(300 * 2**20)\nfor i in range(0, len(b), 4096): b[i] = 1"
    code = (
        "import subprocess, sys\nfrom dualamn.kernels.compute import peak_memory_bytes as peak\n"
        f"before = peak(); subprocess.run([sys.executable, '-c', {child!r}], check=True)\n"
        "print(peak() - before)"
    )
    assert int(run(code)) > 290 * MIB


def test_machine_names_what_matters() -> None:
    described = compute.machine()
    assert list(described) == [
        *("system", "processor", "instructions", "cores", "memory_bytes", "gpu")
    ]
    assert described["processor"]
    assert described["instructions"]
    assert 1 <= described["cores"] <= 4096
    assert described["gpu"] is None


def test_versions_name_the_packages_that_matter() -> None:
    import numpy as np

    found = compute.versions()
    assert found["numpy"] == np.__version__
    assert found["python"] == sys.version.split()[0]
    assert {"dualamn", "torch", "scipy"} <= set(found)
