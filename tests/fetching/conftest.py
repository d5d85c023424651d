"""A server of this machine that fails in every way, and made data sets that it serves."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from dualamn.commands.command_line import cli
from dualamn.data_loaders.fetching import download, known

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "someone/data"
SIZE = 200_000


class Server(ThreadingHTTPServer):
    """Serves files, and goes wrong as told, once for every fault.

    Attributes:
        files: content by path.
        faults: by path, what the next requests for it meet, in order.
        requests: the path and the Range header of every request.
        go_on: what answers that were told to "hold" wait for, half-way.
        holding: set while one of them waits.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.files: dict[str, bytes] = {}
        self.faults: defaultdict[str, list[str]] = defaultdict(list)
        self.requests: list[tuple[str, str | None]] = []
        self.go_on, self.holding = threading.Event(), threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def ranges(self, path: str) -> list[str | None]:
        return [asked for name, asked in self.requests if name == path]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is none of the test's business."""


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        path, asked = self.path.lstrip("/"), self.headers.get("Range")
        self.server.requests.append((path, asked))
        faults = self.server.faults[path]
        fault = faults.pop(0) if faults else ""
        content = self.server.files.get(path)
        if fault.partition(" ")[0].isdecimal():
            status, _, wait = fault.partition(" ")
            self._send(int(status), b"trouble", {"Retry-After": wait} if wait else {})
        elif content is None:
            self._send(404, b"no such file")
        elif fault == "refuse to go on" and asked:
            self._send(416, b"")
        elif fault == "whole file":
            self._send(200, content)
        elif fault == "other range":
            headers = {"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"}
            self._send(206, content, headers)
        elif fault == "gzip":
            self._send(200, gzip.compress(content), {"Content-Encoding": "gzip"})
        elif fault == "login page":
            self._send(200, b"<html>log in</html>")
        elif fault == "truncate":
            self._send(200, content[: len(content) // 2])
        else:
            self._send_range(content, asked, fault)

    def _send_range(self, content: bytes, asked: str | None, fault: str) -> None:
        begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if asked and begin >= len(content):
            self._send(416, b"")
            return
        headers = {"Content-Range": f"bytes {begin}-{len(content) - 1}/{len(content)}"}
        status, rest = (206, content[begin:]) if asked else (200, content)
        if fault == "corrupt":
            rest = rest[:-1] + bytes([rest[-1] ^ 1])
        self._send(status, rest, headers if asked else {}, fault)

    def _send(
        self, status: int, body: bytes, headers: Mapping[str, str] = {}, fault: str = ""
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if fault == "no length":
            self.close_connection = True
            body = body[: len(body) // 2]
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault in ("drop", "hold"):
            half = len(body) // 2
            self.wfile.write(body[:half])
            if fault == "drop":
                self.close_connection = True
                return
            self.server.holding.set()
            self.server.go_on.wait()
            body = body[half:]
        self.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.go_on.set()
        made.shutdown()
        thread.join()


def blob_of(content: bytes) -> str:
    """The same as `git hash-object` says."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


Publish = Callable[..., dict[str, str]]


@pytest.fixture
def catalog(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A list of known data sets of the test's own, empty at first."""
    path = tmp_path / "known.toml"
    path.write_text(
        f'[[source]]\nrepository = "{REPOSITORY}"\ncommit = "{COMMIT}"\nlicence = "made"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(known, "CATALOG", path)
    return path


@pytest.fixture
def publish(server: Server, catalog: Path) -> Publish:
    """Serves a data set and makes it known; gives the address of each of its files."""

    def publish(name: str, files: Mapping[str, bytes], sizes: bool = True) -> dict[str, str]:
        place = f"{REPOSITORY}/{COMMIT}/data/{name}"
        lines = [
            f'\n[[dataset]]\nname = "{name}"\ngraphs = "made, made"\nsource = "{REPOSITORY}"',
            f'folder = "data/{name}"\n[dataset.files]',
        ]
        for file, content in files.items():
            server.files[f"{place}/{file}"] = content
            size = f", size = {len(content)}" if sizes else ""
            lines.append(f'"{file}" = {{ blob = "{blob_of(content)}"{size} }}')
        with catalog.open("a", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        known._read.cache_clear()
        return {file: f"{place}/{file}" for file in files}

    return publish


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: Server) -> Path:
    """An empty cache folder, not made yet; the server stands for GitHub, and nothing waits."""
    monkeypatch.setenv("DUALAMN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DUALAMN_MIRROR", server.address)
    monkeypatch.delenv("DUALAMN_OFFLINE")
    monkeypatch.delenv("DUALAMN_DATA", raising=False)
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    monkeypatch.setattr(download, "FIRST_WAIT", 0.001)
    return tmp_path / "cache"


@pytest.fixture
def one_file(publish: Publish) -> tuple[str, bytes]:
    """A data set of one file of 200,000 bytes, "made/one"; its address and its content."""
    content = np.random.default_rng(3).bytes(SIZE)
    return publish("made/one", {"ref_ent_ids": content})["ref_ent_ids"], content


def small_files(n_entities: int = 60) -> dict[str, bytes]:
    """Two graphs that are the same but for their names, in the layout of DWY100K."""
    rng = np.random.default_rng(5)
    ring = [(i, 0, (i + 1) % n_entities) for i in range(n_entities)]
    triples = [*ring, *rng.integers(0, [n_entities, 6, n_entities], (300, 3)).tolist()]
    files = {}
    for number, first in enumerate((0, n_entities), start=1):
        rows = [(h + first, r, t + first) for h, r, t in triples]
        files[f"triples_{number}"] = table(rows)
        files[f"ent_ids_{number}"] = table([(first + i, f"e{i}") for i in range(n_entities)])
    links = [(i, i + n_entities) for i in range(n_entities)]
    split = n_entities * 3 // 10
    return files | {"sup_ent_ids": table(links[:split]), "ref_ent_ids": table(links[split:])}


def table(rows: Any) -> bytes:
    return "".join("\t".join(map(str, row)) + "\n" for row in rows).encode()


@pytest.fixture
def small(publish: Publish) -> dict[str, str]:
    """A data set that the engine can align, known as "made/aa_bb"; the addresses of its files."""
    return publish("made/aa_bb", small_files())


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Runs the program in this process, in an empty folder; anything but an exit is raised."""
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")

    def run(*arguments: object, **options: str) -> Result:
        words = [str(argument) for argument in arguments]
        runner = CliRunner(env={"COLUMNS": "120", **options})
        return runner.invoke(cli, words, prog_name="dualamn", catch_exceptions=False)

    return run


@pytest.fixture
def start(catalog: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the program in a process of its own, with the test's list of data sets."""
    started = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        code = (
            "import sys\nfrom pathlib import Path\n"
            "from dualamn.data_loaders.fetching import known\n"
            f"known.CATALOG = Path({str(catalog)!r})\n"
            f"sys.argv = ['dualamn', *{arguments!r}]\n"
            "from dualamn.commands.command_line import main\nmain()"
        )
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", code],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=tmp_path,
                env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
