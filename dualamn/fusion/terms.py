"""How terms of graphs are written down while they are fused: as N-Triples writes them.

IRIs stand as `<…>`, blank nodes as `_:…` and literals as `"…"`, with language or datatype. A name
of a table that is no IRI belongs to its graph: it gets an IRI where IRIs are written, and else
stands as its number and itself, since two graphs may have the same name for different things.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dualamn.errors import DataError
from dualamn.files.iris import Base, entity_iri, is_iri
from dualamn.files.text import short

_ESCAPED = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[tbnrf\"'\\])")
_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_OF = "\x1f"  # begins a name of a table, and stands before it


def is_literal(term: str) -> bool:
    """Whether a term is a literal, and not an entity."""
    return term.startswith('"')


def is_name(term: str) -> bool:
    """Whether a term is a name of a table that is no IRI."""
    return term.startswith(_OF)


def language_of(term: str) -> str:
    """The language tag of a literal with its @, "" for all other terms.

    >>> language_of('"Rome"@en'), language_of('"1"^^<http://x>'), language_of('"a@b"')
    ('@en', '', '')
    """
    return term[term.rindex('"') + 1 :] if is_literal(term) and term[-1] not in '">' else ""


def literal_parts(term: str) -> tuple[str, str]:
    r"""The text of a literal, and its datatype, its language with an @, or "" for plain text.

    >>> literal_parts(r'"a\"b"@en'), literal_parts('"1"^^<http://x>')
    (('a"b', '@en'), ('1', 'http://x'))
    """
    end = term.rindex('"')
    text, described = term[1:end], term[end + 1 :]
    if "\\" in text:
        text = _ESCAPED.sub(
            lambda match: _ESCAPES.get(match[1]) or chr(int(match[1][1:], 16)), text
        )
    return text, described[3:-1] if described.startswith("^^<") else described


@dataclass(frozen=True)
class Terms:
    """Writes identifiers of graphs as terms.

    Attributes:
        graphs: the names of the graphs.
        are_tables: which of them have names that may be no IRIs.
        has_iris: whether terms are written to RDF, where every entity has an IRI.
        base: an IRI under which names get one.
    """

    graphs: Sequence[str]
    are_tables: Sequence[bool]
    has_iris: bool
    base: Base | None = None

    def entity(self, graph: int, identifier: str, path: Path | None = None) -> str:
        """The term of an entity of a graph.

        Raises:
            DataError: it has to get an IRI, and there is no base, see `entity_iri`.
        """
        if identifier.startswith("_:"):
            return identifier
        if is_iri(identifier) or not self.are_tables[graph]:
            return f"<{identifier}>"
        if self.has_iris:
            return f"<{entity_iri(self.graphs[graph], identifier, self.base, path)}>"
        return f"{_OF}{graph}{_OF}{identifier}"

    def relation(self, identifier: str, path: Path) -> str:
        """The term of a relation of a table; the same name is the same relation in all graphs.

        Raises:
            DataError: it has to get an IRI, and there is no base, see `entity_iri`.
        """
        if is_iri(identifier):
            return f"<{identifier}>"
        if not self.has_iris:
            return identifier
        if self.base is None:
            raise DataError(
                f"this format needs IRIs, and the relation {short(identifier)} is none; give a "
                "base IRI under which such names get one (--base https://example.org/, in Python "
                "base=)",
                path=path,
            )
        return f"<{self.base.graph(identifier)}>"


def parts_of_name(term: str) -> tuple[int, str]:
    """The number of the graph and the name that a term of a table was made of."""
    _, graph, name = term.split(_OF, 2)
    return int(graph), name


def plain(term: str, labels: Mapping[str, str]) -> str:
    """A term as tables have it: IRIs and names as they are, literals as in N-Triples.

    Args:
        labels: what names are written as whose own would mean another thing too.
    """
    if term.startswith("<"):
        return term[1:-1]
    if is_name(term):
        return labels.get(term) or parts_of_name(term)[1]
    return term
