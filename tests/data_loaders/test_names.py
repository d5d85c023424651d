"""Names from files and from identifiers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dualamn.data_loaders import load
from dualamn.data_loaders.entity_names import read_names, with_names
from dualamn.data_loaders.naming import names_in_uris
from dualamn.errors import DataError
from dualamn.graphs.knowledge_graph import FurtherNames, KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import strings
from tests.conftest import there


@pytest.fixture
def task() -> AlignmentTask:
    left = KnowledgeGraph.from_triples("l", [("a", "r", "b"), ("b", "r", "c")])
    right = KnowledgeGraph.from_triples("r", [("x", "r", "y"), ("y", "r", "a")])
    return AlignmentTask.from_kgs([left, right], {(0, 1): [[0, 0]]}, seed=3)


def named(task: AlignmentTask) -> list[dict[str, str]]:
    return [
        dict(zip(kg.entities, kg.entity_names if kg.entity_names is not None else (), strict=True))
        for kg in task.kgs
    ]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("names.tsv", "a\tAnna Bell\nx\tXaver\nnobody\tNo One\n"),
        ("names.tsv", "entity\tname\na\tAnna Bell\nx\tXaver\nnobody\tNo One\n"),
        ("names.csv", 'uri,label\na,"Anna Bell"\nx,Xaver\nnobody,No One\n'),
        ("names.json", '[["a", ["Anna", "Bell"]], ["x", "Xaver"], [7, ["No", "One"]]]'),
        ("names.json", '{"a": "Anna Bell", "x": ["Xaver"], "nobody": "No One"}'),
    ],
)
def test_every_form_names_the_entities(
    task: AlignmentTask, tmp_path: Path, file: str, text: str
) -> None:
    (tmp_path / file).write_text(text)
    found = with_names(task, tmp_path / file)
    # "a" is an entity of both graphs.
    assert named(found) == [
        {"a": "Anna Bell", "b": "", "c": ""},
        {"a": "Anna Bell", "x": "Xaver", "y": ""},
    ]
    assert found.notes[-1] == f"{file}: 3 of 6 entities named, 1 name of unknown entities skipped"
    assert task.entity_names is None  # the caller's task stays as it is


def test_numbers_of_a_data_set_name_its_entities(tmp_path: Path) -> None:
    folder = tmp_path / "x_y"
    folder.mkdir()
    (folder / "triples_1").write_text("0\t0\t1\n1\t0\t2\n")
    (folder / "triples_2").write_text("3\t1\t4\n")
    (folder / "ent_ids_1").write_text("0\tone\n1\ttwin\n2\ttwin\n")
    (folder / "ent_ids_2").write_text("3\tthree\n4\tone\n")
    (folder / "ref_ent_ids").write_text("0\t3\n1\t4\n")
    names = tmp_path / "names.json"
    names.write_text(json.dumps([[number, [f"n{number}"]] for number in range(5)]))
    left, right = named(with_names(load(folder), names, folder))
    assert left == {"one": "n0", "twin": "n1", "twin [2]": "n2"}
    assert right == {"three": "n3", "one": "n4"}


def test_uris_end_in_names() -> None:
    names = {
        "http://zh.dbpedia.org/resource/%E9%87%91%E5%A4%A7%E4%B8%AD": "金大中",
        "http://dbpedia.org/resource/National_Front_(France)": "National Front (France)",
        "http://dbpedia.org/resource/AC/DC": "AC/DC",
        "http://example.org/onto#Big_Thing": "Big Thing",
        "http://example.org/thing/": "thing",
        "Deh_Bonyad": "Deh Bonyad",
        "": "",
    }
    assert names_in_uris(strings(names)).tolist() == list(names.values())


def test_words_of_uris_in_camel_case_are_apart() -> None:
    terms = strings(f"http://e.org/{name}" for name in ("ElectricCurrent", "HTTPServer", "Day"))
    assert names_in_uris(terms).tolist() == ["Electric Current", "HTTP Server", "Day"]
    places = strings(f"http://e.org/{name}" for name in ("New_York", "Los_Angeles", "YouTube"))
    assert names_in_uris(places).tolist() == ["New York", "Los Angeles", "YouTube"]


def test_who_is_not_in_the_file_keeps_its_names(task: AlignmentTask, tmp_path: Path) -> None:
    left, right = task.kgs
    names = strings({"a": "Old", "b": "Bea", "c": ""}[entity] for entity in left.entities)
    at = np.array([left.entities.tolist().index("a")] * 2, dtype=np.int32)
    further = FurtherNames(at, strings(["Anna", "Oldest"]))
    left = replace(left, entity_names=names, further_names=further)
    (tmp_path / "names.tsv").write_text("a\tAnna\n")
    found = with_names(replace(task, kgs=(left, right)), tmp_path / "names.tsv")
    assert named(found)[0] == {"a": "Anna", "b": "Bea", "c": ""}
    kept = there(found.kgs[0].further_names)
    assert sorted(zip(found.kgs[0].entities[kept.entities], kept.names, strict=True)) == [
        ("a", "Old"),
        ("a", "Oldest"),
    ]
    assert found.notes[-1] == (
        "names.tsv: 3 of 6 entities named, of which 1 keep the name of their graph"
    )


def test_the_word_uri_names_every_entity_by_its_identifier(task: AlignmentTask) -> None:
    found = with_names(task, "uri")
    assert named(found)[0] == {"a": "a", "b": "b", "c": "c"}
    assert found.notes[-1] == "names from identifiers: 6 of 6 entities named"


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("names.tsv", "a\tone\na\ttwo\n", "line 2: 'a' is named 'two', but before that 'one'"),
        ("names.tsv", "a\n", "line 1: expected 2 fields"),
        ("names.tsv", "", "the file is empty"),
        ("names.tsv", "nobody\tName\n", "none of the 1 names is of an entity of task"),
        ("names.json", "[", "line 1: this is no JSON"),
        ("names.json", "3", "expected a list of"),
        ("names.json", "[]", "the file names no entity"),
        ("names.json", '[["a", 3]]', 'found \\["a", 3\\]'),
        ("names.json", '[["a"]]', 'found \\["a"\\]'),
        ("names.json", '[[true, "x"]]', "found \\[true"),
    ],
)
def test_unusable_files_are_told_by_line(
    task: AlignmentTask, tmp_path: Path, file: str, text: str, message: str
) -> None:
    (tmp_path / file).write_text(text)
    with pytest.raises(DataError, match=message):
        with_names(task, tmp_path / file)


def test_missing_and_undecodable_files(tmp_path: Path) -> None:
    for name in ("none.tsv", "none.json"):
        with pytest.raises(DataError, match="missing"):
            read_names(tmp_path / name)
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xe9"}')
    with pytest.raises(DataError, match="no JSON in UTF-8"):
        read_names(tmp_path / "latin.json")
    with pytest.raises(DataError):
        read_names(tmp_path)
