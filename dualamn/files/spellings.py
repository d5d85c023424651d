"""Identifiers that are spelt in two ways: what they have in common, and how they differ.

IRIs of one thing are written with http and https, with and without percent escapes (RFC 3986), a
slash at the end or capitals, and text of any kind in two forms of Unicode (UAX 15) or between
blanks and angle brackets. What is told apart otherwise is not the same identifier.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from urllib.parse import unquote

_IRI = re.compile(r"[a-z][a-z0-9+.-]*://|urn:", re.IGNORECASE)
_HTTP = re.compile(r"https?://", re.IGNORECASE)
_HOST = re.compile(r"([a-z][a-z0-9+.-]*://[^/?#]*)", re.IGNORECASE)
_PORT = re.compile(r"(?<=[^:/]):(?:80|443)$")


def _bare(text: str) -> str:
    text = text.strip()
    return text[1:-1].strip() if text[:1] == "<" and text[-1:] == ">" else text


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _without_scheme(text: str) -> str:
    return _HTTP.sub("http://", text, count=1)


def _host_in_lower_case(text: str) -> str:
    return _HOST.sub(lambda match: _PORT.sub("", match[0].lower()), text, count=1)


def _unescaped(text: str) -> str:
    return unquote(text, errors="surrogateescape") if "%" in text else text


def _without_end(text: str) -> str:
    return text.rstrip("/#")


_STEPS: dict[str, Callable[[str], str]] = {
    "blanks or angle brackets around": _bare,
    "http for https": _without_scheme,
    "the case of the host": _host_in_lower_case,
    "percent escapes": _unescaped,
    "a slash or hash at the end": _without_end,
    "the form of Unicode (NFC)": _composed,
    "capital letters": str.casefold,
}
"""What makes two spellings one, in the order in which it is done; by what they differ in."""

_OF_ANY = ("blanks or angle brackets around", "the form of Unicode (NFC)")
_CASE = "capital letters"


def normal_form(text: str, *, fold_case: bool = False) -> str:
    """What the spellings of an identifier have in common.

    Of what is no IRI only the blanks around and the form of Unicode are put right.

    Args:
        fold_case: whether capital letters of IRIs do not count either.

    >>> normal_form("https://Example.org/Caf%C3%A9/")
    'http://example.org/Café'
    """
    return _applied(text, fold_case=fold_case)


def _applied(text: str, *, fold_case: bool, without: str | None = None) -> str:
    iri = _IRI.match(_bare(text)) is not None
    for name, step in _STEPS.items():
        if name != without and (iri or name in _OF_ANY) and (name != _CASE or fold_case):
            text = step(text)
    return text


def differences(one: str, other: str) -> list[str]:
    """How two spellings of an identifier differ, none if they are not of the same one.

    >>> differences("http://e.org/a", "https://e.org/a/")
    ['http for https', 'a slash or hash at the end']
    """
    fold_case = normal_form(one) != normal_form(other)
    if fold_case and _applied(one, fold_case=True) != _applied(other, fold_case=True):
        return []

    def alike(without: str) -> bool:
        ends = (_applied(text, fold_case=fold_case, without=without) for text in (one, other))
        return len(set(ends)) == 1

    return [name for name in _STEPS if not alike(without=name)]


def first_difference(one: str, other: str) -> str:
    """Where two texts begin to differ, if that is hard to see; "" if it is not.

    It is where one of the two characters is not ASCII, or blank.

    >>> first_difference("Bern", "Bern\\u00ad")
    "they differ at character 5, nothing and '\\\\xad' (U+00AD)"
    """
    at = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    pair = one[at : at + 1], other[at : at + 1]
    if all(char == "" or (char.isascii() and char.isprintable() and char != " ") for char in pair):
        return ""
    shown = [f"{char!r} (U+{ord(char):04X})" if char else "nothing" for char in pair]
    return f"they differ at character {at + 1}, {shown[0]} and {shown[1]}"


class Spellings:
    """Finds the one of some identifiers that is spelt otherwise.

    Args:
        names: the identifiers, all different.
    """

    def __init__(self, names: Iterable[str]) -> None:
        names = list(names)
        self._by_form = _unique(names, fold_case=False)
        self._names = names
        self._by_folded: dict[str, str | None] | None = None

    def find(self, name: str, *, fold_case: bool = True) -> str | None:
        """The identifier that `name` spells otherwise, if there is exactly one.

        Args:
            fold_case: whether, where there is none, capital letters of IRIs do not count either.
        """
        form = normal_form(name)
        if form in self._by_form:
            return self._by_form[form]
        if not fold_case or not _IRI.match(form):
            return None
        if self._by_folded is None:
            self._by_folded = _unique(self._names, fold_case=True)
        return self._by_folded.get(form.casefold())


def _unique(names: Iterable[str], *, fold_case: bool) -> dict[str, str | None]:
    """The identifier of every form, None where several share it."""
    found: dict[str, str | None] = {}
    for name in names:
        form = normal_form(name, fold_case=fold_case)
        found[form] = None if form in found else name
    return found
