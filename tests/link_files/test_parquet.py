from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dualamn.alignment import Alignment
from dualamn.errors import DataError
from dualamn.link_files.formats import read_links

COLUMNS = ["left_source", "left", "right_source", "right", "score"]


@pytest.fixture
def two(make_alignment: Callable[..., Alignment]) -> Alignment:
    rows = [("b", "B", 1 / 3), ("a", "A", 2.0)]
    return make_alignment({"l": ["a", "b"], "r": ["A", "B"]}, {(0, 1): rows})


def test_other_programs_see_strings_and_whole_scores(two: Alignment, tmp_path: Path) -> None:
    two.write(tmp_path / "links.parquet")
    table = pq.read_table(tmp_path / "links.parquet")
    assert table.column_names == COLUMNS
    assert [table.schema.field(name).type for name in COLUMNS] == [*[pa.string()] * 4, pa.float32()]
    assert table.to_pylist()[1] == {
        **dict(zip(COLUMNS[:4], ("l", "b", "r", "B"), strict=True)),
        "score": float(np.float32(1 / 3)),
    }


def test_frames_are_sorted_and_named_as_files(two: Alignment) -> None:
    frame = two.to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == COLUMNS
    assert frame["left"].tolist() == ["a", "b"]
    assert frame["score"].dtype == np.float32
    assert two.to_arrow().to_pydict() == frame.to_dict("list")


def test_columns_that_links_need(tmp_path: Path) -> None:
    path = tmp_path / "links.parquet"
    for columns, message in (
        ({"entity1": ["a"]}, "found 1 fields; give two, left and right"),
        ({"a": ["a"], "b": ["b"], "c": ["x"], "d": ["y"]}, "found 4 fields"),
        ({"left": ["a"], "right": ["b"], "left_source": ["x"]}, "name the graph of both sides"),
        ({"left": ["a", None], "right": ["b", "c"]}, "line 2: has nothing in column left"),
        ({"left": ["a"], "right": ["b"], "score": [float("nan")]}, "has the score 'nan'"),
    ):
        pq.write_table(pa.table(columns), path)
        with pytest.raises(DataError, match=message):
            read_links(path)


def test_gold_without_scores_or_graphs_and_with_more_columns(tmp_path: Path) -> None:
    path = tmp_path / "gold.parquet"
    pq.write_table(pa.table({"n": [1, 2], "right": ["x", "y"], "left": ["a", "b"]}), path)
    table = read_links(path)
    assert (list(table.left), list(table.right)) == (["a", "b"], ["x", "y"])
    assert table.score is table.left_source is None
