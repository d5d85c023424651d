"""A data set from the server to the cache: complete or not at all, and found again."""

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import dualamn
from dualamn.data_loaders import download, fetch, load, resolve
from dualamn.data_loaders.fetching import FetchProgress, megabytes
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
    assert set(server.requests) == {small["triples_1"], small["triples_2"]}
    assert (path / "triples_2").read_bytes() == server.files[small["triples_2"]]


def test_a_check_reads_what_is_there(cache: Path, small: dict[str, str], server: Any) -> None:
    path = fetch("made/aa_bb")
    content = server.files[small["triples_1"]]
    (path / "triples_1").write_bytes(bytes([content[0] ^ 1]) + content[1:])
    server.requests.clear()
    fetch("made/aa_bb")
    assert server.requests == []
    fetch("made/aa_bb", check=True)
    assert server.requests == [small["triples_1"]]
    assert (path / "triples_1").read_bytes() == content


def test_trouble_that_passes(cache: Path, small: dict[str, str], server: Any) -> None:
    faults = ("drop", "500", "corrupt", "login page", "429", "no length")
    for address, fault in zip(small.values(), faults, strict=True):
        server.faults[address] = [fault, fault]
    said: list[str] = []
    path = fetch("made/aa_bb", progress=lambda at: said.append(at.message))
    assert files_in(path) == set(small)
    for file, address in small.items():
        assert (path / file).read_bytes() == server.files[address]
    again = [text for text in said if text.endswith("; trying again")]
    assert len(again) == len(server.requests) - len(small) == 2 * len(small)
    words = ("dropped", "answers 500", "as it was published", "login page", "answers 429", "Git")
    assert all(word in text for word, text in zip(words, again[::2], strict=True))


def test_files_have_the_usual_permissions(cache: Path, small: dict[str, str]) -> None:
    path = fetch("made/aa_bb")
    (path / "other").touch()
    assert {file.stat().st_mode for file in path.iterdir() if file.name != ".lock"} == {
        (path / "other").stat().st_mode
    }


@pytest.mark.parametrize(
    ("fault", "words", "tries"),
    [
        ("500", "the server answers 500 Internal Server Error, 5 times", 5),
        ("404", "no such file .404 Not Found.", 1),
        ("403", "the server refuses .403 Forbidden.", 1),
        ("corrupt", "expected the Git blob [0-9a-f]{40}, got [0-9a-f]{40}; .*, 5 times", 5),
    ],
)
def test_trouble_that_stays_ends_it_and_complete_files_are_kept(
    cache: Path, small: dict[str, str], server: Any, fault: str, words: str, tries: int
) -> None:
    first, second, *rest = small
    server.faults[small[second]] = [fault] * download.TRIES
    with pytest.raises(DownloadError, match=words) as caught:
        fetch("made/aa_bb")
    assert small[second] in str(caught.value).partition("\n")[0]
    assert len(server.requests) == 1 + tries
    assert files_in(cache / "made/aa_bb") == {first}
    server.faults.clear()
    server.requests.clear()
    assert fetch("made/aa_bb").is_dir()
    assert server.requests == [small[file] for file in (second, *rest)]


def test_a_server_that_says_nothing(
    cache: Path, small: dict[str, str], server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    server.faults[small["triples_1"]] = ["hold"]
    said: list[str] = []
    fetch("made/aa_bb", progress=lambda at: said.append(at.message))
    assert [text for text in said if "triples_1: nothing came for " in text]


def test_a_proxy_from_the_environment_is_asked(
    cache: Path, small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(DownloadError, match="the proxy does not answer"):
            fetch("made/aa_bb")
    monkeypatch.setenv("http_proxy", "http://:x:y")
    with pytest.raises(DownloadError):
        fetch("made/aa_bb")


def test_what_a_killed_process_left_is_removed(cache: Path, small: dict[str, str]) -> None:
    (cache / "made/aa_bb/.part").mkdir(parents=True)
    (cache / "made/aa_bb/.part/triples_1").write_bytes(b"1\t")
    assert files_in(fetch("made/aa_bb")) == set(small)


def test_a_second_process_waits_for_the_first(
    cache: Path, small: dict[str, str], server: Any
) -> None:
    folder = cache / "made/aa_bb"
    folder.mkdir(parents=True)
    lock = FileLock(folder / ".lock")
    lock.acquire()
    said: list[str] = []

    def first_ends(at: FetchProgress) -> None:
        said.append(at.message)
        for file, address in small.items():
            (folder / file).write_bytes(server.files[address])
        lock.release()

    assert fetch("made/aa_bb", progress=first_ends) == folder
    assert said == ["made/aa_bb: another process is fetching it; waiting for its end"]
    assert server.requests == []


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
    fetch("made/aa_bb", progress=steps.append)
    sizes = sum(len(server.files[address]) for address in small.values())
    first, last = steps[0], steps[-1]
    assert f"fetching 6 files, {megabytes(sizes)}, from {server.address}" in first.message
    assert str(cache / "made/aa_bb") in first.message
    assert (last.files, last.received, last.total) == (6, sizes, sizes)
    received = [at.received for at in steps]
    assert received == sorted(received)


def test_sizes_that_are_not_known(cache: Path, publish: Publish, server: Any) -> None:
    publish("made/two", {"triples_1": b"1" * 10, "triples_2": b"2" * 20}, sizes=False)
    steps: list[FetchProgress] = []
    fetch("made/two", progress=steps.append)
    assert "fetching 2 files from" in steps[0].message
    assert (steps[-1].files, steps[-1].received, steps[-1].total) == (2, 30, None)


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


def test_a_full_disk_is_one_clear_error(
    cache: Path, small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DataError, match=r"cannot be written \(No space left on device\)"):
            fetch("made/aa_bb")
    assert files_in(cache / "made/aa_bb") == set()
    assert fetch("made/aa_bb").is_dir()
