"""SSSOM files, held against the standard's list of slots."""

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import dualamn
from dualamn.alignment import Alignment
from dualamn.errors import ConfigError
from dualamn.files.iris import curies_of
from dualamn.link_files.formats import read_links
from dualamn.link_files.mapping_set import JUSTIFICATIONS, PREDICATES, SLOTS, today
from tests.link_files.conftest import alignment_of

EN, FR = "http://example.org/en/", "http://example.org/fr/"

# The slots of SSSOM 1.0 (https://mapping-commons.github.io/sssom/spec-model/), by class.
OF_SET = """
    curie_map mapping_set_id mapping_set_version mapping_set_source mapping_set_title
    mapping_set_description creator_id creator_label license subject_type subject_source
    subject_source_version object_type object_source object_source_version predicate_type
    mapping_provider mapping_tool mapping_tool_version mapping_date publication_date
    subject_match_field object_match_field subject_preprocessing object_preprocessing see_also
    issue_tracker other comment extension_definitions
"""
OF_LINKS = """
    subject_id subject_label subject_category predicate_id predicate_label predicate_modifier
    object_id object_label object_category mapping_justification author_id author_label
    reviewer_id reviewer_label creator_id creator_label license subject_type subject_source
    subject_source_version object_type object_source object_source_version predicate_type
    mapping_provider mapping_source mapping_cardinality mapping_tool mapping_tool_version
    mapping_date publication_date confidence curation_rule curation_rule_text
    subject_match_field object_match_field match_string subject_preprocessing
    object_preprocessing similarity_score similarity_measure see_also issue_tracker_item other
    comment
"""
SET_SLOTS, LINK_SLOTS = set(OF_SET.split()), OF_LINKS.split()
REQUIRED = {"mapping_set_id", "license"}
REQUIRED_OF_LINKS = {"subject_id", "predicate_id", "object_id", "mapping_justification"}


@pytest.fixture(autouse=True)
def _fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")


@pytest.fixture
def two() -> Alignment:
    graphs = {
        "en": [f"{EN}a", f"{EN}Café(x)"],
        "fr": [f"{FR}A", "http://www.wikidata.org/entity/Q1"],
    }
    rows = [(f"{EN}a", f"{FR}A", 1.0), (f"{EN}Café(x)", "http://www.wikidata.org/entity/Q1", 1 / 3)]
    names = {"en": ['a "quoted"\tlabel', "# Café\n"]}
    return alignment_of(graphs, {(0, 1): rows}, names=names)


def parts(path: Path) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Header and rows, taken apart by other means than ours."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    header = "".join(line[1:] for line in lines if line.startswith("#"))
    body = "".join(line for line in lines if not line.startswith("#"))
    rows = csv.DictReader(io.StringIO(body), delimiter="\t", strict=True)
    return yaml.safe_load(header), list(rows)


def test_header_and_rows_are_what_the_standard_asks_for(two: Alignment, tmp_path: Path) -> None:
    two.write(tmp_path / "links.sssom.tsv")
    header, rows = parts(tmp_path / "links.sssom.tsv")
    assert set(header) <= SET_SLOTS
    assert set(header) >= REQUIRED
    assert list(rows[0]) == [slot for slot in LINK_SLOTS if slot in rows[0]]
    assert set(rows[0]) >= REQUIRED_OF_LINKS
    assert header["mapping_tool"] == "dualamn"
    assert header["mapping_tool_version"] == dualamn.__version__
    assert str(header["mapping_date"]) == "2026-01-01"
    assert header["license"] == "https://w3id.org/sssom/license/unspecified"
    assert header["curie_map"]["wd"] == "http://www.wikidata.org/entity/"
    for row in rows:
        assert row["predicate_id"] == "owl:sameAs"
        assert row["mapping_justification"] == "semapv:StructuralMatching"
        for curie in (row[name] for name in ("subject_id", "object_id", "predicate_id")):
            prefix, _, rest = curie.partition(":")
            assert header["curie_map"][prefix]
            assert rest.isascii()
    for slot, name in (("subject_source", "en"), ("object_source", "fr")):
        prefix, _, rest = header[slot].partition(":")
        assert header["curie_map"][prefix] + rest == f"{header['mapping_set_id']}#{name}"
    cafe, plain = rows
    assert cafe["subject_label"] == "# Café"
    assert plain["subject_label"] == 'a "quoted" label'
    assert [row["confidence"] for row in rows] == ["0.333333", "1.000000"]


def test_names_that_took_part_are_told(two: Alignment, tmp_path: Path) -> None:
    replace(two, used_names=True).write(tmp_path / "links.sssom.tsv")
    _, rows = parts(tmp_path / "links.sssom.tsv")
    assert {row["mapping_justification"] for row in rows} == {"semapv:CompositeMatching"}


def test_slots_that_can_be_set_are_slots_of_the_standard() -> None:
    assert set(SLOTS) <= SET_SLOTS
    assert "owl:sameAs" in PREDICATES
    assert "skos:exactMatch" in PREDICATES
    assert "semapv:StructuralMatching" in JUSTIFICATIONS


def test_identifiers_are_uris_and_read_back_as_such(two: Alignment, tmp_path: Path) -> None:
    two.write(tmp_path / "links.sssom.tsv")
    table = read_links(tmp_path / "links.sssom.tsv")
    assert table.are_uris
    assert list(table.left) == [f"{EN}Caf%C3%A9(x)", f"{EN}a"]
    assert list(table.right) == ["http://www.wikidata.org/entity/Q1", f"{FR}A"]
    assert table.left_source is not None
    assert list(table.left_source) == ["en", "en"]


def test_slots_can_be_set(two: Alignment, tmp_path: Path) -> None:
    path = tmp_path / "links.sssom.tsv"
    slots = {
        "license": "https://creativecommons.org/publicdomain/zero/1.0/",
        "mapping_set_id": "https://example.org/sets/1",
        "mapping_set_title": 'Ours: "Café"',
        "creator_id": ["orcid:0000-0002-7356-1779", "https://example.org/people/é"],
        "predicate_id": "skos:exactMatch",
        "mapping_date": "2025-12-31",
    }
    two.write(path, sssom=slots)
    header, rows = parts(path)
    assert header["license"] == slots["license"]
    assert header["mapping_set_title"] == slots["mapping_set_title"]
    assert header["creator_id"][0] == "orcid:0000-0002-7356-1779"
    assert header["curie_map"]["orcid"] == "https://orcid.org/"
    prefix, _, rest = header["creator_id"][1].partition(":")
    assert header["curie_map"][prefix] + rest == "https://example.org/people/%C3%A9"
    assert str(header["mapping_date"]) == "2025-12-31"
    assert {row["predicate_id"] for row in rows} == {"skos:exactMatch"}
    assert header["curie_map"]["skos"] == "http://www.w3.org/2004/02/skos/core#"
    assert len(read_links(path)) == 2


@pytest.mark.parametrize(
    ("slots", "message"),
    [
        ({"licence": "x"}, "'licence' is no SSSOM slot that can be set, did you mean 'license'"),
        ({"license": "MIT"}, "license is an IRI, and 'MIT' is none"),
        ({"license": ["urn:a", "urn:b"]}, "license has one value, not 2"),
        ({"creator_id": []}, "creator_id has one value, not 0"),
        ({"mapping_date": "yesterday"}, "mapping_date is a date like 2026-01-31"),
        ({"comment": "two\nlines"}, "comment is one line of text"),
        ({"predicate_id": "owl:sameas"}, "predicate_id cannot be 'owl:sameas'; choose one of"),
        ({"mapping_justification": "semapv:Guess"}, "mapping_justification cannot be"),
    ],
)
def test_slots_that_do_not_fit_are_refused(
    two: Alignment, tmp_path: Path, slots: dict[str, Any], message: str
) -> None:
    for name in ("links.sssom.tsv", "links.ttl"):
        with pytest.raises(ConfigError, match=message):
            two.write(tmp_path / name, sssom=slots)
    assert list(tmp_path.iterdir()) == []


def test_the_date_is_fixed_by_the_environment() -> None:
    assert today({"SOURCE_DATE_EPOCH": "0"}) == "1970-01-01"
    assert len(today({})) == 10
    with pytest.raises(ConfigError, match="SOURCE_DATE_EPOCH is 'soon'"):
        today({"SOURCE_DATE_EPOCH": "soon"})


def test_the_id_of_the_set_follows_from_its_links(two: Alignment, tmp_path: Path) -> None:
    ids = []
    for pairs in (two.pairs, two.pairs, ()):
        replace(two, pairs=pairs).write(tmp_path / "l.sssom.tsv")
        ids.append(parts(tmp_path / "l.sssom.tsv")[0]["mapping_set_id"])
    assert ids[0] == ids[1] != ids[2]


def test_several_pairs_name_their_graphs_row_by_row(tmp_path: Path) -> None:
    graphs = {"a/b": [f"{EN}a"], "http://example.org/é#graph": [f"{FR}b"], "c": ["urn:x:c"]}
    links = {
        (0, 1): [(f"{EN}a", f"{FR}b", 0.5)],
        (0, 2): [(f"{EN}a", "urn:x:c", 0.25)],
        (1, 2): [(f"{FR}b", "urn:x:c", 1.0)],
    }
    path = tmp_path / "links.sssom.tsv"
    alignment_of(graphs, links).write(path)
    table = read_links(path)
    assert table.left_source is not None
    assert table.right_source is not None
    assert table.score is not None
    assert list(table.left_source) == ["a/b", "a/b", "http://example.org/%C3%A9#graph"]
    assert list(table.right_source) == ["http://example.org/%C3%A9#graph", "c", "c"]
    assert list(table.right) == [f"{FR}b", "urn:x:c", "urn:x:c"]
    assert table.score.tolist() == [0.5, 0.25, 1.0]


def test_scores_that_are_no_confidence_stand_in_other(tmp_path: Path) -> None:
    graphs = {"l": [f"{EN}a", f"{EN}b"], "r": [f"{FR}a", f"{FR}b"]}
    rows = [(f"{EN}a", f"{FR}a", -0.5), (f"{EN}b", f"{FR}b", 1.5)]
    path = tmp_path / "links.sssom.tsv"
    alignment_of(graphs, {(0, 1): rows}).write(path)
    _, written = parts(path)
    assert "confidence" not in written[0]
    assert [row["other"] for row in written] == ["score=-0.500000", "score=1.500000"]
    score = read_links(path).score
    assert score is not None
    assert score.tolist() == [-0.5, 1.5]


def test_files_of_others(tmp_path: Path) -> None:
    """Without confidence, with other predicates, a negation and IRIs in full."""
    path = tmp_path / "gold.sssom.tsv"
    path.write_text(
        "#curie_map:\n#  e: http://example.org/\n"
        "subject_id\tpredicate_id\tpredicate_modifier\tobject_id\n"
        "e:a\tskos:exactMatch\t\te:A\n"
        "http://example.org/b\towl:sameAs\t\te:B\n"
        "e:c\tskos:broadMatch\t\te:C\n"
        "e:d\tskos:exactMatch\tNot\te:D\n"
    )
    table = read_links(path, one_to_one=True)
    assert list(table.left) == ["http://example.org/a", "http://example.org/b"]
    assert list(table.right) == ["http://example.org/A", "http://example.org/B"]
    assert table.n_others == 2
    assert table.score is table.left_source is None


def test_prefixes_come_from_what_iris_share() -> None:
    iris = [*(f"{EN}{i}" for i in range(3)), *(f"{FR}{i}" for i in range(2)), "urn:isbn:1"]
    curies = curies_of(iris)
    assert curies.prefixes == {"ns1": EN, "ns2": FR, "ns3": "urn:isbn:"}
    assert curies.short[f"{FR}1"] == "ns2:1"
    known = curies_of(["http://fr.dbpedia.org/resource/X", "http://dbpedia.org/resource/X"])
    assert set(known.short.values()) == {"dbpedia-fr:X", "dbr:X"}


def test_many_namespaces_share_a_prefix_and_expand_to_what_they_were() -> None:
    iris = [f"http://h{i % 70}.org/{i}/x" for i in range(300)] + [f"urn:a{i}:x" for i in range(60)]
    curies = curies_of(iris)
    assert len(curies.prefixes) <= 103
    for iri in iris:
        prefix, _, rest = curies.short[iri].partition(":")
        assert curies.prefixes[prefix] + rest == iri


def test_no_links_at_all(two: Alignment, tmp_path: Path) -> None:
    empty = replace(two.pairs[0], links=np.empty((0, 2), np.int32), scores=np.empty(0, np.float32))
    replace(two, pairs=(empty,)).write(tmp_path / "l.sssom.tsv")
    header, rows = parts(tmp_path / "l.sssom.tsv")
    assert rows == []
    assert set(header) >= REQUIRED
    assert len(read_links(tmp_path / "l.sssom.tsv")) == 0
