"""What is a term of a schema and what a thing: classes and properties are no entities as a rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualamn.data_loaders.statement_table import StatementTable
from dualamn.files.text import counted
from dualamn.kernels.arrays import BoolArray

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
WIKIBASE = "http://wikiba.se/ontology#"
SUB_CLASS = f"{RDFS}subClassOf"

HARDLY_ANY = 0.1
"""Up to so many individuals a term, a graph is an ontology and its classes are the entities."""

_OF_THINGS = {
    *(OWL + name for name in ("Thing", "NamedIndividual", "Nothing")),
    *(RDF + name for name in ("Bag", "Seq", "Alt", "List", "Statement")),
    f"{RDFS}Resource",
    f"{RDFS}Container",
}
"""Types of these vocabularies whose members are no terms."""
_OF_CLASSES = (
    SUB_CLASS,
    *(OWL + name for name in ("equivalentClass", "disjointWith", "disjointUnionOf")),
)
"""Relations of which both ends are classes."""
_OF_PROPERTIES = (
    f"{RDFS}subPropertyOf",
    *(OWL + name for name in ("equivalentProperty", "inverseOf", "propertyDisjointWith")),
)
"""Relations of which both ends are properties."""
_OF_PROPERTY_AND_CLASS = (f"{RDFS}domain", f"{RDFS}range")
_NO_THINGS = {
    f"{RDF}Statement",
    "http://www.w3.org/2008/05/skos-xl#Label",
    "http://www.w3.org/ns/lemon/ontolex#Form",
}
_NO_RECORDS = {WIKIBASE + name for name in ("Item", "Property", "Lexeme", "Form", "Sense")}


@dataclass(frozen=True, eq=False)
class SchemaTerms:
    """The terms of a schema among the entities of a graph.

    Attributes:
        vocabulary: (n,) bool: terms of RDF, RDFS, OWL, XSD and Wikibase themselves, never an
            entity.
        classes, properties: (n,) bool: what the graph declares.
        others: (n,) bool: what else is no thing: ontologies, axioms, labels of SKOS-XL, and the
            statement nodes of Wikibase and of reification.
    """

    vocabulary: BoolArray
    classes: BoolArray
    properties: BoolArray
    others: BoolArray


def schema_terms(table: StatementTable) -> SchemaTerms:
    """The terms of a schema: by their types, and by relations that only such terms have."""
    n = len(table.entities)
    vocabulary = is_vocabulary(table)
    members, kinds, names = table.classes
    classes, properties, others = (np.zeros(n, dtype=bool) for _ in range(3))
    for into, is_such in ((classes, _is_class), (properties, _is_property), (others, _is_other)):
        chosen = np.array([is_such(name) for name in names], dtype=bool)
        into[members[chosen[kinds]]] = True
    for into, relations in ((classes, _OF_CLASSES), (properties, _OF_PROPERTIES)):
        into[table.triples[table.of(relations)][:, [0, 2]]] = True
    described = table.triples[table.of(_OF_PROPERTY_AND_CLASS)]
    properties[described[:, 0]] = True
    classes[described[:, 2]] = True
    properties &= ~vocabulary
    classes &= ~vocabulary & ~properties
    return SchemaTerms(vocabulary, classes, properties, others & ~classes & ~properties)


def is_vocabulary(table: StatementTable) -> BoolArray:
    """(n,) bool: terms of RDF, RDFS, OWL, XSD and Wikibase themselves."""
    spaces = (RDF, RDFS, OWL, XSD, WIKIBASE)
    found = (entity.startswith(spaces) for entity in table.entities)
    return np.fromiter(found, np.bool_, len(table.entities))


def who_is_no_entity(
    table: StatementTable, wanted: str, name: str, notes: list[str]
) -> tuple[BoolArray, BoolArray]:
    """(n,) bool: those that get no links, and (n,) bool: terms that do; a note says what decided.

    Args:
        wanted: "individuals", "classes" (and properties) or "both"; with "auto" classes are
            entities where there are hardly any individuals, both are where terms are more, and
            otherwise individuals alone.
    """
    terms = schema_terms(table)
    is_term = terms.classes | terms.properties
    left_out = terms.vocabulary | terms.others
    nobody = np.zeros(len(is_term), dtype=bool)
    if not is_term.any():
        return left_out, nobody
    individuals = _individuals(table, is_term | left_out)
    n_terms, n_individuals = int((is_term & ~table.is_blank).sum()), int(individuals.sum())
    if wanted == "auto":
        wanted = "individuals"
        if n_individuals < n_terms:
            wanted = "classes" if n_individuals <= HARDLY_ANY * n_terms else "both"
    described = (
        f"{counted(int(terms.classes.sum()), 'class', 'classes')} and "
        f"{counted(int(terms.properties.sum()), 'property', 'properties')}"
    )
    things = counted(n_individuals, "individual")
    if wanted == "individuals":
        notes.append(f"{name}: {described} of the schema get no links, individuals do")
        beside = _beside_terms(table, is_term, individuals | left_out | is_term)
        return left_out | is_term | beside, nobody
    if wanted == "classes":
        without = f", {things} get none" if n_individuals else ""
        notes.append(f"{name}: an ontology: {described} are the entities{without}")
        return left_out | individuals, is_term
    notes.append(f"{name}: {described} are entities, and so are {things}")
    return left_out, is_term


def _individuals(table: StatementTable, no_things: BoolArray) -> BoolArray:
    """(n,) bool: things with a type or with a triple of their own; blank nodes are none."""
    found = np.zeros(len(table.entities), dtype=bool)
    found[table.classes[0]] = True
    found[table.triples[:, 0]] = True
    return found & ~no_things & ~table.is_blank


def _beside_terms(table: StatementTable, is_term: BoolArray, known: BoolArray) -> BoolArray:
    """(n,) bool: what else has the namespace of terms, and only of terms: terms of other files."""
    entities = table.entities
    spaces = {_space(entities[at]) for at in np.flatnonzero(is_term & ~table.is_blank)}
    spaces -= {_space(entities[at]) for at in np.flatnonzero(known & ~is_term)}
    found = np.zeros(len(known), dtype=bool)
    for at in np.flatnonzero(~known & ~table.is_blank).tolist():
        found[at] = _space(entities[at]) in spaces
    return found


def _space(identifier: str) -> str:
    """The namespace of an identifier: what is before its last "#" or "/"."""
    return identifier[: max(identifier.rfind("#"), identifier.rfind("/")) + 1]


def _is_class(kind: str) -> bool:
    return kind in (f"{OWL}Class", f"{RDFS}Class", f"{RDFS}Datatype", f"{OWL}DeprecatedClass")


def _is_property(kind: str) -> bool:
    if kind == f"{OWL}AnnotationProperty":
        return False
    return kind.startswith((OWL, RDF)) and kind.endswith("Property")


def _is_other(kind: str) -> bool:
    if kind.startswith(WIKIBASE):
        return kind not in _NO_RECORDS
    declares = kind.startswith((RDF, RDFS, OWL)) and kind not in _OF_THINGS
    return kind in _NO_THINGS or (declares and not _is_class(kind) and not _is_property(kind))
