"""Graphs from tables of one entity a row."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualamn import as_graph, as_task, load_files
from dualamn.data_loaders.string_graph import read_graph
from dualamn.errors import ConfigError, DataError
from dualamn.files.rdf import Reading
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from tests.data_loaders.conftest import refused, triples

TABLE = [
    ("sku", "name", "price"),
    ("a-1", 'Lamp, 12" wide', "30"),
    ("b-2", "Chair", ""),
    ("c-3", "Table; round", "NULL"),
]
VALUES = {
    ("a-1", "name", 'Lamp, 12" wide'),
    ("a-1", "price", "30"),
    ("b-2", "name", "Chair"),
    ("c-3", "name", "Table; round"),
}


def write(path: Path, rows: Sequence[Sequence[str]], separator: str, quote: str = "") -> Path:
    def cell(text: str) -> str:
        if not quote or not set(text) & {quote, separator}:
            return text
        return quote + text.replace(quote, quote * 2) + quote

    path.write_text("".join(separator.join(map(cell, row)) + "\n" for row in rows))
    return path


def graph(path: Path | list[Path], **reading: Any) -> tuple[KnowledgeGraph, list[str]]:
    notes: list[str] = []
    kg = read_graph(path, "g", notes, Reading.of(**reading))
    return kg, [note for note in notes if " named by " not in note]


def values(kg: KnowledgeGraph) -> set[tuple[str, str, str]]:
    """What the cells say; where they became names they stand in the first column for names."""
    rows: set[tuple[str, str, str]] = set()
    if kg.literals is not None:
        entities = kg.entities[kg.literals.entities]
        kinds = kg.literals.attributes[kg.literals.kinds]
        rows |= set(zip(entities, kinds, kg.literals.values, strict=True))
    if kg.entity_names is not None:
        named = zip(kg.entities, kg.entity_names, strict=True)
        rows |= {(entity, "name", name) for entity, name in named if name}
    return rows


def of_files(notes: list[str]) -> list[str]:
    """The notes about files, without those on what became of the statements."""
    return [note for note in notes if not note.startswith("g: ")]


@pytest.mark.parametrize("separator", ["\t", ",", ";", "|", "%"])
@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.txt"])
@pytest.mark.parametrize("table", ["sku", "SKU", "1"])
def test_any_separator_is_found(tmp_path: Path, separator: str, name: str, table: str) -> None:
    path = write(tmp_path / name, TABLE, separator, '"')
    kg, notes = graph(path, table=table)
    assert list(kg.entities) == ["a-1", "b-2", "c-3"]
    assert (kg.n_triples, values(kg)) == (0, VALUES)
    named = {"t.csv": ",", "t.tsv": "\t", "t.txt": "\t"}[name]
    shown = "tabs" if separator == "\t" else repr(separator)
    assert of_files(notes) == (
        [] if separator == named else [f"{name}: the fields are separated by {shown}"]
    )


def test_a_separator_can_be_given(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", TABLE, "~")
    assert values(graph(path, table="sku", separator="~")[0]) == VALUES
    path = write(tmp_path / "t.csv", TABLE, "\t")
    assert values(graph(path, table="sku", separator="tab")[0]) == VALUES
    for separator in ("", "::", '"', "\n"):
        with pytest.raises(ConfigError, match="the one character between fields"):
            Reading.of(separator=separator)


def test_quotes_that_do_not_close_are_part_of_the_text(tmp_path: Path) -> None:
    rows = [("id", "name"), ("1", '"Lamp" 12'), ("2", '"Chair')]
    kg, notes = graph(write(tmp_path / "t.csv", rows, "|"), table="id")
    assert values(kg) == {("1", "name", '"Lamp" 12'), ("2", "name", '"Chair')}
    assert notes[1] == "t.csv: quotes do not close, so they are taken as they stand"


def test_line_ends_in_quotes_and_other_encodings(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes('id;name\r\n1;"Zoë\r\nand more"\r\n'.encode("windows-1252"))
    kg, _ = graph(path, table="id", encoding="windows-1252")
    assert values(kg) == {("1", "name", "Zoë\nand more")}


def test_parquet_and_frames(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [7, 8], "name": ["Lamp", None], "price": [1.5, 2.0]})
    expected = {("7", "name", "Lamp"), ("7", "price", "1.5"), ("8", "price", "2.0")}
    pq.write_table(pa.Table.from_pandas(frame), tmp_path / "t.parquet")
    assert values(graph(tmp_path / "t.parquet", table="id")[0]) == expected
    assert values(as_graph(frame, table="id")) == expected
    with pytest.raises(DataError, match="no names of columns"):
        as_graph([("1", "Lamp", "3")], table="id")
    with pytest.raises(DataError, match="--table id"):
        as_graph(pd.DataFrame({"id": [7], "name": ["x"], "price": [1], "sold": [2]}))


FILMS = [
    ("id", "title", "director_id"),
    ("1", "Alien", "21"),
    ("2", "Heat", "22"),
    ("3", "Ali", "22"),
]
PEOPLE = [("id", "name", "born"), ("21", "Scott", "1"), ("22", "Mann", "2"), ("23", "Kay", "3")]


def test_columns_of_identifiers_are_edges(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / "films.csv", FILMS, ","),
        write(tmp_path / "people.csv", PEOPLE, ","),
    ]
    kg, notes = graph(paths, table="id")
    edges = {
        (film, "director_id", person) for film, person in (("1", "21"), ("2", "22"), ("3", "22"))
    }
    assert triples(kg) == edges
    # Numbers below a word that does not speak of identifiers are numbers.
    assert ("21", "born", "1") in values(kg)
    (note,) = of_files(notes)
    assert "films.csv: director_id taken for edges" in note
    assert "--edge" in note


@pytest.mark.parametrize(("edges", "count"), [(["born"], 3), (["born", "director_id"], 6), ([], 0)])
def test_edges_can_be_given(tmp_path: Path, edges: list[str], count: int) -> None:
    paths = [
        write(tmp_path / "films.csv", FILMS, ","),
        write(tmp_path / "people.csv", PEOPLE, ","),
    ]
    kg, notes = graph(paths, table="id", edges=edges)
    assert kg.n_triples == count
    assert of_files(notes) == []


def test_words_that_are_identifiers_are_edges_whatever_the_column_is_called(tmp_path: Path) -> None:
    rows = [
        ("name", "partOf"),
        ("Bern", "Europe"),
        ("Europe", ""),
        ("Rome", "Europe"),
        ("x", "Bern"),
    ]
    kg, _ = graph(write(tmp_path / "t.csv", rows, ","), table="name")
    assert triples(kg) == {
        (a, "partOf", b) for a, b in (("Bern", "Europe"), ("Rome", "Europe"), ("x", "Bern"))
    }


def test_fractions_of_data_frames_are_identifiers(tmp_path: Path) -> None:
    rows = [("id", "film_id"), ("7.0", ""), ("8.0", "7.0"), ("9.0", "7.0"), ("10.0", "8.0")]
    kg, _ = graph(write(tmp_path / "t.csv", rows, ","), table="id")
    assert triples(kg) == {
        (head, "film_id", tail) for head, tail in (("8", "7"), ("9", "7"), ("10", "8"))
    }
    frame = pd.DataFrame({"id": [7, 8, 9, 10], "film_id": [None, 7, 7, 8]})
    assert triples(as_graph(frame, table="id")) == triples(kg)


def test_rows_of_one_entity_and_empty_ones_are_noted(tmp_path: Path) -> None:
    rows = [("id", "name"), ("1", "Lamp"), ("1", "Light"), ("2", "")]
    kg, notes = graph(write(tmp_path / "t.csv", rows, ","), table="id")
    assert values(kg) == {("1", "name", "Lamp"), ("1", "name", "Light")}
    assert of_files(notes) == [
        "t.csv: 1 row with nothing but an identifier left out",
        "t.csv: 1 row with an identifier of an earlier one, taken for the same entity",
    ]


def test_bad_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id,name,n\n1,a,2\n2,b\n3,"c,4\n4,d,5\n,e,6\n5,"f\nf",7\n')
    refused(path, "2 fields", "lines before have 3", file="t.csv", line=3, call=graph, table="id")
    kg, notes = graph(path, table="id", skip_bad_lines=True)
    assert list(kg.entities) == ["1", "4", "5"]
    assert ("5", "name", "f\nf") in values(kg)
    assert of_files(notes) == [
        "t.csv: 3 lines that cannot be read were left out (the first is line 3)"
    ]


@pytest.mark.parametrize(
    ("text", "reading", "line", "words"),
    [
        ("id,name\n", {"table": "id"}, None, ["nothing but a header"]),
        ("", {"table": "id"}, None, ["the file is empty"]),
        ("sku,name\n1,a\n", {"table": "skus"}, 1, ["'skus' in 'sku', 'name'", "mean 'sku'?"]),
        ("sku,name\n1,a\n", {"table": "3"}, 1, ["'3'"]),
        ("id,name\n1,a\n,b\n", {"table": "id"}, 3, ["no identifier", "--skip-bad-lines"]),
        ("id,name\n1,a\n", {"table": "id", "edges": ["nam"]}, 1, ["mean 'name'?"]),
        ("id,name,sold,price\n1,a,2,3\n", {}, 1, ["head, relation and tail", "--table id"]),
        ("id|name|sold\n" + "".join(f"{i}|n{i}|3\n" for i in range(12)), {}, 1, ["--table id"]),
    ],
)
def test_what_is_refused(
    tmp_path: Path, text: str, reading: Any, line: int | None, words: list[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    refused(path, *words, file="t.csv", line=line, call=graph, **reading)


@pytest.mark.parametrize(
    "reading",
    [
        {"table": " "},
        {"edges": ["x"]},
        {"table": "id", "columns": ["a", "b", "c"]},
    ],
)
def test_settings_that_do_not_go_together(reading: Any) -> None:
    with pytest.raises(ConfigError):
        Reading.of(**reading)


def test_graphs_may_differ_and_gold_names_rows(tmp_path: Path) -> None:
    left = write(tmp_path / "l.csv", TABLE, "|")
    right = tmp_path / "r.tsv"
    right.write_text("7\tin\tEurope\n8\tin\tEurope\n")
    gold = tmp_path / "gt.csv"
    gold.write_text("idL|idR\na-1|7\n")
    task = load_files([left, right], gold, table=["sku", None])
    assert task.kgs[0].n_triples == 0
    assert task.kgs[1].n_triples == 2
    assert len(task.seed_links) == 1
    frame = pd.DataFrame({"id": ["7"], "name": ["x"]})
    assert as_task([frame, [("a", "r", "b")]], table=["id", None]).kgs[1].n_triples == 1
    with pytest.raises(ConfigError, match="one for each"):
        load_files([left, right], table=["sku"])
