"""IRIs: what is one, its form as a URI, IRIs for names that are none, and CURIEs.

RFC 3987 defines both, and how an IRI becomes a URI: what is not ASCII is percent-encoded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from dualamn.errors import ConfigError, DataError
from dualamn.files.text import short

# What RDF allows between < and >, after a scheme with an authority or one that has none. A bare
# "name:more" is not taken for one: "Alien: Covenant" and "en:7" are names.
_IRI = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|(?:urn|tag|did|doi|info|mailto|ni|geo):)"
    r'[^\x00-\x20<>"{}|^`\\\x7f-\x9f]+',
    re.IGNORECASE,
)
_NO_URI = re.compile(r"%(?![0-9A-Fa-f]{2})|[^!#$%&'()*+,\-./0-9:;=?@A-Z_a-z~]")


def is_iri(text: str) -> bool:
    """Whether an identifier can stand as an IRI as it is."""
    return _IRI.fullmatch(text) is not None


def to_uri(iri: str) -> str:
    """The same IRI in ASCII, as a URI; text that is no IRI is encoded alike."""
    return _NO_URI.sub(lambda match: quote(match[0], safe="", errors="surrogatepass"), iri)


@dataclass(frozen=True)
class Base:
    """An IRI under which names that are no IRIs get one: base, graph, slash, name.

    Graph and name are percent-encoded, so that they can be read back.

    Attributes:
        iri: an IRI that ends in a slash or a hash.

    Raises:
        ConfigError: it is no IRI or ends otherwise.

    >>> base = Base("https://example.org/")
    >>> base.entity("en", "New York")
    'https://example.org/en/New%20York'
    >>> base.split("https://example.org/en/New%20York")
    ('en', 'New York')
    """

    iri: str

    def __post_init__(self) -> None:
        if not is_iri(self.iri):
            raise ConfigError(
                f"the base {self.iri!r} is no IRI; give one like https://example.org/"
            )
        if not self.iri.endswith(("/", "#")):
            raise ConfigError(f"the base {self.iri} has to end in / or #")

    def graph(self, name: str) -> str:
        """The IRI of a graph."""
        return self.iri + quote(name, safe="")

    def entity(self, graph: str, identifier: str) -> str:
        """The IRI of an entity of a graph."""
        return f"{self.graph(graph)}/{quote(identifier, safe='')}"

    def split(self, iri: str) -> tuple[str, str] | None:
        """Graph and identifier that `entity` made an IRI of, None if it is none of those."""
        if not iri.startswith(self.iri):
            return None
        graph, slash, identifier = iri[len(self.iri) :].partition("/")
        return (unquote(graph), unquote(identifier)) if slash else None

    def graph_of(self, iri: str) -> str:
        """The name of the graph that `graph` made an IRI of, others as they are."""
        return unquote(iri.removeprefix(self.iri)) if iri.startswith(self.iri) else iri


def entity_iri(graph: str, identifier: str, base: Base | None, path: Path | None = None) -> str:
    """The IRI of an entity: its identifier, or one made of it under the base.

    Raises:
        DataError: the identifier is no IRI and there is no base, or it is one that already
            begins with the base, or it is no text.
    """
    if is_iri(identifier):
        if base is not None and identifier.startswith(base.iri):
            raise DataError(
                f"{short(identifier)} of {graph} begins with the base {base.iri}, so names that "
                "get an IRI there could be taken for it; choose another base",
                path=path,
            )
        return identifier
    if base is None:
        raise DataError(
            f"this format needs IRIs, and {short(identifier)} of {graph} is none; give a base "
            "IRI under which such names get one (--base https://example.org/, in Python base=)",
            path=path,
        )
    try:
        return base.entity(graph, identifier)
    except UnicodeEncodeError:
        raise DataError(f"cannot hold {short(identifier)}, which is no text", path=path) from None


WELL_KNOWN = {
    "http://dbpedia.org/resource/": "dbr",
    "http://www.wikidata.org/entity/": "wd",
    "https://orcid.org/": "orcid",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs",
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
