"""IRIs: what is one, its form as a URI, and IRIs for names that are none.

RFC 3987 defines both, and how an IRI becomes a URI: what is not ASCII is percent-encoded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from dualamn.errors import ConfigError

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
