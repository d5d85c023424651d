"""Statements about statements: reification, Wikibase, and quoted triples."""

from pathlib import Path

import pytest

from dualamn.data_loaders.string_graph import read_graph
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from tests.conftest import there
from tests.data_loaders.conftest import triples

PREFIXES = """
@prefix : <http://e.org/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix wd: <http://w/entity/> .
@prefix s: <http://w/entity/statement/> .
@prefix wdt: <http://w/prop/direct/> .
@prefix p: <http://w/prop/> .
@prefix ps: <http://w/prop/statement/> .
@prefix psv: <http://w/prop/statement/value/> .
@prefix pq: <http://w/prop/qualifier/> .
@prefix pqv: <http://w/prop/qualifier/value/> .
@prefix pr: <http://w/prop/reference/> .
@prefix ref: <http://w/reference/> .
@prefix v: <http://w/value/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix wikibase: <http://wikiba.se/ontology#> .
"""
E, W = "http://e.org/", "http://w/"


def graph(folder: Path, text: str) -> tuple[KnowledgeGraph, list[str]]:
    (folder / "g.ttl").write_text(PREFIXES + text)
    notes: list[str] = []
    return read_graph(folder / "g.ttl", "g", notes), notes


def facts(kg: KnowledgeGraph) -> set[tuple[str, str, str]]:
    found = there(kg.literals)
    kinds = found.attributes[found.kinds]
    return set(zip(kg.entities[found.entities], kinds, found.values, strict=True))


@pytest.mark.parametrize("node", ["_:s", ":s"])
def test_reified_statements_are_read_as_such(tmp_path: Path, node: str) -> None:
    kg, notes = graph(
        tmp_path,
        f"{node} a rdf:Statement ; rdf:subject :a ; rdf:predicate :r ; rdf:object :b .\n"
        f"{node} :since 2001 .\n"
        f"{node}2 rdf:subject :a ; rdf:predicate :n ; rdf:object 5 ; :by :c . :b :r :c .\n"
        f"{node}3 rdf:subject :x ; rdf:object :y .",
    )
    assert {(f"{E}a", f"{E}r", f"{E}b"), (f"{E}b", f"{E}r", f"{E}c")} <= triples(kg)
    assert (f"{E}a", f"{E}n", "5") in facts(kg)
    assert not {f"{E}s", f"{E}s2", f"{E}r"} & set(kg.entities)
    assert not any("2001" in row for row in facts(kg))
    assert "g: 2 nodes that stand for statements read as these, 2 statements about them" in notes[0]


def test_statements_of_wikibase(tmp_path: Path) -> None:
    kg, notes = graph(
        tmp_path,
        """
        wd:Q1 wdt:P1 wd:Q2 ; p:P1 s:1, s:2 ; p:P2 s:3, s:4 ; p:P3 s:5 .
        s:1 ps:P1 wd:Q2 ; pq:P9 wd:Q7 ; wikibase:rank wikibase:PreferredRank .
        s:2 ps:P1 wd:Q3 ; wikibase:rank wikibase:NormalRank .
        s:3 ps:P2 wd:Q4 ; wikibase:rank wikibase:NormalRank ; prov:wasDerivedFrom ref:1 .
        s:4 ps:P2 wd:Q5 ; wikibase:rank wikibase:DeprecatedRank .
        s:5 ps:P3 "2001" ; psv:P3 v:1 ; pqv:P8 v:2 .
        ref:1 pr:P7 wd:Q6 . v:1 wikibase:timeValue "2001" . v:2 wikibase:timeValue "2002" .
        """,
    )
    assert triples(kg) == {
        (f"{W}entity/Q1", f"{W}prop/direct/P1", f"{W}entity/Q2"),
        (f"{W}entity/Q1", f"{W}prop/direct/P2", f"{W}entity/Q4"),
    }
    assert facts(kg) == {(f"{W}entity/Q1", f"{W}prop/direct/P3", "2001")}
    assert len(kg.entities) == 3
    assert notes[0].startswith("g: 5 nodes that stand for statements read as these")


def test_other_graphs_are_as_they_were(tmp_path: Path) -> None:
    kg, notes = graph(tmp_path, ":a :r :b . :b wdt:P1 :c . :b p:P1 :d .")
    assert len(kg.triples) == 3
    assert notes == []
