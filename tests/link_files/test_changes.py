"""What became of links, between two files or what is in memory."""

from collections.abc import Callable
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import dualamn
from dualamn import DataError
from dualamn.link_files.changes import change_table

OLD = "left\tright\tprobability\nRome\tRoma\t.9\nBern\tBerna\t.8\nPo\tAdda\t.7\n"
NEW = "left\tright\tprobability\nRome\tRoma\t.7\nPo\tPo\t.8\nEbro\tEbro\t.6\n"


def rows(changes: dualamn.Changes, *names: str) -> list[tuple[str, ...]]:
    """Some columns of the table, row by row."""
    return list(zip(*(changes.table.columns[name].tolist() for name in names), strict=True))


def test_every_link_has_a_row(tmp_path: Path) -> None:
    old, new = tmp_path / "old.tsv", tmp_path / "new.tsv"
    old.write_text(OLD)
    new.write_text(NEW)
    changes = dualamn.diff(old, new)
    assert list(changes.table.text()) == [
        ("moved", "", "Po", "", "Po", "Po", "Adda", "0.700000", "0.800000", ""),
        (
            *("dropped", "", "Bern", "", "Berna", "", "", "0.800000", ""),
            "both ends have no link now",
        ),
        ("new", "", "Ebro", "", "Ebro", "", "", "", "0.600000", ""),
        ("kept", "", "Rome", "", "Roma", "", "", "0.900000", "0.700000", ""),
    ]
    assert changes.total == {"moved": 1, "dropped": 1, "new": 1, "kept": 1}
    assert not changes.is_empty


def test_a_link_of_before_makes_way_for_one_link_alone() -> None:
    # The link a-1 is gone for both b-1 and a-2: a-2 takes its place, and b-1 is new.
    changes = dualamn.diff([("a", "1")], [("a", "2"), ("b", "1")])
    names = ("change", "left", "right", "left_before", "right_before")
    assert rows(changes, *names) == [("moved", "a", "2", "a", "1"), ("new", "b", "1", "", "")]


def test_two_that_change_places_have_moved() -> None:
    changes = dualamn.diff([("a", "1"), ("b", "2")], [("a", "2"), ("b", "1")])
    names = ("change", "left", "right", "left_before", "right_before")
    assert rows(changes, *names) == [("moved", "a", "2", "a", "1"), ("moved", "b", "1", "b", "2")]


def test_the_reason_says_who_took_the_place() -> None:
    changes = dualamn.diff([("a", "1"), ("b", "2")], [("a", "2")])
    assert rows(changes, "change", "left", "reason") == [
        ("moved", "a", ""),
        ("dropped", "b", "'2' is linked to 'a'"),
    ]


pairs = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("1234")), unique=True)


@given(pairs, pairs)
def test_rows_add_up_to_the_links(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> None:
    changes = dualamn.diff(old, new)
    columns = ("change", "left", "right", "left_before", "right_before")
    before, now = [], []
    for change, left, right, *moved in rows(changes, *columns):
        if change != "dropped":
            now.append((left, right))
        if change == "moved":
            before.append(tuple(moved))
            assert left == moved[0] or right == moved[1]
        elif change != "new":
            before.append((left, right))
    assert sorted(before) == sorted(old)
    assert sorted(now) == sorted(new)
    back = dualamn.diff(new, old).total
    assert back.get("kept", 0) == changes.total.get("kept", 0)


def test_graphs_are_told_apart_and_may_change_sides(tmp_path: Path) -> None:
    head = "left_source\tleft\tright_source\tright\n"
    old, new = tmp_path / "old.tsv", tmp_path / "new.tsv"
    old.write_text(f"{head}en\ta\tfr\t1\nen\ta\tde\tx\n")
    new.write_text(f"{head}fr\t1\ten\ta\nen\ta\tde\ty\n")
    changes = dualamn.diff(old, new)
    assert changes.counts == {"en-de": {"moved": 1}, "en-fr": {"kept": 1}}
    assert [name for name, _ in changes.rows()] == ["en-de", "en-fr", "all"]


def test_a_file_without_graphs_needs_a_single_pair(tmp_path: Path) -> None:
    old, new = tmp_path / "old.tsv", tmp_path / "new.tsv"
    old.write_text("left_source\tleft\tright_source\tright\nen\ta\tfr\t1\nen\ta\tde\tx\n")
    new.write_text("a\t1\n")
    with pytest.raises(DataError, match=r"new\.tsv: does not say which graphs"):
        dualamn.diff(old, new)


def test_uris_and_iris_are_the_same(tmp_path: Path) -> None:
    old, new = tmp_path / "old.tsv", tmp_path / "new.tsv"
    old.write_text("http://x/Z\u00fcrich\thttp://y/1\n")
    new.write_text("http://x/Z%C3%BCrich\thttp://y/1\n")
    changes = dualamn.diff(old, new)
    assert changes.is_empty
    assert "found in another spelling" in changes.notes[0]


def test_an_alignment_is_compared_as_it_is_written(
    make_alignment: Callable[..., dualamn.Alignment], tmp_path: Path
) -> None:
    graphs = {"en": ["Rome", "Bern"], "it": ["Roma", "Berna"]}
    links = {(0, 1): [("Rome", "Roma", 0.9), ("Bern", "Berna", 0.8)]}
    alignment = make_alignment(graphs, links)
    alignment.write(tmp_path / "links.tsv")
    assert dualamn.diff(tmp_path / "links.tsv", alignment).total == {"kept": 2}
    frame = alignment.to_pandas()
    assert dualamn.diff(frame, alignment).total == {"kept": 2}
    assert dualamn.diff(frame, frame[:1]).counts == {"en-it": {"dropped": 1, "kept": 1}}


def test_nothing_on_either_side() -> None:
    changes = dualamn.diff([], [])
    assert changes.is_empty
    assert str(changes).splitlines()[1].split() == ["all", *"000000"]
    assert dualamn.diff([], [("a", "1")]).total == {"new": 1}


@pytest.mark.parametrize("ending", ["tsv", "csv", "jsonl", "parquet"])
def test_all_formats_of_tables(tmp_path: Path, ending: str) -> None:
    changes = dualamn.diff([("a", "1")], [("b", "2")])
    changes.write(tmp_path / f"changes.{ending}")
    assert (tmp_path / f"changes.{ending}").stat().st_size
    assert list(changes.to_pandas().columns) == list(changes.table.columns)


def test_ids_stand_in_the_table_where_links_have_some() -> None:
    row = {
        **{"change": "kept", "left_source": "", "left": "a", "right_source": "", "right": "1"},
        **{"left_before": "", "right_before": "", "probability_before": 0.5, "probability": None},
        **{"reason": "", "link_id": "L1", "cluster_id": "C1", "cluster_before": "C0"},
    }
    table = change_table({name: [value] for name, value in row.items()})
    assert list(table.columns)[-4:] == ["link_id", "cluster_id", "cluster_before", "reason"]
    assert np.isnan(table.columns["probability"][0])
