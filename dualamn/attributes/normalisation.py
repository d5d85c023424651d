"""From names as written to what they are compared by."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import accumulate

from anyascii import anyascii

_WORDS = re.compile(r"[^\W_]+")
# What is written inside words and is no letter: soft hyphens, joiners, marks of direction.
_UNSEEN = re.compile("[\u00ad\u061c\u200c-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_CODE = re.compile(r"(?=[^\W\d_]*\d|\d*[^\W\d_])[^\W_]+(?:[-/][^\W_]+)+")
_LONGEST_CODE = 24  # characters: longer ones are sentences without spaces
_SIZES = (2, 3, 4)
_DENSE_SIZES = (1, 2, 3)
# Scripts that write words without spaces between them, where one character says much.
_DENSE = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_BEYOND_LATIN = "\u0370"  # the first letter of Greek; all before are Latin
# Letters that differ by a stroke or by how a keyboard writes them, which Unicode calls no accents.
_SAME_LETTERS = str.maketrans(
    {
        **{"ø": "o", "đ": "d", "ð": "d", "ł": "l", "\u0131": "i", "ħ": "h"},
        **{"æ": "ae", "œ": "oe", "þ": "th"},
        # Arabic kaf, yeh and teh marbuta as Persian writes them, and no tatweel.
        **{
            "\u0643": "\u06a9",
            "\u064a": "\u06cc",
            "\u0649": "\u06cc",
            "\u0629": "\u0647",
            "\u0640": "",
        },
    }
)


def normalised(name: str) -> str:
    """A name in lower case, with compatible characters made one (Unicode NFKC)."""
    if name.isascii():
        return name.casefold()
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", name)).casefold()


def words_of(name: str) -> list[str]:
    """The words of a name, without punctuation, in order.

    Marks belong to the letter before them: vowels of Indic scripts and of Thai are marks.
    """
    return (_WORDS if name.isascii() else _marked_words()).findall(normalised(name))


@cache
def _marked_words() -> re.Pattern[str]:
    """Letters and digits, each with the marks that follow it."""
    # There are none outside these ranges; looking everywhere would take a second.
    places = (*range(0x300, 0x1F000), *range(0xE0100, 0xE01F0))
    marks = "".join(chr(at) for at in places if unicodedata.category(chr(at))[0] == "M")
    return re.compile(rf"[^\W_](?:[^\W_]|[{marks}])*")


def codes_of(name: str) -> list[str]:
    """Codes with separators in a name, as one word each: "KDL-40V4100" is kdl40v4100.

    A code has letters and digits.
    """
    found = [re.sub(r"[-/]", "", code) for code in _CODE.findall(normalised(name))]
    return [
        code
        for code in found
        if len(code) <= _LONGEST_CODE and not code.isdecimal() and any(map(str.isdecimal, code))
    ]


def plain(word: str) -> str:
    """A word without accents and points: "gül" becomes "gul", "שָׁלוֹם" becomes "שלום".

    Marks that are letters stay: vowels of Indic scripts and of Thai, voicing of kana.
    """
    if word.isascii():
        return word
    parts = unicodedata.normalize("NFD", word)
    kept = "".join(part for part in parts if not _is_accent(part))
    return unicodedata.normalize("NFC", kept).translate(_SAME_LETTERS)


@cache
def _is_accent(character: str) -> bool:
    """By its combining class: overlays and nuktas, points of Hebrew and Arabic, and accents."""
    kind = unicodedata.combining(character)
    return kind in (1, 7) or 10 <= kind <= 36 or kind >= 200


def in_latin(name: str) -> str:
    """A name in Latin letters, where some of its letters are not; "" where all are."""
    if all(character < _BEYOND_LATIN or not character.isalpha() for character in name):
        return ""
    return anyascii(unicodedata.normalize("NFKC", name))


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
    joined = "".join(words)
    ends = accumulate(map(len, words[:-1]))
    found = [joined[at : at + 4] for end in ends for at in range(max(end - 3, 0), end)]
    return [joint for joint in found if len(joint) == 4]
