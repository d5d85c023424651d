"""`dualamn data`, and the commands that fetch by themselves, through the entry point."""

import io
import itertools
import json
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from rich.console import Console

from dualamn.commands import console, source
from dualamn.data_loaders.fetching import FetchProgress, megabytes
from dualamn.kernels import compute

Run = Callable[..., Result]
Publish = Callable[..., dict[str, str]]


def test_get_says_what_and_where(run: Run, cache: Path, small: Any, server: Any) -> None:
    shown = run("data", "get", "made/aa_bb")
    assert shown.exit_code == 0
    assert shown.stdout == f"made/aa_bb is in {cache / 'made/aa_bb'}\n"
    assert f"fetching 6 files, 7.1 kB, from {server.address}/someone/data to" in shown.stderr


def test_get_tells_of_trouble_and_goes_on(
    run: Run, cache: Path, small: dict[str, str], server: Any
) -> None:
    server.faults[small["triples_2"]] = ["500", "corrupt"]
    shown = run("data", "get", "made/aa_bb")
    assert shown.exit_code == 0
    assert "triples_2: the server answers 500 Internal Server Error; trying" in shown.stderr
    assert "triples_2: this is not triples_2 as it was published" in shown.stderr
    assert "Downloading" not in shown.stderr  # pooch says nothing of its own


def test_get_fetches_several_and_what_is_damaged(
    run: Run, cache: Path, small: dict[str, str], publish: Publish, server: Any
) -> None:
    publish("made/other", {"triples_1": b"1\t0\t2\n"})
    assert run("data", "get", "made/aa_bb", "made/other", "-q").stderr == ""
    (cache / "made/aa_bb/triples_1").write_bytes(
        server.files[small["triples_1"]].replace(b"1", b"2")
    )
    server.requests.clear()
    shown = run("data", "get", "made/other", "made/aa_bb@3")
    assert shown.exit_code == 0
    assert "made/aa_bb: fetching 1 file, " in shown.stderr
    assert server.requests == [small["triples_1"]]


def test_get_from_a_mirror(
    run: Run, cache: Path, small: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUALAMN_MIRROR", "http://127.0.0.1:1")
    assert run("data", "get", "made/aa_bb", "--base", server.address).exit_code == 0
    shown = run("data", "get", "made/aa_bb", "--base", "mirror.example.org")
    assert shown.exit_code == 1
    assert "https://server/path" in shown.stderr


@pytest.mark.parametrize("command", ["get", "verify"])
def test_a_mistyped_name_ends_it_before_anything_comes(
    run: Run, cache: Path, small: Any, server: Any, command: str
) -> None:
    shown = run("data", command, "made/aa_bb", "made/aa-bbb")
    assert shown.exit_code == 1
    assert shown.stderr == (
        "Error: no data set is known by the name 'made/aa-bbb'; did you mean made/aa_bb?\n"
    )
    assert "there are made/aa_bb" in run("data", command, "zzzzz").stderr
    assert server.requests == []


def test_get_leaves_the_data_folder_as_it_is(
    run: Run, cache: Path, small: dict[str, str], server: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "data/made/aa_bb"
    folder.mkdir(parents=True)
    for file in list(small)[1:]:
        (folder / file).write_bytes(server.files[small[file]])
    shown = run("data", "get", "made/aa_bb", "--data", tmp_path / "data")
    assert shown.exit_code == 0
    assert shown.stdout == f"made/aa_bb is in {folder}\n"
    assert "note: it lacks triples_1 there" in shown.stderr
    assert server.requests == []
    assert not (folder / "triples_1").exists()


def test_get_without_a_network_is_one_error(
    run: Run, cache: Path, small: dict[str, str], server: Any
) -> None:
    server.shutdown()
    server.server_close()
    shown = run("data", "get", "made/aa_bb", "-q")
    assert shown.exit_code == 1
    first, *rest = shown.stderr.splitlines()
    assert first.startswith("Error: made/aa_bb could not be fetched: ")
    assert len(rest) == 2 + len(small)
    assert rest[-1].endswith("/ref_ent_ids")  # nothing is said after the addresses
    assert shown.stdout == ""


def test_path_prints_the_path_alone(run: Run, cache: Path, small: Any) -> None:
    shown = run("data", "path", "made/aa_bb")
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert "dualamn data get made/aa_bb" in shown.stderr
    run("data", "get", "made/aa_bb")
    for name in ("made/aa_bb", "made/aa_bb@2"):
        assert run("data", "path", name).stdout == f"{cache / 'made/aa_bb'}\n"


def test_verify_names_each_bad_file(
    run: Run, cache: Path, small: dict[str, str], publish: Publish
) -> None:
    publish("made/other", {"triples_1": b"1\t0\t2\n"})
    run("data", "get", "made/aa_bb", "made/other")
    shown = run("data", "verify", "made/aa_bb")
    assert shown.exit_code == 0
    assert shown.stdout == (
        f"made/aa_bb: all 6 files are as published, in {cache / 'made/aa_bb'}\n"
    )
    (cache / "made/aa_bb/triples_1").unlink()
    with (cache / "made/aa_bb/ent_ids_2").open("ab") as file:
        file.write(b"x")
    # Without a name all are looked at, a bad one does not end it.
    for names in (["made/aa_bb", "made/other"], []):
        shown = run("data", "verify", *names)
        assert shown.exit_code == 1
        assert "made/aa_bb: triples_1: missing\n" in shown.stdout
        assert "made/aa_bb: ent_ids_2: expected the Git blob " in shown.stdout
        assert "2 of 6 files are not as published" in shown.stdout
        assert "dualamn data get made/aa_bb fetches them" in shown.stdout
        assert "made/other: all 1 files are as published" in shown.stdout
    assert run("data", "get", "made/aa_bb").exit_code == 0
    assert run("data", "verify", "made/aa_bb").exit_code == 0


def test_verify_in_the_data_folder(
    run: Run, cache: Path, small: dict[str, str], server: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "data/made/aa_bb"
    folder.mkdir(parents=True)
    for file in list(small)[1:]:
        (folder / file).write_bytes(server.files[small[file]])
    shown = run("data", "verify", "made/aa_bb", DUALAMN_DATA=str(tmp_path / "data"))
    assert shown.exit_code == 1
    assert "made/aa_bb: triples_1: missing\n" in shown.stdout
    assert "replace them by hand" in shown.stdout


def test_verify_of_what_is_not_here(run: Run, cache: Path, small: Any) -> None:
    shown = run("data", "verify", "made/aa_bb")
    assert shown.exit_code == 1
    assert shown.stdout == "made/aa_bb: not on this machine\n"
    shown = run("data", "verify")
    assert shown.exit_code == 0
    assert "none of the known data sets" in shown.stderr


def test_list_shows_where_each_is(
    run: Run, cache: Path, small: Any, publish: Publish, tmp_path: Path
) -> None:
    publish("made/mine", {"triples_1": b"1\t0\t2\n"})
    publish("made/none", {"triples_1": b"1\t0\t3\n"})
    (tmp_path / "data/made/mine").mkdir(parents=True)
    (tmp_path / "data/made/mine/triples_1").write_bytes(b"1\t0\t2\n")
    run("data", "get", "made/aa_bb")
    (cache / "made/aa_bb/triples_1").unlink()
    shown = run("data", "list", "--data", tmp_path / "data")
    assert shown.exit_code == 0
    rows = {line.split()[0]: line.split() for line in shown.stdout.splitlines() if line.strip()}
    assert rows["made/aa_bb"] == ["made/aa_bb", "made,", "made", "6", "cache,", "lacks", "1"]
    assert rows["made/mine"][-2:] == ["data", "folder"]
    assert rows["made/none"][-1] == "-"
    assert f"cache: {cache}" in shown.stdout
    assert "https://github.com/someone/data at 01234567, licence: made" in shown.stdout

    listed = json.loads(run("data", "list", "--json", "--data", tmp_path / "data").stdout)
    first, second, third = listed["datasets"]
    assert (first["place"], first["missing"]) == ("cache", ["triples_1"])
    assert first["path"] == str(cache / "made/aa_bb")
    assert (second["place"], second["missing"]) == ("data", [])
    assert (third["place"], third["path"]) == (None, None)
    assert third["files"] == third["missing"] == ["triples_1"]


def test_list_shows_what_comes_with_the_package(run: Run) -> None:
    shown = run("data", "list")
    assert shown.exit_code == 0
    assert "dwy100k/dbp_wd  DBpedia, Wikidata" in shown.stdout
    assert "data folder: none named" in shown.stdout


def test_a_mistyped_command_is_guessed(run: Run) -> None:
    shown = run("data", "verfy")
    assert shown.exit_code == 2
    assert "did you mean verify?" in shown.stderr


def test_inspect_fetches_what_it_needs(run: Run, cache: Path, small: Any, server: Any) -> None:
    shown = run("inspect", "made/aa_bb", "--json")
    assert shown.exit_code == 0
    assert [graph["entities"] for graph in json.loads(shown.stdout)["graphs"]] == [60, 60]
    assert "made/aa_bb: fetching 6 files" in shown.stderr
    server.requests.clear()
    shown = run("inspect", "made/aa_bb", "--json")
    assert shown.stderr == ""
    assert server.requests == []


def test_align_fetches_what_it_needs(run: Run, cache: Path, small: Any) -> None:
    shown = run("align", "made/aa_bb", "--out", "links.tsv", "--epochs", 1)
    assert shown.exit_code == 0
    assert "made/aa_bb: fetching 6 files" in shown.stderr
    assert Path("links.tsv").read_text().count("\n") > 1


def test_bench_does_not_measure_the_network(
    run: Run, cache: Path, small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if so much of the time since the start had gone into fetching.
    monkeypatch.setattr(compute, "process_start", lambda: time.monotonic() - 1e6)
    fetch_missing = source.fetch_missing
    monkeypatch.setattr(source, "fetch_missing", lambda *a, **k: fetch_missing(*a, **k) + 1e6)
    shown = run("bench", "made/aa_bb", "--epochs", 1, "--json", "out.json")
    assert shown.exit_code == 0
    assert "made/aa_bb: fetching 6 files" in shown.stderr
    assert "test side, left → right" in shown.stdout
    report = json.loads(Path("out.json").read_text())
    assert report["dataset"] == "made/aa_bb"
    assert 0 < report["runs"][0]["seconds"]["total"] < 1e5


def test_commands_offline(run: Run, cache: Path, small: Any, server: Any) -> None:
    shown = run("inspect", "made/aa_bb", DUALAMN_OFFLINE="1")
    assert shown.exit_code == 1
    assert "DUALAMN_OFFLINE is set" in shown.stderr
    assert server.requests == []


def at(received: int, total: int | None, files: int = 0, message: str = "") -> FetchProgress:
    return FetchProgress("made/aa_bb", files, 6, received, total, message)


def test_without_a_terminal_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    seconds = itertools.count(0, 6)  # 6 s pass between any two calls
    tell = console._fetch_lines(clock=lambda: next(seconds))
    for step in (
        at(0, None, message="fetching"),
        at(1_000_000, None),
        at(2_000_000, None),
        at(3_000_000, 9_000_000),
        at(4_000_000, 9_000_000, files=2),
        at(9_000_000, 9_000_000, files=6),
    ):
        tell(step)
    assert capsys.readouterr().err.splitlines() == [
        "fetching",
        "fetch: 2.0 MB, 0 of 6 files",
        "fetch: 4.0 MB of 9.0 MB, 2 of 6 files",
    ]


def test_a_bar_shows_bytes_and_files_and_goes_away() -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True, width=100)
    assert isinstance(terminal.file, io.StringIO)
    with console._fetch_bar(terminal) as tell:
        tell(at(0, None, message="fetching [red]made/aa_bb[/red]"))
        tell(at(2_000_000, 9_000_000, files=1))
    shown = terminal.file.getvalue()
    assert "fetching [red]made/aa_bb[/red]" in shown
    assert "2.0/9.0 MB" in shown
    assert "1 of 6 files" in shown
    assert shown.endswith("\x1b[2K")


def test_sizes_in_words() -> None:
    assert [megabytes(n) for n in (0, 6_900, 99_999, 100_000, 61_900_000, 2_000_000_000)] == [
        *("0.0 kB", "6.9 kB", "100.0 kB", "0.1 MB", "61.9 MB", "2,000.0 MB")
    ]


def test_ctrl_c_leaves_nothing_unfinished(
    run: Run, cache: Path, small: dict[str, str], server: Any
) -> None:
    first, second, *_ = small
    server.faults[small[second]] = ["hold"]

    def interrupt() -> None:
        assert server.holding.wait(60)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    shown = run("data", "get", "made/aa_bb")
    assert shown.exit_code == 130
    assert "Stopped: complete files are kept; the same command fetches the others" in shown.stderr
    assert {path.name for path in (cache / "made/aa_bb").iterdir()} - {".lock"} == {first}
