"""Graphs and tasks from what is in memory."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyoxigraph
import pytest
import rdflib

import dualamn
from dualamn.errors import DataError
from tests.conftest import there
from tests.data_loaders.conftest import triples

ROWS = [("a", "r", "b"), ("b", "s", "c"), ("a", "r", "b")]
COLUMNS = dict(zip(("head", "relation", "tail"), zip(*ROWS, strict=True), strict=True))
MIXED = {"weight": (0.5, 1.0, 2.0)} | {x: COLUMNS[x] for x in ("tail", "head", "relation")}

TABLES: dict[str, Any] = {
    "tuples": ROWS,
    "lists": [list(row) for row in ROWS],
    "array": np.array(ROWS),
    "array of objects": np.array(ROWS, dtype=object),
    "pandas": pd.DataFrame(COLUMNS),
    "pandas, mixed": pd.DataFrame(MIXED),
    "pandas, categories": pd.DataFrame(COLUMNS).astype("category"),
    "pandas, no names": pd.DataFrame(ROWS),
    "polars": pl.DataFrame(COLUMNS),
    "polars, mixed": pl.DataFrame(MIXED),
    "pyarrow": pa.table(COLUMNS),
    "pyarrow, mixed": pa.table(MIXED),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables(name: str) -> None:
    notes: list[str] = []
    kg = dualamn.as_graph(TABLES[name], "g", notes=notes)
    assert triples(kg) == set(ROWS)
    assert (kg.name, kg.entity_names, kg.literals) == ("g", None, None)
    assert notes == ["g: 1 repeated triple merged"]


def test_columns_of_a_table() -> None:
    frame = pd.DataFrame({"x": ["c"], "y": ["a"], "z": ["r"]})
    assert triples(dualamn.as_graph(frame, columns=["y", "z", "x"])) == {("a", "r", "c")}
    assert triples(dualamn.as_graph(frame, columns=["2", "3", "1"])) == {("a", "r", "c")}


def test_numbers() -> None:
    kg = dualamn.as_graph(np.array([[0, 0, 1], [1, 0, 2]]))
    assert list(kg.entities) == ["0", "1", "2"]
    kg = dualamn.as_graph(pd.DataFrame({"s": [10, 11], "p": [0, 0], "o": [11, 12]}))
    assert set(kg.entities) == {"10", "11", "12"}


TURTLE = """
@prefix : <http://e.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:a :r :b , [ :s :a ] ; a :C ; rdfs:label "A"@en-GB , "Ä"@de ; :n 1 ; :t "x" .
"""


def rdflib_dataset() -> rdflib.Dataset:
    dataset = rdflib.Dataset()
    dataset.graph(rdflib.URIRef("http://e.org/g")).parse(data=TURTLE, format="turtle")
    return dataset


def store() -> pyoxigraph.Store:
    found = pyoxigraph.Store()
    found.load(TURTLE.encode(), pyoxigraph.RdfFormat.TURTLE)
    return found


@pytest.mark.parametrize(
    "make",
    [
        lambda: rdflib.Graph().parse(data=TURTLE, format="turtle"),
        rdflib_dataset,
        store,
        lambda: pyoxigraph.Dataset(pyoxigraph.parse(TURTLE, pyoxigraph.RdfFormat.TURTLE)),
    ],
)
def test_rdf(make: Callable[[], Any]) -> None:
    notes: list[str] = []
    kg = dualamn.as_graph(make(), "g", notes=notes, language="de")
    found = {tuple(x if x[0] != "_" else "_" for x in row) for row in triples(kg)}
    e = "http://e.org/"
    assert found == {(e + "a", e + "r", e + "b"), (e + "a", e + "r", "_"), ("_", e + "s", e + "a")}
    assert there(kg.entity_names)[kg.entities.tolist().index(e + "a")] == "Ä"
    assert kg.literals is not None
    assert set(zip(kg.literals.values, kg.literals.types, strict=True)) == {
        (e + "C", "http://www.w3.org/2001/XMLSchema#anyURI"),
        ("1", "http://www.w3.org/2001/XMLSchema#integer"),
        ("x", ""),
    }
    assert there(kg.further_names).names.tolist() == ["A"]
    assert len(notes) == 3


def test_paths(tmp_path: Path) -> None:
    one, two = tmp_path / "one.nt", tmp_path / "two.tsv"
    one.write_text("<x:a> <x:r> <x:b> .\n")
    two.write_text("x:b\tx:r\tx:c\n")
    assert len(triples(dualamn.as_graph(str(one)))) == 1
    assert len(triples(dualamn.as_graph([one, str(two)]))) == 2
    with pytest.raises(DataError, match=r"did you mean one\.nt"):
        dualamn.as_graph(tmp_path / "ones.nt")


def test_a_graph_is_given_back_and_named() -> None:
    kg = dualamn.as_graph(ROWS, "g")
    assert dualamn.as_graph(kg) is kg
    assert dualamn.as_graph(kg, "h").name == "h"
    named = dualamn.as_graph(kg, entity_names={"a": "The A", "elsewhere": "x"})
    assert list(there(named.entity_names)) == ["The A", "", ""]
    assert kg.entity_names is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (5, "int, which holds no rows"),
        ({"a": 1}, "dict"),
        ([], "no triples"),
        (pd.DataFrame({"head": [], "relation": [], "tail": []}), "no triples"),
        (pyoxigraph.Store(), "no statement"),
        ([("a", "r")], "line 1: .* is no row of 3 strings"),
        (["abc", ("a", "r", "b")], "line 1"),
        (np.array(["a", "b"]), "line 1"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), "which of the columns 'a', 'b'"),
        (pd.DataFrame({"head": ["a", None], "relation": ["r"] * 2, "tail": ["b"] * 2}), "line 2"),
        (pd.DataFrame(COLUMNS | {"head": ("a", pd.NA, "c")}), "line 2: the head is empty"),
    ],
)
def test_what_is_refused(data: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        dualamn.as_graph(data)


OTHER = [tuple(word.upper() for word in row) for row in ROWS]
PAIRS = [("a", "A"), ("b", "B")]


@pytest.mark.parametrize(
    "links",
    [
        PAIRS,
        np.array(PAIRS),
        pd.DataFrame(PAIRS, columns=["left", "right"]),
        pd.DataFrame(PAIRS, columns=["x", "y"]),
        pl.DataFrame({"right": ["A", "B"], "left": ["a", "b"]}),
        pa.table({"right": ["A", "B"], "left": ["a", "b"]}),
        pa.table({"right": ["A", "B"], "score": [0.1, 0.2], "left": ["a", "b"]}),
    ],
)
def test_links(links: Any) -> None:
    task = dualamn.as_task([ROWS, OTHER], links)
    assert {tuple(row) for row in task.identifiers(task.seed_links)} == set(PAIRS)
    assert task.kg_names == ("kg1", "kg2")
    assert task.name == "kg1-kg2"
    assert len(task.notes) == 2


def test_a_task_by_names() -> None:
    task = dualamn.as_task({"en": ROWS, "fr": OTHER}, PAIRS, test_links=[("c", "C")], name="x")
    assert (task.name, task.kg_names) == ("x", ("en", "fr"))
    assert (len(task.seed_links), len(task.test_links)) == (2, 1)
    task = dualamn.as_task({"en": ROWS, "fr": OTHER}, PAIRS, train_ratio=0.5)
    assert (len(task.seed_links), len(task.test_links)) == (1, 1)
    assert len(dualamn.as_task([ROWS, OTHER]).seed_links) == 0


def test_three_graphs() -> None:
    links = pd.DataFrame(
        [("one", "a", "two", "A"), ("three", "c", "one", "c")],
        columns=["left_source", "left", "right_source", "right"],
    )
    task = dualamn.as_task({"one": ROWS, "two": OTHER, "three": ROWS}, links)
    assert {tuple(row) for row in task.identifiers(task.seed_links)} == {("a", "A"), ("c", "c")}


def test_what_is_no_task(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two or more graphs of different names"):
        dualamn.as_task([ROWS])
    no_list: Any = tmp_path
    with pytest.raises(DataError, match="as a list"):
        dualamn.as_task(no_list)
    with pytest.raises(DataError, match=r"links, line 2: 'x' is linked"):
        dualamn.as_task([ROWS, OTHER], [("a", "A"), ("x", "B")])
    with pytest.raises(DataError, match="no such file"):
        dualamn.as_task([ROWS, OTHER], tmp_path / "links.tsv")


def test_no_library_is_loaded_to_find_out_what_data_is() -> None:
    code = (
        "import sys, dualamn; dualamn.as_graph([('a', 'r', 'b')]);"
        "print([m for m in ('pandas', 'polars', 'pyarrow', 'rdflib', 'pyoxigraph')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
