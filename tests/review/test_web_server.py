"""The server of the page, asked by hand: who may ask, and what comes of it."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from threading import Thread
from typing import Any

import pytest

from dualamn.link_files.decisions import read_decisions
from dualamn.review import Review
from dualamn.review.web_server import PAGE_OF_TABLE, ReviewServer, page
from tests.review.conftest import Known


@pytest.fixture
def server(review: Review) -> Iterator[ReviewServer]:
    made = ReviewServer(review)
    thread = Thread(target=made.serve, daemon=True)
    thread.start()
    yield made
    made.stop()
    thread.join(10)
    assert not thread.is_alive()


def ask(
    server: ReviewServer, path: str, sent: Any = None, token: str | None = None, **headers: str
) -> tuple[int, Any]:
    """Status and JSON (or text) of an answer; what is sent makes it a POST."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    where = f"/{server.token if token is None else token}/{path}"
    if sent is None:
        connection.request("GET", where, headers=headers)
    else:
        body = sent if isinstance(sent, str) else json.dumps(sent)
        given = {"Content-Type": "application/json", **headers}
        connection.request("POST", where, body, given)
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    is_json = reply.headers.get_content_type() == "application/json"
    return reply.status, json.loads(text) if is_json else text


def test_questions_answers_and_undo(server: ReviewServer) -> None:
    status, state = ask(server, "state")
    assert (status, state["answers"], state["can_undo"]) == (200, 0, False)
    _, first = ask(server, "next")
    number = first["question"]["number"]
    assert first["question"]["shown"]["left"]["identifier"] == first["question"]["left"]
    status, after = ask(server, "answer", {"number": number, "verdict": "rejected", "why": "no"})
    assert (status, after["answers"], after["can_undo"]) == (200, 1, True)
    assert after["version"] != state["version"]
    assert after["lines"][0].startswith("1 answer: 0 accepted, 1 rejected")
    (decision,) = read_decisions(server.review.path).decisions
    assert (decision.verdict, decision.why, decision.who) == ("rejected", "no", "anna")
    _, again = ask(server, f"question?number={number}")
    assert again["answer"] == "rejected"
    assert ask(server, "next")[1]["question"]["number"] != number
    status, back = ask(server, "undo", {})
    assert (status, back["answers"]) == (200, 0)
    assert back["version"] == state["version"]
    assert ask(server, "undo", {})[0] == 409


def test_an_answer_of_somebody_else_in_the_meantime_is_told(
    known: Known, server: ReviewServer
) -> None:
    question = ask(server, "next")[1]["question"]
    other = Review(known.alignment, server.review.path, who="bob")
    other.answer(question["number"], "accepted")
    assert ask(server, "state")[1]["version"] != question["version"]
    sent = {"number": question["number"], "verdict": "rejected", "known": question["answer"]}
    status, refused = ask(server, "answer", sent)
    assert status == 409
    assert "in the meantime: accepted" in refused["error"]
    assert len(read_decisions(server.review.path)) == 1
    assert ask(server, "answer", {**sent, "known": "accepted"})[0] == 200


def test_the_table_has_filters_and_parts(server: ReviewServer) -> None:
    review = server.review
    _, whole = ask(server, "table")
    assert whole["count"] == len(review.proposals)
    assert len(whole["rows"]) == min(PAGE_OF_TABLE, whole["count"])
    p = [row["probability"] for row in whole["rows"]]
    assert p == sorted(p, reverse=True)
    _, rest = ask(server, f"table?first={PAGE_OF_TABLE}")
    assert not {row["number"] for row in rest["rows"]} & {row["number"] for row in whole["rows"]}
    row = whole["rows"][0]
    ask(server, "answer", {"number": row["number"], "verdict": "unsure"})
    for query, count in (
        ("state=unsure", 1),
        ("state=answered", 1),
        ("state=accepted", 0),
        ("state=open", whole["count"] - 1),
        ("kind=link", int(review.proposals.askable.written.sum())),
        ("least=0.2&most=0.1", 0),
        (f"words={row['left']}+{row['right']}", 1),
        ("words=nothing+of+this", 0),
        ("least=abc&first=x", whole["count"]),
    ):
        assert ask(server, f"table?{query}")[1]["count"] == count, query


def test_only_who_knows_the_token_gets_an_answer(server: ReviewServer) -> None:
    for token in ("", "wrong", server.token[:-1], server.token + "x"):
        assert ask(server, "state", token=token)[0] == 403
        assert ask(server, "", token=token)[0] == 403
    # A name of another site that stands for this machine.
    assert ask(server, "state", Host=f"evil.example:{server.port}")[0] == 403
    assert ask(server, "state", Host=f"localhost:{server.port}")[0] == 200
    assert server.address.startswith("http://127.0.0.1:")
    assert len(server.token) >= 20


@pytest.mark.parametrize(
    ("path", "sent", "headers", "status"),
    [
        ("answer", None, {}, 405),
        ("undo", None, {}, 405),
        ("nothing", None, {}, 404),
        ("../state", None, {}, 404),
        ("question?number=-1", None, {}, 404),
        ("question?number=x", None, {}, 400),
        ("answer", {"number": 0, "verdict": "maybe"}, {}, 400),
        ("answer", {"verdict": "accepted"}, {}, 400),
        ("answer", "[1]", {}, 400),
        ("answer", "{", {}, 400),
        ("answer", "{}", {"Content-Type": "text/plain"}, 415),
        ("answer", json.dumps({"why": "x" * 70_000}), {}, 413),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    server: ReviewServer, path: str, sent: Any, headers: dict[str, str], status: int
) -> None:
    found, content = ask(server, path, sent, **headers)
    assert found == status
    assert content["error"]
    assert not server.review.path.exists()


def test_the_page_lets_nothing_else_in(server: ReviewServer) -> None:
    text, policy = page()
    status, served = ask(server, "")
    assert (status, served) == (200, text)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http://" not in text.replace("http://127.0.0.1", "")
    assert "https://" not in text


def test_finish_ends_it(review: Review) -> None:
    server = ReviewServer(review)
    thread = Thread(target=server.serve)
    thread.start()
    assert ask(server, "finish", {})[1] == {"finished": True, "answers": 0}
    thread.join(10)
    assert not thread.is_alive()
    assert server.is_finished
