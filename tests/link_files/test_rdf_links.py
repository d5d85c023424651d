"""N-Triples and Turtle, held against an RDF library."""

import gzip
from pathlib import Path

import pyoxigraph
import pytest

from dualamn.alignment import Alignment
from dualamn.errors import DataError
from dualamn.files.iris import Base, is_iri, to_uri
from dualamn.link_files.formats import read_links
from dualamn.link_files.table import check_iris
from tests.link_files.conftest import alignment_of

EN, FR = "http://example.org/en/", "http://example.org/fr/"
OWL, SSSOM = "http://www.w3.org/2002/07/owl#", "https://w3id.org/sssom/"
SAME = f"{OWL}sameAs"


@pytest.fixture
def two() -> Alignment:
    graphs = {"en": [f"{EN}a", f"{EN}Café"], "fr": [f"{FR}A", f"{FR}北京"]}
    rows = [(f"{EN}a", f"{FR}A", 1.0), (f"{EN}Café", f"{FR}北京", 1 / 3)]
    return alignment_of(graphs, {(0, 1): rows}, names={"fr": ['a "\\', "b\x01\n"]})


def quads(path: Path, form: pyoxigraph.RdfFormat) -> list[tuple[str, str, str]]:
    parsed = pyoxigraph.parse(path.read_bytes(), format=form)
    return [(quad.subject.value, quad.predicate.value, quad.object.value) for quad in parsed]


def test_ntriples_are_triples_of_same_as(two: Alignment, tmp_path: Path) -> None:
    two.write(tmp_path / "links.nt")
    assert quads(tmp_path / "links.nt", pyoxigraph.RdfFormat.N_TRIPLES) == [
        (f"{EN}Café", SAME, f"{FR}北京"),
        (f"{EN}a", SAME, f"{FR}A"),
    ]


def test_turtle_has_plain_triples_and_annotated_axioms(two: Alignment, tmp_path: Path) -> None:
    two.write(tmp_path / "links.ttl", sssom={"mapping_set_id": "urn:x:set", "comment": 'a "b" \\'})
    found = quads(tmp_path / "links.ttl", pyoxigraph.RdfFormat.TURTLE)
    assert [triple for triple in found if triple[1] == SAME] == [
        (f"{EN}Café", SAME, f"{FR}北京"),
        (f"{EN}a", SAME, f"{FR}A"),
    ]
    nodes = [object_ for _, predicate, object_ in found if predicate == f"{SSSOM}mappings"]
    assert len(nodes) == 2
    first = {predicate: object_ for subject, predicate, object_ in found if subject == nodes[0]}
    assert first[f"{OWL}annotatedSource"] == f"{EN}Café"
    assert first[f"{OWL}annotatedProperty"] == SAME
    assert first[f"{OWL}annotatedTarget"] == f"{FR}北京"
    assert first[f"{SSSOM}confidence"] == "0.333333"
    assert first[f"{SSSOM}object_label"] == "b\x01"
    whole = {predicate: object_ for subject, predicate, object_ in found if subject == "urn:x:set"}
    assert whole["http://www.w3.org/2000/01/rdf-schema#comment"] == 'a "b" \\'
    assert whole[f"{SSSOM}subject_source"] == "urn:x:set#en"


def test_turtle_of_others(tmp_path: Path) -> None:
    """Plain triples alone; and with some annotated, the others count as sure."""
    path = tmp_path / "gold.ttl"
    plain = f"@prefix : <{EN}> . @prefix owl: <{OWL}> . @prefix s: <{SSSOM}> .\n"
    plain += ':a owl:sameAs :A ; :b "c" . :b owl:sameAs :B .\n'
    path.write_text(plain)
    table = read_links(path)
    assert (list(table.left), list(table.right)) == ([f"{EN}a", f"{EN}b"], [f"{EN}A", f"{EN}B"])
    assert table.score is None
    assert table.n_others == 1
    axiom = "[] a owl:Axiom ; owl:annotatedSource :b ; owl:annotatedProperty owl:{} ; "
    axiom += "owl:annotatedTarget :B ; s:confidence 0.25 .\n"
    path.write_text(plain + axiom.format("sameAs") + axiom.format("differentFrom"))
    table = read_links(path)
    assert table.score is not None
    assert dict(zip(table.left, table.score.tolist(), strict=True)) == {
        f"{EN}b": 0.25,
        f"{EN}a": 1.0,
    }
    assert table.n_others == 2


def test_other_forms_of_rdf_are_read_too(tmp_path: Path) -> None:
    line = f"<{EN}a> <{SAME}> <{EN}A>"
    (tmp_path / "gold.nq").write_text(f"{line} <urn:x:graph> .\n")
    (tmp_path / "gold.nt.gz").write_bytes(
        gzip.compress(f"{line} .\n_:b <{SAME}> <{EN}A> .\n".encode())
    )
    (tmp_path / "gold.rdf").write_text(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns:owl="{OWL}"><rdf:Description rdf:about="{EN}a">'
        f'<owl:sameAs rdf:resource="{EN}A"/></rdf:Description></rdf:RDF>'
    )
    for path, n_others in (("gold.nq", 0), ("gold.nt.gz", 1), ("gold.rdf", 0)):
        table = read_links(tmp_path / path)
        assert (list(table.left), list(table.right)) == ([f"{EN}a"], [f"{EN}A"])
        assert table.n_others == n_others


def test_ntriples_of_others(tmp_path: Path) -> None:
    path = tmp_path / "gold.nt"
    path.write_text(
        f"# comment\n\n<{EN}a>  <{SAME}>\t<{EN}\\u00e9>. # here\r\n"
        f"<{EN}a> <{EN}p> <{EN}b> .\n"
        f'<{EN}a> <{EN}name> "x . \\" y"@en .\n'
        f"_:b <{SAME}> <{EN}c> .\n"
        f"<{EN}b> <http://www.w3.org/2004/02/skos/core#exactMatch> <{EN}B> .\n"
    )
    table = read_links(path)
    assert (list(table.left), list(table.right)) == ([f"{EN}a", f"{EN}b"], [f"{EN}é", f"{EN}B"])
    assert table.n_others == 3


@pytest.mark.parametrize("name", ["l.nt", "l.ttl", "l.sssom.tsv"])
def test_names_that_are_no_iris_need_a_base(tmp_path: Path, name: str) -> None:
    alignment = alignment_of(
        {"l": ["Alien: X"], "r": [f"{FR}x"]}, {(0, 1): [("Alien: X", f"{FR}x", 1)]}
    )
    with pytest.raises(DataError, match=r"needs IRIs, and 'Alien: X' of l is none; give a base"):
        alignment.write(tmp_path / name)
    with pytest.raises(DataError, match="needs IRIs, and 'Alien: X' of l is none"):
        check_iris(alignment.task, None)
    base = "https://example.org/"
    check_iris(alignment.task, Base(base))
    alignment.write(tmp_path / name, base=base)
    plain = read_links(tmp_path / name)
    assert (list(plain.left), list(plain.right)) == ([f"{base}l/Alien%3A%20X"], [f"{FR}x"])
    assert list(read_links(tmp_path / name, base=base).left) == ["Alien: X"]
    with pytest.raises(DataError, match=r"begins with the base http://example\.org/, so names"):
        alignment.write(tmp_path / name, base="http://example.org/")


def test_blank_nodes_need_no_iri() -> None:
    check_iris(alignment_of({"l": ["_:b0", f"{EN}a"], "r": [f"{FR}a"]}, {}).task, None)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("http://dbpedia.org/resource/Café_(x)", True),
        ("HTTPS://example.org", True),
        ("urn:isbn:1", True),
        ("en:7", False),
        ("Alien: Covenant", False),
        ("http://example.org/a b", False),
        ("http://example.org/a>b", False),
        ("http://example.org/\n", False),
        ("http://", False),
        ("_:b0", False),
        ("", False),
    ],
)
def test_what_an_iri_is(text: str, answer: bool) -> None:
    assert is_iri(text) is answer


def test_uris_are_ascii_and_stay_as_they_are() -> None:
    assert to_uri("http://e.org/é%C3%A9 %zz[1]") == "http://e.org/%C3%A9%C3%A9%20%25zz%5B1%5D"
    assert to_uri(to_uri("http://e.org/é%zz")) == to_uri("http://e.org/é%zz")
