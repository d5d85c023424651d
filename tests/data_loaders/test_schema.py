"""Schemas, axioms, redirects and deprecated entities: who is an entity of a graph."""

from pathlib import Path

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dualamn
from dualamn.data_loaders.schema_terms import OWL, RDF, RDFS
from dualamn.errors import ConfigError
from dualamn.files.rdf import ENTITIES
from dualamn.kernels.arrays import strings
from tests.data_loaders.conftest import links, triples
from tests.data_loaders.turtle import all_names, linkable, local, read

SCHEMA = """
:Work a owl:Class ; rdfs:label "Work" . :Opera rdfs:subClassOf :Work ; rdfs:label "Opera" .
:wrote a owl:ObjectProperty ; rdfs:label "wrote" ; rdfs:domain :Person ; rdfs:range :Work .
:title a owl:DatatypeProperty ; rdfs:range <http://www.w3.org/2001/XMLSchema#string> .
<http://e.org/> a owl:Ontology .
"""


def things(count: int) -> str:
    return "\n".join(f':x{at} a :Opera ; rdfs:label "x {at}" ; :r :x0 .' for at in range(count))


def joined(text: str) -> set[tuple[str, str, str]]:
    kg, _ = read(text)
    return {(local(h), local(r), local(t)) for h, r, t in triples(kg)}


@pytest.mark.parametrize(
    ("count", "entities", "expected"),
    [
        (9, "auto", {"things"}),
        (3, "auto", {"things", "terms"}),
        (0, "auto", {"terms"}),
        (9, "classes", {"terms"}),
        (9, "both", {"things", "terms"}),
        (3, "individuals", {"things"}),
    ],
)
def test_what_of_a_graph_with_a_schema_gets_links(
    count: int, entities: str, expected: set[str]
) -> None:
    kg, notes = read(SCHEMA + things(count), entities=entities)
    found = linkable(kg)
    terms = {"Work", "Opera", "Person", "wrote"}
    assert found & terms == (terms if "terms" in expected else set())
    assert found - terms - {"title"} == (
        {f"x{at}" for at in range(count)} if "things" in expected else set()
    )
    # What gets no links is nobody's namesake.
    assert all_names(kg).keys() <= found
    assert sum("class" in note for note in notes) >= 1


def test_terms_without_a_label_are_called_by_their_identifiers() -> None:
    kg, _ = read(
        ":SubjectArea a owl:Class . :hasAuthor a owl:ObjectProperty . :MA_001 a owl:Class ."
        ' :x a owl:Class ; rdfs:label "labelled" . :ProgramCommittee a owl:Class .'
    )
    assert all_names(kg) == {
        "SubjectArea": ["Subject Area"],
        "hasAuthor": ["has Author"],
        "ProgramCommittee": ["Program Committee"],
        "x": ["labelled"],
    }
    kg, _ = read(SCHEMA + things(9) + " :AnyThing a :Opera .")
    assert "AnyThing" not in all_names(kg)


def test_terms_of_other_files_are_known_by_their_namespace() -> None:
    terms = ':A a owl:Class . <http://v.org/P> a owl:Class . <http://v.org/Q> rdfs:label "Q" .'
    kg, _ = read(terms + things(9))
    assert "Q" not in linkable(kg)


def test_an_unknown_kind_of_entities_is_refused() -> None:
    with pytest.raises(ConfigError, match="entities are 'terms'; use auto, individuals"):
        read(SCHEMA, entities="terms")


def test_restrictions_and_intersections_are_triples() -> None:
    assert joined(
        ":Hand a owl:Class ; rdfs:subClassOf :Limb , [ a owl:Restriction ; owl:onProperty :partOf ;"
        " owl:someValuesFrom :Arm ] . :partOf a owl:ObjectProperty . :Arm a owl:Class ."
        " :Left owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( :Hand [ a owl:Restriction"
        " ; owl:onProperty :side ; owl:hasValue :LeftSide ] ) ] ."
        " :Any rdfs:subClassOf [ owl:unionOf ( :Hand :Arm ) ] ; :r :Hand ."
    ) == {
        ("Hand", "subClassOf", "Limb"),
        ("Hand", "partOf", "Arm"),
        ("Left", "subClassOf", "Hand"),
        ("Left", "side", "LeftSide"),
        ("Any", "r", "Hand"),
    }


def test_a_list_is_a_statement_of_each_member() -> None:
    assert joined(":a :authors ( :b :c ) ; :r :d . :d :notes ( ) .") == {
        ("a", "authors", "b"),
        ("a", "authors", "c"),
        ("a", "r", "d"),
    }


REDIRECTS = (
    ':a rdfs:label "A" ; :r :b . :b :r :c . :old owl:sameAs :a . :older owl:sameAs :old .'
    ' :a2 rdfs:label "A two" ; owl:sameAs :a . :a owl:sameAs <http://elsewhere.org/a> .'
)


def test_entities_that_a_graph_says_to_be_the_same_are_one() -> None:
    kg, notes = read(REDIRECTS)
    assert linkable(kg) == {"a", "b", "c"}
    assert all_names(kg) == {"a": ["A", "A two"]}
    assert {local(other): local(own) for other, own in (kg.aliases or {}).items()} == {
        "a2": "a",
        "old": "a",
        "older": "a",
    }
    assert any(note.startswith("g: 3 identifiers that the graph says") for note in notes)
    assert any(note.startswith("g: 1 statement say that two entities") for note in notes)


def test_links_may_call_an_entity_by_a_redirect(tmp_path: Path) -> None:
    (tmp_path / "l.nt").write_text(
        "<x:a> <x:r> <x:b> .\n<x:old> <http://www.w3.org/2002/07/owl#sameAs> <x:a> .\n"
    )
    (tmp_path / "r.tsv").write_text("y:a\tr\ty:b\n")
    (tmp_path / "links.tsv").write_text("x:old\ty:a\n")
    task = dualamn.load_files([tmp_path / "l.nt", tmp_path / "r.tsv"], tmp_path / "links.tsv")
    assert links(task, task.seed_links) == {("x:a", "y:a")}


def test_deprecated_entities_get_no_links_but_lead_to_what_replaces_them() -> None:
    kg, notes = read(
        ':a rdfs:label "A" ; :r :b . :b :r :a . :gone rdfs:label "A" ; owl:deprecated true ;'
        " :r :b ; dct:isReplacedBy :a . :edition dct:isReplacedBy :b ."
    )
    assert linkable(kg) == {"a", "b", "edition"}
    assert all_names(kg) == {"a": ["A"]}
    assert kg.aliases == {"http://e.org/gone": "http://e.org/a"}
    assert any(note.startswith("g: 1 deprecated entity get") for note in notes)
    kg, _ = read(":Old a owl:DeprecatedClass ; rdfs:subClassOf :New . :New a owl:Class .")
    assert linkable(kg) == {"New"}


VOCABULARY = [
    *(OWL + name for name in ("onProperty", "someValuesFrom", "intersectionOf", "unionOf")),
    *(OWL + name for name in ("sameAs", "deprecated", "equivalentClass")),
    *(RDFS + name for name in ("subClassOf", "label", "domain")),
    *(RDF + name for name in ("type", "first", "rest", "subject", "predicate", "object")),
    "http://www.w3.org/2008/05/skos-xl#prefLabel",
    "http://www.w3.org/2008/05/skos-xl#literalForm",
    "http://schema.org/about",
    "http://purl.org/dc/terms/isReplacedBy",
    "http://e.org/given_name",
    "http://e.org/surname",
]
NODES = [
    *(pyoxigraph.NamedNode(f"http://e.org/{x}") for x in "abcd"),
    *(pyoxigraph.BlankNode(x) for x in "xyz"),
]
CLASSES = [pyoxigraph.NamedNode(OWL + x) for x in ("Class", "Restriction", "AnnotationProperty")]
TEXTS = [pyoxigraph.Literal(word) for word in ("true", "Anna", "", "Berta")]
ANYTHING = st.builds(
    pyoxigraph.Triple,
    st.sampled_from(NODES),
    st.sampled_from([pyoxigraph.NamedNode(name) for name in VOCABULARY]),
    st.sampled_from([*NODES, *CLASSES, *TEXTS, pyoxigraph.NamedNode(RDF + "nil")]),
)


@given(said=st.lists(ANYTHING, min_size=1, max_size=25), entities=st.sampled_from(ENTITIES))
def test_whatever_is_said_gives_a_graph(said: list[pyoxigraph.Triple], entities: str) -> None:
    kg = dualamn.as_graph(pyoxigraph.Dataset(said_as_quads(said)), "g", entities=entities)
    first = kg.entity_names if kg.entity_names is not None else strings([""] * kg.n_entities)
    named = first != ""
    if kg.further_names is not None:
        assert named[kg.further_names.entities].all()
        pairs = list(zip(kg.further_names.entities, kg.further_names.names, strict=True))
        assert len(set(pairs)) == len(pairs)
        assert all(first[entity] != name for entity, name in pairs)
    if kg.unlinkable is not None:
        assert not (named & kg.unlinkable).any()
    assert not any(name for name, e in zip(first, kg.entities, strict=True) if e[:2] == "_:")
    assert set((kg.aliases or {}).values()) <= set(kg.entities)


def said_as_quads(said: list[pyoxigraph.Triple]) -> list[pyoxigraph.Quad]:
    return [pyoxigraph.Quad(*triple) for triple in said]
