"""The review as a page in the browser: a server for this machine alone.

It listens on the loopback address, and answers nobody who does not know the token in the address.
A page of another site that the same browser shows knows no token; one that makes its own name stand
for this machine is refused by the host that it asks for.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from threading import Lock, Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import numpy as np

from dualamn.errors import DualamnError
from dualamn.link_files.decisions import VERDICTS
from dualamn.review.session import Review

_LOG = logging.getLogger(__name__)

HOST = "127.0.0.1"
PAGE_OF_TABLE = 100
"""Rows of the table that are sent at a time."""

_MOST_BYTES = 1 << 16  # of what a page may send
_STATES = ("open", "accepted", "rejected", "unsure", "answered")


class RefusedError(Exception):
    """A request that is answered with an error.

    Attributes:
        status: of HTTP.
    """

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class ReviewServer:
    """Serves one review to the browsers of this machine, until `stop`.

    Args:
        review: whose questions are asked.
        port: to listen on; any free one if 0.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, review: Review, port: int = 0) -> None:
        self.review = review
        self.token = secrets.token_urlsafe(16)
        self._lock = Lock()
        self._server = _Server((HOST, port), type("Handler", (_Handler,), {"of": self}))
        self.is_finished = False

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        """What a browser opens."""
        return f"http://{HOST}:{self.port}/{self.token}/"

    def serve(self) -> None:
        """Answers requests until `stop`, or until the page says that the review is finished."""
        try:
            self._server.serve_forever(poll_interval=0.1)
        finally:
            self._server.server_close()

    def stop(self) -> None:
        """Ends `serve`, which may run in another thread or in this one's callers."""
        self._server.shutdown()

    def answered(self, path: str, query: Mapping[str, str], sent: Mapping[str, Any]) -> Any:
        """What is sent back for a path below the token.

        Raises:
            RefusedError: there is nothing there, or what was sent does not fit.
        """
        way = self._ways.get(path)
        if way is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, "there is nothing here")
        with self._lock:
            self.review.refresh()
            return way({**query, **sent})

    @cached_property
    def _ways(self) -> dict[str, Callable[[Mapping[str, Any]], Any]]:
        return {
            "state": lambda given: self._state(),
            "next": self._next,
            "question": lambda given: self._shown(self._number(given)),
            "table": self._table,
            "answer": self._answer,
            "undo": lambda given: self._undo(),
            "finish": lambda given: self._finish(),
        }

    @property
    def _version(self) -> str:
        """What changes whenever the answers do."""
        review = self.review
        digest = hashlib.sha256(review.asked.tobytes() + review.answers.tobytes())
        return digest.hexdigest()[:16]

    def _state(self) -> dict[str, Any]:
        review = self.review
        known = review.known()
        askable = review.proposals.askable
        return {
            "version": self._version,
            "answers": int(review.asked.sum()),
            "pairs": len(review.proposals),
            "links": int(askable.written.sum()),
            "known": asdict(known),
            "lines": known.lines(),
            "notes": list(review.notes),
            "file": str(review.path),
            "who": review.who,
            "can_undo": bool(review.made),
            "graphs": list(review.alignment.task.kg_names),
        }

    def _next(self, given: Mapping[str, Any]) -> dict[str, Any]:
        coming = self.review.next(1)
        return {"question": None if not len(coming) else self._shown(int(coming[0]))}

    def _shown(self, number: int) -> dict[str, Any]:
        review = self.review
        return {
            **asdict(review.question(number)),
            "shown": review.shown(number).as_dict(),
            "answer": self._verdict(number),
            "version": self._version,
        }

    def _verdict(self, number: int) -> str:
        """The answer to a question as it is known, "open" without one."""
        if not self.review.asked[number]:
            return "open"
        answer = self.review.answers[number]
        return "unsure" if np.isnan(answer) else "accepted" if answer else "rejected"

    def _number(self, given: Mapping[str, Any]) -> int:
        try:
            number = int(given["number"])
        except (KeyError, TypeError, ValueError):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "which question?") from None
        if not 0 <= number < len(self.review.proposals):
            raise RefusedError(HTTPStatus.NOT_FOUND, "there is no such question")
        return number

    def _answer(self, given: Mapping[str, Any]) -> dict[str, Any]:
        number, verdict = self._number(given), given.get("verdict")
        if verdict not in VERDICTS:
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"an answer is {', '.join(VERDICTS)}")
        known = self._verdict(number)
        if known != given.get("known", "open"):
            raise RefusedError(
                HTTPStatus.CONFLICT,
                f"this pair was answered in the meantime: {known}; answer once more to say "
                "otherwise",
            )
        self.review.answer(number, verdict, str(given.get("why", "")))
        return self._state()

    def _undo(self) -> dict[str, Any]:
        last = self.review.undo()
        if last is None:
            raise RefusedError(HTTPStatus.CONFLICT, "there is no answer to take back")
        return {**self._state(), "undone": [last.left, last.right, last.verdict]}

    def _finish(self) -> dict[str, Any]:
        self.is_finished = True
        Thread(target=self.stop, daemon=True).start()
        return {"finished": True, "answers": len(self.review.made)}

    def _table(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A part of all pairs that fit, the most probable first."""
        review, task = self.review, self.review.alignment.task
        proposals, askable = review.proposals, review.proposals.askable
        state, kind = str(given.get("state", "")), str(given.get("kind", ""))
        fits = np.ones(len(proposals), dtype=np.bool_)
        if kind:
            fits &= askable.written == (kind == "link")
        if state in _STATES:
            of = {"accepted": review.answers == 1, "rejected": review.answers == 0}
            of["unsure"] = review.asked & np.isnan(review.answers)
            fits &= {"open": ~review.asked, "answered": review.asked, **of}[state]
        least, most = _share(given.get("least"), 0.0), _share(given.get("most"), 1.0)
        fits &= (askable.probability >= least) & (askable.probability <= most)
        words = str(given.get("words", "")).casefold().split()
        rows = np.flatnonzero(fits)
        rows = rows[np.argsort(-askable.probability[rows], kind="stable")]
        if words:
            rows = np.array([row for row in rows.tolist() if self._has(row, words)], dtype=np.int64)
        first = max(int(_share(given.get("first"), 0.0)), 0)
        shown = rows[first : first + PAGE_OF_TABLE].tolist()
        return {
            "count": len(rows),
            "first": first,
            "rows": [
                {**asdict(review.question(row)), "answer": self._verdict(row)} for row in shown
            ],
            "graphs": list(task.kg_names),
        }

    def _has(self, row: int, words: list[str]) -> bool:
        asked = self.review.question(row)
        text = f"{asked.left} {asked.left_name} {asked.right} {asked.right_name}".casefold()
        return all(word in text for word in words)


def _share(text: Any, otherwise: float) -> float:
    try:
        return float(text) if text not in (None, "") else otherwise
    except (TypeError, ValueError):
        return otherwise


def page() -> tuple[str, str]:
    """The page with its style and script inside, and the policy that lets nothing else in."""
    parts = {
        name: files("dualamn.review").joinpath("page", name).read_text(encoding="utf-8")
        for name in ("page.html", "style.css", "review.js")
    }
    hashes = {
        name: base64.b64encode(hashlib.sha256(parts[name].encode()).digest()).decode()
        for name in ("style.css", "review.js")
    }
    policy = (
        "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; "
        f"form-action 'none'; frame-ancestors 'none'; style-src 'sha256-{hashes['style.css']}'; "
        f"script-src 'sha256-{hashes['review.js']}'"
    )
    whole = parts["page.html"].replace("/*style*/", parts["style.css"])
    return whole.replace("/*script*/", parts["review.js"]), policy


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Logs what went wrong; a page that was closed before its answer came is nothing."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            _LOG.exception("a request of the review page failed")


class _Handler(BaseHTTPRequestHandler):
    of: ClassVar[ReviewServer]
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "dualamn", ""
    timeout = 60

    def do_GET(self) -> None:
        self._reply({})

    def do_POST(self) -> None:
        self._reply(None)

    def _reply(self, sent: dict[str, Any] | None) -> None:
        try:
            place = urlsplit(self.path)
            path = self._below_token(place.path)
            if sent is None:
                sent = self._sent()
            elif path in ("answer", "undo", "finish"):
                raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "send this, do not ask for it")
            if path == "":
                text, policy = page()
                self._send(HTTPStatus.OK, text, "text/html", policy)
                return
            query = {name: values[-1] for name, values in parse_qs(place.query).items()}
            self._send_json(HTTPStatus.OK, self.of.answered(path, query, sent))
        except RefusedError as refused:
            self._send_json(refused.status, {"error": str(refused)})
        except DualamnError as error:
            self._send_json(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": str(error)})

    def _below_token(self, path: str) -> str:
        """The path without the token, which is asked for before anything else."""
        known = (f"{HOST}:{self.of.port}", f"localhost:{self.of.port}")
        if self.headers.get("Host", "") not in known:
            self.close_connection = True
            raise RefusedError(HTTPStatus.FORBIDDEN, "this address is not served here")
        token, _, rest = path.removeprefix("/").partition("/")
        if not secrets.compare_digest(token.encode(), self.of.token.encode()):
            self.close_connection = True
            raise RefusedError(HTTPStatus.FORBIDDEN, "open the address that dualamn review printed")
        return rest

    def _sent(self) -> dict[str, Any]:
        """The JSON object that was sent."""
        if self.headers.get_content_type() != "application/json":
            self.close_connection = True
            raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON")
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or int(size) > _MOST_BYTES:
            self.close_connection = True
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too much was sent")
        try:
            found = json.loads(self.rfile.read(int(size)) or b"{}")
        except (ValueError, RecursionError):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "this is no JSON") from None
        if not isinstance(found, dict):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "send a JSON object")
        return found

    def _send_json(self, status: HTTPStatus, content: Any) -> None:
        text = json.dumps(content, ensure_ascii=False)
        self._send(status, text, "application/json", "default-src 'none'")

    def _send(self, status: HTTPStatus, text: str, kind: str, policy: str) -> None:
        # Half of a surrogate pair, which identifiers of tables may hold, is no UTF-8.
        body = text.encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Says nothing: the library never prints."""
