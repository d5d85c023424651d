"""A server of this machine that goes wrong as told, and synthetic data sets that it serves."""

import hashlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from dualamn.commands.command_line import cli
from dualamn.data_loaders import known

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "someone/data"


class Server(ThreadingHTTPServer):
    """Serves files, and goes wrong as told, once for every fault.

    Attributes:
        files: content by path.
        faults: by path, what the next requests for it meet, in order: a status, "drop",
            "no length", "corrupt", "login page" or "hold".
        requests: the path of every request.
        go_on: what answers that were told to "hold" wait for, half-way.
        holding: set while one of them waits.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.files: dict[str, bytes] = {}
        self.faults: defaultdict[str, list[str]] = defaultdict(list)
        self.requests: list[str] = []
        self.go_on, self.holding = threading.Event(), threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is none of the test's business."""


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        self.server.requests.append(path)
        faults = self.server.faults[path]
        fault = faults.pop(0) if faults else ""
        content = self.server.files.get(path, b"")
        status = 200 if path in self.server.files else 404
        status = int(fault) if fault.isdecimal() else status
        if fault == "login page":
            content = b"<html>log in</html>"
        if fault == "corrupt":
            content = content[:-1] + bytes([content[-1] ^ 1])
        self.close_connection = True
        self.send_response(status)
        if fault != "no length":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        half = len(content) // 2
        self.wfile.write(content[:half])
        if fault == "hold":
            self.server.holding.set()
            self.server.go_on.wait()
        if fault not in ("drop", "no length"):
            self.wfile.write(content[half:])


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
    monkeypatch.setattr("pooch.core.time", SimpleNamespace(sleep=lambda _: None))
    return tmp_path / "cache"


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
