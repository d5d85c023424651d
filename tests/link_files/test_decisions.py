"""The decisions file: written row by row, read back, and what all rows come to."""

import multiprocessing
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.errors import ConfigError, DataError
from dualamn.link_files.decision_file import append_decision, withdraw_decision
from dualamn.link_files.decisions import VERDICTS, Decision, read_decisions, settled

LEFT, RIGHT = "http://left.org/a", "http://right.org/A"
FILE = "decisions.sssom.tsv"
TEXT = st.text(alphabet=string.printable + 'äß"北é', max_size=12)


@given(
    left=st.sampled_from([LEFT, "17", "a b", "Zürich/HB", "tab\tand 100%"]),
    right=st.sampled_from([RIGHT, "http://right.org/B#c", "17", 'say "x"']),
    verdict=st.sampled_from(VERDICTS),
    who=st.sampled_from(["", "anna b", "orcid:0000-0002-1825-0097", "https://x.org/me"]),
    why=TEXT,
    sources=st.sampled_from([("", ""), ("en", "de"), ("my graph", "http://g.org/b")]),
)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    left: str,
    right: str,
    verdict: str,
    who: str,
    why: str,
    sources: tuple[str, str],
) -> None:
    path = tmp_path_factory.mktemp("d") / FILE
    append_decision(path, Decision(LEFT, RIGHT, "unsure", "first", "2026-01-01"))
    made = Decision(left, right, verdict, who, "2026-01-31", why, *sources)  # type: ignore[arg-type]
    written = append_decision(path, made)
    assert written.why == "".join(x for x in " ".join(why.split()) if x.isprintable())
    first, second = read_decisions(path).decisions
    assert second == written
    assert first.who == "first"


def test_a_row_is_added_and_those_before_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / FILE
    append_decision(path, Decision(LEFT, RIGHT, "accepted", "anna"))
    before = path.read_bytes()
    append_decision(path, Decision(LEFT, RIGHT + "2", "rejected", "anna"))
    assert path.read_bytes().startswith(before)
    text = path.read_text(encoding="utf-8")
    assert "ns1:a\towl:sameAs\t\tns2:A\tsemapv:ManualMappingCuration\t\tanna" in text
    assert "ns1:a\towl:sameAs\tNot\tns2:A2\t" in text
    # A new namespace is declared in the header; the rows stay.
    append_decision(path, Decision("http://other.org/x", RIGHT, "unsure", "anna"))
    lines = path.read_text(encoding="utf-8").splitlines()
    assert '#  ns3: "http://other.org/"' in lines
    assert lines[-1].startswith("ns3:x\trdfs:seeAlso\t\tns2:A\t")
    assert lines[-1].endswith("verdict=unsure")


def test_files_of_other_tools_are_read_and_added_to(tmp_path: Path) -> None:
    path = tmp_path / "mappings.tsv"
    path.write_text(
        "subject_id\tpredicate_id\tobject_id\tmapping_justification\treviewer_label\n"
        "wd:Q1\tskos:exactMatch\tdbr:A\tsemapv:MappingReview\tbob\n"
        "wd:Q1\tskos:broadMatch\tdbr:B\tsemapv:MappingReview\tbob",
        encoding="utf-8",
    )
    log = read_decisions(path)
    assert log.decisions == (
        Decision(
            "http://www.wikidata.org/entity/Q1", "http://dbpedia.org/resource/A", "accepted", "bob"
        ),
    )
    assert (log.lines, log.n_others) == ((2,), 1)
    append_decision(path, Decision(LEFT, RIGHT, "rejected", "anna", "2026-01-31"))
    again = read_decisions(path)
    assert again.decisions[:1] == log.decisions
    assert again.decisions[1] == Decision(LEFT, RIGHT, "rejected", "anna", "2026-01-31")


def test_a_decision_can_be_taken_back(tmp_path: Path) -> None:
    path = tmp_path / FILE
    one, two = (
        append_decision(path, Decision("http://l/é", RIGHT, verdict, "anna"))
        for verdict in ("accepted", "rejected")
    )
    assert withdraw_decision(path, one)
    assert [d.verdict for d in read_decisions(path).decisions] == ["rejected"]
    assert withdraw_decision(path, two)
    assert not withdraw_decision(path, two)
    assert read_decisions(path).decisions == ()
    assert not withdraw_decision(tmp_path / "none", two)
    append_decision(path, one)
    assert len(read_decisions(path)) == 1


def _decide(path: str, who: str) -> None:
    for at in range(15):
        made = append_decision(path, Decision(f"http://{who}/{at}", RIGHT, "accepted", who))
        if at % 5 == 4:
            withdraw_decision(path, made)


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / FILE
    context = multiprocessing.get_context("fork")
    names = ["anna", "bob", "cleo"]
    running = [context.Process(target=_decide, args=(str(path), who)) for who in names]
    for process in running:
        process.start()
    for process in running:
        process.join()
    log = read_decisions(path)
    expected = {(who, f"http://{who}/{at}") for who in names for at in range(15) if at % 5 < 4}
    assert {(d.who, d.left) for d in log.decisions} == expected
    assert len(log) == len(expected)
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_the_last_row_of_a_reviewer_counts_and_reviewers_may_disagree() -> None:
    rows = [
        Decision("a", "A", "accepted", "anna"),
        Decision("a", "A", "rejected", "anna"),
        Decision("b", "B", "accepted", "anna"),
        Decision("b", "B", "rejected", "bob"),
        Decision("c", "C", "accepted", "anna"),
        Decision("c", "C", "unsure", "bob"),
        Decision("d", "D", "unsure", "bob"),
        Decision("e", "E", "accepted", "bob"),
        Decision("e", "E", "accepted", "anna"),
    ]
    found = settled(rows)
    assert [d.left for d in found.accepted] == ["c", "e"]
    assert [d.left for d in found.rejected] == ["a"]
    assert [d.left for d in found.unsure] == ["d"]
    assert [d.left for d in found.disputed] == ["b"]
    # bob changes his mind: they agree again.
    assert len(settled([*rows, Decision("b", "B", "accepted", "bob")]).disputed) == 0


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"no verdict 'acepted'; did you mean 'accepted'|accepted"
    ):
        Decision("a", "b", "acepted")  # type: ignore[arg-type]
    (tmp_path / "links.tsv").write_text("a\tb\n", encoding="utf-8")
    with pytest.raises(DataError, match="predicate_id"):
        read_decisions(tmp_path / "links.tsv")
    with pytest.raises(DataError):
        append_decision(tmp_path / "links.tsv", Decision("a", "b", "unsure"))
    assert (tmp_path / "links.tsv").read_text(encoding="utf-8") == "a\tb\n"
    with pytest.raises(DataError, match="folder"):
        append_decision(tmp_path / "none" / FILE, Decision("a", "b", "unsure"))
    with pytest.raises(DataError):
        read_decisions(tmp_path / "none")
