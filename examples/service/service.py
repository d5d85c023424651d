"""Look-ups over HTTP: plain JSON, and a reconciliation service that OpenRefine can call.

    pip install 'dualamn[service]'
    DUALAMN_INDEX=en-fr.index uvicorn --app-dir examples/service --factory service:from_environment

`POST /match` takes what a line of `dualamn match INDEX -` has, and answers the same. `/reconcile`
speaks the Reconciliation Service API 0.2 of the W3C Entity Reconciliation Community Group
(https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/): in OpenRefine,
Reconcile, Start reconciling, Add standard service, http://127.0.0.1:8000/reconcile. The rows of the
table are entities that are new in one graph, those found are of the other. A column that is sent
along is a relation of the graph, by its identifier, and its cells are the entities that it leads
to; with ^ before the identifier it leads from them. DUALAMN_SIDE says whose entities are new, left
if it does not.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs

from fastapi import FastAPI, HTTPException, Request
from fastapi.middleware.cors import CORSMiddleware

from dualamn import Lookup, Matches
from dualamn.errors import DualamnError

_NEW = "?"  # stands for the new entity in triples
_LIMIT = 5  # candidates of a query that names no limit
_MOST = 100  # that it may ask for


def from_environment() -> FastAPI:
    """The service of the index that DUALAMN_INDEX names."""
    return service(Lookup(os.environ["DUALAMN_INDEX"]), os.environ.get("DUALAMN_SIDE", "left"))


def service(lookup: Lookup, side: str = "left") -> FastAPI:
    """A service of look-ups.

    Args:
        lookup: the index, which all requests share.
        side: whose entities are new.
    """
    own = lookup.side(side)
    new_in, found_in = lookup.graphs if own == "left" else lookup.graphs[::-1]
    app = FastAPI(title=f"{new_in} in {found_in}")
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"])
    manifest = {
        "versions": ["0.2"],
        "name": f"dualamn: entities of {new_in} in {found_in}",
        "identifierSpace": "http://www.w3.org/2002/07/owl#sameAs",
        "schemaSpace": "http://www.w3.org/1999/02/22-rdf-syntax-ns#Property",
    }

    # Plain functions run in threads, and look-ups only read.
    @app.post("/match")
    def match(asked: dict[str, Any]) -> dict[str, Any]:
        try:
            return lookup.match(side=own, **asked).as_dict()
        except (DualamnError, TypeError) as error:
            raise HTTPException(422, str(error)) from None

    @app.get("/reconcile")
    def get(queries: str | None = None) -> dict[str, Any]:
        return manifest if queries is None else answers(lookup, own, queries)

    @app.post("/reconcile")
    async def post(request: Request) -> dict[str, Any]:
        form = parse_qs((await request.body()).decode("utf-8"))
        return answers(lookup, own, form["queries"][0]) if "queries" in form else manifest

    return app


def answers(lookup: Lookup, side: str, queries: str) -> dict[str, Any]:
    """The results of a batch of queries, as JSON has it, by the key of each."""
    try:
        batch = json.loads(queries)
        return {key: answer(lookup, side, query) for key, query in batch.items()}
    except (ValueError, AttributeError, KeyError, TypeError, DualamnError) as error:
        raise HTTPException(400, f"no batch of queries: {error}") from None


def answer(lookup: Lookup, side: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """The candidates of one query."""
    triples = [
        (value, pid[1:], _NEW) if pid.startswith("^") else (_NEW, pid, value)
        for prop in query.get("properties", [])
        for pid in [str(prop["pid"])]
        for value in values(prop["v"])
    ]
    limit = min(int(query.get("limit", _LIMIT)), _MOST)
    found = lookup.match(side=side, triples=triples, name=query.get("query", ""), k=max(limit, 1))
    return {"result": list(results(found))}


def values(given: Any) -> Iterator[str]:
    """The entities that a property leads to: a cell that was reconciled has its identifier."""
    for value in given if isinstance(given, list) else [given]:
        yield str(value["id"]) if isinstance(value, dict) else str(value)


def results(found: Matches) -> Iterator[dict[str, Any]]:
    """Candidates as the protocol has them; scores go up to 100."""
    best = found.best
    for candidate in found.candidates:
        yield {
            "id": candidate.entity,
            "name": candidate.name or candidate.entity,
            "description": candidate.reason,
            "type": [],
            "score": round(100 * candidate.probability, 2),
            "match": candidate is best and candidate.taken_by is None,
            "features": [
                {"id": "probability", "value": candidate.probability},
                {"id": "none", "value": found.none},
                {"id": "taken", "value": candidate.taken_by is not None},
            ],
        }
