"""Graphs as other tools write them: KGTK, KGX, Neo4j, JSON-LD, N3 and dumps of Wikidata in JSON."""

import bz2
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dualamn.data_loaders.string_graph import read_graph
from dualamn.files.rdf import Reading
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from tests.data_loaders.conftest import refused, triples

E = "http://e.org/"
W, P = "http://www.wikidata.org/entity/", "http://www.wikidata.org/prop/direct/"


def graph(folder: Path, files: Mapping[str, str | bytes], **how: Any) -> tuple[Any, list[str]]:
    paths = []
    for name, content in files.items():
        paths.append(folder / name)
        paths[-1].write_bytes(content if isinstance(content, bytes) else content.encode())
    notes: list[str] = []
    return read_graph(paths, "g", notes, Reading.of(**how)), notes


def names(kg: KnowledgeGraph) -> dict[str, str]:
    given = [""] * kg.n_entities if kg.entity_names is None else kg.entity_names
    return {entity: name for entity, name in zip(kg.entities, given, strict=True) if name}


def facts(kg: KnowledgeGraph) -> set[tuple[str, str, str, str]]:
    found = kg.literals
    if found is None:
        return set()
    words = found.attributes[found.kinds]
    kinds = (kind.rpartition("#")[2] for kind in found.types)
    return set(zip(kg.entities[found.entities], words, found.values, kinds, strict=True))


def test_kgtk(tmp_path: Path) -> None:
    text = (
        "id\tnode1\tlabel\tnode2\trank\n"
        "e1\tQ1\tP2\tQ2\tnormal\n"
        "e2\tQ1\tlabel\t'Zoë\\'s'@en\t\n"
        'e3\tQ2\tlabel\t"Two"\t\n'
        "e4\tQ1\tP3\t^2001-05-06T00:00:00Z/11\t\n"
        "e5\tQ1\tP4\t+12.5Q11\t\n"
        "e6\tQ1\tP5\t@47.5/8.5\t\n"
    )
    kg, notes = graph(tmp_path, {"g.tsv": text})
    assert triples(kg) == {("Q1", "P2", "Q2")}
    assert names(kg) == {"Q1": "Zoë's", "Q2": "Two"}
    assert facts(kg) == {
        ("Q1", "P3", "2001-05-06T00:00:00Z", "dateTime"),
        ("Q1", "P4", "12.5", "decimal"),
        ("Q1", "P5", "47.5 8.5", ""),
    }
    assert notes[:2] == ["g.tsv: read as KGTK edges", "g.tsv: not read: the columns rank"]


def test_kgx(tmp_path: Path) -> None:
    nodes = (
        "id\tcategory\tname\tsynonym\ttaxon\n"
        "A:1\tb:Gene|b:Thing\tone\tuno|I\t9606\nA:2\tb:Gene\ttwo\t\t\n"
    )
    edges = "id\tsubject\tpredicate\tobject\nx\tA:1\tb:with\tA:2\n"
    kg, notes = graph(tmp_path, {"nodes.tsv": nodes, "edges.tsv": edges})
    assert triples(kg) == {("A:1", "b:with", "A:2")}
    assert names(kg) == {"A:1": "one", "A:2": "two"}
    further = kg.further_names
    assert further is not None
    assert set(further.names) >= {"uno", "I"}
    assert ("A:1", "taxon", "9606", "") in facts(kg)
    assert {value for _, word, value, _ in facts(kg) if word.endswith("#type")} == {
        "b:Gene",
        "b:Thing",
    }
    assert "nodes.tsv: read as KGX nodes" in notes


def test_neo4j(tmp_path: Path) -> None:
    people = 'id:ID(P),name,:LABEL,born:int,tags:string[]\np1,"Reeves, K.",Actor;Man,1964,a;b\n'
    films = "id:ID(F),title,:LABEL,x:IGNORE\nf1,Matrix,Film,secret\n"
    acted = ":START_ID(P),role,:END_ID(F),:TYPE\np1,Neo,f1,ACTED_IN\n"
    files = {"people.csv": people, "films.csv": films, "acted.csv": acted}
    kg, notes = graph(tmp_path, files)
    assert triples(kg) == {("p1", "ACTED_IN", "f1")}
    assert set(kg.entities) == {"p1", "f1"}
    assert {("p1", "born", "1964", ""), ("p1", "tags", "a", ""), ("p1", "tags", "b", "")} <= facts(
        kg
    )
    assert not any("secret" in row for row in facts(kg))
    assert "acted.csv: not read: 1 column about relationships" in notes
    both = (
        '"_id","_labels","name","_start","_end","_type"\n'
        '"0",":Actor:Man","Reeves",,,\n"1",":Film","Matrix",,,\n,,,"0","1","ACTED_IN"\n'
    )
    kg, _ = graph(tmp_path, {"apoc.csv": both})
    assert triples(kg) == {("0", "ACTED_IN", "1")}
    assert ("0", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "Man", "anyURI") in facts(kg)


def test_json_ld_and_n3(tmp_path: Path) -> None:
    document: dict[str, Any] = {
        "@context": {"knows": {"@id": f"{E}knows", "@type": "@id"}},
        "@id": f"{E}a",
        "knows": f"{E}b",
        f"{E}age": 5,
    }
    kg, _ = graph(tmp_path, {"g.jsonld": json.dumps(document)})
    assert triples(kg) == {(f"{E}a", f"{E}knows", f"{E}b")}
    assert facts(kg) == {(f"{E}a", f"{E}age", "5", "integer")}
    document["@context"] = "https://schema.org/"
    (tmp_path / "g.jsonld").write_text(json.dumps(document))
    refused(tmp_path / "g.jsonld", "@context", "nothing is fetched", call=graph_of)
    text = f"@prefix : <{E}> . :a :knows :b ; is :of of :c . {{ :x :p :y }} => {{ :y :p :x }} ."
    kg, notes = graph(tmp_path, {"g.n3": text})
    assert triples(kg) >= {(f"{E}a", f"{E}knows", f"{E}b"), (f"{E}c", f"{E}of", f"{E}a")}
    assert f"{E}x" not in kg.entities
    assert "g: 2 statements about statements skipped" in notes


def graph_of(path: Path) -> KnowledgeGraph:
    return read_graph(path, "g", [])


def claim(value: Any, kind: str, rank: str = "normal") -> dict[str, Any]:
    snak = {"snaktype": "value", "datavalue": {"type": kind, "value": value}}
    return {"mainsnak": snak, "rank": rank, "qualifiers": {"P9": [{}]}}


ITEM = {
    "type": "item",
    "id": "Q1",
    "labels": {"en": {"language": "en", "value": "One"}, "de": {"language": "de", "value": "Eins"}},
    "aliases": {"en": [{"language": "en", "value": "First"}]},
    "claims": {
        "P1": [
            claim({"id": "Q2"}, "wikibase-entityid", "preferred"),
            claim({"id": "Q3"}, "wikibase-entityid"),
        ],
        "P2": [claim({"numeric-id": 4}, "wikibase-entityid"), claim("x", "string", "deprecated")],
        "P3": [claim({"time": "+1952-03-00T00:00:00Z", "precision": 10}, "time")],
        "P4": [claim({"amount": "+12", "unit": "1"}, "quantity")],
        "P5": [claim("AB-1", "string"), {"mainsnak": {"snaktype": "novalue"}, "rank": "normal"}],
        "P6": [claim({"text": "Un", "language": "fr"}, "monolingualtext")],
        "P7": [claim({"latitude": 47.5, "longitude": 8.5}, "globecoordinate")],
    },
}
OTHER = {"id": "Q2", "labels": {"en": {"language": "en", "value": "Two"}}, "claims": []}


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("d.json", "[\n{}\n]\n"),
        ("d.json", "[{}]"),
        ("d.json.gz", "[\n{}\n]\n"),
        ("d.json.bz2", "[\n{}\n]\n"),
        ("d.jsonl", "{}\n"),
    ],
)
def test_wikidata_in_json(tmp_path: Path, name: str, form: str) -> None:
    between = "\n" if name == "d.jsonl" else ",\n"
    data = form.replace("{}", between.join(map(json.dumps, (ITEM, OTHER)))).encode()
    if name.endswith(".gz"):
        data = gzip.compress(data)
    elif name.endswith(".bz2"):
        data = bz2.compress(data)
    kg, notes = graph(tmp_path, {name: data})
    assert "g: 2 statements deprecated or less preferred than others skipped" in notes
    assert "g: 7 statements read without their qualifiers" in notes
    assert triples(kg) == {
        (f"{W}Q1", f"{P}P1", f"{W}Q2"),
        (f"{W}Q1", f"{P}P2", f"{W}Q4"),
    }
    assert names(kg) == {f"{W}Q1": "One", f"{W}Q2": "Two"}
    assert {"First", "Eins"} <= set(kg.further_names.names)
    assert {
        ("P3", "1952-03-01T00:00:00Z", "dateTime"),
        ("P4", "12", "decimal"),
        ("P5", "AB-1", ""),
        ("P6", "Un", "@fr"),
        (
            "P7",
            "Point(8.5 47.5)",
            "http://www.opengis.net/ont/geosparql#wktLiteral".rpartition("#")[2],
        ),
    } == {(word.removeprefix(P), value, kind) for _, word, value, kind in facts(kg)}


def test_json_that_is_no_dump(tmp_path: Path) -> None:
    text = f'[\n{json.dumps(OTHER)},\n{{"name": 1}}\n]\n'
    path = tmp_path / "d.json"
    path.write_text(text)
    refused(path, "no entity of Wikidata", "--skip-bad-lines", file="d.json", line=3, call=graph_of)
    kg, notes = graph(tmp_path, {"d.json": text}, skip_bad_lines=True)
    assert list(kg.entities) == [f"{W}Q2"]
    assert notes[0] == "d.json: 1 line that cannot be read was left out (line 3)"
    path.write_text("[]\n")
    refused(path, "no entity in this file", file="d.json", call=graph_of)
