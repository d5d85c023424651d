"""What commands take for a graph: RDF, several files, patterns, and options on reading."""

import gzip
import json
import sys
from pathlib import Path

import pytest

from tests.commands.conftest import Made, Run

SAME = "<http://www.w3.org/2002/07/owl#sameAs>"
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"


@pytest.fixture
def rdf(tmp_path: Path) -> Path:
    for side in "lr":
        triples = "".join(
            f"<http://{side}/{i}> <http://{side}/next> <http://{side}/{(i + 1) % 40}> .\n"
            f"<http://{side}/{i}> <http://{side}/jump> <http://{side}/{i * i % 40}> .\n"
            for i in range(40)
        )
        labels = "".join(f'<http://{side}/{i}> {LABEL} "thing {i}"@en .\n' for i in range(40))
        (tmp_path / f"{side}.nt.gz").write_bytes(gzip.compress(triples.encode()))
        (tmp_path / f"{side}_labels.nt").write_text(labels)
    (tmp_path / "same.nt").write_text(
        "".join(f"<http://l/{i}> {SAME} <http://r/{i}> .\n" for i in range(20))
    )
    return tmp_path


@pytest.mark.parametrize("left", ["l.nt.gz,l_labels.nt", "l*", "l.nt.gz,l_lab*"])
def test_several_files_make_a_graph(run: Run, rdf: Path, left: str) -> None:
    shown = run("inspect", left, "r.nt.gz", "--links", "same.nt", "--json")
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    assert [graph["name"] for graph in found["graphs"]] == ["l", "r"]
    assert [graph["entities"] for graph in found["graphs"]] == [40, 40]


def test_align_reads_rdf_and_writes_links(run: Run, rdf: Path) -> None:
    shown = run(
        *("align", "l.nt.gz,l_labels.nt", "r*", "--links", "same.nt", "--out", "links.tsv"),
        *("--epochs", 2, "--language", "de", "--label", "http://x"),
    )
    assert shown.exit_code == 0, shown.output
    assert "20 seed links" in shown.stderr
    assert (rdf / "links.tsv").read_text().startswith("left_source\tleft\t")


def test_columns_are_chosen(run: Run, tmp_path: Path) -> None:
    for side in "lr":
        (tmp_path / f"{side}.tsv").write_text(f"w\tto\tfrom\tby\n1\t{side}2\t{side}1\tr\n")
    (tmp_path / "links.tsv").write_text("l1\tr1\n")
    files = ("l.tsv", "r.tsv", "--links", "links.tsv", "--json")
    shown = run("inspect", *files, "--columns", "from,by,to")
    assert json.loads(shown.stdout)["graphs"][0]["triples"] == 1
    shown = run("inspect", *files, "--columns", "from,by")
    assert shown.exit_code == 1
    assert "name three" in shown.stderr


def test_a_pattern_that_fits_nothing(run: Run, rdf: Path) -> None:
    shown = run("inspect", "l*.ttl", "r.nt.gz", "--links", "same.nt")
    assert shown.exit_code == 2
    assert "no file fits the pattern l*.ttl" in shown.stderr


def test_a_mistyped_file_is_guessed(run: Run, rdf: Path) -> None:
    shown = run("inspect", "l.nt.gz,l_label.nt", "r.nt.gz", "--links", "same.nt")
    assert shown.exit_code == 1
    assert "did you mean l_labels.nt?" in shown.stderr


def test_a_mistake_in_a_file_is_one_line(run: Run, rdf: Path) -> None:
    (rdf / "bad.ttl").write_text("@prefix : <x:> .\n:a :b c .\n")
    shown = run("inspect", "bad.ttl", "r.nt.gz", "--links", "same.nt")
    assert shown.exit_code == 1
    assert "bad.ttl, line 2: this is not valid Turtle" in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


def test_without_the_package_one_line_says_what_to_install(
    run: Run, rdf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyoxigraph", None)
    shown = run("inspect", "l.nt.gz", "r.nt.gz", "--links", "same.nt")
    assert shown.exit_code == 1
    assert "pip install 'dualamn[rdf]'" in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


def test_tables_of_entities_in_another_encoding(run: Run, tmp_path: Path) -> None:
    rows = "".join(f"{i}|Café {i}|{i * 7}\n" for i in range(9))
    (tmp_path / "l.csv").write_bytes(f"idL|name|price\n{rows}".encode("latin-1"))
    (tmp_path / "r.csv").write_text(f"sku|name|price\n{rows}bad\n")
    (tmp_path / "gt.csv").write_text("D1|D2\n1|1\n2|2\n")
    files = ("l.csv", "r.csv", "--links", "gt.csv", "--json")
    shown = run("inspect", *files, "--table", "idL,sku", "--encoding", "latin-1")
    assert shown.exit_code == 1
    assert "r.csv, line 11: " in shown.stderr
    assert "--skip-bad-lines" in shown.stderr
    ways = ("--table", "idL,sku", "--encoding", "latin-1", "--skip-bad-lines", "--label", "name")
    shown = run("inspect", *files, *ways)
    found = json.loads(shown.stdout)
    assert [graph["entities"] for graph in found["graphs"]] == [9, 9]
    assert found["pairs"][0]["seed"] == 2
    assert any("1 line that cannot be read was left out (line 11)" in x for x in found["notes"])
    for way in (("--edge", "price"), ("--separator", "|")):
        assert run("inspect", *files, *ways, *way).exit_code == 0
    assert run("inspect", *files).exit_code == 1


@pytest.mark.parametrize("way", [("--table", "id"), ("--edge", "x"), ("--skip-bad-lines",)])
def test_a_data_set_is_read_as_its_layout_says(run: Run, way: tuple[str, ...]) -> None:
    shown = run("inspect", "folder", *way)
    assert shown.exit_code == 2
    assert f"{way[0]} goes with two or more graphs" in shown.stderr


def test_links_that_are_improbable_or_several(run: Run, rdf: Path) -> None:
    rows = [("0", "0", 0.9), ("1", "1", 0.2), ("2", "2", 0.8), ("2", "3", 0.8)]
    text = "".join(f"http://l/{a}\thttp://r/{b}\t{p}\n" for a, b, p in rows)
    (rdf / "seeds.tsv").write_text(f"left\tright\tconfidence\n{text}")
    files = ("l.nt.gz", "r.nt.gz", "--links", "seeds.tsv")
    shown = run("align", *files, "--out", "o.tsv", "--dry-run")
    assert shown.exit_code == 1
    assert "--many" in shown.stderr
    for least, count in ((0, 4), (0.5, 3)):
        ways = ("--many", "--min-confidence", least, "--dry-run")
        shown = run("align", *files, "--out", "o.tsv", *ways)
        assert f"{count} seed links" in shown.stderr


def test_a_layout_can_be_named(run: Run, made: Made) -> None:
    assert run("inspect", made.folder, "--layout", "ids").exit_code == 0
    shown = run("inspect", made.folder, "--layout", "openea")
    assert shown.exit_code == 1
    assert "rel_triples_1" in shown.stderr
    shown = run("inspect", made.left, made.right, "--layout", "ids")
    assert shown.exit_code == 2
