"""Values of functional properties in which sources differ."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import dualamn
from dualamn.fusion.distinct_statements import Seen
from dualamn.fusion.functional_properties import ENOUGH

XSD = "http://www.w3.org/2001/XMLSchema#"
OWL = "http://www.w3.org/2002/07/owl#"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
N = 3 * ENOUGH


def conflicts_of(
    tmp_path: Path, left: str, right: str, links: list[tuple[str, str]] | None = None
) -> tuple[dualamn.Fusion, list[list[str]]]:
    """The fusion of two graphs, things of one number linked, and the rows of its conflicts."""
    (tmp_path / "l.nt").write_text(left, encoding="utf-8")
    (tmp_path / "r.nt").write_text(right, encoding="utf-8")
    if links is None:
        links = [(f"http://l/{i}", f"http://r/{i}") for i in range(N)]
    graphs, side = [tmp_path / "l.nt", tmp_path / "r.nt"], tmp_path / "c.tsv"
    fusion = dualamn.fuse(graphs, links, tmp_path / "one.nt", conflicts=side)
    header, *rows = side.read_text(encoding="utf-8").splitlines()
    assert header.split("\t") == [
        *("entity", "property", "value", "source", "source_entity", "functional")
    ]
    # Backslashes are escaped in tables.
    return fusion, [row.replace("\\\\", "\\").split("\t") for row in rows]


def given(graph: str, name: str, value: str = "{}", count: int = N) -> str:
    """A statement about each thing of a graph, with its number in the value."""
    return "".join(
        f"<http://{graph}/{i}> <http://p/{name}> {value.format(i)} .\n" for i in range(count)
    )


def test_what_data_says_to_be_one_value(tmp_path: Path) -> None:
    right = given("r", "born", '"{}"').replace('"7"', '"1999"')
    fusion, rows = conflicts_of(tmp_path, given("l", "born", '"{}"'), right)
    assert fusion.functional == {"http://p/born": "data"}
    assert fusion.n_conflicts == 1
    assert rows == [
        ["http://l/7", "http://p/born", '"7"', "l", "http://l/7", "data"],
        ["http://l/7", "http://p/born", '"1999"', "r", "http://r/7", "data"],
    ]
    assert '<http://l/7> <http://p/born> "1999" .' in (tmp_path / "one.nt").read_text()


def test_properties_with_many_values_or_few_things_are_none(tmp_path: Path) -> None:
    left = given("l", "child", '"{}"') + given("l", "rare", '"{}"', ENOUGH - 1)
    right = given("r", "child", '"{}"') + given("r", "child", '"more {}"')
    right += given("r", "rare", '"no {}"', ENOUGH - 1)
    fusion, rows = conflicts_of(tmp_path, left, right)
    assert fusion.functional == {}
    assert rows == []


def test_a_graph_may_declare_it(tmp_path: Path) -> None:
    left = given("l", "rare", '"{}"', 2) + f"<http://p/rare> <{TYPE}> <{OWL}FunctionalProperty> .\n"
    fusion, rows = conflicts_of(tmp_path, left, given("r", "rare", '"no {}"', 2))
    assert fusion.functional == {"http://p/rare": "declared"}
    assert fusion.n_conflicts == 2
    assert {row[-1] for row in rows} == {"declared"}


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ('"5"', f'"5.0"^^<{XSD}decimal>', False),
        ('"1990-01-02"', '"1990-01-02T00:00:00Z"', False),
        (f'"1990"^^<{XSD}gYear>', f'"1991"^^<{XSD}gYear>', True),
        ('"Rome"@en', '"Roma"@it', False),
        ('"Rome"@en', '"Roma"@en', True),
        ('"ROME"', '"Rome"', False),
        (r'"a\"b\\c\u00e9"', r'"a\"b\\c\u00e8"', True),
        ("<http://l/1>", "<http://r/1>", False),
        ("<http://l/1>", "<http://r/2>", True),
    ],
)
def test_values_are_compared_as_values(tmp_path: Path, one: str, other: str, differ: bool) -> None:
    same = "<http://x/{}>" if one.startswith("<") else '"{}"'
    left, right = given("l", "is", same), given("r", "is", same)
    left = left.replace(f"<http://p/is> {same.format(3)}", f"<http://p/is> {one}")
    right = right.replace(f"<http://p/is> {same.format(3)}", f"<http://p/is> {other}")
    fusion, rows = conflicts_of(tmp_path, left, right)
    assert fusion.functional == {"http://p/is": "data"}
    assert fusion.n_conflicts == differ
    assert len(rows) == 2 * differ


def test_one_iri_in_two_graphs_can_differ(tmp_path: Path) -> None:
    left, right = given("x", "born", '"{}"'), given("x", "born", '"{}"').replace('"7"', '"1999"')
    fusion, rows = conflicts_of(tmp_path, left, right, [])
    assert [row[2:5] for row in rows] == [
        ['"7"', "l", "http://x/7"],
        ['"1999"', "r", "http://x/7"],
    ]
    assert fusion.n_shared == N


def test_values_of_one_source_alone_are_no_conflict(tmp_path: Path) -> None:
    left = given("l", "born", '"{}"').replace("http://l/1>", "http://l/0>", 1)
    assert conflicts_of(tmp_path, left, "<http://r/0> <http://p/x> <http://r/1> .\n")[1] == []


def test_types_are_left_out(tmp_path: Path) -> None:
    def typed(graph: str) -> str:
        return given(graph, "x", f"<http://{graph}/Thing>").replace("http://p/x", TYPE)

    fusion, rows = conflicts_of(tmp_path, typed("l"), typed("r"))
    assert (fusion.functional, rows) == ({}, [])


def test_runs_are_alike_whatever_hashes_are(tmp_path: Path) -> None:
    (tmp_path / "l.nt").write_text(given("l", "born", '"{}"') + given("x", "n", '"{}"'))
    (tmp_path / "r.nt").write_text(given("r", "born", '"1{}"') + given("x", "n", '"1{}"'))
    (tmp_path / "links.tsv").write_text("".join(f"http://l/{i}\thttp://r/{i}\n" for i in range(N)))
    made = []
    for seed in "12":
        words = ["l.nt", "r.nt", "--links", "links.tsv", "--out", f"{seed}.nt"]
        command = [sys.executable, "-m", "dualamn", "fuse", *words, "--conflicts", f"{seed}.tsv"]
        subprocess.run(
            command, cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": seed}, check=True
        )
        made.append([(tmp_path / f"{seed}.{end}").read_bytes() for end in ("nt", "tsv")])
    assert made[0] == made[1]
    assert made[0][1].count(b"\n") == 4 * N + 1


def test_statements_are_remembered_over_many_chunks() -> None:
    seen = Seen()
    for start in range(0, 5000, 100):
        texts = [str(number // 2) for number in range(start, start + 300)]
        new = seen.new(texts)
        fresh = [text for text, is_new in zip(texts, new.tolist(), strict=True) if is_new]
        before = 0 if not start else (start + 200) // 2
        assert fresh == [str(number) for number in range(before, (start + 300) // 2)]
