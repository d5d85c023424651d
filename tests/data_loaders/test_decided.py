"""Decisions in a task: what is accepted, rejected, disputed, gone, or against what was known."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualamn import Aligner, AlignmentTask, as_task
from dualamn.bench.synthetic_task import make_task
from dualamn.data_loaders.decided import with_decisions
from dualamn.link_files.decision_file import append_decision
from dualamn.link_files.decisions import Decision


@pytest.fixture
def task() -> AlignmentTask:
    left = [(f"http://l/{i}", "r", f"http://l/{(i + 1) % 9}") for i in range(9)]
    right = [(f"http://r/{i}", "r", f"http://r/{(i + 1) % 9}") for i in range(9)]
    links = [(f"http://l/{i}", f"http://r/{i}") for i in (0, 1, 2)]
    return as_task({"left": left, "right": right}, links, not_links=[("http://l/8", "http://r/8")])


def decide(left: int, right: int, verdict: Any, who: str = "anna", **more: Any) -> Decision:
    return Decision(f"http://l/{left}", f"http://r/{right}", verdict, who, **more)


def ends(task: AlignmentTask, links: Any) -> list[tuple[int, int]]:
    named = task.identifiers(links).tolist()
    return sorted((int(left[-1]), int(right[-1])) for left, right in named)


def test_accepted_pairs_are_seeds_and_stand_out(task: AlignmentTask) -> None:
    rows = [decide(3, 3, "accepted"), decide(4, 5, "rejected"), decide(6, 6, "unsure")]
    found = with_decisions(task, rows)
    assert ends(found, found.accepted_links) == [(3, 3)]
    assert ends(found, found.seed_links) == [(0, 0), (1, 1), (2, 2), (3, 3)]
    assert ends(found, found.not_links) == [(4, 5), (8, 8)]
    assert found.notes == task.notes
    assert with_decisions(task, []).seed_links.tolist() == task.seed_links.tolist()


def test_either_order_of_the_ends_and_names_of_graphs(task: AlignmentTask) -> None:
    swapped = Decision("http://r/3", "http://l/3", "accepted", "anna")
    named = decide(4, 4, "rejected", left_source="left", right_source="right")
    renamed = decide(5, 5, "accepted", left_source="old name", right_source="other")
    found = with_decisions(task, [swapped, named, renamed])
    assert ends(found, found.accepted_links) == [(3, 3), (5, 5)]
    assert ends(found, found.not_links) == [(4, 4), (8, 8)]
    # The same pair however it is written: the two reviewers disagree.
    both = with_decisions(task, [swapped, decide(3, 3, "rejected", "bob")])
    assert len(both.accepted_links) == 0
    assert "decisions: 1 pair not used, as reviewers disagree" in both.notes


def test_an_entity_that_is_gone_is_a_counted_note(task: AlignmentTask, tmp_path: Path) -> None:
    path = tmp_path / "d.sssom.tsv"
    for decision in (decide(3, 3, "accepted"), Decision("http://l/77", "http://r/4", "rejected")):
        append_decision(path, decision)
    found = with_decisions(task, path)
    assert "d.sssom.tsv: 1 pair not used, as an entity is in no graph" in found.notes
    assert ends(found, found.accepted_links) == [(3, 3)]


def test_a_decision_stands_against_what_was_known(task: AlignmentTask) -> None:
    rows = [
        decide(0, 0, "rejected"),
        decide(1, 4, "accepted"),
        decide(8, 8, "accepted"),
        decide(2, 2, "accepted"),
    ]
    found = with_decisions(task, rows)
    assert ends(found, found.seed_links) == [(1, 4), (2, 2), (8, 8)]
    assert ends(found, found.accepted_links) == [(1, 4), (2, 2), (8, 8)]
    assert ends(found, found.not_links) == [(0, 0)]
    assert found.notes[len(task.notes) :] == (
        "decisions: 1 seed link rejected, and not used",
        "decisions: 1 seed link not used, as another counterpart was accepted",
        "decisions: 1 rejected pair accepted, and not rejected",
    )


def test_two_accepted_counterparts_are_none_unless_many(task: AlignmentTask) -> None:
    rows = [decide(3, 3, "accepted"), decide(3, 4, "accepted"), decide(5, 5, "accepted")]
    found = with_decisions(task, rows)
    assert ends(found, found.accepted_links) == [(5, 5)]
    assert any("2 accepted pairs not used, as an entity has several" in n for n in found.notes)
    many = with_decisions(task, rows, many=True)
    assert ends(many, many.accepted_links) == [(3, 3), (3, 4), (5, 5)]


def test_accepted_links_stand_in_the_output_and_test_nothing(tmp_path: Path) -> None:
    task = make_task(80, seed=4)
    chosen = task.test_links[:5]
    named = task.identifiers(chosen).tolist()
    rows = [Decision(left, right, "accepted", "anna") for left, right in named]
    told = with_decisions(task, [replace(d, left_source="a", right_source="b") for d in rows])
    assert len(told.test_links) == len(task.test_links) - 5
    aligner = Aligner("fast", calibrate=False).fit(told)
    alignment = aligner.align()
    columns = alignment.columns()
    assert columns.origin is not None
    accepted = columns.origin == "accepted"
    assert {*zip(columns.left[accepted], columns.right[accepted], strict=True)} == {
        *map(tuple, named)
    }
    assert alignment.is_accepted.sum() == 5
    aligner.save(tmp_path / "model")
    again = Aligner.load(tmp_path / "model")
    assert np.array_equal(again.task.accepted_links, told.accepted_links)
    first = named[0]
    verdict = str(alignment.explain(*first, graphs=("a", "b"))).splitlines()[0]
    assert verdict.endswith("are a seed link, given and not found")


def test_a_rejected_pair_is_explained_as_such() -> None:
    task = make_task(80, seed=4)
    found = Aligner("fast", calibrate=False).fit(task).align()
    link = found.links[0]
    told = task.with_not_links(link[None])
    alignment = Aligner("fast", calibrate=False).fit(told).align()
    left, right = task.identifiers(link).tolist()
    explanation = alignment.explain(left, right, graphs=("a", "b"))
    assert explanation.is_rejected
    assert "a rejected pair, known to be different" in str(explanation)
