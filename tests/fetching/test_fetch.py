"""A data set from the server to the cache: complete or not at all, and found again."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dualamn
from dualamn.data_loaders import fetch, load, resolve
from dualamn.data_loaders.fetching import several
from dualamn.data_loaders.fetching.progress import FetchProgress, megabytes
from dualamn.errors import DataError, DownloadError

Publish = Callable[..., dict[str, str]]


def files_in(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_what_is_fetched_can_be_loaded(cache: Path, small: dict[str, str], server: Any) -> None:
    path = fetch("made/aa_bb")
    assert path == cache / "made/aa_bb" == resolve("made/aa_bb")
    assert files_in(path) == set(small)
    for file, address in small.items():
        assert (path / file).read_bytes() == server.files[address]
    task = load(path)
    assert (task.kg_names, len(task.seed_links), len(task.test_links)) == (("aa", "bb"), 18, 42)


def test_what_is_there_is_not_fetched_again(cache: Path, small: Any, server: Any) -> None:
    fetch("made/aa_bb")
    asked = len(server.requests)
    fetch("made/aa_bb")
    assert len(server.requests) == asked == len(small)


def test_only_what_lacks_is_fetched(cache: Path, small: dict[str, str], server: Any) -> None:
    path = fetch("made/aa_bb")
    server.requests.clear()
    (path / "triples_1").unlink()
    os.truncate(path / "triples_2", 10)
    assert fetch("made/aa_bb") == path
    assert {name for name, _ in server.requests} == {small["triples_1"], small["triples_2"]}
    assert (path / "triples_2").read_bytes() == server.files[small["triples_2"]]


def test_a_check_reads_what_is_there(cache: Path, small: dict[str, str], server: Any) -> None:
    path = fetch("made/aa_bb")
    content = server.files[small["triples_1"]]
    (path / "triples_1").write_bytes(bytes([content[0] ^ 1]) + content[1:])
    server.requests.clear()
    fetch("made/aa_bb")
    assert server.requests == []
    fetch("made/aa_bb", check=True)
    assert [name for name, _ in server.requests] == [small["triples_1"]]
    assert (path / "triples_1").read_bytes() == content


def test_all_kinds_of_trouble_at_once(cache: Path, small: dict[str, str], server: Any) -> None:
    faults = ("drop", "500", "corrupt", "truncate", "503 0", "no length")
    for address, fault in zip(small.values(), faults, strict=True):
        server.faults[address] = [fault]
    path = fetch("made/aa_bb")
    assert files_in(path) == set(small)
    for file, address in small.items():
        assert (path / file).read_bytes() == server.files[address]


def test_folders_and_batches(cache: Path, publish: Publish, server: Any) -> None:
    base = {f"base/triples_{k}": b"%d\t0\t%d\n" % (10 * k, 10 * k + 1) for k in (1, 2)}
    links = {"train": b"10\t20\n", "valid": b"", "test": b"11\t21\n"}
    batch = {f"batch1/new_triples_{k}": b"%d\t0\t%d\n" % (10 * k, 10 * k + 2) for k in (1, 2)}
    files = base | {f"base/{use}_links": rows for use, rows in links.items()} | batch
    publish("made/AA-BB", files | {"batch1/new_test_links": b"12\t22\n"})
    path = fetch("made/AA-BB@1")
    assert path == cache / "made/AA-BB@1" == resolve("made/AA-BB@1")
    assert len(load(path).test_links) == 2
    assert len(load(fetch("made/AA-BB")).test_links) == 1
    assert len(server.requests) == 8


def test_the_data_folder_comes_first(
    cache: Path, small: Any, server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data/made/aa_bb").mkdir(parents=True)
    monkeypatch.setenv("DUALAMN_DATA", str(tmp_path / "data"))
    for check in (False, True):
        assert fetch("made/aa_bb", check=check) == tmp_path / "data/made/aa_bb"
    assert server.requests == []
    assert not cache.exists()


def test_paths_are_given_back(cache: Path, small: Any, tmp_path: Path, server: Any) -> None:
    (tmp_path / "mine").mkdir()
    assert fetch(tmp_path / "mine", check=True) == tmp_path / "mine"
    with pytest.raises(DataError, match=r"no data set 'made/aa_cc' .*did you mean made/aa_bb"):
        fetch("made/aa_cc")
    assert server.requests == []


def test_nothing_is_fetched_unasked(cache: Path, small: Any, server: Any) -> None:
    with pytest.raises(DataError, match="not on this machine; dualamn data get made/aa_bb"):
        resolve("made/aa_bb@3")
    with pytest.raises(DataError, match=r"dualamn\.fetch\('made/aa_bb'\)"):
        dualamn.load("made/aa_bb")
    assert server.requests == []


def test_progress_goes_up_to_the_end(cache: Path, small: dict[str, str], server: Any) -> None:
    steps: list[FetchProgress] = []
    threads = set()

    def progress(at: FetchProgress) -> None:
        steps.append(at)
        threads.add(threading.current_thread())

    fetch("made/aa_bb", progress=progress)
    sizes = sum(len(server.files[address]) for address in small.values())
    first, last = steps[0], steps[-1]
    assert f"fetching 6 files, {megabytes(sizes)}, from {server.address}" in first.message
    assert str(cache / "made/aa_bb") in first.message
    assert (last.files, last.received, last.total) == (6, sizes, sizes)
    received = [at.received for at in steps]
    assert received == sorted(received)
    assert threads == {threading.main_thread()}


def test_sizes_that_are_not_known_come_from_the_server(
    cache: Path, publish: Publish, server: Any
) -> None:
    publish("made/two", {"triples_1": b"1" * 10, "triples_2": b"2" * 20}, sizes=False)
    steps: list[FetchProgress] = []
    fetch("made/two", progress=steps.append)
    assert "fetching 2 files from" in steps[0].message
    assert steps[0].total is None
    assert steps[-1].total == 30


def test_trouble_that_all_files_have_is_said_once(
    cache: Path, small: dict[str, str], server: Any
) -> None:
    for address in small.values():
        server.faults[address] = ["500"]
    said: list[str] = []
    fetch("made/aa_bb", progress=lambda at: said.append(at.message))
    again = [text for text in said if "trying again" in text]
    assert len(again) == 1
    assert again[0].partition(":")[0] in small


def test_without_a_network_it_says_what_to_place_where(
    cache: Path, small: dict[str, str], server: Any
) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(DownloadError) as caught:
        fetch("made/aa_bb")
    cause, *rest = str(caught.value).splitlines()
    assert cause.startswith("made/aa_bb could not be fetched: ")
    assert "Connection refused" in cause
    text = "\n".join(rest)
    assert str(cache / "made/aa_bb") in text
    assert "DUALAMN_MIRROR" in text
    assert "dualamn data verify made/aa_bb" in text
    for file, address in small.items():
        assert f"  {file:<11}  {server.address}/{address}" in rest


def test_by_hand_only_what_lacks(cache: Path, small: dict[str, str], server: Any) -> None:
    path = fetch("made/aa_bb")
    (path / "triples_1").unlink()
    server.faults[small["triples_1"]] = ["404"]
    with pytest.raises(DownloadError, match="no such file") as caught:
        fetch("made/aa_bb")
    assert "ent_ids_1" not in str(caught.value)
    # Placed by hand, it is found.
    (path / "triples_1").write_bytes(server.files[small["triples_1"]])
    assert resolve("made/aa_bb") == path


def test_offline(
    cache: Path, small: dict[str, str], server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fetch("made/aa_bb")
    monkeypatch.setenv("DUALAMN_OFFLINE", "1")
    server.requests.clear()
    assert fetch("made/aa_bb", check=True) == path
    (path / "triples_2").unlink()
    with pytest.raises(DownloadError, match="DUALAMN_OFFLINE is set") as caught:
        fetch("made/aa_bb")
    assert small["triples_2"] in str(caught.value)
    assert server.requests == []
    monkeypatch.setenv("DUALAMN_OFFLINE", "0")
    assert fetch("made/aa_bb") == path


@pytest.mark.parametrize("base", ["ftp://x", "raw.example.org", "https://", "x y", "file:///tmp"])
def test_a_base_that_is_no_address(
    cache: Path, small: Any, monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    with pytest.raises(DataError, match="no address to fetch from"):
        fetch("made/aa_bb", base=base)
    monkeypatch.setenv("DUALAMN_MIRROR", base)
    with pytest.raises(DataError, match="DUALAMN_MIRROR"):
        fetch("made/aa_bb")
    assert not cache.exists()


def test_the_base_may_end_in_a_slash(cache: Path, small: Any, server: Any) -> None:
    assert fetch("made/aa_bb", base=server.address + "/").is_dir()


@pytest.mark.parametrize("fault", ["404", "corrupt"])
def test_one_bad_file_ends_it_and_the_others_are_kept(
    cache: Path, small: dict[str, str], server: Any, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(several, "AT_ONCE", 1)
    bad = small[list(small)[3]]
    server.faults[bad] = [fault] * 3
    with pytest.raises(DownloadError):
        fetch("made/aa_bb")
    assert files_in(cache / "made/aa_bb") == set(list(small)[:3])
    server.requests.clear()
    server.faults.clear()
    assert fetch("made/aa_bb").is_dir()
    assert {name for name, _ in server.requests} == {small[name] for name in list(small)[3:]}


def test_no_more_than_a_few_at_once(
    cache: Path, publish: Publish, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("made/many", {f"f{k}": b"%d" % k for k in range(30)})
    running = most = 0
    lock = threading.Lock()
    download: Callable[..., None] = getattr(several, "download")  # noqa: B009

    def counted(*arguments: Any) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        download(*arguments)
        with lock:
            running -= 1

    monkeypatch.setattr(several, "download", counted)
    fetch("made/many")
    assert len(server.requests) == 30
    assert 1 <= most <= several.AT_ONCE


def test_an_error_of_the_callback_stops_the_work(cache: Path, small: Any) -> None:
    def progress(at: FetchProgress) -> None:
        raise ZeroDivisionError("a bug of the caller")

    with pytest.raises(ZeroDivisionError):
        fetch("made/aa_bb", progress=progress)
    assert fetch("made/aa_bb").is_dir()


def test_a_cache_that_cannot_be_made(
    cache: Path, small: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("DUALAMN_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"cannot be written \(.*DUALAMN_CACHE") as caught:
        fetch("made/aa_bb")
    assert "file" in str(caught.value.path)


@pytest.mark.parametrize("number", ["ENOSPC", "EACCES"])
def test_a_full_disk_is_one_clear_error(
    cache: Path, small: Any, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    def fail(*_: Any) -> None:
        code = getattr(errno, number)
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(several, "download", fail)
        with pytest.raises(DataError, match="cannot be written") as caught:
            fetch("made/aa_bb")
    assert "what has come so far is kept" in str(caught.value)
    assert fetch("made/aa_bb").is_dir()
