"""A review of a real alignment: what is asked, what is kept, and what comes of it."""

from pathlib import Path

import numpy as np
import pytest

from dualamn import Aligner, load_files
from dualamn.data_loaders.decided import with_decisions
from dualamn.kernels.arrays import pair_keys
from dualamn.link_files.decision_file import append_decision
from dualamn.link_files.decisions import Decision, read_decisions
from dualamn.review import Review
from dualamn.review.linked_files import alignment_of_links
from dualamn.review.proposals import Proposals, influence
from tests.conftest import there
from tests.review.conftest import Known


def test_proposals_are_links_and_best_candidates_once_each(known: Known, review: Review) -> None:
    proposals = review.proposals
    assert {*pair_keys(known.alignment.links).tolist()} == {
        *pair_keys(proposals.pairs[proposals.is_link]).tolist()
    }
    others = proposals.pairs[~proposals.is_link]
    assert not np.isin(others[:, 0], known.alignment.links[:, 0]).any()
    assert len(np.unique(pair_keys(proposals.pairs))) == len(proposals)
    p = there(known.alignment.probabilities)
    assert proposals.askable.written.sum() == (p >= 0.5).sum()
    assert (proposals.askable.probability[~proposals.is_link] < 0.5).all()


def test_influence_is_the_doubt_about_neighbours() -> None:
    from dualamn import KnowledgeGraph
    from dualamn.graphs.task import AlignmentTask

    kgs = [
        KnowledgeGraph.from_triples(n, [(f"{n}0", "r", f"{n}1"), (f"{n}1", "r", f"{n}2")])
        for n in "ab"
    ]
    task = AlignmentTask.from_kgs(kgs, {})
    ends = [task.ids(side, [f"{name}{i}" for i in range(3)]) for side, name in enumerate("ab")]
    pairs = np.stack(ends, axis=1)
    found = influence(task, pairs, np.array([0.5, 0.5, 0.9]))
    # Of 1, which has two neighbours, half of the doubt hangs on 0 and half on 2.
    assert found == pytest.approx([0.5, 1 + 4 * 0.9 * 0.1, 0.5])
    assert influence(task, pairs[:0], np.empty(0)).shape == (0,)


def test_answers_are_kept_and_not_asked_again(known: Known, review: Review) -> None:
    first = review.questions(5)
    for question in first:
        review.answer(question.number, "accepted", "looks right")
    assert len(read_decisions(review.path)) == 5
    assert not {q.number for q in first} & {q.number for q in review.questions(50)}
    again = Review(known.alignment, review.path, who="bob")
    assert again.asked.sum() == 5
    assert again.known().n_accepted == 5
    assert again.notes == ()


def test_undo_takes_the_own_answers_back_one_by_one(review: Review) -> None:
    append_decision(review.path, Decision("x", "y", "accepted", "bob"))
    one, two = review.questions(2)
    review.answer(one.number, "accepted")
    review.answer(two.number, "rejected")
    assert there(review.undo()).verdict == "rejected"
    assert not review.asked[two.number]
    assert there(review.undo()).verdict == "accepted"
    assert review.undo() is None
    assert [d.who for d in read_decisions(review.path).decisions] == ["bob"]
    assert "1 decision about entities that are in no graph" in review.notes


def test_it_notices_what_others_write(known: Known, review: Review) -> None:
    assert not review.refresh()
    other = Review(known.alignment, review.path, who="bob")
    question = other.questions(1)[0]
    other.answer(question.number, "rejected")
    assert review.refresh()
    assert review.asked[question.number]
    review.answer(question.number, "accepted")
    assert "1 pair on which reviewers disagree" in review.notes
    assert np.isnan(review.answers[question.number])


def test_what_is_shown_names_neighbours_and_reasons(review: Review) -> None:
    number = review.questions(1)[0].number
    shown = review.shown(number)
    question = review.question(number)
    assert (shown.left.identifier, shown.right.identifier) == (question.left, question.right)
    assert shown.left.neighbours
    shared = [line for line in shown.left.neighbours if line.is_shared]
    assert [line.is_shared for line in shown.left.neighbours][: len(shared)] == [True] * len(shared)
    assert shown.as_dict()["left"]["graph"] == question.left_source


def test_active_questions_find_more_wrong_links_than_chance(known: Known, review: Review) -> None:
    truth = known.truth(review)
    askable = review.proposals.askable
    wrong = truth != askable.written  # a link that is wrong, or a pair that is missed
    asked = review.next(60)
    assert wrong[asked].mean() > 1.5 * wrong.mean()


def test_decisions_make_the_next_run_better(known: Known, review: Review) -> None:
    truth = known.truth(review)
    for number in review.next(60).tolist():
        review.answer(number, "accepted" if truth[number] else "rejected")
    told = with_decisions(known.task, review.path)
    assert len(told.seed_links) > len(known.task.seed_links)

    def f1(alignment: object, least: float = 0.5) -> float:
        links = {*pair_keys(alignment.likely().links).tolist()}  # type: ignore[attr-defined]
        rest = known.gold - {*pair_keys(known.task.seed_links).tolist()}
        return 2 * len(links & rest) / (len(links) + len(rest))

    after = Aligner("fast", calibrate=True).fit(told).align()
    assert f1(after) > f1(known.alignment) + 0.05


def test_links_of_a_file_can_be_reviewed(known: Known, tmp_path: Path) -> None:
    path = tmp_path / "links.tsv"
    known.alignment.confident(0).write(path)
    alone, notes = alignment_of_links(path)
    assert notes == ()
    assert len(alone) == len(known.alignment)
    review = Review(alone, tmp_path / "d.sssom.tsv", who="anna")
    assert len(review.proposals) == len(alone)
    number = review.questions(1)[0].number
    assert review.shown(number).left.neighbours == ()
    review.answer(number, "rejected")
    # The same decisions fit the graphs that the links were found in.
    assert len(with_decisions(known.task, review.path).not_links) == 1


def test_links_with_their_graphs(tmp_path: Path) -> None:
    (tmp_path / "en.tsv").write_text("a\tr\tb\nb\tr\tc\n", encoding="utf-8")
    (tmp_path / "de.tsv").write_text("A\tr\tB\nB\tr\tC\n", encoding="utf-8")
    links = tmp_path / "links.csv"
    links.write_text("a,A,0.9\nb,B,0.8\ngone,C,0.7\n", encoding="utf-8")
    alignment, notes = alignment_of_links(links, [tmp_path / "en.tsv", tmp_path / "de.tsv"])
    assert len(alignment) == 2
    assert notes == ("links.csv: 1 link of entities in no graph",)
    review = Review(alignment, tmp_path / "d.sssom.tsv", who="anna")
    shown = review.shown(0)
    assert [line.value for line in shown.left.neighbours if line.is_shared]
    loaded = load_files([tmp_path / "en.tsv", tmp_path / "de.tsv"])
    assert Proposals.of_alignment(alignment).pairs.shape == (2, 2)
    assert loaded.kg_names == alignment.task.kg_names
