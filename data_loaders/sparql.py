"""Graphs behind a SPARQL endpoint, page by page, by the SPARQL 1.1 protocol.

All triples are asked for in a fixed order, some thousand at a time; a server that gives fewer than
it was asked for is asked on from there. Between pages there is a pause, and a server that is busy
is asked again, when it says or after a while.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from dualamn.data_loaders.download import MAY_PASS, TRIES, words_of
from dualamn.data_loaders.graph_builder import GraphBuilder
from dualamn.data_loaders.known import check_online
from dualamn.data_loaders.rdf_statements import NESTED, Statement
from dualamn.errors import DownloadError
from dualamn.version import __version__

PAGE = 10_000
"""Rows that are asked for at a time; many servers give no more."""
PAUSE = 0.1
"""Seconds between pages."""
BACKOFF = 1.0
"""Seconds until a server is asked again for the second time; they double with every try."""
TIMEOUT = (30.0, 600.0)
"""Seconds in which a server must be reached, and in which some of its answer must come."""

_QUERY = "SELECT ?s ?p ?o WHERE {{ ?s ?p ?o }} ORDER BY ?s ?p ?o LIMIT {size} OFFSET {at}"
_HEADERS = {
    "Accept": "application/sparql-results+json",
    "User-Agent": f"dualamn/{__version__}",
}


def endpoint_statements(url: str, to: GraphBuilder, scope: str = "") -> Iterator[Statement]:
    """The statements of an endpoint's default graph, or of the one that its address names.

    Args:
        url: its address; parameters such as ``default-graph-uri`` are sent along.
        to: where statements about statements are counted.
        scope: what tells these blank nodes from those of other sources.

    Raises:
        DownloadError: it cannot be reached, refuses, or does not answer as the protocol says.
    """
    check_online()
    retry = Retry(
        total=TRIES - 1,
        status_forcelist=MAY_PASS,
        allowed_methods={"GET"},
        backoff_factor=BACKOFF,
        raise_on_status=False,
    )
    at, before = 0, None
    with requests.Session() as session:
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))
        while rows := _page(session, url, at):
            if rows[0] == before:
                raise DownloadError(
                    f"{url}: the same rows come again and again, so this server does not page; "
                    "load a dump of it instead"
                )
            before = rows[0]
            at += len(rows)
            for row in rows:
                yield from _statement(row, to, scope)
            time.sleep(PAUSE)


def _page(session: requests.Session, url: str, at: int) -> list[Mapping[str, Any]]:
    query = {"query": _QUERY.format(size=PAGE, at=at)}
    try:
        with session.get(url, params=query, headers=_HEADERS, timeout=TIMEOUT) as answer:
            answer.raise_for_status()
            rows: list[Mapping[str, Any]] = answer.json()["results"]["bindings"]
            return rows
    except (json.JSONDecodeError, KeyError, TypeError):
        raise DownloadError(
            f"{url}: this is no answer in JSON as SPARQL 1.1 has it; is it the address of an "
            "endpoint, and not of its web page?"
        ) from None
    except requests.RequestException as error:
        raise DownloadError(
            f"{url}: {words_of(url, error)}, {TRIES} times, after {at:,} triples; where a server "
            "limits what it gives, load a dump of it instead"
        ) from None


def _statement(
    row: Mapping[str, Mapping[str, Any]], to: GraphBuilder, scope: str
) -> Iterator[Statement]:
    subject, predicate, value = (row[name] for name in "spo")
    if "triple" in (subject["type"], value["type"]):
        to.skipped[NESTED] += 1
        return
    if value["type"] in ("literal", "typed-literal"):
        language = value.get("xml:lang")
        kind = f"@{language.lower()}" if language else value.get("datatype", "")
        yield _name(subject, scope), predicate["value"], value["value"], kind
    else:
        yield _name(subject, scope), predicate["value"], _name(value, scope), None


def _name(term: Mapping[str, Any], scope: str) -> str:
    text: str = term["value"]
    return f"_:{scope}{text}" if term["type"] == "bnode" else text
