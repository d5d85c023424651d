"""Links from RDF, SSSOM and Parquet."""

import bz2
import gzip
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualamn.data_loaders import load, load_files
from dualamn.graphs.task import AlignmentTask
from tests.data_loaders.conftest import Folder, refused

SAME = "<http://www.w3.org/2002/07/owl#sameAs>"
EXACT = "<http://www.w3.org/2004/02/skos/core#exactMatch>"

LEFT = "".join(f"<http://l/{i}> <http://r> <http://l/{i + 1}> .\n" for i in range(5))
RIGHT = LEFT.replace("http://l/", "http://r/")


@pytest.fixture
def world(make_folder: Folder) -> Callable[..., Path]:
    def files(name: str, links: str) -> Path:
        return make_folder({"left.nt": LEFT, "right.nt": RIGHT, name: links}, "world")

    return files


def load_world(folder: Path, links: str = "links.nt", **arguments: Any) -> AlignmentTask:
    return load_files([folder / "left.nt", folder / "right.nt"], folder / links, **arguments)


def pairs(task: AlignmentTask) -> set[tuple[str, ...]]:
    rows = task.identifiers(task.seed_links)
    return {tuple(name.removeprefix("http://") for name in row) for row in rows}


def test_rdf_links_in_either_direction(world: Any) -> None:
    folder = world(
        "links.nt",
        f"<http://l/0> {SAME} <http://r/0> .\n"
        f"<http://r/1> {EXACT} <http://l/1> .\n"
        f"<http://l/1> {SAME} <http://r/1> .\n"
        f"<http://l/2> {SAME} <http://elsewhere> .\n"
        f"<http://l/2> {SAME} _:b .\n"
        "<http://l/2> <http://closeMatch> <http://r/2> .\n",
    )
    task = load_world(folder)
    assert pairs(task) == {("l/0", "r/0"), ("l/1", "r/1")}
    assert set(task.notes) == {
        "links.nt: skipped 1 statement about something that no two graphs have",
        "links.nt: skipped 1 statement about something without an identifier",
        "links.nt: skipped 1 statement of another property",
    }


def test_a_graph_file_can_hold_the_links(world: Any, make_folder: Folder) -> None:
    folder = world("links.nt", "")
    (folder / "left.nt").write_text(LEFT + f"<http://l/0> {SAME} <http://r/0> .\n")
    task = load_world(folder, "left.nt")
    assert pairs(task) == {("l/0", "r/0")}
    assert "http://r/0" not in task.kgs[0].entities


def test_entities_with_several_counterparts_get_none(world: Any) -> None:
    rows = [(0, 0), (0, 1), (2, 2), (3, 4), (5, 4)]
    folder = world(
        "links.nt", "".join(f"<http://l/{a}> {SAME} <http://r/{b}> .\n" for a, b in rows)
    )
    task = load_world(folder)
    assert pairs(task) == {("l/2", "r/2")}
    assert task.notes == (
        "links.nt: skipped 4 statements that give 2 entities of left and right "
        "more than one counterpart (--many keeps them)",
    )


def test_equal_identifiers_in_both_graphs(make_folder: Folder) -> None:
    folder = make_folder(
        {"a.nt": LEFT, "b.nt": LEFT, "same.ttl": f"<http://l/0> {SAME} <http://l/1> ."}
    )
    task = load_files([folder / "a.nt", folder / "b.nt"], folder / "same.ttl")
    assert pairs(task) == {("l/0", "l/1")}


def test_three_graphs_need_no_sources(make_folder: Folder) -> None:
    files = {f"{x}.nt": LEFT.replace("http://l/", f"http://{x}/") for x in "abc"}
    same = f"<http://a/0> {SAME} <http://b/0> .\n<http://c/1> {SAME} <http://b/1> .\n"
    folder = make_folder(files | {"same.nt": same})
    task = load_files([folder / f"{x}.nt" for x in "abc"], folder / "same.nt")
    assert pairs(task) == {("a/0", "b/0"), ("b/1", "c/1")}


def test_no_link_fits(world: Any) -> None:
    folder = world("links.nt", f"<http://x> {SAME} <http://r/0> .\n")
    refused(folder, "none of its 1 statement", "left and right", file="links.nt", call=load_world)
    folder = world("links.nt", "<http://x> <http://x> <http://r/0> .\n")
    refused(folder, "none of its 0 statements", file="links.nt", call=load_world)


SSSOM = (
    "#mapping_set_id: https://e.org/set\n"
    "#curie_map:\n"
    '#  L: "http://l/"\n'
    "#  R: http://r/\n"
    "#license: https://e.org/\n"
)
HEADER = "subject_id\tsubject_label\tpredicate_id\tobject_id\tmapping_justification\n"


@pytest.mark.parametrize("name", ["links.sssom.tsv", "links.tsv"])
def test_sssom(world: Any, name: str) -> None:
    rows = (
        "L:0\tzero\tskos:exactMatch\tR:0\tsemapv:ManualMappingCuration\n"
        "L:1\t\towl:sameAs\thttp://r/1\tx\n"
        "R:2\t\towl:equivalentClass\tL:2\tx\n"
        "L:3\t\tskos:broadMatch\tR:3\tx\n"
        "X:3\t\tskos:exactMatch\tR:3\tx\n"
    )
    task = load_world(world(name, SSSOM + HEADER + rows), name)
    assert pairs(task) == {("l/0", "r/0"), ("l/1", "r/1"), ("l/2", "r/2")}
    assert set(task.notes) == {
        f"{name}: skipped 1 statement of another predicate",
        f"{name}: skipped 1 statement about something that no two graphs have",
    }


def test_sssom_that_is_not_so(world: Any) -> None:
    rows = (
        "predicate_id\tpredicate_modifier\tsubject_id\tobject_id\n"
        "owl:sameAs\tNot\tL:0\tR:0\nowl:sameAs\t\tL:1\tR:1\n"
    )
    head = "#curie_map: {L: http://l/, 'R': \"http://r/\"}\n"
    assert pairs(load_world(world("links.tsv", head + rows), "links.tsv")) == {("l/1", "r/1")}


def test_sssom_of_short_forms_that_the_graphs_use(make_folder: Folder) -> None:
    links = SSSOM + HEADER + "L:0\t\towl:sameAs\tR:0\t\n"
    files = {"left.tsv": "L:0\tr\tL:1\n", "right.tsv": "R:0\tr\tR:1\n", "links.tsv": links}
    folder = make_folder(files)
    task = load_files([folder / "left.tsv", folder / "right.tsv"], folder / "links.tsv")
    assert pairs(task) == {("L:0", "R:0")}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (SSSOM + "subject_id\tobject_id\nL:0\tR:0\n", 6, "predicate_id is missing"),
        ("#a: [\n" + HEADER, 1, "no YAML"),
    ],
)
def test_sssom_that_is_refused(world: Any, text: str, line: int, said: str) -> None:
    folder = world("links.tsv", text)
    refused(folder, said, file="links.tsv", line=line, call=load_world, links="links.tsv")


def write_parquet(path: Path, columns: Mapping[str, Sequence[object]]) -> None:
    pq.write_table(pa.table(dict(columns)), path)


@pytest.mark.parametrize("names", [("left", "right"), ("a", "b"), ("entity1", "entity2")])
def test_parquet_links(world: Any, names: tuple[str, str]) -> None:
    folder = world("links.nt", "")
    columns = {names[0]: ["http://l/0", "http://l/1"], names[1]: ["http://r/0", "http://r/1"]}
    write_parquet(folder / "links.parquet", columns)
    assert pairs(load_world(folder, "links.parquet")) == {("l/0", "r/0"), ("l/1", "r/1")}


def test_parquet_links_as_dualamn_writes_them(world: Any) -> None:
    folder = world("links.nt", "")
    names = ("left_source", "left", "right_source", "right", "score", "probability")
    row = ("left", "http://l/0", "right", "http://r/0", 0.25, 0.5)
    columns: dict[str, Any] = {name: [value] for name, value in zip(names, row, strict=True)}
    write_parquet(folder / "links.parquet", columns)
    assert pairs(load_world(folder, "links.parquet")) == {("l/0", "r/0")}
    write_parquet(folder / "links.parquet", {**columns, "left": ["http://l/9"]})
    refused(
        folder, "'http://l/9'", file="links.parquet", line=1, call=load_world, links="links.parquet"
    )


def test_links_that_stand_in_axioms_alone(world: Any) -> None:
    prefixes = (
        "@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix s: <https://w3id.org/sssom/> ."
    )
    axiom = (
        "[] a owl:Axiom ; owl:annotatedSource <http://l/{0}> ; "
        "owl:annotatedTarget <http://r/{0}> ; owl:annotatedProperty owl:equivalentClass ; "
        "s:confidence 0.5 .\n"
    )
    plain = f"<http://l/0> {SAME} <http://r/0> .\n<http://l/8> {SAME} <http://r/8> .\n"
    text = f"{prefixes}\n{plain}{axiom.format(0)}{axiom.format(1)}{axiom.format(8)}"
    task = load_world(world("links.ttl", text), "links.ttl")
    assert pairs(task) == {("l/0", "r/0"), ("l/1", "r/1")}
    assert task.notes == ("links.ttl: skipped 1 statement about something that no two graphs have",)


@pytest.mark.parametrize("name", ["links.csv", "links.tsv.gz", "links.sssom.bz2", "links"])
def test_sssom_is_known_by_its_columns_and_may_have_quotes(world: Any, name: str) -> None:
    text = SSSOM + HEADER + '"L:0"\t"a\tb ""c"""\towl:equivalentProperty\tR:0\tx\n'
    folder = world("links.nt", "")
    data = text.encode()
    if name.endswith((".gz", ".bz2")):
        data = gzip.compress(data) if name.endswith(".gz") else bz2.compress(data)
    (folder / name).write_bytes(data)
    assert pairs(load_world(folder, name)) == {("l/0", "r/0")}


def test_a_folder_of_rdf_is_a_data_set(world: Any) -> None:
    folder = world(
        "links.nt", "".join(f"<http://l/{i}> {SAME} <http://r/{i}> .\n" for i in range(5))
    )
    task = load(folder, train_ratio=0.4)
    assert task.kg_names == ("left", "right")
    assert (len(task.seed_links), len(task.test_links)) == (2, 3)
