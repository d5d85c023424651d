"""Strings from the data as a page can show them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

LONGEST, LONGEST_TITLE = 120, 2_000
"""Characters that are shown, and that a tooltip has."""

# What XML calls no character, and half surrogate pairs, which UTF-8 cannot hold.
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_SCHEME, _SPACE = re.compile("https?:", re.IGNORECASE), re.compile(r"\s")


@dataclass(frozen=True)
class Shown:
    """A string of the data.

    Attributes:
        text: what is shown of it, at most `LONGEST` characters.
        title: more of it for a tooltip where it was cut, else "".
        address: the string itself if it is a web address, else "".
    """

    text: str
    title: str = ""
    address: str = ""


def clean(text: str) -> str:
    """The text with a sign in place of what no page can hold."""
    return _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)


def shown(value: object, brief: bool = False) -> Shown:
    """How a string of the data is shown. The template escapes it.

    Args:
        value: the string, as it stands in the data.
        brief: of a web address only the last part, and all of it in a tooltip.
    """
    text = clean(str(value))
    address = text if text == value and _is_web_address(text) else ""
    if brief and address and (last := clean(_last_part(address))):
        return Shown(last if len(last) <= LONGEST else f"{last[: LONGEST - 1]}…", address, address)
    if len(text) <= LONGEST:
        return Shown(text, "", address)
    title = text
    if len(text) > LONGEST_TITLE:
        title = f"{text[:LONGEST_TITLE]}… ({len(text):,} characters)"
    return Shown(f"{text[: LONGEST - 1]}…", title, address)


def _last_part(address: str) -> str:
    """What comes after the last # or / of an address."""
    return unquote(re.split("[#/]", address)[-1])


def _is_web_address(text: str) -> bool:
    if not _SCHEME.match(text) or len(text) > LONGEST_TITLE or _SPACE.search(text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
