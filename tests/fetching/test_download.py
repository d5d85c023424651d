"""One file from a server that goes wrong in every way that servers and networks do."""

from __future__ import annotations

import email.utils
import errno
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from dualamn.data_loaders.fetching import download as module
from dualamn.data_loaders.fetching.download import StoppedError, Watcher, download
from dualamn.data_loaders.fetching.known import find_known
from dualamn.errors import DownloadError

Get = Callable[[], None]


class Told:
    """What a download tells: how far it was each time, and what it said.

    It is stopped once so many bytes are here, or at the first word.
    """

    def __init__(self) -> None:
        self.received: list[tuple[int, int | None]] = []
        self.said: list[str] = []
        self.stop = threading.Event()
        self.stop_after: int | None = None
        self.stop_at_a_word = False
        self.watcher = Watcher(self._receive, self._say, self.stop)

    def _receive(self, here: int, total: int | None) -> None:
        self.received.append((here, total))
        if self.stop_after is not None and here > self.stop_after:
            self.stop.set()

    def _say(self, text: str) -> None:
        self.said.append(text)
        if self.stop_at_a_word:
            self.stop.set()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "ref_ent_ids"


@pytest.fixture
def get(server: Any, cache: Path, one_file: Any, told: Told, target: Path) -> Get:
    """Downloads the one file."""
    known = find_known("made/one")
    assert known is not None
    (file,) = known.files

    def get() -> None:
        with requests.Session() as session:
            download(session, file, f"{server.address}/{file.address}", target, told.watcher)

    return get


def assert_right(target: Path, content: bytes) -> None:
    assert target.read_bytes() == content
    assert not part_of(target).exists()


def part_of(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def test_a_file_comes_whole(get: Get, one_file: Any, told: Told, target: Path) -> None:
    get()
    assert_right(target, one_file[1])
    assert told.received[0] == (0, 200_000)
    assert told.received[-1] == (200_000, 200_000)
    assert told.said == []


def test_after_a_drop_it_goes_on_from_there(
    get: Get, server: Any, one_file: Any, told: Told, target: Path
) -> None:
    server.faults[one_file[0]] = ["drop", "drop"]
    get()
    assert_right(target, one_file[1])
    first, second, third = server.ranges(one_file[0])
    assert first is None
    # What was written before the drop does not come again.
    assert 0 < int(second[6:-1]) < int(third[6:-1]) < 200_000
    assert "dropped" in told.said[0]


def test_any_number_of_drops_is_fine_as_long_as_bytes_come(
    get: Get,
    server: Any,
    one_file: Any,
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "CHUNK", 1000)
    server.faults[one_file[0]] = ["drop"] * (module.TRIES + 1)
    get()
    assert_right(target, one_file[1])


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_an_answer_that_may_pass_is_tried_again(
    get: Get, server: Any, one_file: Any, told: Told, target: Path, status: int
) -> None:
    server.faults[one_file[0]] = [str(status), str(status)]
    get()
    assert_right(target, one_file[1])
    assert len(server.requests) == 3
    assert f"the server answers {status}" in told.said[0]


def test_waits_grow(
    get: Get, server: Any, one_file: Any, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(module, "FIRST_WAIT", 0.5)
    monkeypatch.setattr(told.stop, "wait", lambda seconds: waits.append(seconds))
    server.faults[one_file[0]] = ["500"] * 4
    get()
    assert waits == [0.5, 1.0, 2.0, 4.0]
    assert told.said[1].endswith("trying again in 1.0 s")


def test_it_gives_up_at_last(get: Get, server: Any, one_file: Any, target: Path) -> None:
    server.faults[one_file[0]] = ["500"] * 99
    with pytest.raises(DownloadError, match="500 Internal Server Error, 5 times"):
        get()
    assert len(server.requests) == module.TRIES
    assert not target.exists()


@pytest.mark.parametrize("as_date", [False, True])
def test_the_wait_that_a_server_asks_for_is_kept(
    get: Get,
    server: Any,
    one_file: Any,
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    as_date: bool,
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(told.stop, "wait", lambda seconds: waits.append(seconds))
    asked = email.utils.formatdate(time.time() + 20, usegmt=True) if as_date else "20"
    server.faults[one_file[0]] = [f"429 {asked}", "503 nonsense"]
    get()
    assert waits[0] == pytest.approx(20, abs=2)
    assert waits[1] < 1


def test_nobody_waits_for_an_hour(get: Get, server: Any, one_file: Any) -> None:
    server.faults[one_file[0]] = ["429 3600"]
    with pytest.raises(DownloadError, match="asks to wait for 3,600 s"):
        get()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [("404", "no such file"), ("410", "no such file"), ("403", "refuses"), ("401", "refuses")],
)
def test_some_answers_are_final(
    get: Get, server: Any, one_file: Any, status: str, words: str
) -> None:
    server.faults[one_file[0]] = [status]
    with pytest.raises(DownloadError, match=f"{words} .*{status}"):
        get()
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", ["corrupt", "truncate", "login page", "gzip"])
def test_other_content_is_thrown_away_and_fetched_anew(
    get: Get, server: Any, one_file: Any, told: Told, target: Path, fault: str
) -> None:
    server.faults[one_file[0]] = [fault]
    get()
    assert_right(target, one_file[1])
    if fault != "gzip":  # unpacked, that is the right content
        assert told.said == ["what came is damaged; fetching it anew"]
        assert server.ranges(one_file[0]) == [None, None]


def test_other_content_again_and_again_is_one_error(
    get: Get, server: Any, one_file: Any, target: Path
) -> None:
    server.faults[one_file[0]] = ["corrupt"] * 9
    with pytest.raises(DownloadError) as caught:
        get()
    known = find_known("made/one")
    assert known is not None
    message = str(caught.value)
    assert f"expected the Git blob {known.files[0].blob}, got " in message
    assert "ref_ent_ids" in message
    assert len(server.requests) == module.WRONG_CONTENTS
    assert not target.exists()
    assert not part_of(target).exists()


def test_an_end_without_a_length_is_seen_where_the_size_is_known(
    get: Get, server: Any, one_file: Any, told: Told, target: Path
) -> None:
    server.faults[one_file[0]] = ["no length"]
    get()
    assert_right(target, one_file[1])
    assert told.said[0].startswith("the answer ended after 100,000 of 200,000 bytes")
    assert server.ranges(one_file[0]) == [None, "bytes=100000-"]


@pytest.mark.parametrize("here", [1, 150_000])
def test_what_an_earlier_run_left_is_gone_on_from(
    get: Get, server: Any, one_file: Any, told: Told, target: Path, here: int
) -> None:
    part_of(target).write_bytes(one_file[1][:here])
    get()
    assert_right(target, one_file[1])
    assert server.ranges(one_file[0]) == [f"bytes={here}-"]
    assert told.received[0] == (here, 200_000)


def test_a_part_that_was_complete_needs_no_request(
    get: Get, server: Any, one_file: Any, target: Path
) -> None:
    part_of(target).write_bytes(one_file[1])
    get()
    assert_right(target, one_file[1])
    assert server.requests == []


@pytest.mark.parametrize("fault", ["", "whole file", "other range", "refuse to go on"])
@pytest.mark.parametrize("left", [b"x" * 99, b"x" * 200_000, b"x" * 200_001])
def test_a_wrong_part_or_a_server_that_cannot_go_on(
    get: Get, server: Any, one_file: Any, target: Path, left: bytes, fault: str
) -> None:
    part_of(target).write_bytes(left)
    server.faults[one_file[0]] = [fault]
    get()
    assert_right(target, one_file[1])


def test_a_server_without_ranges_sends_all_of_it_again(
    get: Get, server: Any, one_file: Any, told: Told, target: Path
) -> None:
    part_of(target).write_bytes(one_file[1][:1000])
    server.faults[one_file[0]] = ["whole file"]
    get()
    assert_right(target, one_file[1])
    assert len(server.requests) == 1
    assert told.received[0] == (0, 200_000)


def test_an_old_file_is_replaced_whole(get: Get, one_file: Any, target: Path) -> None:
    target.write_bytes(b"old")
    get()
    assert_right(target, one_file[1])


def test_no_server(get: Get, server: Any, told: Told, target: Path) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(DownloadError, match=r"no connection \(Connection refused\), 5 times"):
        get()
    assert len(told.said) == module.TRIES - 1


def test_a_server_that_says_nothing(
    get: Get,
    server: Any,
    one_file: Any,
    told: Told,
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "READ_TIMEOUT", 0.2)
    server.faults[one_file[0]] = ["hold"]
    get()
    assert_right(target, one_file[1])
    assert told.said[0].startswith("nothing came for")


def test_a_proxy_from_the_environment_is_asked(
    get: Get, monkeypatch: pytest.MonkeyPatch, target: Path
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{unused.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(DownloadError, match="the proxy does not answer"):
            get()


def test_a_proxy_that_is_no_address(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://:x:y")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(DownloadError):
        get()


def test_a_stop_keeps_what_has_come(get: Get, one_file: Any, told: Told, target: Path) -> None:
    told.stop_after = 100_000
    with pytest.raises(StoppedError):
        get()
    kept = part_of(target).read_bytes()
    assert 100_000 < len(kept) < 200_000
    assert one_file[1].startswith(kept)


def test_a_stop_ends_a_wait(
    get: Get, server: Any, one_file: Any, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT", 3600.0)
    server.faults[one_file[0]] = ["500"]
    told.stop_at_a_word = True
    with pytest.raises(StoppedError):
        get()


def test_a_full_disk_keeps_what_has_come(
    get: Get, one_file: Any, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            get()
    assert not target.exists()
    assert part_of(target).exists()
    get()
    assert_right(target, one_file[1])
