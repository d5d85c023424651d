"""`dualamn dedupe` through its entry point."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
IN, LABEL = "<http://x/in>", "<http://www.w3.org/2000/01/rdf-schema#label>"


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    names = {"a": "Anna Berg", "b": "Berg, Anna", "c": "Carl Stein", "d": "Dora Wolf", "e": "Bern"}
    lines = [f'<http://x/{at}> {LABEL} "{name}" .' for at, name in names.items()]
    lines += [f"<http://x/{at}> {IN} <http://x/e> ." for at in "abcd"]
    path = tmp_path / "graph.nt"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_pairs_and_clusters_are_written_and_can_be_fused(run: Run, graph: Path) -> None:
    done = run("dedupe", graph, "--out", "pairs.tsv", "--clusters", "clusters.csv")
    assert done.exit_code == 0
    assert "1 pair in pairs.tsv (TSV)" in done.output
    assert "1 cluster of 2 entities in clusters.csv (CSV)" in done.output
    assert f"next: look through pairs.tsv, then dualamn fuse {graph}" in done.output
    header, row = (line.split("\t") for line in Path("pairs.tsv").read_text().splitlines())
    told = dict(zip(header, row, strict=True))
    assert (told["left"], told["right"]) == ("http://x/a", "http://x/b")
    assert float(told["probability"]) > 0.5
    lines = Path("clusters.csv").read_text().splitlines()
    assert lines[0] == "cluster,probability,members,entity,name"
    assert [line.split(",")[3] for line in lines[1:]] == ["http://x/a", "http://x/b"]
    assert run("fuse", graph, "--links", "pairs.tsv", "--out", "clean.nt").exit_code == 0
    assert "<http://x/b>" not in Path("clean.nt").read_text()


def test_columns_of_a_table_are_chosen(run: Run, tmp_path: Path) -> None:
    rows = ["to\tfrom\tby", *(f"Bern\t{name}\tin" for name in ("Anna Berg", "Berg, Anna"))]
    (tmp_path / "graph.tsv").write_text("\n".join(rows) + "\n")
    (tmp_path / "names.json").write_text('{"Anna Berg": "Anna Berg", "Berg, Anna": "Berg, Anna"}')
    done = run(
        *("dedupe", "graph.tsv", "--columns", "from, by,to", "--names", "names.json"),
        *("--out", "pairs.tsv", "--min-probability", 0),
    )
    assert done.exit_code == 0, done.output
    (pair,) = Path("pairs.tsv").read_text().splitlines()[1:]
    assert {"Anna Berg", "Berg, Anna"} < set(pair.split("\t"))


def test_known_and_rejected_pairs_are_read(run: Run, graph: Path) -> None:
    Path("known.nt").write_text(
        "<http://x/c> <http://www.w3.org/2002/07/owl#sameAs> <http://x/d> .\n"
        "<http://x/c> <http://www.w3.org/2002/07/owl#sameAs> <http://y/elsewhere> .\n"
    )
    Path("wrong.tsv").write_text("left\tright\nhttp://x/b\thttp://x/a\n")
    options = ("--links", "known.nt", "--not-links", "wrong.tsv", "--out", "pairs.nt")
    done = run("dedupe", graph, *options)
    assert done.exit_code == 0
    assert "1 statement about what is not in graph skipped" in done.output
    assert Path("pairs.nt").read_text() == Path("known.nt").read_text().splitlines(True)[0]


def test_names_may_come_from_a_file_and_output_be_standard(run: Run, tmp_path: Path) -> None:
    Path("triples.tsv").write_text("q1\tin\tq3\nq2\tin\tq3\nq4\tin\tq3\n")
    Path("names.tsv").write_text("q1\tAnna Berg\nq2\tBerg Anna\nq3\tBern\nq4\tCarl\n")
    done = run("dedupe", "triples.tsv", "--names", "names.tsv", "--out", "-", "-q")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[1].split("\t")[:4] == ["triples", "q1", "triples", "q2"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--out", "graph.nt"), "would be lost"),
        (("--out", "p.tsv", "--clusters", "p.tsv"), "this needs a file of its own"),
        (("--out", "p.tsv", "--clusters", "c.nt"), "N-Triples can hold links alone"),
        (("--out", "p.xyz"), "p.xyz"),
        (("--out", "p.tsv", "--min-probability", "2"), "--min-probability"),
        (("--out", "-", "--format", "parquet"), "is no text"),
    ],
)
def test_what_does_not_go_is_refused_before_anything_is_written(
    run: Run, graph: Path, options: tuple[str, ...], message: str
) -> None:
    before = graph.read_text()
    done = run("dedupe", graph, *options)
    assert done.exit_code != 0
    assert message in done.output
    assert graph.read_text() == before
    assert [path.name for path in graph.parent.iterdir()] == ["graph.nt"]


def test_a_graph_without_names_is_refused(run: Run) -> None:
    Path("triples.tsv").write_text("q1\tin\tq3\nq2\tin\tq3\n")
    done = run("dedupe", "triples.tsv", "--out", "p.tsv")
    assert done.exit_code == 1
    assert "triples has no names, and duplicates are found by theirs" in done.output
    assert not Path("p.tsv").exists()
