from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dualamn.alignment import Alignment
from dualamn.errors import ConfigError
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.link_files.formats import FORMATS
from dualamn.link_files.unlinked import unlinked
from dualamn.result import TopK

Make = Callable[..., Alignment]
HEADER = "source\tentity\trank\tcandidate_source\tcandidate\tscore\tlinked\n"


@pytest.fixture
def ranked(make_alignment: Make) -> Alignment:
    """a-A is a link; b has two candidates, and B none."""
    alignment = make_alignment({"l": ["b", "a"], "r": ["A", "B"]}, {(0, 1): [("a", "A", 0.9)]})
    task = alignment.task
    (a, b), (big_a, big_b) = task.ids(0, ["a", "b"]), task.ids(1, ["A", "B"])
    forward = TopK(
        np.array([b, a], dtype=np.int32),
        np.array([[big_b, big_a], [big_a, -1]], dtype=np.int32),
        np.array([[0.5, 0.25], [0.9, -np.inf]], dtype=np.float32),
        2,
    )
    backward = TopK(
        np.array([big_b, big_a], dtype=np.int32),
        np.array([[-1, -1], [a, b]], dtype=np.int32),
        np.array([[-np.inf, -np.inf], [0.9, 0.25]], dtype=np.float32),
        2,
    )
    (pair,) = alignment.pairs
    return replace(alignment, pairs=(replace(pair, left_to_right=forward, right_to_left=backward),))


def test_both_directions_by_entity_and_rank(ranked: Alignment, tmp_path: Path) -> None:
    ranked.write_candidates(tmp_path / "c.tsv", 2)
    assert (tmp_path / "c.tsv").read_text() == HEADER + (
        "l\ta\t1\tr\tA\t0.900000\ttrue\n"
        "l\tb\t1\tr\tB\t0.500000\tfalse\n"
        "l\tb\t2\tr\tA\t0.250000\tfalse\n"
        "r\tA\t1\tl\ta\t0.900000\ttrue\n"
        "r\tA\t2\tl\tb\t0.250000\tfalse\n"
    )


def test_names_stand_beside_identifiers_if_there_are_some(
    ranked: Alignment, tmp_path: Path
) -> None:
    task = ranked.task
    named = replace(task.kgs[0], entity_names=np.array(["one", "two"], dtype=object))
    place = dict(zip(task.kgs[0].entities, ("one", "two"), strict=True))
    replace(ranked, task=replace(task, kgs=(named, task.kgs[1]))).write_candidates(
        tmp_path / "c.tsv", 1
    )
    header, *rows = (tmp_path / "c.tsv").read_text().splitlines()
    assert header == HEADER.strip() + "\tname\tcandidate_name"
    assert [row.split("\t")[7:] for row in rows] == [
        [place["a"], ""],
        [place["b"], ""],
        ["", place["a"]],
    ]


def test_no_more_than_k(ranked: Alignment, tmp_path: Path) -> None:
    ranked.write_candidates(tmp_path / "c.tsv", 1)
    rows = (tmp_path / "c.tsv").read_text().splitlines()[1:]
    assert [row.split("\t")[2] for row in rows] == ["1", "1", "1"]
    with pytest.raises(ConfigError, match="must be 1 or more, got 0"):
        ranked.write_candidates(tmp_path / "c.tsv", 0)


def test_json_has_numbers_and_truth(ranked: Alignment, tmp_path: Path) -> None:
    ranked.write_candidates(tmp_path / "c.jsonl", 1)
    assert (tmp_path / "c.jsonl").read_text().splitlines()[0] == (
        '{"source":"l","entity":"a","rank":1,"candidate_source":"r","candidate":"A",'
        '"score":0.9,"linked":true}'
    )


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.write_table])
def test_every_table_format_holds_candidates_and_entities(
    ranked: Alignment, tmp_path: Path, name: str
) -> None:
    ranked.write_candidates(tmp_path / "c", 2, name)
    ranked.write_unmatched(tmp_path / "u", name)
    assert (tmp_path / "c").stat().st_size > (tmp_path / "u").stat().st_size > 0


def test_formats_of_links_alone_are_refused(ranked: Alignment, tmp_path: Path) -> None:
    for write in (ranked.write_candidates, ranked.write_unmatched):
        with pytest.raises(ConfigError, match="Turtle can hold links alone; choose one of tsv"):
            write(tmp_path / "c.ttl")
    assert list(tmp_path.iterdir()) == []


def test_a_matcher_that_ranks_nothing(make_alignment: Make, tmp_path: Path) -> None:
    alignment = make_alignment({"l": ["a"], "r": ["A"]}, {(0, 1): []})
    with pytest.raises(ConfigError, match="ranks nothing: for candidates take mutual"):
        alignment.write_candidates(tmp_path / "c.tsv")
    replace(alignment, pairs=()).write_candidates(tmp_path / "c.tsv")
    assert (tmp_path / "c.tsv").read_text() == HEADER


def test_entities_without_a_link(tmp_path: Path) -> None:
    kgs = [
        KnowledgeGraph.from_triples(name, [(f"{name}{i}", "r", f"{name}{i + 1}") for i in range(3)])
        for name in "lrx"
    ]
    names = np.array(["zero", "one", "", "thr\tee"], dtype=object)
    kgs[0] = replace(kgs[0], entity_names=names)
    task = AlignmentTask.from_kgs(kgs, {(0, 1): [(0, 0)], (1, 2): [(2, 3)]}, seed=2)
    alignment = Alignment(task, (), "unaligned", "mutual")
    alignment.write_unmatched(tmp_path / "u.tsv")
    assert (tmp_path / "u.tsv").read_text() == "source\tentity\tname\treason\n"
    from dualamn.result import PairAlignment

    links = np.array([[task.ids(0, ["l1"])[0], task.ids(1, ["r1"])[0]]], dtype=np.int32)
    pair = PairAlignment(0, 1, links, np.ones(1, np.float32), None, None)
    replace(alignment, pairs=(pair,)).write_unmatched(tmp_path / "u.tsv")
    assert (tmp_path / "u.tsv").read_text() == (
        "source\tentity\tname\treason\n"
        "l\tl2\t\tnot chosen\nl\tl3\tthr\\tee\tnot chosen\nr\tr3\t\tnot chosen\n"
    )


def test_who_has_no_link_and_why(make_alignment: Make, tmp_path: Path) -> None:
    names = ["sure", "doubtful", "tied", "alone", "_:blank", "nil"]
    alignment = make_alignment(
        {"l": names, "r": names},
        {(0, 1): [("sure", "sure", 1.0), ("doubtful", "doubtful", 1.0)]},
    )
    task = alignment.task
    barred = [kg.entities == "nil" for kg in task.kgs]
    kgs = [replace(kg, unlinkable=at) for kg, at in zip(task.kgs, barred, strict=True)]
    ids = task.ids(0, ["sure", "doubtful", "tied", "alone"])
    found = task.ids(1, ["sure", "doubtful", "tied"])
    candidates = np.append(found, -1).astype(np.int32)[:, None]
    ranked = TopK(ids, candidates, np.where(candidates < 0, -np.inf, 1).astype(np.float32), 6)
    (pair,) = alignment.pairs
    p = np.array([0.9, 0.25], np.float32)
    pair = replace(pair, left_to_right=ranked, probabilities=p)
    alignment = replace(alignment, task=replace(task, kgs=tuple(kgs)), pairs=(pair,))
    expected = {"doubtful": "unlikely", "tied": "not chosen", "alone": "no candidate"}
    for chosen in (alignment, alignment.confident(0.5)):
        chosen.write_unmatched(tmp_path / "u.tsv")
        rows = [row.split("\t") for row in (tmp_path / "u.tsv").read_text().splitlines()[1:]]
        # Neither blank nodes nor what gets no links are among them.
        assert {row[1]: row[3] for row in rows if row[0] == "l"} == expected
    ids, reasons = unlinked(alignment)
    assert len(ids) == 4
    assert set(reasons) == {"no candidate", "not chosen"}
