from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dualamn.alignment import Alignment
from dualamn.errors import DataError
from dualamn.link_files.formats import read_links
from tests.link_files.conftest import alignment_of

HEADER = "left_source\tleft\tright_source\tright\tscore\n"


@pytest.fixture
def three() -> Alignment:
    return alignment_of(
        {"z": ["b", "a"], "en": ["B", "A"], "fr": ["β"]},
        {(0, 2): [("b", "β", -0.25)], (0, 1): [("b", "B", 1 / 3), ("a", "A", 2.0)], (1, 2): []},
    )


def test_the_file_has_a_header_and_is_sorted_by_pair_and_identifier(
    three: Alignment, tmp_path: Path
) -> None:
    three.to_tsv(tmp_path / "links.tsv")
    assert (tmp_path / "links.tsv").read_bytes().decode() == HEADER + (
        "z\ta\ten\tA\t2.000000\nz\tb\ten\tB\t0.333333\nz\tb\tfr\tβ\t-0.250000\n"
    )


def test_likely_links_are_written_and_those_without_a_probability(
    three: Alignment, tmp_path: Path
) -> None:
    assert three.probabilities is None
    assert three.columns().probability is None
    first, second, third = three.pairs
    calibrated = replace(second, probabilities=np.array([0.25, 1.0], dtype=np.float32))
    alignment = replace(three, pairs=(first, calibrated, third))
    assert alignment.probabilities is not None
    np.testing.assert_array_equal(
        alignment.probabilities, np.array([np.nan, 0.25, 1.0], dtype=np.float32)
    )
    alignment.to_tsv(tmp_path / "links.tsv")
    assert (tmp_path / "links.tsv").read_bytes().decode() == HEADER.replace(
        "score", "score\tprobability"
    ) + ("z\ta\ten\tA\t2.000000\t1.000000\nz\tb\tfr\tβ\t-0.250000\t\n")
    table = read_links(tmp_path / "links.tsv")
    np.testing.assert_array_equal(table.probability, np.array([1.0, np.nan], dtype=np.float32))


def test_links_are_sorted_by_probability_which_stands_for_the_score(tmp_path: Path) -> None:
    names = {"l": ["one", "two", "three"], "r": ["eins", "zwei", "drei"]}
    alignment = alignment_of(
        {"l": ["a", "b", "c"], "r": ["A", "B", "C"]},
        {(0, 1): [("a", "A", 0.95), ("b", "B", 0.5), ("c", "C", 0.7)]},
        names=names,
    )
    (pair,) = alignment.pairs
    p = np.array([0.25, 0.9, 0.99], np.float32)
    alignment = replace(alignment, pairs=(replace(pair, probabilities=p),))
    header = HEADER.replace("score", "probability\tleft_name\tright_name")

    def written(alignment: Alignment) -> list[list[str]]:
        alignment.to_tsv(tmp_path / "links.tsv")
        text = (tmp_path / "links.tsv").read_text()
        assert text.startswith(header)
        return [line.split("\t") for line in text.splitlines()[1:]]

    assert [[row[1], row[4]] for row in written(alignment)] == [
        ["c", "0.990000"],
        ["b", "0.900000"],
    ]
    assert [row[5:] for row in written(alignment)] == [["three", "drei"], ["two", "zwei"]]
    assert [row[1] for row in written(alignment.confident(0.95))] == ["c"]
    # Links that were chosen are written, all of them if these were.
    assert [row[1] for row in written(alignment.confident(0))] == ["c", "b", "a"]
    assert len(alignment) == 3
    table = read_links(tmp_path / "links.tsv")
    assert (table.score, list(table.left)) == (None, ["c", "b", "a"])


def test_links_of_the_same_identifier_are_marked(tmp_path: Path) -> None:
    alignment = alignment_of({"l": ["a", "x"], "r": ["A", "x"]}, {(0, 1): [("a", "A", 0.5)]})
    (pair,) = alignment.pairs
    same = np.array([[alignment.task.ids(kg, ["x"])[0] for kg in (0, 1)]], np.int32)
    p = np.array([0.75], np.float32)
    given = replace(pair, probabilities=p, features=np.ones((1, 3), np.float32)).with_given(same)
    alignment = replace(alignment, pairs=(given,))
    alignment.to_tsv(tmp_path / "links.tsv")
    assert (tmp_path / "links.tsv").read_text() == (
        HEADER.replace("score", "probability\torigin")
        + "l\tx\tr\tx\t1.000000\tsame identifier\nl\ta\tr\tA\t0.750000\t\n"
    )
    assert alignment.is_given.tolist() == [False, True]
    assert given.only_found().links.tolist() == pair.links.tolist()
    assert alignment.confident(0.8).is_given.tolist() == [True]
    assert alignment._from(np.inf).is_given.tolist() == [True]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_files_without_a_header_are_taken_literally(
    ending: str, start: str, tmp_path: Path
) -> None:
    path = tmp_path / "gold.tsv"
    path.write_bytes((start + ending.join(["a\\tb\tx", "", "c\ty", "c\ty", ""])).encode())
    table = read_links(path)
    assert list(table.left) == ["a\\tb", "c"]
    assert list(table.right) == ["x", "y"]
    assert table.left_source is table.right_source is table.score is None
    assert table.probability is None
    assert table.n_repeated == 1


def test_a_third_column_is_the_score(tmp_path: Path) -> None:
    (tmp_path / "links.tsv").write_text("a\tx\t0.5\nb\ty\t1e-3\n")
    score = read_links(tmp_path / "links.tsv").score
    assert score is not None
    np.testing.assert_allclose(score, [0.5, 0.001])


def test_a_header_may_have_fewer_columns_in_any_order(tmp_path: Path) -> None:
    (tmp_path / "gold.tsv").write_text("right\tnote\tleft\nx\t?\ta\n")
    table = read_links(tmp_path / "gold.tsv")
    assert (list(table.left), list(table.right)) == (["a"], ["x"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tx\nb\ty\n\na\tz\n", "line 4: links 'a' to 'z', but line 1 links it to 'x'"),
        ("a\tx\nb\tx\n", "line 2: links 'x' to 'b', but line 1 links it to 'a'"),
        (HEADER + "l\ta\tr\tx\t1\nl\ta\tr\ty\t1\n", "line 3: links 'a' to 'y', but line 2"),
    ],
)
def test_contradictions_are_refused_where_links_are_one_to_one(
    text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "gold.tsv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_links(path, one_to_one=True)
    assert len(read_links(path)) >= 2


def test_one_counterpart_in_each_graph_is_no_contradiction(tmp_path: Path) -> None:
    path = tmp_path / "gold.tsv"
    path.write_text(HEADER + "l\ta\tr\tx\t1\nl\ta\ts\ty\t1\nr\tx\tl\tb\t1\n")
    assert len(read_links(path, one_to_one=True)) == 3
