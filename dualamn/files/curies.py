"""Short forms of IRIs: prefixes for what many of them begin with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

WELL_KNOWN = {
    "http://dbpedia.org/resource/": "dbr",
    "http://www.wikidata.org/entity/": "wd",
    "https://orcid.org/": "orcid",
    "http://www.w3.org/2002/07/owl#": "owl",
    "http://www.w3.org/2004/02/skos/core#": "skos",
    "https://w3id.org/semapv/vocab/": "semapv",
}
_DBPEDIA = re.compile(r"http://([a-z]{2,3})\.dbpedia\.org/resource/")
_MOST = 50
"""More namespaces than these get no prefix of their own, but one for their host or scheme."""

_HOST = re.compile(r"[^:]+://[^/#]*/?")
_SCHEME = re.compile(r"[^:]+:(?://)?")


@dataclass(frozen=True)
class Curies:
    """Prefixes, and IRIs written with them.

    Attributes:
        prefixes: namespace of every prefix.
        short: CURIE of every IRI.
    """

    prefixes: dict[str, str]
    short: dict[str, str]


def curies_of(iris: Iterable[str], always: Iterable[str] = ()) -> Curies:
    """CURIEs of IRIs: the commonest namespaces get a prefix each, the others share one.

    Args:
        iris: URIs, in ASCII, so that what is left after the prefix can stand in a CURIE.
        always: namespaces that get a prefix in any case.
    """
    left = dict.fromkeys(iris)
    counts = Counter(_namespace(iri) for iri in left)
    # The commonest first, equal ones by name, so that the same IRIs give the same file.
    order = sorted(counts, key=lambda space: (-counts[space], space))
    own = set(order[:_MOST])
    hosts = Counter(_match(_HOST, iri) for iri in left if _namespace(iri) not in own)
    shared = set(sorted(hosts, key=lambda host: (-hosts[host], host))[:_MOST])

    def space_of(iri: str) -> str:
        space, host = _namespace(iri), _match(_HOST, iri)
        return space if space in own else host if host in shared else _match(_SCHEME, iri)

    spaces = {iri: space_of(iri) for iri in left}
    used = Counter(spaces.values())
    prefix_of: dict[str, str] = {}
    for space in (*always, *sorted(used, key=lambda space: (-used[space], space))):
        if space not in prefix_of:
            prefix_of[space] = _prefix(space, len([p for p in prefix_of.values() if p[:2] == "ns"]))
    short = {iri: f"{prefix_of[space]}:{iri[len(space) :]}" for iri, space in spaces.items()}
    return Curies({prefix: space for space, prefix in prefix_of.items()}, short)


def _namespace(iri: str) -> str:
    end = max(iri.rfind("/"), iri.rfind("#"))
    return iri[: (end if end >= 0 else iri.rfind(":")) + 1]


def _match(pattern: re.Pattern[str], iri: str) -> str:
    match = pattern.match(iri)
    return match[0] if match else _namespace(iri)


def _prefix(space: str, number: int) -> str:
    if space in WELL_KNOWN:
        return WELL_KNOWN[space]
    if match := _DBPEDIA.fullmatch(space):
        return f"dbpedia-{match[1]}"
    return f"ns{number + 1}"
