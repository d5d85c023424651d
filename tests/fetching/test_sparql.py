"""Graphs behind a SPARQL endpoint: a store of this machine, and servers that go wrong."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyoxigraph
import pytest

from dualamn import as_graph, load_files
from dualamn.data_loaders import sparql
from dualamn.errors import DownloadError
from dualamn.files.opening import endpoint_of
from tests.data_loaders.conftest import triples

E = "http://e.org/"
TURTLE = f"""
@prefix : <{E}> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:a :r :b ; rdfs:label "A"@en ; :n 5 ; :q _:x . _:x :r :c . :b :r :c ; rdfs:label "B" .
"""


class Endpoint(ThreadingHTTPServer):
    """Answers queries from a store.

    Attributes:
        queries: the parameters of every request.
        faults: what the next requests meet, in order: a status, or the text of an answer.
        most: rows that it gives at most.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.store = pyoxigraph.Store()
        self.store.load(TURTLE.encode(), pyoxigraph.RdfFormat.TURTLE)
        self.queries: list[dict[str, list[str]]] = []
        self.faults: list[int | str] = []
        self.most = 1000

    @property
    def address(self) -> str:
        return f"sparql+http://127.0.0.1:{self.server_port}/sparql"


def results(store: pyoxigraph.Store, query: str) -> bytes:
    found: Any = store.query(query)
    content: bytes = found.serialize(format=pyoxigraph.QueryResultsFormat.JSON)
    return content


class _Answer(BaseHTTPRequestHandler):
    server: Endpoint

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        self.server.queries.append(asked)
        fault = self.server.faults.pop(0) if self.server.faults else 200
        content = fault.encode() if isinstance(fault, str) else b""
        if fault == 200:
            query = asked["query"][0]
            size = int(query.rpartition("LIMIT ")[2].split()[0])
            query = query.replace(f"LIMIT {size}", f"LIMIT {min(size, self.server.most)}")
            content = results(self.server.store, query)
        self.send_response(fault if isinstance(fault, int) else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.delenv("DUALAMN_OFFLINE")
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    monkeypatch.setattr(sparql, "PAUSE", 0)
    monkeypatch.setattr(sparql, "BACKOFF", 0)
    with Endpoint() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_an_endpoint_is_read_in_pages(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparql, "PAGE", 3)
    kg = as_graph(f"{endpoint.address}?default-graph-uri=http://g.org/x", "g")
    named = {row for row in triples(kg) if not any("_:" in end for end in row)}
    assert named == {(f"{E}a", f"{E}r", f"{E}b"), (f"{E}b", f"{E}r", f"{E}c")}
    assert len(triples(kg)) == 4
    assert kg.entity_names is not None
    assert {"A", "B"} <= set(kg.entity_names)
    # Seven triples in threes, and the page that is empty.
    assert len(endpoint.queries) == 4
    assert all(asked["default-graph-uri"] == ["http://g.org/x"] for asked in endpoint.queries)


def test_a_server_may_give_fewer_rows_and_be_busy(endpoint: Endpoint) -> None:
    endpoint.most = 2
    endpoint.faults = [200, 503, 429, 200]
    assert len(triples(as_graph(endpoint.address, "g"))) == 4


def test_it_is_one_of_two_graphs(endpoint: Endpoint, tmp_path: Path) -> None:
    other = tmp_path / "other.tsv"
    other.write_text("x\tr\ty\n")
    task = load_files([endpoint.address, other])
    assert task.kg_names == ("sparql", "other")
    task = load_files([[endpoint.address, other], other], names=["a", "b"])
    assert task.kgs[0].n_triples == 5


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ([503] * 5, r"the server answers 503 .*, 5 times, after 0 triples"),
        ([400], "the server refuses"),
        (["<html></html>"], "no answer in JSON"),
        (['{"head": {}, "boolean": true}'], "no answer in JSON"),
    ],
)
def test_what_goes_wrong(endpoint: Endpoint, faults: list[Any], message: str) -> None:
    endpoint.faults = faults
    with pytest.raises(DownloadError, match=message):
        as_graph(endpoint.address, "g")


def test_a_server_that_does_not_page(endpoint: Endpoint) -> None:
    answer = results(endpoint.store, "SELECT ?s ?p ?o WHERE { ?s ?p ?o }").decode()
    endpoint.faults = [answer, answer]
    with pytest.raises(DownloadError, match="does not page"):
        as_graph(endpoint.address, "g")


def test_nothing_is_asked_where_that_is_forbidden(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUALAMN_OFFLINE", "1")
    with pytest.raises(DownloadError, match="DUALAMN_OFFLINE"):
        as_graph(endpoint.address, "g")
    assert not endpoint.queries


def test_addresses_in_paths() -> None:
    path = Path("sparql+https://e.org/sparql?default-graph-uri=http://g.org")
    assert endpoint_of(path) == "https://e.org/sparql?default-graph-uri=http://g.org"
    assert endpoint_of(Path("sparql/file.nt")) is None
