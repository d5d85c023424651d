"""Which terms of graphs are one entity, by their links, and which of them it is called by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import DataError
from dualamn.files.iris import is_iri, to_uri
from dualamn.fusion.statement_chunks import Chunk
from dualamn.fusion.terms import Terms
from dualamn.kernels.arrays import Int32Array, IntArray, components, strings
from dualamn.link_files.link_table import DistinctLinks

Prefer = Literal["first", "most-statements", "shortest"]
"""Which member of a cluster all of it is called by; among equals the next rule, in this order.

- `first`: one of the graph that was given first;
- `most-statements`: the one that is in the most statements, as subject or object;
- `shortest`: the one with the shortest identifier.
"""
PREFERENCES: tuple[Prefer, ...] = ("first", "most-statements", "shortest")

_NOWHERE = np.iinfo(np.int16).max


class LinkedTerms:
    """The terms that links join, numbered, and where they occur.

    Args:
        terms: how identifiers of the graphs are written.
        files: links, of any number of files.

    Attributes:
        number: the number of every term; of one that is written otherwise in a graph than in the
            links, such as with é and not %C3%A9, both forms.
        term: the term of every number, as the graphs write it.
        first_graph: (n,) int16 the first graph that has the term, a large number if none.
        n_statements: (n,) int64 how often it is subject or object.
        n_links: links of different terms.

    Raises:
        DataError: it is unclear which graph an entity of a table is of.
    """

    def __init__(self, terms: Terms, files: Iterable[DistinctLinks]) -> None:
        self.number: dict[str, int] = {}
        self._has_uris = False
        ends: list[int] = []
        for links in files:
            self._has_uris |= links.are_uris
            for term in _terms_of(links, terms):
                ends.append(self.number.setdefault(term, len(self.number)))
        self.term = list(self.number)
        pairs = np.array(ends, dtype=np.int32).reshape(-1, 2)
        self._pairs: Int32Array = pairs[pairs[:, 0] != pairs[:, 1]]
        self.n_links = len(self._pairs)
        self.first_graph = np.full(len(self.term), _NOWHERE, dtype=np.int16)
        self.n_statements = np.zeros(len(self.term), dtype=np.int64)

    def numbers(self, terms: list[str]) -> IntArray:
        """(m,) int64 numbers of m terms, -1 for those without a link."""
        number = self.number
        if self._has_uris:
            for term in terms:
                if term not in number and not term.isascii() and term.startswith("<"):
                    self._respell(term)
        return np.array([number.get(term, -1) for term in terms], dtype=np.int64)

    def _respell(self, term: str) -> None:
        """Remembers how a graph writes a term that is a URI in the links."""
        at = self.number.get(f"<{to_uri(term[1:-1])}>")
        if at is not None:
            self.number[term] = at
            self.term[at] = term

    def count(self, graph: int, chunk: Chunk) -> None:
        """Notes where terms occur, and how often."""
        for terms in (chunk.subjects, chunk.objects):
            found, counts = np.unique(self.numbers(terms), return_counts=True)
            known = found >= 0
            found, counts = found[known], counts[known]
            self.n_statements[found] += counts
            self.first_graph[found] = np.minimum(self.first_graph[found], graph)
        for term in set(chunk.properties) & self.number.keys():
            at = self.number[term]
            self.first_graph[at] = min(self.first_graph[at], graph)

    @property
    def n_found(self) -> int:
        """How many of the terms are in a graph."""
        return int((self.first_graph != _NOWHERE).sum())

    def clusters(self, prefer: Prefer) -> Identities:
        """The clusters of terms that occur in graphs; their links hold also through others."""
        cluster = components(self._pairs, len(self.term))
        seen = np.flatnonzero(self.first_graph != _NOWHERE)
        texts = strings(self.term[at] for at in seen.tolist())
        ranks: dict[Prefer, NDArray[np.integer]] = {
            "first": self.first_graph[seen],
            "most-statements": -self.n_statements[seen],
            "shortest": np.array([len(text) for text in texts], dtype=np.int64),
        }
        rules = [prefer, *(rule for rule in PREFERENCES if rule != prefer)]
        alphabet = np.empty(len(texts), dtype=np.int64)
        alphabet[np.argsort(texts, kind="stable")] = np.arange(len(texts))
        keys = [alphabet, *(ranks[rule] for rule in reversed(rules)), cluster[seen]]
        members = seen[np.lexsort(keys)]
        _, own, counts = np.unique(cluster[members], return_inverse=True, return_counts=True)
        several = (counts > 1)[own]
        sizes = counts[counts > 1]
        return Identities(self, members[several], np.concatenate([[0], np.cumsum(sizes)]))


@dataclass(frozen=True, eq=False)
class Identities:
    """Clusters of terms, and what each is renamed to.

    Attributes:
        linked: the terms.
        members: (m,) numbers of the terms of all clusters of two or more, cluster after cluster,
            the one that it is called by first.
        starts: (c + 1,) where each cluster begins there, and where the last one ends.
        renamed: what a term is called now, for those that change.
        cluster_of: (n,) int32 the cluster of every linked term, -1 for those in none.
    """

    linked: LinkedTerms
    members: IntArray
    starts: IntArray
    renamed: dict[str, str] = field(init=False)
    cluster_of: Int32Array = field(init=False)

    def __post_init__(self) -> None:
        term = self.linked.term
        cluster_of = np.full(len(term), -1, dtype=np.int32)
        cluster_of[self.members] = np.repeat(np.arange(len(self)), self.sizes)
        called = np.arange(len(term))
        called[self.members] = np.repeat(self.members[self.starts[:-1]], self.sizes)
        renamed = {
            text: term[to] for text, at in self.linked.number.items() if (to := called[at]) != at
        }
        object.__setattr__(self, "renamed", renamed)
        object.__setattr__(self, "cluster_of", cluster_of)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def sizes(self) -> IntArray:
        """(c,) how many terms each cluster has."""
        return np.diff(self.starts)

    def __iter__(self) -> Iterator[tuple[str, list[str]]]:
        """What every cluster is called, and its other terms."""
        term, members = self.linked.term, self.members.tolist()
        for start, end in pairwise(self.starts.tolist()):
            yield term[members[start]], [term[at] for at in members[start + 1 : end]]


def _terms_of(links: DistinctLinks, terms: Terms) -> Iterable[str]:
    """Left and right term of every link, one after the other."""
    for left, right, one, other in zip(
        links.left, links.right, *_graphs_of(links, terms), strict=True
    ):
        yield terms.entity(one, left)
        yield terms.entity(other, right)


def _graphs_of(links: DistinctLinks, terms: Terms) -> tuple[list[int], list[int]]:
    """The number of the graph of either end of every link; any where all names are IRIs."""
    names = {name: number for number, name in enumerate(terms.graphs)}
    one, other = links.left_source, links.right_source
    if one is not None and other is not None and {*one, *other} <= set(names):
        return [names[name] for name in one], [names[name] for name in other]
    is_clear = len(terms.graphs) <= 2 or not any(terms.are_tables)
    if is_clear or all(map(is_iri, (*links.left, *links.right))):
        return [0] * len(links), [len(terms.graphs[:2]) - 1] * len(links)
    raise DataError(
        "does not say which graphs its links are of, or calls them otherwise; name them "
        f"{', '.join(terms.graphs)} in the columns left_source and right_source",
        path=links.path,
    )
