"""The Alignment format, held against an RDF library and against files as campaigns have them."""

from pathlib import Path

import pyoxigraph
import pytest

from dualamn import load_files
from dualamn.errors import DataError
from dualamn.link_files import evaluate_files
from dualamn.link_files.formats import read_links
from tests.link_files.conftest import alignment_of

EN, FR = "http://example.org/en/", "http://example.org/fr/"
NAMESPACE = "http://knowledgeweb.semanticweb.org/heterogeneity/alignment"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

WILD = f"""<?xml version="1.0" encoding="windows-1252" standalone="no"?>
<!-- as campaigns have them -->
<!DOCTYPE rdf:RDF [ <!ENTITY en "{EN}"> ]>
<rdf:RDF xmlns='{NAMESPACE}' xmlns:rdf='{RDF}' xmlns:xsd='http://www.w3.org/2001/XMLSchema#'>
<Alignment>
  <xml>yes</xml><level>0</level><type>??</type>
  <onto1>{EN}</onto1> <onto2>{FR}</onto2>
  <map>
    <Cell cid='1'>
      <entity1 rdf:resource='&en;a'/> <entity2 rdf:resource="{FR}Caf\xe9"/>
      <measure rdf:datatype='xsd:float'> 0.5 </measure> <relation> = </relation>
    </Cell>
  </map>
  <map><Cell><entity1 rdf:resource="&en;b"/><entity2 rdf:resource="{FR}B"/></Cell></map>
  <map>
    <Cell>
      <entity1><edoal:Class xmlns:edoal="urn:edoal" rdf:about="{EN}c"/></entity1>
      <entity2 rdf:resource="{FR}C"/>
      <relation>fr.inrialpes.exmo.align.impl.rel.EquivRelation</relation>
    </Cell>
  </map>
  <map><Cell><entity1 rdf:resource="{EN}d"/><entity2 rdf:resource="{FR}D"/>
    <relation>&lt;</relation></Cell></map>
  <map><Cell><entity1 rdf:resource="{EN}e"/></Cell></map>
</Alignment>
</rdf:RDF>
"""


@pytest.fixture
def wild(tmp_path: Path) -> Path:
    path = tmp_path / "reference.rdf"
    path.write_bytes(WILD.encode("latin-1"))
    return path


@pytest.mark.parametrize("name", ["reference.rdf", "reference.xml", "gold.owl"])
def test_files_of_campaigns_are_read(wild: Path, name: str) -> None:
    table = read_links(wild.rename(wild.with_name(name)))
    assert list(table.left) == [f"{EN}a", f"{EN}b", f"{EN}c"]
    assert list(table.right) == [f"{FR}Café", f"{FR}B", f"{FR}C"]
    assert table.score is not None
    assert table.score.tolist() == [0.5, 1.0, 1.0]
    assert table.n_others == 2


def test_they_are_seeds_and_gold(wild: Path, tmp_path: Path) -> None:
    for name, start, ends in (("l", EN, "abce"), ("r", FR, ("Café", "B", "X", "D"))):
        rows = "".join(f"{start}{end}\tin\t{start}all\n" for end in ends)
        (tmp_path / f"{name}.tsv").write_text(rows)
    for pair in (("l.tsv", "r.tsv"), ("r.tsv", "l.tsv")):
        task = load_files([tmp_path / name for name in pair], wild)
        assert len(task.seed_links) == 2
        assert any("skipped 1 statement of another relation" in note for note in task.notes)
    (tmp_path / "links.tsv").write_text(f"{EN}a\t{FR}B\n{EN}c\t{FR}C\n")
    total = evaluate_files(tmp_path / "links.tsv", wild).total
    assert (total.correct, total.incorrect, total.missed) == (1, 1, 2)


def test_other_xml_is_rdf_still(tmp_path: Path) -> None:
    path = tmp_path / "links.rdf"
    path.write_text(
        f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:owl="http://www.w3.org/2002/07/owl#">'
        '<rdf:Description rdf:about="urn:x:a"><owl:sameAs rdf:resource="urn:x:b"/>'
        "</rdf:Description></rdf:RDF>"
    )
    assert list(read_links(path).right) == ["urn:x:b"]


def test_what_is_written_is_rdf(tmp_path: Path) -> None:
    graphs = {"urn:x:en": [f"{EN}a&b", f"{EN}c"], "fr": [f"{FR}A", f"{FR}北京"]}
    rows = [(f"{EN}a&b", f"{FR}A", 1.0), (f"{EN}c", f"{FR}A", 1 / 3)]
    path = tmp_path / "links.rdf"
    alignment_of(graphs, {(0, 1): rows}).write(path)
    quads = list(pyoxigraph.parse(path.read_bytes(), format=pyoxigraph.RdfFormat.RDF_XML))

    def values(name: str) -> set[str]:
        own = f"{NAMESPACE}#{name}"
        return {quad.object.value for quad in quads if quad.predicate.value == own}

    assert values("entity1") == {f"{EN}a&b", f"{EN}c"}
    assert values("entity2") == {f"{FR}A"}
    assert values("measure") == {"1.000000", "0.333333"}
    assert values("relation") == {"="}
    assert values("type") == {"**"}
    assert values("onto1") == {"urn:x:en"}
    kinds = [quad.object.value for quad in quads if quad.predicate.value == f"{RDF}type"]
    assert sorted(kinds) == sorted(
        f"{NAMESPACE}#{kind}" for kind in ("Alignment", "Cell", "Cell", "Ontology", "Ontology")
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WILD[:-40], "line 24: this is not valid RDF/XML"),
        (WILD.replace(" 0.5 ", "high"), "line 9: has the score 'high', not a number"),
    ],
)
def test_bad_files_are_told_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "links.rdf"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=message):
        read_links(path)
