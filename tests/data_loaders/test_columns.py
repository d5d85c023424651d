"""Triples from tables with named columns, as text and as Parquet."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualamn.data_loaders.entity_names import read_names
from dualamn.data_loaders.string_graph import read_graph
from dualamn.data_loaders.triple_tables import read_triples
from dualamn.errors import ConfigError, DataError
from dualamn.files.rdf import Reading
from tests.data_loaders.conftest import refused

ROWS = [("a", "r", "b"), ("b", "s", "c")]


def rows(path: Path, columns: Any = None) -> list[tuple[str, ...]]:
    table = read_triples(path, [], Reading.of(columns=columns))
    return list(zip(*table.columns, strict=True))


def write(path: Path, table: Sequence[Sequence[str]], separator: str = "\t") -> Path:
    text = "".join(separator.join(row) + "\n" for row in table)
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize(
    "header", [("Tail", "HEAD", "relation"), ("object", "subject", "predicate"), ("o", "s", "p")]
)
@pytest.mark.parametrize(
    ("name", "separator"), [("t.tsv", "\t"), ("t.csv", ","), ("t.tsv.gz", "\t")]
)
def test_a_header_says_which_column_is_which(
    tmp_path: Path, header: Sequence[str], name: str, separator: str
) -> None:
    table = [header, *((tail, head, relation) for head, relation, tail in ROWS)]
    assert rows(write(tmp_path / name, table, separator)) == ROWS


def test_other_columns_may_be_there_and_have_gaps(tmp_path: Path) -> None:
    table = [("id", "head", "note", "relation", "tail")]
    table += [("1", head, "", relation, tail) for head, relation, tail in ROWS]
    assert rows(write(tmp_path / "t.tsv", table)) == ROWS


@pytest.mark.parametrize("columns", [("from", "via", "To"), ("2", "3", "1")])
def test_columns_of_any_name(tmp_path: Path, columns: tuple[str, str, str]) -> None:
    table = [(tail, head, relation, "x") for head, relation, tail in ROWS]
    if columns[0] == "from":
        table.insert(0, ("to", "from", "via", "x"))
    assert rows(write(tmp_path / "t.tsv", table), columns) == ROWS


TIMES = [
    *("2005-01-03", "2005", "-450", "2003-##-##", "[2001,2004]", "None", "", "1105056000"),
    *("0.93", "2001-05-06T10:00:00Z"),
]


@pytest.mark.parametrize("count", [1, 2])
def test_times_of_triples_are_left_out_and_counted(tmp_path: Path, count: int) -> None:
    table = [("a", "rs"[i % 2], f"b{i}", *[time] * count) for i, time in enumerate(TIMES)]
    path = write(tmp_path / "t.tsv", table)
    notes: list[str] = []
    read = read_triples(path, notes)
    assert list(zip(*read.columns, strict=True)) == [row[:3] for row in table]
    which = "column 4" if count == 1 else "columns 4 and 5"
    assert notes == [f"t.tsv: {which} not read, times or numbers of 10 triples"]
    notes = []
    read_triples(
        write(path, [("head", "relation", "tail", "since", "till")[: 3 + count], *table]), notes
    )
    assert notes[0] == f"t.tsv: not read: the columns {'since' if count == 1 else 'since, till'}"


def test_records_are_not_taken_for_triples_with_times(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", [(str(i), f"name {i}", "x", str(i)) for i in range(20)])
    refused(path, "--table", file="t.tsv", line=1, call=rows)


def test_parquet(tmp_path: Path) -> None:
    heads, relations, tails = zip(*ROWS, strict=True)
    table = pa.table(
        {
            "Object": pa.array(tails).dictionary_encode(),
            "weight": [0.5, None],
            "subject": heads,
            "predicate": relations,
            "tags": [["x"], []],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    assert rows(tmp_path / "t.parquet") == ROWS
    assert rows(tmp_path / "t.parquet", ("subject", "predicate", "object")) == ROWS
    assert rows(tmp_path / "t.parquet", ("3", "4", "1")) == ROWS
    pq.write_table(pa.table({"x": heads, "y": relations, "z": tails}), tmp_path / "t.pq")
    assert rows(tmp_path / "t.pq") == ROWS
    numbers = pa.table({"head": [1, 2], "relation": [0, 0], "tail": [2, 3]})
    pq.write_table(numbers, tmp_path / "t.pq")
    assert rows(tmp_path / "t.pq") == [("1", "0", "2"), ("2", "0", "3")]


@pytest.mark.parametrize(
    ("table", "columns", "line", "words"),
    [
        ([("a", "b", "c", "d")], None, 1, ["which of the columns", "--columns", "--table"]),
        ([("head", "relation", "tail", "x"), ("a", "", "b", "c")], None, 2, ["relation is empty"]),
        ([("h", "relation", "tail", "x")], ("head", "relation", "tail"), 1, ["'head'"]),
        ([("heads", "x", "y")], ("head", "x", "y"), 1, ["did you mean 'heads'?"]),
        ([("a", "r", "b")], ("1", "2", "4"), None, ["column 4", "there are 3"]),
        ([("head", "relation", "tail", "x")], None, None, ["nothing but a header"]),
    ],
)
def test_what_is_refused(
    tmp_path: Path, table: Any, columns: Any, line: int | None, words: list[str]
) -> None:
    path = write(tmp_path / "t.tsv", table)
    refused(path, *words, file="/t.tsv", line=line, call=rows, columns=columns)


def test_parquet_that_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    refused(path, "missing", call=rows)
    path.write_bytes(b"")
    refused(path, "Parquet", call=rows)
    pq.write_table(pa.table({"head": ["a", None], "relation": ["r"] * 2, "tail": ["b", "c"]}), path)
    refused(path, "line 2: the head is empty", line=2, call=rows)
    pq.write_table(pa.table({"a": ["a"], "b": ["r"], "c": ["b"], "d": ["c"]}), path)
    refused(path, "--columns", call=rows)
    pq.write_table(pa.table({"head": pa.array([], pa.string())}), path)
    refused(path, "empty", call=rows)


def test_a_relation_that_names(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", [*ROWS, ("a", "title", "The A")])
    kg = read_graph(path, "g", [], Reading.of(labels=["title"]))
    assert kg.entity_names is not None
    assert dict(zip(kg.entities, kg.entity_names, strict=True)) == {"a": "The A", "b": "", "c": ""}
    assert kg.n_triples == 2
    assert kg.literals is None


@pytest.mark.parametrize(
    "arguments",
    [{"columns": ["a", "b"]}, {"columns": ["a", "a", "b"]}, {"labels": [" "]}, {"language": ""}],
)
def test_settings_that_cannot_be(arguments: Any) -> None:
    with pytest.raises(ConfigError):
        Reading.of(**arguments)


def test_names_from_parquet(tmp_path: Path) -> None:
    path = tmp_path / "names.parquet"
    table = {"note": ["", "", ""], "Label": ["The A", None, "The C"], "entity": ["a", "b", "c"]}
    pq.write_table(pa.table(table), path)
    assert read_names(path) == {"a": "The A", "c": "The C"}
    pq.write_table(pa.table({"x": ["a"], "y": ["The A"]}), path)
    assert read_names(path) == {"a": "The A"}
    pq.write_table(pa.table({"x": ["a"], "y": ["The A"], "z": [1]}), path)
    with pytest.raises(DataError, match="which of the columns x, y, z"):
        read_names(path)
