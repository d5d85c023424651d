"""The example service, called as OpenRefine calls a reconciliation service."""

import json
import runpy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dualamn

pytest.importorskip("fastapi", reason="the example service needs FastAPI")
pytest.importorskip("httpx", reason="the test client of FastAPI needs httpx")

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from fastapi.testclient import TestClient

    task = dualamn.load(EXAMPLES / "europe")
    # Identifiers are names there.
    kgs = tuple(replace(kg, entity_names=kg.entities) for kg in task.kgs)
    aligner = dualamn.Aligner("fast", calibrate=False).fit(replace(task, kgs=kgs))
    lookup = dualamn.Lookup.build(aligner, tmp_path_factory.mktemp("x") / "x.index")
    module = runpy.run_path(str(EXAMPLES / "service" / "service.py"))
    with TestClient(module["service"](lookup, "english")) as client:
        yield client


def test_the_manifest_says_what_it_is(client: Any) -> None:
    for manifest in (client.get("/reconcile").json(), client.post("/reconcile").json()):
        assert manifest["versions"] == ["0.2"]
        assert {"name", "identifierSpace", "schemaSpace"} <= manifest.keys()
    assert client.get("/reconcile", headers={"Origin": "http://x"}).headers[
        "access-control-allow-origin"
    ]


def test_a_batch_of_queries_is_answered_by_key(client: Any) -> None:
    queries = {
        "q0": {
            "query": "Gent University",
            "limit": 3,
            "properties": [
                {"pid": "located_in", "v": {"id": "Ghent", "name": "Ghent"}},
                {"pid": "^studied_at", "v": ["Maurice Maeterlinck"]},
            ],
        },
        "q1": {"query": "zzzz qqqq"},
    }
    asked = json.dumps(queries)
    by_post = client.post("/reconcile", data={"queries": asked}).json()
    by_get = client.get("/reconcile", params={"queries": asked}).json()
    assert by_post == by_get
    assert by_post.keys() == queries.keys()
    first = by_post["q0"]["result"]
    assert len(first) == 3
    assert first[0]["id"] == "université de Gand"
    assert {"id", "name", "score", "match", "type"} <= first[0].keys()
    assert first[0]["score"] >= first[1]["score"]
    assert isinstance(first[0]["match"], bool)


def test_plain_json(client: Any) -> None:
    found = client.post("/match", json={"triples": [["?", "located_in", "Ghent"]], "k": 2}).json()
    assert len(found["candidates"]) == 2
    assert client.post("/match", json={"triples": [["a", "b", "c"]]}).status_code == 422
    assert client.post("/match", json={"unknown": 1}).status_code == 422


@pytest.mark.parametrize(
    "queries", ["{", "[]", '{"q": {"properties": [{}]}}', '{"q": {"limit": "x"}}']
)
def test_what_is_no_batch_is_refused(client: Any, queries: str) -> None:
    assert client.post("/reconcile", data={"queries": queries}).status_code == 400
