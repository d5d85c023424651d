"""Several graphs become one, whose statements are known."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyoxigraph as ox
import pytest

import dualamn
from dualamn import ConfigError, DataError, Fusion

OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

LEFT = """
<http://l/Rome> <http://p/name> "Rome"@en .
<http://l/Rome> <http://p/in> <http://l/Italy> .
<http://l/Rome> <http://p/size> "1285"^^<http://www.w3.org/2001/XMLSchema#decimal> .
"""
RIGHT = """
@prefix r: <http://r/> . @prefix p: <http://p/> .
r:Roma p:name "Roma"@it, "Rome"@en ; p:in r:Italia ; p:size 1290 .
r:Po p:in r:Italia .
"""
LINKS = [("http://l/Rome", "http://r/Roma"), ("http://l/Italy", "http://r/Italia")]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    (tmp_path / "left.nt").write_text(LEFT)
    (tmp_path / "right.ttl").write_text(RIGHT)
    return [tmp_path / "left.nt", tmp_path / "right.ttl"]


def read(path: Path) -> set[str]:
    """The quads of a file of RDF, as they are written in N-Quads."""
    quads = ox.parse(path=path)
    return {f"{quad} ." for quad in quads}


def test_linked_entities_are_one(files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "one.nt"
    fusion = dualamn.fuse(files, LINKS, out)
    assert out.read_text().splitlines() == [
        '<http://l/Rome> <http://p/name> "Rome"@en .',
        "<http://l/Rome> <http://p/in> <http://l/Italy> .",
        f'<http://l/Rome> <http://p/size> "1285"^^<{XSD}decimal> .',
        '<http://l/Rome> <http://p/name> "Roma"@it .',
        f'<http://l/Rome> <http://p/size> "1290"^^<{XSD}integer> .',
        "<http://r/Po> <http://p/in> <http://l/Italy> .",
    ]
    assert fusion.graphs == {"left": 3, "right": 5}
    assert (fusion.n_statements, fusion.n_duplicates) == (6, 2)
    assert (fusion.n_entities, fusion.n_merged, fusion.largest) == (2, 4, 2)
    assert fusion.n_conflicts is None


@pytest.mark.parametrize("ending", ["nq", "ttl", "trig", "nt.gz"])
def test_formats_of_rdf_say_the_same(files: list[Path], tmp_path: Path, ending: str) -> None:
    dualamn.fuse(files, LINKS, tmp_path / "one.nt")
    dualamn.fuse(files, LINKS, tmp_path / f"two.{ending}")
    if ending == "nt.gz":
        text = gzip.decompress((tmp_path / "two.nt.gz").read_bytes())
        assert text == (tmp_path / "one.nt").read_bytes()
    else:
        assert read(tmp_path / f"two.{ending}") == read(tmp_path / "one.nt")


def test_tables_of_rdf_have_literals_as_in_ntriples(files: list[Path], tmp_path: Path) -> None:
    dualamn.fuse(files, LINKS, tmp_path / "one.tsv")
    lines = (tmp_path / "one.tsv").read_text().splitlines()
    assert lines[:3] == [
        "head\trelation\ttail",
        'http://l/Rome\thttp://p/name\t"Rome"@en',
        "http://l/Rome\thttp://p/in\thttp://l/Italy",
    ]
    dualamn.fuse(files, LINKS, tmp_path / "one.parquet")
    table = pq.read_table(tmp_path / "one.parquet")
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    assert [list(row) for row in rows] == [line.split("\t") for line in lines[1:]]


@pytest.mark.parametrize(
    ("prefer", "name"),
    [("first", "http://l/Rome"), ("most-statements", "http://r/R"), ("shortest", "http://r/R")],
)
def test_the_rule_says_what_an_entity_is_called(tmp_path: Path, prefer: Any, name: str) -> None:
    (tmp_path / "a.nt").write_text('<http://l/Rome> <http://p/n> "1" .\n')
    (tmp_path / "b.nt").write_text(
        '<http://r/R> <http://p/n> "2" .\n<http://r/R> <http://p/n> "3" .'
    )
    graphs, out = [tmp_path / "a.nt", tmp_path / "b.nt"], tmp_path / "one.nt"
    dualamn.fuse(graphs, [("http://l/Rome", "http://r/R")], out, prefer=prefer)
    assert {line.split()[0] for line in out.read_text().splitlines()} == {f"<{name}>"}


def test_the_first_graph_is_the_one_given_first(files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "one.nt"
    dualamn.fuse(files[::-1], LINKS, out)  # the links have the other one on their left
    assert "http://l/" not in out.read_text()


def test_the_same_iri_is_one_entity_without_a_link(tmp_path: Path) -> None:
    (tmp_path / "a.nt").write_text('<http://x/1> <http://p/n> "1" .\n')
    (tmp_path / "b.nt").write_text(
        '<http://x/1> <http://p/n> "1" .\n<http://x/1> <http://p/n> "2" .'
    )
    fusion = dualamn.fuse([tmp_path / "a.nt", tmp_path / "b.nt"], [], tmp_path / "one.nt")
    assert (fusion.n_statements, fusion.n_shared, fusion.n_entities) == (2, 1, 0)


def test_links_hold_through_others_and_within_a_graph(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.nt").write_text(
            "".join(f"<http://{name}/{i}> <http://p/n> <http://{name}/x> .\n" for i in range(2))
        )
    graphs = [tmp_path / f"{name}.nt" for name in "abc"]
    links = [
        ("http://a/0", "http://b/0"),
        ("http://b/0", "http://c/0"),
        ("http://c/0", "http://c/1"),
    ]
    fusion = dualamn.fuse(graphs, links, tmp_path / "one.nt")
    assert (fusion.n_entities, fusion.n_merged, fusion.largest) == (1, 4, 4)
    lines = (tmp_path / "one.nt").read_text().splitlines()
    assert [line.split()[0] for line in lines] == [
        *("<http://a/0>", "<http://a/1>", "<http://a/0>", "<http://b/1>", "<http://a/0>")
    ]


def test_a_cluster_of_ten_thousand(tmp_path: Path) -> None:
    n = 10_000
    text = "".join(f'<http://l/{i}> <http://p/n> "{i % 7}" .\n' for i in range(n))
    (tmp_path / "a.nt").write_text(text)
    links = [(f"http://l/{i}", f"http://l/{i + 1}") for i in range(n - 1)]
    fusion = dualamn.fuse(
        [tmp_path / "a.nt"], links, tmp_path / "one.nt", conflicts=tmp_path / "conflicts.tsv"
    )
    assert (fusion.n_entities, fusion.largest, fusion.n_statements) == (1, n, 7)
    assert fusion.n_conflicts == 1
    assert (tmp_path / "conflicts.tsv").read_text().count("\n") == n + 1


def test_one_graph_loses_its_duplicates(tmp_path: Path) -> None:
    (tmp_path / "a.nt").write_text(
        f"<http://x/1> <{OWL}sameAs> <http://x/2> .\n"
        "<http://x/1> <http://p/near> <http://x/2> .\n"
        "<http://x/1> <http://p/near> <http://x/1> .\n"
    )
    fusion = dualamn.fuse([tmp_path / "a.nt"], [("http://x/1", "http://x/2")], tmp_path / "b.nt")
    # That they are the same is said no more; that they are near each other is.
    assert (tmp_path / "b.nt").read_text() == "<http://x/1> <http://p/near> <http://x/1> .\n"
    assert (fusion.n_same, fusion.n_loops, fusion.n_duplicates) == (1, 1, 1)


def test_linked_properties_are_renamed_too(tmp_path: Path) -> None:
    (tmp_path / "a.nt").write_text('<http://x/1> <http://l/born> "1" .\n')
    (tmp_path / "b.nt").write_text('<http://x/1> <http://r/birth> "1" .\n')
    links = [("http://l/born", "http://r/birth")]
    dualamn.fuse([tmp_path / "a.nt", tmp_path / "b.nt"], links, tmp_path / "one.nt")
    assert (tmp_path / "one.nt").read_text() == '<http://x/1> <http://l/born> "1" .\n'


def test_blank_nodes_of_two_files_stay_apart_and_literals_as_they_are(tmp_path: Path) -> None:
    lines = [
        r'_:b <http://p/n> "a \"quote\", a \\ and\na line"@en-GB .',
        '_:b <http://p/n> "01"^^<http://www.w3.org/2001/XMLSchema#integer> .',
        '_:b <http://p/n> "Z\u00fcrich \\u00e9 \U0001f600" .',
    ]
    for name in "ab":
        (tmp_path / f"{name}.nt").write_text("\n".join(lines), encoding="utf-8")
    fusion = dualamn.fuse([tmp_path / "a.nt", tmp_path / "b.nt"], [], tmp_path / "one.nt")
    assert (tmp_path / "one.nt").read_text(encoding="utf-8").splitlines() == [
        f"_:{file}.{line[2:]}".replace("en-GB", "en-gb").replace("\\u00e9", "\u00e9")
        for file in ("f1", "f2")
        for line in lines
    ]
    assert fusion.n_duplicates == 0


def test_unnamed_nodes_are_numbered_so_that_runs_are_alike(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<http://x/1> <http://p/a> [ <http://p/b> 1 ] .")
    for name in ("one.nt", "two.nt"):
        dualamn.fuse([tmp_path / "a.ttl"], [], tmp_path / name)
    assert "_:f1.b0" in (tmp_path / "one.nt").read_text()
    assert (tmp_path / "one.nt").read_bytes() == (tmp_path / "two.nt").read_bytes()


def test_named_graphs_are_kept_and_quoted_triples_rewired(tmp_path: Path) -> None:
    (tmp_path / "a.nq").write_text('<http://r/1> <http://p/n> "1" <http://g/1> .\n')
    (tmp_path / "b.nt").write_text(
        '<http://x/s> <http://p/says> <<( <http://r/1> <http://p/n> "1" )>> .\n'
        '<http://l/1> <http://p/n> "1" .\n'
    )
    graphs = [tmp_path / "b.nt", tmp_path / "a.nq"]
    dualamn.fuse(graphs, [("http://l/1", "http://r/1")], tmp_path / "one.nq")
    assert (tmp_path / "one.nq").read_text().splitlines() == [
        '<http://x/s> <http://p/says> <<( <http://l/1> <http://p/n> "1" )>> .',
        '<http://l/1> <http://p/n> "1" .',
        '<http://l/1> <http://p/n> "1" <http://g/1> .',
    ]
    fusion = dualamn.fuse(graphs, [("http://l/1", "http://r/1")], tmp_path / "one.nt")
    assert fusion.n_duplicates == 1


def test_provenance_by_named_graphs(files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "one.nq"
    dualamn.fuse(files, LINKS, out, provenance=True, base="https://example.org/")
    lines = out.read_text().splitlines()
    assert [line for line in lines if "/in>" in line and "Rome" in line] == [
        f"<http://l/Rome> <http://p/in> <http://l/Italy> <https://example.org/{graph}> ."
        for graph in ("left", "right")
    ]
    dualamn.fuse(files, LINKS, tmp_path / "one.trig", provenance=True, base="https://example.org/")
    assert read(tmp_path / "one.trig") == read(out)
    dualamn.fuse(files, LINKS, tmp_path / "urn.nq", provenance=True)
    assert "<urn:dualamn:graph/left> ." in (tmp_path / "urn.nq").read_text()


def test_provenance_and_sameness_of_entities(files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "one.nt"
    dualamn.fuse(files, LINKS, out, provenance=True, same_as=True)
    assert out.read_text().splitlines()[-4:] == [
        f"<http://l/{left}> <{how}> <http://r/{right}> ."
        for left, right in (("Rome", "Roma"), ("Italy", "Italia"))
        for how in (f"{OWL}sameAs", "http://www.w3.org/ns/prov#wasDerivedFrom")
    ]


def test_tables_have_a_column_of_sources(tmp_path: Path) -> None:
    (tmp_path / "en.csv").write_text('"New\nYork",in,USA\n')
    (tmp_path / "de.tsv").write_text("head\trelation\ttail\nNew York\tin\tUSA (Staat)\n")
    links = [("USA", "USA (Staat)")]
    fusion = dualamn.fuse(
        [tmp_path / "en.csv", tmp_path / "de.tsv"], links, tmp_path / "one.tsv", provenance=True
    )
    assert (tmp_path / "one.tsv").read_text().splitlines() == [
        "head\trelation\ttail\tsource",
        "New\\nYork\tin\tUSA\ten",
        "New York\tin\tUSA\tde",
    ]
    assert any("first line is taken for a header" in note for note in fusion.notes)


def test_the_same_name_in_two_tables_is_not_the_same_thing(tmp_path: Path) -> None:
    (tmp_path / "en.tsv").write_text("1\tin\t2\nde/1\tin\t2\n")
    (tmp_path / "de.tsv").write_text("1\tin\t3\n2\tin\t3\n")
    graphs, out = [tmp_path / "en.tsv", tmp_path / "de.tsv"], tmp_path / "one.tsv"
    fusion = dualamn.fuse(graphs, [("2", "3")], out)
    assert out.read_text().splitlines()[1:] == [
        "1\tin\t2",
        "de/1\tin\t2",
        "de/de/1\tin\t2",
        "de/2\tin\t2",
    ]
    assert any("2 names of several graphs" in note for note in fusion.notes)
    dualamn.fuse(graphs, [("2", "2"), ("1", "1")], out)
    assert out.read_text().splitlines()[1:] == ["1\tin\t2", "de/1\tin\t2", "1\tin\t3", "2\tin\t3"]


def test_tables_become_rdf_under_a_base(tmp_path: Path) -> None:
    (tmp_path / "en.tsv").write_text("New York\tlies in\tUSA\nhttp://x/1\tlies in\tUSA\n")
    (tmp_path / "de.tsv").write_text("New York\tlies in\tUSA\n")
    graphs, links = [tmp_path / "en.tsv", tmp_path / "de.tsv"], [("New York", "New York")]
    out = tmp_path / "one.nt"
    dualamn.fuse(graphs, links, out, base="https://e.org/")
    assert out.read_text().splitlines() == [
        "<https://e.org/en/New%20York> <https://e.org/lies%20in> <https://e.org/en/USA> .",
        "<http://x/1> <https://e.org/lies%20in> <https://e.org/en/USA> .",
        "<https://e.org/en/New%20York> <https://e.org/lies%20in> <https://e.org/de/USA> .",
    ]
    with pytest.raises(DataError, match="give a base IRI"):
        dualamn.fuse(graphs, links, tmp_path / "two.nt")
    with pytest.raises(ConfigError, match="a base goes with RDF"):
        dualamn.fuse(graphs, links, tmp_path / "two.tsv", base="https://e.org/")


def test_tables_are_read_block_by_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dualamn.data_loaders import triple_tables

    monkeypatch.setattr(triple_tables, "_BLOCK", 60)
    monkeypatch.setattr(triple_tables, "_ROWS", 2)
    rows = [(f"e{i}", "in", f"place {i % 3}") for i in range(20)]
    text = "subject,relation,object\n" + "".join(f'{h},{r},"{t},\n"\n' for h, r, t in rows)
    (tmp_path / "a.csv").write_text(text)
    dualamn.fuse([tmp_path / "a.csv"], [], tmp_path / "a.parquet")
    dualamn.fuse([tmp_path / "a.parquet"], [], tmp_path / "b.tsv")
    lines = [f"{h}\t{r}\t{t},\\n" for h, r, t in rows]
    assert (tmp_path / "b.tsv").read_text().splitlines() == ["head\trelation\ttail", *lines]
    (tmp_path / "bad.tsv").write_text("a\tb\tc\n" * 9 + "a\tb\n" + "a\tb\tc\n" * 9)
    with pytest.raises(DataError, match=r"bad\.tsv, line 10: "):
        dualamn.fuse([tmp_path / "bad.tsv"], [], tmp_path / "c.tsv")
    fusion = dualamn.fuse([tmp_path / "bad.tsv"], [], tmp_path / "c.tsv", skip_bad_lines=True)
    assert fusion.graphs == {"bad": 18}
    assert "bad.tsv: 1 line that cannot be read was left out (line 10)" in fusion.notes


def test_links_of_three_tables_have_to_name_them(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.tsv").write_text("1\tin\t2\n")
    graphs = [tmp_path / f"{name}.tsv" for name in "abc"]
    with pytest.raises(DataError, match="does not say which graphs"):
        dualamn.fuse(graphs, [("1", "1")], tmp_path / "one.tsv")
    head = "left_source\tleft\tright_source\tright\n"
    (tmp_path / "links.tsv").write_text(f"{head}a\t1\tb\t1\nb\t2\tc\t2\n")
    fusion = dualamn.fuse(graphs, tmp_path / "links.tsv", tmp_path / "one.tsv")
    assert (tmp_path / "one.tsv").read_text().splitlines()[1:] == [
        *("1\tin\t2", "1\tin\tb/2", "c/1\tin\tb/2")
    ]
    assert fusion.n_entities == 2


def test_uris_of_links_are_found_as_iris(tmp_path: Path) -> None:
    (tmp_path / "a.nt").write_text('<http://l/Z\u00fcrich> <http://p/n> "1" .\n', encoding="utf-8")
    (tmp_path / "b.nt").write_text('<http://r/1> <http://p/n> "1" .\n')
    (tmp_path / "links.sssom.tsv").write_text(
        "#curie_map:\n#  l: http://l/\n#  r: http://r/\nsubject_id\tpredicate_id\tobject_id\t"
        "mapping_justification\nl:Z%C3%BCrich\towl:sameAs\tr:1\tsemapv:LexicalMatching\n"
    )
    graphs = [tmp_path / "a.nt", tmp_path / "b.nt"]
    fusion = dualamn.fuse(graphs, tmp_path / "links.sssom.tsv", tmp_path / "one.nt")
    assert (tmp_path / "one.nt").read_text(encoding="utf-8") == (
        '<http://l/Z\u00fcrich> <http://p/n> "1" .\n'
    )
    assert fusion.n_not_found == 0


def test_improbable_links_are_left_out(files: list[Path], tmp_path: Path) -> None:
    links = tmp_path / "links.tsv"
    links.write_text("left\tright\tprobability\nhttp://l/Rome\thttp://r/Roma\t.4\n")
    fusion = dualamn.fuse(files, links, tmp_path / "one.nt")
    assert (fusion.n_links, fusion.n_entities) == (0, 0)
    assert "left out (--min-confidence)" in fusion.notes[0]
    assert dualamn.fuse(files, [links], tmp_path / "one.nt", min_confidence=0.3).n_links == 1


def test_an_alignment_can_be_fused(
    make_alignment: Callable[..., dualamn.Alignment], files: list[Path], tmp_path: Path
) -> None:
    graphs = {"left": ["http://l/Rome"], "right": ["http://r/Roma"]}
    alignment = make_alignment(graphs, {(0, 1): [("http://l/Rome", "http://r/Roma", 1.0)]})
    assert dualamn.fuse(files, alignment, tmp_path / "one.nt").n_entities == 1


def test_a_file_that_is_read_is_never_written(files: list[Path], tmp_path: Path) -> None:
    links = tmp_path / "links.tsv"
    links.write_text("http://l/Rome\thttp://r/Roma\n")
    for out in (*files, links):
        with pytest.raises(ConfigError, match="this file is read"):
            dualamn.fuse(files, links, out)
        with pytest.raises(ConfigError, match="this file is read"):
            dualamn.fuse([tmp_path / "left.nt"], links, tmp_path / "x.nt", conflicts=links)
    with pytest.raises(ConfigError, match="needs a file of its own"):
        dualamn.fuse(files, links, tmp_path / "x.tsv", conflicts=tmp_path / "x.tsv")
    assert files[0].read_text() == LEFT


def test_nothing_is_half_written(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, side = tmp_path / "one.nt", tmp_path / "conflicts.tsv"
    out.write_text("as it was")
    files[1].write_text(RIGHT + "no turtle")
    with pytest.raises(DataError, match=r"right\.ttl, line"):
        dualamn.fuse(files, LINKS, out, conflicts=side)
    files[1].write_text(RIGHT)

    def interrupt(at: dualamn.Progress) -> None:
        if at.stage == "fuse":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dualamn.fuse(files, LINKS, out, conflicts=side, progress=interrupt)

    def fail(self: object, *_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dualamn.fusion.functional_properties.Conflicts.table", fail)
    with pytest.raises(DataError, match="No space left"):
        dualamn.fuse(files, LINKS, out, conflicts=side)
    assert out.read_text() == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["left.nt", "one.nt", "right.ttl"]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"prefer": "longest"}, ConfigError, "prefer is 'longest'; use first"),
        ({"format": "ntriple"}, ConfigError, "did you mean 'ntriples'"),
        ({"out": "one.xyz"}, ConfigError, ".xyz tells no format"),
        ({"out": "one.parquet.gz"}, ConfigError, "is compressed within"),
        ({"links": [("http://l/x", "http://r/x")]}, DataError, "none of the linked entities"),
        ({"graphs": []}, DataError, "give the graphs as a list"),
        ({"graphs": ["none.nt"]}, DataError, "no such file"),
        ({"names": ["a"]}, DataError, "got 1 names for 2 graphs"),
        ({"conflicts": "c.nt"}, ConfigError, "can hold links alone"),
        ({"min_confidence": 2}, ConfigError, "between 0 and 1"),
    ],
)
def test_what_cannot_be_is_said(
    files: list[Path], tmp_path: Path, change: dict[str, Any], error: Any, said: str
) -> None:
    arguments: dict[str, Any] = {"graphs": files, "links": LINKS, "out": "one.nt", **change}
    arguments["out"] = tmp_path / arguments["out"]
    with pytest.raises(error, match=said):
        dualamn.fuse(**arguments)


def test_endpoints_and_other_formats_are_refused(tmp_path: Path) -> None:
    for name, said in (("sparql+https://x.org/q", "fused from files"), ("a.hdt", "are not read")):
        path = tmp_path / name if name.startswith("a") else Path(name)
        if path.parent == tmp_path:
            path.touch()
        with pytest.raises(DataError, match=said):
            dualamn.fuse([path], [], tmp_path / "one.nt")


def test_fusion_prints_what_was_done() -> None:
    fusion = Fusion({"a": 2}, 1, 1, 0, 0, 1, 2, 2, 0, 1, 0, n_conflicts=1, notes=("a note",))
    assert str(fusion).splitlines() == [
        *("1 statement of a 2; 1 duplicate removed", "2 entities became 1", "1 conflict", "a note")
    ]
    assert fusion.as_dict()["graphs"] == {"a": 2}
