"""Sorts the statements of RDF files into triples, attribute triples and names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dualamn.data_loaders.files import RDF, suffix
from dualamn.data_loaders.graph_builder import IRI_TYPE, GraphBuilder
from dualamn.data_loaders.rdf.parse import pyoxigraph, statements
from dualamn.data_loaders.reading import RDF_TYPE, SAME_AS
from dualamn.errors import DataError

_STRING = "http://www.w3.org/2001/XMLSchema#string"
_SAME = "say that two entities are the same, which is no triple of the graph; as --links they are"
_NESTED = "about statements skipped"


def collect(path: Path, to: GraphBuilder, scope: str = "") -> None:
    """Adds the statements of a file to a graph; which named graph they are in does not count.

    Args:
        path: the file.
        to: the graph.
        scope: what tells the blank nodes of this file from those of others.

    Raises:
        DataError: the file cannot be read, is empty, or has a mistake.
    """
    keeps_labels = RDF[suffix(path)] in ("N-Triples", "N-Quads")
    count = sort_statements(statements(path), to, scope, keeps_labels=keeps_labels)
    if not count:
        raise DataError(
            f"there is no statement in this file; expected {RDF[suffix(path)]}", path=path
        )


def sort_statements(
    quads: Any, to: GraphBuilder, scope: str = "", *, keeps_labels: bool = True
) -> int:
    """Adds quads or triples of pyoxigraph to a graph.

    Args:
        quads: the statements.
        to: the graph.
        scope: what tells these blank nodes from those of other files.
        keeps_labels: whether blank nodes are called as they are, and not by a number. Parsers
            make labels up at random, with which no two runs would be the same.

    Returns:
        How many statements there were.
    """
    ox = pyoxigraph()
    iri, blank, literal = ox.NamedNode, ox.BlankNode, ox.Literal
    entities, relations, attributes = to.entities, to.relations, to.attributes
    add_head, add_relation, add_tail = (column.append for column in to.triples)
    add_entity, add_attribute = (column.append for column in to.literals)
    add_value, add_type = to.values.append, to.types.append
    same = {name: index for index, name in enumerate(SAME_AS)}
    types: dict[str, str] = {_STRING: ""}
    labels: dict[str, str] = {}

    def blank_name(label: str) -> str:
        if not keeps_labels:
            label = labels.setdefault(label, f"b{len(labels)}")
        return f"_:{scope}{label}"

    count = 0
    for quad in quads:
        count += 1
        subject, value = quad.subject, quad.object
        kind, predicate = type(value), quad.predicate.value
        if predicate in same and kind is not literal:
            to.skipped[_SAME] += 1
            continue
        if type(subject) is iri:
            name = subject.value
        elif type(subject) is blank:
            name = blank_name(subject.value)
        else:
            to.skipped[_NESTED] += 1
            continue
        if kind is literal:
            add_entity(entities[name])
            add_attribute(attributes[predicate])
            add_value(value.value)
            language = value.language
            described = value.datatype.value if language is None else f"@{language}"
            add_type(types.setdefault(described, described))
        elif predicate == RDF_TYPE:
            if kind is not iri:
                to.skipped["give a type without a name, skipped"] += 1
                continue
            add_entity(entities[name])
            add_attribute(attributes[predicate])
            add_value(value.value)
            add_type(IRI_TYPE)
            to.n_typed += 1
        elif kind is iri or kind is blank:
            add_head(entities[name])
            add_relation(relations[predicate])
            add_tail(entities[value.value if kind is iri else blank_name(value.value)])
        else:
            to.skipped[_NESTED] += 1
    return count
