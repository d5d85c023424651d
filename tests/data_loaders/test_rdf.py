"""Graphs from RDF: what becomes a triple, an attribute triple or a name, and what is refused."""

import bz2
import gzip
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from dualamn.data_loaders.string_graph import read_graph
from dualamn.errors import MissingExtraError
from dualamn.files.rdf import Reading
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from tests.conftest import there
from tests.data_loaders.conftest import refused, triples

E = "http://e.org/"
RDFS_LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
PREF_LABEL = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
SAME = "<http://www.w3.org/2002/07/owl#sameAs>"
INTEGER = "http://www.w3.org/2001/XMLSchema#integer"

TURTLE = f"""
@prefix : <{E}> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:berlin :capitalOf :germany ; a :City ; rdfs:label "Berlin"@en , "Бе́рлін"@be ; :people 3755251 .
:germany rdfs:label "Germany"@en ; :founded "1871" .
"""


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def graph(path: Path | list[Path], **reading: Any) -> tuple[KnowledgeGraph, list[str]]:
    notes: list[str] = []
    return read_graph(path, "g", notes, Reading.of(**reading)), notes


def graph_of(folder: Path, text: str, name: str = "g.nt", **reading: Any) -> KnowledgeGraph:
    return graph(write(folder, name, text), **reading)[0]


def literals(kg: KnowledgeGraph) -> set[tuple[str, str, str, str]]:
    if kg.literals is None:
        return set()
    found = kg.literals
    entities, attributes = kg.entities[found.entities], found.attributes[found.kinds]
    return set(zip(entities, attributes, found.values, found.types, strict=True))


def names(kg: KnowledgeGraph) -> dict[str, str]:
    return dict(zip(kg.entities, there(kg.entity_names), strict=True))


def further(kg: KnowledgeGraph) -> set[tuple[str, str]]:
    found = kg.further_names
    return (
        set() if found is None else set(zip(kg.entities[found.entities], found.names, strict=True))
    )


def in_format(kind: pyoxigraph.RdfFormat) -> bytes:
    quads = pyoxigraph.parse(TURTLE, pyoxigraph.RdfFormat.TURTLE)
    return there(pyoxigraph.serialize([quad.triple for quad in quads], format=kind))


FORMATS = {
    ".nt": pyoxigraph.RdfFormat.N_TRIPLES,
    ".nq": pyoxigraph.RdfFormat.N_QUADS,
    ".ttl": pyoxigraph.RdfFormat.TURTLE,
    ".trig": pyoxigraph.RdfFormat.TRIG,
    ".rdf": pyoxigraph.RdfFormat.RDF_XML,
    ".OWL": pyoxigraph.RdfFormat.RDF_XML,
    ".xml": pyoxigraph.RdfFormat.RDF_XML,
}
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_says_the_same(tmp_path: Path, ending: str, packed: str) -> None:
    path = write(tmp_path, f"g{ending}{packed}", PACKED[packed](in_format(FORMATS[ending])))
    kg, notes = graph(path)
    assert triples(kg) == {(E + "berlin", E + "capitalOf", E + "germany")}
    assert names(kg) == {E + "berlin": "Berlin", E + "germany": "Germany"}
    assert literals(kg) == {
        (E + "berlin", TYPE[1:-1], E + "City", "http://www.w3.org/2001/XMLSchema#anyURI"),
        (E + "berlin", E + "people", "3755251", INTEGER),
        (E + "germany", E + "founded", "1871", ""),
    }
    assert further(kg) == {(E + "berlin", "Бе́рлін")}
    assert notes == [
        "g: 2 entities named by label (2, en be)",
        "g: 1 rdf:type statement kept as attribute triples: classes are no entities",
    ]


@pytest.mark.parametrize("name", ["g.ttl", "g.nt"])
def test_marks_line_ends_and_comments(tmp_path: Path, name: str) -> None:
    text = "\ufeff# about\r\n<http://a> <http://r> <http://b> . # more\r\n\r\n"
    assert triples(graph_of(tmp_path, text, name)) == {("http://a", "http://r", "http://b")}


@pytest.mark.parametrize(
    ("name", "text", "note"),
    [
        (
            "g.nq",
            "<x:a> <x:r> <x:b> <x:g1> .\n<x:a> <x:r> <x:b> <x:g2> .\n<x:a> <x:r> <x:b> .\n",
            "g: 2 repeated triples merged",
        ),
        (
            "g.ttl",
            "@prefix : <x:> . :a :says <<( :b :r :c )>> . :a :r :b .",
            "g: 1 statement about statements skipped",
        ),
        (
            "g.nt",
            f"<x:a> {SAME} <y:a> .\n<x:a> <x:r> <x:b> .\n"
            "<x:a> <http://www.w3.org/2004/02/skos/core#exactMatch> <y:b> .\n",
            "g: 2 statements say that two entities are the same",
        ),
    ],
    ids=["named graphs", "statements about statements", "the same"],
)
def test_statements_that_are_no_triples_of_their_own(
    tmp_path: Path, name: str, text: str, note: str
) -> None:
    kg, notes = graph(write(tmp_path, name, text))
    assert triples(kg) == {("x:a", "x:r", "x:b")}
    assert set(kg.entities) == {"x:a", "x:b"}
    assert len(notes) == 1
    assert notes[0].startswith(note)


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        ({}, "en"),
        ({"language": "de"}, "de"),
        ({"language": "DE"}, "de"),
        ({"language": "fr"}, "en"),
        ({"language": "pt"}, "pt-br"),
        ({"labels": ["x:title"]}, "title"),
        ({"labels": "x:title", "language": "de"}, "title"),
    ],
)
def test_which_label_is_the_name(tmp_path: Path, reading: Any, expected: str) -> None:
    kg = graph_of(
        tmp_path,
        '<x:a> <x:title> "title" .\n'
        f'<x:a> {PREF_LABEL} "pref"@en .\n'
        f'<x:a> {RDFS_LABEL} "plain" .\n'
        f'<x:a> {RDFS_LABEL} "de"@de .\n'
        f'<x:a> {RDFS_LABEL} "pt-br"@pt-BR .\n'
        f'<x:a> {RDFS_LABEL} "en"@en .\n'
        f'<x:a> {RDFS_LABEL} "  "@en .\n'
        "<x:a> <x:r> <x:b> .\n",
        **reading,
    )
    assert names(kg) == {"x:a": expected, "x:b": ""}
    given = {"title", "pref", "plain", "de", "pt-br", "en"} - {expected}
    other = set() if "labels" in reading else {"title"}
    assert {name for _, name in further(kg)} == given - other
    assert {value for _, _, value, _ in literals(kg)} == {"  ", *other}


def test_untagged_comes_before_other_languages_and_first_before_later(tmp_path: Path) -> None:
    label = f"<x:a> {RDFS_LABEL} "
    assert names(graph_of(tmp_path, f'{label}"fr"@fr .\n{label}"plain" .\n')) == {"x:a": "plain"}
    assert names(graph_of(tmp_path, f'{label}"fr"@fr .\n{label}"de"@de .\n')) == {"x:a": "fr"}
    text = f'<x:a> {PREF_LABEL} "pref"@en .\n{label}"fr"@fr .\n'
    assert names(graph_of(tmp_path, text)) == {"x:a": "fr"}


@pytest.mark.parametrize(
    "label",
    [
        "<script>alert(1)</script>",
        "x" * 10_000,
        "الدوحة",
        "\u202eabc\u202c",
        "東京都",
        "💡",
        'a\tb\nc"d\\e',
        "a\u2028b\x85c",
    ],
)
def test_names_are_taken_as_they_are(tmp_path: Path, label: str) -> None:
    kg = graph_of(tmp_path, f"<x:a> {RDFS_LABEL} {pyoxigraph.Literal(label)} .\n")
    assert names(kg) == {"x:a": label}
    assert kg.literals is None


def test_blank_nodes_are_entities_with_names_that_do_not_change(tmp_path: Path) -> None:
    path = write(tmp_path, "g.ttl", "@prefix : <x:> . :a :r [ :s :b ] . :c :r [ :s _:d ] .")
    kg, notes = graph(path)
    assert set(kg.entities) == {"x:a", "x:b", "x:c", "_:b0", "_:b1", "_:b2"}
    assert triples(kg) == triples(graph(path)[0])
    assert notes == ["g: 3 blank nodes count as neighbours, but get no links"]
    kg = graph_of(tmp_path, "<x:a> <x:r> _:x.1 .\n")
    assert set(kg.entities) == {"x:a", "_:x.1"}


def test_blank_nodes_of_two_files_differ(tmp_path: Path) -> None:
    files = [write(tmp_path, f"{name}.nt", f"<x:{name}> <x:r> _:x .\n") for name in "ab"]
    assert triples(graph(files)[0]) == {("x:a", "x:r", "_:f1.x"), ("x:b", "x:r", "_:f2.x")}


def test_objects_as_common_as_classes_are_values(tmp_path: Path) -> None:
    lines = [f"<x:{i}> <x:licence> <x:free> .\n<x:{i}> <x:in> <x:land> .\n" for i in range(1000)]
    lines += [f"<x:{i}> <x:next> <x:{i + 1}> .\n" for i in range(999)]
    lines += ["<x:land> <x:next> <x:0> .\n"]
    kg, notes = graph(write(tmp_path, "g.nt", "".join(lines)))
    # Something is said of the land, so it is an entity.
    assert "x:land" in kg.entities
    assert "x:free" not in kg.entities
    assert set(kg.relations) == {"x:in", "x:next"}
    assert kg.n_triples == 2000
    assert len(literals(kg)) == 1000
    assert notes == [
        "g: 1 object that 1,000 triples lead to and none leads away from is taken for a value"
    ]


def test_folder_of_rdf_and_tables_is_one_graph(tmp_path: Path) -> None:
    write(tmp_path, "a.nt.gz", gzip.compress(b"<x:a> <x:r> <x:b> .\n"))
    write(tmp_path, "b.ttl", f'<x:b> {RDFS_LABEL} "b" .')
    write(tmp_path, "c.tsv", "x:b\tx:r\tx:c\n")
    write(tmp_path, "README.md", "about")
    kg, notes = graph(tmp_path)
    assert triples(kg) == {("x:a", "x:r", "x:b"), ("x:b", "x:r", "x:c")}
    assert names(kg) == {"x:a": "", "x:b": "b", "x:c": ""}
    assert notes[0] == f"{tmp_path.name}: not read: README.md"


GOOD = b"<http://a> <http://r> <http://b> .\n"


@pytest.mark.parametrize(
    ("name", "data", "line", "words"),
    [
        ("g.nt", b"", None, ["no statement", "N-Triples"]),
        ("g.nt.gz", b"", None, ["no statement"]),
        ("g.ttl", b"# nothing\n", None, ["no statement"]),
        ("g.rdf", b"", 1, ["no element found"]),
        ("g.nt.gz", gzip.compress(GOOD * 50, mtime=0)[:-9], None, ["ends too early", "cut short"]),
        ("g.nt.bz2", bz2.compress(GOOD * 50)[:-9], None, ["ends too early"]),
        ("g.nt.zst", zstandard.compress(GOOD * 50)[:-3], None, ["ends too early"]),
        ("g.nt.gz", GOOD, None, ["cannot be decompressed"]),
        ("g.nt.bz2", GOOD, None, ["cannot be decompressed"]),
        ("g.nt.zst", GOOD, None, ["cannot be decompressed"]),
        ("g.nt", gzip.compress(GOOD, mtime=0), None, ["gzip", ".gz"]),
        (
            *("g.nt", GOOD + b"<http://a> <http://r> <http://b>\n", 2),
            ["<http://r> <http://b>", "--skip-bad-lines"],
        ),
        ("g.nt", GOOD + GOOD.replace(b".\n", b"\n") + GOOD, 2, ["dot", "<http://b>"]),
        ("g.nt", GOOD + b'<http://a> <http://r> "caf\xe9" .\n', 2, ["this is not UTF-8", "save"]),
        (
            *("g.ttl", GOOD + b'<http://a> <http://r> "caf\xe9" .\n', 2),
            ["this is not UTF-8", "save", "--encoding"],
        ),
        ("g.ttl", GOOD + b"x:a x:r x:b .\n", 2, ["x:", "x:a x:r x:b ."]),
        ("g.nt", b"@prefix x: <http://x> .\n", 1, ["this is Turtle", ".ttl"]),
        ("g.nt", b"head\trelation\ttail\n", 1, ["head", "ending"]),
        ("g.rdf", b"<!DOCTYPE html>\n<html><br></html>\n", 2, ["web page"]),
        ("g.rdf", in_format(pyoxigraph.RdfFormat.RDF_XML)[:-12], 13, ["unclosed token"]),
        ("g.rdf", b"<a/>", None, ["RDF/XML"]),
    ],
)
def test_what_is_refused(
    tmp_path: Path, name: str, data: bytes, line: int | None, words: list[str]
) -> None:
    refused(write(tmp_path, name, data), *words, file=f"/{name}", line=line, call=graph)


BAD_LINES = (
    GOOD
    + b"<http://a> <http://r> <http://b>\n"
    + b"# about\n\n"
    + b"<http://b> <http://r> <http://c> .\n"
    + b'<http://b> <http://r> "caf\xe9" .\n'
    + b"  .\n"
    + b"<http://c> <http://r> <http://d> ."
)


@pytest.mark.parametrize("name", ["g.nt", "g.nq", "g.nt.gz"])
def test_bad_lines_are_left_out_and_counted(tmp_path: Path, name: str) -> None:
    data = gzip.compress(BAD_LINES) if name.endswith(".gz") else BAD_LINES
    kg, notes = graph(write(tmp_path, name, data), skip_bad_lines=True)
    assert triples(kg) == {
        (f"http://{head}", "http://r", f"http://{tail}") for head, tail in ("ab", "bc", "cd")
    }
    assert notes == [f"{name}: 3 lines that cannot be read were left out (the first is line 2)"]


def test_what_turtle_can_go_on_behind_is_left_out(tmp_path: Path) -> None:
    text = "@prefix : <x:> .\n:a :r :b .\n:a y:r :b .\n:b :r :c .\n"
    kg, notes = graph(write(tmp_path, "g.ttl", text), skip_bad_lines=True)
    assert triples(kg) == {("x:a", "x:r", "x:b"), ("x:b", "x:r", "x:c")}
    assert notes == ["g.ttl: 1 line that cannot be read was left out (line 3)"]


def test_xml_has_no_lines_to_leave_out(tmp_path: Path) -> None:
    path = write(tmp_path, "g.rdf", in_format(pyoxigraph.RdfFormat.RDF_XML)[:-12])
    refused(path, "unclosed token", file="g.rdf", line=13, call=graph, skip_bad_lines=True)


def test_without_the_package_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "g.nt.zst", zstandard.compress(GOOD))
    for package in ("zstandard", "pyoxigraph"):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(MissingExtraError, match=r"pip install 'dualamn\[rdf\]'"):
            graph(path)


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
IRIS = st.sampled_from([pyoxigraph.NamedNode(f"http://e.org/{x}") for x in "abcdé"])
BLANKS = st.sampled_from([pyoxigraph.BlankNode(x) for x in "xyz"])
LABEL = pyoxigraph.NamedNode(RDFS_LABEL[1:-1])
MATCH = "http://www.w3.org/2004/02/skos/core#exactMatch"
ODD = (E + "r", E + "s", TYPE[1:-1], MATCH, E + "x/y#z")
PROPERTIES = st.sampled_from([pyoxigraph.NamedNode(x) for x in ODD])
TAGS = st.sampled_from(["en", "de", "en-gb"])
LITERALS = st.one_of(
    st.builds(pyoxigraph.Literal, WORDS),
    st.builds(lambda word, tag: pyoxigraph.Literal(word, language=tag), WORDS, TAGS),
    st.builds(lambda word: pyoxigraph.Literal(word, datatype=pyoxigraph.NamedNode(INTEGER)), WORDS),
)
# Values of blank nodes may become those of their neighbour, which has a test of its own.
TRIPLES = st.one_of(
    st.builds(pyoxigraph.Triple, IRIS | BLANKS, PROPERTIES, IRIS | BLANKS),
    st.builds(pyoxigraph.Triple, IRIS, PROPERTIES, LITERALS),
    st.builds(pyoxigraph.Triple, IRIS, st.just(LABEL), LITERALS),
)


@given(found=st.lists(TRIPLES, min_size=1, max_size=12), ending=st.sampled_from([".nt", ".nq"]))
def test_nothing_is_lost_or_made_up(
    found: list[pyoxigraph.Triple], ending: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    written = there(pyoxigraph.serialize(found, format=FORMATS[ending]))
    kg, _ = graph(write(tmp_path_factory.mktemp("g"), f"g{ending}", written))

    def name(term: Any) -> str:
        return f"_:{term.value}" if isinstance(term, pyoxigraph.BlankNode) else str(term.value)

    def kind(literal: pyoxigraph.Literal) -> str:
        if literal.language is not None:
            return f"@{literal.language}"
        return "" if literal.datatype.value.endswith("#string") else str(literal.datatype.value)

    said = [(name(t.subject), t.predicate.value, t.object) for t in found]
    facts = [row for row in said if not isinstance(row[2], pyoxigraph.Literal)]
    values = [(s, p, o.value, kind(o)) for s, p, o in said if isinstance(o, pyoxigraph.Literal)]
    classes = [
        (s, p, o.value, "http://www.w3.org/2001/XMLSchema#anyURI")
        for s, p, o in facts
        if p == TYPE[1:-1] and isinstance(o, pyoxigraph.NamedNode)
    ]
    left_out = (MATCH, TYPE[1:-1])
    joined = {(s, p, name(o)) for s, p, o in facts if p not in left_out}
    assert triples(kg) == joined
    # Blank nodes that are nobody's neighbour are left out.
    here = {end for s, _, o in joined for end in (s, o)}
    every = {row for row in (*values, *classes) if row[0] in here or not row[0].startswith("_:")}
    labels = {row for row in every if row[1] == LABEL.value and row[2].strip()}
    first = {} if kg.entity_names is None else names(kg)
    chosen = {(entity, value) for entity, value in first.items() if value}
    assert chosen | further(kg) == {(row[0], row[2]) for row in labels}
    assert not chosen & further(kg)
    assert literals(kg) == every - labels


def test_attribute_triples_that_repeat_are_merged(tmp_path: Path) -> None:
    line = f'<x:a> {RDFS_LABEL} "a" .\n<x:a> <x:n> "1" .\n<x:a> <x:n> "2" .\n'
    kg, notes = graph(write(tmp_path, "g.nt", line * 2))
    assert literals(kg) == {("x:a", "x:n", "1", ""), ("x:a", "x:n", "2", "")}
    assert len(there(kg.literals)) == 2
    assert notes[0] == "g: 3 repeated attribute triples merged"
