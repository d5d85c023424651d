"""docs/errors.md lists every error that the package raises on purpose, and no other.

The source is walked, not run: a message is what stands in the call that makes the error, with …
for whatever is filled in.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from dualamn import errors

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "errors.md"
FOLDERS = ("dualamn", "data_loaders", "eval")
MAKERS = {
    *(name for name in vars(errors) if name.endswith("Error")),
    *("UsageError", "BadParameter", "ClickException", "fail"),
}
FILLED = "…"
ROW = re.compile(r"^\| `(?P<message>[^`]+)` \| (?P<cure>.*) \|$", re.MULTILINE)

Parts = list[str]


class Module:
    """The messages of one file of source."""

    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self.scopes = [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)]
        self.functions = {node.name: node for node in self.scopes}

    def messages(self) -> Iterator[tuple[int, str]]:
        """Line and message of every error that is made here."""
        for scope in (self.tree, *self.scopes):
            for node in _own(scope):
                if isinstance(node, ast.Call) and _name(node.func) in MAKERS and node.args:
                    for text in self.texts(node.args[0], scope):
                        yield node.lineno, _tidy(text)

    def texts(self, node: ast.expr, scope: ast.AST, depth: int = 0) -> Parts:
        """What an expression may say; it is followed through names and functions of the file."""
        if isinstance(node, ast.Constant):
            return [str(node.value)]
        if isinstance(node, ast.JoinedStr):
            return ["".join(self._piece(value, scope, depth) for value in node.values)]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            sides = (self.texts(side, scope, depth) for side in (node.left, node.right))
            return ["".join(both) for both in product(*sides)]
        if isinstance(node, ast.IfExp):
            return [t for side in (node.body, node.orelse) for t in self.texts(side, scope, depth)]
        if depth > 3:
            return [FILLED]
        if isinstance(node, ast.Name):
            return self._assigned(node.id, scope, depth + 1)
        if isinstance(node, ast.Call):
            return self._called(node, scope, depth + 1)
        return [FILLED]

    def _piece(self, node: ast.expr, scope: ast.AST, depth: int) -> str:
        """A part of an f-string: filled in, unless it is one text that the file holds."""
        if isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.Name):
            texts = self.texts(node.value, scope, depth)
            return texts[0] if len(texts) == 1 else FILLED
        return str(node.value) if isinstance(node, ast.Constant) else FILLED

    def _assigned(self, name: str, scope: ast.AST, depth: int) -> Parts:
        for place in (scope, self.tree):
            found: Parts = []
            for node in _own(place):
                if isinstance(node, ast.Assign) and any(_name(to) == name for to in node.targets):
                    found += self.texts(node.value, place, depth)
            if found:
                return found
        return [FILLED]

    def _called(self, node: ast.Call, scope: ast.AST, depth: int) -> Parts:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            texts = self.texts(node.func.value, scope, depth)
            return [re.sub(r"\{[^}]*\}", FILLED, text) for text in texts]
        function = self.functions.get(_name(node.func))
        if function is None:
            return [FILLED]
        returned = [n.value for n in _own(function) if isinstance(n, ast.Return) and n.value]
        return [text for value in returned for text in self.texts(value, function, depth)]


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope without those of functions in it."""
    for node in ast.iter_child_nodes(scope):
        if not isinstance(node, ast.FunctionDef):
            yield node
            yield from _own(node)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _tidy(text: str) -> str:
    """One line, one … for any number side by side, and what Markdown can hold in code."""
    return re.sub(f"{FILLED}+", FILLED, " ".join(text.split())).replace("`", "'")


def raised() -> dict[str, str]:
    """Every message, and the last place that it comes from."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for line, text in Module(path.read_text(encoding="utf-8")).messages():
                if any(c.isalpha() for c in text):
                    found[text] = f"{path.relative_to(ROOT).as_posix()}, line {line}"
    return found


def listed() -> list[tuple[str, str]]:
    """Message and cure of every row of the page."""
    text = PAGE.read_text(encoding="utf-8")
    return [(m["message"].replace("\\|", "|"), m["cure"].strip()) for m in ROW.finditer(text)]


def test_every_error_is_on_the_page() -> None:
    known = {message for message, _ in listed()}
    missing = [f"{place}: {text}" for text, place in raised().items() if text not in known]
    assert not missing, "add to docs/errors.md, with what to do:\n" + "\n".join(missing)


def test_the_page_lists_no_error_that_is_gone() -> None:
    known = raised()
    stale = [message for message, _ in listed() if message not in known]
    assert not stale, "remove from docs/errors.md or correct:\n" + "\n".join(stale)


def test_every_error_has_one_row_and_a_cure() -> None:
    rows = listed()
    assert len({message for message, _ in rows}) == len(rows)
    assert [message for message, cure in rows if not cure] == []
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    tables = [line for line in lines if line.startswith("| `")]
    assert len(tables) == len(rows)  # no row is written in another way


@pytest.mark.parametrize(
    ("code", "messages"),
    [
        ("raise DataError('a' 'b', path=p)", ["ab"]),
        ("raise errors.DataError(f'{x} is {y!r}{z}; give {n:,}')", ["… is …; give …"]),
        ("raise ConfigError('a ' + f'{x}' + ' b')", ["a … b"]),
        ("raise DataError('one' if x else 'two')", ["one", "two"]),
        ("WORDS = 'no {} in {}'\ndef f():\n  raise DataError(WORDS.format(1, 2))", ["no … in …"]),
        ("def f():\n  m = 'a'\n  m = 'b'\n  raise DataError(m)", ["a", "b"]),
        ("def g(x):\n  return f'no {x}'\ndef f():\n  return DataError(g(1))", ["no …"]),
        ("def f():\n  m = 'no'\n  raise DataError(f'{m} {x}')", ["no …"]),
        ("def f(m):\n  raise DataError(m)", ["…"]),
        ("raise ValueError('not on purpose')", []),
    ],
)
def test_messages_are_read_from_the_source(code: str, messages: list[str]) -> None:
    assert [text for _, text in Module(code).messages()] == messages
