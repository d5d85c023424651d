"""From names to words, and from words to their pieces."""

from __future__ import annotations

import re
import unicodedata

_WORDS = re.compile(r"[^\W_]+")
_SIZES = (2, 3, 4)
_DENSE_SIZES = (1, 2, 3)
# Scripts that write words without spaces between them, where one character says much.
_DENSE = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def normalised(name: str) -> str:
    """A name in lower case, with compatible characters made one (Unicode NFKC)."""
    return unicodedata.normalize("NFKC", name).casefold()


def words_of(name: str) -> list[str]:
    """The words of a name, without punctuation, in order."""
    return _WORDS.findall(normalised(name))


def plain(word: str) -> str:
    """A word without accents: "gül" becomes "gul"."""
    if word.isascii():
        return word
    parts = unicodedata.normalize("NFD", word)
    kept = "".join(part for part in parts if not unicodedata.combining(part))
    return unicodedata.normalize("NFC", kept)


def pieces_of(word: str) -> list[str]:
    """Stretches of 2 to 4 characters of a word whose ends are marked, 1 to 3 in dense scripts."""
    marked = f"<{word}>"
    sizes = _DENSE_SIZES if _DENSE.search(word) else _SIZES
    return [
        marked[start : start + size]
        for size in sizes
        for start in range(len(marked) - size + 1)
        if size > 1 or marked[start] not in "<>"
    ]


def joints_of(words: list[str]) -> list[str]:
    """Stretches of 4 characters that reach from one word into the next.

    "bai jia jun" and "bai jiajun" have few pieces of words in common, but the same letters.
    """
    if len(words) < 2:
        return []
    joined = "".join(words)
    found = []
    at = 0
    for word in words[:-1]:
        at += len(word)
        found += [joined[start : start + 4] for start in range(max(at - 3, 0), at)]
    return [joint for joint in found if len(joint) == 4]
