"""Ctrl-C, and several processes at once, with real processes."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dualamn.data_loaders import fetch

Start = Callable[..., "subprocess.Popen[str]"]


def test_ctrl_c_keeps_the_parts_and_the_next_run_goes_on(
    start: Start, server: Any, cache: Path, one_file: Any
) -> None:
    server.faults[one_file[0]] = ["hold"]
    process = start("data", "get", "made/one")
    server.holding.wait()
    part = cache / "made/one/ref_ent_ids.part"
    while not (part.exists() and part.stat().st_size):  # the first bytes are on their way
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    # The server still holds the rest: nobody waits for that.
    _, said = process.communicate()
    assert process.returncode == 130
    assert "what has come so far is kept" in said
    assert "Traceback" not in said
    assert not part.with_suffix("").exists()
    kept = part.read_bytes()
    assert one_file[1].startswith(kept)
    path = fetch("made/one")
    assert (path / "ref_ent_ids").read_bytes() == one_file[1]
    assert not part.exists()
    assert server.ranges(one_file[0]) == [None, f"bytes={len(kept)}-"]


def test_a_second_process_waits_for_the_first(
    start: Start, server: Any, cache: Path, small: dict[str, str]
) -> None:
    server.faults[small["triples_1"]] = ["hold"]
    first = start("data", "get", "made/aa_bb")
    server.holding.wait()
    second = start("data", "get", "made/aa_bb")
    assert second.stderr is not None
    assert "another process is fetching it" in second.stderr.readline()
    server.go_on.set()
    for process in (first, second):
        said, _ = process.communicate()
        assert process.returncode == 0
        assert said == f"made/aa_bb is in {cache / 'made/aa_bb'}\n"
    # Nothing came twice.
    assert sorted(name for name, _ in server.requests) == sorted(small.values())
    for file, address in small.items():
        assert (cache / "made/aa_bb" / file).read_bytes() == server.files[address]


def test_a_second_process_takes_over_from_one_that_was_killed(
    start: Start, server: Any, cache: Path, small: dict[str, str]
) -> None:
    server.faults[small["triples_1"]] = ["hold"]
    first = start("data", "get", "made/aa_bb")
    server.holding.wait()
    second = start("data", "get", "made/aa_bb")
    assert second.stderr is not None
    assert "another process is fetching it" in second.stderr.readline()
    first.kill()
    second.communicate()
    assert second.returncode == 0
    for file, address in small.items():
        assert (cache / "made/aa_bb" / file).read_bytes() == server.files[address]
