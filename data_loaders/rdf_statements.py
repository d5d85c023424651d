"""RDF, from files and stores: its statements become triples and attribute triples of a graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from dualamn.data_loaders.graph_builder import SAME, GraphBuilder
from dualamn.data_loaders.same_entities import REDIRECTS
from dualamn.data_loaders.statement_table import IRI_TYPE
from dualamn.errors import DataError
from dualamn.files.opening import RDF, suffix
from dualamn.files.rdf import RDF_TYPE, SAME_AS, Reading, pyoxigraph, statements
from dualamn.files.text import BadLines

Statement: TypeAlias = tuple[str, str, str, str | None]
"""Subject, property, object and, of a literal, its type: "@en", the IRI of a datatype or ""."""

STRING = "http://www.w3.org/2001/XMLSchema#string"
NESTED = "about statements skipped"
_NAMELESS = "of a type without a name skipped"
_NO_RDF = "with a term that is no RDF skipped"


def collect(
    path: Path, to: GraphBuilder, scope: str = "", *, reading: Reading, notes: list[str]
) -> None:
    """Adds the statements of a file to a graph; which named graph they are in does not count.

    Args:
        scope: what tells the blank nodes of this file from those of others.
        reading: how the text is written, and whether mistakes in it are left out.
        notes: where these are counted.

    Raises:
        DataError: the file cannot be read, is empty, or has a mistake.
        MissingExtraError: a package is not installed.
    """
    kind = RDF[suffix(path)]
    keeps_labels = kind in ("N-Triples", "N-Quads")
    bad = BadLines() if reading.skip_bad_lines else None
    quads = statements(path, encoding=reading.encoding, bad=bad)
    if kind == "N3":
        quads = _outside_formulas(quads, to)
    found = plain(quads, to, scope, keeps_labels=keeps_labels)
    count = sort_statements(found, to)
    if bad is not None:
        notes.extend(bad.note(path))
    if not count:
        raise DataError(f"there is no statement in this file; expected {kind}", path=path)


def _outside_formulas(quads: Iterable[Any], to: GraphBuilder) -> Iterator[Any]:
    """What N3 states; what stands between braces there is said of, as in rules, and counted."""
    outside = pyoxigraph().DefaultGraph
    for quad in quads:
        if type(quad.graph_name) is outside:
            yield quad
        else:
            to.skipped[NESTED] += 1


def statements_of(store: Any, to: GraphBuilder) -> Iterator[Statement] | None:
    """The statements of what pyoxigraph or rdflib holds; None of anything else."""
    libraries = {kind.__module__.partition(".")[0] for kind in type(store).__mro__}
    if "pyoxigraph" in libraries:
        return plain(store, to)
    if "rdflib" not in libraries:
        return None
    # A dataset's own triples are those of the default graph alone.
    whole = hasattr(store, "quads")
    return _plain_of_rdflib(store.quads() if whole else store.triples((None, None, None)), to)


def sort_statements(found: Iterable[Statement], to: GraphBuilder) -> int:
    """Adds statements to a graph.

    Statements with two entities become triples and those with a literal attribute triples. So do
    those of rdf:type: as entities, classes would be neighbours of a good part of a graph. Two
    entities of the graph that it says to be the same become one; that one of them is the same as
    something elsewhere is left out, as it would give the links away.

    Returns:
        How many statements there were.
    """
    entities, relations, attributes = to.entities, to.relations, to.attributes
    add_head, add_relation, add_tail = (column.append for column in to.triples)
    add_entity, add_attribute = (column.append for column in to.literals)
    add_value, add_type = to.values.append, to.types.append
    types: dict[str, str] = {STRING: ""}
    redirects, same = frozenset(REDIRECTS), frozenset(SAME_AS)
    count = number = 0
    before: str | None = None  # the subject that `number` is the number of: it often stays the same
    for subject, predicate, value, kind in found:
        count += 1
        if kind is None:
            if predicate in redirects:
                to.same.append((subject, value))
                continue
            if predicate in same:
                to.skipped[SAME] += 1
                continue
            if predicate != RDF_TYPE:
                if subject != before:
                    before, number = subject, entities[subject]
                add_head(number)
                add_relation(relations[predicate])
                add_tail(entities[value])
                continue
            if value.startswith("_:"):
                to.skipped[_NAMELESS] += 1
                continue
            to.n_typed += 1
            kind = IRI_TYPE
        if subject != before:
            before, number = subject, entities[subject]
        add_entity(number)
        add_attribute(attributes[predicate])
        add_value(value)
        add_type(types.setdefault(kind, kind))
    return count + to.skipped[NESTED]


def plain(
    quads: Iterable[Any], to: GraphBuilder, scope: str = "", *, keeps_labels: bool = True
) -> Iterator[Statement]:
    """Quads or triples of pyoxigraph as strings; statements about statements are counted.

    Args:
        scope: what tells these blank nodes from those of other files.
        keeps_labels: whether blank nodes are called as they are, and not by a number. Parsers
            make labels up at random, with which no two runs would be the same.
    """
    ox = pyoxigraph()
    iri, blank, literal = ox.NamedNode, ox.BlankNode, ox.Literal
    labels: dict[str, str] = {}

    def blank_name(label: str) -> str:
        if not keeps_labels:
            label = labels.setdefault(label, f"b{len(labels)}")
        return f"_:{scope}{label}"

    for quad in quads:
        subject, value = quad.subject, quad.object
        kind = type(subject)
        if kind is iri:
            name = subject.value
        elif kind is blank:
            name = blank_name(subject.value)
        else:
            to.skipped[NESTED] += 1
            continue
        kind = type(value)
        if kind is iri:
            yield name, quad.predicate.value, value.value, None
        elif kind is literal:
            language = value.language
            described = value.datatype.value if language is None else f"@{language}"
            yield name, quad.predicate.value, value.value, described
        elif kind is blank:
            yield name, quad.predicate.value, blank_name(value.value), None
        else:
            to.skipped[NESTED] += 1


def _plain_of_rdflib(triples: Iterable[Any], to: GraphBuilder) -> Iterator[Statement]:
    """Triples of rdflib as strings; those that are no RDF are counted."""
    for subject, predicate, value, *_ in triples:
        if _kind(subject) not in ("URIRef", "BNode") or _kind(predicate) != "URIRef":
            to.skipped[_NO_RDF] += 1
        elif (kind := _kind(value)) == "Literal":
            described = f"@{value.language.lower()}" if value.language else value.datatype
            yield _name(subject), str(predicate), str(value), str(described or "")
        elif kind in ("URIRef", "BNode"):
            yield _name(subject), str(predicate), _name(value), None
        else:
            to.skipped[_NO_RDF] += 1


def _kind(term: object) -> str:
    return type(term).__name__


def _name(term: object) -> str:
    return f"_:{term}" if _kind(term) == "BNode" else str(term)
